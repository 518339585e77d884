import DictaModels

@testable import DictaStorage

/// The rules of lists, computed anew from the rows of all entities, without the table of references.
struct NaiveLists {
  private var rows: [Reference: EntityRow] = [:]
  private var articles: [Article] = []
  private var speakers: [Speaker] = []
  private var quotes: [Quote] = []
  private var claims: [Claim] = []
  private var stances: [Stance] = []

  /// - Parameter entities: all that anybody ever wrote.
  init(_ transaction: ReadTransaction, _ entities: some Sequence<Reference>) throws {
    for entity in Set(entities) { rows[entity] = try transaction.row(entity) }
    func readable<Subject: Entity>(_: Subject.Type = Subject.self) -> [Subject] {
      rows.compactMap { reference, row in
        guard row.life.isLiving, reference.type == Subject.type.name else { return nil }
        return try? Subject(id: Identifier(reference.id), fields: row.state.shown, texts: transaction.text)
      }
    }
    (articles, speakers, quotes, claims, stances) = (readable(), readable(), readable(), readable(), readable())
  }

  func ids(_ type: EntityType, _ filter: EntityFilter) -> [Bytes16] {
    let all: [any Entity] =
      switch type {
      case .article: articles
      case .speaker: speakers
      case .quote: quotes
      case .claim: claims
      case .stance: stances
      }
    var candidates = Set(all.filter { takes($0, filter) }.map { bytes($0) })
    if let speaker = filter.speaker { candidates.formIntersection(connected(type, speakers: Set(group(of: speaker).map(\.reference)))) }
    if let article = filter.article { candidates.formIntersection(connected(type, article: article)) }
    if let claim = filter.claim { candidates.formIntersection(connected(type, claim: claim)) }
    return candidates.sorted()
  }

  /// Sorted.
  func group(of speaker: Speaker.ID) -> [Speaker.ID] {
    var members: Set = [speaker.reference]
    while true {
      var larger = members
      for (reference, row) in rows where reference.type == "speaker" {
        let joined = row.state.fieldReferences.filter { $0.field == "mergedInto" && $0.target.type == "speaker" }.map(\.target)
        if members.contains(reference) { larger.formUnion(joined) }
        if row.life.isLiving, !members.isDisjoint(with: joined) { larger.insert(reference) }
      }
      if larger == members { return members.map { Speaker.ID($0.id) }.sorted() }
      members = larger
    }
  }

  /// Stance, quote, article and speaker of each.
  func positions(on claim: Claim.ID) -> [[Bytes16?]] {
    stances.sorted { $0.id < $1.id }.filter { $0.claimID == claim }.compactMap { stance in
      switch stance.holder {
      case .article(let id):
        return articles.contains { $0.id == id } ? [stance.id.bytes, nil, id.bytes, nil] : nil
      case .quote(let id):
        guard let quote = quotes.first(where: { $0.id == id }), articles.contains(where: { $0.id == quote.articleID }) else { return nil }
        let named = quote.sources.compactMap(\.speakerID).first
        let speaker = named.flatMap { named in speakers.first { $0.id == group(of: named)[0] } }
        return [stance.id.bytes, id.bytes, quote.articleID.bytes, speaker?.id.bytes]
      }
    }
  }

  private func bytes<Subject: Entity>(_ entity: Subject) -> Bytes16 { entity.id.bytes }

  // MARK: By any surviving value

  private func living(_ type: EntityType, field: ExactString, to targets: Set<Reference>) -> Set<Bytes16> {
    Set(
      rows.filter { reference, row in
        reference.type == type.name && row.life.isLiving
          && row.state.fieldReferences.contains { $0.field == field && targets.contains($0.target) }
      }.map(\.key.id))
  }

  private func connected(_ type: EntityType, speakers: Set<Reference>) -> Set<Bytes16> {
    let heard = living(.quote, field: "sources", to: speakers)
    let stances = living(.stance, field: "holder", to: Set(heard.map { Quote.ID($0).reference }))
    switch type {
    case .quote: return heard
    case .article: return Set(quotes.filter { heard.contains($0.id.bytes) }.map(\.articleID.bytes))
    case .stance: return stances
    case .claim: return Set(self.stances.filter { stances.contains($0.id.bytes) }.map(\.claimID.bytes))
    case .speaker: return []
    }
  }

  private func connected(_ type: EntityType, article: Article.ID) -> Set<Bytes16> {
    let heard = living(.quote, field: "articleID", to: [article.reference])
    let stances = living(.stance, field: "holder", to: Set(heard.map { Quote.ID($0).reference } + [article.reference]))
    switch type {
    case .quote: return heard
    case .article: return [article.bytes]
    case .stance: return stances
    case .claim: return Set(self.stances.filter { stances.contains($0.id.bytes) }.map(\.claimID.bytes))
    case .speaker: return Set(quotes.filter { heard.contains($0.id.bytes) }.flatMap { $0.sources.compactMap(\.speakerID?.bytes) })
    }
  }

  private func connected(_ type: EntityType, claim: Claim.ID) -> Set<Bytes16> {
    let stances = living(.stance, field: "claimID", to: [claim.reference])
    let holders = self.stances.filter { stances.contains($0.id.bytes) }.map(\.holder)
    let heard = quotes.filter { holders.contains(.quote($0.id)) }
    switch type {
    case .quote: return Set(heard.map(\.id.bytes))
    case .article: return Set(heard.map(\.articleID.bytes) + holders.compactMap { if case .article(let id) = $0 { id.bytes } else { nil } })
    case .stance: return stances
    case .claim: return [claim.bytes]
    case .speaker: return Set(heard.flatMap { $0.sources.compactMap(\.speakerID?.bytes) })
    }
  }

  // MARK: By what is shown

  private func takes(_ entity: any Entity, _ filter: EntityFilter) -> Bool {
    if let tag = filter.tag, !entity.tags.contains(ExactString(tag)) { return false }
    if let article = entity as? Article { return filter.outlet == nil || article.outlet == filter.outlet }
    if let speaker = entity as? Speaker { return filter.kind == nil || speaker.kind.rawValue == filter.kind }
    if let quote = entity as? Quote { return takes(quote, filter) }
    guard let stance = entity as? Stance else { return true }
    if let kind = filter.kind, stance.position.rawValue != kind { return false }
    if let claim = filter.claim, stance.claimID != claim { return false }
    guard let outlet = filter.outlet else { return true }
    switch stance.holder {
    case .article(let id): return self.outlet(of: id) == outlet
    case .quote(let id): return quotes.contains { $0.id == id && self.outlet(of: $0.articleID) == outlet }
    }
  }

  private func takes(_ quote: Quote, _ filter: EntityFilter) -> Bool {
    if let kind = filter.kind, quote.kind.rawValue != kind { return false }
    if let article = filter.article, quote.articleID != article { return false }
    if let speaker = filter.speaker, Set(group(of: speaker)).isDisjoint(with: quote.sources.compactMap(\.speakerID)) { return false }
    return filter.outlet == nil || outlet(of: quote.articleID) == filter.outlet
  }

  private func outlet(of article: Article.ID) -> String? {
    articles.first { $0.id == article }?.outlet
  }
}
