import DictaModels

/// What an entity's merged state says, by the ids of changes alone.
public struct Portrait: Hashable, Sendable {
  public struct Cell: Hashable, Sendable {
    public var survivors: [ChangeID: Value]
    public var shown: Value
    public var isConflict: Bool
  }

  public var isCreated = false
  public var cells: [CellAddress: Cell] = [:]

  /// The surviving tombstones, and which surviving versions of the entity each of them didn't see.
  public var tombstones: [ChangeID: Set<ChangeID>] = [:]
  public var restores: Set<ChangeID> = []
  public var references: Set<Reference> = []
  public var lives = false
}

/// The merge rules, computed anew from all changes and from what each writer knew, as the definitions read. It is slow, and shares
/// nothing with the code it judges.
public struct NaiveModel: Sendable {
  private struct Entry: Sendable {
    let id: ChangeID
    let writtenAt: UInt64
    let deeds: [Deed]
    let previous: ChangeID?
    let isContinued: Bool
    let past: Set<ChangeID>
  }

  private var entries: [ChangeID: Entry] = [:]

  public init() {}

  /// Notes a change that was written.
  ///
  /// - Parameter past: every change that had taken effect where it was written, and those of its run that came before it.
  public mutating func note(_ written: WrittenChange, past: Set<ChangeID>) {
    let header = written.change.header
    entries[written.change.id] = Entry(
      id: written.change.id, writtenAt: header.envelope.writtenAt, deeds: written.deeds, previous: header.previous,
      isContinued: header.envelope.isContinued, past: past)
  }

  public func past(of id: ChangeID) -> Set<ChangeID> {
    entries[id]?.past ?? []
  }

  /// The changes among those held whose run is complete: a last change of it is held, or it is one.
  public func applied(of held: some Sequence<ChangeID>) -> Set<ChangeID> {
    var applied: Set<ChangeID> = []
    for id in held where entries[id]?.isContinued == false {
      applied.insert(id)
      var previous = entries[id]?.previous
      while let place = previous, entries[place]?.isContinued == true {
        applied.insert(place)
        previous = entries[place]?.previous
      }
    }
    return applied
  }

  /// What the entities look like where exactly these changes have taken effect.
  public func portraits(of applied: Set<ChangeID>) -> [Reference: Portrait] {
    var histories: [Reference: EntityHistory] = [:]
    for id in applied {
      guard let entry = entries[id] else { continue }
      for deed in entry.deeds { histories[deed.entity, default: EntityHistory()].add(deed.kind, entry) }
    }
    var portraits = histories.mapValues(\.portrait)
    decideLife(of: &portraits)
    return portraits
  }

  /// Begins with those that live by themselves, and lets each living one keep alive what it refers to, until nothing changes.
  private func decideLife(of portraits: inout [Reference: Portrait]) {
    for (entity, portrait) in portraits where portrait.isCreated {
      let seenByNone = portrait.tombstones.values.reduce(Set(portrait.cells.values.flatMap(\.survivors.keys)).union(portrait.restores)) {
        $0.intersection($1)
      }
      portraits[entity]?.lives = portrait.tombstones.isEmpty || !seenByNone.isEmpty
    }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for portrait in Array(portraits.values) where portrait.lives {
        for target in portrait.references where portraits[target]?.isCreated == true && portraits[target]?.lives == false {
          portraits[target]?.lives = true
          hasChanged = true
        }
      }
    }
  }

  /// All that was ever written about one entity.
  private struct EntityHistory {
    var isCreated = false
    var writes: [CellAddress: [(entry: Entry, value: Value, over: Set<ChangeID>?)]] = [:]
    var deletes: [Entry] = []
    var restores: [Entry] = []

    mutating func add(_ kind: Deed.Kind, _ entry: Entry) {
      switch kind {
      case .create: isCreated = true
      case .set(let address, let value, let over): writes[address, default: []].append((entry, value, over))
      case .delete: deletes.append(entry)
      case .restore: restores.append(entry)
      }
    }

    var portrait: Portrait {
      var portrait = Portrait(isCreated: isCreated)
      for (address, writes) in writes {
        let surviving = writes.filter { write in
          !writes.contains { ($0.over ?? $0.entry.past).contains(write.entry.id) }
        }
        portrait.cells[address] = cell(at: address, surviving.map { ($0.entry, $0.value) })
        for write in surviving { portrait.references.formUnion(Self.references(in: write.value)) }
        if case .element(let element) = address.place, portrait.cells[address]?.shown == .bool(true) {
          portrait.references.formUnion(Self.references(in: element.value))
        }
      }
      // A delete or a restore is over every one that its writer knew.
      let lives = deletes + restores
      func survives(_ entry: Entry) -> Bool { !lives.contains { $0.past.contains(entry.id) } }
      portrait.restores = Set(restores.filter(survives).map(\.id))
      let versions = Set(portrait.cells.values.flatMap(\.survivors.keys)).union(portrait.restores)
      for tombstone in deletes where survives(tombstone) { portrait.tombstones[tombstone.id] = versions.subtracting(tombstone.past) }
      return portrait
    }

    private func cell(at address: CellAddress, _ surviving: [(entry: Entry, value: Value)]) -> Portrait.Cell {
      let survivors = Dictionary(uniqueKeysWithValues: surviving.map { ($0.entry.id, $0.value) })
      if case .element = address.place {
        let isThere = survivors.values.contains(.bool(true))
        return Portrait.Cell(survivors: survivors, shown: isThere ? .bool(true) : .null, isConflict: false)
      }
      let shown = surviving.max { left, right in
        left.entry.writtenAt == right.entry.writtenAt
          ? left.entry.id.bytes.lexicographicallyPrecedes(right.entry.id.bytes) : left.entry.writtenAt < right.entry.writtenAt
      }
      return Portrait.Cell(survivors: survivors, shown: shown?.value ?? .null, isConflict: Set(survivors.values).count > 1)
    }

    private static func references(in value: Value) -> [Reference] {
      switch value {
      case .reference(let reference): [reference]
      case .list(let values): values.flatMap(references)
      case .record(let record): record.members.flatMap { references(in: $0.value) }
      case .null, .bool, .integer, .string, .bytes, .text: []
      }
    }
  }
}

extension MemoryReplica {
  /// What the entities look like here.
  public var portraits: [Reference: Portrait] {
    let living = self.living
    var portraits: [Reference: Portrait] = [:]
    for (entity, state) in states {
      var portrait = Portrait(isCreated: state.isCreated, references: state.references, lives: living.contains(entity))
      for cell in state.cells {
        let survivors = cell.survivors.compactMap { survivor in id(of: survivor.version).map { ($0, survivor.value) } }
        portrait.cells[cell.address] = Portrait.Cell(
          survivors: Dictionary(survivors) { first, _ in first }, shown: cell.shown, isConflict: cell.isConflict)
      }
      portrait.restores = Set(state.restores.compactMap(id))
      let versions = state.versions
      for tombstone in state.tombstones {
        guard let name = id(of: tombstone.version) else { continue }
        portrait.tombstones[name] = Set(versions.subtracting(tombstone.seen).compactMap(id))
      }
      portraits[entity] = portrait
    }
    return portraits
  }
}
