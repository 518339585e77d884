// How people end conflicts.

import DictaModels

extension WriteTransaction {
  /// Ends a conflict with the value that one of its versions wrote.
  public func resolve(_ address: CellAddress, of entity: Reference, keeping version: ChangeID) throws {
    let state = try livingRow(entity).state
    guard let cell = state.cells.first(where: { $0.address == address }), cell.isConflict else {
      throw ArchiveError.noConflict(entity, field: address.description)
    }
    guard let survivor = try cell.survivors.first(where: { try id(of: $0.version) == version }) else {
      throw ArchiveError.noSuchVersion(entity, field: address.description)
    }
    try write([(address, survivor.value)], to: entity)
  }

  /// Decides whether an entity that was deleted by somebody and kept alive by somebody else lives.
  public func resolveLife(of entity: Reference, lives: Bool) throws {
    guard let row = try row(entity), row.life == .livesDespiteTombstone else { throw ArchiveError.noConflict(entity, field: "life") }
    if lives { try restore(entity) } else { try delete(entity) }
  }
}
