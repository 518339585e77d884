import DictaModels
import Foundation

/// What an archive's index of words takes, by SQLite alone: the same words, in the same transactions, with the pragmas of an archive.
///
/// Every transaction changes something else too, as an archive's does. What that takes without any words is subtracted.
struct WordTrial {
  let trial: Trial

  private var corpus: SampleCorpus { trial.corpus }

  /// About as many articles, and updates, as one delivery of a sync brings, which is applied in one transaction.
  private static let articlesOfDelivery = 200
  private static let updatesOfDelivery = 1000

  func prepare() async throws {
    var meter = Meter()
    try await write(to: WordIndex(at: trial.basePath(.words), isIndexing: true), articlesOfTransaction: 1, &meter)
  }

  func run(_ operation: Operation) async throws -> Figures {
    var (with, without) = (Meter(), Meter())
    let unitCount = try await run(operation, isIndexing: true, &with)
    _ = try await run(operation, isIndexing: false, &without)
    var figures = Figures(with, unitCount: unitCount)
    figures.cpuSeconds = max(0, with.cpuSeconds - without.cpuSeconds)
    figures.wallSeconds = max(0, with.wallSeconds - without.wallSeconds)
    figures.bytesWritten = max(0, with.bytesWritten - without.bytesWritten)
    return figures
  }

  private func run(_ operation: Operation, isIndexing: Bool, _ meter: inout Meter) async throws -> Int {
    let folder = try trial.scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (here, there) = (folder + "/here", folder + "/there")
    switch operation {
    case .write1, .write1000, .first:
      let count = operation == .write1 ? 1 : operation == .write1000 ? 1000 : Self.articlesOfDelivery
      try await write(to: WordIndex(at: here, isIndexing: isIndexing), articlesOfTransaction: count, &meter)
      return corpus.entityCount
    case .update1, .update1000:
      let index = try copy(to: here, isIndexing)
      try await update(index, trial.updateCount, updatesOfTransaction: operation == .update1 ? 1 : 1000, &meter) {
        trial.updatedQuote($0, seed: 10)
      }
      return trial.updateCount
    case .exchange:
      for (path, isThere) in [(here, false), (there, true)] {
        let index = try copy(to: path, isIndexing)
        var unmeasured = Meter()
        try await update(index, corpus.articleCount, updatesOfTransaction: 1, &unmeasured) { trial.exchangedQuote($0, isThere: isThere) }
        try await update(index, corpus.articleCount, updatesOfTransaction: Self.updatesOfDelivery, &meter) {
          trial.exchangedQuote($0, isThere: !isThere)
        }
      }
      return 2 * corpus.articleCount
    case .one, .snapshot, .snapshotAgain, .snapshotOverWire, .compact, .firstOverWire, .exchangeOverWire, .firstApart, .importDocument,
      .exportDocument,
      .writeWhileRead:
      throw PlainSQLite.Failure(message: "the words aren't measured apart")
    }
  }

  private func copy(to path: String, _ isIndexing: Bool) throws -> WordIndex {
    try FileManager.default.copyItem(atPath: trial.basePath(.words), toPath: path)
    return try WordIndex(at: path, isIndexing: isIndexing)
  }

  /// The words of articles, claims and speakers, and those that quotes quote.
  private func write(to index: WordIndex, articlesOfTransaction: Int, _ meter: inout Meter) async throws {
    func write(_ words: [(number: Int, words: String)]) async throws {
      try await meter.measure { try index.transaction { for entry in words { try index.add(entry.words, of: entry.number) } } }
    }
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.speakerCount) {
      try await write(group.map { (index.number(ofSpeaker: $0), corpus.speaker($0).name) })
    }
    for group in Trial.groups(of: Trial.batchCount, upTo: corpus.claimCount) {
      try await write(group.map { (index.number(ofClaim: $0, corpus), corpus.claim($0).text) })
    }
    for group in Trial.groups(of: articlesOfTransaction, upTo: corpus.articleCount) {
      let words = try group.flatMap { number in
        let part = try corpus.part(number)
        let first = number * SampleCorpus.quotesOfArticle
        return [(index.number(ofArticle: number, corpus), "\(part.article.title ?? "")\n\(part.article.text.string)")]
          + part.quotes.enumerated().map { (index.number(ofQuote: first + $0.offset, corpus), part.words(of: $0.element)) }
      }
      try await write(words)
    }
    await meter.measure { index.close() }
  }

  private func update(
    _ index: WordIndex, _ count: Int, updatesOfTransaction: Int, _ meter: inout Meter, _ quote: (Int) -> Int
  ) async throws {
    for batch in Trial.groups(of: Trial.batchCount, upTo: count) {
      let transactions = Trial.groups(of: updatesOfTransaction, upTo: batch.count).map { group in
        index.changes(notes: group.map { batch.lowerBound + $0 }.map { (quote: quote($0), note: "note \($0)") }, corpus)
      }
      try await meter.measure {
        for changes in transactions { try index.transaction { for change in changes { try index.replace(change) } } }
      }
    }
  }
}

/// The full-text indexes of an archive, of words and of notes, and next to nothing besides.
private final class WordIndex {
  struct NoteChange {
    let number: Int
    let before: String?
    var after: String
  }

  /// What quotes were given as notes, by the number of the quote.
  private var notes: [Int: String] = [:]

  private var database: PlainSQLite?
  private let isIndexing: Bool

  /// - Parameter isIndexing: if not, everything is done but what the words take.
  init(at path: String, isIndexing: Bool) throws {
    let isNew = !FileManager.default.fileExists(atPath: path)
    let database = try PlainSQLite(at: path, keys: .timeOrdered)
    (self.database, self.isIndexing) = (database, isIndexing)
    for pragma in ["journal_mode = WAL", "synchronous = NORMAL", "cache_size = -4096", "wal_autocheckpoint = 8000", "secure_delete = FAST"] {
      try database.run("PRAGMA \(pragma)")
    }
    guard isNew else { return }
    for table in ["search", "searchNote"] {
      try database.run("CREATE VIRTUAL TABLE \(table) USING fts5 (words, content = '', tokenize = 'unicode61 remove_diacritics 2')")
      try database.run("INSERT INTO \(table) (\(table), rank) VALUES ('hashsize', 4194304)")
    }
    try database.run("CREATE TABLE other (number INTEGER PRIMARY KEY, value INTEGER)")
    try database.run("INSERT INTO other VALUES (1, 0)")
  }

  /// Brings everything into the one file.
  func close() { database = nil }

  func transaction(_ body: () throws -> Void) throws {
    try database?.transaction {
      try database?.run(PlainSQLite.Write(kind: .other, values: []))
      if isIndexing { try body() }
    }
  }

  func add(_ words: String, of number: Int) throws {
    try database?.run(PlainSQLite.Write(kind: .words, values: [.integer(number), .text(words)]))
  }

  /// What a transaction that sets these notes changes, one after the other: each quote once, in the order in which an archive does it.
  func changes(notes new: [(quote: Int, note: String)], _ corpus: SampleCorpus) -> [NoteChange] {
    var changes: [Int: NoteChange] = [:]
    for (quote, note) in new {
      let before = notes.updateValue(note, forKey: quote)
      changes[quote, default: NoteChange(number: number(ofQuote: quote, corpus), before: before, after: note)].after = note
    }
    return changes.values.sorted { $0.number < $1.number }
  }

  func replace(_ change: NoteChange) throws {
    if let before = change.before {
      try database?.run(PlainSQLite.Write(kind: .formerNoteWords, values: [.integer(change.number), .text(before)]))
    }
    try database?.run(PlainSQLite.Write(kind: .noteWords, values: [.integer(change.number), .text(change.after)]))
  }

  // MARK: Numbers of rows, in the order in which an archive gives them

  func number(ofSpeaker number: Int) -> Int { 1 + number }
  func number(ofClaim number: Int, _ corpus: SampleCorpus) -> Int { 1 + corpus.speakerCount + number }

  func number(ofArticle number: Int, _ corpus: SampleCorpus) -> Int {
    1 + corpus.speakerCount + corpus.claimCount + number * (1 + 2 * SampleCorpus.quotesOfArticle)
  }

  func number(ofQuote number: Int, _ corpus: SampleCorpus) -> Int {
    self.number(ofArticle: number / SampleCorpus.quotesOfArticle, corpus) + 1 + number % SampleCorpus.quotesOfArticle
  }
}
