import DictaModels
import Testing

@testable import DictaStorage

@Suite struct ListsTests {
  let folder = TemporaryFolder()

  /// Two articles with a quote each, two speakers, two claims, and stances of quotes and of an article.
  private struct Corpus: Sendable {
    var articles: [Article.ID] = []
    var speakers: [Speaker.ID] = []
    var quotes: [Quote.ID] = []
    var claims: [Claim.ID] = []
    var stances: [Stance.ID] = []

    init(in transaction: WriteTransaction) throws {
      for number in 0..<2 {
        var speaker = Speaker(id: transaction.newID(), name: "Speaker \(number)", kind: [.person, .government][number])
        speaker.tags = [ExactString("s\(number)")]
        try transaction.insert(speaker)
        speakers.append(speaker.id)
        var claim = Claim(id: transaction.newID(), text: "Claim \(number)")
        claim.period = Claim.Period(from: PartialDate("201\(number)"), to: PartialDate("201\(number)-06"))
        claim.tags = [ExactString("c\(number)")]
        try transaction.insert(claim)
        claims.append(claim.id)
      }
      for number in 0..<2 {
        let text = try ArticleText("Words of article \(number), said by somebody.")
        var article = Article(url: "https://example.org/\(number)", outlet: ["Gazette", "Herald"][number], text: text)
        article.publishedOn = Article.Publication(date: PartialDate("2013-09-0\(number + 1)")!, basis: .printed)
        article.tags = ["paper", ExactString("a\(number)")]
        try transaction.insert(article)
        articles.append(article.id)
        var quote = Quote(
          id: transaction.newID(), articleID: article.id, kind: [.direct, .indirect][number],
          segments: [Quote.Segment(try text.anchor(exact: "Words"))])
        quote.sources = [Quote.Source(speakerID: speakers[number])]
        if number == 1 { quote.saidOn = PartialDate("2012-12") }
        quote.tags = [ExactString("q\(number)")]
        quote.placements = [ExactString(text.hash.description): Quote.Placing(placement: [.moved, .orphaned][number], score: 9, segments: [])]
        try transaction.insert(quote)
        quotes.append(quote.id)
        var stance = Stance(holder: .quote(quote.id), claimID: claims[number], position: [.supports, .denies][number])
        stance.tags = [ExactString("t\(number)")]
        try transaction.insert(stance)
        stances.append(stance.id)
      }
      let voice = Stance(holder: .article(articles[0]), claimID: claims[1], position: .reports)
      try transaction.insert(voice)
      stances.append(voice.id)
    }
  }

  private func corpus() async throws -> (Archive, Corpus) {
    let archive = try folder.archive()
    return (archive, try await archive.write { try Corpus(in: $0) })
  }

  private func expect<Subject: Entity>(
    _ archive: Archive, _ expected: [Identifier<Subject>], sourceLocation: SourceLocation = #_sourceLocation,
    where narrow: @Sendable @escaping (inout EntityFilter) -> Void
  ) async throws {
    let ids = try await archive.read { transaction in
      var filter = EntityFilter()
      narrow(&filter)
      return try transaction.list(Subject.self, where: filter).map(\.id)
    }
    #expect(ids == expected.sorted(), sourceLocation: sourceLocation)
  }

  @Test func articlesAreNarrowedByEachFilter() async throws {
    let (archive, corpus) = try await corpus()
    let (first, second) = (corpus.articles[0], corpus.articles[1])
    try await expect(archive, corpus.articles) { _ in }
    try await expect(archive, [first]) { $0.outlet = "Gazette" }
    try await expect(archive, [Article.ID]()) { $0.outlet = "gazette" }
    try await expect(archive, [second]) { $0.speaker = corpus.speakers[1] }
    try await expect(archive, [first]) { $0.claim = corpus.claims[0] }
    try await expect(archive, [first, second]) { $0.claim = corpus.claims[1] }
    try await expect(archive, [second]) { $0.from = PartialDate("2013-09-02") }
    try await expect(archive, [first]) { $0.to = PartialDate("2013-09-01") }
    try await expect(archive, corpus.articles) { $0.from = PartialDate("2013") }
    try await expect(archive, [Article.ID]()) { $0.from = PartialDate("2014") }
    try await expect(archive, [second]) { $0.tag = "a1" }
    try await expect(archive, corpus.articles) { $0.tag = "paper" }
    try await expect(archive, [Article.ID]()) { filter in
      filter.tag = "a1"
      filter.outlet = "Gazette"
    }
  }

  @Test func speakersAreNarrowedByEachFilter() async throws {
    let (archive, corpus) = try await corpus()
    try await expect(archive, corpus.speakers) { _ in }
    try await expect(archive, [corpus.speakers[1]]) { $0.kind = "government" }
    try await expect(archive, [corpus.speakers[0]]) { $0.article = corpus.articles[0] }
    try await expect(archive, [corpus.speakers[1]]) { $0.claim = corpus.claims[1] }
    try await expect(archive, [corpus.speakers[0]]) { $0.tag = "s0" }
  }

  @Test func quotesAreNarrowedByEachFilter() async throws {
    let (archive, corpus) = try await corpus()
    let (first, second) = (corpus.quotes[0], corpus.quotes[1])
    try await expect(archive, corpus.quotes) { _ in }
    try await expect(archive, [first]) { $0.speaker = corpus.speakers[0] }
    try await expect(archive, [second]) { $0.article = corpus.articles[1] }
    try await expect(archive, [second]) { $0.claim = corpus.claims[1] }
    try await expect(archive, [first]) { $0.outlet = "Gazette" }
    try await expect(archive, [second]) { $0.kind = "indirect" }
    // When it was said, or else printed.
    try await expect(archive, [first]) { $0.from = PartialDate("2013") }
    try await expect(archive, [second]) { $0.to = PartialDate("2012-12-01") }
    try await expect(archive, [second]) { $0.tag = "q1" }
    try await expect(archive, [second]) { $0.placement = .orphaned }
    try await expect(archive, [Quote.ID]()) { $0.placement = .exact }
    try await expect(archive, [Quote.ID]()) { filter in
      filter.speaker = corpus.speakers[0]
      filter.article = corpus.articles[1]
    }
    // A speaker that was merged into another is heard where the other is.
    try await archive.write { _ = try $0.merge(corpus.speakers[0], into: corpus.speakers[1]) }
    for speaker in corpus.speakers { try await expect(archive, corpus.quotes) { $0.speaker = speaker } }
    try await archive.write { _ = try $0.split(corpus.speakers[0]) }
    try await expect(archive, [first]) { $0.speaker = corpus.speakers[0] }
  }

  @Test func claimsAreNarrowedByEachFilter() async throws {
    let (archive, corpus) = try await corpus()
    let (first, second) = (corpus.claims[0], corpus.claims[1])
    try await expect(archive, corpus.claims) { _ in }
    try await expect(archive, [first]) { $0.speaker = corpus.speakers[0] }
    try await expect(archive, [first, second]) { $0.article = corpus.articles[0] }
    try await expect(archive, [second]) { $0.article = corpus.articles[1] }
    try await expect(archive, [second]) { $0.from = PartialDate("2010-07") }
    try await expect(archive, [first]) { $0.to = PartialDate("2010-12") }
    try await expect(archive, [second]) { $0.tag = "c1" }
  }

  @Test func stancesAreNarrowedByEachFilter() async throws {
    let (archive, corpus) = try await corpus()
    let (first, second, voice) = (corpus.stances[0], corpus.stances[1], corpus.stances[2])
    try await expect(archive, corpus.stances) { _ in }
    try await expect(archive, [first]) { $0.speaker = corpus.speakers[0] }
    try await expect(archive, [first, voice]) { $0.article = corpus.articles[0] }
    try await expect(archive, [second, voice]) { $0.claim = corpus.claims[1] }
    try await expect(archive, [first, voice]) { $0.outlet = "Gazette" }
    try await expect(archive, [second]) { $0.kind = "denies" }
    try await expect(archive, [first, voice]) { $0.from = PartialDate("2013") }
    try await expect(archive, [second]) { $0.to = PartialDate("2012") }
    try await expect(archive, [first]) { $0.tag = "t0" }
  }

  @Test func aPageBeginsBehindAnID() async throws {
    let archive = try folder.archive()
    let ids = try await archive.write { transaction in
      try (0..<25).map { number in
        let claim = Claim(id: transaction.newID(), text: "\(number)")
        try transaction.insert(claim)
        return claim.id
      }
    }
    var pages: [[Claim.ID]] = []
    while pages.last?.isEmpty != true {
      let last = pages.last?.last
      pages.append(try await archive.read { try $0.list(Claim.self, after: last, limit: 10).map(\.id) })
    }
    #expect(pages.map(\.count) == [10, 10, 5, 0] && pages.flatMap(\.self) == ids)
    #expect(try await archive.read { try $0.list(Claim.self, limit: 0).isEmpty })
  }

  @Test func aPageLooksAtNoRowBehindIt() async throws {
    let (archive, corpus) = try await corpus()
    try await archive.write { transaction in
      for number in 0..<9 {
        let article = corpus.articles[number % 2]
        var quote = Quote(id: transaction.newID(), articleID: article, kind: .direct, segments: [])
        quote.sources = [Quote.Source(speakerID: corpus.speakers[0])]
        try transaction.insert(quote)
      }
    }
    var filter = EntityFilter()
    filter.speaker = corpus.speakers[0]
    let all = try await archive.read { [filter] in try $0.list(Quote.self, where: filter).map(\.id) }
    #expect(all.count == 10)
    let behind = all[4...].map { "x'\(Hex.string($0.bytes.array))'" }.joined(separator: ", ")
    try await archive.tamper("UPDATE entity SET state = x'ff', id = x'00' || id WHERE id IN (\(behind))")
    func page(_ limit: Int) async throws -> [Quote.ID] {
      try await archive.read { [filter] in try $0.list(Quote.self, where: filter, limit: limit).map(\.id) }
    }
    let first = try await page(4)
    #expect(first == Array(all[..<4]))
    // Whoever asks for more finds the damage.
    await #expect(throws: ArchiveError.self) { try await page(6) }
  }

  @Test func whatSpeaksOfNothingHereIsFoundNowhere() async throws {
    let (archive, corpus) = try await corpus()
    let unknown = Reference.claim(1).id
    try await expect(archive, [Quote.ID]()) { $0.speaker = Speaker.ID(unknown) }
    try await expect(archive, [Stance.ID]()) { $0.claim = Claim.ID(unknown) }
    try await expect(archive, [Article.ID]()) { $0.claim = Claim.ID(unknown) }
    try await archive.write { _ = try $0.delete(corpus.articles[0].reference, cascading: true) }
    try await expect(archive, [Quote.ID]()) { $0.article = corpus.articles[0] }
    try await expect(archive, [Quote.ID]()) { $0.speaker = corpus.speakers[0] }
    try await expect(archive, [corpus.claims[1]]) { $0.article = corpus.articles[1] }
  }

  @Test func whatATransactionWroteIsInItsLists() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction throws in
      let corpus = try Corpus(in: transaction)
      var filter = EntityFilter()
      filter.claim = corpus.claims[1]
      #expect(try transaction.list(Stance.self, where: filter).count == 2)
      #expect(try transaction.search("claim").count == 2)
      try transaction.update(corpus.claims[1]) { $0.text = "Something else" }
      #expect(try transaction.search("claim").count == 1)
    }
  }

  // MARK: Offices and positions

  @Test func whoHeldAnOfficeThatDayIsAQuery() async throws {
    let archive = try folder.archive()
    let speakers = try await archive.write { transaction in
      try [("2010", "2013-06"), ("2013-06-15", "2016"), (nil, nil)].map { from, to in
        var speaker = Speaker(id: transaction.newID(), name: from ?? "always", kind: .person)
        speaker.tenures = [
          Speaker.Tenure(role: "minister", organization: "Works", from: from.flatMap { PartialDate($0) }, to: to.flatMap { PartialDate($0) }),
          Speaker.Tenure(role: "minister", organization: from == nil ? "Fish" : "Ferries"),
        ]
        try transaction.insert(speaker)
        return speaker.id
      }
    }
    func holders(_ day: String) async throws -> [Speaker.ID] {
      try await archive.read { try $0.holders(of: "minister", in: "Works", on: PartialDate(day)!).map(\.speaker.id) }
    }
    #expect(try await holders("2009-12-31") == [speakers[2]])
    #expect(try await holders("2011-01-01") == [speakers[2], speakers[0]])
    // Tenures that are known only to the month overlap.
    #expect(try await holders("2013-06-20") == [speakers[2], speakers[0], speakers[1]])
    #expect(try await holders("2013") == [speakers[2], speakers[0], speakers[1]])
    #expect(try await holders("2013-07-01") == [speakers[2], speakers[1]])
    #expect(try await archive.read { try $0.holders(of: "minister", in: "Fish", on: PartialDate("2020")!).map(\.speaker.id) } == [speakers[2]])
    #expect(try await archive.read { try $0.holders(of: "Minister", on: PartialDate("2020")!).isEmpty })
  }

  @Test func positionsAreInTheOrderOfTheirDays() async throws {
    let archive = try folder.archive()
    let claim = try await archive.writeClaim("in dispute")
    let days = ["2013-09-17", nil, "2013-09", "2012", "2013-09-17T14:05+04:00", nil]
    try await archive.write { transaction in
      for (number, day) in days.enumerated() {
        let text = try ArticleText("Article \(number)")
        var article = Article(url: "https://example.org/\(number)", text: text)
        article.publishedOn = Article.Publication(date: PartialDate("2030")!, basis: .printed)
        if day == nil { article.publishedOn = nil }
        try transaction.insert(article)
        var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: "Article"))])
        quote.saidOn = day.flatMap { PartialDate($0) }
        try transaction.insert(quote)
        try transaction.insert(Stance(holder: .quote(quote.id), claimID: claim, position: .denies))
      }
      let voice = Article(url: "https://example.org/voice", text: try ArticleText("Voice"))
      var dated = voice
      dated.publishedOn = Article.Publication(date: PartialDate("2013-01")!, basis: .inferred)
      try transaction.insert(dated)
      try transaction.insert(Stance(holder: .article(voice.id), claimID: claim, position: .reports))
    }
    let positions = try await archive.read { try $0.positions(on: claim) }
    #expect(positions.map { $0.date?.description } == ["2012", "2013-01", "2013-09", "2013-09-17", "2013-09-17T14:05+04:00", nil, nil])
    #expect(positions.map { $0.quote == nil } == [false, true, false, false, false, false, false])
    #expect(positions[5].stance.id < positions[6].stance.id)
  }

  @Test func aPositionIsHeldByTheRepresentativeOfTheGroup() async throws {
    let (archive, corpus) = try await corpus()
    try await archive.write { _ = try $0.merge(corpus.speakers[1], into: corpus.speakers[0]) }
    let positions = try await archive.read { try $0.positions(on: corpus.claims[1]) }
    #expect(positions.map(\.speaker?.id) == [corpus.speakers[0], nil])
    #expect(positions.map(\.stance.position) == [.denies, .reports])
  }
}
