// What a snapshot is, read from its own pages: by the sender, who signs it, and by the receiver, who compares it with what was signed and
// believes nothing.

import DictaModels
import Foundation
import GRDB

struct SnapshotOutline: Equatable {
  let corpus: CorpusID
  let byteCount: Int
  let changeCount: UInt64
  let digest: Digest
  let heads: [Head]

  /// The revision of a database whose own row still is nobody's: no archive gets there, so nothing that is kept in memory fits it.
  static let revision: UInt64 = 1 << 39

  /// Who writes in a snapshot: nobody.
  static func nobody(in corpus: CorpusID) -> ReplicaIdentity {
    ReplicaIdentity(
      origin: Origin(corpus: corpus, publicKey: .zero, nonce: .zero), publicKey: .zero, nonce: .zero, device: "snapshot")
  }

  private init(_ db: Database, _ info: ArchiveInfo, _ branches: Branches) throws {
    corpus = info.corpus
    byteCount = try db.byteCount()
    (changeCount, digest, heads) = (info.position, info.digest, branches.heads)
  }

  // MARK: Sending

  /// Takes from a copy what is the sender's own: who it is, whom it met, and whom it doesn't wait for.
  ///
  /// - Returns: nil if something in the copy may not be told yet.
  static func strip(_ path: String) throws -> SnapshotOutline? {
    try setJournalMode(of: path)
    var configuration = Configuration()
    configuration.label = "dicta.snapshot"
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.writeWithoutTransaction { db in
      // Nobody has heard of the file yet. What is deleted is overwritten, and of a whole table every byte.
      try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON")
      let (found, branches) = try contents(of: db)
      var info = found
      guard mayBeTold(info, branches) else { return nil }
      try db.inTransaction(.immediate) {
        info.identity = nobody(in: info.corpus)
        (info.branch, info.signed, info.durable, info.revision) = (nil, 0, 0, revision)
        try removeOwnRows(db)
        try info.write(db)
        return .commit
      }
      return try SnapshotOutline(db, info, branches)
    }
  }

  /// Whether everything in it is proven and on the disk.
  static func mayBeTold(_ info: ArchiveInfo, _ branches: Branches) -> Bool {
    info.durable == info.position && info.unproven == nil && branches.all.allSatisfy { $0.published == $0.received }
  }

  /// Removes what only its replica has a use for. What is deleted is overwritten where `secure_delete` is on.
  static func removeOwnRows(_ db: Database) throws {
    try db.execute(sql: "DELETE FROM archive; DELETE FROM meeting; DELETE FROM retired; DELETE FROM sqlite_sequence")
  }

  /// Marks the file as one without a write-ahead log: a copy has none.
  private static func setJournalMode(of path: String) throws {
    let descriptor = Foundation.open(path, O_WRONLY)
    guard descriptor >= 0 else { throw ArchiveError.system(errno, path: path) }
    defer { Foundation.close(descriptor) }
    try SnapshotFile.write([1, 1], to: descriptor, at: 18, of: path)
  }

  // MARK: Receiving

  /// Why a database isn't what its manifest says, as far as can be told without reading all of it.
  ///
  /// - Complexity: O(branches).
  static func fault(in db: Database, manifest: SnapshotManifest) throws -> String? {
    if let fault = try faultOfTables(in: db) { return fault }
    let (info, branches) = try contents(of: db)
    let outline = try SnapshotOutline(db, info, branches)
    guard outline.corpus == manifest.corpus, outline.byteCount == manifest.byteCount, outline.changeCount == manifest.changeCount,
      outline.digest == manifest.digest, outline.heads == manifest.heads
    else { return "its corpus, size, digest or heads aren't those that were signed" }
    guard info.identity == nobody(in: info.corpus), info.branch == nil, info.unproven == nil, info.revision == revision else {
      return "it is still somebody's"
    }
    guard branches.all.allSatisfy({ $0.published == $0.received }) else { return "it holds changes that aren't proven" }
    let last = try db.first("SELECT max(position), count(*) FROM meeting UNION ALL SELECT max(position), 0 FROM log") { ($0.isNull(0), $0.int(1)) }
    guard last?.1 == 0 else { return "it remembers somebody's meetings" }
    guard try db.first("SELECT 1 FROM retired", read: { _ in true }) == nil else { return "it says whose origins are retired" }
    return try faultOfHeads(in: db, info, branches)
  }

  static func contents(of db: Database) throws -> (ArchiveInfo, Branches) {
    let info = try ArchiveInfo.read(db)
    return (info, try ArchiveCache.read(db, revision: info.revision).branches)
  }

  /// Has to be asked before anything else is read.
  static func faultOfTables(in db: Database) throws -> String? {
    // A word in a schema could make SQLite call functions.
    try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON")
    return try Schema.faults(of: db).first
  }

  /// Whether the log ends where it should, and each branch in a head that its writer signed.
  static func faultOfHeads(in db: Database, _ info: ArchiveInfo, _ branches: Branches) throws -> String? {
    let position = try db.first("SELECT position FROM log ORDER BY position DESC LIMIT 1") { try $0.count(0) }
    guard position == info.position else { return "its log doesn't end where it says" }
    let log = LogTable(db: db)
    var keys: [Origin: Bytes32] = [:]
    for (number, branch) in branches.all.enumerated() {
      let version = Version(branch: number, sequence: branch.received)
      guard try log.id(version) == branch.receivedID else { return "change \(branch.received) of origin \(branch.origin) isn't the head" }
      // The first branch of an origin holds the change that brings its key.
      if keys[branch.origin] == nil { keys[branch.origin] = try key(of: branch, number, log, info.corpus) }
      guard let key = keys[branch.origin],
        let signature = try db.first(
          "SELECT signature FROM signature WHERE key = ?", .integer(version.key), read: { HeadSignature(bytes: $0.blob(0)) }),
        signature?.isValid(for: branch.head, in: info.corpus, publicKey: key) == true
      else { return "the head of origin \(branch.origin) isn't signed by it" }
    }
    return nil
  }

  private static func key(of branch: Branches.Branch, _ number: Int, _ log: LogTable, _ corpus: CorpusID) throws -> Bytes32? {
    guard branch.firstSequence == 1 else { return nil }
    guard let birth = try Header.Envelope(bytes: log.row(Version(branch: number, sequence: 1)).envelope).birth,
      Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce) == branch.origin
    else { return nil }
    return birth.publicKey
  }
}
