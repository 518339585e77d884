import DictaModels

/// All there is to see of one entity: a heading, labelled facts, and sections.
struct Page {
  private struct Fact {
    let label: String
    let value: String
  }

  private enum Part {
    case facts([Fact])
    case paragraph(String, indent: Int, look: (String) -> String)
    case section(String)
    case table(Table)
  }

  private let heading: String
  private var parts: [Part] = []

  init(_ heading: String) {
    self.heading = heading
  }

  /// A labelled line; none where there is nothing to say.
  mutating func fact(_ label: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    let fact = Fact(label: label, value: value)
    if case .facts(let facts)? = parts.last {
      parts[parts.count - 1] = .facts(facts + [fact])
    } else {
      parts.append(.facts([fact]))
    }
  }

  mutating func fact(_ label: String, each values: [String]) {
    for (index, value) in values.enumerated() { fact(index == 0 ? label : "", value) }
  }

  mutating func section(_ title: String) {
    parts.append(.section(title))
  }

  /// - Parameter look: applied to each line after it was fitted in.
  mutating func paragraph(_ text: String, indent: Int = 2, look: @escaping (String) -> String = { $0 }) {
    parts.append(.paragraph(text, indent: indent, look: look))
  }

  mutating func table(_ table: Table) {
    parts.append(.table(table))
  }

  /// What every entity has besides.
  mutating func remarks(of entity: some Entity) {
    fact("note", entity.note)
    fact("tags", entity.tags.sorted().map(\.string).joined(separator: ", "))
    fact("id", entity.id.description)
    if !entity.other.isEmpty { fact("unknown", "\(entity.other.names.map(\.string).joined(separator: ", ")) (see --json)") }
  }

  func text(width: Int, style: Style) -> String {
    var lines = TextLayout.wrap(heading, to: width).map(style.bold)
    for part in parts {
      switch part {
      case .facts(let facts):
        let labelWidth = (facts.map(\.label.count).max() ?? 0) + 2
        for fact in facts {
          // A URL or a hash is of use only as a whole.
          let isOneWord = !fact.value.contains(where: \.isWhitespace)
          let folded = isOneWord ? [TextLayout.singleLine(fact.value)] : TextLayout.wrap(fact.value, to: width - labelWidth - 2)
          for (index, line) in folded.enumerated() {
            let label = index == 0 ? fact.label : ""
            lines.append("  " + style.dim(label) + String(repeating: " ", count: labelWidth - label.count) + line)
          }
        }
      case .paragraph(let text, let indent, let look):
        var wrapped = TextLayout.wrap(text, to: width - indent).drop { $0.isEmpty }
        while wrapped.last?.isEmpty == true { wrapped.removeLast() }
        lines += wrapped.map { $0.isEmpty ? "" : String(repeating: " ", count: indent) + look($0) }
      case .section(let title):
        lines += ["", style.bold(title)]
      case .table(let table):
        let text = table.text(width: width - 2, style: style)
        lines += text.split(separator: "\n").map { "  " + $0 }
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension Style {
  /// As it is, where a look has to be chosen.
  func plain(_ text: String) -> String { text }
}
