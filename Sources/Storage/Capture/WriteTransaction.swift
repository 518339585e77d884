import DictaModels
import GRDB

/// A transaction that writes: it becomes one change, or a run of them, when it ends, or leaves no trace if it throws.
///
/// It reads what it has written so far. Use it only inside ``Archive/write(author:note:_:)``.
public final class WriteTransaction: ReadTransaction {
  let ledger: Ledger
  let run: Run
  private let surroundings: Surroundings
  private let writtenAt: UInt64
  private(set) var idClock: IDClock

  /// References written here to what wasn't living then; it must be by the end.
  private var unproven: Set<UnprovenReference> = []

  private var lastUnproven: Reference?

  /// The first error behind which rows and run may differ, or SQLite may have taken everything back. Nothing of the transaction is kept then, even
  /// if its body caught the error.
  private var failure: (any Error)?

  private struct UnprovenReference: Hashable {
    let source: Reference
    let target: Reference
  }

  init(_ db: Database, cache: ArchiveCache, idClock: IDClock, surroundings: Surroundings, author: String?, note: String?) throws {
    self.surroundings = surroundings
    self.idClock = idClock
    writtenAt = surroundings.now()
    ledger = try Ledger(db, cache: cache)
    if let count = try ledger.unprovenCount() { throw ArchiveError.unproven(count: count) }
    run = Run(ledger, stamp: Run.Stamp(writtenAt: writtenAt, author: author, note: note), surroundings)
    try super.init(db, cache: ledger.cache)
  }

  override var db: Database {
    get throws {
      try noting { try ledger.writeReferences() }
      return ledger.db
    }
  }

  override var names: NameIndex { ledger.names }
  override var branches: Branches { ledger.branches }
  override var currentInfo: ArchiveInfo { ledger.info }

  override func row(_ entity: Reference) throws -> EntityRow? { try ledger.row(entity) }
  override func settleWords() throws { try noting { try ledger.writeNotes() } }

  override func settleCounts() throws {
    try noting {
      try ledger.settleLife()
      try ledger.writeTallies()
    }
  }

  override func envelope(of version: Version) throws -> Header.Envelope {
    try run.isOpen(version) ? run.openEnvelope : super.envelope(of: version)
  }

  override func id(of version: Version) throws -> ChangeID {
    try run.isOpen(version) ? Run.openID : super.id(of: version)
  }

  override func device(of branch: Int) throws -> String {
    try branch == run.branch ? currentInfo.identity.device : super.device(of: branch)
  }

  override public func text(_ hash: TextHash) throws -> ArticleText? {
    try ledger.texts.text(hash)
  }

  // MARK: Typed writes

  /// A new id, greater than those made before in this transaction, and in others that were committed since the archive was opened.
  public func newID<Subject: Entity>(_: Subject.Type = Subject.self) -> Identifier<Subject> {
    let time = idClock.next(at: writtenAt)
    return Identifier(IDs.timeOrdered(milliseconds: time.milliseconds, random: (time.count, surroundings.random())))
  }

  /// Adds an entity. One that was deleted comes back with these fields and no others.
  ///
  /// - Throws: ``ArchiveError/exists(_:)``.
  public func insert(_ entity: some Entity) throws {
    try check(entity, changed: nil)
    try insert(entity.reference, fields: entity.fields, texts: entity.texts)
  }

  /// Changes what `change` changes, over every version there is of it.
  ///
  /// - Returns: the entity as it is now.
  @discardableResult
  public func update<Subject: Entity>(_ id: Identifier<Subject>, _ change: (inout Subject) throws -> Void) throws -> Subject {
    let old: Subject = try require(id)
    var new = old
    try change(&new)
    precondition(new.id == id, "an update can't change the id of \(id.reference)")
    try check(new, changed: old)
    try write(new.fields.edits(from: old.fields), to: id.reference, texts: new.texts)
    return new
  }

  /// Writes what the person at a form changed, and overwrites only what the form showed: what arrived meanwhile stays beside it.
  public func save<Subject: Entity>(_ draft: Draft<Subject>) throws {
    try check(draft.value, changed: draft.original)
    let edits = draft.value.fields.edits(from: draft.original.fields)
    try write(edits, to: draft.value.reference, texts: draft.value.texts) { draft.versions[$0] ?? [] }
  }

  /// Anchors of a quote must lie in their texts before they are written here.
  private func check<Subject: Entity>(_ new: Subject, changed old: Subject?) throws {
    guard let quote = new as? Quote else { return }
    let known = Set((old as? Quote)?.everyAnchor ?? [])
    for anchor in quote.everyAnchor where !known.contains(anchor) {
      guard let text = try text(anchor.textHash) else { throw ArchiveError.missingText(new.reference, anchor.textHash) }
      do {
        try text.check(anchor)
      } catch {
        throw ArchiveError.badAnchor(new.reference, error)
      }
    }
  }

  // MARK: Writes by field, for entities of any type

  /// Adds an entity by its fields.
  public func insert(_ entity: Reference, fields: Fields, texts: [ArticleText] = []) throws {
    guard entity.type.string.utf8.count <= Body.nameByteLimit else {
      throw ArchiveError.tooLarge(entity, field: "type", byteLimit: Body.nameByteLimit)
    }
    for text in texts { try add(text) }
    let survey = try survey(fields.cells.lazy.map { (address: $0.address, value: $0.value) }, of: entity)
    // Nearly always nothing is known of it yet.
    if try changing({ try insertUnknown(entity, fields, survey) }) { return }
    let row = try ledger.row(entity)
    if let row, row.life.isLiving { throw ArchiveError.exists(entity) }
    try changing { try insert(entity, fields, into: row) }
  }

  /// - Returns: whether it is done: nothing was known of the entity, and a change has room for all of it.
  private func insertUnknown(_ entity: Reference, _ fields: Fields, _ survey: FieldSurvey) throws -> Bool {
    guard try run.makeRoom(for: survey) else { return false }
    let state = EntityState(creating: fields, as: run.version)
    guard let dead = try ledger.insert(state, of: entity, references: survey.references) else { return false }
    run.create(entity, fields, survey)
    for target in dead where target != entity { note(target, of: entity) }
    return true
  }

  private func insert(_ entity: Reference, _ fields: Fields, into row: EntityRow?) throws {
    var state = row?.state ?? EntityState()
    if state.isCreated {
      try run.open(entity, .restore, before: state)
      run.restore(entity, in: &state)
    } else {
      try run.open(entity, .create, before: state)
      state.isCreated = true
    }
    for edit in fields.edits(from: state.shown) { try run.set(edit.address, to: edit.value, of: entity, in: &state) }
    // What else survives of its former life is none of these fields.
    for address in state.conflicts.map(\.address) { try run.set(address, to: fields[address] ?? .null, of: entity, in: &state) }
    try ledger.store(state, of: entity, replacing: row)
    try prove(state, of: entity)
  }

  /// Runs what changes rows and run together.
  private func changing<Result>(_ body: () throws -> Result) throws -> Result {
    if let failure { throw failure }
    return try noting {
      // SQLite takes some transactions back by itself, when one is cancelled or the disk fails. What is written after that would stay, piece by piece.
      guard ledger.db.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_ABORT, message: "the transaction was taken back") }
      return try body()
    }
  }

  private func noting<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      failure = failure ?? error
      throw error
    }
  }

  /// Puts a text where rows can name it. It stays if a change does by the end.
  func add(_ text: ArticleText) throws {
    try changing { try ledger.texts.add(text, expectedAt: ledger.info.position + 1) }
  }

  /// Sets cells of a living entity.
  ///
  /// - Parameter shown: the versions of a cell to overwrite; without it all.
  public func write(
    _ edits: [(address: CellAddress, value: Value)], to entity: Reference, texts: [ArticleText] = [],
    over shown: ((CellAddress) -> [Version])? = nil
  ) throws {
    guard !edits.isEmpty else { return }
    let row = try livingRow(entity)
    for text in texts { try add(text) }
    let survey = try survey(edits, of: entity)
    try changing {
      var state = row.state
      try run.open(entity, .edit, before: state)
      for reference in survey.references { try prove(reference.target, of: entity) }
      for (address, value) in edits {
        try run.set(address, to: value, of: entity, in: &state, over: shown?(address))
      }
      if state != row.state { try ledger.store(state, of: entity, replacing: row) }
    }
  }

  /// Checks that readers take what is to be written. Nothing of it is written before, so that whoever catches the error can go on.
  private func survey(_ edits: some Sequence<(address: CellAddress, value: Value)>, of entity: Reference) throws -> FieldSurvey {
    var survey = FieldSurvey()
    for (address, value) in edits {
      let field = address.field.string
      guard !Self.reservedNames.contains(address.field) else { throw ArchiveError.reservedName(entity, field: field) }
      guard address.longestName <= Body.nameByteLimit else { throw ArchiveError.tooLarge(entity, field: field, byteLimit: Body.nameByteLimit) }
      guard survey.add(address, value) else { throw ArchiveError.tooLarge(entity, field: field, byteLimit: Value.byteLimit) }
    }
    for hash in survey.texts where try !ledger.texts.holds(hash) { throw ArchiveError.missingText(entity, hash) }
    if !survey.texts.isEmpty { for (address, value) in edits { try run.newTextBytes(in: value, of: entity, address) } }
    return survey
  }

  private static let reservedNames: [ExactString] = ["id", "type", "life"]

  /// Notes the references to what isn't living now.
  private func prove(_ state: EntityState, of entity: Reference) throws {
    var targets: [Reference] = []
    state.forEachValue { $0.forEachReference { targets.append($0) } }
    for target in targets { try prove(target, of: entity) }
  }

  private func prove(_ target: Reference, of entity: Reference) throws {
    if try target != entity && !ledger.isLiving(target) { note(target, of: entity) }
  }

  private func note(_ target: Reference, of entity: Reference) {
    unproven.insert(UnprovenReference(source: entity, target: target))
    lastUnproven = entity
  }

  // MARK: Delete and restore

  /// Deletes an entity.
  ///
  /// - Parameter cascading: also deletes what it owns (an article's quotes; a quote's, article's or claim's stances) and clears what else
  ///   refers to what is deleted.
  /// - Returns: what was deleted, the entity first.
  /// - Throws: ``ArchiveError/inUse(_:by:)`` while living entities refer to it.
  @discardableResult
  public func delete(_ entity: Reference, cascading: Bool = false) throws -> [Reference] {
    _ = try livingRow(entity)
    try ledger.settleLife()
    var doomed = [entity]
    var gone: Set = [entity]
    if cascading {
      var next = 0
      while next < doomed.count {
        for owned in try owned(by: doomed[next]) where gone.insert(owned).inserted { doomed.append(owned) }
        next += 1
      }
    }
    for target in doomed {
      let users = try ledger.referrers(of: target).filter { try !gone.contains($0) && ledger.isLiving($0) }
      guard users.isEmpty || cascading else { throw ArchiveError.inUse(target, by: users) }
      for user in users { try clear(referencesTo: target, in: user) }
    }
    try changing {
      for target in doomed { try writeTombstone(target) }
      try ledger.settleLife()
      for target in doomed where try ledger.isLiving(target) {
        throw ArchiveError.inUse(target, by: try ledger.referrers(of: target).filter { try ledger.isLiving($0) })
      }
    }
    return doomed
  }

  private func writeTombstone(_ entity: Reference) throws {
    guard let row = try ledger.row(entity) else { return }
    // What this very change created leaves no trace but its row, which nothing refers to.
    if let before = try run.takeBackCreation(of: entity, in: row.state) {
      try ledger.store(before, of: entity, replacing: row)
      return
    }
    var state = row.state
    try run.open(entity, .edit, before: state)
    run.delete(entity, in: &state)
    try ledger.store(state, of: entity, replacing: row)
  }

  /// Removes references from what is shown; a field that holds one only in a conflict gets what it shows written over the conflict.
  private func clear(referencesTo target: Reference, in user: Reference) throws {
    let state = try livingRow(user).state
    var edits: [(address: CellAddress, value: Value)] = []
    for cell in state.cells {
      if case .element(let element) = cell.address.place {
        if !cell.shown.isNull, element.value.removing(referencesTo: target) != element.value { edits.append((cell.address, .null)) }
      } else if cell.survivors.contains(where: { $0.value.removing(referencesTo: target) != $0.value }) {
        edits.append((cell.address, cell.shown.removing(referencesTo: target)))
      }
    }
    try write(edits, to: user)
  }

  private func owned(by owner: Reference) throws -> [Reference] {
    let fields: [ExactString: [String]] = ["quote": ["articleID"], "stance": ["holder", "claimID"]]
    return try ledger.referrers(of: owner).filter { user in
      guard let owning = fields[user.type], let row = try row(user), row.life.isLiving else { return false }
      return owning.contains { name in
        var isShown = false
        row.state.shown[ExactString(name)]?.forEachReference { isShown = isShown || $0 == owner }
        return isShown
      }
    }
  }

  /// Brings a deleted entity back as it was, or decides that one with a tombstone lives.
  ///
  /// - Throws: ``ArchiveError/danglingReference(from:to:)`` at the end, if something it refers to was deleted and isn't restored too.
  public func restore(_ entity: Reference) throws {
    guard let row = try ledger.row(entity), row.life != .uncreated else { throw ArchiveError.noSuchEntity(entity) }
    guard !row.state.tombstones.isEmpty else { return }
    try changing {
      var state = row.state
      try run.open(entity, .restore, before: state)
      run.restore(entity, in: &state)
      try ledger.store(state, of: entity, replacing: row)
      try prove(state, of: entity)
    }
  }

  // MARK: The end

  /// Writes the change.
  ///
  /// - Parameter signer: the key to sign it with, of the origin that writes; nil if it isn't to be signed now.
  /// - Returns: what the next transaction can begin with; nil if nothing was changed, and nothing may stay.
  func commit(signer: (ReplicaIdentity) throws -> DeviceKey?) throws -> ArchiveCache? {
    try changing {
      if let first = try danglingReferences().first { throw ArchiveError.danglingReference(from: first.source, to: first.target) }
      guard try run.commit() > 0 else { return nil }
      // How much has to be signed together counts the texts that travel with it, and no others.
      try ledger.texts.removeUnplaced()
      if let key = try signer(ledger.info.identity) { try ledger.sign(with: key) }
      try ledger.finish()
      return ledger.handOver()
    }
  }

  /// References written here, by what lives, to what doesn't.
  func danglingReferences() throws -> [(source: Reference, target: Reference)] {
    try ledger.settleLife()
    return try unproven.filter { reference in
      guard try !livesWithoutNewReferences(reference.target), let row = try ledger.row(reference.source) else { return false }
      return row.life.isLiving && row.state.references.contains(reference.target)
    }.map { ($0.source, $0.target) }
  }

  /// A reference would bring what was deleted back to life. One written here may not: that takes a decision.
  private func livesWithoutNewReferences(_ target: Reference) throws -> Bool {
    guard try ledger.isLiving(target), let state = try ledger.row(target)?.state else { return false }
    return try state.livesByItself
      || ledger.referrers(of: target).contains {
        try $0 != target && !unproven.contains(UnprovenReference(source: $0, target: target)) && ledger.isLiving($0)
      }
  }

  func hasUnproven(from source: Reference) -> Bool {
    lastUnproven == source
  }
}

extension Quote {
  /// Every anchor in it, and those of its placements.
  fileprivate var everyAnchor: [Anchor] {
    anchors + placements.values.flatMap { $0.segments.map(\.anchor) }
  }
}

extension CellAddress {
  fileprivate var longestName: Int {
    if case .key(let key) = place { return max(field.string.utf8.count, key.string.utf8.count) }
    return field.string.utf8.count
  }
}
