#if Hub

import DictaModels
import DictaStorage

/// A claim, and who holds which position on it.
struct ClaimPage: TemplatedPage {
  static let templateName = "claim"

  /// How many stances are looked at and put in order.
  private static let stanceLimit = 5000

  /// How many of one position are shown beside the others, and how many where only it is shown.
  private static let shortLimit = 25
  private static let limit = 100

  struct Relative {
    let relation: String
    let href: String
    let text: String
  }

  /// A position, and those who hold it.
  struct Side {
    let position: String
    let style: String
    let count: String
    let held: [Held]

    /// Where the others are shown.
    let more: String?
  }

  struct Held {
    let isHedged: Bool
    let note: String?
    let conflict: ConflictNote?
    let quote: QuoteLine?

    /// The article, if it speaks in its own voice.
    let voice: ArticleLine?
  }

  struct Fact {
    let name: String
    let value: String
  }

  let frame: PageFrame
  let text: String
  let context: String?
  let about: String?
  let facts: [Fact]
  let note: String?
  let tags: [String]
  let id: String
  let relatives: [Relative]
  let tally: String
  let isContested: Bool
  let left: String?
  let sides: [Side]
  let pages: Pages?
  let conflict: ConflictNote?

  init(_ claimID: Claim.ID, _ reader: PageReader) throws {
    guard let claim = try reader.entity(claimID) else { throw HubError.notFound("such claim") }
    frame = PageFrame(title: claim.text.cut(toBytes: 200), root: reader.address.root)
    (text, context, note, id) = (claim.text, claim.context, claim.note, "\(claimID)")
    about = claim.period.flatMap { periodText($0.from, $0.to) }
    tags = claim.tags.sorted().prefix(50).map(\.string)
    facts = claim.externalIDs.sorted { $0.key < $1.key }.prefix(50).map { Fact(name: $0.key.string, value: $0.value) }
    conflict = try reader.conflict(claim.reference)
    relatives = try Self.relatives(of: claim, reader)

    let (all, total) = try Self.stances(on: claimID, reader)
    let positions = all.map(\.stance.position)
    let base = "\(frame.root)/claims/\(claimID)?position="
    let only = reader.address["position"]
    tally = PositionTally.text(positions)
    isContested = PositionTally.isContested(positions)
    left = total > Self.stanceLimit ? "Only \(grouped(Self.stanceLimit)) stances are shown, of \(grouped(total))." : nil
    var pages: Pages?
    sides = try PositionTally.counts(positions).compactMap { position, count in
      guard only.map(position.rawValue.isExactly) ?? true else { return nil }
      let held = all.filter { $0.stance.position.rawValue.isExactly(position.rawValue) }
      let address = base + PageAddress.encode(position.rawValue)
      var shown = held.prefix(Self.shortLimit)
      if only != nil {
        let pageCount = (count + Self.limit - 1) / Self.limit
        let page = reader.address.number("page", atMost: pageCount)
        shown = held.dropFirst((page - 1) * Self.limit).prefix(Self.limit)
        pages = Pages(number: page, of: pageCount, base: address + "&page=")
      }
      return Side(
        position: position.rawValue, style: position.style, count: grouped(count), held: try shown.map { try Self.held($0.stance, reader) },
        more: only == nil && count > Self.shortLimit ? address : nil)
    }
    self.pages = pages
  }

  private struct Dated {
    let stance: Stance
    let date: PartialDate?
  }

  /// The newest first, by when it was said, or else printed; those without a date last.
  private static func stances(on claim: Claim.ID, _ reader: PageReader) throws -> ([Dated], total: Int) {
    let ids = try reader.transaction.sources(of: claim.reference, field: "claimID", type: .stance)
    let stances = try ids.sorted().prefix(stanceLimit).compactMap { id -> Dated? in
      guard let stance = try reader.entity(Stance.ID(id)), stance.claimID == claim else { return nil }
      let date: PartialDate? =
        switch stance.holder {
        case .quote(let id): try reader.entity(id).flatMap(reader.date)
        case .article(let id): try reader.head(id)?.article.publishedOn?.date
        }
      return Dated(stance: stance, date: date)
    }
    let sorted = stances.sorted { left, right in
      switch (left.date, right.date) {
      case (let one?, let other?) where one != other: one > other
      case (nil, _?): false
      case (_?, nil): true
      default: left.stance.id < right.stance.id
      }
    }
    return (sorted, ids.count)
  }

  private static func held(_ stance: Stance, _ reader: PageReader) throws -> Held {
    var (quote, voice): (QuoteLine?, ArticleLine?)
    switch stance.holder {
    case .quote(let id): quote = try reader.entity(id).map { try reader.line(of: $0) }
    case .article(let id): voice = try reader.head(id).map { try reader.line(of: $0) }
    }
    return Held(isHedged: stance.isHedged, note: stance.note, conflict: try reader.conflict(stance.reference), quote: quote, voice: voice)
  }

  private static func relatives(of claim: Claim, _ reader: PageReader) throws -> [Relative] {
    func relative(_ relation: String, _ other: Claim) -> Relative {
      Relative(relation: relation, href: "claims/\(other.id)", text: other.text.cut(toBytes: PageReader.lineBytes))
    }
    let denied = try claim.negationOf.flatMap(reader.entity).map { relative("Says that this is false:", $0) }
    let ids = try reader.transaction.sources(of: claim.reference, field: "negationOf", type: .claim).sorted().prefix(20)
    let denials = try ids.compactMap { try reader.entity(Claim.ID($0)) }.filter { $0.negationOf == claim.id }
    return [denied].compactMap(\.self) + denials.map { relative("Said to be false by:", $0) }
  }

  static let template = """
    {{>top}}
    <header class="head">
    <p class="meta">Claim{{#.about}} about {{.}}{{/.about}}</p>
    <h1 dir="auto">{{.text}}</h1>
    {{#.conflict}}<p>{{>conflict}}</p>{{/.conflict}}
    {{#.context}}<p class="context" dir="auto">{{.}}</p>{{/.context}}
    {{#.relatives}}<p class="meta">{{.relation}} <a href="{{frame.root}}/{{.href}}"><bdi>{{.text}}</bdi></a></p>
    {{/.relatives}}
    <dl class="facts">
    {{#.facts}}<div><dt><bdi>{{.name}}</bdi></dt><dd><bdi>{{.value}}</bdi></dd></div>
    {{/.facts}}
    </dl>
    {{#.note}}<p class="note" dir="auto">{{.}}</p>{{/.note}}
    {{#.tags}}<span class="tag"><bdi>{{.}}</bdi></span> {{/.tags}}
    <p class="tally"><bdi>{{.tally}}</bdi>{{#.isContested}} <strong class="contested">contested</strong>{{/.isContested}}</p>
    {{#.left}}<p class="notice">{{.}}</p>{{/.left}}
    </header>
    {{#.sides}}
    <section class="side {{.style}}">
    <h2><span class="position {{.style}}"><bdi>{{.position}}</bdi></span> <span class="meta">{{.count}}</span></h2>
    <ol class="statements">
    {{#.held}}<li>
    {{#.quote}}{{>quoteLine}}{{/.quote}}
    {{#.voice}}<p>An article in its own voice: {{>articleLine}}</p>{{/.voice}}
    {{#.isHedged}}<p class="hint">hedged</p>{{/.isHedged}}
    {{#.note}}<p class="note" dir="auto">{{.}}</p>{{/.note}}
    {{#.conflict}}<p>{{>conflict}}</p>{{/.conflict}}
    </li>
    {{/.held}}
    </ol>
    {{#.more}}<p class="more"><a href="{{.}}">All of them</a></p>{{/.more}}
    </section>
    {{/.sides}}
    {{#.pages}}{{>pages}}{{/.pages}}
    <p class="identity">Claim <code>{{.id}}</code></p>
    {{>bottom}}
    """
}

#endif
