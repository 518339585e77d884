import DictaModels
import Foundation
import GRDBSQLite

/// The same rows in tables of their own, by SQLite's interface for C: what a program would pay that keeps no history and syncs with nobody.
final class PlainSQLite {
  /// What the keys of the rows are.
  enum Keys: String {
    case random, timeOrdered
  }

  struct Failure: Error {
    let message: String
  }

  /// Records what transactions change, if there is one.
  private let recorder: SessionExtension?
  private var database: OpaquePointer?
  private var statements: [String: OpaquePointer] = [:]
  private var rowStatements: [OpaquePointer?] = []
  let keys: Keys

  init(at path: String, keys: Keys, recorder: SessionExtension? = nil) throws {
    self.keys = keys
    self.recorder = recorder
    guard sqlite3_open(path, &database) == SQLITE_OK else { throw Failure(message: "\(path) can't be opened") }
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close(database)
  }

  static let tables = ["speaker", "claim", "article", "quote", "stance"]

  func createTables() throws {
    for sql in [
      "CREATE TABLE speaker (id BLOB PRIMARY KEY, name TEXT, kind TEXT)", "CREATE TABLE claim (id BLOB PRIMARY KEY, text TEXT)",
      "CREATE TABLE article (id BLOB PRIMARY KEY, url TEXT, outlet TEXT, title TEXT, language TEXT, text TEXT)",
      "CREATE TABLE quote (id BLOB PRIMARY KEY, article BLOB, speaker BLOB, kind TEXT, start INTEGER, stop INTEGER, hash BLOB, note TEXT)",
      "CREATE TABLE stance (id BLOB PRIMARY KEY, quote BLOB, claim BLOB, position TEXT, hedged INTEGER)",
      "CREATE INDEX quoteByArticle ON quote (article)", "CREATE INDEX quoteBySpeaker ON quote (speaker)",
      "CREATE INDEX stanceByClaim ON stance (claim)", "CREATE INDEX stanceByQuote ON stance (quote)",
    ] { try run(sql) }
    if recorder != nil { try run("CREATE TABLE history (number INTEGER PRIMARY KEY, changeset BLOB)") }
  }

  // MARK: Statements

  enum Value {
    case null, text(String), blob([UInt8]), integer(Int)
  }

  /// One write, with everything made ready that a program has at hand before it.
  struct Write {
    enum Kind: Int, CaseIterable {
      case speaker, claim, article, quote, stance, note, words, noteWords, formerNoteWords, other

      fileprivate var sql: String {
        switch self {
        case .speaker: "INSERT INTO speaker VALUES (?, ?, ?)"
        case .claim: "INSERT INTO claim VALUES (?, ?)"
        case .article: "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)"
        case .quote: "INSERT INTO quote VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        case .stance: "INSERT INTO stance VALUES (?, ?, ?, ?, ?)"
        case .note: "UPDATE quote SET note = ? WHERE id = ?"
        case .words: "INSERT INTO search (rowid, words) VALUES (?, ?)"
        case .noteWords: "INSERT INTO searchNote (rowid, words) VALUES (?, ?)"
        case .formerNoteWords: "INSERT INTO searchNote (searchNote, rowid, words) VALUES ('delete', ?, ?)"
        case .other: "UPDATE other SET value = value + 1"
        }
      }
    }

    let kind: Kind
    let values: [Value]
  }

  func run(_ write: Write) throws {
    if rowStatements.isEmpty { rowStatements = Array(repeating: nil, count: Write.Kind.allCases.count) }
    let statement = try rowStatements[write.kind.rawValue] ?? prepared(write.kind.sql)
    rowStatements[write.kind.rawValue] = statement
    try step(statement, write.values)
  }

  func run(_ sql: String) throws { try step(try prepared(sql), []) }

  func transaction(_ body: () throws -> Void) throws {
    try run("BEGIN")
    if let recorder {
      try recorder.record(in: database, tables: Self.tables, body, then: keep)
    } else {
      try body()
    }
    try run("COMMIT")
  }

  private func step(_ statement: OpaquePointer, _ values: [Value]) throws {
    bind(values, to: statement)
    defer { sqlite3_reset(statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: continue
      case SQLITE_DONE: return
      default: throw Failure(message: String(cString: sqlite3_errmsg(database)))
      }
    }
  }

  private func prepared(_ sql: String) throws -> OpaquePointer {
    if let statement = statements[sql] { return statement }
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
      throw Failure(message: String(cString: sqlite3_errmsg(database)))
    }
    statements[sql] = statement
    return statement
  }

  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private func bind(_ values: [Value], to statement: OpaquePointer) {
    for (index, value) in values.enumerated() {
      let column = Int32(index + 1)
      switch value {
      case .null: sqlite3_bind_null(statement, column)
      case .integer(let number): sqlite3_bind_int64(statement, column, Int64(number))
      case .blob(let bytes): _ = bytes.withUnsafeBytes { sqlite3_bind_blob(statement, column, $0.baseAddress, Int32($0.count), Self.transient) }
      case .text(var text):
        _ = text.withUTF8 { bytes in
          bytes.withMemoryRebound(to: CChar.self) { sqlite3_bind_text(statement, column, $0.baseAddress, Int32($0.count), Self.transient) }
        }
      }
    }
  }

  func integer(_ query: String) throws -> Int {
    let statement = try prepared(query)
    defer { sqlite3_reset(statement) }
    return sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : 0
  }

  // MARK: Rows

  /// The key of a row: as it is, or as random as a UUIDv4.
  private func key(_ id: Bytes16) -> Value {
    let bytes = id.array
    guard keys == .random else { return .blob(bytes) }
    var random = SeededRandom(seed: bytes.reduce(0) { $0 &* 0x100_0000_01B3 ^ UInt64($1) })
    return .blob((0..<16).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) })
  }

  func writes(of speaker: Speaker) -> [Write] {
    [Write(kind: .speaker, values: [key(speaker.id.bytes), .text(speaker.name), .text(speaker.kind.rawValue)])]
  }

  func writes(of claim: Claim) -> [Write] { [Write(kind: .claim, values: [key(claim.id.bytes), .text(claim.text)])] }

  func writes(of part: SampleCorpus.Part) -> [Write] {
    let article = part.article
    let row: [Value] = [
      key(article.id.bytes), .text(article.url ?? ""), .text(article.outlet ?? ""), .text(article.title ?? ""), .text(article.language ?? ""),
      .text(article.text.string),
    ]
    return [Write(kind: .article, values: row)] + part.quotes.map(write) + part.stances.map(write)
  }

  private func write(of quote: Quote) -> Write {
    let anchor = quote.segments[0].anchor
    return Write(
      kind: .quote,
      values: [
        key(quote.id.bytes), key(quote.articleID.bytes), quote.sources[0].speakerID.map { key($0.bytes) } ?? .null, .text(quote.kind.rawValue),
        .integer(anchor.start), .integer(anchor.end), .blob(anchor.textHash.bytes), .null,
      ])
  }

  private func write(of stance: Stance) -> Write {
    let holder = if case .quote(let id) = stance.holder { key(id.bytes) } else { Value.null }
    return Write(
      kind: .stance,
      values: [
        key(stance.id.bytes), holder, key(stance.claimID.bytes), .text(stance.position.rawValue), .integer(stance.isHedged ? 1 : 0),
      ])
  }

  func write(ofNote note: String, on quote: Quote.ID) -> Write { Write(kind: .note, values: [.text(note), key(quote.bytes)]) }

  // MARK: Copying

  /// Copies all rows of another database, in one transaction, by reading and inserting them.
  func copy(from other: PlainSQLite) throws {
    try transaction {
      for table in Self.tables { try copy("SELECT * FROM \(table)", [], from: other) { "INSERT INTO \(table) VALUES (\($0))" } }
    }
  }

  /// Takes over what another database has as the notes of quotes, one by one, in one transaction.
  func takeNotes(of quotes: some Sequence<Quote.ID>, from other: PlainSQLite) throws {
    try transaction {
      for key in quotes.lazy.map({ self.key($0.bytes) }) {
        try copy("SELECT note, id FROM quote WHERE id = ?", [key], from: other) { _ in "UPDATE quote SET note = ? WHERE id = ?" }
      }
    }
  }

  private func copy(_ query: String, _ values: [Value], from other: PlainSQLite, into sql: (_ marks: String) -> String) throws {
    let source = try other.prepared(query)
    other.bind(values, to: source)
    defer { sqlite3_reset(source) }
    let count = sqlite3_column_count(source)
    let target = try prepared(sql(Array(repeating: "?", count: Int(count)).joined(separator: ", ")))
    while sqlite3_step(source) == SQLITE_ROW {
      for column in 0..<count { sqlite3_bind_value(target, column + 1, sqlite3_column_value(source, column)) }
      guard sqlite3_step(target) == SQLITE_DONE else { throw Failure(message: String(cString: sqlite3_errmsg(database))) }
      sqlite3_reset(target)
    }
  }

  // MARK: History

  private func keep(_ changeset: UnsafeRawBufferPointer) throws {
    let statement = try prepared("INSERT INTO history (changeset) VALUES (?)")
    // No copy: it stays where it is until the statement has run.
    sqlite3_bind_blob(statement, 1, changeset.baseAddress, Int32(changeset.count), nil)
    try step(statement, [])
  }

  /// How many transactions were recorded or taken over.
  func historyCount() throws -> Int { try integer("SELECT max(number) FROM history") }

  /// Does again what another database recorded in some transactions, and keeps the record, in one transaction.
  func takeHistory(_ numbers: ClosedRange<Int>, from other: PlainSQLite) throws {
    guard let recorder else { throw Failure(message: "nothing records here") }
    let source = try other.prepared("SELECT changeset FROM history WHERE number BETWEEN ? AND ? ORDER BY number")
    other.bind([.integer(numbers.lowerBound), .integer(numbers.upperBound)], to: source)
    defer { sqlite3_reset(source) }
    try run("BEGIN")
    while sqlite3_step(source) == SQLITE_ROW {
      let changeset = UnsafeRawBufferPointer(start: sqlite3_column_blob(source, 0), count: Int(sqlite3_column_bytes(source, 0)))
      try recorder.apply(changeset, to: database)
      try keep(changeset)
    }
    try run("COMMIT")
  }
}
