import DictaModels

/// A text in which quotes are marked: `⟦words⟧¹`.
struct MarkedText {
  /// With the marks.
  let string: String

  /// The quotes in the order in which they begin in the text, numbered from 1; those whose place in it isn't known come last, without.
  let numbered: [(number: Int?, quote: Quote)]

  private static let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")

  /// Something that is put between two bytes.
  private struct Mark {
    let offset: Int
    let rank: Int
    let text: String
  }

  /// - Parameters:
  ///   - window: the bytes to show, on scalar boundaries; nil for all.
  ///   - isNumbered: whether every quote has its number behind it.
  init(_ text: ArticleText, _ quotes: [Quote], window: Range<Int>? = nil, isNumbered: Bool = true) {
    let placed = quotes.map { (quote: $0, ranges: $0.ranges(in: text)) }
    let found = placed.filter { !$0.ranges.isEmpty }.sorted { left, right in
      let (one, other) = (left.ranges[0], right.ranges[0])
      return (one.lowerBound, -one.count) < (other.lowerBound, -other.count)
    }
    let lost = placed.filter(\.ranges.isEmpty).map(\.quote)
    numbered = found.enumerated().map { ($0 + 1, $1.quote) } + lost.map { (nil, $0) }

    // At one place what ends there comes before what begins, the inner end before the outer, the outer beginning before the inner.
    var marks: [Mark] = []
    for (index, entry) in found.enumerated() {
      for range in entry.ranges {
        marks.append(Mark(offset: range.lowerBound, rank: text.utf8Count * 2 - range.count, text: "⟦"))
        let number = isNumbered ? Self.superscript(index + 1) : ""
        marks.append(Mark(offset: range.upperBound, rank: range.count - text.utf8Count, text: "⟧" + number))
      }
    }
    marks.sort { ($0.offset, $0.rank) < ($1.offset, $1.rank) }
    string = Self.insert(marks, into: text, window ?? 0..<text.utf8Count)
  }

  private static func insert(_ marks: [Mark], into text: ArticleText, _ window: Range<Int>) -> String {
    let utf8 = text.string.utf8
    var offset = window.lowerBound
    var position = utf8.index(utf8.startIndex, offsetBy: offset)
    var result = offset > 0 ? "…" : ""
    for mark in marks where window.lowerBound...window.upperBound ~= mark.offset {
      let next = utf8.index(position, offsetBy: mark.offset - offset)
      result += text.string[position..<next] + mark.text
      (position, offset) = (next, mark.offset)
    }
    let end = utf8.index(position, offsetBy: window.upperBound - offset)
    return result + text.string[position..<end] + (window.upperBound < text.utf8Count ? "…" : "")
  }

  static func superscript(_ number: Int) -> String {
    String("\(number)".compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }

  /// Makes the marks of a line stand out.
  static func highlight(_ line: String, _ style: Style) -> String {
    var result = ""
    var marks = ""
    for character in line {
      if character == "⟦" || character == "⟧" || digits.contains(character) {
        marks.append(character)
        continue
      }
      result += style.cyan(marks)
      marks = ""
      result.append(character)
    }
    return result + style.cyan(marks)
  }
}

extension Quote {
  /// Where the quote stands in a text, as bytes: its own anchors, or those that a placement found; none where that isn't known.
  func ranges(in text: ArticleText) -> [Range<Int>] {
    let own = segments.map(\.anchor)
    let anchors = own.contains { $0.textHash != text.hash } ? placements[ExactString(text.hash.description)]?.segments.map(\.anchor) : own
    guard let anchors, anchors.allSatisfy({ (try? text.check($0)) != nil }) else { return [] }
    return anchors.map { $0.start..<$0.end }.sorted { $0.lowerBound < $1.lowerBound }
  }
}

extension ArticleText {
  /// A range of bytes and at most so many scalars on either side of it, cut at white space.
  func window(around range: Range<Int>, scalarCount: Int) -> Range<Int> {
    let utf8 = string.utf8
    let scalars = string.unicodeScalars
    let lower = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    let upper = utf8.index(lower, offsetBy: range.count)
    var start = scalars.index(lower, offsetBy: -scalarCount, limitedBy: scalars.startIndex) ?? scalars.startIndex
    var end = scalars.index(upper, offsetBy: scalarCount, limitedBy: scalars.endIndex) ?? scalars.endIndex
    if start > scalars.startIndex, let space = scalars[start..<lower].firstIndex(where: \.properties.isWhitespace) {
      start = scalars.index(after: space)
    }
    if end < scalars.endIndex, let space = scalars[upper..<end].lastIndex(where: \.properties.isWhitespace) { end = space }
    return utf8.distance(from: utf8.startIndex, to: start)..<utf8.distance(from: utf8.startIndex, to: end)
  }
}
