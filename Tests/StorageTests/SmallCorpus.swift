import DictaModels
import DictaStorage

/// An article, a speaker heard in it, what they say there, a claim, and the stance that the quote takes on it.
struct SmallCorpus: Sendable {
  let article: Article
  let speaker: Speaker
  let quote: Quote
  let claim: Claim
  let stance: Stance

  static let words = "“The bridge will open in spring,” Mara Quist said. “Not a day later,” the harbour master added."

  init(in transaction: WriteTransaction, url: String = "https://example.org/bridge") throws {
    let text = try ArticleText(Self.words)
    article = Article(url: url, outlet: "The Ferry", title: "A bridge", text: text)
    speaker = Speaker(id: transaction.newID(), name: "Mara Quist", kind: .person)
    var quote = Quote(
      id: transaction.newID(), articleID: article.id, kind: .direct,
      segments: [Quote.Segment(try text.anchor(exact: "The bridge will open in spring"))])
    quote.sources = [Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "Mara Quist"), mentionKind: .name)]
    self.quote = quote
    claim = Claim(id: transaction.newID(), text: "The bridge opens in spring")
    stance = Stance(holder: .quote(quote.id), claimID: claim.id, position: .supports)
    try transaction.insert(article)
    try transaction.insert(speaker)
    try transaction.insert(quote)
    try transaction.insert(claim)
    try transaction.insert(stance)
  }

  var references: [Reference] { [article.reference, speaker.reference, quote.reference, claim.reference, stance.reference] }
}

extension Archive {
  func writeSmallCorpus() async throws -> SmallCorpus {
    try await write { try SmallCorpus(in: $0) }
  }

  @discardableResult
  func writeClaim(_ text: String) async throws -> Claim.ID {
    try await write { transaction in
      let claim = Claim(id: transaction.newID(), text: text)
      try transaction.insert(claim)
      return claim.id
    }
  }

  @discardableResult
  func writeSpeaker(_ name: String) async throws -> Speaker.ID {
    try await write { transaction in
      let speaker = Speaker(id: transaction.newID(), name: name, kind: .person)
      try transaction.insert(speaker)
      return speaker.id
    }
  }
}

extension CellAddress {
  static func field(_ name: ExactString) -> CellAddress { CellAddress(field: name) }
  static func key(_ key: ExactString, of name: ExactString) -> CellAddress { CellAddress(field: name, place: .key(key)) }
  static func element(_ value: Value, of name: ExactString) -> CellAddress { CellAddress(field: name, place: .element(Element(value))) }
}

/// Whether the closure throws an error that `matches` takes.
func refuses<Result>(_ body: () async throws -> Result, _ matches: (any Error) -> Bool) async -> Bool {
  do {
    _ = try await body()
    return false
  } catch {
    return matches(error)
  }
}
