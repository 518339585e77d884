// From words to the place where they stand, and back. Words are compared byte for byte; `NearMiss` says what stands there instead when
// they aren't found.

extension ArticleText {
  /// How many Unicode scalars on either side of an anchor are shown and exported with it.
  public static let contextScalarCount = 32

  /// Checks that an anchor names this text, lies in it, holds at least one character and cuts none in two.
  public func check(_ anchor: Anchor) throws(AnchorError) {
    guard anchor.textHash == hash else { throw .otherText(expected: hash, found: anchor.textHash) }
    guard 0 <= anchor.start, anchor.start <= anchor.end, anchor.end <= utf8Count else {
      throw .outOfBounds(start: anchor.start, end: anchor.end, utf8Count: utf8Count)
    }
    guard anchor.start < anchor.end else { throw .empty }
    guard isScalarBoundary(anchor.start) else { throw .notOnScalarBoundary(offset: anchor.start) }
    guard isScalarBoundary(anchor.end) else { throw .notOnScalarBoundary(offset: anchor.end) }
  }

  /// The words an anchor names, byte for byte.
  public func exact(_ anchor: Anchor) throws(AnchorError) -> String {
    try check(anchor)
    return string(in: anchor.start..<anchor.end)
  }

  /// The 32 scalars before an anchor, or as many as there are.
  public func prefix(of anchor: Anchor) throws(AnchorError) -> String {
    try check(anchor)
    let start = withUTF8 { bytes in
      var offset = anchor.start
      var passed = 0
      while offset > 0, passed < Self.contextScalarCount {
        offset -= 1
        if !bytes[offset].isUTF8Continuation { passed += 1 }
      }
      return offset
    }
    return string(in: start..<anchor.start)
  }

  /// The 32 scalars after an anchor, or as many as there are.
  public func suffix(of anchor: Anchor) throws(AnchorError) -> String {
    try check(anchor)
    let end = withUTF8 { bytes in
      var offset = anchor.end
      var passed = 0
      while offset < bytes.count {
        if !bytes[offset].isUTF8Continuation {
          if passed == Self.contextScalarCount { break }
          passed += 1
        }
        offset += 1
      }
      return offset
    }
    return string(in: anchor.end..<end)
  }

  /// The byte offsets at which `exact` begins, in order; occurrences may overlap. None for empty words.
  ///
  /// - Complexity: O(*n* + *m*), however often the words repeat themselves.
  public func occurrences(of exact: String) -> [Int] {
    var offsets: [Int] = []
    forEachOccurrence(of: exact) { offset in
      offsets.append(offset)
      return true
    }
    return offsets
  }

  /// Where words stand, verbatim.
  ///
  /// - Parameter occurrence: Which one, counted from 1; overlapping ones count.
  /// - Complexity: O(*n* + *m*).
  /// - Throws: ``AnchorError/notFound(exact:nearest:)`` with the place that comes nearest, when the words don't stand there byte for byte.
  public func anchor(exact: String, occurrence: Int = 1) throws(AnchorError) -> Anchor {
    var found = 0
    var start: Int?
    forEachOccurrence(of: exact) { offset in
      found += 1
      if found == occurrence { start = offset }
      return start == nil
    }
    if let start { return anchor(at: start, exact) }
    guard found == 0 else { throw .occurrenceOutOfRange(exact: exact, occurrence: occurrence, found: found) }
    throw missing(exact)
  }

  /// Where words stand closest to a byte offset, as a speaker's name does to a quote; of two equally close places the earlier one.
  ///
  /// The distance is the number of bytes between the offset and the nearer end of the words; words around the offset are at 0.
  ///
  /// - Complexity: O(*n* + *m*).
  public func anchor(exact: String, nearest byteOffset: Int) throws(AnchorError) -> Anchor {
    let length = exact.utf8.count
    let byteOffset = min(max(byteOffset, 0), utf8Count)
    var closest: (distance: Int, start: Int)?
    forEachOccurrence(of: exact) { start in
      let distance = max(0, start - byteOffset, byteOffset - (start + length))
      if distance < closest?.distance ?? .max { closest = (distance, start) }
      return start < byteOffset
    }
    guard let closest else { throw missing(exact) }
    return anchor(at: closest.start, exact)
  }

  /// Calls `body` with each occurrence's offset, in order, until it returns false. Empty words have none.
  func forEachOccurrence(of exact: String, _ body: (Int) -> Bool) {
    guard !exact.utf8.isEmpty, exact.utf8.count <= utf8Count else { return }
    let search = PatternSearch(Array(exact.utf8))
    withUTF8 { search.forEachOffset(in: $0, body) }
  }

  private func anchor(at start: Int, _ exact: String) -> Anchor {
    Anchor(textHash: hash, start: start, end: start + exact.utf8.count)
  }

  private func missing(_ exact: String) -> AnchorError {
    exact.utf8.isEmpty ? .empty : .notFound(exact: exact, nearest: NearMiss.search(for: exact, in: self))
  }
}
