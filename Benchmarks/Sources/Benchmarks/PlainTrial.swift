import DictaModels
import Foundation

/// The operations on plain SQLite, with what it does unasked: a rollback journal, and everything synced.
struct PlainTrial {
  let trial: Trial
  let contender: Contender

  private var keys: PlainSQLite.Keys { contender == .plain ? .random : .timeOrdered }
  private var corpus: SampleCorpus { trial.corpus }

  func prepare() async throws {
    var meter = Meter()
    try await write(to: trial.basePath(contender), articlesOfTransaction: 1000, &meter)
  }

  func run(_ operation: Operation) async throws -> Figures {
    let folder = try trial.scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var meter = Meter()
    let (here, there) = (folder + "/here", folder + "/there")
    var unitCount = corpus.entityCount
    switch operation {
    case .write1: try await write(to: here, articlesOfTransaction: 1, &meter)
    case .write1000: try await write(to: here, articlesOfTransaction: 1000, &meter)
    case .update1, .update1000:
      unitCount = trial.updateCount
      let database = try copy(to: here)
      let quotes = trial.updatedQuotes(unitCount, seed: 10)
      try await update(quotes, in: database, updatesOfTransaction: operation == .update1 ? 1 : 1000, &meter)
    case .first, .firstOverWire:
      let source = try PlainSQLite(at: trial.basePath(contender), keys: keys)
      let target = try PlainSQLite(at: here, keys: keys)
      try target.createTables()
      try await meter.measure { try target.copy(from: source) }
    case .exchange, .exchangeOverWire:
      let (left, right) = (try copy(to: here), try copy(to: there))
      let quotes = trial.exchangedQuotes()
      unitCount = quotes.here.count + quotes.there.count
      var unmeasured = Meter()
      try await update(quotes.here, in: left, updatesOfTransaction: 1000, &unmeasured)
      try await update(quotes.there, in: right, updatesOfTransaction: 1000, &unmeasured)
      try await meter.measure {
        try right.takeNotes(of: quotes.here, from: left)
        try left.takeNotes(of: quotes.there, from: right)
      }
    case .one:
      let (left, right) = (try copy(to: here), try copy(to: there))
      unitCount = DictaTrial.singleCount
      for quote in trial.updatedQuotes(unitCount, seed: 13) {
        try left.run(left.write(ofNote: "one", on: quote))
        try await meter.measure { try right.takeNotes(of: [quote], from: left) }
      }
    case .words:
      let database = try PlainSQLite(at: here, keys: keys)
      try database.createWordIndex()
      try await writeWords(to: database, &meter)
    }
    var figures = Figures(meter, unitCount: unitCount)
    figures.diskBytes = trial.byteCount(of: here)
    return figures
  }

  private func copy(to path: String) throws -> PlainSQLite {
    try FileManager.default.copyItem(atPath: trial.basePath(contender), toPath: path)
    return try PlainSQLite(at: path, keys: keys)
  }

  private func write(to path: String, articlesOfTransaction: Int, _ meter: inout Meter) async throws {
    let database = try PlainSQLite(at: path, keys: keys)
    try database.createTables()
    let first = (corpus.speakers().map(database.writes) + corpus.claims().map(database.writes)).joined()
    try await meter.measure { try database.transaction { for write in first { try database.run(write) } } }
    for group in trial.groups(of: articlesOfTransaction) {
      let writes = try group.flatMap { try database.writes(of: corpus.part($0)) }
      try await meter.measure { try database.transaction { for write in writes { try database.run(write) } } }
    }
  }

  private func update(_ quotes: [Quote.ID], in database: PlainSQLite, updatesOfTransaction: Int, _ meter: inout Meter) async throws {
    let writes = quotes.enumerated().map { database.write(ofNote: "note \($0.offset)", on: $0.element) }
    try await meter.measure {
      for start in stride(from: 0, to: writes.count, by: updatesOfTransaction) {
        try database.transaction { for write in writes[start..<min(start + updatesOfTransaction, writes.count)] { try database.run(write) } }
      }
    }
  }

  /// What the archive's own index holds too: the words of articles, claims and speakers, and those that quotes quote.
  private func writeWords(to database: PlainSQLite, _ meter: inout Meter) async throws {
    let first = corpus.speakers().map { database.writeOfWords($0.name) } + corpus.claims().map { database.writeOfWords($0.text) }
    try await meter.measure { try database.transaction { for write in first { try database.run(write) } } }
    for group in trial.groups(of: 1000) {
      let writes = try group.flatMap { number in
        let part = try corpus.part(number)
        let article = part.article
        let utf8 = Array(article.text.string.utf8)
        return [database.writeOfWords("\(article.title ?? "") \(article.text.string)")]
          + part.quotes.map { quote in
            let anchor = quote.segments[0].anchor
            return database.writeOfWords(String(decoding: utf8[anchor.start..<anchor.end], as: UTF8.self))
          }
      }
      try await meter.measure { try database.transaction { for write in writes { try database.run(write) } } }
    }
  }
}
