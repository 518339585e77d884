import GRDB
import GRDBSQLite

/// The file that a database is in, read through SQLite's own descriptor: to close another one of the same file would let go of the locks that
/// this process has on it.
struct DatabaseFile {
  private let file: UnsafeMutablePointer<sqlite3_file>
  private let methods: sqlite3_io_methods

  /// - Parameter db: has to stay open for as long as this is used.
  init(of db: Database) throws {
    guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
    try self.init(of: connection)
  }

  private init(of connection: OpaquePointer) throws {
    var file: UnsafeMutablePointer<sqlite3_file>?
    let code = withUnsafeMutablePointer(to: &file) { sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, $0) }
    guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods?.pointee else {
      throw DatabaseError(resultCode: .SQLITE_IOERR, message: "SQLite doesn't say where its file is")
    }
    (self.file, self.methods) = (file, methods)
  }

  /// The first bytes of a file that may be anything, at most so many. Nothing is locked, and nothing beside it is looked at.
  static func beginning(of path: String, byteLimit: Int) throws -> [UInt8] {
    var connection: OpaquePointer?
    defer { sqlite3_close(connection) }
    let code = sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil)
    guard code == SQLITE_OK, let connection else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    let file = try DatabaseFile(of: connection)
    return try file.bytes(min(byteLimit, file.byteCount))
  }

  private var byteCount: Int {
    get throws {
      var count: sqlite3_int64 = 0
      let code = methods.xFileSize(file, &count)
      guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
      return Int(count)
    }
  }

  /// Fills a buffer with what stands in the file from there on.
  ///
  /// - Throws: `DatabaseError`, also where the file ends before.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    let code = methods.xRead(file, buffer.baseAddress, Int32(buffer.count), sqlite3_int64(offset))
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }

  /// The first bytes of the file.
  func bytes(_ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      filled = count
    }
  }
}
