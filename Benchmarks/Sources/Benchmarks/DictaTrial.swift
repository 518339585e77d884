import DictaModels
import DictaStorage
import DictaSync
import Foundation

/// The operations on archives.
struct DictaTrial {
  /// How often one change is synced, to measure it.
  static let singleCount = 200

  let trial: Trial

  /// A sync that came to nothing measures nothing.
  struct NotEqual: Error {}

  private var corpus: SampleCorpus { trial.corpus }

  func prepare() async throws {
    let archive = try Archive(creatingAt: trial.basePath(.dicta), device: "benchmark")
    var meter = Meter()
    try await write(to: archive, articlesOfTransaction: 1, &meter)
    try await export(archive, to: trial.documentPath)
    try archive.close()
  }

  func run(_ operation: Operation) async throws -> Figures {
    let folder = try trial.scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (here, there) = (folder + "/here", folder + "/there")
    var figures: Figures
    switch operation {
    case .write1, .write1000: figures = try await write(here, articlesOfTransaction: operation == .write1 ? 1 : 1000)
    case .update1, .update1000: figures = try await update(here, updatesOfTransaction: operation == .update1 ? 1 : 1000)
    case .first: figures = try await first(here, over: .memory)
    case .snapshot, .snapshotAgain: figures = try await snapshot(here, from: there, over: .memory, isThere: operation == .snapshotAgain)
    case .snapshotOverWire: figures = try await snapshot(here, from: there, over: .wire(isCompressed: false), isThere: false)
    case .compact: figures = try await compact(here)
    case .exchange: figures = try await exchange(here, there, over: .memory)
    case .one: figures = try await one(here, there)
    case .firstOverWire:
      figures = try await first(here, over: .wire(isCompressed: true))
      figures.uncompressedWireBytes = try await first(there, over: .wire(isCompressed: false)).wireBytes
    case .exchangeOverWire:
      figures = try await exchange(here, there, over: .wire(isCompressed: true))
      figures.uncompressedWireBytes = try await exchange(here + "2", there + "2", over: .wire(isCompressed: false)).wireBytes
    case .firstApart: figures = try await SyncApart(trial: trial).run(here)
    case .importDocument: figures = try await importDocument(here)
    case .exportDocument: figures = try await exportDocument(to: here)
    case .writeWhileRead: figures = try await writeWhileRead(here)
    }
    figures.diskBytes = trial.byteCount(of: here)
    return figures
  }

  // MARK: Writes

  // Closing puts everything into the file: it belongs to the work.

  private func write(_ path: String, articlesOfTransaction: Int) async throws -> Figures {
    var meter = Meter()
    let archive = try Archive(creatingAt: path, device: "benchmark")
    try await write(to: archive, articlesOfTransaction: articlesOfTransaction, &meter)
    try await meter.measure { try archive.close() }
    return Figures(meter, unitCount: corpus.entityCount)
  }

  private func update(_ path: String, updatesOfTransaction: Int) async throws -> Figures {
    var meter = Meter()
    let archive = try copy(to: path)
    try await update(archive, trial.updateCount, updatesOfTransaction: updatesOfTransaction, &meter) { trial.updatedQuote($0, seed: 10) }
    try await meter.measure { try archive.close() }
    return Figures(meter, unitCount: trial.updateCount)
  }

  /// Another replica: the copy takes an origin of its own.
  private func copy(to path: String) throws -> Archive {
    try FileManager.default.copyItem(atPath: trial.basePath(.dicta), toPath: path)
    return try Archive(at: path)
  }

  private func write(to archive: Archive, articlesOfTransaction: Int, _ meter: inout Meter) async throws {
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.speakerCount) {
      let speakers = group.map(corpus.speaker)
      try await meter.measure { try await archive.write { for speaker in speakers { try $0.insert(speaker) } } }
    }
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.claimCount) {
      let claims = group.map(corpus.claim)
      try await meter.measure { try await archive.write { for claim in claims { try $0.insert(claim) } } }
    }
    for group in Trial.groups(of: articlesOfTransaction, upTo: corpus.articleCount) {
      let parts = try group.map { try corpus.part($0) }
      try await meter.measure {
        try await archive.write { transaction in
          for part in parts {
            try transaction.insert(part.article)
            for quote in part.quotes { try transaction.insert(quote) }
            for stance in part.stances { try transaction.insert(stance) }
          }
        }
      }
    }
  }

  private func update(
    _ archive: Archive, _ count: Int, updatesOfTransaction: Int, _ meter: inout Meter, _ quote: (Int) -> Int
  ) async throws {
    for batch in Trial.groups(of: Trial.batchCount, upTo: count) {
      let updates = batch.map { (quote: SampleCorpus.quoteID(quote($0)), note: "note \($0)") }
      try await meter.measure {
        for group in Trial.groups(of: updatesOfTransaction, upTo: updates.count) {
          try await archive.write { transaction in
            for update in updates[group] { try transaction.update(update.quote) { $0.note = update.note } }
          }
        }
      }
    }
  }

  // MARK: Syncs

  private enum Line {
    /// In one process, nothing in between.
    case memory
    /// Messages as bytes.
    case wire(isCompressed: Bool)
  }

  private func first(_ path: String, over line: Line) async throws -> Figures {
    var meter = Meter()
    let source = try Archive(at: trial.basePath(.dicta))
    let target = try await emptyReplica(of: source, at: path, takesSnapshots: false)
    let wireBytes = try await sync(target, with: source, over: line, &meter)
    try await meter.measure { try target.close() }
    try source.close()
    var figures = Figures(meter, unitCount: corpus.entityCount)
    figures.wireBytes = wireBytes
    return figures
  }

  private func emptyReplica(of source: Archive, at path: String, takesSnapshots: Bool) async throws -> Archive {
    var surroundings = Surroundings.system
    surroundings.takesSnapshots = takesSnapshots
    let corpus = try await source.read { try $0.status().corpus }
    return try Archive(creatingAt: path, corpus: corpus, device: "benchmark", surroundings: surroundings)
  }

  /// - Parameter isThere: whether another replica has asked for it before.
  private func snapshot(_ path: String, from sourcePath: String, over line: Line, isThere: Bool) async throws -> Figures {
    try FileManager.default.copyItem(atPath: trial.basePath(.dicta), toPath: sourcePath)
    var surroundings = Surroundings.system
    surroundings.snapshotByteThreshold = 0
    let source = try Archive(at: sourcePath, surroundings: surroundings)
    var (meter, unmeasured) = (Meter(), Meter())
    if isThere {
      let target = try await emptyReplica(of: source, at: path + "2", takesSnapshots: true)
      _ = try await sync(target, with: source, over: line, &unmeasured)
      try target.close()
    }
    let target = try await emptyReplica(of: source, at: path, takesSnapshots: true)
    let wireBytes = try await sync(target, with: source, over: line, &meter)
    try await meter.measure { try target.close() }
    try source.close()
    var figures = Figures(meter, unitCount: corpus.entityCount)
    figures.uncompressedWireBytes = wireBytes
    return figures
  }

  private func compact(_ path: String) async throws -> Figures {
    var meter = Meter()
    let archive = try copy(to: path)
    try await meter.measure {
      _ = try await archive.compact()
      try archive.close()
    }
    return Figures(meter, unitCount: corpus.entityCount)
  }

  private func exchange(_ here: String, _ there: String, over line: Line) async throws -> Figures {
    var (meter, unmeasured) = (Meter(), Meter())
    let (left, right) = (try copy(to: here), try copy(to: there))
    for (archive, isThere) in [(left, false), (right, true)] {
      try await update(archive, corpus.articleCount, updatesOfTransaction: 1, &unmeasured) { trial.exchangedQuote($0, isThere: isThere) }
    }
    let wireBytes = try await sync(left, with: right, over: line, &meter)
    try left.close()
    try right.close()
    var figures = Figures(meter, unitCount: 2 * corpus.articleCount)
    figures.wireBytes = wireBytes
    return figures
  }

  private func one(_ here: String, _ there: String) async throws -> Figures {
    var meter = Meter()
    let (left, right) = (try copy(to: here), try copy(to: there))
    for index in 0..<Self.singleCount {
      let quote = SampleCorpus.quoteID(trial.updatedQuote(index, seed: 13))
      try await left.write { try $0.update(quote) { $0.note = "one \(index)" } }
      _ = try await sync(right, with: left, over: .memory, &meter)
    }
    try left.close()
    try right.close()
    return Figures(meter, unitCount: Self.singleCount)
  }

  /// - Returns: how many bytes went over the line, where there is one.
  private func sync(_ archive: Archive, with other: Archive, over line: Line, _ meter: inout Meter) async throws -> Int {
    guard case .wire(let isCompressed) = line else {
      let report = try await meter.measure { try await archive.sync(with: other) }
      guard report.isEqual else { throw NotEqual() }
      return 0
    }
    var options = SyncOptions()
    options.isCompressed = isCompressed
    return try await meter.measure {
      var caller = TurnBasedSync(archive, as: .caller, with: "there", options: options)
      var answerer = TurnBasedSync(other, as: .answerer, with: "here", options: options)
      while !caller.isOver || !answerer.isOver {
        while let bytes = try await caller.speak() { try await answerer.hear(bytes) }
        while let bytes = try await answerer.speak() { try await caller.hear(bytes) }
      }
      guard caller.report.isEqual else { throw NotEqual() }
      return caller.report.bytesSent + caller.report.bytesReceived
    }
  }

  // MARK: Documents, and readers meanwhile

  private func importDocument(_ path: String) async throws -> Figures {
    var meter = Meter()
    let archive = try Archive(creatingAt: path, device: "benchmark")
    let document = trial.documentPath
    let waits = try await waits(in: archive) { _ = try await meter.measure { try await archive.importDocument(at: document) } }
    try await meter.measure { try archive.close() }
    var figures = Figures(meter, unitCount: corpus.entityCount)
    figures.waits = waits
    return figures
  }

  private func writeWhileRead(_ path: String) async throws -> Figures {
    var meter = Meter()
    let archive = try Archive(creatingAt: path, device: "benchmark")
    let waits = try await waits(in: archive) { try await write(to: archive, articlesOfTransaction: 1000, &meter) }
    try archive.close()
    var figures = Figures(meter, unitCount: corpus.entityCount)
    figures.waits = waits
    return figures
  }

  private func waits(in archive: Archive, during body: () async throws -> Void) async throws -> Waits {
    let known = Speaker(id: SampleCorpus.speakerID(corpus.speakerCount), name: "Known Before", kind: .person)
    try await archive.write { try $0.insert(known) }
    return try await Waits.of(reading: known.id, in: archive, during: body)
  }

  private func exportDocument(to path: String) async throws -> Figures {
    var meter = Meter()
    let archive = try Archive(readingAt: trial.basePath(.dicta))
    try await meter.measure { try await export(archive, to: path) }
    try archive.close()
    return Figures(meter, unitCount: corpus.entityCount)
  }

  private func export(_ archive: Archive, to path: String) async throws {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
      throw CocoaError(.fileWriteUnknown)
    }
    try await archive.read { transaction in _ = try transaction.export(.jsonl) { try file.write(contentsOf: Data($0)) } }
    try file.close()
  }
}
