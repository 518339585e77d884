import DictaModels
import GRDB

/// The one row of the table `archive`: what this replica is, and the sums that every transaction keeps up to date.
struct ArchiveInfo {
  var corpus: CorpusID
  var identity: ReplicaIdentity

  /// The number of the origin's own branch; nil until it writes.
  var branch: Int?

  /// The last sequence of the own branch that is signed.
  var signed: UInt64 = 0

  /// The branch whose end was written here and can't be signed, because the key is lost.
  var unproven: Int?

  /// Of the last change in the log, counted from 1; 0 for an empty one.
  var position: UInt64 = 0

  /// Of the last change in the log that is known to be synced to disk.
  var durable: UInt64 = 0

  var digest = Digest.empty

  /// Counts transactions, so that what is kept in memory from one to the next is known to be fresh.
  var revision: UInt64 = 0

  init(corpus: CorpusID, identity: ReplicaIdentity) {
    self.corpus = corpus
    self.identity = identity
  }

  static func read(_ db: Database) throws -> ArchiveInfo {
    let query = "SELECT corpus, origin, publicKey, nonce, device, branch, signed, unproven, position, durable, digest, revision FROM archive"
    let info = try db.first(query) { row in
      guard let corpus = CorpusID(bytes: row.blob(0)), let origin = Origin(bytes: row.blob(1)), let publicKey = Bytes32(row.blob(2)),
        let nonce = Bytes16(row.blob(3)), let digest = Digest(bytes: row.blob(10))
      else { throw MalformedBytes(offset: 0, reason: "the archive's own row is damaged") }
      var info = ArchiveInfo(
        corpus: corpus, identity: ReplicaIdentity(origin: origin, publicKey: publicKey, nonce: nonce, device: row.text(4)))
      (info.branch, info.signed) = (row.isNull(5) ? nil : row.int(5), try row.count(6))
      info.unproven = row.isNull(7) ? nil : row.int(7)
      (info.position, info.durable, info.digest) = (try row.count(8), try row.count(9), digest)
      info.revision = try row.count(11)
      return info
    }
    guard let info else { throw MalformedBytes(offset: 0, reason: "the archive's own row is missing") }
    return info
  }

  /// Whether the last change of the own branch isn't signed.
  func hasUnsigned(_ db: Database) throws -> Bool {
    guard let branch else { return false }
    let received = try db.first("SELECT received FROM branch WHERE number = ?", .integer(branch)) { try $0.count(0) }
    return signed < received ?? 0
  }

  func write(_ db: Database) throws {
    try db.run(
      """
      INSERT OR REPLACE INTO archive (id, corpus, origin, publicKey, nonce, device, branch, signed, unproven, position, durable, digest, revision)
      VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      .blob(corpus.bytes), .blob(identity.origin.bytes), .blob(identity.publicKey.array), .blob(identity.nonce), .text(identity.device),
      branch.map { .integer($0) } ?? .null, .integer(Int64(signed)), unproven.map { .integer($0) } ?? .null, .integer(Int64(position)),
      .integer(Int64(durable)), .blob(digest.bytes), .integer(Int64(revision)))
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

/// What is worth keeping from one transaction to the next: it changes with the archive's revision and never without it.
struct ArchiveCache: Sendable {
  let revision: UInt64
  var names: NameIndex
  var branches: Branches
  var targets = TargetShelf()

  /// Anew for each archive: what lies on its shelf is its own.
  static var empty: ArchiveCache { ArchiveCache(revision: 0, names: NameIndex(), branches: Branches()) }

  /// For who changes nothing here: what lies on the shelf stays there for the next transaction.
  var withoutTargets: ArchiveCache { ArchiveCache(revision: revision, names: names, branches: branches) }

  static func read(_ db: Database, revision: UInt64) throws -> ArchiveCache {
    let names = try db.all("SELECT name FROM name ORDER BY number") { ExactString($0.text(0)) }
    var branches: [Branches.Branch] = []
    try db.each(
      "SELECT origin, parent, firstSequence, received, receivedID, applied, appliedID, published, isFrontier FROM branch ORDER BY number", []
    ) { row in
      guard let origin = Origin(bytes: row.blob(0)), let receivedID = ChangeID(bytes: row.blob(4)) else {
        throw MalformedBytes(offset: 0, reason: "a branch is damaged")
      }
      let branch = Branches.Branch(
        origin: origin, parent: row.isNull(1) ? nil : row.int(1), firstSequence: try row.count(2), received: try row.count(3),
        receivedID: receivedID, applied: try row.count(5), appliedID: ChangeID(bytes: row.blob(6)), published: try row.count(7),
        isFrontier: row.integer(8) != 0)
      guard branch.fits(behind: branches) else { throw MalformedBytes(offset: 0, reason: "branch \(branches.count) is damaged") }
      branches.append(branch)
      return true
    }
    return ArchiveCache(revision: revision, names: NameIndex(names), branches: Branches(branches))
  }
}

extension Branches.Branch {
  /// Whether it can be what the table says, behind the branches before it: whoever follows it gets to sequence 1.
  fileprivate func fits(behind branches: [Branches.Branch]) -> Bool {
    guard firstSequence > 0, firstSequence <= received, received < 1 << 40, applied + 1 >= firstSequence, applied <= received,
      published + 1 >= firstSequence, published <= received
    else { return false }
    guard let parent else { return firstSequence == 1 }
    return branches.indices.contains(parent) && branches[parent].origin == origin && firstSequence > branches[parent].firstSequence
      && firstSequence <= branches[parent].received + 1
  }
}
