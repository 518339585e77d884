import DictaModels
import GRDB

/// A consistent view of an archive: everything read through it is of one moment. Used only inside `read`, `observe` and `write`.
public class ReadTransaction {
  private let connection: Database
  let statements: HotStatements
  private let cache: ArchiveCache
  private let info: ArchiveInfo
  private let packs = PackShelf()

  init(_ db: Database, cache: ArchiveCache) throws {
    connection = db
    statements = HotStatements(db)
    info = try ArchiveInfo.read(db)
    self.cache = try cache.revision == info.revision ? cache : ArchiveCache.read(db, revision: info.revision)
  }

  // A write transaction answers with what it has written so far.

  /// What rows are read through.
  var db: Database { get throws { connection } }
  var names: NameIndex { cache.names }
  var branches: Branches { cache.branches }
  var currentInfo: ArchiveInfo { info }
  var log: LogTable { LogTable(db: connection, packs: packs) }

  /// Puts into the indexes of words what was written so far and isn't there yet.
  func settleWords() throws {}

  /// Puts what was counted so far where counts are.
  func settleCounts() throws {}

  /// What a change says of itself.
  func envelope(of version: Version) throws -> Header.Envelope { try log.envelope(version) }

  func id(of version: Version) throws -> ChangeID { try log.id(version) }

  /// The label of the device that writes on a branch.
  func device(of branch: Int) throws -> String {
    guard branches.all.indices.contains(branch) else { throw MalformedBytes(offset: 0, reason: "branch \(branch) is missing") }
    let first = branches.version(on: branch, at: 1)
    return try log.envelope(first).birth?.device ?? ""
  }

  /// The entity with this id, if it lives.
  ///
  /// - Throws: ``UnreadableEntity`` if it lacks what its type can't do without.
  public func entity<Subject: Entity>(_ id: Identifier<Subject>) throws -> Subject? {
    guard let row = try row(id.reference), row.life.isLiving else { return nil }
    return try Subject(id: id, fields: row.state.shown, texts: text)
  }

  /// The entity with this id.
  ///
  /// - Throws: ``ArchiveError/noSuchEntity(_:)`` or ``ArchiveError/deleted(_:)``.
  public func require<Subject: Entity>(_ id: Identifier<Subject>) throws -> Subject {
    let row = try livingRow(id.reference)
    return try Subject(id: id, fields: row.state.shown, texts: text)
  }

  /// What is shown of an entity of any type, known or not.
  public func fields(of entity: Reference) throws -> Fields {
    try livingRow(entity).state.shown
  }

  /// The text with this hash.
  public func text(_ hash: TextHash) throws -> ArticleText? {
    try TextTable.read(connection, hash)
  }

  /// Whether the entity was deleted, and nothing brought it back.
  public func isDeleted(_ entity: Reference) throws -> Bool {
    try row(entity)?.life == .deleted
  }

  /// Whether somebody deleted the entity, and nobody decided otherwise.
  public func hasTombstone(_ entity: Reference) throws -> Bool {
    try row(entity)?.state.tombstones.isEmpty == false
  }

  func livingRow(_ entity: Reference) throws -> EntityRow {
    guard let row = try row(entity), row.life != .uncreated else { throw ArchiveError.noSuchEntity(entity) }
    guard row.life.isLiving else { throw ArchiveError.deleted(entity) }
    return row
  }

  func row(_ entity: Reference) throws -> EntityRow? {
    guard let type = names.find(entity.type) else { return nil }
    return try statements.first("SELECT number, life, state FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id)) { row in
      try EntityRow(row, names: names)
    }
  }

  /// The entities whose id ends in these hexadecimal digits, deleted ones included; dashes don't count.
  ///
  /// - Parameter type: nil looks among all types.
  /// - Complexity: O(entities), but O(log *n*) for a whole id.
  public func entities(endingIn digits: String, type: EntityType? = nil, limit: Int = 10) throws -> [Reference] {
    if let id = UUIDText.bytes(digits) { return try entities(withID: id, type) }
    let hex = digits.filter { $0 != "-" }.uppercased()
    guard !hex.isEmpty, hex.utf8.count <= 32, Hex.bytes(hex.utf8.count.isMultiple(of: 2) ? hex : "0" + hex) != nil else { return [] }
    let number = type.map { names.find($0.name) ?? -1 }
    return try db.all(
      "SELECT type, id FROM entity WHERE substr(hex(id), ?) = ? AND life <> 3 AND (? IS NULL OR type = ?) LIMIT ?",
      .integer(-hex.utf8.count), .text(hex), number.map { .integer($0) } ?? .null, number.map { .integer($0) } ?? .null, .integer(limit)
    ) { try $0.reference(0, 1, names: names) }
  }

  private func entities(withID id: Bytes16, _ type: EntityType?) throws -> [Reference] {
    // Types that this version doesn't know may have it too; there are few names, and hardly any is a type's.
    let types = type.map { [$0.name] } ?? names.list
    return try types.map { Reference(type: $0, id: id) }.filter { try row($0).map { $0.life != .uncreated } ?? false }
  }
}

extension EntityRow {
  /// From the columns number, life and state.
  init(_ row: Columns, names: NameIndex) throws {
    self.init(
      number: row.integer(0), life: Life(rawValue: row.integer(1)) ?? .uncreated, state: try EntityState(bytes: row.blob(2), names: names))
  }
}
