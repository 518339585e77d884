/// Two texts in two columns, each under its heading.
struct SideBySide: Sendable {
  let left: (heading: [Phrase], text: Phrase)
  let right: (heading: [Phrase], text: Phrase)

  func lines(width: Int) -> [Phrase] {
    let column = (width - 3) / 2
    let headings = [left, right].map { $0.heading.flatMap { $0.wrapped(to: column) } }
    // Both texts begin on one line.
    let height = headings.map(\.count).max() ?? 0
    func lines(_ heading: [Phrase], _ text: Phrase) -> [Phrase] {
      heading + Array(repeating: "", count: height - heading.count) + text.wrapped(to: column)
    }
    let (left, right) = (lines(headings[0], left.text), lines(headings[1], right.text))
    return (0..<max(left.count, right.count)).map { number in
      let leftLine = number < left.count ? left[number] : ""
      let rightLine = number < right.count ? right[number] : ""
      return leftLine.padded(to: column) + .quiet(rightLine.spans.isEmpty ? " │" : " │ ") + rightLine
    }
  }
}
