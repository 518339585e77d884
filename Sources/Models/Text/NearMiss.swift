// Says what stands in a text instead of words that aren't there byte for byte, so that whoever mistyped or mispasted them can see it.
// All of it is linear in the text: words may come from anywhere, and this runs for each that isn't found.

enum NearMiss {
  /// Only that many words are looked for when no place agrees in all but typography; each word of the text is compared with all of them.
  private static let wordLimit = 64

  /// The place that comes nearest to `exact`: the first that differs only in what `Folding` folds, or else the first that shares the
  /// longest run of words with it. Nil where nothing comes near.
  static func search(for exact: String, in text: ArticleText) -> NearestPlace? {
    guard exact.utf8.count <= ArticleText.byteLimit else { return nil }
    var folding = Folding()
    let wanted = folding.fold(exact)
    guard !wanted.trimmed.isEmpty else { return nil }
    let folded = text.withUTF8 { folding.fold($0) }

    if let start = firstOffset(of: Array(wanted.units[wanted.trimmed]), in: folded.units) {
      let range = start..<start + wanted.trimmed.count
      return place(
        folded.byteRange(of: range), in: text,
        differingIn: differences(between: exact, wanted, wanted.trimmed, and: text, folded, range))
    }
    return sharedWords(wanted, folded).map { place(folded.byteRange(of: $0), in: text, differingIn: ["some words"]) }
  }

  private static func place(_ bytes: Range<Int>, in text: ArticleText, differingIn kinds: [String]) -> NearestPlace {
    let difference = kinds.count < 2 ? kinds.joined() : kinds.dropLast().joined(separator: ", ") + " and " + kinds[kinds.count - 1]
    return NearestPlace(start: bytes.lowerBound, end: bytes.upperBound, exact: text.string(in: bytes), difference: difference)
  }

  private static func firstOffset(of pattern: [Folding.Unit], in units: [Folding.Unit]) -> Int? {
    var first: Int?
    units.withUnsafeBufferPointer {
      PatternSearch(pattern).forEachOffset(in: $0) { offset in
        first = offset
        return false
      }
    }
    return first
  }

  // MARK: - Typography

  private enum Difference: String, CaseIterable {
    case quotationMarks = "quotation marks"
    case whiteSpace = "white space"
    case dashes
    case ellipses
    case invisible = "invisible characters"
    case normalisation
    case letterCase = "case"
  }

  /// The kinds of difference between two stretches of equal units.
  private static func differences(
    between exact: String, _ wanted: FoldedText, _ wantedRange: Range<Int>,
    and text: ArticleText, _ folded: FoldedText, _ foundRange: Range<Int>
  ) -> [String] {
    var kinds: Set<Difference> = []
    if wantedRange.count < wanted.units.count { kinds.insert(.whiteSpace) }
    var exact = exact
    exact.withUTF8 { exact in
      text.withUTF8 { bytes in
        for (wantedIndex, foundIndex) in zip(wantedRange, foundRange) {
          let left = exact[wanted.byteRange(of: wantedIndex..<wantedIndex + 1)]
          let right = bytes[folded.byteRange(of: foundIndex..<foundIndex + 1)]
          if left.elementsEqual(right) { continue }
          kinds.insert(difference(left, right, in: wanted.units[wantedIndex]))
        }
      }
    }
    // The words begin with something left out, which belongs to no unit.
    if kinds.isEmpty { kinds.insert(.invisible) }
    return Difference.allCases.filter(kinds.contains).map(\.rawValue)
  }

  private static func difference(
    _ left: Slice<UnsafeBufferPointer<UInt8>>, _ right: Slice<UnsafeBufferPointer<UInt8>>, in unit: Folding.Unit
  ) -> Difference {
    switch unit {
    case .space: return .whiteSpace
    case .quotationMark: return .quotationMarks
    case .dash: return .dashes
    case .ellipsis: return .ellipses
    default:
      let left = String(decoding: left, as: UTF8.self)
      let right = String(decoding: right, as: UTF8.self)
      if left == right { return .normalisation }
      return left.unicodeScalars.first == right.unicodeScalars.first ? .invisible : .letterCase
    }
  }

  // MARK: - Words

  /// A word's units, told by a hash: should two words ever share one, a reader is shown a place that is less near than it might be.
  private struct Word {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var range: Range<Int>
  }

  /// The units of the window in `folded` that shares the longest run of words with `wanted` and has as many words before and after it.
  ///
  /// Nil unless the run is three words, or half of those wanted.
  private static func sharedWords(_ wanted: FoldedText, _ folded: FoldedText) -> Range<Int>? {
    var pattern: [UInt64] = []
    forEachWord(in: wanted.units) { word in
      pattern.append(word.hash)
      return pattern.count < wordLimit
    }
    guard !pattern.isEmpty else { return nil }

    // runs[j]: how many words up to the one just read equal those up to the pattern's j-th.
    var runs = [Int](repeating: 0, count: pattern.count)
    var best = (length: 0, firstWord: 0)
    let known = Set(pattern)
    var wordCount = 0
    var isIdle = true
    forEachWord(in: folded.units) { word in
      wordCount += 1
      guard known.contains(word.hash) else {
        if !isIdle { for index in runs.indices { runs[index] = 0 } }
        isIdle = true
        return true
      }
      isIdle = false
      for index in runs.indices.reversed() {
        runs[index] = pattern[index] == word.hash ? (index == 0 ? 0 : runs[index - 1]) + 1 : 0
        if runs[index] > best.length { best = (runs[index], wordCount - 1 - index) }
      }
      return true
    }
    guard best.length >= 3 || (best.length > 0 && best.length * 2 >= pattern.count) else { return nil }

    // The window may begin before the text does, or end after it.
    let window = max(best.firstWord, 0)..<best.firstWord + pattern.count
    var range: Range<Int>?
    var index = 0
    forEachWord(in: folded.units) { word in
      if index >= window.lowerBound { range = (range?.lowerBound ?? word.range.lowerBound)..<word.range.upperBound }
      index += 1
      return index < window.upperBound
    }
    return range
  }

  /// Calls `body` with each word in order until it returns false.
  private static func forEachWord(in units: [Folding.Unit], _ body: (Word) -> Bool) {
    var index = 0
    while index < units.count {
      guard units[index].isInWord else {
        index += 1
        continue
      }
      var word = Word(range: index..<index)
      while index < units.count, units[index].isInWord {
        word.hash = (word.hash ^ UInt64(units[index].value)) &* 0x100_0000_01B3
        index += 1
      }
      word.range = word.range.lowerBound..<index
      guard body(word) else { return }
    }
  }
}
