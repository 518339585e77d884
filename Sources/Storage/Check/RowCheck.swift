// Rows of entities, and what is kept beside them, against what comes out when the log is merged anew. Where the log isn't sound, a row is
// taken at its word, and only what follows from it is compared.

import DictaModels
import GRDB

struct RowCheck {
  private let db: Database
  private let names: NameIndex
  private let log: LogCheck
  private var texts: RecentTexts

  private var digest = Digest.empty
  private var tallies: [Int: Int] = [:]
  private var referenceCount: Int64 = 0
  private var wordIndex: WordIndexCheck
  private var noteIndex: WordIndexCheck
  private var tombstoned: [Int64: Tombstoned] = [:]

  /// Whether some entity is unknown because its row can't be read or is missing; sums can't be compared then.
  private var isPartial = false

  /// Whether it isn't known of all the deleted whether they live.
  private var lacksLives = false

  /// Whether the table of references lacks one.
  private var lacksReferences = false

  private struct Tombstoned {
    let type: Int
    let life: Int64
    let livesByItself: Bool
  }

  init(_ db: Database, names: NameIndex, log: LogCheck) throws {
    self.db = db
    self.names = names
    self.log = log
    texts = RecentTexts(db)
    wordIndex = try WordIndexCheck(.words, db)
    noteIndex = try WordIndexCheck(.notes, db)
  }

  mutating func run(_ info: ArchiveInfo, _ report: inout CheckReport) throws {
    if !log.isSound {
      report.add(.skipped, "archive", "entities weren't compared with the log, which isn't sound; only with themselves")
    }
    for entity in log.isSound ? log.shadow.missing.sorted() : [] {
      report.add(.row, entity.description, "its row is missing: \(Advice.rebuild)")
      isPartial = true
    }
    try db.each("SELECT number, type, id, life, conflicts, strange, state FROM entity ORDER BY number", []) { row in
      try check(row, &report)
      return true
    }
    try checkReferenceCount(&report)
    try checkLives(&report)
    guard !isPartial else {
      return report.add(
        .skipped, "archive", "the digest, the tallies and the words of the indexes weren't checked, for not every entity can be read")
    }
    try checkIndexes(&report)
    if digest != info.digest { report.add(.digest, "archive", "it isn't that of the entities: \(Advice.rebuild)") }
    if !lacksLives { try checkTallies(&report) }
  }

  // MARK: Rows

  private mutating func check(_ row: Columns, _ report: inout CheckReport) throws {
    let number = row.integer(0)
    let entity: Reference
    do {
      entity = try row.reference(1, 2, names: names)
    } catch {
      isPartial = true
      return report.add(.row, "row \(number) of entities", "its type or id is damaged: \(Advice.rebuild)")
    }
    guard let state = try state(row, entity, &report) else {
      isPartial = true
      return
    }
    func wrong(_ column: String, _ found: Int64, _ expected: Int) {
      if found != Int64(expected) {
        report.add(.row, entity.description, "its row says `\(column)` \(found), and it is \(expected): \(Advice.rebuild)")
      }
    }
    wrong("conflicts", row.integer(4), state.conflicts.count)
    let isUnderstood = state.isUnderstood(of: entity.type)
    wrong("strange", row.integer(5), isUnderstood ? 0 : 1)
    digest += state.digest(of: entity) { log.origin(of: $0.branch) ?? Origin(raw: .zero) }
    try checkReferences(of: number, entity, state, &report)
    try checkSearch(of: number, entity, state, &report)
    if !state.isCreated {
      wrong("life", row.integer(3), Int(EntityRow.Life.uncreated.rawValue))
    } else if state.tombstones.isEmpty {
      wrong("life", row.integer(3), Int(EntityRow.Life.lives.rawValue))
      tallies[row.int(1), default: 0] += 1
    } else {
      tombstoned[number] = Tombstoned(type: row.int(1), life: row.integer(3), livesByItself: state.livesByItself)
    }
    try reportAside(number, entity, state, isUnderstood: isUnderstood, &report)
    if state.isCreated, row.integer(3) < 2 { try checkContent(entity, state, &report) }
  }

  /// What the row should say; nil if that isn't known.
  private mutating func state(_ row: Columns, _ entity: Reference, _ report: inout CheckReport) throws -> EntityState? {
    let bytes = row.blob(6)
    let expected = try log.isSound ? log.shadow.find(row.integer(0)) ?? [] : bytes
    let stored: EntityState
    do {
      stored = try EntityState(bytes: bytes, names: names)
    } catch {
      report.add(.row, entity.description, "its row can't be read (\(error.reason)): \(Advice.rebuild)")
      return log.isSound ? try expected.isEmpty ? EntityState() : log.shadow.decode(expected) : nil
    }
    guard expected != bytes else { return stored }
    let replayed = try expected.isEmpty ? EntityState() : log.shadow.decode(expected)
    let differences = stored.differences(from: replayed)
    guard !differences.isEmpty else { return stored }
    let list = differences.prefix(5).joined(separator: ", ") + (differences.count > 5 ? " and \(differences.count - 5) more" : "")
    report.add(.row, entity.description, "its row isn't what the log says (\(list)): \(Advice.rebuild)")
    return replayed
  }

  /// What belongs into the row with this number.
  private func state(_ number: Int64) throws -> EntityState? {
    if log.isSound { return try log.shadow.find(number).map(log.shadow.decode) }
    return try db.first("SELECT state FROM entity WHERE number = ?", .integer(number)) { try? EntityState(bytes: $0.blob(0), names: names) }
      .flatMap(\.self)
  }

  private func entity(_ number: Int64) throws -> Reference? {
    try db.first("SELECT type, id FROM entity WHERE number = ?", .integer(number)) { try? $0.reference(0, 1, names: names) }.flatMap(\.self)
  }

  private func name(_ number: Int64) throws -> String {
    try entity(number)?.description ?? "row \(number) of entities"
  }

  // MARK: What is strange

  private func reportAside(
    _ number: Int64, _ entity: Reference, _ state: EntityState, isUnderstood: Bool, _ report: inout CheckReport
  ) throws {
    if !state.isCreated {
      // A place that nothing refers to any more is nothing.
      guard try state != EntityState() || isReferredTo(number) else { return }
      report.add(
        .aside, entity.description, "no change that is held creates it, so it has no effect: it may come with a sync from whoever made it")
    } else if !isUnderstood {
      let what =
        EntityType(entity.type) == nil
        ? "the type \(entity.type)" : state.strangeCells(of: entity.type).map { "`\($0)`" }.joined(separator: ", ") + ", or what stands there"
      report.add(.aside, entity.description, "this version doesn't know \(what): it is kept and passed on as it came; a newer Dicta may show it")
    }
  }

  private func isReferredTo(_ number: Int64) throws -> Bool {
    try db.first("SELECT 1 FROM reference WHERE target = ? LIMIT 1", .integer(number), read: { _ in true }) ?? false
  }

  private mutating func checkContent(_ entity: Reference, _ state: EntityState, _ report: inout CheckReport) throws {
    guard let type = EntityType(entity.type) else { return }
    do {
      switch type {
      case .article: _ = try read(Article.self, entity, state)
      case .speaker: _ = try read(Speaker.self, entity, state)
      case .claim: _ = try read(Claim.self, entity, state)
      case .stance: _ = try read(Stance.self, entity, state)
      case .quote: try checkAnchors(of: read(Quote.self, entity, state), &report)
      }
    } catch let error as UnreadableEntity {
      report.add(.unreadable, entity.description, "it has no `\(error.field)` that this version can read, so it isn't shown: set that field")
    }
  }

  private mutating func read<Subject: Entity>(_: Subject.Type, _ entity: Reference, _ state: EntityState) throws -> Subject {
    try Subject(id: Identifier(entity.id), fields: state.shown) { try texts.text($0) }
  }

  private mutating func checkAnchors(of quote: Quote, _ report: inout CheckReport) throws {
    for anchor in quote.anchors + quote.placements.values.flatMap({ $0.segments.map(\.anchor) }) {
      guard let text = try texts.text(anchor.textHash) else {
        report.add(.anchor, quote.reference.description, "its words stand in text \(anchor.textHash), which isn't here: edit the quote")
        continue
      }
      do {
        try text.check(anchor)
      } catch {
        report.add(.anchor, quote.reference.description, "an anchor names no place in its text (\(error)): edit the quote")
      }
    }
  }

  // MARK: References

  private mutating func checkReferences(
    of number: Int64, _ entity: Reference, _ state: EntityState, _ report: inout CheckReport
  ) throws {
    for reference in Set(state.fieldReferences) {
      let isThere = try db.first(
        """
        SELECT EXISTS (SELECT 1 FROM reference WHERE target = entity.number AND field = ? AND place = ? AND source = ?)
        FROM entity WHERE type = ? AND id = ?
        """, .integer(names.find(reference.field) ?? -1), .place(entity.id), .integer(number), .integer(names.find(reference.target.type) ?? -1),
        .blob(reference.target.id)
      ) { $0.integer(0) != 0 }
      if isThere == true {
        referenceCount += 1
      } else {
        lacksReferences = true
        let what = isThere == nil ? "which has no row" : "and the table of references doesn't say so"
        report.add(
          .reference, entity.description, "it refers to \(reference.target) in `\(reference.field)`, \(what): \(Advice.rebuild)")
      }
    }
  }

  /// All that should be there was looked for; if there are more, they are named.
  private func checkReferenceCount(_ report: inout CheckReport) throws {
    guard try !isPartial && db.first("SELECT count(*) FROM reference", read: { $0.integer(0) }) != referenceCount else { return }
    var (source, place, fields): (Int64?, UInt64?, Set<FieldReference>) = (nil, nil, [])
    try db.each("SELECT source, target, field, place FROM reference ORDER BY source", []) { row in
      if source != row.integer(0) {
        source = row.integer(0)
        place = try entity(row.integer(0))?.id.firstHalf
        fields = Set(try state(row.integer(0))?.fieldReferences ?? [])
      }
      let target = try entity(row.integer(1))
      let field = names.list.indices.contains(row.int(2)) ? names.list[row.int(2)] : nil
      if let target, let field, row.place(3) == place, fields.contains(FieldReference(field: field, target: target)) { return true }
      let names = (source: try name(row.integer(0)), target: try name(row.integer(1)))
      report.add(
        .reference, names.source, "the table of references says that it refers to \(names.target), which it doesn't: \(Advice.rebuild)")
      return true
    }
  }

  // MARK: Lives and tallies

  private mutating func checkLives(_ report: inout CheckReport) throws {
    if tombstoned.isEmpty { return }
    guard !lacksReferences, !isPartial else {
      lacksLives = true
      return report.add(.skipped, "archive", "who of the deleted lives, and the tallies, weren't checked, for that follows from references")
    }
    let living = try Liveness.living(
      among: tombstoned.keys, livesByItself: { tombstoned[$0]?.livesByItself ?? false },
      referrers: referrers,
      livesUntouched: { try state($0).map { $0.isCreated && $0.tombstones.isEmpty } ?? false })
    for (number, entry) in tombstoned.sorted(by: { $0.key < $1.key }) {
      let life: EntityRow.Life = living.contains(number) ? .livesDespiteTombstone : .deleted
      if life.isLiving { tallies[entry.type, default: 0] += 1 }
      if entry.life != life.rawValue {
        let name = try name(number)
        report.add(.row, name, "its row says `life` \(entry.life), and it is \(life.rawValue): \(Advice.rebuild)")
      }
    }
  }

  private func referrers(of number: Int64) throws -> [Int64] {
    let sources = try db.all("SELECT DISTINCT source FROM reference WHERE target = ?", .integer(number)) { $0.integer(0) }
    guard let target = try entity(number) else { return [] }
    return try sources.filter { try state($0)?.references.contains(target) ?? false }
  }

  private func checkTallies(_ report: inout CheckReport) throws {
    var stored: [Int: Int64] = [:]
    try db.each("SELECT type, living FROM tally", []) { row in
      stored[row.int(0)] = row.integer(1)
      return true
    }
    for type in Set(stored.keys).union(tallies.keys).sorted() where stored[type] ?? 0 != Int64(tallies[type] ?? 0) {
      let name = names.list.indices.contains(type) ? names.list[type].string : "type \(type)"
      report.add(.tally, name, "\(tallies[type] ?? 0) of them live, and the tally says \(stored[type] ?? 0): \(Advice.rebuild)")
    }
  }

  // MARK: Words to search

  private mutating func checkSearch(of number: Int64, _ entity: Reference, _ state: EntityState, _ report: inout CheckReport) throws {
    let type = EntityType(entity.type)
    let words = try type.map { try SearchWords.of($0, state) { try texts.text($0) } } ?? ""
    let note = type == nil ? "" : SearchWords.note(state)
    for problem in [try wordIndex.compare(words, of: number, in: db), try noteIndex.compare(note, of: number, in: db)].compactMap(\.self) {
      report.add(.search, entity.description, "\(problem): \(Advice.rebuild)")
    }
  }

  private func checkIndexes(_ report: inout CheckReport) throws {
    for index in [wordIndex, noteIndex] {
      let name = index.index == .words ? "the index of words" : "the index of the words of notes"
      if try index.hasStrangers(in: db) {
        report.add(.search, "database", "\(name) names entities that aren't there, and searches find them: \(Advice.rebuild)")
      } else if try !index.isIndexed(in: db) {
        report.add(.search, "database", "\(name) isn't what the words of the entities give, and searches miss things: \(Advice.rebuild)")
      }
    }
  }
}

extension EntityState {
  /// What another state says otherwise, as people would name it; nothing if they mean the same.
  fileprivate func differences(from other: EntityState) -> [String] {
    var differences: [String] = []
    if isCreated != other.isCreated { differences.append("whether it was created") }
    let addresses = Set(cells.map(\.address)).union(other.cells.map(\.address))
    for address in addresses.sorted() {
      let (mine, theirs) = (survivors(of: address), other.survivors(of: address))
      if Set(mine) != Set(theirs) {
        differences.append("field `\(address)`")
      } else if mine.first != theirs.first {
        differences.append("which value of `\(address)` is shown")
      }
    }
    if Set(tombstones.map(Grave.init)) != Set(other.tombstones.map(Grave.init)) { differences.append("its deletion") }
    if Set(restores) != Set(other.restores) { differences.append("its restoring") }
    return differences
  }

  /// A tombstone without the order of what it saw.
  private struct Grave: Hashable {
    let version: Version
    let seen: Set<Version>

    init(_ tombstone: Tombstone) {
      (version, seen) = (tombstone.version, Set(tombstone.seen))
    }
  }

  /// The cells that this version doesn't know, or that hold something it doesn't.
  fileprivate func strangeCells(of type: ExactString) -> [CellAddress] {
    cells.filter { !EntityState(cells: [$0]).isUnderstood(of: type) }.map(\.address)
  }
}
