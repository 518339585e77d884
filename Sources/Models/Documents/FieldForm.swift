/// How a field is spelled where it stands alone, as after `edit`, and not inside its entity's JSON.
package struct FieldForm: Sendable {
  package enum Arrangement: Sendable { case single, set, map }

  /// A choice, a date, an id or any words stand as they are; everything else is JSON.
  package enum Spelling: Sendable { case verbatim, json }

  package let arrangement: Arrangement

  /// Of the value, or of each element or entry.
  package let spelling: Spelling

  /// Whether an entity of the type can't do without the field.
  package let isRequired: Bool
}

extension EntityType {
  /// How a field of this type is spelled; nil for one that this version doesn't know.
  package func form(of field: ExactString) -> FieldForm? {
    guard let schema = schema(of: field) else { return nil }
    switch schema.arrangement {
    case .single(let shape): return FieldForm(arrangement: .single, spelling: shape.spelling, isRequired: schema.isRequired)
    case .set(let shape): return FieldForm(arrangement: .set, spelling: shape.spelling, isRequired: schema.isRequired)
    case .map(let shape): return FieldForm(arrangement: .map, spelling: shape.spelling, isRequired: schema.isRequired)
    }
  }

  /// The names of the known fields, in the order of their bytes.
  package var fieldNames: [ExactString] { schema.map(\.name).sorted() }
}

extension Shape {
  fileprivate var spelling: FieldForm.Spelling {
    switch self {
    case .string, .date, .choice, .reference, .content, .textHash: .verbatim
    case .integer, .flag, .list, .record, .oneOf: .json
    }
  }
}
