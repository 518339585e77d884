import DictaModels
import GRDB

/// The one row of the table `archive`: what this replica is, and the sums that every transaction keeps up to date.
struct ArchiveInfo {
  var corpus: CorpusID
  var identity: ReplicaIdentity

  /// The number of the origin's own branch; nil until it writes.
  var branch: Int?

  /// The last sequence of the own branch that a peer may have been sent.
  var published: UInt64

  /// Of the last change in the log, counted from 1; 0 for an empty one.
  var position: UInt64

  var digest: Digest

  static func read(_ db: Database) throws -> ArchiveInfo {
    let info = try db.first("SELECT corpus, origin, publicKey, nonce, device, branch, published, position, digest FROM archive") { row in
      guard let corpus = CorpusID(bytes: row.blob(0)), let origin = Origin(bytes: row.blob(1)), let publicKey = Bytes32(row.blob(2)),
        let nonce = Bytes16(row.blob(3)), let digest = Digest(bytes: row.blob(8))
      else { throw MalformedBytes(offset: 0, reason: "the archive's own row is damaged") }
      return ArchiveInfo(
        corpus: corpus, identity: ReplicaIdentity(origin: origin, publicKey: publicKey, nonce: nonce, device: row.text(4)),
        branch: row.isNull(5) ? nil : row.int(5), published: UInt64(row.integer(6)), position: UInt64(row.integer(7)), digest: digest)
    }
    guard let info else { throw MalformedBytes(offset: 0, reason: "the archive's own row is missing") }
    return info
  }

  func write(_ db: Database) throws {
    try db.run(
      """
      INSERT OR REPLACE INTO archive (id, corpus, origin, publicKey, nonce, device, branch, published, position, digest)
      VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      .blob(corpus.bytes), .blob(identity.origin.bytes), .blob(identity.publicKey.array), .blob(identity.nonce), .text(identity.device),
      branch.map { .integer($0) } ?? .null, .integer(Int64(published)), .integer(Int64(position)), .blob(digest.bytes))
  }
}

/// Who writes in an archive: everything of a replica's identity that others may see.
struct ReplicaIdentity: Hashable {
  let origin: Origin
  let publicKey: Bytes32
  let nonce: Bytes16

  /// A label for people.
  let device: String
}

/// What is worth keeping from one transaction to the next: it changes with the log's position and never without it.
struct ArchiveCache: Sendable {
  let position: UInt64
  var names: NameIndex
  var branches: Branches

  static let empty = ArchiveCache(position: 0, names: NameIndex(), branches: Branches())

  static func read(_ db: Database, position: UInt64) throws -> ArchiveCache {
    let names = try db.all("SELECT name FROM name ORDER BY number") { ExactString($0.text(0)) }
    let branches = try db.all(
      "SELECT origin, parent, firstSequence, received, receivedID, applied, appliedID, isFrontier FROM branch ORDER BY number"
    ) { row in
      guard let origin = Origin(bytes: row.blob(0)), let receivedID = ChangeID(bytes: row.blob(4)) else {
        throw MalformedBytes(offset: 0, reason: "a branch is damaged")
      }
      return Branches.Branch(
        origin: origin, parent: row.isNull(1) ? nil : row.int(1), firstSequence: UInt64(row.integer(2)), received: UInt64(row.integer(3)),
        receivedID: receivedID, applied: UInt64(row.integer(5)), appliedID: ChangeID(bytes: row.blob(6)), isFrontier: row.integer(7) != 0)
    }
    return ArchiveCache(position: position, names: NameIndex(names), branches: Branches(branches))
  }
}
