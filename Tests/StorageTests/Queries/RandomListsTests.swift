import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

/// Lists over a corpus that two writers made at random, with conflicts, merged speakers, deletions, types and values that this version doesn't
/// know, and ids of which many begin alike.
@Suite struct RandomListsTests {
  let folder = TemporaryFolder()

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func listsAreWhatAllRowsSay(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let corpusID = CorpusID(raw: .sixteen(seed))
    let archives = try (1...2).map { (number: UInt64) in
      try Archive(
        creatingAt: folder.file("\(seed)-\(number)"), corpus: corpusID, device: "\(number)",
        surroundings: .frozen(at: 1_700_000_000_000 + number, seed: seed * 100 + number))
    }
    var corpus = RandomCorpus()
    for _ in 0..<12 {
      for archive in archives {
        for _ in 0..<8 { try await corpus.write(to: archive, &random) }
      }
      if random.happens(percent: 60) { try await archives[0].sync(with: archives[1]) }
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives { try await check(archive, corpus, seed: random.next(), of: "seed \(seed)") }
  }

  private func check(_ archive: Archive, _ corpus: RandomCorpus, seed: UInt64, of comment: String) async throws {
    try await archive.read { transaction throws in
      var random = SeededRandom(seed: seed)
      let naive = try NaiveLists(transaction, corpus.all)
      for speaker in corpus.speakers { #expect(try transaction.group(of: speaker).members == naive.group(of: speaker), "\(comment)") }
      for claim in corpus.claims {
        let positions = try transaction.positions(on: claim).sorted { $0.stance.id < $1.stance.id }
        let found = positions.map { [$0.stance.id.bytes, $0.quote?.id.bytes, $0.article.id.bytes, $0.speaker?.id.bytes] }
        #expect(found == naive.positions(on: claim), "\(comment)")
      }
      for _ in 0..<150 {
        let filter = corpus.filter(&random)
        try check(Article.self, filter, naive, transaction, &random, comment)
        try check(Speaker.self, filter, naive, transaction, &random, comment)
        try check(Quote.self, filter, naive, transaction, &random, comment)
        try check(Claim.self, filter, naive, transaction, &random, comment)
        try check(Stance.self, filter, naive, transaction, &random, comment)
      }
    }
  }

  private func check<Subject: Entity>(
    _: Subject.Type, _ filter: EntityFilter, _ naive: NaiveLists, _ transaction: ReadTransaction, _ random: inout SeededRandom, _ comment: String
  ) throws {
    let expected = naive.ids(Subject.type, filter)
    let comment = "\(comment), \(Subject.type) where \(filter)"
    let list = try transaction.list(Subject.self, where: filter)
    #expect(list.map(\.id.bytes) == expected, "\(comment)")
    // Pages, and one behind an id that nothing needs to have.
    let limit = Int(random.next() % 5) + 1
    var pages: [Bytes16] = []
    while true {
      let page = try transaction.list(Subject.self, where: filter, after: pages.last.map { Identifier($0) }, limit: limit)
      pages += page.map(\.id.bytes)
      if page.count < limit || pages.count > expected.count { break }
    }
    #expect(pages == expected, "\(comment), in pages of \(limit)")
    let after = RandomCorpus.id(&random)
    let rest = try transaction.list(Subject.self, where: filter, after: Identifier(after), limit: limit)
    #expect(rest.map(\.id.bytes) == Array(expected.filter { $0 > after }.prefix(limit)), "\(comment), after \(UUIDText.string(after))")
  }
}

/// What two writers wrote.
private struct RandomCorpus: Sendable {
  private(set) var all: Set<Reference> = []
  private(set) var articles: [Article.ID] = []
  private(set) var speakers: [Speaker.ID] = []
  private(set) var quotes: [Quote.ID] = []
  private(set) var claims: [Claim.ID] = []
  private(set) var stances: [Stance.ID] = []

  /// Few beginnings, some of them with the first bit set.
  static func id(_ random: inout SeededRandom) -> Bytes16 {
    Bytes16(high: 0x2000_0000_0000_0001 &* (random.next() % 8), low: random.next())
  }

  func filter(_ random: inout SeededRandom) -> EntityFilter {
    var filter = EntityFilter()
    if random.happens(percent: 45) { filter.speaker = random.pick(speakers) }
    if random.happens(percent: 30) { filter.article = random.pick(articles) }
    if random.happens(percent: 30) { filter.claim = random.pick(claims) }
    if random.happens(percent: 15) { filter.tag = "a" }
    if random.happens(percent: 10) { filter.kind = random.pick(["direct", "indirect", "supports", "denies"]) }
    if random.happens(percent: 15) { filter.outlet = random.pick(["Gazette", "Herald"]) }
    return filter
  }

  /// One transaction. What an archive refuses, because it holds something else than the other one, isn't written.
  mutating func write(to archive: Archive, _ random: inout SeededRandom) async throws {
    let id = Self.id(&random)
    let tags: Set<ExactString> = random.happens(percent: 40) ? ["a"] : []
    switch random.next() % 20 {
    case 0, 1:
      var speaker = Speaker(id: Speaker.ID(id), name: "Speaker", kind: .person)
      speaker.tags = tags
      if try await insert(speaker, archive) { speakers.append(speaker.id) }
    case 2:
      var article = Article(id: Article.ID(id), text: try ArticleText("Words, said by somebody in \(articles.count)."))
      (article.outlet, article.tags) = (random.pick(["Gazette", "Herald"]), tags)
      if try await insert(article, archive) { articles.append(article.id) }
    case 3:
      var claim = Claim(id: Claim.ID(id), text: "Claim")
      claim.tags = tags
      if try await insert(claim, archive) { claims.append(claim.id) }
    case 4...8:
      guard !articles.isEmpty else { return }
      var quote = Quote(id: Quote.ID(id), articleID: random.pick(articles), kind: random.pick([.direct, .indirect]), segments: [])
      (quote.sources, quote.tags) = (sources(&random), tags)
      quote.saidOn = PartialDate(year: 2000 + Int(random.next() % 9))
      if try await insert(quote, archive) { quotes.append(quote.id) }
    case 9...12:
      guard !claims.isEmpty, let holder = holder(&random) else { return }
      var stance = Stance(id: Stance.ID(id), holder: holder, claimID: random.pick(claims), position: random.pick([.supports, .denies]))
      stance.tags = tags
      if try await insert(stance, archive) { stances.append(stance.id) }
    case 13, 14:
      guard !quotes.isEmpty else { return }
      let (quote, sources, article) = (random.pick(quotes), sources(&random), random.pick(articles))
      try await attempt(archive) { _ = try $0.update(quote) { ($0.sources, $0.articleID) = (sources, article) } }
    case 15:
      guard !stances.isEmpty else { return }
      let (stance, claim) = (random.pick(stances), random.pick(claims))
      try await attempt(archive) { _ = try $0.update(stance) { $0.claimID = claim } }
    case 16:
      guard speakers.count > 1 else { return }
      let (one, other) = (random.pick(speakers), random.pick(speakers))
      let splits = random.happens(percent: 25)
      try await attempt(archive) { transaction in
        if splits { _ = try transaction.split(one) } else if one != other { _ = try transaction.merge(one, into: other) }
      }
    case 17:
      let entity = random.pick(all.sorted() + [Speaker.ID(id).reference])
      try await attempt(archive) { _ = try $0.delete(entity, cascading: true) }
    case 18:
      // A type to come, with fields of the same names; and a restore.
      let entity = random.pick(all.sorted() + [Speaker.ID(id).reference])
      try await attempt(archive) { try $0.restore(entity) }
      guard let speaker = speakers.last, let article = articles.last else { return }
      let newer = Reference(type: "broadcast", id: id)
      var fields = Fields()
      fields["articleID"] = .reference(article.reference)
      fields["sources"] = .list([.record(Record(["speakerID": .reference(speaker.reference)]))])
      try await attempt(archive) { [fields] in try $0.insert(newer, fields: fields) }
      self.all.insert(newer)
    default:
      // Without its kind this version can't read it.
      guard !quotes.isEmpty, !stances.isEmpty else { return }
      let (entity, field): (Reference, ExactString) =
        random.happens(percent: 50) ? (random.pick(quotes).reference, "kind") : (random.pick(stances).reference, "position")
      try await attempt(archive) { try $0.write([(CellAddress(field: field), .null)], to: entity) }
    }
  }

  private func sources(_ random: inout SeededRandom) -> [Quote.Source] {
    guard !speakers.isEmpty else { return [] }
    return (0..<random.next() % 3).map { _ in Quote.Source(speakerID: random.pick(speakers)) }
  }

  private func holder(_ random: inout SeededRandom) -> Stance.Holder? {
    if random.happens(percent: 25), !articles.isEmpty { return .article(random.pick(articles)) }
    return quotes.isEmpty ? nil : .quote(random.pick(quotes))
  }

  private mutating func insert(_ entity: some Entity, _ archive: Archive) async throws -> Bool {
    let isWritten = try await attempt(archive) { try $0.insert(entity) }
    if isWritten { all.insert(entity.reference) }
    return isWritten
  }

  /// Whether the archive took it.
  @discardableResult
  private func attempt(_ archive: Archive, _ body: @Sendable @escaping (WriteTransaction) throws -> Void) async throws -> Bool {
    do {
      try await archive.write(body)
      return true
    } catch is ArchiveError {
      return false
    } catch is UnreadableEntity {
      return false
    }
  }
}
