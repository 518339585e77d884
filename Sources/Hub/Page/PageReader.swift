#if Hub

import DictaModels
import DictaStorage

/// One moment of an archive, told to people: who is called what, which words stand where, what is in conflict.
///
/// Used only inside `read`. It never holds an article's text: lists name very many, and each may be 16 MiB.
final class PageReader {
  let transaction: ReadTransaction
  let address: PageAddress

  private var speakers: [Speaker.ID: Speaker?] = [:]
  private var heads: [Article.ID: ArticleHead?] = [:]

  init(_ transaction: ReadTransaction, _ address: PageAddress) {
    (self.transaction, self.address) = (transaction, address)
  }

  /// The most bytes of a quote, a claim or a value that a list shows.
  static let lineBytes = 1000

  // MARK: Looking up

  /// The entity, unless it is gone or this version can't read it: then a list goes on without it.
  func entity<Subject: Entity>(_ id: Identifier<Subject>) throws -> Subject? {
    do {
      return try transaction.entity(id)
    } catch is UnreadableEntity {
      return nil
    }
  }

  /// What an address names.
  func require<Subject: Entity>(_ text: String) throws -> Identifier<Subject> {
    // Only the spelling that links have.
    guard let id = Identifier<Subject>(text), id.description == text else { throw HubError.notFound("such \(Subject.type)") }
    return id
  }

  func speaker(_ id: Speaker.ID) throws -> Speaker? {
    if let known = speakers[id] { return known }
    let speaker = try entity(id)
    speakers[id] = .some(speaker)
    return speaker
  }

  func head(_ id: Article.ID) throws -> ArticleHead? {
    if let known = heads[id] { return known }
    let head = try ArticleHead(id, transaction)
    heads[id] = .some(head)
    return head
  }

  /// When something was said, or else printed.
  func date(of quote: Quote) throws -> PartialDate? {
    try quote.saidOn ?? head(quote.articleID)?.article.publishedOn?.date
  }

  // MARK: Naming

  func title(of head: ArticleHead) throws -> String {
    if let title = head.article.title, !title.isEmpty { return title }
    let beginning = try transaction.beginning(of: head.text, byteLimit: 300)?.drop(while: \.isWhitespace).prefix { !$0.isNewline }
    guard let beginning, !beginning.isEmpty else { return "Untitled" }
    return "“\(beginning.prefix(60))\(beginning.count > 60 ? "…" : "")”"
  }

  func line(of head: ArticleHead) throws -> ArticleLine {
    ArticleLine(
      href: "articles/\(head.article.id)", title: try title(of: head), outlet: head.article.outlet,
      date: head.article.publishedOn.map { PageDate($0.date) },
      conflict: try conflict(head.article.reference, ["title", "outlet", "publishedOn", "text", "life"]))
  }

  /// A quote's words, an ellipsis where something stands between its segments.
  func words(of quote: Quote) throws -> String {
    var words: [String] = []
    var rest = Self.lineBytes
    for segment in quote.segments {
      guard rest > 0 else { break }
      let length = segment.anchor.end - segment.anchor.start
      let part = try transaction.words(at: segment.anchor, byteLimit: rest).map { length > rest ? $0 + "…" : $0 }
      words.append(part ?? "[its text isn’t here]")
      rest -= max(1, length)
    }
    return words.isEmpty ? "[no words]" : words.joined(separator: " … ")
  }

  /// Everybody who is heard, or spoken to: by name, or else as the article mentions them.
  func who(_ sources: [Quote.Source]) throws -> [Who] {
    try sources.prefix(20).map { source in
      let speaker = try source.speakerID.flatMap(speaker)
      let mention = try source.mention.flatMap { try transaction.words(at: $0, byteLimit: 200) }
      let name = speaker?.name ?? mention.map { "“\($0)”" } ?? (source.roleAsStated == nil ? "nobody named" : "somebody")
      return Who(
        name: name, href: speaker.map { "speakers/\($0.id)" }, role: source.roleAsStated,
        mention: mention.flatMap { speaker == nil || name.isExactly($0) ? nil : $0 },
        conflict: try speaker.flatMap { try conflict($0.reference, ["name", "life"]) })
    }
  }

  /// - Parameter group: those whose page it is, so that they needn't be named.
  func line(of quote: Quote, group: Set<Speaker.ID> = []) throws -> QuoteLine {
    let head = try head(quote.articleID)
    func isOfGroup(_ source: Quote.Source) -> Bool { source.speakerID.map(group.contains) ?? false }
    return QuoteLine(
      href: "quotes/\(quote.id)", words: try words(of: quote), who: try who(quote.sources.filter { !isOfGroup($0) }),
      roles: quote.sources.filter(isOfGroup).compactMap(\.roleAsStated).prefix(20).map(\.self), kind: QuoteKind(quote.kind),
      assertion: quote.assertionText, date: try date(of: quote).map(PageDate.init), article: try head.map { try line(of: $0) },
      conflict: try conflict(quote.reference))
  }

  func line(of claim: Claim) throws -> ClaimLine {
    let stances = try transaction.sources(of: claim.reference, field: "claimID", type: .stance)
    // Of a claim that very many speak to, its own page tells who says what.
    let positions = stances.count > 200 ? nil : try stances.compactMap { try entity(Stance.ID($0)) }.filter { $0.claimID == claim.id }.map(\.position)
    return ClaimLine(
      href: "claims/\(claim.id)", text: claim.text.cut(toBytes: Self.lineBytes), about: claim.period.flatMap { periodText($0.from, $0.to) },
      tally: positions.map(PositionTally.text) ?? "\(stances.count) stances", isContested: positions.map(PositionTally.isContested) ?? false,
      conflict: try conflict(claim.reference, ["text", "period", "life"]))
  }

  func line(of speaker: Speaker) throws -> SpeakerLine {
    SpeakerLine(
      href: "speakers/\(speaker.id)", name: speaker.name, kind: speaker.kind.rawValue, office: speaker.sortedTenures.last?.officeText,
      aliases: speaker.aliases.sorted().prefix(5).map(\.string),
      conflict: try conflict(speaker.reference, ["name", "kind", "mergedInto", "life"]))
  }

  /// What to say beside something that shows fields in conflict.
  ///
  /// - Parameter shown: the fields that are shown; nil for all.
  func conflict(_ entity: Reference, _ shown: Set<ExactString>? = nil) throws -> ConflictNote? {
    let fields = try transaction.fieldsInConflict(of: entity).filter { shown?.contains($0) ?? true }
    guard !fields.isEmpty else { return nil }
    return ConflictNote(entity: "\(entity)", fields: fields.sorted().map(\.string).joined(separator: ", "))
  }
}

/// What is known of an article without its text.
struct ArticleHead {
  /// Its text is empty here.
  let article: Article
  let text: TextHash

  /// Nil if the article is gone, or this version can't read it.
  init?(_ id: Article.ID, _ transaction: ReadTransaction) throws {
    do {
      let fields = try transaction.fields(of: id.reference)
      guard case .text(let hash)? = fields["text"] else { return nil }
      let nothing = try ArticleText("")
      (article, text) = (try Article(id: id, fields: fields) { _ in nothing }, hash)
    } catch ArchiveError.noSuchEntity, ArchiveError.deleted {
      return nil
    } catch is UnreadableEntity {
      return nil
    }
  }
}

#endif
