import DictaModels

/// Where the words of a sample quote stand.
struct SampleAnnotation {
  let segments: [Anchor]
  let mention: Anchor?
  let cue: Anchor?

  init(of sample: SampleQuote, in text: ArticleText) throws {
    var segments: [Anchor] = []
    for words in sample.texts {
      segments.append(try Self.segment(words, after: segments.last, occurrence: sample.occurrence, in: text))
    }
    self.segments = segments
    mention = try sample.mention.map { try Self.wordsBeside(segments, $0, of: sample, in: text) }
    cue = try sample.cue.map { try Self.wordsBeside(segments, $0, of: sample, in: text) }
  }

  /// The first segment is where the sample says; each further one is the next place after the one before it.
  private static func segment(_ words: String, after previous: Anchor?, occurrence: Int, in text: ArticleText) throws -> Anchor {
    guard let previous else { return try text.anchor(exact: words, occurrence: occurrence) }
    let passed = text.occurrences(of: words).prefix { $0 < previous.end }.count
    return try text.anchor(exact: words, occurrence: passed + 1)
  }

  /// The place of whole words that is nearest to any segment and outside all of them.
  private static func wordsBeside(_ segments: [Anchor], _ words: String, of sample: SampleQuote, in text: ArticleText) throws -> Anchor {
    let places = text.occurrences(of: words).map { Anchor(textHash: text.hash, start: $0, end: $0 + words.utf8.count) }
    let candidates = places.filter { place in
      segments.allSatisfy { place.end <= $0.start || $0.end <= place.start } && text.holdsWholeWords(at: place)
    }
    func distance(_ place: Anchor) -> Int {
      segments.map { max($0.start - place.end, place.start - $0.end) }.min() ?? 0
    }
    guard let nearest = candidates.min(by: { distance($0) < distance($1) }) else {
      // The words may be misspelt: then this says what stands there instead.
      _ = try text.anchor(exact: words)
      throw SampleError.noPlace(of: words, quote: sample.key)
    }
    return nearest
  }
}

extension ArticleText {
  /// Whether no letter or digit touches either end of the place.
  fileprivate func holdsWholeWords(at place: Anchor) -> Bool {
    let scalars = string.unicodeScalars
    let start = string.utf8.index(string.startIndex, offsetBy: place.start)
    let end = string.utf8.index(start, offsetBy: place.end - place.start)
    func isLetter(_ scalar: Unicode.Scalar?) -> Bool {
      scalar.map { $0.properties.isAlphabetic || $0.properties.numericType != nil } ?? false
    }
    return !isLetter(scalars[..<start].last) && !isLetter(scalars[end...].first)
  }
}
