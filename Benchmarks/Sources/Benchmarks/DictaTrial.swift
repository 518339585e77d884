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
    try archive.close()
  }

  func run(_ operation: Operation) async throws -> Figures {
    let folder = try trial.scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var meter = Meter()
    let (here, there) = (folder + "/here", folder + "/there")
    var unitCount = corpus.entityCount
    var wireBytes = 0
    switch operation {
    case .write1, .write1000:
      let archive = try Archive(creatingAt: here, device: "benchmark")
      try await write(to: archive, articlesOfTransaction: operation == .write1 ? 1 : 1000, &meter)
      // Closing puts everything into the file: it belongs to the work.
      try await meter.measure { try archive.close() }
    case .update1, .update1000:
      unitCount = trial.updateCount
      let archive = try copy(to: here)
      try await update(trial.updatedQuotes(unitCount, seed: 10), in: archive, updatesOfTransaction: operation == .update1 ? 1 : 1000, &meter)
      try await meter.measure { try archive.close() }
    case .first, .firstOverWire:
      let source = try Archive(at: trial.basePath(.dicta))
      let target = try Archive(creatingAt: here, corpus: try await source.read { try $0.status().corpus }, device: "benchmark")
      wireBytes = try await sync(target, with: source, operation == .firstOverWire, &meter)
      try await meter.measure { try target.close() }
      try source.close()
    case .exchange, .exchangeOverWire:
      let (left, right) = (try copy(to: here), try copy(to: there))
      let quotes = trial.exchangedQuotes()
      unitCount = quotes.here.count + quotes.there.count
      var unmeasured = Meter()
      try await update(quotes.here, in: left, updatesOfTransaction: 1, &unmeasured)
      try await update(quotes.there, in: right, updatesOfTransaction: 1, &unmeasured)
      wireBytes = try await sync(left, with: right, operation == .exchangeOverWire, &meter)
      try left.close()
      try right.close()
    case .one:
      let (left, right) = (try copy(to: here), try copy(to: there))
      unitCount = Self.singleCount
      for (number, quote) in trial.updatedQuotes(unitCount, seed: 13).enumerated() {
        try await left.write { try $0.update(quote) { $0.note = "one \(number)" } }
        _ = try await sync(right, with: left, false, &meter)
      }
      try left.close()
      try right.close()
    case .words: throw NotEqual()
    }
    var figures = Figures(meter, unitCount: unitCount)
    figures.diskBytes = trial.byteCount(of: here)
    figures.wireBytes = wireBytes
    return figures
  }

  /// Another replica: the copy takes an origin of its own.
  private func copy(to path: String) throws -> Archive {
    try FileManager.default.copyItem(atPath: trial.basePath(.dicta), toPath: path)
    return try Archive(at: path)
  }

  private func write(to archive: Archive, articlesOfTransaction: Int, _ meter: inout Meter) async throws {
    let (speakers, claims) = (corpus.speakers(), corpus.claims())
    try await meter.measure {
      try await archive.write { transaction in
        for speaker in speakers { try transaction.insert(speaker) }
        for claim in claims { try transaction.insert(claim) }
      }
    }
    for group in trial.groups(of: articlesOfTransaction) {
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

  private func update(_ quotes: [Quote.ID], in archive: Archive, updatesOfTransaction: Int, _ meter: inout Meter) async throws {
    try await meter.measure {
      for start in stride(from: 0, to: quotes.count, by: updatesOfTransaction) {
        let numbers = start..<min(start + updatesOfTransaction, quotes.count)
        try await archive.write { transaction in
          for number in numbers { try transaction.update(quotes[number]) { $0.note = "note \(number)" } }
        }
      }
    }
  }

  /// - Returns: how many bytes went over the line, where there is one.
  private func sync(_ archive: Archive, with other: Archive, _ isCompressed: Bool, _ meter: inout Meter) async throws -> Int {
    guard isCompressed else {
      let report = try await meter.measure { try await archive.sync(with: other) }
      guard report.isEqual else { throw NotEqual() }
      return 0
    }
    return try await meter.measure {
      var caller = TurnBasedSync(archive, as: .caller, with: "there")
      var answerer = TurnBasedSync(other, as: .answerer, with: "here")
      while !caller.isOver || !answerer.isOver {
        while let bytes = try await caller.speak() { try await answerer.hear(bytes) }
        while let bytes = try await answerer.speak() { try await caller.hear(bytes) }
      }
      guard caller.report.isEqual else { throw NotEqual() }
      return caller.report.bytesSent + caller.report.bytesReceived
    }
  }
}
