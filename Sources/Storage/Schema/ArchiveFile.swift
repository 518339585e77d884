// The file an archive is in: how it is recognised, opened and made, and what SQLite's errors mean to its owner.

import DictaModels
import Foundation
import GRDB

enum ArchiveFile {
  /// How long a writer waits for another process.
  static let busySeconds = 30.0

  /// - Parameter path: what errors name, if the file gets its real name only later.
  static func create(at file: String, for path: String? = nil) throws {
    let path = path ?? file
    let descriptor = openExclusively(file)
    guard descriptor >= 0 else {
      switch errno {
      case EEXIST: throw ArchiveError.alreadyThere(path: path)
      case ENOENT, ENOTDIR: throw ArchiveError.noFolder(path: folder(of: path))
      default: throw ArchiveError.system(errno, path: path)
      }
    }
    Foundation.close(descriptor)
  }

  /// Refuses a path where an archive is, or the remains of one: SQLite would take a write-ahead log for that of the new database, and a
  /// witness may be the only place where a key is.
  static func expectNothing(at path: String) throws {
    for suffix in ["", "-wal", "-shm", "-journal", Witness.suffix] where FileManager.default.fileExists(atPath: path + suffix) {
      throw ArchiveError.alreadyThere(path: path + suffix)
    }
  }

  /// Gives a closed archive and its witness their names, unless something is there.
  static func place(_ draft: String, at path: String) throws {
    try expectNothing(at: path)
    // Of an archive that was here before.
    SnapshotFile.removeAll(beside: path)
    // A link, unlike a renaming, takes nobody's place. The witness follows: an archive without one takes another origin.
    if link(draft, path) == 0 {
      unlink(draft)
    } else if errno == EEXIST {
      throw ArchiveError.alreadyThere(path: path)
    } else if rename(draft, path) != 0 {
      // Some file systems know no links.
      throw ArchiveError.system(errno, path: path)
    }
    guard rename(draft + Witness.suffix, path + Witness.suffix) == 0 else {
      let code = errno
      unlink(path)
      throw ArchiveError.system(code, path: path + Witness.suffix)
    }
  }

  /// The folder that a path is in, as it is spelled.
  static func folder(of path: String) -> String {
    // Foundation's own way to ask ends the program for a path of one character.
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The file that a symbolic link stands for: the witness lies beside that one.
  static func resolved(_ path: String) -> String {
    guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil else { return path }
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func openExclusively(_ path: String) -> Int32 {
    Foundation.open(path, O_CREAT | O_EXCL | O_WRONLY, 0o644)
  }

  /// Removes an archive that could not be completed.
  static func remove(_ path: String) {
    for suffix in ["", "-wal", "-shm", "-journal", Witness.suffix] { try? FileManager.default.removeItem(atPath: path + suffix) }
    SnapshotFile.removeAll(beside: path)
  }

  /// Tells an archive from anything else, without writing.
  static func check(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw ArchiveError.notFound(path: path) }
    guard !isDirectory.boolValue else { throw ArchiveError.notAnArchive(path: path, reason: "it is a directory") }
    guard access(path, R_OK) == 0 else { throw ArchiveError.readOnly(path: path) }
    let header = try mapping(path) { try DatabaseFile.beginning(of: path, byteLimit: 100) }
    guard header.starts(with: Array("SQLite format 3\0".utf8)), header.count == 100 else {
      let reason =
        header.isEmpty ? "it is empty" : "it is no SQLite database, or its beginning is damaged: then `repair` may still find what is in it"
      throw ArchiveError.notAnArchive(path: path, reason: reason)
    }
    // SQLite itself would write into another program's file, if only to give it a write-ahead log.
    try check(application: number(header[68..<72]), schemaVersion: number(header[60..<64]), path)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  private static func check(application: Int64, schemaVersion: Int64, _ path: String) throws {
    guard application == Schema.applicationID else {
      throw ArchiveError.notAnArchive(path: path, reason: "it is another program's database")
    }
    guard schemaVersion <= Schema.version else {
      throw ArchiveError.newerSchema(path: path, schemaVersion: Int(schemaVersion), known: Int(Schema.version))
    }
    // A new file has version 0 until its tables are made.
    guard schemaVersion >= Schema.oldestVersion || schemaVersion == 0 else {
      throw ArchiveError.notAnArchive(
        path: path, reason: "it was made by a version before the first release: export it with that one, and import it into a new archive")
    }
  }

  /// A connection that doesn't write when it is opened, as a pool does.
  static func openForReading(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busySeconds)
    configuration.label = "dicta"
    return try mapping(path) { try DatabaseQueue(path: path, configuration: configuration) }
  }

  /// - Parameter name: what errors name, if the file gets its real name only later.
  static func open(_ path: String, for name: String? = nil) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busySeconds)
    configuration.label = "dicta"
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      guard !db.configuration.readonly else {
        // A reader waits only where the write-ahead log is missing for a moment; GRDB gives it ten seconds for that.
        try db.execute(sql: "PRAGMA busy_timeout = \(Int(busySeconds * 1000))")
        return
      }
      // Only the writer gets a larger cache: readers would each add theirs.
      try db.setPageCache(kibibytes: PageCache.kibibytes)
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
      // Some systems build SQLite so that it overwrites with zeros what it deletes, and writes pages only for that. Here it mostly moves things.
      try db.overwriteWhatIsDeleted(.whereItCostsNoPage)
      // Apple's plain fsync leaves data in the drive's cache. Set once and not where a commit is synced: setting it ends every prepared
      // statement.
      try db.execute(sql: "PRAGMA fullfsync = ON")
    }
    return try mapping(name ?? path) { try DatabasePool(path: path, configuration: configuration) }
  }

  /// Brings the tables up to this version's schema.
  ///
  /// - Throws: for a file of another program or of a newer version; it isn't touched.
  static func migrate(_ pool: any DatabaseWriter, _ path: String) throws {
    while true {
      let (application, version) = try pool.read { db in
        (try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0, try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0)
      }
      try check(application: application, schemaVersion: version, path)
      guard version < Schema.version else { return }
      do {
        return try Schema.migrator.migrate(pool)
      } catch {
        // GRDB looks for what is to be done before it has the lock. If another process did it meanwhile, it can't be done again, and the file is
        // of a later schema than it was.
        guard let now = try pool.read({ try Int64.fetchOne($0, sql: "PRAGMA user_version") }), now > version else { throw error }
      }
    }
  }

  /// Brings the write-ahead log into the file, which is whole by itself then. Nobody else may have it open.
  static func gather(_ database: some DatabaseWriter) throws {
    _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
  }

  /// Closes the writer last: only a connection that may write puts the write-ahead log into the file and removes it.
  static func close(_ pool: any DatabaseWriter, _ path: String) throws {
    (pool as? DatabasePool)?.invalidateReadOnlyConnections()
    try mapping(path) { try pool.close() }
  }

  static func mapping<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw translate(error, path)
    }
  }

  static func mapping<Result>(_ path: String, _ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      throw translate(error, path)
    }
  }

  /// That a newer version of Dicta has brought the file up to date while it was open here: its tables mean something else now.
  struct Outdated: Error {
    let schemaVersion: Int64
  }

  /// - Throws: ``Outdated``.
  static func expectKnownSchema(_ db: Database) throws {
    let version = try db.first("PRAGMA user_version") { $0.integer(0) } ?? 0
    guard version <= Schema.version else { throw Outdated(schemaVersion: version) }
  }

  /// What SQLite and our own hashes say, in the words of the archive's owner.
  static func translate(_ error: any Error, _ path: String) -> any Error {
    if let error = error as? MalformedBytes { return ArchiveError.damaged(path: path, reason: error.description) }
    if let error = error as? TextError { return ArchiveError.damaged(path: path, reason: "\(error)") }
    if let error = error as? Outdated {
      return ArchiveError.newerSchema(path: path, schemaVersion: Int(error.schemaVersion), known: Int(Schema.version))
    }
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL: return ArchiveError.diskFull(path: path)
    case .SQLITE_BUSY, .SQLITE_LOCKED: return ArchiveError.locked(path: path)
    // SQLite opens for reading what it can't open for writing, whatever the reason.
    case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: return ArchiveError.unexplained(path: path)
    // Our statements fit our tables, so what doesn't go in, or isn't there, was changed by something else.
    case .SQLITE_CORRUPT, .SQLITE_CONSTRAINT, .SQLITE_ERROR:
      return ArchiveError.damaged(path: path, reason: error.message ?? "SQLite can't read it")
    case .SQLITE_INTERRUPT: return CancellationError()
    // SQLite has taken the transaction back before: the disk failed, or the task was cancelled.
    case .SQLITE_ABORT: return Task.isCancelled ? CancellationError() : ArchiveError.unexplained(path: path)
    case .SQLITE_NOTADB: return ArchiveError.notAnArchive(path: path, reason: "SQLite can't read it")
    default: return error
    }
  }
}
