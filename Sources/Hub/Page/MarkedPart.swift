#if Hub

import DictaModels

/// A part of a text, cut into pieces at whose ends quotes begin and end.
///
/// Quotes overlap and HTML's elements don't: where one ends inside another that began later, the later one is closed with it and opened again.
struct MarkedPart {
  /// A quote where it stands in the text.
  struct Placed {
    let number: Int
    let quote: Quote
    let title: String

    /// Sorted, in bytes of the text.
    let ranges: [Range<Int>]
  }

  /// The beginning of a mark.
  struct Opening {
    /// Only of the first mark of a quote, so that a link leads there.
    let id: String?
    let style: String
    let title: String
    let isInner: Bool
  }

  /// The number behind the end of a quote.
  struct Number {
    let number: Int
    let href: String
  }

  struct Piece {
    var openings: [Opening] = []
    let text: String

    /// One for each mark that ends here.
    var closings: [Bool] = []
    var numbers: [Number] = []
  }

  let pieces: [Piece]

  /// How many marks may lie in each other. What lies deeper is listed and not marked: a page grows with their product.
  private static let depthLimit = 8

  private struct Mark {
    let placed: Placed
    let range: Range<Int>
    let isFirst: Bool
    let isLast: Bool
  }

  init(_ text: ArticleText, _ part: Range<Int>, _ placed: [Placed]) {
    let marks = Self.marks(of: placed, in: part)
    let borders = Set(marks.flatMap { [$0.range.lowerBound, $0.range.upperBound] } + [part.lowerBound, part.upperBound]).sorted()
    var pieces: [Piece] = []
    var open: [Mark] = []
    var named: Set<Int> = []
    var next = 0
    for (start, end) in zip(borders, borders.dropFirst()) {
      // What begins here goes into what is open, the longer one first.
      var begun = open.count
      if let last = pieces.indices.last { begun = Self.closeEnded(&open, at: start, &pieces[last]) }
      while next < marks.count, marks[next].range.lowerBound == start {
        if open.count < Self.depthLimit { open.append(marks[next]) }
        next += 1
      }
      var piece = Piece(text: text.words(start..<end))
      for (depth, mark) in open.enumerated().dropFirst(begun) {
        let isFirst = mark.isFirst && named.insert(mark.placed.number).inserted
        piece.openings.append(
          Opening(
            id: isFirst ? "t-\(mark.placed.quote.id)" : nil, style: QuoteKind(mark.placed.quote.kind).style, title: mark.placed.title,
            isInner: depth > 0))
      }
      pieces.append(piece)
    }
    if let last = pieces.indices.last { _ = Self.closeEnded(&open, at: part.upperBound, &pieces[last]) }
    self.pieces = pieces
  }

  /// Outer ones before inner ones, where they begin together.
  private static func marks(of placed: [Placed], in part: Range<Int>) -> [Mark] {
    let marks = placed.flatMap { placed in
      placed.ranges.enumerated().compactMap { index, range -> Mark? in
        let clamped = range.clamped(to: part)
        guard !clamped.isEmpty else { return nil }
        let isLast = index == placed.ranges.count - 1 && range.upperBound == clamped.upperBound
        return Mark(placed: placed, range: clamped, isFirst: index == 0 && range.lowerBound == clamped.lowerBound, isLast: isLast)
      }
    }
    return marks.sorted { left, right in
      (left.range.lowerBound, -left.range.upperBound, left.placed.number) < (right.range.lowerBound, -right.range.upperBound, right.placed.number)
    }
  }

  /// Closes what ends at a border, and all that lies in it.
  ///
  /// - Returns: how many stay open; what is behind them in `open` has to be opened again.
  private static func closeEnded(_ open: inout [Mark], at border: Int, _ piece: inout Piece) -> Int {
    guard let outermost = open.firstIndex(where: { $0.range.upperBound <= border }) else { return open.count }
    piece.closings += open[outermost...].map { _ in true }
    for mark in open[outermost...].reversed() where mark.isLast && mark.range.upperBound <= border {
      piece.numbers.append(Number(number: mark.placed.number, href: "#q-\(mark.placed.quote.id)"))
    }
    open.removeAll { $0.range.upperBound <= border }
    return outermost
  }

  static let template = """
    {{#.openings}}<mark class="{{.style}}{{#.isInner}} inner{{/.isInner}}"{{#.id}} id="{{.}}"{{/.id}} title="{{.title}}">{{/.openings}}\
    {{.text}}\
    {{#.closings}}</mark>{{/.closings}}\
    {{#.numbers}}<a class="number" href="{{.href}}" aria-label="quote {{.number}}">{{.number}}</a>{{/.numbers}}
    """
}

extension Quote {
  /// Where the quote stands in a text, as bytes: its own anchors, or those that a placement found; none where that isn't known.
  func ranges(in text: ArticleText) -> [Range<Int>] {
    let own = segments.map(\.anchor)
    let anchors = own.contains { $0.textHash != text.hash } ? placements[ExactString(text.hash.description)]?.segments.map(\.anchor) : own
    guard let anchors, anchors.allSatisfy({ (try? text.check($0)) != nil }) else { return [] }
    return anchors.map { $0.start..<$0.end }.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
  }
}

extension ArticleText {
  /// What stands between two offsets on scalar boundaries.
  func words(_ range: Range<Int>) -> String {
    let utf8 = string.utf8
    let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    return String(string[start..<utf8.index(start, offsetBy: range.count)])
  }

  /// The part that an offset lies in: so many bytes or a few less, cut behind white space where there is some.
  func part(at offset: Int, byteCount: Int) -> Range<Int> {
    var start = 0
    while start + byteCount < utf8Count {
      let end = partEnd(near: start + byteCount)
      if offset < end { return start..<end }
      start = end
    }
    return start..<utf8Count
  }

  /// The start of the part before one that doesn't begin the text.
  func partStart(before start: Int, byteCount: Int) -> Int {
    part(at: start - 1, byteCount: byteCount).lowerBound
  }

  private func partEnd(near offset: Int) -> Int {
    let utf8 = string.utf8
    var index = utf8.index(utf8.startIndex, offsetBy: offset)
    for end in stride(from: offset, to: offset - 1000, by: -1) {
      index = utf8.index(before: index)
      if utf8[index] == UInt8(ascii: " ") || utf8[index] == UInt8(ascii: "\n") { return end }
    }
    return (0..<4).lazy.map { offset - $0 }.first(where: isScalarBoundary) ?? offset
  }
}

#endif
