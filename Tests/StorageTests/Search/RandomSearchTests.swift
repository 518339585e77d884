import DictaModels
import DictaTestSupport
import Testing

@testable import DictaStorage

/// Searches of few words in a corpus written at random, in which notes come, change and go, beside a search through everything.
@Suite struct RandomSearchTests {
  let folder = TemporaryFolder()

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func searchesFindWhatASearchThroughEverythingFinds(seed: UInt64) async throws {
    let archives = try folder.archives(2)
    var random = SeededRandom(seed: seed)
    var corpus = WordyCorpus()
    for round in 0..<12 {
      (corpus, random) = try await archives[0].write { [corpus, random] transaction in
        var (corpus, random) = (corpus, random)
        for _ in 0..<12 {
          try corpus.write(to: transaction, &random)
          // A transaction finds what it has written so far.
          if random.happens(percent: 5) { try Self.compare(transaction, corpus, queries: 1, &random, "seed \(seed), in transaction \(round)") }
        }
        return (corpus, random)
      }
    }
    // One receives in a few large transactions what the other one wrote.
    for delivery in try await archives[0].deliveries() { _ = try await archives[1].receive(delivery, from: "1") }
    for (number, archive) in archives.enumerated() {
      #expect(try await archive.check() == [], "seed \(seed), archive \(number)")
      try await archive.read { [corpus] transaction in
        var random = SeededRandom(seed: seed * 1000)
        try Self.compare(transaction, corpus, queries: 150, &random, "seed \(seed), archive \(number)")
      }
    }
  }

  private static func compare(
    _ transaction: ReadTransaction, _ corpus: WordyCorpus, queries: Int, _ random: inout SeededRandom, _ comment: String
  ) throws {
    let naive = try NaiveSearch(transaction, corpus.all)
    for _ in 0..<queries {
      let words = WordyCorpus.query(&random)
      let type = random.happens(percent: 30) ? random.pick(EntityType.allCases) : nil
      let comment = "\(comment): \(words)\(type.map { " in \($0)" } ?? "")"
      let expected = naive.scores(SearchQuery(words), type: type)
      let hits = try transaction.search(words, type: type, limit: 1000)
      #expect(Set(hits.map(\.entity)) == Set(expected.keys) && hits.count == expected.count, "\(comment)")
      for hit in hits {
        let score = expected[hit.entity, default: -1] * 1000
        #expect(abs(Double(hit.score) - score) < 1, "\(comment), \(hit.entity)")
        #expect(hit.snippet.contains("⟦"), "\(comment), \(hit.entity): \(hit.snippet)")
      }
      #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >), "\(comment)")
      let (skipping, limit) = (Int(random.next() % 5), Int(random.next() % 6))
      let page = try transaction.search(words, type: type, skipping: skipping, limit: limit)
      #expect(page.map(\.entity) == hits.dropFirst(skipping).prefix(limit).map(\.entity), "\(comment), \(limit) behind \(skipping)")
    }
  }
}

/// Entities of a dozen words.
private struct WordyCorpus: Sendable {
  private static let words = ["the", "dam", "damn", "bridge", "bridges", "Élan", "elan", "river", "of", "spring", "springs", "mayor"]

  private(set) var all: [Reference] = []
  private var articles: [Article] = []

  /// The first words are much more frequent.
  private static func word(_ random: inout SeededRandom) -> String {
    let most = Int(random.next() % UInt64(words.count)) + 1
    return words[Int(random.next() % UInt64(most))]
  }

  private static func phrase(_ count: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
    (0..<Int.random(in: count, using: &random)).map { _ in word(&random) }.joined(separator: " ")
  }

  static func query(_ random: inout SeededRandom) -> String {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      switch random.next() % 10 {
      case 0...5: word(&random)
      case 6, 7: word(&random).prefix(Int.random(in: 1...4, using: &random)) + "*"
      default: "\"\(phrase(2...3, &random))\""
      }
    }.joined(separator: " ")
  }

  private func note(_ random: inout SeededRandom) -> String? {
    random.happens(percent: 60) ? Self.phrase(random.happens(percent: 10) ? 40...80 : 0...6, &random) : nil
  }

  mutating func write(to transaction: WriteTransaction, _ random: inout SeededRandom) throws {
    switch random.next() % 12 {
    case 0:
      // What stands at its head makes the text another one each time.
      let text = try ArticleText("\(articles.count) \(Self.phrase(20...60, &random))")
      var article = Article(outlet: "The Ferry", title: Self.phrase(0...4, &random), text: text)
      article.note = note(&random)
      try transaction.insert(article)
      articles.append(article)
      all.append(article.reference)
    case 1:
      var speaker = Speaker(id: transaction.newID(), name: Self.phrase(1...2, &random), kind: .person)
      (speaker.aliases, speaker.note) = ([ExactString(Self.phrase(1...3, &random))], note(&random))
      try transaction.insert(speaker)
      all.append(speaker.reference)
    case 2, 3:
      var claim = Claim(id: transaction.newID(), text: Self.phrase(1...8, &random))
      (claim.context, claim.note) = (random.happens(percent: 30) ? Self.phrase(1...5, &random) : nil, note(&random))
      try transaction.insert(claim)
      all.append(claim.reference)
    case 4...6:
      guard !articles.isEmpty else { return }
      let article = random.pick(articles)
      let end = Int(random.next() % UInt64(article.text.utf8Count)) + 1
      // Not in the middle of a letter.
      guard let anchor = try? article.text.anchor(exact: String(article.text.string.prefix(end))) else { return }
      var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(anchor)])
      quote.note = note(&random)
      try transaction.insert(quote)
      all.append(quote.reference)
    case 7...9:
      guard !all.isEmpty else { return }
      let (entity, note) = (random.pick(all), note(&random))
      guard try transaction.row(entity)?.life.isLiving == true else { return }
      try transaction.write([(.field("note"), note.map { .string(ExactString($0)) } ?? .null)], to: entity)
    case 10:
      guard !all.isEmpty else { return }
      let entity = random.pick(all)
      guard entity.type == "claim", try transaction.row(entity)?.life.isLiving == true else { return }
      let (text, note) = (Self.phrase(1...8, &random), note(&random))
      try transaction.update(Claim.ID(entity.id)) { ($0.text, $0.note) = (text, note) }
    default:
      guard !all.isEmpty else { return }
      let entity = random.pick(all)
      // Of what came and went within a transaction nothing is left.
      guard let row = try transaction.row(entity), row.life != .uncreated else { return }
      if row.life == .deleted {
        try transaction.restore(entity)
      } else if random.happens(percent: 50), !articles.contains(where: { $0.reference == entity }) {
        _ = try transaction.delete(entity, cascading: true)
      }
    }
  }
}
