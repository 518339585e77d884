// How what several writers wrote about one entity becomes one state. Ops always enter the state; whether they have effect is computed
// from it, never decided on arrival, so the order of arrival doesn't matter.

/// Everything that is known of an entity: of each cell the versions nobody has overwritten, and whether it was deleted or restored.
public struct EntityState: Hashable, Sendable {
  /// A version's value that nobody has overwritten.
  public struct Survivor: Hashable, Sendable {
    public let version: Version
    public let value: Value

    public init(version: Version, value: Value) {
      self.version = version
      self.value = value
    }
  }

  public struct Cell: Hashable, Sendable {
    public let address: CellAddress

    /// The one that is shown.
    package private(set) var first: Survivor

    /// Nearly always none, and then nothing is allocated for them.
    package private(set) var others: [Survivor]

    package init(address: CellAddress, _ first: Survivor, others: [Survivor] = []) {
      self.address = address
      (self.first, self.others) = (first, others)
    }

    public init(address: CellAddress, survivors: [Survivor]) {
      self.init(address: address, survivors[0], others: Array(survivors.dropFirst()))
    }

    /// At least one; the one shown comes first.
    public internal(set) var survivors: [Survivor] {
      get { [first] + others }
      set { (first, others) = (newValue[0], Array(newValue.dropFirst())) }
    }

    /// Calls `body` with each survivor, the one shown first.
    package func forEachSurvivor(_ body: (Survivor) throws -> Void) rethrows {
      try body(first)
      for survivor in others { try body(survivor) }
    }

    /// Whether anybody says that the element of a set is there.
    fileprivate var isInSet: Bool { !first.value.isNull || others.contains { !$0.value.isNull } }
  }

  /// Somebody deleted the entity, having seen these versions of it.
  public struct Tombstone: Hashable, Sendable {
    public let version: Version
    public let seen: [Version]

    public init(version: Version, seen: [Version]) {
      self.version = version
      self.seen = seen
    }
  }

  /// Whether a change that is held creates the entity. One that nothing creates isn't living and supports nothing.
  public var isCreated: Bool

  /// Sorted by address.
  public private(set) var cells: [Cell]

  /// Those that nobody has overwritten, sorted by version.
  public private(set) var tombstones: [Tombstone]

  /// Versions of the pseudo-field `life` that say the entity lives; sorted.
  public private(set) var restores: [Version]

  public init(isCreated: Bool = false, cells: [Cell] = [], tombstones: [Tombstone] = [], restores: [Version] = []) {
    self.isCreated = isCreated
    self.cells = cells
    self.tombstones = tombstones
    self.restores = restores
  }
}

// MARK: - Writing

extension EntityState {
  /// Merges what a change says of the entity.
  ///
  /// - Parameters:
  ///   - naming: the version that a name in the change's body means.
  ///   - rank: called only where several values survive.
  public mutating func apply(
    _ group: Group, as version: Version, naming: (VersionName) throws -> Version, rank: (Version) throws -> Rank
  ) throws {
    switch group.action {
    case .create:
      isCreated = true
    case .edit:
      break
    case .delete:
      overwriteLife(try group.overwrites.map(naming))
      insert(Tombstone(version: version, seen: Set(try group.seen.map(naming)).sorted()))
    case .restore:
      overwriteLife(try group.overwrites.map(naming))
      insert(restore: version)
    }
    for op in group.ops {
      try set(op.address, to: op.value, as: version, over: try op.overwrites.map(naming), rank: rank)
    }
  }

  /// Writes a value over versions of its cell; those not named stay beside it.
  public mutating func set(
    _ address: CellAddress, to value: Value, as version: Version, over overwritten: [Version], rank: (Version) throws -> Rank
  ) rethrows {
    let index = index(of: address)
    guard index < cells.count, cells[index].address == address else {
      cells.insert(Cell(address: address, Survivor(version: version, value: value)), at: index)
      return
    }
    if cells[index].others.isEmpty, overwritten.contains(cells[index].first.version) || cells[index].first.version == version {
      cells[index] = Cell(address: address, Survivor(version: version, value: value))
      return
    }
    var survivors = cells[index].survivors
    survivors.removeAll { overwritten.contains($0.version) || $0.version == version }
    survivors.append(Survivor(version: version, value: value))
    if survivors.count > 1 {
      let ranked = try survivors.map { (survivor: $0, rank: try rank($0.version)) }
      survivors = ranked.sorted { $0.rank > $1.rank }.map(\.survivor)
    }
    cells[index].survivors = survivors
  }

  /// Puts a cell back as it was; empty removes it.
  package mutating func put(_ survivors: [Survivor], at address: CellAddress) {
    let index = index(of: address)
    let isThere = index < cells.count && cells[index].address == address
    switch (isThere, survivors.isEmpty) {
    case (true, true): cells.remove(at: index)
    case (true, false): cells[index].survivors = survivors
    case (false, false): cells.insert(Cell(address: address, survivors: survivors), at: index)
    case (false, true): break
    }
  }

  package mutating func overwriteLife(_ overwritten: [Version]) {
    tombstones.removeAll { overwritten.contains($0.version) }
    restores.removeAll { overwritten.contains($0) }
  }

  package mutating func insert(_ tombstone: Tombstone) {
    tombstones.append(tombstone)
    tombstones.sort { $0.version < $1.version }
  }

  package mutating func insert(restore version: Version) {
    restores.append(version)
    restores.sort()
  }

  private func index(of address: CellAddress) -> Int {
    // They come in order, mostly.
    guard let last = cells.last, !(last.address < address) else { return cells.count }
    var (low, high) = (0, cells.count)
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// MARK: - Reading

extension EntityState {
  /// What survives of a cell, shown one first; empty if nobody ever set it.
  public func survivors(of address: CellAddress) -> [Survivor] {
    cell(at: address)?.survivors ?? []
  }

  /// Nil if nobody ever set it.
  package func cell(at address: CellAddress) -> Cell? {
    let index = index(of: address)
    return index < cells.count && cells[index].address == address ? cells[index] : nil
  }

  /// What people see of the entity.
  public var shown: Fields {
    Fields(sorted: cells.compactMap { $0.shown.isNull ? nil : Fields.Cell(address: $0.address, value: $0.shown) })
  }

  /// The cells that hold different values.
  public var conflicts: [Cell] {
    cells.filter(\.isConflict)
  }

  public var conflictCount: Int { cells.indices.count { cells[$0].isConflict } }

  /// The versions that stand for life: of its cells, and its restores.
  public var versions: Set<Version> {
    cellVersions.union(restores)
  }

  /// The versions of its cells: what the writer of a delete has seen of it, once the delete overwrites the restores.
  ///
  /// A change that restores and sets cells is among them, so it won't do to take the restores away from ``versions``.
  public var cellVersions: Set<Version> {
    var versions: Set<Version> = []
    for cell in cells { cell.forEachSurvivor { versions.insert($0.version) } }
    return versions
  }

  /// The tombstones and restores that a delete or a restore written now overwrites.
  public var lifeVersions: [Version] {
    (tombstones.map(\.version) + restores).sorted()
  }

  /// Whether the entity lives without anybody's help: nobody deleted it, or it has a version that nobody who deleted it saw.
  public var livesByItself: Bool {
    guard isCreated, !tombstones.isEmpty else { return isCreated }
    let seen = Set(tombstones.flatMap(\.seen))
    return !versions.isSubset(of: seen)
  }

  /// Everything any surviving value refers to, shown or not.
  public var references: Set<Reference> {
    var references: Set<Reference> = []
    forEachValue { $0.forEachReference { references.insert($0) } }
    return references
  }

  public func forEachValue(_ body: (Value) -> Void) {
    for cell in cells { cell.forEachValue(body) }
  }

  /// What is shown of a field that is neither a set nor a map.
  package func shown(_ field: ExactString) -> Value? {
    cell(at: CellAddress(field: field)).flatMap { $0.shown.isNull ? nil : $0.shown }
  }

  /// The shown elements of a set, in the order of their bytes.
  package func shownElements(of field: ExactString) -> [Value] {
    var elements: [Value] = []
    for cell in cells where cell.address.field == field {
      if case .element(let element) = cell.address.place, cell.isInSet { elements.append(element.value) }
    }
    return elements
  }

  /// The cells that another state of the entity doesn't have as they are here.
  package func cells(changedFrom other: EntityState) -> [Cell] {
    var changed: [Cell] = []
    var index = 0
    for cell in cells {
      while index < other.cells.count, other.cells[index].address < cell.address { index += 1 }
      if index == other.cells.count || other.cells[index] != cell { changed.append(cell) }
    }
    return changed
  }

  /// What a group that creates an entity makes of one that nothing was known of.
  package init(creating group: Group, as version: Version) {
    var cells: [Cell] = []
    cells.reserveCapacity(group.ops.count)
    var areSorted = true
    for op in group.ops {
      if areSorted, let last = cells.last, !(last.address < op.address) { areSorted = false }
      cells.append(Cell(address: op.address, Survivor(version: version, value: op.value)))
    }
    self.init(isCreated: true, cells: areSorted ? cells : cells.sorted { $0.address < $1.address })
  }

  /// An entity that nobody but its creator has written.
  package init(creating fields: Fields, as version: Version) {
    self.init(isCreated: true, cells: fields.cells.map { Cell(address: $0.address, Survivor(version: version, value: $0.value)) })
  }
}

extension EntityState.Cell {
  package func forEachValue(_ body: (Value) -> Void) {
    // The value an element stands for counts as long as anybody says that it is there.
    if case .element(let element) = address.place, isInSet { body(element.value) }
    forEachSurvivor { body($0.value) }
  }

  /// Null if the cell is empty. Of a concurrent add and remove of an element the add wins.
  public var shown: Value {
    if case .element = address.place { return isInSet ? .bool(true) : .null }
    return first.value
  }

  /// Whether different values survive. Equal ones are one value written twice, and an element is there or it isn't.
  public var isConflict: Bool {
    if others.isEmpty { return false }
    if case .element = address.place { return false }
    return others.contains { $0.value != first.value }
  }
}
