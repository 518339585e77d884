import DictaModels

/// Who takes which position on a claim, where, and when.
public struct HeldPosition: Sendable {
  public let stance: Stance

  /// The quote that takes it; nil if an article does in its own voice.
  public let quote: Quote?
  public let article: Article

  /// The representative of the group of the quote's first source; nil if nobody known is named.
  public let speaker: Speaker?

  /// When it was said, or else printed.
  public let date: PartialDate?
}

extension ReadTransaction {
  /// All positions on a claim, by date, those without one last.
  ///
  /// Those of quotes and articles that this version can't read are left out.
  public func positions(on claim: Claim.ID) throws -> [HeldPosition] {
    var holders = Holders(transaction: self)
    let stances = try entities(Stance.self, among: candidates(referringTo: [claim.reference], field: "claimID"))
    let positions = try stances.filter { $0.claimID == claim }.compactMap { try holders.position($0) }
    return positions.sorted { left, right in
      switch (left.date, right.date) {
      case (let left?, let right?) where left != right: left < right
      case (nil, _?): false
      case (_?, nil): true
      default: left.stance.id < right.stance.id
      }
    }
  }
}

/// Looks up who takes the positions on one claim: each article and each speaker once.
private struct Holders {
  let transaction: ReadTransaction
  private var articles: [Article.ID: Article?] = [:]
  private var speakers: [Speaker.ID: Speaker?] = [:]

  init(transaction: ReadTransaction) {
    self.transaction = transaction
  }

  mutating func position(_ stance: Stance) throws -> HeldPosition? {
    switch stance.holder {
    case .article(let id):
      guard let article = try article(id) else { return nil }
      return HeldPosition(stance: stance, quote: nil, article: article, speaker: nil, date: article.publishedOn?.date)
    case .quote(let id):
      guard let quote = try transaction.readable(id), let article = try article(quote.articleID) else { return nil }
      let speakerID = quote.sources.lazy.compactMap(\.speakerID).first
      let speaker = try speakerID.flatMap { try self.speaker($0) }
      return HeldPosition(stance: stance, quote: quote, article: article, speaker: speaker, date: quote.saidOn ?? article.publishedOn?.date)
    }
  }

  private mutating func article(_ id: Article.ID) throws -> Article? {
    if let article = articles[id] { return article }
    let article = try transaction.readable(id)
    articles[id] = .some(article)
    return article
  }

  /// The representative of the group.
  private mutating func speaker(_ id: Speaker.ID) throws -> Speaker? {
    if let speaker = speakers[id] { return speaker }
    let speaker = try transaction.representative(of: id)
    speakers[id] = .some(speaker)
    return speaker
  }
}
