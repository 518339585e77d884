/// Finds every place where a pattern stands, overlapping places included, in linear time whatever the input (Knuth, Morris and Pratt).
///
/// One search serves bytes, for verbatim words, and folded units, for words that differ in their typography.
struct PatternSearch<Element: Equatable> {
  private let pattern: [Element]

  /// For each number of elements matched, how many stay matched when the next one doesn't fit.
  private let fallback: [Int32]

  /// - Precondition: the pattern isn't empty.
  init(_ pattern: [Element]) {
    precondition(!pattern.isEmpty, "an empty pattern stands everywhere")
    var fallback: [Int32] = [0]
    fallback.reserveCapacity(pattern.count)
    var matched = 0
    for index in 1..<max(pattern.count, 1) {
      while matched > 0, pattern[index] != pattern[matched] { matched = Int(fallback[matched - 1]) }
      if pattern[index] == pattern[matched] { matched += 1 }
      fallback.append(Int32(matched))
    }
    self.pattern = pattern
    self.fallback = fallback
  }

  /// Calls `body` with each place's offset, in order, until it returns false.
  func forEachOffset(in elements: UnsafeBufferPointer<Element>, _ body: (Int) -> Bool) {
    guard pattern.count <= elements.count else { return }
    pattern.withUnsafeBufferPointer { pattern in
      let first = pattern[0]
      var matched = 0
      var index = 0
      while index < elements.count {
        if matched == 0 {
          while index < elements.count, elements[index] != first { index += 1 }
          guard index < elements.count else { return }
        } else {
          while matched > 0, elements[index] != pattern[matched] { matched = Int(fallback[matched - 1]) }
        }
        if elements[index] == pattern[matched] { matched += 1 }
        index += 1
        guard matched == pattern.count else { continue }
        guard body(index - matched) else { return }
        matched = Int(fallback[matched - 1])
      }
    }
  }
}
