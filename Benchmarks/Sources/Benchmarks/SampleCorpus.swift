import DictaModels

/// The corpus that everything is measured on, made from a seed: for 10,000 articles of about 3 kB there are 80,000 quotes, 80,000 stances, 5,000
/// claims and 200 speakers.
///
/// Any part of it can be made without the others.
struct SampleCorpus: Sendable {
  static let quotesOfArticle = 8

  let articleCount: Int

  var speakerCount: Int { max(1, articleCount / 50) }
  var claimCount: Int { max(1, articleCount / 2) }
  var quoteCount: Int { articleCount * Self.quotesOfArticle }
  var entityCount: Int { articleCount * (1 + 2 * Self.quotesOfArticle) + claimCount + speakerCount }

  /// An article and what is said in it.
  struct Part: Sendable {
    let article: Article
    let quotes: [Quote]
    let stances: [Stance]

    func words(of quote: Quote) -> String {
      let anchor = quote.segments[0].anchor
      let utf8 = article.text.string.utf8
      let start = utf8.index(utf8.startIndex, offsetBy: anchor.start)
      return String(article.text.string[start..<utf8.index(start, offsetBy: anchor.end - anchor.start)])
    }
  }

  // MARK: Ids

  /// One every millisecond, as a program gives them that is fed all day.
  private static func id(_ kind: UInt64, _ number: Int) -> Bytes16 {
    var random = SeededRandom(seed: kind << 48 | UInt64(number))
    return IDs.timeOrdered(milliseconds: 1_700_000_000_000 + UInt64(number), random: (UInt16(truncatingIfNeeded: random.next()), random.next()))
  }

  static func speakerID(_ number: Int) -> Speaker.ID { Speaker.ID(id(1, number)) }
  static func claimID(_ number: Int) -> Claim.ID { Claim.ID(id(2, number)) }
  static func quoteID(_ number: Int) -> Quote.ID { Quote.ID(id(3, number)) }

  // MARK: Entities

  func speaker(_ number: Int) -> Speaker {
    var random = SeededRandom(seed: 1 << 32 | UInt64(number))
    return Speaker(id: Self.speakerID(number), name: Words.name(&random), kind: .person)
  }

  func claim(_ number: Int) -> Claim {
    var random = SeededRandom(seed: 2 << 32 | UInt64(number))
    return Claim(id: Self.claimID(number), text: Words.sentence(&random))
  }

  func part(_ number: Int) throws -> Part {
    var random = SeededRandom(seed: 3 << 32 | UInt64(number))
    var text = ""
    var places: [Range<Int>] = []
    while places.count < Self.quotesOfArticle || text.utf8.count < 3000 {
      let sentence = Words.sentence(&random)
      if places.count < Self.quotesOfArticle, random.next() % 10 < 3 {
        let start = text.utf8.count + 1
        places.append(start..<(start + sentence.utf8.count))
        text += "\"\(sentence)\" said \(Words.name(&random)). "
      } else {
        text += sentence + ". "
      }
    }
    var article = Article(
      url: "https://example.org/\(number)", outlet: "The \(Words.pick(&random)) Gazette", title: Words.sentence(&random), text: try ArticleText(text))
    article.language = "en"
    var quotes: [Quote] = []
    var stances: [Stance] = []
    for (index, place) in places.enumerated() {
      let id = Self.quoteID(number * Self.quotesOfArticle + index)
      let anchor = Anchor(textHash: article.text.hash, start: place.lowerBound, end: place.upperBound)
      var quote = Quote(id: id, articleID: article.id, kind: .direct, segments: [Quote.Segment(anchor)])
      quote.sources = [Quote.Source(speakerID: Self.speakerID(Int(random.next() % UInt64(speakerCount))))]
      quotes.append(quote)
      let claim = Self.claimID(Int(random.next() % UInt64(claimCount)))
      stances.append(Stance(holder: .quote(id), claimID: claim, position: [.supports, .denies, .doubts, .reports][Int(random.next() % 4)]))
    }
    return Part(article: article, quotes: quotes, stances: stances)
  }
}

/// Words that no language has, as often as words are: some nearly always, most seldom.
private enum Words {
  private static let syllables = [
    "ba", "den", "fo", "gri", "hu", "ka", "len", "mo", "nir", "pa", "que", "ros", "sti", "tam", "ul", "ve", "wi", "yor", "zan", "ched",
  ]

  static func pick(_ random: inout SeededRandom) -> String {
    // The square of a chance prefers small numbers.
    let chance = random.next() % 4096
    var number = Int(chance * chance / 4096) + 1
    var word = ""
    while number > 0 {
      word += syllables[number % syllables.count]
      number /= syllables.count
    }
    return word
  }

  static func sentence(_ random: inout SeededRandom) -> String {
    let count = 7 + Int(random.next() % 9)
    return (0..<count).map { _ in pick(&random) }.joined(separator: " ")
  }

  static func name(_ random: inout SeededRandom) -> String {
    "\(pick(&random).capitalized) \(pick(&random).capitalized)"
  }
}

/// Chance that a seed repeats (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed &+ 0x5851_F42D_4C95_7F2D
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
