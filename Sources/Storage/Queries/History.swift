import DictaModels
import GRDB

/// One thing that was done to an entity.
public struct HistoryEntry: Sendable {
  public enum Action: String, Sendable {
    case create, set, add, remove, delete, restore
  }

  public let version: ChangeID
  public let origin: Origin
  public let sequence: UInt64
  public let writtenAt: UInt64
  public let device: String
  public let author: String?
  public let note: String?

  /// Nil for what concerns the whole entity: create, delete, restore.
  public let address: CellAddress?
  public let action: Action

  /// The values it was written over; several if it ended a conflict. Those that were dropped are left out.
  public let old: [Value]

  /// Null if it was dropped.
  public let new: Value

  /// Whether `compact` has dropped the value, which was overwritten.
  public let isDropped: Bool
}

extension ReadTransaction {
  /// Everything that was done to an entity, oldest first, in an order in which causes come before effects.
  ///
  /// - Complexity: O(bytes in the log): changes are found by looking for the id in their bodies.
  public func history(of entity: Reference) throws -> [HistoryEntry] {
    var entries: [HistoryEntry] = []
    var values: [CellAddress: [Version: Value]] = [:]
    for version in try log.changes(holding: entity.id) {
      guard branches.all.indices.contains(version.branch), branches.isApplied(version) else { continue }
      let row = try log.row(version)
      let body = try row.held.content()
      guard let group = body.groups.first(where: { $0.entity == entity }) else { continue }
      let envelope = try Header.Envelope(bytes: row.envelope)
      let lines = try lines(of: version, envelope, body)
      let device = try device(of: version.branch)
      func add(_ address: CellAddress?, _ action: HistoryEntry.Action, _ old: [Value], _ new: Value, isDropped: Bool = false) {
        entries.append(
          HistoryEntry(
            version: row.id, origin: branches[version.branch].origin, sequence: version.sequence, writtenAt: envelope.writtenAt, device: device,
            author: envelope.author, note: envelope.note, address: address, action: action, old: old, new: new,
            isDropped: isDropped))
      }
      switch group.action {
      case .create: add(nil, .create, [], .null)
      case .delete: add(nil, .delete, [], .null)
      case .restore: add(nil, .restore, [], .null)
      case .edit: break
      }
      for op in group.ops {
        let old = try op.overwrites.compactMap { values[op.address]?[try lines.version($0, in: branches)] }
        if !group.isDropped { values[op.address, default: [:]][version] = op.value }
        if case .element(let element) = op.address.place {
          // What is added or removed is the element itself.
          if op.value.isNull { add(op.address, .remove, [element.value], .null) } else { add(op.address, .add, [], element.value) }
        } else {
          add(op.address, .set, old, op.value, isDropped: group.isDropped)
        }
      }
    }
    return entries
  }

  /// The ends of the lines by which a change that has taken effect names versions.
  func lines(of version: Version, _ envelope: Header.Envelope, _ body: Body) throws -> Lines {
    let previous = version.sequence == 1 ? nil : branches.version(on: version.branch, at: version.sequence - 1)
    let ends = try (envelope.dependencies + body.lines).map { try log.find($0, in: branches).orDamaged("a line of change \(version.sequence)") }
    return Lines(ends: [previous] + ends)
  }
}
