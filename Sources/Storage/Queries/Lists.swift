import DictaModels
import GRDB

/// Which entities of a type to list. What is nil doesn't narrow.
public struct EntityFilter: Sendable {
  /// Heard in it, or in the article, or taking the stance; every speaker of the same group counts.
  public var speaker: Speaker.ID?
  public var article: Article.ID?
  public var claim: Claim.ID?
  public var outlet: String?
  /// The kind of a speaker or a quote, the position of a stance.
  public var kind: String?
  /// The first and last day: of publication, of what was said, or of a claim's period.
  public var from: PartialDate?
  public var to: PartialDate?
  public var tag: String?
  /// Quotes that stand like this in a text of their article.
  public var placement: Placement?

  public init() {}

  /// The filters that mean something for a type, by the names of their properties.
  public static func applicable(to type: EntityType) -> Set<String> {
    switch type {
    case .article: ["speaker", "claim", "outlet", "from", "to", "tag"]
    case .speaker: ["article", "claim", "kind", "tag"]
    case .quote: ["speaker", "article", "claim", "outlet", "kind", "from", "to", "tag", "placement"]
    case .claim: ["speaker", "article", "from", "to", "tag"]
    case .stance: ["speaker", "article", "claim", "outlet", "kind", "from", "to", "tag"]
    }
  }
}

extension ReadTransaction {
  /// Living entities of a type, by id.
  ///
  /// Entities that this version can't read are left out; ``Archive/check()`` lists them.
  ///
  /// - Parameter after: begins behind this id.
  /// - Complexity: O(entities that the speaker, article or claim narrows it to), or of the type without one.
  public func list<Subject: Entity>(
    _: Subject.Type = Subject.self, where filter: EntityFilter = EntityFilter(), after: Identifier<Subject>? = nil, limit: Int = .max
  ) throws -> [Subject] {
    var results: [Subject] = []
    try forEach(where: filter, after: after) { entity in
      guard results.count < limit else { return false }
      results.append(entity)
      return true
    }
    return results
  }

  /// Calls `body` with each living entity of a type, by id, until it returns false; no more than one is held at a time.
  public func forEach<Subject: Entity>(
    _: Subject.Type = Subject.self, where filter: EntityFilter = EntityFilter(), after: Identifier<Subject>? = nil,
    _ body: (Subject) throws -> Bool
  ) throws {
    let speakers = try Set(filter.speaker.map { try group(of: $0).members } ?? [])
    func take(_ id: Bytes16, _ state: @autoclosure () throws -> EntityState) throws -> Bool {
      let subject: Subject
      do {
        subject = try Subject(id: Identifier(id), fields: state().shown, texts: text)
      } catch is UnreadableEntity {
        return true
      }
      return try matches(subject, filter, speakers) ? body(subject) : true
    }
    if let candidates = try candidates(Subject.type, filter, speakers) {
      for id in candidates.sorted() where after.map({ $0.bytes < id }) ?? true {
        guard let row = try row(Reference(type: Subject.type.name, id: id)), row.life.isLiving else { continue }
        guard try take(id, row.state) else { return }
      }
    } else {
      guard let type = names.find(Subject.type.name) else { return }
      try db.each(
        "SELECT id, state FROM entity WHERE type = ? AND id > ? AND life < 2 ORDER BY id",
        [.integer(type), after.map { .blob($0.bytes) } ?? .blob([])]
      ) { row in
        try take(try Bytes16(row.blob(0)).orDamaged("an entity's id"), try EntityState(bytes: row.blob(1), names: names))
      }
    }
  }

  /// The living entities of a type that refer to one through a field.
  package func sources(of target: Reference, field: ExactString, type: EntityType) throws -> Set<Bytes16> {
    guard let targetType = names.find(target.type), let fieldNumber = names.find(field), let sourceType = names.find(type.name) else { return [] }
    return Set(
      try db.all(
        """
        SELECT source.id FROM entity AS target JOIN reference ON reference.target = target.number AND reference.field = ?
        JOIN entity AS source ON source.number = reference.source
        WHERE target.type = ? AND target.id = ? AND source.type = ? AND source.life < 2
        """, .integer(fieldNumber), .integer(targetType), .blob(target.id), .integer(sourceType)
      ) { try $0.bytes16(0).orDamaged("an entity's id") })
  }

  // MARK: Narrowing

  /// Ids among which everything is that the filter lets through; nil if it narrows by no other entity.
  ///
  /// - Parameter speakers: the group of the filter's speaker.
  private func candidates(_ type: EntityType, _ filter: EntityFilter, _ speakers: Set<Speaker.ID>) throws -> Set<Bytes16>? {
    var sets: [Set<Bytes16>] = []
    if filter.speaker != nil { sets.append(try candidates(type, speakers: speakers)) }
    if let article = filter.article { sets.append(try candidates(type, article: article)) }
    if let claim = filter.claim { sets.append(try candidates(type, claim: claim)) }
    guard let first = sets.min(by: { $0.count < $1.count }) else { return nil }
    return sets.reduce(first) { $0.intersection($1) }
  }

  private func candidates(_ type: EntityType, speakers: Set<Speaker.ID>) throws -> Set<Bytes16> {
    var quotes: Set<Bytes16> = []
    for member in speakers { quotes.formUnion(try sources(of: member.reference, field: "sources", type: .quote)) }
    switch type {
    case .quote: return quotes
    case .article: return Set(try quotes.compactMap { try entity(Quote.ID($0))?.articleID.bytes })
    case .stance: return try stances(ofQuotes: quotes)
    case .claim: return Set(try stances(ofQuotes: quotes).compactMap { try entity(Stance.ID($0))?.claimID.bytes })
    case .speaker: return []
    }
  }

  private func candidates(_ type: EntityType, article: Article.ID) throws -> Set<Bytes16> {
    let quotes = try sources(of: article.reference, field: "articleID", type: .quote)
    switch type {
    case .quote: return quotes
    case .article: return [article.bytes]
    case .speaker: return try speakers(ofQuotes: quotes)
    case .stance, .claim:
      let stances = try stances(ofQuotes: quotes).union(sources(of: article.reference, field: "holder", type: .stance))
      return type == .stance ? stances : Set(try stances.compactMap { try entity(Stance.ID($0))?.claimID.bytes })
    }
  }

  private func candidates(_ type: EntityType, claim: Claim.ID) throws -> Set<Bytes16> {
    let stances = try sources(of: claim.reference, field: "claimID", type: .stance)
    if type == .stance { return stances }
    if type == .claim { return [claim.bytes] }
    let holders = try stances.compactMap { try entity(Stance.ID($0))?.holder }
    let quotes = Set(holders.compactMap { if case .quote(let id) = $0 { id.bytes } else { nil } })
    if type == .quote { return quotes }
    if type == .speaker { return try speakers(ofQuotes: quotes) }
    let voices = holders.compactMap { if case .article(let id) = $0 { id.bytes } else { nil } }
    return Set(try quotes.compactMap { try entity(Quote.ID($0))?.articleID.bytes } + voices)
  }

  private func stances(ofQuotes quotes: Set<Bytes16>) throws -> Set<Bytes16> {
    try quotes.reduce(into: []) { $0.formUnion(try sources(of: Quote.ID($1).reference, field: "holder", type: .stance)) }
  }

  private func speakers(ofQuotes quotes: Set<Bytes16>) throws -> Set<Bytes16> {
    Set(try quotes.flatMap { try entity(Quote.ID($0))?.sources.compactMap(\.speakerID?.bytes) ?? [] })
  }

  // MARK: Matching

  /// - Parameter speakers: the group of the filter's speaker.
  private func matches<Subject: Entity>(_ subject: Subject, _ filter: EntityFilter, _ speakers: Set<Speaker.ID>) throws -> Bool {
    if let tag = filter.tag, !subject.tags.contains(ExactString(tag)) { return false }
    switch subject {
    case let article as Article:
      return isFrom(filter.outlet, article) && isIn(filter, article.publishedOn?.date)
    case let speaker as Speaker:
      return filter.kind.map { $0.isExactly(speaker.kind.rawValue) } ?? true
    case let quote as Quote:
      if let kind = filter.kind, !kind.isExactly(quote.kind.rawValue) { return false }
      if let placement = filter.placement, !quote.placements.values.contains(where: { $0.placement == placement }) { return false }
      guard filter.speaker == nil || quote.sources.contains(where: { $0.speakerID.map(speakers.contains) ?? false }) else { return false }
      if let articleID = filter.article, quote.articleID != articleID { return false }
      return try matches(quote, filter)
    case let claim as Claim:
      guard filter.from != nil || filter.to != nil else { return true }
      guard let period = claim.period else { return false }
      let start = period.from ?? period.to
      return start.map { overlaps(start: $0, end: period.to ?? $0, filter) } ?? false
    case let stance as Stance:
      if let kind = filter.kind, !kind.isExactly(stance.position.rawValue) { return false }
      if let claim = filter.claim, stance.claimID != claim { return false }
      guard filter.outlet != nil || filter.from != nil || filter.to != nil else { return true }
      switch stance.holder {
      case .quote(let id): return try entity(id).map { try matches($0, filter) } ?? false
      case .article(let id): return try entity(id).map { isFrom(filter.outlet, $0) && isIn(filter, $0.publishedOn?.date) } ?? false
      }
    default: return true
    }
  }

  /// By its article's outlet, and the day it was said, or else printed.
  private func matches(_ quote: Quote, _ filter: EntityFilter) throws -> Bool {
    guard filter.outlet != nil || filter.from != nil || filter.to != nil else { return true }
    guard let article = try entity(quote.articleID) else { return false }
    return isFrom(filter.outlet, article) && isIn(filter, quote.saidOn ?? article.publishedOn?.date)
  }

  private func isFrom(_ outlet: String?, _ article: Article) -> Bool {
    outlet.map { article.outlet?.isExactly($0) ?? false } ?? true
  }

  private func isIn(_ filter: EntityFilter, _ date: PartialDate?) -> Bool {
    guard filter.from != nil || filter.to != nil else { return true }
    return date?.overlaps(from: filter.from, to: filter.to) ?? false
  }

  private func overlaps(start: PartialDate, end: PartialDate, _ filter: EntityFilter) -> Bool {
    if let from = filter.from, end.lastDay < from.firstDay { return false }
    if let to = filter.to, start.firstDay > to.lastDay { return false }
    return true
  }
}
