#if Hub

import DictaModels
import DictaStorage
import Foundation

/// What several people wrote without knowing of each other, and nobody has decided.
struct ConflictsPage: TemplatedPage {
  static let templateName = "conflicts"

  /// How many entities a page has.
  private static let limit = 25

  struct Subject {
    let type: String
    let name: String
    let href: String?
    var fields: [Field]
  }

  struct Field {
    let name: String
    let candidates: [Candidate]
  }

  struct Candidate {
    let value: String

    /// What the value refers to.
    let href: String?
    let isShown: Bool
    let writtenAt: String?
    let moment: String?
    let device: String?
    let author: String?
  }

  let frame: PageFrame
  let subjects: [Subject]
  let pages: Pages?
  let all: String?

  init(_ reader: PageReader) throws {
    frame = PageFrame(title: "Conflicts", root: reader.address.root)
    let base = "\(frame.root)/conflicts"
    if let entity = reader.address.reference("entity") {
      subjects = try Self.subjects(try reader.transaction.conflicts(of: entity), reader)
      (pages, all) = (nil, base)
    } else {
      let after = reader.address.reference("after")
      let found = try reader.transaction.conflicts(after: after, entityLimit: Self.limit + 1)
      let entities = found.reduce(into: [Reference]()) { if $0.last != $1.entity { $0.append($1.entity) } }
      let shown = Set(entities.prefix(Self.limit))
      subjects = try Self.subjects(found.filter { shown.contains($0.entity) }, reader)
      all = nil
      pages = Pages(
        previous: after == nil ? nil : base, next: entities.count > Self.limit ? "\(base)?after=\(entities[Self.limit - 1])" : nil,
        labels: ("To the first", "More"))
    }
  }

  private static func subjects(_ conflicts: [Conflict], _ reader: PageReader) throws -> [Subject] {
    var subjects: [Subject] = []
    var last: Reference?
    for conflict in conflicts {
      if conflict.entity != last {
        let (name, href) = try name(of: conflict.entity, reader)
        subjects.append(Subject(type: conflict.entity.type.string, name: name, href: href, fields: []))
        last = conflict.entity
      }
      subjects[subjects.count - 1].fields.append(try field(conflict, reader))
    }
    return subjects
  }

  private static func field(_ conflict: Conflict, _ reader: PageReader) throws -> Field {
    var candidates = try conflict.candidates.prefix(50).map { candidate in
      let written = Date(timeIntervalSince1970: Double(min(candidate.writtenAt, 253_402_300_799_999)) / 1000).ISO8601Format()
      var (value, href): (String, String?) = ("deleted", nil)
      if let address = conflict.address { (value, href) = try Self.value(candidate.value, at: address, of: conflict.entity, reader) }
      return Candidate(
        value: value, href: href, isShown: candidate.isShown, writtenAt: written,
        moment: "\(written.prefix(10)), \(written.dropFirst(11).prefix(5)) UTC", device: candidate.device,
        author: candidate.author)
    }
    if conflict.address == nil {
      let living = "living: somebody edited it, or something refers to it"
      candidates.append(
        Candidate(value: living, href: nil, isShown: true, writtenAt: nil, moment: nil, device: nil, author: nil))
    }
    return Field(name: conflict.address?.description ?? "life", candidates: candidates)
  }

  private static func value(
    _ value: Value, at address: CellAddress, of entity: Reference, _ reader: PageReader
  ) throws -> (String, href: String?) {
    switch value {
    case .null: return ("nothing", nil)
    case .string(let string): return (string.string.cut(toBytes: PageReader.lineBytes), nil)
    case .reference(let reference): return try name(of: reference, reader)
    case .text(let hash):
      let beginning = try reader.transaction.beginning(of: hash, byteLimit: 200)
      return ("the text \(hash.description.prefix(8))…" + (beginning.map { ": \($0)…" } ?? ""), nil)
    default:
      let json = try EntityJSONWriter { _ in nil }.json(value, at: address, type: EntityType(entity.type))
      return (String(decoding: json.encoded(), as: UTF8.self).cut(toBytes: PageReader.lineBytes), nil)
    }
  }

  /// What people call an entity, and where its page is.
  private static func name(of entity: Reference, _ reader: PageReader) throws -> (String, href: String?) {
    let unknown = "\(entity)"
    switch EntityType(entity.type) {
    case .article:
      guard let head = try reader.head(Article.ID(entity.id)) else { return (unknown, nil) }
      return (try reader.title(of: head), "articles/\(head.article.id)")
    case .speaker:
      guard let speaker = try reader.speaker(Speaker.ID(entity.id)) else { return (unknown, nil) }
      return (speaker.name, "speakers/\(speaker.id)")
    case .quote:
      guard let quote = try reader.entity(Quote.ID(entity.id)) else { return (unknown, nil) }
      return (try reader.words(of: quote).cut(toBytes: 300), "quotes/\(quote.id)")
    case .claim:
      guard let claim = try reader.entity(Claim.ID(entity.id)) else { return (unknown, nil) }
      return (claim.text.cut(toBytes: 300), "claims/\(claim.id)")
    case .stance:
      guard let stance = try reader.entity(Stance.ID(entity.id)), let claim = try reader.entity(stance.claimID) else { return (unknown, nil) }
      return ("\(stance.positionText): \(claim.text.cut(toBytes: 300))", "claims/\(claim.id)")
    case nil: return (unknown, nil)
    }
  }

  static let template = """
    {{>top}}
    <h1>Conflicts</h1>
    <p class="hint">What several people wrote without knowing of each other. All of it is kept until somebody decides; one value is shown meanwhile.</p>
    {{#.all}}<p class="more"><a href="{{.}}">All conflicts</a></p>{{/.all}}
    {{#.subjects}}
    <section class="subject">
    <h2><span class="type">{{.type}}</span> {{#.href}}<a href="{{frame.root}}/{{.}}">{{/.href}}<bdi>{{.name}}</bdi>{{#.href}}</a>{{/.href}}</h2>
    {{#.fields}}
    <h3><code><bdi>{{.name}}</bdi></code></h3>
    <ul class="candidates">
    {{#.candidates}}
    <li{{#.isShown}} class="shown"{{/.isShown}}><p class="value" dir="auto">{{#.href}}<a href="{{frame.root}}/{{.}}">{{/.href}}{{.value}}{{#.href}}</a>{{/.href}}</p>
    <p class="meta">{{#.isShown}}<span><b>shown</b></span>{{/.isShown}}{{#.writtenAt}}<span><time datetime="{{.}}">{{moment}}</time></span>{{/.writtenAt}}\
    {{#.author}}<span><bdi>{{.}}</bdi></span>{{/.author}}{{#.device}}<span>on <bdi>{{.}}</bdi></span>{{/.device}}</p></li>
    {{/.candidates}}
    </ul>
    {{/.fields}}
    </section>
    {{/.subjects}}
    {{^.subjects}}<p class="none">No conflicts.</p>{{/.subjects}}
    {{#.pages}}{{>pages}}{{/.pages}}
    {{>bottom}}
    """
}

#endif
