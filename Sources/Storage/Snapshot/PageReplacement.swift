// How all pages of a database are replaced by another one's. Whoever has it open, or opens it after a crash, finds the one or the other.

import Foundation
import GRDB
import GRDBSQLite

extension Database {
  /// Replaces all pages by another database's, in one transaction.
  ///
  /// Where nobody else has the file open, a rollback journal takes the place of the write-ahead log for the moment. The journal holds the pages
  /// that were there before, which are few, and so each new page is written once. Through the log it is written into the log, and out
  /// of it again.
  ///
  /// If the process or the power ends, there is the old database, or it and a journal by which whoever opens it next brings it back, or the new one;
  /// each perhaps without its write-ahead log, which the next one that writes gives it again.
  ///
  /// - Parameters:
  ///   - pool: this is its writer. Who begins to read meanwhile waits until it is done; who was reading before makes it go through the log.
  ///   - keepsLog: whether it goes through the log in any case.
  ///   - isWanted: called with a view of what is there when nobody else can write any more. It throws if nothing is to be replaced.
  /// - Returns: whether each page was written once.
  @discardableResult
  func replacePages(
    with source: Database, in pool: any DatabaseWriter, keepsLog: Bool, ifWanted isWanted: (Database) throws -> Void
  ) throws -> Bool {
    if !keepsLog, try replacePagesInPlace(with: source, in: pool, ifWanted: isWanted) { return true }
    try copyPages(from: source) { try pool.unsafeRead(isWanted) }
    return false
  }

  /// The same, only where each page is written once.
  ///
  /// - Returns: whether it was done. If not, nothing was.
  func replacePagesInPlace(with source: Database, in pool: any DatabaseWriter, ifWanted isWanted: (Database) throws -> Void) throws -> Bool {
    let (oldByteCount, newByteCount) = (try byteCount(), try source.byteCount())
    guard oldByteCount <= Self.comparedByteLimit, newByteCount <= Self.unreadableByteLimit, let pool = pool as? DatabasePool,
      try leaveWriteAheadLog(pool)
    else { return false }
    // Whoever reads for half a minute now could keep it from that. It does no harm: the next one that opens it for writing does it.
    defer { try? enterWriteAheadLog() }
    try copyPagesInPlace(from: source, ifWanted: isWanted)
    return true
  }

  /// Who reads meanwhile waits. So much is written in a few seconds.
  private static let unreadableByteLimit = 1 << 30

  private static let comparedByteLimit = 1 << 20

  // MARK: Without a write-ahead log

  /// - Returns: false if anybody else has the file open, in this process or in another one.
  private func leaveWriteAheadLog(_ pool: DatabasePool) throws -> Bool {
    pool.invalidateReadOnlyConnections()
    return try unlessBusy { try String.fetchOne(self, sql: "PRAGMA journal_mode = DELETE") } == "delete"
  }

  private func enterWriteAheadLog() throws {
    guard try String.fetchOne(self, sql: "PRAGMA journal_mode = WAL") == "wal" else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
    try execute(sql: "PRAGMA synchronous = NORMAL")
  }

  private func copyPagesInPlace(from source: Database, ifWanted isWanted: (Database) throws -> Void) throws {
    // A journal that came back after a power cut would take back the beginning of what is written from now on: its folder is synced too.
    try execute(sql: "PRAGMA synchronous = EXTRA")
    let file = try DatabaseFile(of: self)
    let before = try snapshot { db in
      try isWanted(db)
      return try file.bytes(try db.byteCount())
    }
    try copyPages(from: source) {
      // Somebody may have come in between. Without a log there is nothing besides the file, so one look at it is enough.
      guard before[18] == 1, try file.bytes(before.count) == before else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
    }
  }

  // MARK: Either way

  /// - Parameter isLocked: called when nobody else can write any more, and nothing is replaced yet.
  private func copyPages(from source: Database, whenLocked isLocked: () throws -> Void) throws {
    guard let backup = sqlite3_backup_init(sqliteConnection, "main", source.sqliteConnection, "main") else {
      throw failure(sqlite3_errcode(sqliteConnection))
    }
    do {
      // The first page brings the lock.
      var code = sqlite3_backup_step(backup, 1)
      guard code == SQLITE_OK else { throw failure(code) }
      try isLocked()
      code = sqlite3_backup_step(backup, -1)
      guard code == SQLITE_DONE else { throw failure(code) }
    } catch {
      sqlite3_backup_finish(backup)
      throw error
    }
    let code = sqlite3_backup_finish(backup)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private func failure(_ code: Int32) -> DatabaseError {
    DatabaseError(resultCode: ResultCode(rawValue: code), message: "the snapshot can't be brought in")
  }
}

extension Database {
  func pageByteCount() throws -> Int { try first("PRAGMA page_size") { $0.int(0) }.orDamaged("the size of pages") }
  func pageCount() throws -> Int { try first("PRAGMA page_count") { $0.int(0) }.orDamaged("the number of pages") }

  /// Of all pages.
  func byteCount() throws -> Int { try pageByteCount() * pageCount() }

  /// Does something that needs the file to itself.
  ///
  /// - Returns: nil if somebody else is at it.
  func unlessBusy<Result>(waitingMilliseconds: Int32 = 100, _ body: () throws -> Result) throws -> Result? {
    // No statement: GRDB refuses those of a task that is cancelled, and then the next writers wouldn't wait either.
    sqlite3_busy_timeout(sqliteConnection, waitingMilliseconds)
    defer { sqlite3_busy_timeout(sqliteConnection, Int32(ArchiveFile.busySeconds * 1000)) }
    do {
      return try body()
    } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
      return nil
    }
  }
}
