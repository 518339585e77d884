import DictaModels
import DictaStorage

extension Quote: Presentable {
  static let headings = ["DATE", "WHO", "WORDS", "KIND", "OUTLET"]

  func cells(_ view: CorpusView) throws -> [Table.Cell] {
    let article = try view.article(articleID)
    return [
      Table.Cell(text: (saidOn ?? article?.publishedOn?.date)?.description ?? "–"), Table.Cell(text: try view.heard(in: self)),
      Table.Cell(text: try view.line(of: self)), Table.Cell(text: kind.rawValue), Table.Cell(text: article?.outlet ?? "–"),
    ]
  }

  func summary(_ view: CorpusView) throws -> [String] {
    let sources = try sources.map(view.describe).joined(separator: "; ")
    let speech = [sources.isEmpty ? nil : sources, speechText].compactMap(\.self).joined(separator: " · ")
    let place = try view.article(articleID).map { "in " + view.reference(to: $0) }
    return [try view.words(of: self), speech] + [place].compactMap(\.self)
  }

  func page(_ view: CorpusView) throws -> Page {
    var page = Page(try view.words(of: self))
    page.fact("who", each: try sources.map(view.describe))
    page.fact("cue", try cue.flatMap(view.words)?.inQuotationMarks)
    page.fact("how", speechText)
    page.fact("said on", saidOn?.description)
    page.fact("medium", medium)
    page.fact("to", each: try addressees.map(view.describe))
    page.fact("article", try view.article(articleID).map(view.reference))
    page.remarks(of: self)
    try addRelatives(to: &page, view)
    try addStances(to: &page, view)
    try addPlacements(to: &page, view)
    try addContext(to: &page, view)
    return page
  }

  /// `direct, as a question`
  private var speechText: String {
    let assertion: String? =
      switch assertion {
      case .said: nil
      case .notSaid: "not said"
      case .attitude: "an attitude"
      case .question: "a question"
      case .hypothetical: "hypothetical"
      case .unknown(let rawValue): rawValue
      }
    let wording = segments.contains(where: \.isVerbatim) ? segments.allSatisfy(\.isVerbatim) ? nil : "partly verbatim" : "not verbatim"
    return [kind.rawValue, assertion, wording].compactMap(\.self).joined(separator: ", ")
  }

  // MARK: Sections

  private func addRelatives(to page: inout Page, _ view: CorpusView) throws {
    var filter = EntityFilter()
    filter.article = articleID
    let inner = try view.transaction.list(Quote.self, where: filter).filter { $0.parentID == id }
    var outer: [Quote] = []
    var passed: Set = [id]
    while let next = (outer.last ?? self).parentID, passed.insert(next).inserted {
      guard let quote = try view.transaction.entity(next) else { break }
      outer.append(quote)
    }
    let others = try view.transaction.utterance(of: id).members.filter { $0 != id }.compactMap { try view.transaction.entity($0) }
    let content = try contentOfID.flatMap { try view.transaction.entity($0) }
    guard !inner.isEmpty || !outer.isEmpty || !others.isEmpty || content != nil else { return }
    page.section("Beside it")
    page.fact("reported in", each: try outer.map(view.reference))
    page.fact("reports", each: try inner.map(view.reference))
    page.fact("speaks of", try content.map(view.reference))
    page.fact(
      "same utterance",
      each: try others.map { quote in try view.reference(to: quote) + (view.article(quote.articleID)?.outlet.map { ", \($0)" } ?? "") })
  }

  private func addStances(to page: inout Page, _ view: CorpusView) throws {
    var filter = EntityFilter()
    filter.article = articleID
    let stances = try view.transaction.list(Stance.self, where: filter).filter { $0.holder == .quote(id) }
    guard !stances.isEmpty else { return }
    page.section("What it says to claims")
    for stance in stances {
      let claim = try view.transaction.entity(stance.claimID)
      page.fact(stance.positionText, "\(claim?.text ?? "–") (\(stance.claimID.short))")
    }
  }

  private func addPlacements(to page: inout Page, _ view: CorpusView) throws {
    guard !placements.isEmpty, let article = try view.article(articleID) else { return }
    page.section("In other texts of the article")
    for (hash, placing) in placements.sorted(by: { $0.key < $1.key }) {
      let isCurrent = hash.string.isExactly(article.text.hash.description)
      let details = ["\(placing.score) of 1000", placing.isAccepted ? "accepted" : nil, isCurrent ? "the current text" : nil]
      page.fact(placing.placement.rawValue, "text \(hash.string.prefix(8))…, " + details.compactMap(\.self).joined(separator: ", "))
    }
  }

  /// What stands around the words, about two lines of it on either side.
  private func addContext(to page: inout Page, _ view: CorpusView) throws {
    let anchors = segments.map(\.anchor)
    guard let hash = anchors.first?.textHash, let text = try view.transaction.text(hash) else { return }
    let ranges = ranges(in: text)
    guard let first = ranges.first, let end = ranges.map(\.upperBound).max() else { return }
    let isCurrent = try view.article(articleID)?.text.hash == hash
    page.section(isCurrent ? "In the article" : "In the text it was taken from")
    let marked = MarkedText(text, [self], window: text.window(around: first.lowerBound..<end, scalarCount: 200), isNumbered: false)
    page.paragraph(marked.string) { [style = view.style] in MarkedText.highlight($0, style) }
  }
}

extension Stance {
  /// `denies, hedged`
  var positionText: String { position.rawValue + (isHedged ? ", hedged" : "") }
}

extension CorpusView {
  /// `Radu Ilvény (9b1c22), “the minister” (nominal), as Foreign Minister`
  func describe(_ source: Quote.Source) throws -> String {
    let speaker = try source.speakerID.map { id in try self.speaker(id).map { "\($0.name) (\(id.short))" } ?? id.short }
    let mention = try source.mention.flatMap(words)?.inQuotationMarks
    let kind = source.mentionKind?.rawValue
    let mentioned = mention.map { $0 + (kind.map { " (\($0))" } ?? "") } ?? kind
    let parts = [speaker, mentioned, source.roleAsStated.map { "as " + $0 }].compactMap(\.self)
    return parts.isEmpty ? "nobody named" : parts.joined(separator: ", ")
  }
}
