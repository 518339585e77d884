/// How a quote stands in a text that it wasn't taken from.
///
/// A value of a newer version is kept as ``unknown(_:)`` and written back as it came.
public enum Placement: OpenEnum {
  /// Every segment's words stand unchanged at the same offsets.
  case exact
  /// All words stand unchanged and in the same order, at other offsets.
  case moved
  /// The words differ only in how they are typeset.
  case typographic
  /// The words were changed, and it is clear which ones took their place.
  case changed
  /// The words stand in several places, and nothing tells which is meant.
  case ambiguous
  /// The words are gone.
  case orphaned
  /// What a newer version wrote.
  case unknown(String)

  /// Every placement this version knows.
  public static let known: [Self] = [.exact, .moved, .typographic, .changed, .ambiguous, .orphaned]

  /// As documents and the log spell it.
  public var rawValue: String {
    switch self {
    case .exact: "exact"
    case .moved: "moved"
    case .typographic: "typographic"
    case .changed: "changed"
    case .ambiguous: "ambiguous"
    case .orphaned: "orphaned"
    case .unknown(let rawValue): rawValue
    }
  }
}

extension Placement {
  /// By the bytes of the raw values.
  public static func == (left: Self, right: Self) -> Bool {
    left.rawValue.isExactly(right.rawValue)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ExactString(rawValue))
  }
}

/// Where a quote's segments stand in another text.
public struct PlacedSegments: Hashable, Sendable {
  /// How all segments together are placed.
  public let placement: Placement

  /// How sure the placement is, from 0 to 1000.
  public let score: Int

  /// One for each segment, in the order of the segments; none where it isn't known where they stand.
  public let anchors: [Anchor]

  /// Joins what a placing found.
  public init(placement: Placement, score: Int, anchors: [Anchor]) {
    self.placement = placement
    self.score = score
    self.anchors = anchors
  }
}

extension ArticleText {
  /// Finds the words that `anchors` name in an older text again in this one.
  ///
  /// Words that stand at the same offsets are where they were, whatever stands around them. Elsewhere, all must stand in the order they
  /// had; of several places the one whose surroundings agree longest with the old ones is taken. Where two agree equally, the placement
  /// is ``Placement/ambiguous``, and its score is 1000 shared among the equals; so it is (with a score of 1) where the words stand in
  /// more places than anyone would compare.
  ///
  /// - Complexity: O(*k* · *n*) for *k* segments.
  /// - Throws: What ``check(_:)`` throws of an anchor in `old`.
  public func place(_ anchors: [Anchor], from old: ArticleText) throws(AnchorError) -> PlacedSegments {
    for anchor in anchors { try old.check(anchor) }
    return withUTF8 { new in
      old.withUTF8 { old in
        let isUnmoved = anchors.allSatisfy { $0.end <= new.count && old[$0.start..<$0.end].elementsEqual(new[$0.start..<$0.end]) }
        if isUnmoved { return PlacedSegments(placement: .exact, score: 1000, anchors: anchors.map { at($0.start, $0) }) }
        switch Relocation(of: anchors, old: old, new: new).outcome {
        case .found(let starts):
          return PlacedSegments(placement: .moved, score: 1000, anchors: zip(starts, anchors).map { at($0, $1) })
        case .undecided(let count):
          return PlacedSegments(placement: .ambiguous, score: max(1, 1000 / count), anchors: [])
        case .tooMany:
          return PlacedSegments(placement: .ambiguous, score: 1, anchors: [])
        case .missing:
          return PlacedSegments(placement: .orphaned, score: 0, anchors: [])
        }
      }
    }
  }

  private func at(_ start: Int, _ old: Anchor) -> Anchor {
    Anchor(textHash: hash, start: start, end: start + (old.end - old.start))
  }
}
