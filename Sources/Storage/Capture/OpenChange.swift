// What the change that isn't sealed yet does so far, entity by entity.

import DictaModels

/// Invariant: an entity has at most one group in it.
///
/// A new entity is encoded at once, and nothing of it is kept but its bytes: nearly always nothing else is done to it in the same change. Where
/// something is, everything that was encoded becomes groups again. So groups of new entities stand before all others.
struct OpenChange {
  /// What it does to one entity.
  final class OpenGroup {
    var action: Group.Action

    /// The state that the change found, with what sealed changes of the run say by now.
    var before: EntityState
    fileprivate(set) var ops: [OpenOp]
    let seen: [Version]
    var overwrites: [Version]

    /// Of a delete: what stood in its place, and the state that it found.
    var deleted: (group: OpenGroup, state: EntityState)?

    init(action: Group.Action, before: EntityState, ops: [OpenOp] = [], overwrites: [Version] = [], seen: [Version] = []) {
      (self.action, self.before, self.ops, self.overwrites, self.seen) = (action, before, ops, overwrites, seen)
    }

    var isEmpty: Bool { action == .edit && ops.isEmpty }

    func op(at address: CellAddress) -> OpenOp? { ops.last { $0.address == address } }

    /// Nil takes an op back.
    func put(_ op: OpenOp?, at address: CellAddress) {
      // They come in order, nearly always.
      var index = ops.count
      while index > 0, address < ops[index - 1].address { index -= 1 }
      let isThere = index > 0 && ops[index - 1].address == address
      if isThere { ops.remove(at: index - 1) }
      if let op { ops.insert(op, at: isThere ? index - 1 : index) }
    }
  }

  struct OpenOp {
    let address: CellAddress
    let value: Value
    let overwrites: [Version]
  }

  private var newcomers = BodyWriter()
  private var mayEncode = true

  private var groups: [Reference: OpenGroup] = [:]
  private var order: [Reference] = []

  /// The one that was opened last: all ops of an entity come one after the other, nearly always.
  private var latest: (entity: Reference, group: OpenGroup)?

  /// About how many bytes its body will have.
  var byteCount = 0

  /// Texts that it is the first to name: they travel with it.
  private(set) var texts: Set<TextHash> = []
  private(set) var textByteCount = 0

  var isEmpty: Bool { newcomers.isEmpty && groups.values.allSatisfy(\.isEmpty) }
  var firstEntity: Reference? { newcomers.table.entities.first ?? order.first }
  var lastEntity: Reference? { order.last ?? newcomers.table.entities.last }

  func group(of entity: Reference) -> OpenGroup? {
    if let latest, latest.entity == entity { return latest.group }
    return groups[entity]
  }

  /// - Parameters:
  ///   - state: the entity's present state.
  ///   - version: the one that this change writes.
  mutating func group(of entity: Reference, in state: EntityState, version: Version) throws -> OpenGroup? {
    if !newcomers.isEmpty, state.isWritten(by: version), newcomers.table.names(entity) { try decodeNewcomers() }
    return group(of: entity)
  }

  mutating func open(_ entity: Reference, _ group: OpenGroup) {
    put(group, of: entity)
    order.append(entity)
    byteCount += 32
  }

  mutating func put(_ group: OpenGroup, of entity: Reference) {
    groups[entity] = group
    latest = (entity, group)
  }

  /// Forgets all that it does to an entity.
  mutating func remove(_ entity: Reference) -> OpenGroup? {
    order.removeAll { $0 == entity }
    if latest?.entity == entity { latest = nil }
    return groups.removeValue(forKey: entity)
  }

  mutating func create(_ entity: Reference, _ fields: Fields) {
    guard mayEncode else {
      let ops = fields.cells.map { OpenOp(address: $0.address, value: $0.value, overwrites: []) }
      return open(entity, OpenGroup(action: .create, before: EntityState(), ops: ops))
    }
    newcomers.append(entity, .create) { ops in
      for cell in fields.cells { ops.appendOp(cell.address, cell.value, overwrites: []) }
    }
  }

  private mutating func decodeNewcomers() throws {
    let later = order
    order = []
    for group in try Body(bytes: newcomers.finish(lines: []).bytes).groups {
      let ops = group.ops.map { OpenOp(address: $0.address, value: $0.value, overwrites: []) }
      groups[group.entity] = OpenGroup(action: .create, before: EntityState(), ops: ops)
      order.append(group.entity)
    }
    order += later
    newcomers = BodyWriter()
    mayEncode = false
  }

  /// Notes that it names these texts.
  ///
  /// - Parameter byteCount: how large one is, if no change in the log names it yet; else 0.
  mutating func note(_ hash: TextHash, byteCount: (TextHash) -> Int) {
    if texts.insert(hash).inserted { textByteCount += byteCount(hash) }
  }

  /// - Parameter lines: names the versions that its ops overwrite.
  mutating func encode(_ lines: inout LineIndex) throws -> BodyWriter.Encoded {
    var writer = newcomers
    newcomers = BodyWriter()
    for entity in order {
      guard let open = groups[entity], !open.isEmpty else { continue }
      let overwrites = try open.overwrites.sorted().map { try lines.name($0) }
      let seen = try open.seen.map { try lines.name($0) }
      try writer.append(entity, open.action, overwrites: overwrites, seen: seen) { ops in
        for op in open.ops { ops.appendOp(op.address, op.value, overwrites: try op.overwrites.sorted().map { try lines.name($0) }) }
      }
    }
    return writer.finish(lines: lines.further)
  }
}

extension EntityState {
  /// Whether a change with this version may have written anything of it.
  fileprivate func isWritten(by version: Version) -> Bool {
    if cells.isEmpty { return true }
    return cells.contains { $0.first.version == version || $0.others.contains { $0.version == version } }
      || tombstones.contains { $0.version == version } || restores.contains(version)
  }
}
