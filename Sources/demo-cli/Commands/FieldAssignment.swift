import DictaModels

/// One change of one field as the command line spells it: `FIELD=VALUE`, `FIELD+=VALUE`, `FIELD-=VALUE`, `FIELD.KEY=VALUE`.
struct FieldAssignment: Sendable {
  enum Operation: Sendable { case set, add, remove }

  let field: ExactString

  /// The entry of a map that is meant.
  let key: ExactString?
  let operation: Operation
  let value: String

  init(_ spelling: String) throws {
    let parts = spelling.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let name = parts.first, !name.isEmpty else {
      throw CommandFailure(
        .usage, "“\(spelling)” is no change of a field", hint: "write FIELD=VALUE, FIELD+=VALUE, FIELD-=VALUE or FIELD.KEY=VALUE")
    }
    operation = name.hasSuffix("+") ? .add : name.hasSuffix("-") ? .remove : .set
    let path = (operation == .set ? name : name.dropLast()).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    field = ExactString(String(path[0]))
    key = path.count > 1 ? ExactString(String(path[1])) : nil
    value = String(parts[1])
  }

  /// The field and its key, as histories and conflicts name them.
  var place: String { key.map { "\(field).\($0)" } ?? field.string }
}
