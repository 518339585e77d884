/// Words, each with its look. They are laid out first and coloured last, so that a colour never counts as a column.
struct Phrase: Sendable, Equatable, ExpressibleByStringInterpolation {
  enum Look: Sendable {
    case plain, strong, quiet, marked, agreed, differing
  }

  struct Span: Sendable, Equatable {
    var text: String
    var look: Look
  }

  private(set) var spans: [Span]

  init(_ text: String, _ look: Look = .plain) {
    spans = text.isEmpty ? [] : [Span(text: text, look: look)]
  }

  init(stringLiteral text: String) {
    self.init(text)
  }

  init(_ spans: [Span]) {
    self.spans = spans
  }

  static func strong(_ text: String) -> Phrase { Phrase(text, .strong) }
  static func quiet(_ text: String) -> Phrase { Phrase(text, .quiet) }
  static func marked(_ text: String) -> Phrase { Phrase(text, .marked) }

  static func + (left: Phrase, right: Phrase) -> Phrase {
    var whole = left
    whole += right
    return whole
  }

  static func += (left: inout Phrase, right: Phrase) {
    for span in right.spans {
      if let last = left.spans.last, last.look == span.look {
        left.spans[left.spans.count - 1].text += span.text
      } else {
        left.spans.append(span)
      }
    }
  }

  /// Without any look.
  var text: String { spans.map(\.text).joined() }

  var columns: Int { TextLayout.columns(text) }

  func styled(_ style: Style) -> String {
    spans.map { span in
      switch span.look {
      case .plain: span.text
      case .strong: style.bold(span.text)
      case .quiet: style.dim(span.text)
      case .marked: style.cyan(span.text)
      case .agreed: style.green(span.text)
      case .differing: style.yellow(span.text)
      }
    }.joined()
  }
}

extension Phrase {
  /// On one line, its end left out where there is no room for it.
  func cut(to width: Int) -> Phrase {
    guard columns > width else { return self }
    var room = width - 1
    var kept: [Span] = []
    for span in spans {
      let columns = TextLayout.columns(span.text)
      guard columns > room else {
        kept.append(span)
        room -= columns
        continue
      }
      // Something behind it makes sure that the layout cuts, and its ellipsis falls into the last column.
      kept.append(Span(text: TextLayout.cut(span.text + "  ", to: room + 1), look: span.look))
      break
    }
    return Phrase(kept)
  }

  /// Lines of whole words, all but the first with room before them.
  func wrapped(to width: Int, hanging indentation: Int = 0) -> [Phrase] {
    var lines: [Phrase] = []
    var line = Phrase("")
    var used = 0
    for word in words {
      let columns = word.columns
      if used > 0, used + 1 + columns > width {
        lines.append(line)
        line = Phrase(String(repeating: " ", count: indentation))
        used = indentation
      } else if used > 0 {
        line += Phrase(" ", line.spans.last?.look == word.spans.first?.look ? word.spans.first?.look ?? .plain : .plain)
        used += 1
      }
      line += word
      used += columns
    }
    return lines + [line]
  }

  /// What stands between blanks; a word may change its look in the middle.
  private var words: [Phrase] {
    var words: [Phrase] = []
    var word = Phrase("")
    for span in spans {
      for (number, part) in span.text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if number > 0, !word.spans.isEmpty {
          words.append(word)
          word = Phrase("")
        }
        word += Phrase(TextLayout.singleLine(String(part)), span.look)
      }
    }
    return word.spans.isEmpty ? words : words + [word]
  }

  /// With blanks behind it, as wide as a column.
  func padded(to width: Int) -> Phrase {
    self + Phrase(String(repeating: " ", count: max(0, width - columns)))
  }
}
