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
  public func positions(on claim: Claim.ID) throws -> [HeldPosition] {
    var filter = EntityFilter()
    filter.claim = claim
    let positions = try list(Stance.self, where: filter).compactMap(position)
    return positions.sorted { left, right in
      switch (left.date, right.date) {
      case (let left?, let right?) where left != right: left < right
      case (nil, _?): false
      case (_?, nil): true
      default: left.stance.id < right.stance.id
      }
    }
  }

  private func position(_ stance: Stance) throws -> HeldPosition? {
    switch stance.holder {
    case .article(let id):
      guard let article = try entity(id) else { return nil }
      return HeldPosition(stance: stance, quote: nil, article: article, speaker: nil, date: article.publishedOn?.date)
    case .quote(let id):
      guard let quote = try entity(id), let article = try entity(quote.articleID) else { return nil }
      let speaker = try quote.sources.lazy.compactMap(\.speakerID).first.flatMap { try entity(group(of: $0).representative) }
      return HeldPosition(stance: stance, quote: quote, article: article, speaker: speaker, date: quote.saidOn ?? article.publishedOn?.date)
    }
  }
}
