// Which entities can pass a filter because of the speaker, article or claim it names. Who really does is decided in Matching.swift, from
// what is shown: references are of any surviving value.

import DictaModels

extension ReadTransaction {
  /// Rows among which everything is that the filter lets through; nil if it narrows by no other entity.
  ///
  /// - Parameter speakers: the group of the filter's speaker.
  func candidates(_ type: EntityType, _ filter: EntityFilter, _ speakers: Set<Speaker.ID>) throws -> Candidates? {
    var all: [Candidates] = []
    if filter.speaker != nil { all.append(try candidates(type, speakers: speakers)) }
    if let article = filter.article { all.append(try candidates(type, article: article)) }
    if let claim = filter.claim { all.append(try candidates(type, claim: claim)) }
    guard all.count > 1 else { return all.first }
    let sets = try all.map { candidates in
      var set: Set<Candidate> = []
      try collect(candidates, into: &set)
      return set
    }
    return .found(sets.dropFirst().reduce(sets[0]) { $0.intersection($1) })
  }

  private func candidates(_ type: EntityType, speakers: Set<Speaker.ID>) throws -> Candidates {
    let quotes = try candidates(referringTo: speakers.map(\.reference), field: "sources")
    switch type {
    case .quote: return quotes
    case .article: return try candidates(articles(of: quotes), type: type)
    case .stance: return .found(try stances(of: quotes))
    case .claim: return try candidates(claims(of: .found(stances(of: quotes))), type: type)
    case .speaker: return .found([])
    }
  }

  private func candidates(_ type: EntityType, article: Article.ID) throws -> Candidates {
    if type == .article { return try candidates([article.bytes], type: type) }
    let quotes = try candidates(referringTo: [article.reference], field: "articleID")
    switch type {
    case .quote: return quotes
    case .speaker: return try candidates(speakers(of: quotes), type: type)
    case .article, .stance, .claim:
      var stances = try stances(of: quotes)
      try collect(candidates(referringTo: [article.reference], field: "holder"), into: &stances)
      return type == .stance ? .found(stances) : try candidates(claims(of: .found(stances)), type: type)
    }
  }

  private func candidates(_ type: EntityType, claim: Claim.ID) throws -> Candidates {
    if type == .claim { return try candidates([claim.bytes], type: type) }
    let stances = try candidates(referringTo: [claim.reference], field: "claimID")
    if type == .stance { return stances }
    let holders = try entities(Stance.self, among: stances).map(\.holder)
    let quotes = try candidates(Set(holders.compactMap { if case .quote(let id) = $0 { id.bytes } else { nil } }), type: .quote)
    if type == .quote { return quotes }
    if type == .speaker { return try candidates(speakers(of: quotes), type: type) }
    let voices = holders.compactMap { if case .article(let id) = $0 { id.bytes } else { nil } }
    return try candidates(articles(of: quotes).union(voices), type: type)
  }

  // MARK: From one to the next

  private func articles(of quotes: Candidates) throws -> Set<Bytes16> {
    Set(try entities(Quote.self, among: quotes).map(\.articleID.bytes))
  }

  private func speakers(of quotes: Candidates) throws -> Set<Bytes16> {
    Set(try entities(Quote.self, among: quotes).flatMap { $0.sources.compactMap(\.speakerID?.bytes) })
  }

  private func claims(of stances: Candidates) throws -> Set<Bytes16> {
    Set(try entities(Stance.self, among: stances).map(\.claimID.bytes))
  }

  /// Those that living ones among these quotes hold.
  private func stances(of quotes: Candidates) throws -> Set<Candidate> {
    guard let type = names.find(EntityType.quote.name) else { return [] }
    var (rows, stances): (Set<Candidate>, Set<Candidate>) = ([], [])
    try collect(quotes, into: &rows)
    for row in rows {
      let lives = try statements.first("SELECT 1 FROM entity WHERE number = ? AND type = ? AND life < 2", .integer(row.number), .integer(type)) { _ in
        true
      }
      if lives == true { try collect(.referrers(of: row.number, field: "holder"), into: &stances) }
    }
    return stances
  }
}
