import DictaModels
import GRDB

/// What an archive is, holds and has open.
public struct ArchiveStatus: Sendable {
  public let corpus: CorpusID

  /// The origin that the next change will be written under.
  public let origin: Origin
  public let device: String

  /// The last change held of every branch, sorted.
  public let heads: [Head]
  public let digest: Digest

  /// How many entities of each known type live.
  public let counts: [EntityType: Int]
  public let conflicts: Int

  /// What is held and has no effect or no meaning here: entities that no change creates or of which this version doesn't know
  /// everything, and changes of incomplete runs.
  ///
  /// ``Archive/check()`` lists them with the code `aside`; the ``CheckProblem/count`` of those adds up to this.
  public let aside: Int

  /// Branches beyond the first of each origin.
  public let forks: Int

  /// Changes that no peer may be told of yet: written here since the last sync, or not to be proven because their key is lost.
  public let unpublished: Int
}

extension ReadTransaction {
  /// - Complexity: O(branches); it doesn't depend on how much the corpus holds.
  public func status() throws -> ArchiveStatus {
    let info = currentInfo
    try settleCounts()
    var counts: [EntityType: Int] = [:]
    for type in EntityType.allCases {
      let number = names.find(type.name) ?? -1
      counts[type] = try db.first("SELECT living FROM tally WHERE type = ?", .integer(number), read: { $0.int(0) }) ?? 0
    }
    return ArchiveStatus(
      corpus: info.corpus, origin: info.identity.origin, device: info.identity.device, heads: branches.heads, digest: info.digest,
      counts: counts, conflicts: try conflictCount(), aside: try asideCount(), forks: branches.forkCount,
      unpublished: branches.all.indices.reduce(0) { $0 + branches.unpublishedCount(of: $1) })
  }

  /// Fields in conflict, and lives.
  private func conflictCount() throws -> Int {
    let fields = try db.first("SELECT total(conflicts) FROM entity WHERE conflicts > 0 AND life < 2", read: { $0.int(0) }) ?? 0
    let lives = try db.first("SELECT count(*) FROM entity WHERE \(Self.livesDespiteTombstone)", read: { $0.int(0) }) ?? 0
    return fields + lives
  }

  private func asideCount() throws -> Int {
    let uncreated = try db.first(
      """
      SELECT (SELECT count(*) FROM entity WHERE strange > 0 AND life < 3) + count(*) FROM entity WHERE life = 3
      AND (length(state) > 2 OR EXISTS (SELECT 1 FROM reference WHERE reference.target = entity.number))
      """, read: { $0.int(0) })
    let incomplete = branches.all.reduce(0) { $0 + Int($1.received - $1.applied) }
    return (uncreated ?? 0) + incomplete
  }
}
