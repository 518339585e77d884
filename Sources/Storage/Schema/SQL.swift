// Raw binds and column reads on GRDB's cached statements. GRDB's own argument conversion costs more than SQLite's insert does (2.4 to 5.9
// times a plain insert, against 1.1 here), so the tables that every write and read goes through are reached this way, and only here.

import DictaModels
import GRDB
import GRDBSQLite

/// What is bound to a `?`.
enum Argument {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case id(Bytes16)
  /// The first half of an id.
  case place(Bytes16)

  static func integer(_ value: Int) -> Self { .integer(Int64(value)) }
  static func blob(_ value: Bytes16) -> Self { .id(value) }
}

/// The row a statement stands on. Columns count from 0.
struct Columns {
  fileprivate let handle: OpaquePointer

  func isNull(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_NULL }
  func isInteger(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_INTEGER }
  func isText(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_TEXT }
  func integer(_ index: Int32) -> Int64 { sqlite3_column_int64(handle, index) }
  func int(_ index: Int32) -> Int { Int(integer(index)) }

  /// Of a column that counts something, which is never negative unless the file is damaged.
  func count(_ index: Int32) throws(MalformedBytes) -> UInt64 {
    guard let count = UInt64(exactly: integer(index)) else { throw MalformedBytes(offset: 0, reason: "a number is negative") }
    return count
  }

  func double(_ index: Int32) -> Double { sqlite3_column_double(handle, index) }

  func blob(_ index: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, index) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
  }

  /// The bytes of a text, zero bytes in it included.
  func utf8(_ index: Int32) -> [UInt8] {
    guard let start = sqlite3_column_text(handle, index) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
  }

  func text(_ index: Int32) -> String {
    String(decoding: utf8(index), as: UTF8.self)
  }

  /// Gives `body` the bytes of a text where SQLite has them.
  func withUTF8<Result, Failure: Error>(_ index: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
    guard let start = sqlite3_column_text(handle, index) else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
    return try body(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
  }

  /// The first half of an id, as a number; nil unless there are 8 bytes.
  func place(_ index: Int32) -> UInt64? {
    guard sqlite3_column_bytes(handle, index) == 8, let start = sqlite3_column_blob(handle, index) else { return nil }
    return UInt64(bigEndian: start.loadUnaligned(as: UInt64.self))
  }

  /// Gives `body` the bytes of a blob where SQLite has them.
  func withBlob<Result>(_ index: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    let raw = UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, index), count: Int(sqlite3_column_bytes(handle, index)))
    return try raw.withMemoryRebound(to: UInt8.self, body)
  }

  /// An id; nil unless there are 16 bytes.
  func bytes16(_ index: Int32) -> Bytes16? {
    guard sqlite3_column_bytes(handle, index) == 16, let start = sqlite3_column_blob(handle, index) else { return nil }
    return Bytes16(bigEndian: UnsafeRawBufferPointer(start: start, count: 16), at: 0)
  }
}

/// The statements that one transaction runs for each row, each looked up once: GRDB's own look-up hashes the whole text of a statement.
final class HotStatements {
  private let db: Database
  private var statements: [UInt: Statement] = [:]

  init(_ db: Database) {
    self.db = db
  }

  func run(_ sql: StaticString, _ arguments: Argument...) throws {
    try db.step(try statement(sql), arguments) { _ in false }
  }

  /// What `read` makes of the first row; nil without one.
  func first<Result>(_ sql: StaticString, _ arguments: Argument..., read: (Columns) throws -> Result) throws -> Result? {
    var result: Result?
    try db.step(try statement(sql), arguments) { columns in
      result = try read(columns)
      return false
    }
    return result
  }

  private func statement(_ sql: StaticString) throws -> Statement {
    let key = UInt(bitPattern: sql.utf8Start)
    if let statement = statements[key] { return statement }
    let statement = try db.cachedStatement(sql: "\(sql)")
    statements[key] = statement
    return statement
  }
}

extension Database {
  /// Runs `body` on a view of one moment.
  ///
  /// GRDB's own `read` compiles four statements each time, which takes longer than most reads.
  func snapshot<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
    defer { try? cachedStatement(sql: "ROLLBACK TRANSACTION").execute() }
    return try body(self)
  }

  /// Runs `body` in a transaction that nobody else can write in beside. It is kept if `body` says so; if it throws, nothing is.
  ///
  /// GRDB's own `inTransaction` compiles its statements each time, too.
  func immediateTransaction(_ body: () throws -> Database.TransactionCompletion) throws {
    try cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
    do {
      switch try body() {
      case .commit: try cachedStatement(sql: "COMMIT TRANSACTION").execute()
      case .rollback: try cachedStatement(sql: "ROLLBACK TRANSACTION").execute()
      }
    } catch {
      // SQLite takes some transactions back by itself.
      if isInsideTransaction { try? cachedStatement(sql: "ROLLBACK TRANSACTION").execute() }
      throw error
    }
  }

  /// Whether commits are synced to disk, and with each every one before. Otherwise a power cut may take the last ones back.
  ///
  /// With a rollback journal, which an archive has only while it can't get back to the write-ahead log, that takes `EXTRA`; with the log it is `FULL`.
  ///
  /// Outside of a transaction.
  func syncCommits(_ isOn: Bool) throws {
    // No statement of GRDB's: it refuses those of a task that is cancelled, and then every later commit would be synced.
    let code = sqlite3_exec(sqliteConnection, isOn ? "PRAGMA synchronous = EXTRA" : "PRAGMA synchronous = NORMAL", nil, nil, nil)
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }

  func run(_ sql: String, _ arguments: Argument...) throws {
    try step(sql, arguments) { _ in false }
  }

  /// What `read` makes of the first row; nil without one.
  func first<Result>(_ sql: String, _ arguments: Argument..., read: (Columns) throws -> Result) throws -> Result? {
    var result: Result?
    try step(sql, arguments) { columns in
      result = try read(columns)
      return false
    }
    return result
  }

  func all<Result>(_ sql: String, _ arguments: Argument..., read: (Columns) throws -> Result) throws -> [Result] {
    var results: [Result] = []
    try step(sql, arguments) { columns in
      results.append(try read(columns))
      return true
    }
    return results
  }

  /// How many rows the last statement wrote.
  var changedRowCount: Int { sqliteConnection.map { Int(sqlite3_changes($0)) } ?? 0 }

  /// Calls `body` with each row until it returns false.
  func each(_ sql: String, _ arguments: [Argument], body: (Columns) throws -> Bool) throws {
    try step(sql, arguments, body)
  }

  private func step(_ sql: String, _ arguments: [Argument], _ body: (Columns) throws -> Bool) throws {
    try step(try cachedStatement(sql: sql), arguments, body)
  }

  fileprivate func step(_ cached: Statement, _ arguments: [Argument], _ body: (Columns) throws -> Bool) throws {
    var statement = cached
    // A statement that is being read further out can't be bound anew.
    if sqlite3_stmt_busy(statement.sqliteStatement) != 0 { statement = try makeStatement(sql: cached.sql) }
    let handle = statement.sqliteStatement
    defer {
      sqlite3_reset(handle)
      sqlite3_clear_bindings(handle)
    }
    for (index, argument) in arguments.enumerated() { try bind(argument, at: Int32(index + 1), of: handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: guard try body(Columns(handle: handle)) else { return }
      case SQLITE_DONE: return
      case let code: throw failure(code, cached.sql)
      }
    }
  }

  private func bind(_ argument: Argument, at index: Int32, of handle: OpaquePointer) throws {
    // SQLite copies what it is given with this destructor.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code =
      switch argument {
      case .null: sqlite3_bind_null(handle, index)
      case .integer(let value): sqlite3_bind_int64(handle, index, value)
      case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(handle, index, 0)
      case .blob(let bytes): bytes.withUnsafeBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), transient) }
      case .id(let bytes): bytes.withBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, 16, transient) }
      case .place(let bytes): bytes.withBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, 8, transient) }
      case .text(var text):
        text.withUTF8 { utf8 in
          utf8.withMemoryRebound(to: CChar.self) { sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), transient) }
        }
      }
    if code != SQLITE_OK { throw failure(code, "bind") }
  }

  private func failure(_ code: Int32, _ sql: String) -> DatabaseError {
    DatabaseError(resultCode: ResultCode(rawValue: code), message: sqliteConnection.map { String(cString: sqlite3_errmsg($0)) }, sql: sql)
  }
}
