// Where a change is lost, what it wrote may still stand in the rows of the entities. It can't be proven to be that change's any more, but
// if all rows together add up to the archive's digest they are what the archive showed. So it is written once more, as what it is now: the
// new archive's word.

import DictaModels
import Foundation
import GRDB

/// What only lost changes had written of one entity.
struct Rescue: Sendable {
  let entity: Reference

  /// Whether it was there, or deleted, or kept in spite of that.
  let life: EntityRow.Life

  /// What was shown of it, for where the new archive knows nothing of the entity.
  let shown: Fields

  /// Cells with the values that lost changes wrote there, the one to be shown last.
  var cells: [Cell]

  /// Lost changes that deleted or restored it.
  let lifeChanges: [LostChange]

  struct Cell: Sendable {
    let address: CellAddress
    let values: [(change: LostChange, value: Value)]

    /// The changes whose values stand beside, by their ids; any other that the damaged archive held was overwritten.
    let survivors: Set<ChangeID>
  }
}

/// A change by its place; its id may be lost too.
struct LostChange: Hashable, Sendable {
  let origin: Origin
  let sequence: UInt64
}

/// The rows of a damaged archive, read by SQLite from a copy of the file.
struct SoundRows {
  private let findings: Findings
  private let held: ReadTransaction
  private let branches: Branches
  private var known: [Version: ChangeID?] = [:]

  /// What lost changes wrote; nil if SQLite can't read the rows, or they don't add up to the archive's digest.
  ///
  /// - Parameter copy: where the copy is; SQLite may write to it.
  /// - Complexity: O(entities). Memory for what is to be rescued.
  static func rescues(from copy: String, _ findings: Findings, _ scratch: Database, held: ReadTransaction) -> [Rescue]? {
    do {
      let queue = try DatabaseQueue(path: copy)
      return try queue.read { db in
        let info = try ArchiveInfo.read(db)
        let cache = try ArchiveCache.read(db, revision: info.revision)
        var rows = SoundRows(findings: findings, held: held, branches: cache.branches)
        guard try rows.digest(db, cache.names) == info.digest else { return nil }
        return try rows.rescues(db, cache.names, scratch)
      }
    } catch {
      return nil
    }
  }

  private init(findings: Findings, held: ReadTransaction, branches: Branches) {
    (self.findings, self.held, self.branches) = (findings, held, branches)
  }

  private func each(_ db: Database, _ names: NameIndex, _ body: (Reference, EntityRow.Life, EntityState) throws -> Void) throws {
    try db.each("SELECT type, id, life, state FROM entity ORDER BY number", []) { row in
      let life = try EntityRow.Life(rawValue: row.integer(2)).orDamaged("a life")
      try body(row.reference(0, 1, names: names), life, EntityState(bytes: row.blob(3), names: names))
      return true
    }
  }

  private func digest(_ db: Database, _ names: NameIndex) throws -> Digest {
    var digest = Digest.empty
    try each(db, names) { entity, _, state in
      digest += try state.digest(of: entity) { try branches.origin(of: $0).orDamaged("a version") }
    }
    return digest
  }

  private mutating func rescues(_ db: Database, _ names: NameIndex, _ scratch: Database) throws -> [Rescue] {
    var rescues: [Rescue] = []
    var finder = self
    try each(db, names) { entity, life, state in
      var cells: [Rescue.Cell] = []
      for cell in state.cells {
        let lost = try cell.survivors.compactMap { survivor in try finder.lost(survivor.version, scratch).map { ($0, survivor.value) } }
        guard !lost.isEmpty else { continue }
        let survivors = try cell.survivors.compactMap { try finder.id(of: $0.version, scratch) }
        cells.append(Rescue.Cell(address: cell.address, values: lost.reversed(), survivors: Set(survivors)))
      }
      let lifeChanges = try (state.tombstones.map(\.version) + state.restores).compactMap { try finder.lost($0, scratch) }
      guard !cells.isEmpty || !lifeChanges.isEmpty else { return }
      rescues.append(Rescue(entity: entity, life: life, shown: state.shown, cells: cells, lifeChanges: lifeChanges))
    }
    self = finder
    return rescues
  }

  /// The change that is meant, if the new archive doesn't hold it.
  private mutating func lost(_ version: Version, _ scratch: Database) throws -> LostChange? {
    let origin = try branches.origin(of: version).orDamaged("a version")
    let isHeld =
      if let id = try id(of: version, scratch) {
        try held.log.find(Head(origin: origin, sequence: version.sequence, id: id), in: held.branches) != nil
      } else {
        !held.branches.branches(of: origin, holding: version.sequence).isEmpty
      }
    return isHeld ? nil : LostChange(origin: origin, sequence: version.sequence)
  }

  /// The change that is meant, as far as its row in the log is left.
  private mutating func id(of version: Version, _ scratch: Database) throws -> ChangeID? {
    if let id = known[version] { return id }
    if known.count > 100_000 { known = [:] }
    let id = try scratch.first(
      """
      SELECT link.id FROM link LEFT JOIN proof ON proof.id = link.id WHERE branch = ? AND sequence = ?
      ORDER BY proof.id IS NULL, isGenuine DESC LIMIT 1
      """, .integer(version.branch), .integer(Int64(version.sequence))
    ) { ChangeID(bytes: $0.blob(0)) }.flatMap(\.self)
    let stated =
      try id
      ?? scratch.first("SELECT id FROM change WHERE key = ? ORDER BY wasCommitted DESC LIMIT 1", .integer(version.key)) {
        ChangeID(bytes: $0.blob(0))
      }.flatMap(\.self)
    known[version] = .some(stated)
    return stated
  }
}
