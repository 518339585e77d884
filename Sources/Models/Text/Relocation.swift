/// Chooses among the places where a quote's unchanged words stand in another text.
///
/// Segments keep their order, and segments that didn't overlap don't begin to. Of all choices that do, the one is taken whose places
/// agree longest, in sum, with the surroundings the segments had.
struct Relocation {
  enum Outcome {
    /// Where each segment begins, in the order the segments were given.
    case found([Int])
    /// That many choices are equally good.
    case undecided(Int)
    /// The words stand in more places than are compared.
    case tooMany
    case missing
  }

  let outcome: Outcome

  /// More places than this, of all segments together, are not compared: they are the work of chance or of malice.
  private static let placeLimit = 1 << 16

  /// How many bytes on either side are compared. More than an anchor shows, because what is repeated is often a whole paragraph.
  private static let contextByteLimit = 512

  /// A place where a segment may have gone, and the best choice of places for the segments up to it.
  private struct Place {
    let start: Int
    var agreement: Int
    /// How many choices agree that much.
    var choiceCount = 1
    /// The place of the segment before in the best choice.
    var previous: Int?
  }

  init(of anchors: [Anchor], old: UnsafeBufferPointer<UInt8>, new: UnsafeBufferPointer<UInt8>) {
    // Segments are listed in reading order, but nothing makes them be.
    let order = anchors.indices.sorted { (anchors[$0].start, $0) < (anchors[$1].start, $1) }
    var columns: [[Place]] = []
    var placeCount = 0
    for (column, index) in order.enumerated() {
      let anchor = anchors[index]
      var starts: [Int] = []
      PatternSearch(Array(old[anchor.start..<anchor.end])).forEachOffset(in: new) { start in
        starts.append(start)
        return placeCount + starts.count <= Self.placeLimit
      }
      placeCount += starts.count
      guard placeCount <= Self.placeLimit else {
        outcome = .tooMany
        return
      }
      var places = starts.map { Place(start: $0, agreement: Self.agreement(of: anchor, old, with: $0, new)) }
      if column > 0 {
        let before = anchors[order[column - 1]]
        let distance = before.end <= anchor.start ? before.end - before.start : 0
        places = Self.following(columns[column - 1], places, atLeast: distance)
      }
      guard !places.isEmpty else {
        outcome = .missing
        return
      }
      columns.append(places)
    }
    outcome = Self.choose(columns, order)
  }

  /// The places that can follow one of `previous`, each with the best choice that leads to it. Both are in the order of the text.
  private static func following(_ previous: [Place], _ places: [Place], atLeast distance: Int) -> [Place] {
    var reachable = 0
    var best: (index: Int, agreement: Int, choiceCount: Int)?
    var result: [Place] = []
    for var place in places {
      while reachable < previous.count, previous[reachable].start + distance <= place.start {
        let candidate = previous[reachable]
        if candidate.agreement > best?.agreement ?? -1 {
          best = (reachable, candidate.agreement, candidate.choiceCount)
        } else if let known = best, candidate.agreement == known.agreement {
          best = (known.index, known.agreement, min(known.choiceCount + candidate.choiceCount, 1000))
        }
        reachable += 1
      }
      guard let best else { continue }
      place.agreement += best.agreement
      place.choiceCount = best.choiceCount
      place.previous = best.index
      result.append(place)
    }
    return result
  }

  private static func choose(_ columns: [[Place]], _ order: [Int]) -> Outcome {
    guard let last = columns.last, let most = last.map(\.agreement).max() else { return .missing }
    let choiceCount = last.reduce(0) { $0 + ($1.agreement == most ? $1.choiceCount : 0) }
    guard choiceCount == 1, var index = last.firstIndex(where: { $0.agreement == most }) else { return .undecided(choiceCount) }
    var starts = [Int](repeating: 0, count: order.count)
    for column in columns.indices.reversed() {
      let place = columns[column][index]
      starts[order[column]] = place.start
      index = place.previous ?? 0
    }
    return .found(starts)
  }

  /// How many bytes before and after a place are those that stood before and after the segment; whole scalars only.
  private static func agreement(
    of anchor: Anchor, _ old: UnsafeBufferPointer<UInt8>, with start: Int, _ new: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let end = start + (anchor.end - anchor.start)
    var before = 0
    let beforeLimit = min(anchor.start, start, contextByteLimit)
    while before < beforeLimit, old[anchor.start - before - 1] == new[start - before - 1] { before += 1 }
    while before > 0, old[anchor.start - before].isUTF8Continuation { before -= 1 }

    var after = 0
    let afterLimit = min(old.count - anchor.end, new.count - end, contextByteLimit)
    while after < afterLimit, old[anchor.end + after] == new[end + after] { after += 1 }
    while after > 0, anchor.end + after < old.count, old[anchor.end + after].isUTF8Continuation { after -= 1 }
    return before + after
  }
}
