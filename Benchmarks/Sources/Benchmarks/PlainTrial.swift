import DictaModels
import Foundation

/// The operations on plain SQLite, with what it does unasked (a rollback journal, and everything synced), and with the session extension
/// recording, if it is asked to.
struct PlainTrial {
  let trial: Trial
  let contender: Contender
  private let recorder: SessionExtension?

  /// - Throws: where SQLite has no session extension.
  init(trial: Trial, contender: Contender) throws {
    (self.trial, self.contender) = (trial, contender)
    recorder = contender == .session ? SessionExtension() : nil
    if contender == .session, recorder == nil { throw PlainSQLite.Failure(message: "this SQLite has no session extension") }
  }

  private var keys: PlainSQLite.Keys { contender == .plainOrdered ? .timeOrdered : .random }
  private var corpus: SampleCorpus { trial.corpus }

  func prepare() async throws {
    var meter = Meter()
    // What is recorded is as fine as an archive's own log is.
    try await write(to: trial.basePath(contender), articlesOfTransaction: recorder == nil ? 1000 : 1, isSynced: false, &meter)
  }

  func run(_ operation: Operation) async throws -> Figures {
    let folder = try trial.scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var meter = Meter()
    let (here, there) = (folder + "/here", folder + "/there")
    var unitCount = corpus.entityCount
    switch operation {
    case .write1, .write1000: try await write(to: here, articlesOfTransaction: operation == .write1 ? 1 : 1000, &meter)
    case .update1, .update1000:
      unitCount = trial.updateCount
      let database = try copy(to: here)
      try await update(database, unitCount, updatesOfTransaction: operation == .update1 ? 1 : 1000, &meter) { trial.updatedQuote($0, seed: 10) }
    case .first, .snapshot, .snapshotAgain, .snapshotOverWire:
      let source = try open(trial.basePath(contender))
      let target = try open(here)
      try target.createTables()
      let history = 1...max(1, recorder == nil ? 1 : try source.historyCount())
      try await meter.measure {
        if recorder == nil { try target.copy(from: source) } else { try target.takeHistory(history, from: source) }
      }
      try expectEqual(source, target, "SELECT count(*) FROM stance")
    case .exchange:
      let (left, right) = (try copy(to: here), try copy(to: there))
      unitCount = 2 * corpus.articleCount
      try await exchange(left, right, &meter)
      try expectEqual(left, right, "SELECT count(note) FROM quote")
    case .one:
      let (left, right) = (try copy(to: here), try copy(to: there))
      unitCount = DictaTrial.singleCount
      for index in 0..<unitCount {
        let quote = SampleCorpus.quoteID(trial.updatedQuote(index, seed: 13))
        try left.transaction { try left.run(left.write(ofNote: "one \(index)", on: quote)) }
        let number = recorder == nil ? 0 : try left.historyCount()
        try await meter.measure {
          if recorder == nil { try right.takeNotes(of: [quote], from: left) } else { try right.takeHistory(number...number, from: left) }
        }
      }
      try expectEqual(left, right, "SELECT sum(length(note)) FROM quote")
    case .compact:
      let database = try copy(to: here)
      try await meter.measure { try database.run("VACUUM") }
    case .firstOverWire, .exchangeOverWire, .firstApart, .importDocument, .exportDocument, .writeWhileRead:
      throw PlainSQLite.Failure(message: "nothing to compare with")
    }
    var figures = Figures(meter, unitCount: unitCount)
    figures.diskBytes = trial.byteCount(of: here)
    return figures
  }

  /// A sync that came to nothing measures nothing.
  private func expectEqual(_ here: PlainSQLite, _ there: PlainSQLite, _ query: String) throws {
    guard try here.integer(query) == there.integer(query) else { throw DictaTrial.NotEqual() }
  }

  private func open(_ path: String) throws -> PlainSQLite { try PlainSQLite(at: path, keys: keys, recorder: recorder) }

  private func copy(to path: String) throws -> PlainSQLite {
    try FileManager.default.copyItem(atPath: trial.basePath(contender), toPath: path)
    return try open(path)
  }

  /// - Parameter isSynced: false where only what is written counts, and not how long it takes.
  private func write(to path: String, articlesOfTransaction: Int, isSynced: Bool = true, _ meter: inout Meter) async throws {
    let database = try open(path)
    if !isSynced { try database.run("PRAGMA synchronous = OFF") }
    try database.createTables()
    func write(_ writes: [PlainSQLite.Write]) async throws {
      try await meter.measure { try database.transaction { for write in writes { try database.run(write) } } }
    }
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.speakerCount) {
      try await write(group.flatMap { database.writes(of: corpus.speaker($0)) })
    }
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.claimCount) {
      try await write(group.flatMap { database.writes(of: corpus.claim($0)) })
    }
    for group in Trial.groups(of: articlesOfTransaction, upTo: corpus.articleCount) {
      try await write(group.flatMap { try database.writes(of: corpus.part($0)) })
    }
  }

  private func update(
    _ database: PlainSQLite, _ count: Int, updatesOfTransaction: Int, _ meter: inout Meter, _ quote: (Int) -> Int
  ) async throws {
    for batch in Trial.groups(of: Trial.batchCount, upTo: count) {
      let writes = batch.map { database.write(ofNote: "note \($0)", on: SampleCorpus.quoteID(quote($0))) }
      try await meter.measure {
        for group in Trial.groups(of: updatesOfTransaction, upTo: writes.count) {
          try database.transaction { for write in writes[group] { try database.run(write) } }
        }
      }
    }
  }

  private func exchange(_ left: PlainSQLite, _ right: PlainSQLite, _ meter: inout Meter) async throws {
    func quotes(isThere: Bool) -> some Sequence<Quote.ID> {
      (0..<corpus.articleCount).lazy.map { SampleCorpus.quoteID(trial.exchangedQuote($0, isThere: isThere)) }
    }
    var unmeasured = Meter()
    // What one would take from another is as fine as an archive's own log is.
    let count = recorder == nil ? 1000 : 1
    let base = recorder == nil ? 0 : try left.historyCount()
    for (database, isThere) in [(left, false), (right, true)] {
      try database.run("PRAGMA synchronous = OFF")
      try await update(database, corpus.articleCount, updatesOfTransaction: count, &unmeasured) { trial.exchangedQuote($0, isThere: isThere) }
      try database.run("PRAGMA synchronous = FULL")
    }
    try await meter.measure {
      if recorder == nil {
        try right.takeNotes(of: quotes(isThere: false), from: left)
        try left.takeNotes(of: quotes(isThere: true), from: right)
      } else {
        let news = base + 1...base + corpus.articleCount
        try right.takeHistory(news, from: left)
        try left.takeHistory(news, from: right)
      }
    }
  }
}
