import Foundation

/// A word as full-text search sees it, and where it stands.
struct SearchToken {
  let folded: String
  let range: Range<String.Index>

  /// Runs of letters and digits, without case and diacritics: what FTS5's tokenizer `unicode61` makes of a text.
  static func tokens(of text: String) -> [SearchToken] {
    var tokens: [SearchToken] = []
    var start: String.Index?
    let scalars = text.unicodeScalars
    for index in scalars.indices {
      if isWordScalar(scalars[index], within: start != nil) {
        if start == nil { start = index }
      } else if let begin = start {
        tokens.append(SearchToken(folded: fold(text[begin..<index]), range: begin..<index))
        start = nil
      }
    }
    if let start { tokens.append(SearchToken(folded: fold(text[start...]), range: start..<text.endIndex)) }
    return tokens
  }

  private static func isWordScalar(_ scalar: Unicode.Scalar, within word: Bool) -> Bool {
    if scalar.isASCII { return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber, .otherNumber,
      .privateUse:
      return true
    // A combining mark belongs to the word it stands in.
    case .nonspacingMark: return word
    default: return false
    }
  }

  private static func fold(_ word: Substring) -> String {
    if word.utf8.allSatisfy({ $0 < 128 }) { return word.lowercased() }
    let decomposed = word.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars
    return String(String.UnicodeScalarView(decomposed.filter { $0.properties.generalCategory != .nonspacingMark }))
  }
}

/// A few words of a text around what was searched for.
enum Snippet {
  private static let wordCount = 18

  /// The stretch with the most different terms, each match between ⟦ and ⟧, an ellipsis where words are left out.
  static func of(_ text: String, matching query: SearchQuery) -> String {
    let tokens = SearchToken.tokens(of: text)
    guard !tokens.isEmpty else { return "" }
    let matches = matches(tokens, query)
    let window = bestWindow(tokens.count, matches)
    let starts = Dictionary(matches.map { ($0.tokens.lowerBound, $0.tokens.upperBound) }) { max($0, $1) }
    var result = window.lowerBound > 0 ? "…" : ""
    var position = window.lowerBound > 0 ? tokens[window.lowerBound].range.lowerBound : text.startIndex
    var index = window.lowerBound
    while index < window.upperBound {
      guard let end = starts[index] else {
        index += 1
        continue
      }
      let last = tokens[min(end, tokens.count) - 1].range.upperBound
      result += text[position..<tokens[index].range.lowerBound] + "⟦" + text[tokens[index].range.lowerBound..<last] + "⟧"
      position = last
      index = end
    }
    let isCut = window.upperBound < tokens.count
    let end = isCut ? max(position, tokens[window.upperBound - 1].range.upperBound) : text.endIndex
    result += text[position..<end] + (isCut ? "…" : "")
    return result.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static func matches(_ tokens: [SearchToken], _ query: SearchQuery) -> [(term: Int, tokens: Range<Int>)] {
    var matches: [(term: Int, tokens: Range<Int>)] = []
    for (number, term) in query.terms.enumerated() where term.words.count <= tokens.count {
      for start in 0...(tokens.count - term.words.count) {
        let isMatch = term.words.indices.allSatisfy { offset in
          let word = tokens[start + offset].folded
          let isLast = offset == term.words.count - 1
          return term.isPrefix && isLast ? word.hasPrefix(term.words[offset]) : word == term.words[offset]
        }
        if isMatch { matches.append((number, start..<start + term.words.count)) }
      }
    }
    return matches.sorted { $0.tokens.lowerBound < $1.tokens.lowerBound }
  }

  private static func bestWindow(_ count: Int, _ matches: [(term: Int, tokens: Range<Int>)]) -> Range<Int> {
    guard count > wordCount else { return 0..<count }
    var best = (start: 0, terms: 0)
    for (index, match) in matches.enumerated() {
      let end = match.tokens.lowerBound + wordCount
      let terms = Set(matches[index...].prefix { $0.tokens.upperBound <= end }.map(\.term)).count
      if terms > best.terms { best = (match.tokens.lowerBound, terms) }
    }
    // A little of what comes before makes the match readable; at the end of a text a little more, but not so much that a narrow column cuts the
    // match off.
    let start = max(0, min(best.start - 4, count - wordCount), best.start - 7)
    return start..<min(count, start + wordCount)
  }
}
