#if Hub

import DictaModels
import DictaStorage

/// An article: its text with its quotes marked, and the quotes.
struct ArticlePage: TemplatedPage {
  static let templateName = "article"

  /// How much of a text one page shows: more than all but very few articles have.
  static let partBytes = 128 << 10

  /// How many of an article's quotes are looked at.
  private static let quoteLimit = 1000

  struct Fact {
    let name: String
    let value: String

    /// Only of `http` and `https`.
    var href: String?
  }

  let frame: PageFrame
  let title: String
  let outlet: String?
  let date: PageDate?
  let basis: String?
  let facts: [Fact]
  let note: String?
  let tags: [String]
  let id: String
  let language: String?
  let pieces: [MarkedPart.Piece]
  let cut: String?
  let pages: Pages?
  let quotes: [QuoteItem]
  let quotesElsewhere: String?
  let lost: [QuoteItem]
  let hasLost: Bool
  let stances: [StanceLine]
  let hasStances: Bool
  let hasQuotes: Bool
  let conflict: ConflictNote?

  init(_ id: Article.ID, _ reader: PageReader) throws {
    guard let article = try reader.entity(id) else { throw HubError.notFound("such article") }
    let text = article.text
    let ids = try reader.transaction.sources(of: id.reference, field: "articleID", type: .quote).sorted()
    let all = try ids.prefix(Self.quoteLimit).compactMap { try reader.entity(Quote.ID($0)) }.filter { $0.articleID == id }
    let offset = reader.address["at"].flatMap { Int($0) } ?? 0
    let part = text.part(at: max(0, min(offset, text.utf8Count)), byteCount: Self.partBytes)
    let placed = try Self.placed(all, in: text, reader)
    let here = placed.filter { $0.ranges.contains { $0.overlaps(part) } }
    let inner = Dictionary(grouping: all.filter { $0.parentID != nil }) { $0.parentID }
    func item(_ quote: Quote, number: Int?, inText: String?) throws -> QuoteItem {
      try QuoteItem(quote, number: number, in: text.hash, inner: inner[quote.id] ?? [], inText: inText, reader)
    }
    quotes = try here.map { placed in
      let beginsHere = part.contains(placed.ranges[0].lowerBound)
      return try item(placed.quote, number: placed.number, inText: beginsHere ? "#t-\(placed.quote.id)" : nil)
    }
    let found = Set(placed.map(\.quote.id))
    lost = try all.filter { !found.contains($0.id) }.map { try item($0, number: nil, inText: nil) }
    hasLost = !lost.isEmpty
    pieces = MarkedPart(text, part, here).pieces
    hasQuotes = !all.isEmpty
    quotesElsewhere = Self.elsewhere(placed.count - here.count, unread: ids.count - Self.quoteLimit)

    let head = try reader.head(id)
    title = try head.map(reader.title) ?? "Untitled"
    frame = PageFrame(title: title.cut(toBytes: 200), root: reader.address.root)
    outlet = article.outlet
    date = article.publishedOn.map { PageDate($0.date) }
    basis = article.publishedOn.flatMap { $0.basis == .printed ? nil : $0.basis == .notKnown ? "basis unknown" : $0.basis.rawValue }
    facts = Self.facts(of: article)
    note = article.note
    tags = article.tags.sorted().prefix(50).map(\.string)
    self.id = "\(id)"
    language = article.language.flatMap { $0.isLanguageTag ? $0 : nil }
    stances = try StanceLine.lines(of: id.reference, reader)
    hasStances = !stances.isEmpty
    conflict = try reader.conflict(id.reference)
    let isWhole = part.count == text.utf8Count
    cut =
      isWhole
      ? nil : "This is a part of the text: bytes \(grouped(part.lowerBound)) to \(grouped(part.upperBound)) of \(grouped(text.utf8Count))."
    let base = "\(frame.root)/articles/\(id)?at="
    pages = Pages(
      previous: part.lowerBound > 0 ? "\(base)\(text.partStart(before: part.lowerBound, byteCount: Self.partBytes))" : nil,
      next: part.upperBound < text.utf8Count ? "\(base)\(part.upperBound)" : nil, labels: ("The part before", "The next part"))
  }

  /// Numbered in the order in which they begin in the text, the longer one first.
  private static func placed(_ quotes: [Quote], in text: ArticleText, _ reader: PageReader) throws -> [MarkedPart.Placed] {
    let found = quotes.map { (quote: $0, ranges: $0.ranges(in: text)) }.filter { !$0.ranges.isEmpty }
    let sorted = found.sorted { left, right in
      let (one, other) = (left.ranges[0], right.ranges[0])
      return (one.lowerBound, -one.count, left.quote.id) < (other.lowerBound, -other.count, right.quote.id)
    }
    return try sorted.enumerated().map { index, found in
      let who = try reader.who(Array(found.quote.sources.prefix(1))).first?.name
      let title = ["\(index + 1)", who, found.quote.kind.rawValue].compactMap(\.self).joined(separator: " · ")
      return MarkedPart.Placed(number: index + 1, quote: found.quote, title: title, ranges: found.ranges)
    }
  }

  private static func elsewhere(_ count: Int, unread: Int) -> String? {
    let beside = count > 0 ? "\(grouped(count)) more in other parts of the text." : nil
    let more = unread > 0 ? "Only the first \(grouped(quoteLimit)) quotes of this article are shown, of \(grouped(quoteLimit + unread))." : nil
    let words = [beside, more].compactMap(\.self)
    return words.isEmpty ? nil : words.joined(separator: " ")
  }

  private static func facts(of article: Article) -> [Fact] {
    func link(_ name: String, _ url: String?) -> Fact? { url.map { Fact(name: name, value: $0, href: $0.isWebAddress ? $0 : nil) } }
    let bylines = article.bylines.isEmpty ? nil : Fact(name: "by", value: article.bylines.joined(separator: ", "))
    let dateline = article.dateline.map { Fact(name: "dateline", value: $0) }
    let language = article.language.map { Fact(name: "language", value: $0) }
    let retrieved = article.retrievedOn.map { Fact(name: "retrieved", value: PageDate($0).text) }
    let known = article.externalIDs.sorted { $0.key < $1.key }.prefix(20).map { Fact(name: "known as", value: "\($0.key): \($0.value)") }
    return [bylines, dateline, language, link("address", article.url), link("archived", article.archivedURL), retrieved].compactMap(\.self) + known
  }

  static let template = """
    {{>top}}
    <article>
    <header class="head">
    <p class="meta">{{#.outlet}}<span><bdi>{{.}}</bdi></span>{{/.outlet}}{{#.date}}<span>{{>date}}{{#basis}} (<bdi>{{.}}</bdi>){{/basis}}</span>{{/.date}}</p>
    <h1 dir="auto">{{.title}}</h1>
    {{#.conflict}}<p>{{>conflict}}</p>{{/.conflict}}
    <dl class="facts">
    {{#.facts}}<div><dt>{{.name}}</dt><dd>{{#.href}}<a href="{{.}}" rel="noopener noreferrer nofollow">{{/.href}}<bdi>{{.value}}</bdi>\
    {{#.href}}</a>{{/.href}}</dd></div>
    {{/.facts}}
    </dl>
    {{#.note}}<p class="note" dir="auto">{{.}}</p>{{/.note}}
    {{#.tags}}<span class="tag"><bdi>{{.}}</bdi></span> {{/.tags}}
    </header>
    {{#.hasQuotes}}
    <p class="legend">Marked: <mark class="direct">direct</mark> <mark class="indirect">indirect</mark> <mark class="mixed">mixed</mark> \
    <mark class="scare">scare</mark>. Numbers lead to the quotes below.</p>
    {{/.hasQuotes}}
    {{#.cut}}<p class="notice">{{.}}</p>{{/.cut}}
    {{#.pages}}{{>pages}}{{/.pages}}
    <div class="text" dir="auto"{{#.language}} lang="{{.}}"{{/.language}}>{{#.pieces}}{{>piece}}{{/.pieces}}</div>
    {{#.pages}}{{>pages}}{{/.pages}}
    </article>
    <section aria-labelledby="quotes">
    <h2 id="quotes">Who says what</h2>
    <ol class="quotes">
    {{#.quotes}}{{>quoteItem}}
    {{/.quotes}}
    </ol>
    {{^.hasQuotes}}<p class="none">No quotes yet.</p>{{/.hasQuotes}}
    {{#.quotesElsewhere}}<p class="notice">{{.}}</p>{{/.quotesElsewhere}}
    </section>
    {{#.hasLost}}<section aria-labelledby="lost">
    <h2 id="lost">Not found in this text</h2>
    <p class="hint">Taken from another edition, and nobody knows where they stand in this one.</p>
    <ol class="quotes">
    {{#.lost}}{{>quoteItem}}
    {{/.lost}}
    </ol>
    </section>{{/.hasLost}}
    {{#.hasStances}}<section aria-labelledby="voice">
    <h2 id="voice">In its own voice</h2>
    {{#.stances}}<p class="stance"><span class="position {{.style}}">{{.position}}</span> \
    <a href="{{frame.root}}/{{.href}}"><bdi>{{.claim}}</bdi></a>{{#.conflict}} {{>conflict}}{{/.conflict}}</p>
    {{/.stances}}
    </section>{{/.hasStances}}
    <p class="identity">Article <code>{{.id}}</code></p>
    {{>bottom}}
    """
}

extension String {
  /// Whether a link may lead there: an address of the web, and nothing that a browser would run.
  var isWebAddress: Bool {
    let start = utf8.prefix(8).map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 32 : $0 }
    return (start.starts(with: "http://".utf8) || start.starts(with: "https://".utf8)) && !utf8.contains { $0 <= 0x20 || $0 == 0x7f }
  }

  /// Whether it can stand as the language of an element.
  fileprivate var isLanguageTag: Bool {
    1...35 ~= utf8.count && utf8.allSatisfy { $0 == UInt8(ascii: "-") || ($0 < 0x80 && Character(Unicode.Scalar($0)).isLetter) || 0x30...0x39 ~= $0 }
  }
}

#endif
