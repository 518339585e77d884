import DictaModels
import GRDB

/// Tells whether anything survives of what a change wrote.
struct Supersession {
  let db: Database
  let names: NameIndex

  /// Whether no value that a group wrote survives in its entity's row.
  func isComplete(of group: Group, _ version: Version) throws -> Bool {
    guard let type = names.find(group.entity.type) else { return false }
    let state = try db.first("SELECT state FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(group.entity.id)) { row in
      try EntityState(bytes: row.blob(0), names: names)
    }
    guard let state else { return false }
    return group.ops.allSatisfy { op in !state.survivors(of: op.address).contains { $0.version == version } }
  }
}

extension ReadTransaction {
  /// The changes that wrote something that was dropped and isn't overwritten by anything that is held. Only a repair that couldn't find
  /// everything makes such an archive.
  func bareChanges() throws -> [Head] {
    let supersession = try Supersession(db: db, names: names)
    var bare: [Head] = []
    try db.each("SELECT key, id, body FROM log WHERE \(PackPlace.isReducedInSQL) ORDER BY position", []) { row in
      let version = Version(key: row.integer(0))
      let groups = try log.held(row, 2, of: version).content().groups
      guard branches.isApplied(version), try groups.contains(where: { try $0.isDropped && !supersession.isComplete(of: $0, version) }) else {
        return true
      }
      let id = try ChangeID(bytes: row.blob(1)).orDamaged("a change's id")
      bare.append(Head(origin: branches[version.branch].origin, sequence: version.sequence, id: id))
      return true
    }
    return bare
  }
}
