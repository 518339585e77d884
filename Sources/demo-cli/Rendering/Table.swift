/// Rows under headings, each column as wide as it needs to be, the last ones cut or wrapped to the window.
struct Table {
  /// A cell's words, and how they look.
  struct Cell {
    let text: String
    var look: (String) -> String = { $0 }
  }

  private let headings: [String]
  private var rows: [[Cell]] = []

  init(_ headings: String...) {
    self.headings = headings
  }

  init(headings: [String]) {
    self.headings = headings
  }

  mutating func add(_ cells: String...) {
    rows.append(cells.map { Cell(text: $0) })
  }

  mutating func add(_ cells: [Cell]) {
    rows.append(cells)
  }

  var isEmpty: Bool { rows.isEmpty }

  /// - Parameter wrapping: whether long cells go on in the next line; otherwise they are cut with an ellipsis.
  func text(width: Int = Terminal.width, style: Style = Style(), wrapping: Bool = false) -> String {
    let widths = columnWidths(within: width)
    var lines = [line(headings.map { Cell(text: $0) }, widths) { style.dim($0) }]
    for row in rows {
      let folded = zip(row, widths).map { cell, width in
        wrapping ? TextLayout.wrap(cell.text, to: width) : [TextLayout.cut(TextLayout.singleLine(cell.text), to: width)]
      }
      for index in 0..<(folded.map(\.count).max() ?? 0) {
        let cells = zip(row, folded).map { cell, lines in Cell(text: index < lines.count ? lines[index] : "", look: cell.look) }
        lines.append(line(cells, widths) { $0 })
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ cells: [Cell], _ widths: [Int], look: (String) -> String) -> String {
    var line = ""
    for (index, (cell, width)) in zip(cells, widths).enumerated() {
      let padding = index == cells.count - 1 ? "" : String(repeating: " ", count: max(0, width - TextLayout.columns(cell.text)) + 2)
      line += look(cell.look(cell.text)) + padding
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Natural widths, of which the widest give way until all fit.
  private func columnWidths(within width: Int) -> [Int] {
    var widths = headings.indices.map { column in
      max(TextLayout.columns(headings[column]), rows.map { TextLayout.columns(TextLayout.singleLine($0[column].text)) }.max() ?? 0)
    }
    while widths.reduce(0, +) + 2 * (widths.count - 1) > width, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > 12
    {
      widths[widest] -= 1
    }
    return widths
  }
}

/// Fitting words into columns.
enum TextLayout {
  /// How many columns a terminal needs for it: two for most East Asian characters and emoji, one for the rest.
  static func columns(_ text: String) -> Int {
    text.reduce(0) { $0 + columns($1) }
  }

  private static func columns(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first, !character.isASCII else { return 1 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe4f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }

  /// Without line breaks, and without control characters that would move a terminal's cursor.
  static func singleLine(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "�" : $0 })
  }

  static func cut(_ text: String, to width: Int) -> String {
    guard columns(text) > width else { return text }
    var result = ""
    var used = 0
    for character in text {
      used += columns(character)
      if used > width - 1 { break }
      result.append(character)
    }
    return result + "…"
  }

  /// Lines of whole words; a word longer than a line is cut.
  static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      var line = ""
      for word in singleLine(String(paragraph)).split(separator: " ") {
        let word = cut(String(word), to: width)
        if line.isEmpty {
          line = word
        } else if columns(line) + 1 + columns(word) <= width {
          line += " " + word
        } else {
          lines.append(line)
          line = word
        }
      }
      lines.append(line)
    }
    return lines
  }
}
