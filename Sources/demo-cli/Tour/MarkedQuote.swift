import DictaModels
import DictaStorage

/// A quote as it stands in its article: what it marks between ⟦ and ⟧, with the words that attribute it.
struct MarkedQuote: Sendable {
  let quote: Quote
  let article: Article

  /// As many as the quote has sources that are known.
  let speakers: [Speaker]
  let addressees: [Speaker]

  init(_ id: Quote.ID, in transaction: ReadTransaction) throws {
    quote = try transaction.require(id)
    article = try transaction.require(quote.articleID)
    speakers = try quote.sources.compactMap { try $0.speakerID.map { try transaction.require($0) } }
    addressees = try quote.addressees.compactMap { try $0.speakerID.map { try transaction.require($0) } }
  }

  /// `Teodora Brask, “director of the Torvane Dam Authority”`
  var heard: Phrase {
    let names = speakers.isEmpty ? "nobody named" : speakers.map(\.name).joined(separator: " and ")
    let role = quote.sources.lazy.compactMap(\.roleAsStated).first
    return .strong(names) + (role.map { Phrase(", “\($0)”") } ?? Phrase(", no role stated"))
  }

  /// `The Port Calder Gazette, 2025-03-13`
  var printed: String {
    [article.outlet, article.publishedOn?.date.description].compactMap(\.self).joined(separator: ", ")
  }

  /// The segments, and nothing else.
  func segments() throws -> Phrase {
    let marked = try quote.segments.map { Phrase.marked("⟦" + (try article.text.exact($0.anchor)) + "⟧") }
    return marked.dropFirst().reduce(marked.first ?? "") { $0 + " … " + $1 }
  }

  /// The segments, and with them the words from the first to the last of all that belongs to the quote: its cue, the mention of its source.
  func wordsWithAttribution() throws -> Phrase {
    let marks = quote.segments.map(\.anchor).sorted { $0.start < $1.start }
    let beside = ([quote.cue] + quote.sources.map(\.mention)).compactMap(\.self)
    guard let first = marks.first else { return "" }
    let reach = (marks + beside).reduce(first.start..<first.end) { min($0.lowerBound, $1.start)..<max($0.upperBound, $1.end) }
    let whole = article.text.wholeWords(around: reach)
    var phrase = Phrase("")
    var position = whole.lowerBound
    for mark in marks {
      phrase += Phrase(try article.text.words(in: position..<mark.start))
      phrase += .marked("⟦" + (try article.text.exact(mark)) + "⟧")
      position = mark.end
    }
    let rest = try article.text.words(in: position..<whole.upperBound)
    let isSentence = (phrase.text + rest).last { !"⟧”’\"'".contains($0) }.map { ".?!".contains($0) } ?? true
    return phrase + Phrase(rest + (isSentence ? "" : " …"))
  }
}

extension ArticleText {
  /// What stands between two byte offsets; nothing stands in an empty range.
  fileprivate func words(in range: Range<Int>) throws -> String {
    range.isEmpty ? "" : try exact(Anchor(textHash: hash, start: range.lowerBound, end: range.upperBound))
  }

  /// A range of bytes, and what follows on either side up to the next blank: a quotation mark, a comma.
  fileprivate func wholeWords(around range: Range<Int>) -> Range<Int> {
    let bytes = Array(string.utf8)
    func isBlank(_ offset: Int) -> Bool { bytes[offset] == UInt8(ascii: " ") || bytes[offset] == UInt8(ascii: "\n") }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, !isBlank(start - 1) { start -= 1 }
    while end < bytes.count, !isBlank(end) { end += 1 }
    return start..<end
  }
}

extension ReadTransaction {
  /// The quotes that one of the same article tells, in their order in it.
  func quotes(toldIn parent: Quote) throws -> [Quote] {
    var filter = EntityFilter()
    filter.article = parent.articleID
    let inner = try list(Quote.self, where: filter).filter { $0.parentID == parent.id }
    return inner.sorted { ($0.segments.first?.anchor.start ?? 0) < ($1.segments.first?.anchor.start ?? 0) }
  }
}

extension Phrase {
  /// A search's snippet, whose matches stand between ⟦ and ⟧.
  init(snippet: String) {
    self.init("")
    for (index, part) in snippet.split(separator: "⟦", omittingEmptySubsequences: false).enumerated() {
      let halves = part.split(separator: "⟧", maxSplits: 1, omittingEmptySubsequences: false)
      if index > 0, halves.count == 2 {
        self += .marked("⟦\(halves[0])⟧") + Phrase(String(halves[1]))
      } else {
        self += Phrase(String(part))
      }
    }
  }
}
