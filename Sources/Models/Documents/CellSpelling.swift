// How a cell is named to people and scripts: in histories, conflicts and errors.

extension CellAddress: CustomStringConvertible {
  /// `text`, `aliases["Lavrov"]`, `externalIDs.wikidata`
  public var description: String {
    switch place {
    case .field: field.string
    case .key(let key): "\(field).\(key)"
    case .element(let element):
      "\(field)[\(EntityJSONWriter.spelling(of: element.value))]"
    }
  }
}
