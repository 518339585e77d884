import DictaModels
import GRDB

/// Different values that several writers gave one field of an entity without knowing of each other.
public struct Conflict: Sendable {
  public struct Candidate: Sendable {
    public let version: ChangeID
    public let writtenAt: UInt64
    public let author: String?
    public let device: String
    public let value: Value
    public let isShown: Bool
  }

  public let entity: Reference

  /// Nil if it is the entity's life: somebody deleted it, and something keeps it alive.
  public let address: CellAddress?

  /// The one shown comes first. Of a life, the tombstones.
  public let candidates: [Candidate]
}

extension ReadTransaction {
  /// Every conflict in living entities, by type and id.
  ///
  /// - Complexity: O(entities in conflict).
  public func conflicts() throws -> [Conflict] {
    let rows = try db.all(
      "SELECT type, id, life, state FROM entity WHERE conflicts > 0 AND life < 2 UNION SELECT type, id, life, state FROM entity WHERE life = 1"
    ) { row in
      (try row.reference(0, 1, names: names), row.integer(2), try EntityState(bytes: row.blob(3), names: names))
    }
    var conflicts: [Conflict] = []
    for (entity, life, state) in rows.sorted(by: { $0.0 < $1.0 }) {
      for cell in state.conflicts {
        let candidates = try cell.survivors.enumerated().map { try candidate($1.version, $1.value, isShown: $0 == 0) }
        conflicts.append(Conflict(entity: entity, address: cell.address, candidates: candidates))
      }
      if life == EntityRow.Life.livesDespiteTombstone.rawValue {
        let candidates = try state.tombstones.map { try candidate($0.version, .null, isShown: false) }
        conflicts.append(Conflict(entity: entity, address: nil, candidates: candidates))
      }
    }
    return conflicts
  }

  private func candidate(_ version: Version, _ value: Value, isShown: Bool) throws -> Conflict.Candidate {
    let row = try log.row(version)
    let envelope = try Header.Envelope(bytes: row.envelope)
    return Conflict.Candidate(
      version: row.id, writtenAt: envelope.writtenAt, author: envelope.author, device: try device(of: version.branch), value: value, isShown: isShown)
  }

  /// The label of the device that writes on a branch.
  func device(of branch: Int) throws -> String {
    guard branches.all.indices.contains(branch) else { throw MalformedBytes(offset: 0, reason: "branch \(branch) is missing") }
    let first = branches.version(on: branch, at: 1)
    return try Header.Envelope(bytes: log.row(first).envelope).birth?.device ?? ""
  }
}
