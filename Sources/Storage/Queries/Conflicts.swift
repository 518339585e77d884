import DictaModels
import GRDB

/// Different values that several writers gave one field of an entity without knowing of each other.
public struct Conflict: Sendable {
  public struct Candidate: Sendable {
    /// All zeros for what the transaction that asks has written itself and not committed yet.
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
  /// In SQL, which takes an index of some rows only where the index's own condition stands.
  static var livesDespiteTombstone: String { "life IN (1, 2) AND life = \(EntityRow.Life.livesDespiteTombstone.rawValue)" }

  /// Every conflict in living entities, by type and id.
  ///
  /// - Complexity: O(entities in conflict).
  public func conflicts() throws -> [Conflict] {
    let rows = try db.all(
      """
      SELECT type, id, life, state FROM entity WHERE conflicts > 0 AND life < 2
      UNION SELECT type, id, life, state FROM entity WHERE \(Self.livesDespiteTombstone)
      """
    ) { row in
      (try row.reference(0, 1, names: names), row.integer(2), try EntityState(bytes: row.blob(3), names: names))
    }
    return try rows.sorted { $0.0 < $1.0 }.flatMap { try conflicts(in: $2, of: $0, life: $1) }
  }

  /// The conflicts in one entity.
  package func conflicts(of entity: Reference) throws -> [Conflict] {
    guard let row = try row(entity), row.life.isLiving else { return [] }
    return try conflicts(in: row.state, of: entity, life: row.life.rawValue)
  }

  /// The conflicts of so many entities, in the order in which these came into this archive.
  ///
  /// - Parameter after: begins behind this entity.
  package func conflicts(after: Reference? = nil, entityLimit: Int) throws -> [Conflict] {
    let start = try after.flatMap { try row($0)?.number } ?? 0
    let rows = try db.all(
      """
      SELECT number, type, id, life, state FROM entity WHERE conflicts > 0 AND life < 2 AND number > ?1
      UNION SELECT number, type, id, life, state FROM entity WHERE \(Self.livesDespiteTombstone) AND number > ?1 ORDER BY number LIMIT ?2
      """, .integer(start), .integer(entityLimit)
    ) { row in
      (try row.reference(1, 2, names: names), row.integer(3), try EntityState(bytes: row.blob(4), names: names))
    }
    return try rows.flatMap { try conflicts(in: $2, of: $0, life: $1) }
  }

  /// The names of an entity's fields that are in conflict, `life` included.
  package func fieldsInConflict(of entity: Reference) throws -> Set<ExactString> {
    guard let type = names.find(entity.type) else { return [] }
    let found = try db.first(
      "SELECT life, conflicts, state FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id)
    ) { row -> (life: Int64, state: EntityState?) in
      // Most have none, and then the state needn't be read.
      (row.integer(0), row.integer(1) > 0 ? try EntityState(bytes: row.blob(2), names: names) : nil)
    }
    guard let found else { return [] }
    let fields = found.state?.conflicts.map(\.address.field) ?? []
    return Set(fields + (found.life == EntityRow.Life.livesDespiteTombstone.rawValue ? ["life"] : []))
  }

  private func conflicts(in state: EntityState, of entity: Reference, life: Int64) throws -> [Conflict] {
    var conflicts = try state.conflicts.map { cell in
      let candidates = try cell.survivors.enumerated().map { try candidate($1.version, $1.value, isShown: $0 == 0) }
      return Conflict(entity: entity, address: cell.address, candidates: candidates)
    }
    if life == EntityRow.Life.livesDespiteTombstone.rawValue {
      let candidates = try state.tombstones.map { try candidate($0.version, .null, isShown: false) }
      conflicts.append(Conflict(entity: entity, address: nil, candidates: candidates))
    }
    return conflicts
  }

  private func candidate(_ version: Version, _ value: Value, isShown: Bool) throws -> Conflict.Candidate {
    let envelope = try envelope(of: version)
    return Conflict.Candidate(
      version: try id(of: version), writtenAt: envelope.writtenAt, author: envelope.author, device: try device(of: version.branch), value: value,
      isShown: isShown)
  }
}
