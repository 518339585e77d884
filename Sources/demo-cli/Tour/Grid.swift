/// Rows of cells under each other. Columns are as wide as they need to be; the elastic ones share what room is left.
struct Grid: Sendable {
  /// What becomes of a cell that is wider than its column.
  enum Overflow { case cut, wrapped }

  private var rows: [[[Phrase]]] = []
  private let elastic: [Int]
  private let overflow: Overflow

  /// - Parameter elastic: the columns that give way, by number.
  init(elastic: Int..., overflow: Overflow = .cut) {
    self.elastic = elastic
    self.overflow = overflow
  }

  mutating func add(_ cells: Phrase...) {
    rows.append(cells.map { [$0] })
  }

  /// A row whose cells may have several lines.
  mutating func add(tall cells: [[Phrase]]) {
    rows.append(cells)
  }

  func lines(width: Int) -> [Phrase] {
    let widths = columnWidths(within: width)
    return rows.flatMap { row in
      let cells = zip(row, widths).map { cell, width in
        cell.flatMap { overflow == .cut ? [$0.cut(to: width)] : $0.wrapped(to: width) }
      }
      return (0..<(cells.map(\.count).max() ?? 0)).map { number in
        var line = Phrase("")
        var gap = 0
        for (cell, width) in zip(cells, widths) {
          let phrase = number < cell.count ? cell[number] : ""
          // Blanks are written only before something, so that no line ends in them.
          if !phrase.spans.isEmpty {
            line += Phrase(String(repeating: " ", count: gap)) + phrase
            gap = -phrase.columns
          }
          gap += width + Self.gutter
        }
        return line
      }
    }
  }

  private static let gutter = 2

  private func columnWidths(within width: Int) -> [Int] {
    let count = rows.map(\.count).max() ?? 0
    var widths = (0..<count).map { column in
      rows.flatMap { column < $0.count ? $0[column] : [] }.map(\.columns).max() ?? 0
    }
    func excess() -> Int { widths.reduce(0, +) + Self.gutter * (count - 1) - width }
    while excess() > 0, let widest = elastic.max(by: { widths[$0] < widths[$1] }), widths[widest] > 12 { widths[widest] -= 1 }
    return widths
  }
}
