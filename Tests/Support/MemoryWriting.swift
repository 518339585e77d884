import DictaModels

/// One thing that a transaction does to an entity.
public struct Deed: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case create
    /// Over everything there is of the cell, or only over these of its versions.
    case set(CellAddress, Value, over: Set<ChangeID>? = nil)
    case delete
    case restore
  }

  public let entity: Reference
  public let kind: Kind

  public init(_ entity: Reference, _ kind: Kind) {
    self.entity = entity
    self.kind = kind
  }
}

/// A change, and what its writer meant by it.
public struct WrittenChange: Sendable {
  public let change: Change
  public let deeds: [Deed]

  public init(change: Change, deeds: [Deed]) {
    self.change = change
    self.deeds = deeds
  }
}

extension MemoryReplica {
  // MARK: What a transaction does, deed by deed

  /// Adds an entity: creates it, or restores it over its tombstones with these cells and no others.
  public func inserting(_ entity: Reference, _ cells: [CellAddress: Value]) -> [Deed] {
    guard let state = states[entity], state.isCreated else {
      return [Deed(entity, .create)] + cells.sorted { $0.key < $1.key }.map { Deed(entity, .set($0.key, $0.value)) }
    }
    var cells = cells
    for cell in state.cells where !cell.shown.isNull && cells[cell.address] == nil { cells[cell.address] = .null }
    return [Deed(entity, .restore)] + setting(entity, cells)
  }

  /// Sets cells over all of their versions; leaves out what would say nothing new.
  public func setting(_ entity: Reference, _ cells: [CellAddress: Value]) -> [Deed] {
    cells.sorted { $0.key < $1.key }.compactMap { address, value in
      let cell = states[entity]?.cells.first { $0.address == address }
      let isSettled = cell.map { !$0.isConflict && $0.shown == value } ?? value.isNull
      return isSettled ? nil : Deed(entity, .set(address, value))
    }
  }

  /// Deletes an entity and all that shows it in a field of its own; clears every other reference to what is deleted, and writes the shown
  /// value over conflicts in which one stands.
  public func deleting(_ first: Reference, living: Set<Reference>) -> [Deed] {
    let living = living.sorted()
    var (gone, next) = ([first], 0)
    while next < gone.count {
      for entity in living where !gone.contains(entity) {
        let cells = states[entity]?.cells ?? []
        if cells.contains(where: { $0.address.place == .field && $0.shown == .reference(gone[next]) }) { gone.append(entity) }
      }
      next += 1
    }
    var deeds: [Deed] = []
    for entity in living where !gone.contains(entity) {
      guard let state = states[entity], !state.references.isDisjoint(with: gone) else { continue }
      for cell in state.cells {
        if case .element(let element) = cell.address.place {
          if !cell.shown.isNull, element.value.removing(gone) != element.value { deeds.append(Deed(entity, .set(cell.address, .null))) }
        } else if cell.survivors.contains(where: { $0.value.removing(gone) != $0.value }) {
          deeds.append(Deed(entity, .set(cell.address, cell.shown.removing(gone))))
        }
      }
    }
    return deeds + gone.map { Deed($0, .delete) }
  }

  // MARK: Writing it

  /// Writes a transaction, as one change or as a run of several.
  ///
  /// - Parameters:
  ///   - partCount: into how many changes the deeds are dealt out.
  ///   - random: makes a key and a nonce where a new origin is needed.
  @discardableResult
  public mutating func write(
    _ deeds: [Deed], partCount: Int = 1, writtenAt: UInt64, author: String? = nil, random: inout SeededRandom
  ) throws -> [WrittenChange] {
    let parts = (0..<partCount).map { part in deeds.indices.filter { $0 % partCount == part }.map { deeds[$0] } }.filter { !$0.isEmpty }
    let identity = self.identity ?? newIdentity(&random)
    self.identity = identity
    let isAtEnd = end.map { branches[$0.branch].applied == $0.sequence } ?? false
    let frontier = isInRun ? [] : branches.frontier(besides: isAtEnd ? end?.branch : nil).filter { $0.version != end }
    var written: [WrittenChange] = []
    // All of a run says what it does to the states that the run found.
    let found = self
    for (index, part) in parts.enumerated() {
      let body = found.body(of: part, LineNames(branches, previous: end, dependencies: index == 0 ? frontier.map(\.version) : []))
      let envelope = Header.Envelope(
        dependencies: index == 0 ? frontier.map(\.head) : [], writtenAt: writtenAt, author: author, isContinued: index + 1 < parts.count,
        birth: end == nil ? identity.birth : nil)
      let change = try Change(
        origin: identity.origin, sequence: (end?.sequence ?? 0) + 1, previous: end.flatMap(id), envelope: envelope, bodyBytes: body.bytes)
      _ = try take(change) { [name] in
        RefusedDelivery(sender: name, origin: change.header.origin, sequence: change.header.sequence, reason: $0)
      }
      end = places[change.id]
      written.append(WrittenChange(change: change, deeds: part))
    }
    return written
  }

  /// Whether the next write continues a run, which happens only after stepping back into one. It then may depend on nothing but the run.
  public var isInRun: Bool {
    end.flatMap(held)?.change.header.envelope.isContinued ?? false
  }

  /// Goes on from an earlier change of its own, as no honest replica does: the next write makes a fork.
  public mutating func stepBack(to version: Version) {
    end = version
  }

  private func newIdentity(_ random: inout SeededRandom) -> Identity {
    let bytes = (0..<48).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    guard let publicKey = Bytes32(bytes[..<32]), let nonce = Bytes16(bytes[32...]) else { preconditionFailure("48 bytes are 32 and 16") }
    let birth = Header.Birth(publicKey: publicKey, nonce: nonce, device: name)
    return Identity(origin: Origin(corpus: corpus, publicKey: publicKey, nonce: nonce), birth: birth)
  }

  private func body(of deeds: [Deed], _ names: LineNames) -> Body {
    var (names, order) = (names, [Reference]())
    var groups: [Reference: Group] = [:]
    for deed in deeds {
      let state = states[deed.entity] ?? EntityState()
      if groups[deed.entity] == nil { order.append(deed.entity) }
      var group = groups[deed.entity] ?? Group(entity: deed.entity, action: .edit)
      switch deed.kind {
      case .create:
        group.action = .create
      case .set(let address, let value, let over):
        let overwritten = state.survivors(of: address).map(\.version).filter { version in
          over.map { over in id(of: version).map(over.contains) ?? false } ?? true
        }
        group.ops.append(Op(address, value, overwrites: overwritten.sorted().map { names.name($0) }))
      case .delete:
        group.action = .delete
        group.overwrites = state.lifeVersions.map { names.name($0) }
        group.seen = state.cellVersions.sorted().map { names.name($0) }
      case .restore:
        group.action = .restore
        group.overwrites = state.lifeVersions.map { names.name($0) }
      }
      groups[deed.entity] = group
    }
    let sorted = order.compactMap { entity in
      groups[entity].map { group in
        var group = group
        group.ops.sort { $0.address < $1.address }
        return group
      }
    }
    return Body(groups: sorted, lines: names.further)
  }
}

extension Value {
  fileprivate func removing(_ targets: [Reference]) -> Value {
    targets.reduce(self) { $0.removing(referencesTo: $1) }
  }
}

/// Names versions by the lines of the change being written.
private struct LineNames {
  private let branches: Branches
  private let previous: Version?
  private var numbers: [Int: Int] = [:]
  private var count: Int
  private(set) var further: [Head] = []

  init(_ branches: Branches, previous: Version?, dependencies: [Version]) {
    self.branches = branches
    self.previous = previous
    count = dependencies.count
    for (index, version) in dependencies.enumerated() { numbers[version.branch] = index + 1 }
  }

  mutating func name(_ version: Version) -> VersionName {
    if let previous, branches.isOnChain(version, endingIn: previous) { return VersionName(line: 0, sequence: version.sequence) }
    if let number = numbers[version.branch] { return VersionName(line: number, sequence: version.sequence) }
    let branch = branches[version.branch]
    further.append(Head(origin: branch.origin, sequence: branch.applied, id: branch.appliedID ?? branch.receivedID))
    count += 1
    numbers[version.branch] = count
    return VersionName(line: count, sequence: version.sequence)
  }
}
