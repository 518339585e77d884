// What capture and apply share: within one transaction, the rows of entities and everything that hangs on them (references, words to
// search, counts, digest, liveness) change together here and nowhere else.

import DictaModels
import GRDB

/// An entity's row.
struct EntityRow {
  /// `entity.life`, as people would ask for it.
  enum Life: Int64 {
    case lives = 0
    /// It has a tombstone and something that keeps it alive: people decide.
    case livesDespiteTombstone = 1
    case deleted = 2
    case uncreated = 3

    var isLiving: Bool { self == .lives || self == .livesDespiteTombstone }
  }

  let number: Int64
  var life: Life
  var state: EntityState
}

/// One transaction's view of an archive, and its only way to write rows.
final class Ledger {
  let db: Database
  var info: ArchiveInfo
  var branches: Branches
  private(set) var names: NameIndex
  let log: LogTable
  let texts: TransactionTexts
  private let hot: HotStatements

  private var storedNameCount: Int
  private var changedBranches: Set<Int> = []
  private var references = GatheredReferences()
  private var targets: LatestTargets
  private var tallies: [Int: Int] = [:]
  /// What was read or written last is mostly what is asked for next.
  private var latestRow: (entity: Reference, row: EntityRow)?
  private var mustSettleLife = false
  private var storedRowCount = 0
  private var notes = PendingNotes()

  init(_ db: Database, cache: ArchiveCache) throws {
    try ArchiveFile.expectKnownSchema(db)
    self.db = db
    hot = HotStatements(db)
    info = try ArchiveInfo.read(db)
    let cache = try cache.revision == info.revision ? cache : ArchiveCache.read(db, revision: info.revision)
    (branches, names, storedNameCount) = (cache.branches, cache.names, cache.names.list.count)
    targets = cache.targets.take()
    for branch in [info.branch, info.unproven].compactMap(\.self) where !branches.all.indices.contains(branch) {
      throw MalformedBytes(offset: 0, reason: "the own branch is missing")
    }
    log = LogTable(db: db)
    texts = TransactionTexts(db)
  }

  var wroteManyRows: Bool { storedRowCount >= PageCache.manyRows }

  /// What a view of this transaction begins with.
  var cache: ArchiveCache { ArchiveCache(revision: info.revision, names: names, branches: branches) }

  /// What the next transaction can begin with, once this one is committed.
  func handOver() -> ArchiveCache {
    defer { targets = LatestTargets() }
    return ArchiveCache(revision: info.revision, names: names, branches: branches, targets: TargetShelf(targets))
  }

  // MARK: Rows

  func row(_ entity: Reference) throws -> EntityRow? {
    if let latestRow, latestRow.entity == entity { return latestRow.row }
    guard let type = names.find(entity.type) else { return nil }
    let row = try hot.first("SELECT number, life, state FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id)) { row in
      try EntityRow(row, names: names)
    }
    latestRow = row.map { (entity, $0) }
    return row
  }

  /// Writes the state of an entity that has no row yet, and all that follows from it.
  ///
  /// - Parameter references: all that stand in it; nil if nobody has collected them yet.
  /// - Returns: those that don't live of what it refers to; nil if the entity has a row already: nothing is written then.
  func insert(_ state: EntityState, of entity: Reference, references: [FieldReference]? = nil) throws -> [Reference]? {
    let bytes = state.bytes(names: &names)
    let type = names.index(of: entity.type)
    let life: EntityRow.Life = !state.isCreated ? .uncreated : state.tombstones.isEmpty ? .lives : .deleted
    try hot.run(
      "INSERT INTO entity (type, id, life, conflicts, strange, state) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (type, id) DO NOTHING",
      .integer(type), .blob(entity.id), .integer(life.rawValue), .integer(state.conflictCount),
      .integer(state.isUnderstood(of: entity.type) ? 0 : 1), .blob(bytes))
    guard db.changedRowCount > 0 else { return nil }
    if !state.tombstones.isEmpty { mustSettleLife = true }
    let number = db.lastInsertedRowID
    var dead: [Reference] = []
    for reference in references ?? state.fieldReferences where try !insert(reference, of: number, entity.id) { dead.append(reference.target) }
    try follow(state, of: entity, number: number, life: life, replacing: nil)
    return dead
  }

  /// Writes the state of an entity, and all that follows from it but liveness, which ``settleLife()`` computes.
  ///
  /// - Parameter old: its row as it stands now; nil if there is none.
  func store(_ state: EntityState, of entity: Reference, replacing old: EntityRow?) throws {
    guard let old else {
      let references = try insert(state, of: entity)
      precondition(references != nil, "\(entity) has a row already")
      return
    }
    let isTombstoned = !state.tombstones.isEmpty
    // Of one with a tombstone it is settled later whether it lives; until then it is taken for what it was.
    let life: EntityRow.Life = !state.isCreated ? .uncreated : !isTombstoned ? .lives : old.life.isLiving ? .livesDespiteTombstone : .deleted
    try hot.run(
      "UPDATE entity SET life = ?, conflicts = ?, strange = ?, state = ? WHERE number = ?", .integer(life.rawValue), .integer(state.conflictCount),
      .integer(state.isUnderstood(of: entity.type) ? 0 : 1), .blob(state.bytes(names: &names)), .integer(old.number))
    if isTombstoned || !old.state.tombstones.isEmpty || life.isLiving != old.life.isLiving { mustSettleLife = true }
    try follow(state, of: entity, number: old.number, life: life, replacing: old)
  }

  /// Writes what hangs on a row that was written.
  private func follow(_ state: EntityState, of entity: Reference, number: Int64, life: EntityRow.Life, replacing old: EntityRow?) throws {
    storedRowCount += 1
    if storedRowCount == PageCache.manyRows { try db.setPageCache(kibibytes: PageCache.bulkKibibytes) }
    count(names.index(of: entity.type), from: old?.life, to: life)
    targets[entity] = LatestTargets.Target(number: number, life: life)
    latestRow = (entity, EntityRow(number: number, life: life, state: state))
    if let old {
      let (gone, new) = (old.state.cells(changedFrom: state), state.cells(changedFrom: old.state))
      if (gone + new).contains(where: \.hasReferences) { try replaceReferences(of: number, entity.id, from: old.state, to: state) }
      if let type = EntityType(entity.type) {
        if (gone + new).contains(where: { SearchWords.depend(on: $0.address.field, of: type) }) {
          try index(number, type, from: old.state, to: state)
        }
        if (gone + new).contains(where: { $0.address.field == SearchWords.noteField }) { try indexNote(number, from: old.state, to: state) }
      }
      info.digest -= digest(old.state, of: entity)
    } else {
      if let type = EntityType(entity.type) {
        try index(number, type, from: nil, to: state)
        try indexNote(number, from: nil, to: state)
      }
    }
    info.digest += digest(state, of: entity)
  }

  private func digest(_ state: EntityState, of entity: Reference) -> Digest {
    state.digest(of: entity) { branches.origin(of: $0) ?? info.identity.origin }
  }

  private func count(_ type: Int, from old: EntityRow.Life?, to new: EntityRow.Life) {
    let change = (new.isLiving ? 1 : 0) - (old?.isLiving == true ? 1 : 0)
    if change != 0 { tallies[type, default: 0] += change }
  }

  // MARK: References

  /// - Returns: whether what it refers to lives.
  private func insert(_ reference: FieldReference, of source: Int64, _ id: Bytes16) throws -> Bool {
    let target = try target(reference.target)
    references.add(target: target.number, field: names.index(of: reference.field), source: source, id)
    if references.isFull { try writeReferences() }
    if target.life == .deleted { mustSettleLife = true }
    return target.life.isLiving
  }

  /// Writes the references that were gathered. Before that the table of references isn't read.
  func writeReferences() throws {
    if !references.isEmpty { try references.write(to: db) }
  }

  private func replaceReferences(of source: Int64, _ id: Bytes16, from old: EntityState, to new: EntityState) throws {
    let (before, after) = (Set(old.fieldReferences), Set(new.fieldReferences))
    if !before.isSubset(of: after) { try writeReferences() }
    for reference in before where !after.contains(reference) {
      let target = try target(reference.target)
      try hot.run(
        "DELETE FROM reference WHERE target = ? AND field = ? AND place = ? AND source = ?", .integer(target.number),
        .integer(names.index(of: reference.field)), .place(id), .integer(source))
      if target.life == .livesDespiteTombstone { mustSettleLife = true }
    }
    for reference in after where !before.contains(reference) { _ = try insert(reference, of: source, id) }
  }

  /// The row of an entity that something refers to; one that nobody created yet gets a place, so that it can be found and counted.
  private func target(_ entity: Reference) throws -> LatestTargets.Target {
    if let target = targets[entity] { return target }
    let type = names.index(of: entity.type)
    var target = try hot.first("SELECT number, life FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id)) { row in
      LatestTargets.Target(number: row.integer(0), life: EntityRow.Life(rawValue: row.integer(1)) ?? .uncreated)
    }
    if target == nil {
      try db.run(
        "INSERT INTO entity (type, id, life, conflicts, strange, state) VALUES (?, ?, 3, 0, ?, ?)", .integer(type), .blob(entity.id),
        .integer(EntityState().isUnderstood(of: entity.type) ? 0 : 1), .blob(EntityState().bytes(names: &names)))
      target = LatestTargets.Target(number: db.lastInsertedRowID, life: .uncreated)
    }
    let found = target ?? LatestTargets.Target(number: 0, life: .uncreated)
    targets[entity] = found
    return found
  }

  func isLiving(_ entity: Reference) throws -> Bool {
    try target(entity).life.isLiving
  }

  /// The entities that refer to one, by any surviving value.
  func referrers(of entity: Reference) throws -> [Reference] {
    let number = try target(entity).number
    try writeReferences()
    return try db.all(
      "SELECT DISTINCT entity.type, entity.id FROM reference JOIN entity ON entity.number = reference.source WHERE target = ?", .integer(number)
    ) { row in
      try row.reference(0, 1, names: names)
    }
  }

  // MARK: Words to search

  private func index(_ number: Int64, _ type: EntityType, from old: EntityState?, to new: EntityState) throws {
    let before = try old.map { try SearchWords.of(type, $0, text: texts.text) } ?? ""
    let after = try SearchWords.of(type, new, text: texts.text)
    guard !before.isExactly(after) else { return }
    if !before.isEmpty {
      try hot.run("INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", .integer(number), .text(before))
    }
    if !after.isEmpty { try hot.run("INSERT INTO search (rowid, words) VALUES (?, ?)", .integer(number), .text(after)) }
  }

  private func indexNote(_ number: Int64, from old: EntityState?, to new: EntityState) throws {
    let (before, after) = (old.map(SearchWords.note) ?? "", SearchWords.note(new))
    guard !before.isExactly(after) else { return }
    notes.set(after, replacing: before, of: number)
    if notes.byteCount > PendingNotes.byteLimit { try writeNotes() }
  }

  /// Puts the notes that were set so far into their index. Whoever searches needs them there.
  func writeNotes() throws {
    try notes.write(hot)
  }

  // MARK: Liveness

  /// Computes who lives, where that may have changed, over the entities that have a tombstone.
  func settleLife() throws {
    guard mustSettleLife else { return }
    mustSettleLife = false
    latestRow = nil
    try writeReferences()
    var tombstoned: [Int64: (reference: Reference, type: Int, life: EntityRow.Life, livesByItself: Bool)] = [:]
    let rows = try db.all("SELECT number, type, id, life, state FROM entity WHERE life IN (1, 2)") { row in
      let state = try EntityState(bytes: row.blob(4), names: names)
      let reference = try row.reference(1, 2, names: names)
      return (row.integer(0), (reference, row.int(1), EntityRow.Life(rawValue: row.integer(3)) ?? .uncreated, state.livesByItself))
    }
    for (number, entry) in rows { tombstoned[number] = entry }
    let living = try Liveness.living(
      among: tombstoned.keys, livesByItself: { tombstoned[$0]?.livesByItself ?? false },
      referrers: { try db.all("SELECT DISTINCT source FROM reference WHERE target = ?", .integer($0)) { $0.integer(0) } },
      livesUntouched: { try db.first("SELECT life = 0 FROM entity WHERE number = ?", .integer($0)) { $0.integer(0) != 0 } ?? false })
    for (number, entry) in tombstoned {
      let life: EntityRow.Life = living.contains(number) ? .livesDespiteTombstone : .deleted
      guard life != entry.life else { continue }
      try db.run("UPDATE entity SET life = ? WHERE number = ?", .integer(life.rawValue), .integer(number))
      count(entry.type, from: entry.life, to: life)
      targets[entry.reference] = LatestTargets.Target(number: number, life: life)
    }
  }

  // MARK: Branches and the end

  /// Notes that branches changed and have to be written.
  func touch(branches numbers: some Sequence<Int>) {
    changedBranches.formUnion(numbers)
  }

  /// Writes what was kept in memory. The last thing in a transaction.
  func finish() throws {
    try settleLife()
    try writeReferences()
    try writeNotes()
    try texts.removeUnplaced()
    for number in storedNameCount..<names.list.count {
      try db.run("INSERT INTO name (number, name) VALUES (?, ?)", .integer(number), .text(names.list[number].string))
    }
    storedNameCount = names.list.count
    for number in changedBranches.sorted() { try store(branches[number], number) }
    changedBranches = []
    try writeTallies()
    info.revision = (info.revision + 1) & 0xff_ffff_ffff_ffff
    try info.write(db)
    // Rows were written past GRDB, which would not know that queries under observation have to run again.
    if storedRowCount > 0 { try db.notifyChanges(in: Table("entity")) }
  }

  /// Writes how many more live, or fewer.
  func writeTallies() throws {
    for (type, change) in tallies where change != 0 {
      try db.run(
        "INSERT INTO tally (type, living) VALUES (?, ?) ON CONFLICT (type) DO UPDATE SET living = living + excluded.living", .integer(type),
        .integer(change))
    }
    tallies = [:]
  }

  private func store(_ branch: Branches.Branch, _ number: Int) throws {
    try db.run(
      """
      INSERT OR REPLACE INTO branch (number, origin, parent, firstSequence, received, receivedID, applied, appliedID, published, isFrontier)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, .integer(number), .blob(branch.origin.bytes), branch.parent.map { .integer($0) } ?? .null, .integer(Int64(branch.firstSequence)),
      .integer(Int64(branch.received)), .blob(branch.receivedID.bytes), .integer(Int64(branch.applied)),
      branch.appliedID.map { .blob($0.bytes) } ?? .null, .integer(Int64(branch.published)), .integer(branch.isFrontier ? 1 : 0))
  }
}

extension Branches {
  /// The origin of a version, if the branch is there already: a new origin's first change has none until it is complete.
  func origin(of version: Version) -> Origin? {
    version.branch < all.count ? all[version.branch].origin : nil
  }
}

/// A field, and what a surviving value of it refers to.
struct FieldReference: Hashable {
  let field: ExactString
  let target: Reference
}

extension EntityState {
  /// Every reference in a value that survives, as often as it stands there.
  var fieldReferences: [FieldReference] {
    var references: [FieldReference] = []
    for cell in cells {
      cell.forEachValue { $0.forEachReference { references.append(FieldReference(field: cell.address.field, target: $0)) } }
    }
    return references
  }
}

extension EntityState.Cell {
  var hasReferences: Bool {
    var isFound = false
    forEachValue { $0.forEachReference { _ in isFound = true } }
    return isFound
  }
}

extension Optional {
  /// What must be there unless the file is damaged.
  func orDamaged(_ what: String) throws(MalformedBytes) -> Wrapped {
    guard let self else { throw MalformedBytes(offset: 0, reason: "\(what) is damaged") }
    return self
  }
}
