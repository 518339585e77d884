import DictaModels

/// Tells of entities that were read whether a filter lets them through, by what they show.
struct Matching {
  private let filter: EntityFilter

  /// The group of the filter's speaker.
  private let speakers: Set<Speaker.ID>
  private let transaction: ReadTransaction

  /// What was looked up last: quotes tend to come article by article.
  private var latestArticle: (id: Article.ID, print: Print?)?

  /// Where something was printed, and when. It lies in the article's row; the text lies elsewhere.
  private struct Print {
    let outlet: String?
    var date: PartialDate?
  }

  init(_ filter: EntityFilter, speakers: Set<Speaker.ID>, in transaction: ReadTransaction) {
    (self.filter, self.speakers, self.transaction) = (filter, speakers, transaction)
  }

  mutating func takes<Subject: Entity>(_ subject: Subject) throws -> Bool {
    if let tag = filter.tag, !subject.tags.contains(ExactString(tag)) { return false }
    switch Subject.type {
    case .article: return (subject as? Article).map { takes(Print(outlet: $0.outlet, date: $0.publishedOn?.date)) } ?? false
    case .speaker: return (subject as? Speaker).map(takes) ?? false
    case .quote: return try (subject as? Quote).map { try takes($0) } ?? false
    case .claim: return (subject as? Claim).map(takes) ?? false
    case .stance: return try (subject as? Stance).map { try takes($0) } ?? false
    }
  }

  private func takes(_ speaker: Speaker) -> Bool {
    filter.kind.map { $0.isExactly(speaker.kind.rawValue) } ?? true
  }

  private mutating func takes(_ quote: Quote) throws -> Bool {
    if let kind = filter.kind, !kind.isExactly(quote.kind.rawValue) { return false }
    if let placement = filter.placement, !quote.placements.values.contains(where: { $0.placement == placement }) { return false }
    guard filter.speaker == nil || quote.sources.contains(where: { $0.speakerID.map(speakers.contains) ?? false }) else { return false }
    if let articleID = filter.article, quote.articleID != articleID { return false }
    return try takesPrint(of: quote)
  }

  private func takes(_ claim: Claim) -> Bool {
    guard filter.from != nil || filter.to != nil else { return true }
    guard let period = claim.period, let start = period.from ?? period.to else { return false }
    return overlaps(start: start, end: period.to ?? start)
  }

  private mutating func takes(_ stance: Stance) throws -> Bool {
    if let kind = filter.kind, !kind.isExactly(stance.position.rawValue) { return false }
    if let claim = filter.claim, stance.claimID != claim { return false }
    guard asksForPrint else { return true }
    switch stance.holder {
    case .quote(let id): return try transaction.readable(id).map { try takesPrint(of: $0) } ?? false
    case .article(let id): return try print(of: id).map(takes) ?? false
    }
  }

  // MARK: Where and when

  private var asksForPrint: Bool { filter.outlet != nil || filter.from != nil || filter.to != nil }

  /// By its article's outlet, and the day it was said, or else printed.
  private mutating func takesPrint(of quote: Quote) throws -> Bool {
    guard asksForPrint else { return true }
    guard var print = try print(of: quote.articleID) else { return false }
    print.date = quote.saidOn ?? print.date
    return takes(print)
  }

  private mutating func print(of id: Article.ID) throws -> Print? {
    if let latestArticle, latestArticle.id == id { return latestArticle.print }
    var print: Print?
    if let row = try transaction.row(id.reference), row.life.isLiving {
      let fields = row.state.shown
      print = Print(outlet: Article.outlet(of: fields), date: Article.publishedOn(of: fields)?.date)
    }
    latestArticle = (id, print)
    return print
  }

  private func takes(_ print: Print) -> Bool {
    if let outlet = filter.outlet, print.outlet?.isExactly(outlet) != true { return false }
    guard filter.from != nil || filter.to != nil else { return true }
    return print.date?.overlaps(from: filter.from, to: filter.to) ?? false
  }

  private func overlaps(start: PartialDate, end: PartialDate) -> Bool {
    if let from = filter.from, end.lastDay < from.firstDay { return false }
    if let to = filter.to, start.firstDay > to.lastDay { return false }
    return true
  }
}
