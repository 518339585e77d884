import DictaModels

// Finding the words that belong to a quote: its segments one after the other, and whoever and whatever is mentioned beside them.

extension ArticleText {
  /// Where a quotation's segments stand, each behind the one before it.
  ///
  /// - Parameter occurrence: which one of the places of the first, from 1.
  func anchors(ofSegments words: [String], occurrence: Int = 1) throws -> [Anchor] {
    var anchors: [Anchor] = []
    for words in words {
      guard let last = anchors.last else {
        anchors.append(try anchor(exact: words, occurrence: occurrence))
        continue
      }
      anchors.append(try anchor(ofSegment: words, behind: last))
    }
    return anchors
  }

  /// The first place of words that comes behind a segment.
  func anchor(ofSegment words: String, behind last: Anchor) throws -> Anchor {
    let places = occurrences(of: words)
    if let start = places.first(where: { $0 >= last.end }) { return anchor(at: start, words) }
    guard let before = places.last else { return try anchor(exact: words) }
    throw CommandFailure(
      .badData, "“\(words)” does not stand behind “\(try exact(last))”, which ends at byte \(last.end), but at byte \(before)",
      hint: "give the parts in the order of the article, and say with --occurrence which place of the first is meant")
  }

  /// The place of words closest to any of a quote's segments, outside of all of them; whole words are preferred to parts of words.
  ///
  /// - Parameter segments: none means the first place.
  func anchor(of words: String, beside segments: [Anchor]) throws -> Anchor {
    // Whether it is part of a word, the distance, the place: the least of these is the one.
    var best: (Int, Int, Int)?
    let places = occurrences(of: words)
    let length = words.utf8.count
    for start in places where segments.allSatisfy({ start + length <= $0.start || $0.end <= start }) {
      let distance = segments.map { max(0, start - $0.end, $0.start - (start + length)) }.min() ?? 0
      let candidate = (isWholeWord(start, start + length) ? 0 : 1, distance, start)
      if best.map({ candidate < $0 }) ?? true { best = candidate }
    }
    if let best { return anchor(at: best.2, words) }
    guard let inside = places.first else { return try anchor(exact: words) }
    throw CommandFailure(
      .badData, "“\(words)” stands only inside the quoted words, at byte \(inside)",
      hint: "give an anchor with start and end where it is meant like that")
  }

  private func anchor(at start: Int, _ words: String) -> Anchor {
    Anchor(textHash: hash, start: start, end: start + words.utf8.count)
  }

  /// Whether no word is cut in two at either end.
  private func isWholeWord(_ start: Int, _ end: Int) -> Bool {
    !isInsideWord(start) && !isInsideWord(end)
  }

  private func isInsideWord(_ offset: Int) -> Bool {
    guard offset > 0, offset < utf8Count else { return false }
    let scalars = string.unicodeScalars
    let index = string.utf8.index(string.startIndex, offsetBy: offset)
    return scalars[index].belongsToWord && scalars[scalars.index(before: index)].belongsToWord
  }
}

extension Unicode.Scalar {
  fileprivate var belongsToWord: Bool {
    properties.isAlphabetic || properties.numericType != nil || properties.generalCategory == .nonspacingMark
  }
}

/// Gives anchors in JSON that only say their words, `{"exact":"the minister"}`, the offsets at which these stand.
struct AnchorCompletion {
  /// The text that anchors are in unless they name another.
  let text: ArticleText

  /// What mentions and cues are beside.
  let segments: [Anchor]

  /// A field's value with every such anchor completed; a quote's segments are looked for one behind the other.
  ///
  /// - Parameter place: how the value is called in messages.
  func complete(_ json: JSON, place: String, areSegments: Bool = false) throws -> JSON {
    switch json {
    case .array(let elements):
      var last: Anchor?
      return .array(
        try elements.enumerated().map { index, element in
          try complete(element, place: "\(place)[\(index)]", areSegments: areSegments, last: &last)
        })
    default:
      var last: Anchor?
      return try complete(json, place: place, areSegments: areSegments, last: &last)
    }
  }

  private func complete(_ json: JSON, place: String, areSegments: Bool, last: inout Anchor?) throws -> JSON {
    guard case .object(var object) = json else { return json }
    if case .string(let words)? = object["exact"], object["start"] == nil, object["end"] == nil,
      object["textHash"] == nil || object["textHash"] == .string(text.hash.description)
    {
      let anchor = try located(in: place) {
        guard areSegments else { return try text.anchor(of: words, beside: segments) }
        return try last.map { try text.anchor(ofSegment: words, behind: $0) } ?? text.anchor(exact: words)
      }
      object.set("textHash", .string(text.hash.description))
      object.set("start", .integer(anchor.start))
      object.set("end", .integer(anchor.end))
      last = anchor
      return .object(object)
    }
    for member in object.members {
      object.set(member.key, try complete(member.value, place: "\(place).\(member.key)", areSegments: areSegments, last: &last))
    }
    return .object(object)
  }
}

/// Adds to an error about words where they were given.
func located<Result>(in place: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as AnchorError {
    throw CommandFailure(.badData, error.description, place: place)
  } catch let failure as CommandFailure where failure.place == nil {
    throw CommandFailure(failure.kind, failure.message, place: place, hint: failure.hint, problems: failure.problems)
  }
}
