import DictaModels
import DictaStorage

extension Stance: Presentable {
  static let headings = ["HOLDER", "POSITION", "CLAIM"]

  func cells(_ view: CorpusView) throws -> [Table.Cell] {
    [
      Table.Cell(text: try holderName(view)), Table.Cell(text: positionText, look: position.look(view.style)),
      Table.Cell(text: try view.transaction.entity(claimID)?.text ?? claimID.short),
    ]
  }

  func summary(_ view: CorpusView) throws -> [String] {
    let claim = try view.transaction.entity(claimID)?.text ?? claimID.short
    return ["\(try holderName(view)) \(position.rawValue)\(isHedged ? " (hedged)" : ""): \(claim)", try holderText(view)]
  }

  func page(_ view: CorpusView) throws -> Page {
    let claim = try view.transaction.entity(claimID)
    var page = Page("\(try holderName(view)) \(position.rawValue): \(claim?.text ?? "–")")
    page.fact("position", positionText)
    page.fact("claim", "\(claim?.text ?? "–") (\(claimID.short))")
    page.fact("held in", try holderText(view))
    if case .quote(let id) = holder, let quote = try view.transaction.entity(id), let article = try view.article(quote.articleID) {
      page.fact("article", view.reference(to: article))
      page.fact("date", (quote.saidOn ?? article.publishedOn?.date)?.description)
    }
    page.remarks(of: self)
    return page
  }

  /// Whoever the quote lets be heard, or the outlet.
  private func holderName(_ view: CorpusView) throws -> String {
    switch holder {
    case .quote(let id): try view.transaction.entity(id).map(view.heard) ?? id.short
    case .article(let id): try view.article(id).map { $0.outlet ?? view.title(of: $0) } ?? id.short
    }
  }

  private func holderText(_ view: CorpusView) throws -> String {
    switch holder {
    case .quote(let id): try view.transaction.entity(id).map { try "\(view.words(of: $0)) (\(id.short))" } ?? id.short
    case .article(let id): try view.article(id).map { "the article in its own voice: " + view.reference(to: $0) } ?? id.short
    }
  }
}
