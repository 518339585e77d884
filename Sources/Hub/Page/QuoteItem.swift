#if Hub

import DictaModels
import DictaStorage

/// How somebody stands to a claim, seen from whoever says so.
struct StanceLine {
  let position: String
  let style: String
  let claim: String
  let href: String
  let conflict: ConflictNote?

  init?(_ stance: Stance, _ reader: PageReader) throws {
    guard let claim = try reader.entity(stance.claimID) else { return nil }
    position = stance.positionText
    style = stance.position.style
    self.claim = claim.text.cut(toBytes: PageReader.lineBytes)
    href = "claims/\(claim.id)"
    conflict = try reader.conflict(stance.reference) ?? reader.conflict(claim.reference, ["text", "life"])
  }

  /// What a holder says to claims.
  static func lines(of holder: Reference, _ reader: PageReader) throws -> [StanceLine] {
    try reader.transaction.sources(of: holder, field: "holder", type: .stance).sorted().prefix(50).compactMap { id in
      guard let stance = try reader.entity(Stance.ID(id)), stance.holder.reference == holder else { return nil }
      return try StanceLine(stance, reader)
    }
  }
}

/// A quote in the list of its article.
struct QuoteItem {
  /// Another quote, and what it has to do with this one.
  struct Relative {
    let relation: String
    let href: String
    let words: String
    let outlet: String?
  }

  let id: String
  let number: Int?
  let words: String
  let who: [Who]
  let kind: QuoteKind
  let how: [String]
  let cue: String?
  let saidOn: PageDate?
  let medium: String?
  let addressees: [Who]
  let relatives: [Relative]
  let stances: [StanceLine]

  /// How it stands in the text that is shown, where that isn't the one it was taken from.
  let placement: String?

  /// Where it stands in the text, as a link; nil where that isn't shown.
  let inText: String?
  let note: String?
  let tags: [String]
  let conflict: ConflictNote?

  /// - Parameters:
  ///   - inner: the quotes of the article that stand in this one.
  ///   - inText: where it stands in the text.
  init(_ quote: Quote, number: Int?, in text: TextHash, inner: [Quote], inText: String?, _ reader: PageReader) throws {
    id = "q-\(quote.id)"
    self.number = number
    self.inText = inText
    words = try reader.words(of: quote)
    who = try reader.who(quote.sources)
    kind = QuoteKind(quote.kind)
    let isVerbatim = quote.segments.map(\.isVerbatim)
    let wording = isVerbatim.contains(true) ? isVerbatim.contains(false) ? "partly verbatim" : nil : "not verbatim"
    how = [quote.assertionText, wording].compactMap(\.self)
    cue = try quote.cue.flatMap { try reader.transaction.words(at: $0, byteLimit: 200) }
    saidOn = quote.saidOn.map(PageDate.init)
    medium = quote.medium
    addressees = try reader.who(quote.addressees)
    stances = try StanceLine.lines(of: quote.reference, reader)
    let placing = quote.placements[ExactString(text.description)]
    placement = placing.map { $0.isAccepted ? "\($0.placement.rawValue), accepted" : $0.placement.rawValue }
    note = quote.note
    tags = quote.tags.sorted().prefix(20).map(\.string)
    conflict = try reader.conflict(quote.reference)
    relatives = try Self.relatives(of: quote, inner: inner, reader)
  }

  private static func relatives(of quote: Quote, inner: [Quote], _ reader: PageReader) throws -> [Relative] {
    func relative(_ relation: String, _ other: Quote) throws -> Relative {
      let isElsewhere = other.articleID != quote.articleID
      return Relative(
        relation: relation, href: "quotes/\(other.id)", words: try reader.words(of: other).cut(toBytes: 120),
        outlet: isElsewhere ? try reader.head(other.articleID)?.article.outlet : nil)
    }
    let outer = try quote.parentID.flatMap(reader.entity).map { try relative("reported in", $0) }
    let content = try quote.contentOfID.flatMap(reader.entity).map { try relative("speaks of", $0) }
    let others = try reader.transaction.utterance(of: quote.id).members.filter { $0 != quote.id }.prefix(10).compactMap { id in
      try reader.entity(id).map { try relative("same utterance", $0) }
    }
    return try [outer, content].compactMap(\.self) + inner.prefix(10).map { try relative("reports", $0) } + others
  }

  static let template = """
    <li id="{{.id}}">
    {{#.number}}<span class="ordinal" aria-hidden="true">{{.}}</span>{{/.number}}
    <blockquote class="words {{.kind.style}}" dir="auto">{{.words}}</blockquote>
    <p class="meta">{{#.who}}<span>{{>who}}{{#.mention}} (<q><bdi>{{.}}</bdi></q>){{/.mention}}{{#.conflict}} {{>conflict}}{{/.conflict}}</span>{{/.who}}\
    <span><span class="kind {{.kind.style}}">{{.kind.name}}</span>{{#.how}}, <bdi>{{.}}</bdi>{{/.how}}</span>\
    {{#.cue}}<span><q><bdi>{{.}}</bdi></q></span>{{/.cue}}{{#.saidOn}}<span>said on {{>date}}</span>{{/.saidOn}}{{#.medium}}<span><bdi>{{.}}</bdi></span>{{/.medium}}\
    {{#.addressees}}<span>to {{>who}}</span>{{/.addressees}}{{#.placement}}<span>placed: <bdi>{{.}}</bdi></span>{{/.placement}}\
    {{#.inText}}<span><a href="{{.}}">in the text</a></span>{{/.inText}}{{#.conflict}} {{>conflict}}{{/.conflict}}</p>
    {{#.stances}}<p class="stance"><span class="position {{.style}}">{{.position}}</span> \
    <a href="{{frame.root}}/{{.href}}"><bdi>{{.claim}}</bdi></a>{{#.conflict}} {{>conflict}}{{/.conflict}}</p>
    {{/.stances}}
    {{#.relatives}}<p class="meta">{{.relation}}: <a href="{{frame.root}}/{{.href}}"><bdi>{{.words}}</bdi></a>{{#.outlet}}, <bdi>{{.}}</bdi>{{/.outlet}}</p>
    {{/.relatives}}
    {{#.note}}<p class="note" dir="auto">{{.}}</p>{{/.note}}
    {{#.tags}}<span class="tag"><bdi>{{.}}</bdi></span> {{/.tags}}
    </li>
    """
}

extension Stance {
  /// `denies, hedged`
  var positionText: String { position.rawValue + (isHedged ? ", hedged" : "") }
}

extension Stance.Position {
  /// For a class: any word may stand there that a newer version knows, and only ours do in a class.
  var style: String { if case .unknown = self { "other" } else { rawValue } }
}

#endif
