import DictaModels
import DictaStorage

// How the tour tells what was written.

extension HistoryEntry {
  /// `text`, or what was done to the whole entity.
  var field: String { address?.field.string ?? action.rawValue }

  /// What was written there.
  var written: Phrase {
    switch (action, address?.place) {
    case (.add, .element(let element)?): Phrase("+ \(element.value.words)")
    case (.remove, .element(let element)?): Phrase("− \(element.value.words)")
    default: Phrase(new.words)
    }
  }
}

extension Value {
  /// For people: strings in quotation marks, a record's members by name.
  var words: String {
    switch self {
    case .null: ""
    case .string(let string): "“\(string)”"
    case .record(let record): record.members.map { "\($0.name) \($0.value.bareWords)" }.joined(separator: " ")
    case .list(let values): values.map(\.words).joined(separator: ", ")
    case .bool(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .reference(let reference): reference.description
    case .text(let hash): hash.description
    case .bytes(let bytes): "\(bytes.count) bytes"
    }
  }

  private var bareWords: String {
    if case .string(let string) = self { string.string } else { words }
  }
}
