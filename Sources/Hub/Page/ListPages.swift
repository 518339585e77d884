// The corpus at a glance, its lists, and what a search found.

#if Hub

import DictaModels
import DictaStorage

struct OverviewPage: TemplatedPage {
  static let templateName = "overview"

  struct Count {
    let number: String
    let name: String
    let href: String?
  }

  let frame: PageFrame
  let corpus: String
  let counts: [Count]
  let conflictCount: String?
  let articles: [ArticleLine]
  let speakers: [SpeakerLine]
  let claims: [ClaimLine]

  /// How many of each.
  private static let limit = 10

  init(_ reader: PageReader) throws {
    let status = try reader.transaction.status()
    frame = PageFrame(title: "Overview", root: reader.address.root)
    corpus = status.corpus.description
    counts = EntityType.allCases.map { type in
      let count = status.counts[type] ?? 0
      let href = [.article, .speaker, .claim].contains(type) ? type.plural : nil
      return Count(number: grouped(count), name: count == 1 ? type.rawValue : type.plural, href: href)
    }
    conflictCount = status.conflicts == 0 ? nil : grouped(status.conflicts) + (status.conflicts == 1 ? " conflict" : " conflicts")
    let limit = Self.limit
    articles = try reader.transaction.newest(Article.self, limit: limit).compactMap { try reader.head($0).map { try reader.line(of: $0) } }
    speakers = try reader.transaction.newest(Speaker.self, limit: limit).compactMap { try reader.entity($0).map { try reader.line(of: $0) } }
    claims = try reader.transaction.newest(Claim.self, limit: limit).compactMap { try reader.entity($0).map { try reader.line(of: $0) } }
  }

  static let template = """
    {{>top}}
    <h1 class="unseen">Overview of the corpus</h1>
    <ul class="counts">
    {{#.counts}}
    <li>{{#.href}}<a href="{{frame.root}}/{{.}}">{{/.href}}<b>{{.number}}</b> {{.name}}{{#.href}}</a>{{/.href}}</li>
    {{/.counts}}
    </ul>
    {{#.conflictCount}}<p class="notice"><a href="{{frame.root}}/conflicts">{{.}}</a> nobody has decided yet.</p>{{/.conflictCount}}
    <section aria-labelledby="articles">
    <h2 id="articles">Articles</h2>
    <ul class="lines">
    {{#.articles}}<li>{{>articleLine}}</li>
    {{/.articles}}
    {{^.articles}}<li class="none">No articles yet.</li>{{/.articles}}
    </ul>
    <p class="more"><a href="{{frame.root}}/articles">All articles, those that came last first</a></p>
    </section>
    <section aria-labelledby="claims">
    <h2 id="claims">Claims</h2>
    <ul class="lines">
    {{#.claims}}<li>{{>claimLine}}</li>
    {{/.claims}}
    {{^.claims}}<li class="none">No claims yet.</li>{{/.claims}}
    </ul>
    <p class="more"><a href="{{frame.root}}/claims">All claims</a></p>
    </section>
    <section aria-labelledby="speakers">
    <h2 id="speakers">Speakers</h2>
    <ul class="lines">
    {{#.speakers}}<li>{{>speakerLine}}</li>
    {{/.speakers}}
    {{^.speakers}}<li class="none">No speakers yet.</li>{{/.speakers}}
    </ul>
    <p class="more"><a href="{{frame.root}}/speakers">All speakers</a></p>
    </section>
    <p class="identity">Corpus <code>{{.corpus}}</code></p>
    {{>bottom}}
    """
}

/// All articles, speakers or claims, those first that came into the archive last.
struct ListPage: TemplatedPage {
  static let templateName = "list"
  private static let limit = 50

  let frame: PageFrame
  var articles: [ArticleLine] = []
  var speakers: [SpeakerLine] = []
  var claims: [ClaimLine] = []
  let isEmpty: Bool
  let pages: Pages?

  init(_ type: EntityType, _ reader: PageReader) throws {
    let name = type.plural
    frame = PageFrame(title: name.prefix(1).uppercased() + name.dropFirst(), root: reader.address.root)
    let last: String?
    switch type {
    case .article: (articles, last) = try Self.lines(reader) { try reader.head($0).map { try reader.line(of: $0) } }
    case .speaker: (speakers, last) = try Self.lines(reader) { (id: Speaker.ID) in try reader.entity(id).map { try reader.line(of: $0) } }
    default: (claims, last) = try Self.lines(reader) { (id: Claim.ID) in try reader.entity(id).map { try reader.line(of: $0) } }
    }
    isEmpty = articles.isEmpty && speakers.isEmpty && claims.isEmpty
    let isFirst = reader.address["before"] == nil
    let base = "\(frame.root)/\(name)"
    pages = Pages(previous: isFirst ? nil : base, next: last.map { "\(base)?before=\($0)" }, labels: ("To the first", "More"))
  }

  /// - Returns: so many lines, and the id that the next page begins behind.
  private static func lines<Subject, Line>(
    _ reader: PageReader, line: (Identifier<Subject>) throws -> Line?
  ) throws -> ([Line], last: String?) {
    let before: Identifier<Subject>? = try reader.address["before"].map { try reader.require($0) }
    let ids = try reader.transaction.newest(before: before, limit: limit + 1)
    return (try ids.prefix(limit).compactMap(line), ids.count > limit ? "\(ids[limit - 1])" : nil)
  }

  static let template = """
    {{>top}}
    <h1>{{frame.title}}</h1>
    <ul class="lines">
    {{#.articles}}<li>{{>articleLine}}</li>
    {{/.articles}}
    {{#.speakers}}<li>{{>speakerLine}}</li>
    {{/.speakers}}
    {{#.claims}}<li>{{>claimLine}}</li>
    {{/.claims}}
    {{#.isEmpty}}<li class="none">There are none.</li>{{/.isEmpty}}
    </ul>
    {{#.pages}}{{>pages}}{{/.pages}}
    {{>bottom}}
    """
}

struct SearchPage: TemplatedPage {
  static let templateName = "search"
  private static let limit = 20
  private static let pageLimit = 50

  struct Hit {
    let type: String
    var article: ArticleLine?
    var speaker: SpeakerLine?
    var claim: ClaimLine?
    var quote: QuoteLine?
    let pieces: [Piece]
  }

  struct Piece {
    let text: String
    let isMatch: Bool
  }

  let frame: PageFrame
  let words: String
  let hits: [Hit]
  let pages: Pages?

  init(for words: String, _ reader: PageReader) throws {
    frame = PageFrame(title: "Search: \(words.cut(toBytes: 80))", root: reader.address.root, query: words)
    self.words = words
    let page = reader.address.number("page", atMost: Self.pageLimit)
    let found = try reader.transaction.search(
      words.cut(toBytes: 2000), skipping: (page - 1) * Self.limit, limit: Self.limit + 1, snippetByteLimit: 256 << 10)
    hits = try found.prefix(Self.limit).compactMap { try Self.hit($0, reader) }
    let base = "\(frame.root)?q=\(PageAddress.encode(words))&page="
    pages = Pages(
      previous: page > 1 ? "\(base)\(page - 1)" : nil, here: "\(page)",
      next: found.count > Self.limit && page < Self.pageLimit ? "\(base)\(page + 1)" : nil)
  }

  private static func hit(_ hit: SearchHit, _ reader: PageReader) throws -> Hit? {
    let id = hit.entity.id
    let pieces = Self.pieces(of: hit.snippet)
    switch EntityType(hit.entity.type) {
    case .article:
      return try reader.head(Article.ID(id)).map { Hit(type: "article", article: try reader.line(of: $0), pieces: pieces) }
    case .speaker:
      return try reader.entity(Speaker.ID(id)).map { Hit(type: "speaker", speaker: try reader.line(of: $0), pieces: pieces) }
    case .claim:
      return try reader.entity(Claim.ID(id)).map { Hit(type: "claim", claim: try reader.line(of: $0), pieces: pieces) }
    case .quote:
      return try reader.entity(Quote.ID(id)).map { Hit(type: "quote", quote: try reader.line(of: $0), pieces: pieces) }
    case .stance, nil: return nil
    }
  }

  /// What stands between ⟦ and ⟧ matches. A text that has such brackets of its own gets marks there too, which does no harm.
  private static func pieces(of snippet: String) -> [Piece] {
    var pieces: [Piece] = []
    for (index, part) in snippet.cut(toBytes: 2000).split(separator: "⟦", omittingEmptySubsequences: false).enumerated() {
      let halves = part.split(separator: "⟧", maxSplits: 1, omittingEmptySubsequences: false)
      if index > 0, halves.count == 2 { pieces.append(Piece(text: String(halves[0]), isMatch: true)) }
      pieces.append(Piece(text: String(halves[halves.count - 1]), isMatch: false))
    }
    return pieces
  }

  static let template = """
    {{>top}}
    <h1>Search</h1>
    <ol class="lines hits">
    {{#.hits}}
    <li><span class="type">{{.type}}</span>
    {{#.article}}{{>articleLine}}{{/.article}}{{#.speaker}}{{>speakerLine}}{{/.speaker}}{{#.claim}}{{>claimLine}}{{/.claim}}
    <p class="snippet{{#.quote}} words {{.kind.style}}{{/.quote}}" dir="auto">{{#.pieces}}{{#.isMatch}}<mark class="match">{{.text}}</mark>{{/.isMatch}}\
    {{^.isMatch}}{{.text}}{{/.isMatch}}{{/.pieces}}</p>
    {{#.quote}}{{>quoteFacts}}{{/.quote}}
    </li>
    {{/.hits}}
    </ol>
    {{^.hits}}<p class="none">Nothing has all of these words: <bdi>{{words}}</bdi></p>
    <p class="hint">Case and accents don’t matter. "Several words" between quotation marks are a phrase, word* is a beginning.</p>{{/.hits}}
    {{#.pages}}{{>pages}}{{/.pages}}
    {{>bottom}}
    """
}

/// `1,234,567`
func grouped(_ number: Int) -> String {
  var digits = String(number)
  var place = digits.count - 3
  while place > 0 {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
    place -= 3
  }
  return digits
}

#endif
