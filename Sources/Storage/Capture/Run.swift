// From what a transaction does to the changes it becomes. A change is sealed when it is full; what fits into one is sealed at the end.

import DictaModels
import GRDB

/// Collects the ops of one transaction and writes them into the log.
///
/// Invariant: an entity has at most one group in the open change, a cell at most one op in the whole run, and a row holds exactly the
/// versions that the log, with the open change, says.
final class Run {
  /// What the writer says of the whole transaction.
  struct Stamp {
    let writtenAt: UInt64
    let author: String?
    let note: String?
  }

  /// A change of about so many bytes is sealed: that leaves room below the limit of a body for the tables and for values that are replaced in
  /// a sealed change.
  private let sealAtBytes: Int

  /// The most bytes of texts that a change may be the first to name, so that it fits into a message with them.
  private static let textByteLimit = ArticleText.byteLimit

  /// The most changes that one depends on: what a quarter of a header holds.
  static let dependencyLimit = 4096
  private let dependencyLimit: Int

  private let ledger: Ledger
  private let stamp: Stamp

  /// The change before the run: the last of the own branch.
  private let previous: (version: Version, id: ChangeID)?

  /// The own branch's number; it begins with this run if there is no previous change.
  let branch: Int

  private var change = OpenChange()

  /// Sealed changes' ids, in order; the run's first has the sequence after `previous`.
  private var sealed: [ChangeID] = []

  /// Entities in which a value of this run stands beside others.
  private var contested: Set<Reference> = []

  /// What sealed changes write into cells that were set again after they were sealed: a cell is set once per run.
  private var amendments: [Version: [Reference: [CellAddress: Value]]] = [:]

  /// The first sealed change that was rewritten, from which on the chain has to be hashed again.
  private var rewrittenFrom: Int?

  init(_ ledger: Ledger, stamp: Stamp, _ surroundings: Surroundings) {
    self.ledger = ledger
    self.stamp = stamp
    (sealAtBytes, dependencyLimit) = (surroundings.changeByteGoal, surroundings.dependencyLimit)
    if let branch = ledger.info.branch {
      let own = ledger.branches[branch]
      previous = (Version(branch: branch, sequence: own.received), own.receivedID)
      self.branch = branch
    } else {
      previous = nil
      branch = ledger.branches.all.count
    }
  }

  private var firstSequence: UInt64 { (previous?.version.sequence ?? 0) + 1 }

  /// The version that the open change writes.
  var version: Version { Version(branch: branch, sequence: firstSequence + UInt64(sealed.count)) }

  /// Whether it is what the open change writes, of which the log knows nothing yet.
  func isOpen(_ version: Version) -> Bool { version == self.version }

  private func isSealed(_ version: Version) -> Bool {
    version.branch == branch && version.sequence >= firstSequence && version.sequence < self.version.sequence
  }

  /// What stands for the open change's id.
  static let openID = ChangeID(raw: .zero)

  /// What the open change says of itself.
  var openEnvelope: Header.Envelope {
    Header.Envelope(
      dependencies: [], writtenAt: stamp.writtenAt, author: stamp.author, note: stamp.note, isContinued: false, birth: nil)
  }

  // MARK: Ops

  /// Opens a group, or finds the one that is open.
  func open(_ entity: Reference, _ action: Group.Action, before state: EntityState) throws {
    if change.byteCount > sealAtBytes { try sealWhatIsThere() }
    if let group = try change.group(of: entity, in: state, version: version) {
      if action == .create { group.action = .create }
    } else {
      change.open(entity, OpenChange.OpenGroup(action: action, before: state))
    }
  }

  /// Makes room in the open change for a new entity, which then writes ``version``.
  ///
  /// - Returns: false if no change has room for all of it.
  func makeRoom(for fields: FieldSurvey) throws -> Bool {
    var textBytes = 0
    for hash in fields.texts where !change.texts.contains(hash) { textBytes += ledger.texts.unplacedByteCount(of: hash) }
    guard fields.byteCount <= sealAtBytes, textBytes <= Run.textByteLimit else { return false }
    _ = try makeRoom(byteCount: fields.byteCount, textByteCount: textBytes)
    return true
  }

  /// - Returns: whether another change was begun for it.
  private func makeRoom(byteCount: Int, textByteCount: Int) throws -> Bool {
    guard change.byteCount > 0, change.byteCount + byteCount > sealAtBytes || change.textByteCount + textByteCount > Run.textByteLimit else {
      return false
    }
    try sealWhatIsThere()
    return true
  }

  /// Notes what a new entity was given, for which there is room.
  func create(_ entity: Reference, _ fields: Fields, _ survey: FieldSurvey) {
    change.create(entity, fields)
    change.byteCount += survey.byteCount
    for hash in survey.texts { change.note(hash, byteCount: ledger.texts.unplacedByteCount) }
  }

  /// Sets a cell, over all versions it has or over those given.
  ///
  /// - Parameters:
  ///   - state: the entity's current state, which is changed.
  ///   - shown: the versions to overwrite; nil for all.
  func set(_ address: CellAddress, to value: Value, of entity: Reference, in state: inout EntityState, over shown: [Version]? = nil) throws {
    let size = address.byteCount + value.explicitByteCount
    let textBytes = try newTextBytes(in: value, of: entity, address)
    let isOpen = change.group(of: entity) != nil
    if try makeRoom(byteCount: size, textByteCount: textBytes), isOpen { try open(entity, .edit, before: state) }
    if !sealed.isEmpty, let mine = state.survivors(of: address).first(where: { isSealed($0.version) }) {
      amendments[mine.version, default: [:]][entity, default: [:]][address] = value
      let others = state.survivors(of: address).filter { $0.version != mine.version }
      let survivors = [EntityState.Survivor(version: mine.version, value: value)] + others
      state.put(survivors, at: address)
      // What takes back the open change doesn't take back this.
      let group = change.group(of: entity)
      group?.before.put(survivors, at: address)
      group?.deleted?.group.before.put(survivors, at: address)
      group?.deleted?.state.put(survivors, at: address)
      return
    }
    let group = change.group(of: entity)
    let cell = group?.before.cell(at: address)
    let before = cell?.survivors ?? []
    let isAsBefore = cell.map { $0.isSettled(at: value) } ?? value.isNull
    if isAsBefore, shown == nil {
      group?.put(nil, at: address)
      group?.deleted?.group.put(nil, at: address)
      group?.deleted?.state.put(before, at: address)
      state.put(before, at: address)
      return
    }
    var shown = shown
    // Whoever saw what the open change writes here saw what that overwrites gone.
    if shown?.contains(version) == true { shown? += group?.op(at: address)?.overwrites ?? [] }
    let overwrites = before.map(\.version).filter { shown?.contains($0) ?? true }
    let op = OpenChange.OpenOp(address: address, value: value, overwrites: overwrites)
    group?.put(op, at: address)
    // A restore of what this change has deleted, and something keeps alive, doesn't take it back.
    group?.deleted?.group.put(op, at: address)
    group?.deleted?.state.put(before, at: address)
    try group?.deleted?.state.set(address, to: value, as: version, over: overwrites, rank: rank)
    value.forEachText { change.note($0, byteCount: ledger.texts.unplacedByteCount) }
    change.byteCount += size + 8 * overwrites.count
    state.put(before, at: address)
    try state.set(address, to: value, as: version, over: overwrites, rank: rank)
    if let cell = state.cell(at: address), !cell.others.isEmpty { contested.insert(entity) }
  }

  /// The size of texts that would travel with the open change if it named them.
  ///
  /// - Throws: ``ArchiveError/tooLarge(_:field:byteLimit:)`` if no change has room for them.
  @discardableResult
  func newTextBytes(in value: Value, of entity: Reference, _ address: CellAddress) throws -> Int {
    var hashes: Set<TextHash> = []
    value.forEachText { if !change.texts.contains($0) { hashes.insert($0) } }
    let byteCount = hashes.reduce(0) { $0 + ledger.texts.unplacedByteCount(of: $1) }
    guard byteCount <= Run.textByteLimit else { throw tooManyTexts(entity, address.field) }
    return byteCount
  }

  private func tooManyTexts(_ entity: Reference, _ field: ExactString) -> ArchiveError {
    .tooLarge(entity, field: "the texts of \(field.string)", byteLimit: Run.textByteLimit)
  }

  /// Writes a tombstone that has seen everything there was of the entity before the open change; what that did to it is taken back.
  func delete(_ entity: Reference, in state: inout EntityState) {
    guard let found = change.group(of: entity) else { return }
    let before = found.before
    let seen = before.cellVersions.sorted()
    let group = OpenChange.OpenGroup(action: .delete, before: before, overwrites: before.lifeVersions, seen: seen)
    // One that references had brought back to life may be deleted once more.
    group.deleted = found.action == .delete ? found.deleted : (found, state)
    change.put(group, of: entity)
    change.byteCount += 8 * seen.count + 32
    state = before
    state.overwriteLife(before.lifeVersions)
    state.insert(EntityState.Tombstone(version: version, seen: seen))
  }

  /// Writes a version of `life` over the tombstones. A tombstone of the open change is taken back instead, and what that change had done before
  /// stands again.
  func restore(_ entity: Reference, in state: inout EntityState) {
    guard var group = change.group(of: entity) else { return }
    if group.action == .delete, let deleted = group.deleted {
      (group, state) = deleted
      change.put(group, of: entity)
    }
    guard !state.tombstones.isEmpty else { return }
    group.action = .restore
    group.overwrites = state.lifeVersions
    change.byteCount += 32
    state.overwriteLife(state.lifeVersions)
    state.insert(restore: version)
  }

  /// If the open change is what created the entity, takes back all that it did to it.
  ///
  /// - Parameter state: its present state.
  /// - Returns: the state that the change found; nil if something else created it.
  func takeBackCreation(of entity: Reference, in state: EntityState) throws -> EntityState? {
    guard try change.group(of: entity, in: state, version: version)?.action == .create else { return nil }
    return change.remove(entity)?.before
  }

  /// What decides between several values: for what this run writes, the time it is written at.
  func rank(_ version: Version) throws -> Rank {
    // Its own id isn't known before it is sealed; until then any order among equal times will do.
    if version.branch == branch, version.sequence >= firstSequence {
      return Rank(writtenAt: stamp.writtenAt, id: previous?.id ?? ChangeID(raw: .zero))
    }
    return try ledger.log.rank(version)
  }

  // MARK: Sealing

  /// Writes what is left into the log and completes the run.
  ///
  /// - Returns: how many changes it became; 0 if nothing was changed.
  func commit() throws -> Int {
    if change.isEmpty {
      guard !sealed.isEmpty else { return 0 }
      try amendSealed()
      try reseal(isLast: true)
    } else {
      try seal(isContinued: false)
      try amendSealed()
      try reseal(isLast: false)
    }
    for (index, id) in sealed.enumerated() {
      let version = Version(branch: branch, sequence: firstSequence + UInt64(index))
      let isFirst = index == 0
      let previousVersion = version.sequence == 1 ? nil : isFirst ? previous?.version : Version(branch: branch, sequence: version.sequence - 1)
      let dependencies = isFirst ? frontier.map(\.version) : []
      let placed = ledger.branches.append(origin: ledger.info.identity.origin, previous: previousVersion, id: id)
      precondition(placed == version, "change \(version.sequence) doesn't stand where its versions say")
      ledger.touch(branches: ledger.branches.apply(version, id: id, lines: Lines(ends: [previousVersion] + dependencies)))
    }
    ledger.info.branch = branch
    try rankContested()
    return sealed.count
  }

  /// What the first change of the run depends on.
  ///
  /// More than a header holds only come from somebody who means harm: then the others stay in the frontier, for the next change.
  private var frontier: ArraySlice<(version: Version, head: Head)> {
    ledger.branches.frontier(besides: previous?.version.branch).prefix(dependencyLimit)
  }

  /// Seals the open change because it is full. One in which everything was taken back is no change: it only has room again.
  private func sealWhatIsThere() throws {
    if change.isEmpty { change = OpenChange() } else { try seal(isContinued: true) }
  }

  private func seal(isContinued: Bool) throws {
    let entities = (first: change.firstEntity, last: change.lastEntity)
    let isFirst = sealed.isEmpty
    let frontier = isFirst ? frontier : []
    var lines = LineIndex(ledger.branches, previous: isFirst ? previous?.version : version.before, frontier: frontier.map(\.version))
    let body = try change.encode(&lines)
    let sequence = version.sequence
    let envelope = Header.Envelope(
      dependencies: frontier.map(\.head), writtenAt: stamp.writtenAt, author: stamp.author, note: stamp.note, isContinued: isContinued,
      birth: sequence == 1 ? ledger.info.identity.birth : nil)
    let id = Change(
      origin: ledger.info.identity.origin, sequence: sequence, previous: sealed.last ?? previous?.id, envelope: envelope, body: body
    ).id
    let envelopeBytes = envelope.bytes
    guard envelopeBytes.count <= Header.byteLimit else {
      throw ArchiveError.tooLarge(
        entities.first ?? Reference(type: "archive", id: .zero), field: "the list of dependencies", byteLimit: Header.byteLimit)
    }
    // Values are counted before; what a delete has seen isn't.
    guard body.bytes.count <= Body.byteLimit else {
      throw ArchiveError.tooLarge(
        entities.last ?? Reference(type: "archive", id: .zero), field: "the versions of it", byteLimit: Body.byteLimit)
    }
    ledger.info.position += 1
    try ledger.log.insert(
      LogRow(version: version, position: ledger.info.position, id: id, envelope: envelopeBytes, body: body.bytes))
    try ledger.texts.place(body.texts, at: ledger.info.position)
    sealed.append(id)
    change = OpenChange()
  }

  /// Rewrites the sealed changes of which cells were set again.
  private func amendSealed() throws {
    for (version, amended) in amendments.sorted(by: { $0.key < $1.key }) {
      let row = try ledger.log.row(version)
      var body = try Body(bytes: row.body)
      for (index, group) in body.groups.enumerated() {
        guard let values = amended[group.entity] else { continue }
        for (place, op) in group.ops.enumerated() { if let value = values[op.address] { body.groups[index].ops[place].value = value } }
      }
      let bytes = body.bytes
      guard bytes.count <= Body.byteLimit else {
        let (entity, values) = amended.first ?? (body.groups[0].entity, [:])
        throw ArchiveError.tooLarge(entity, field: values.keys.first?.field.string ?? "", byteLimit: Body.byteLimit)
      }
      try ledger.log.replace(LogRow(version: version, position: row.position, id: row.id, envelope: row.envelope, body: bytes))
      rewrittenFrom = min(rewrittenFrom ?? .max, Int(version.sequence - firstSequence))
    }
    amendments = [:]
  }

  /// Hashes the chain of sealed changes again, where one was rewritten or turned out to be the last.
  private func reseal(isLast: Bool) throws {
    guard let first = isLast ? min(rewrittenFrom ?? .max, sealed.count - 1) : rewrittenFrom else { return }
    for index in first..<sealed.count {
      let version = Version(branch: branch, sequence: firstSequence + UInt64(index))
      let row = try ledger.log.row(version)
      var envelope = try Header.Envelope(bytes: row.envelope)
      if isLast, index == sealed.count - 1 { envelope.isContinued = false }
      let change = try Change(
        origin: ledger.info.identity.origin, sequence: version.sequence, previous: index == 0 ? previous?.id : sealed[index - 1],
        envelope: envelope, bodyBytes: row.body)
      sealed[index] = change.id
      try ledger.log.replace(LogRow(version: version, position: row.position, id: change.id, envelope: envelope.bytes, body: row.body))
    }
    if rewrittenFrom != nil { try replaceTexts() }
  }

  /// Finds anew which change of the run is the first to name each text, where one was rewritten.
  private func replaceTexts() throws {
    let rows = try sealed.indices.map { try ledger.log.row(Version(branch: branch, sequence: firstSequence + UInt64($0))) }
    guard let first = rows.first else { return }
    try ledger.texts.displace(from: first.position)
    for row in rows {
      let body = try Body(bytes: row.body)
      let byteCount = body.texts.reduce(0) { $0 + ledger.texts.unplacedByteCount(of: $1) }
      guard byteCount <= Run.textByteLimit else { throw tooManyTexts(body.groups[0].entity, "several fields") }
      try ledger.texts.place(body.texts, at: row.position)
    }
  }

  /// Puts the value to be shown first, where the ids of this run's changes, known only now, decide.
  private func rankContested() throws {
    for entity in contested {
      guard let row = try ledger.row(entity) else { continue }
      var state = row.state
      for cell in state.cells where !cell.others.isEmpty {
        let ranked = try cell.survivors.map { ($0, try ledger.log.rank($0.version)) }
        state.put(ranked.sorted { $0.1 > $1.1 }.map(\.0), at: cell.address)
      }
      if state != row.state { try ledger.store(state, of: entity, replacing: row) }
    }
  }
}

extension Version {
  fileprivate var before: Version { Version(branch: branch, sequence: sequence - 1) }
}

extension ReplicaIdentity {
  fileprivate var birth: Header.Birth { Header.Birth(publicKey: publicKey, nonce: nonce, device: device) }
}

extension EntityState.Cell {
  /// Whether writing the value would say nothing new.
  fileprivate func isSettled(at value: Value) -> Bool {
    !isConflict && shown == value
  }
}
