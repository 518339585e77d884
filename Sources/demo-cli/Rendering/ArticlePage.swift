import DictaModels
import DictaStorage

extension Article: Presentable {
  static let headings = ["PUBLISHED", "OUTLET", "TITLE"]

  func cells(_ view: CorpusView) throws -> [Table.Cell] {
    let look: (String) -> String = if title == nil { view.style.dim } else { view.style.plain }
    return [
      Table.Cell(text: publishedOn?.date.description ?? "–"), Table.Cell(text: outlet ?? "–"),
      Table.Cell(text: view.title(of: self), look: look),
    ]
  }

  func summary(_ view: CorpusView) throws -> [String] {
    let facts = [outlet, publication, bylines.isEmpty ? nil : "by " + bylines.joined(separator: ", "), view.count(text.wordCount, "word")]
    return [view.title(of: self), facts.compactMap(\.self).joined(separator: " · ")]
  }

  func page(_ view: CorpusView) throws -> Page {
    var page = Page(view.title(of: self))
    page.fact("outlet", outlet)
    page.fact("published", publication)
    page.fact("by", bylines.joined(separator: ", "))
    page.fact("dateline", dateline)
    page.fact("language", language)
    page.fact("url", url)
    page.fact("archived", archivedURL)
    page.fact("retrieved", retrievedOn?.description)
    page.fact("known as", each: externalIDs.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
    page.remarks(of: self)

    var filter = EntityFilter()
    filter.article = id
    let quotes = try view.transaction.list(Quote.self, where: filter)
    let marked = MarkedText(text, quotes)
    page.section("Text")
    page.paragraph(marked.string) { [style = view.style] in MarkedText.highlight($0, style) }
    guard !quotes.isEmpty else { return page }

    page.section("Who says what")
    var table = Table("", "ID", "WHO", "KIND", "WORDS")
    for (number, quote) in marked.numbered {
      table.add([
        Table.Cell(text: number.map(MarkedText.superscript) ?? "gone", look: view.style.cyan), Table.Cell(text: quote.id.short),
        Table.Cell(text: try view.heard(in: quote)), Table.Cell(text: quote.kind.rawValue), Table.Cell(text: try view.line(of: quote)),
      ])
    }
    page.table(table)
    return page
  }

  /// `2021-03-04`, or with how it is known where it isn't simply printed there.
  private var publication: String? {
    publishedOn.map { $0.basis == .printed ? $0.date.description : "\($0.date) (\($0.basis == .notKnown ? "basis unknown" : $0.basis.rawValue))" }
  }
}

extension ArticleText {
  /// Runs of anything between white space.
  var wordCount: Int {
    var count = 0
    var isInWord = false
    for byte in string.utf8 {
      let isSpace = byte == 0x20 || 0x09...0x0d ~= byte
      if !isSpace, !isInWord { count += 1 }
      isInWord = !isSpace
    }
    return count
  }
}
