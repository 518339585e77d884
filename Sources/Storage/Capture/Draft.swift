import DictaModels

/// An entity in a form: what it showed when it was opened, and what the person made of it.
public struct Draft<Subject: Entity>: Sendable {
  public var value: Subject
  let original: Subject
  let versions: [CellAddress: [Version]]
}

extension ReadTransaction {
  /// An entity to be changed in a form; hand it to ``WriteTransaction/save(_:)``.
  public func draft<Subject: Entity>(_ id: Identifier<Subject>) throws -> Draft<Subject> {
    let state = try livingRow(id.reference).state
    let value = try Subject(id: id, fields: state.shown, texts: text)
    let versions = Dictionary(state.cells.map { ($0.address, $0.survivors.map(\.version)) }) { $0 + $1 }
    return Draft(value: value, original: value, versions: versions)
  }
}
