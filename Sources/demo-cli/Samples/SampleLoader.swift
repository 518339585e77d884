import DictaModels
import DictaStorage

/// Puts the sample corpus into an archive, one kind of entity at a time, and remembers which id each key became.
///
/// Articles and speakers come first, then quotes, then claims and stances: each refers to what is there already.
struct SampleLoader: Sendable {
  let archive: Archive
  let author: String?

  private(set) var articles: [String: Article] = [:]
  private(set) var speakers: [String: Speaker.ID] = [:]
  private(set) var quotes: [String: Quote.ID] = [:]
  private(set) var claims: [String: Claim.ID] = [:]

  init(_ archive: Archive, author: String? = nil) {
    self.archive = archive
    self.author = author
  }

  /// Adds all of it, in four transactions.
  mutating func addAll() async throws {
    try await addArticles()
    try await addSpeakers()
    try await addQuotes()
    try await addClaimsAndStances()
  }

  mutating func addArticles() async throws {
    articles = try await archive.write(author: author, note: "three reports") { transaction in
      var articles: [String: Article] = [:]
      for sample in Samples.articles {
        let article = try Article(sample)
        try transaction.insert(article)
        articles[sample.key] = article
      }
      return articles
    }
  }

  mutating func addSpeakers() async throws {
    speakers = try await archive.write(author: author, note: "who is heard in them") { transaction in
      var ids: [String: Speaker.ID] = [:]
      for sample in Samples.speakers {
        let speaker = try Speaker(sample, id: transaction.newID())
        try transaction.insert(speaker)
        ids[sample.key] = speaker.id
      }
      return ids
    }
  }

  mutating func addQuotes() async throws {
    quotes = try await archive.write(author: author, note: "what they say") { [self] transaction in
      // All ids first: a quote may name one that is told further down.
      let ids = Dictionary(uniqueKeysWithValues: Samples.quotes.map { ($0.key, transaction.newID(Quote.self)) })
      for sample in Samples.quotes { try transaction.insert(quote(sample, ids: ids)) }
      return ids
    }
  }

  mutating func addClaimsAndStances() async throws {
    claims = try await archive.write(author: author, note: "what is in dispute") { [self] transaction in
      let ids = Dictionary(uniqueKeysWithValues: Samples.claims.map { ($0.key, transaction.newID(Claim.self)) })
      for sample in Samples.claims {
        let id = try ids.named(sample.key)
        var claim = Claim(id: id, text: sample.text)
        claim.context = sample.context
        if sample.from != nil || sample.to != nil { claim.period = Claim.Period(from: try date(sample.from), to: try date(sample.to)) }
        claim.negationOf = try sample.negationOf.map { try ids.named($0) }
        try transaction.insert(claim)
      }
      for sample in Samples.stances { try transaction.insert(stance(sample, claims: ids)) }
      return ids
    }
  }

  // MARK: From samples to entities

  private func quote(_ sample: SampleQuote, ids: [String: Quote.ID]) throws -> Quote {
    let article = try articles.named(sample.article)
    let annotation = try SampleAnnotation(of: sample, in: article.text)
    var quote = Quote(
      id: try ids.named(sample.key), articleID: article.id, kind: Quote.Kind(rawValue: sample.kind),
      segments: annotation.segments.map { Quote.Segment($0, isVerbatim: sample.verbatim) })
    quote.sources = [
      Quote.Source(
        speakerID: try sample.speaker.map { try speakers.named($0) }, mention: annotation.mention,
        mentionKind: sample.mentionKind.map { Quote.Source.MentionKind(rawValue: $0) }, roleAsStated: sample.role)
    ]
    quote.cue = annotation.cue
    quote.assertion = Quote.Assertion(rawValue: sample.assertion)
    quote.saidOn = try date(sample.saidOn)
    quote.medium = sample.medium
    quote.addressees = try sample.addressees.map { Quote.Source(speakerID: try speakers.named($0)) }
    quote.parentID = try sample.parent.map { try ids.named($0) }
    quote.contentOfID = try sample.contentOf.map { try ids.named($0) }
    quote.sameUtteranceAs = try sample.sameUtteranceAs.map { try ids.named($0) }
    return quote
  }

  private func stance(_ sample: SampleStance, claims: [String: Claim.ID]) throws -> Stance {
    let holder: Stance.Holder
    switch (sample.quote, sample.article) {
    case (let quote?, nil): holder = .quote(try quotes.named(quote))
    case (nil, let article?): holder = .article(try articles.named(article).id)
    default: throw SampleError.noHolder(claim: sample.claim)
    }
    var stance = Stance(holder: holder, claimID: try claims.named(sample.claim), position: Stance.Position(rawValue: sample.position))
    stance.isHedged = sample.hedged
    return stance
  }
}

extension Article {
  init(_ sample: SampleArticle) throws {
    self.init(url: sample.url, outlet: sample.outlet, title: sample.title, text: try ArticleText(sample.text))
    bylines = sample.bylines
    publishedOn = Publication(date: try PartialDate(parsing: sample.published), basis: .printed)
    dateline = sample.dateline
    language = sample.language
  }
}

extension Speaker {
  init(_ sample: SampleSpeaker, id: ID) throws {
    self.init(id: id, name: sample.name, kind: Kind(rawValue: sample.kind))
    aliases = Set(sample.aliases.map { ExactString($0) })
    externalIDs = Dictionary(uniqueKeysWithValues: sample.externalIDs.map { (ExactString($0), $1) })
    tenures = Set(
      try sample.tenures.map { Tenure(role: $0.role, organization: $0.organization, from: try date($0.from), to: try date($0.to)) })
  }
}

private func date(_ spelling: String?) throws -> PartialDate? {
  try spelling.map { try PartialDate(parsing: $0) }
}
