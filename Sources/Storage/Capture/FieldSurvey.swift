import DictaModels

/// What has to be known of fields before they are written, found in one walk through them.
struct FieldSurvey {
  /// At least what they take in a body.
  private(set) var byteCount = 32

  /// Every reference in what is written, as often as it stands there.
  private(set) var references: [FieldReference] = []
  private var values = ValueSurvey()

  /// The texts that are named, as often as they are.
  var texts: [TextHash] { values.texts }

  /// Adds a cell to be written.
  ///
  /// - Returns: whether readers take it.
  mutating func add(_ address: CellAddress, _ value: Value) -> Bool {
    let (found, size) = (values.references.count, values.byteCount)
    var isTaken = values.add(value)
    if case .element(let element) = address.place, !value.isNull { isTaken = values.add(element.value) && isTaken }
    for reference in values.references[found...] { references.append(FieldReference(field: address.field, target: reference)) }
    byteCount += values.byteCount - size + address.byteCount
    return isTaken
  }
}

extension CellAddress {
  /// At least what it takes in a body.
  var byteCount: Int {
    switch place {
    case .field: field.string.utf8.count + 8
    case .element(let element): field.string.utf8.count + 8 + element.bytes.count
    case .key(let key): field.string.utf8.count + 8 + key.string.utf8.count
    }
  }
}
