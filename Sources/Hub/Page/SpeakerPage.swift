#if Hub

import DictaModels
import DictaStorage

/// A speaker, with all who were found to be the same: names, offices, and what is reported of them, in time.
struct SpeakerPage: TemplatedPage {
  static let templateName = "speaker"

  /// How many statements are looked at and put in order; of more, those that were recorded last.
  private static let statementLimit = 5000
  private static let limit = 100

  struct Member {
    let name: String
    let kind: String
    let id: String
    let isRepresentative: Bool
    let conflict: ConflictNote?
  }

  struct Office {
    let office: String
    let period: String?
  }

  struct Fact {
    let name: String
    let value: String
  }

  struct Year {
    let name: String
    var statements: [QuoteLine] = []
  }

  let frame: PageFrame
  let name: String
  let kind: String
  let aliases: [String]
  let offices: [Office]
  let hasOffices: Bool
  let facts: [Fact]
  let members: [Member]
  let isGroup: Bool
  let notes: [String]
  let tags: [String]
  let id: String
  let count: String?
  let left: String?
  let years: [Year]
  let pages: Pages?
  let conflict: ConflictNote?

  /// The speaker that stands for a group; nil if nobody of it is there.
  static func representative(of id: Speaker.ID, _ reader: PageReader) throws -> Speaker? {
    guard try reader.speaker(id) != nil else { return nil }
    return try reader.transaction.group(of: id).members.lazy.compactMap(reader.speaker).first
  }

  init(_ speaker: Speaker, _ reader: PageReader) throws {
    let group = try reader.transaction.group(of: speaker.id).members
    let all = try group.prefix(200).compactMap(reader.speaker)
    frame = PageFrame(title: speaker.name.cut(toBytes: 200), root: reader.address.root)
    (name, kind, id) = (speaker.name, speaker.kind.rawValue, "\(speaker.id)")
    let names = Set(all.flatMap { Array($0.aliases) + [ExactString($0.name)] }).subtracting([ExactString(speaker.name)])
    aliases = names.sorted().prefix(100).map(\.string)
    offices = all.flatMap(\.sortedTenures).prefix(200).map { Office(office: $0.officeText, period: periodText($0.from, $0.to)) }
    hasOffices = !offices.isEmpty
    facts = all.flatMap { $0.externalIDs.sorted { $0.key < $1.key } }.prefix(50).map { Fact(name: $0.key.string, value: $0.value) }
    members = try all.map { member in
      Member(
        name: member.name, kind: member.kind.rawValue, id: "\(member.id)", isRepresentative: member.id == speaker.id,
        conflict: member.id == speaker.id ? nil : try reader.conflict(member.reference))
    }
    isGroup = members.count > 1
    notes = all.compactMap(\.note)
    tags = Set(all.flatMap(\.tags)).sorted().prefix(50).map(\.string)
    conflict = try reader.conflict(speaker.reference)

    let everybody = Set(group)
    let (statements, total) = try Self.statements(of: everybody, reader)
    let pageCount = max(1, (statements.count + Self.limit - 1) / Self.limit)
    let page = min(reader.address.number("page", atMost: pageCount), pageCount)
    years = try statements.dropFirst((page - 1) * Self.limit).prefix(Self.limit).reduce(into: []) { years, statement in
      let year = statement.date.map { "\($0.year)" } ?? "Date not known"
      if years.last?.name != year { years.append(Year(name: year)) }
      if let quote = try reader.entity(statement.id) { years[years.count - 1].statements.append(try reader.line(of: quote, group: everybody)) }
    }
    count = statements.isEmpty ? nil : grouped(statements.count)
    left = total > Self.statementLimit ? "Only those \(grouped(Self.statementLimit)) that were recorded last are shown, of \(grouped(total))." : nil
    pages = Pages(number: page, of: pageCount, base: "\(frame.root)/speakers/\(id)?page=")
  }

  private struct Statement {
    let id: Quote.ID
    let date: PartialDate?
  }

  /// By date, undated ones last, as nobody knows where they belong.
  private static func statements(of group: Set<Speaker.ID>, _ reader: PageReader) throws -> ([Statement], total: Int) {
    let ids = try group.reduce(into: Set<Bytes16>()) { ids, member in
      ids.formUnion(try reader.transaction.sources(of: member.reference, field: "sources", type: .quote))
    }
    let statements = try ids.sorted().suffix(statementLimit).compactMap { id -> Statement? in
      // A value that isn't shown may name the speaker too.
      guard let quote = try reader.entity(Quote.ID(id)), quote.sources.contains(where: { $0.speakerID.map(group.contains) ?? false }) else {
        return nil
      }
      return Statement(id: quote.id, date: try reader.date(of: quote))
    }
    let sorted = statements.sorted { left, right in
      switch (left.date, right.date) {
      case (let one?, let other?) where one != other: one < other
      case (nil, _?): false
      case (_?, nil): true
      default: left.id < right.id
      }
    }
    return (sorted, ids.count)
  }

  static let template = """
    {{>top}}
    <header class="head">
    <p class="meta"><bdi>{{.kind}}</bdi></p>
    <h1 dir="auto">{{.name}}</h1>
    {{#.conflict}}<p>{{>conflict}}</p>{{/.conflict}}
    <ul class="aliases" aria-label="Other names">{{#.aliases}}<li><bdi>{{.}}</bdi></li>{{/.aliases}}</ul>
    <dl class="facts">
    {{#.facts}}<div><dt><bdi>{{.name}}</bdi></dt><dd><bdi>{{.value}}</bdi></dd></div>
    {{/.facts}}
    </dl>
    {{#.notes}}<p class="note" dir="auto">{{.}}</p>{{/.notes}}
    {{#.tags}}<span class="tag"><bdi>{{.}}</bdi></span> {{/.tags}}
    </header>
    {{#.hasOffices}}<section aria-labelledby="offices">
    <h2 id="offices">Offices</h2>
    <ul class="lines">
    {{#.offices}}<li><bdi>{{.office}}</bdi>{{#.period}} <span class="meta"><span>{{.}}</span></span>{{/.period}}</li>
    {{/.offices}}
    </ul>
    </section>{{/.hasOffices}}
    {{#.isGroup}}<section aria-labelledby="group">
    <h2 id="group">Recorded as</h2>
    <p class="hint">These were found to be one.</p>
    <ul class="lines">
    {{#.members}}<li><bdi>{{.name}}</bdi> <span class="meta"><span><bdi>{{.kind}}</bdi></span>{{#.isRepresentative}}<span>stands for all</span>{{/.isRepresentative}}\
    <span><code>{{.id}}</code></span></span>{{#.conflict}} {{>conflict}}{{/.conflict}}</li>
    {{/.members}}
    </ul>
    </section>{{/.isGroup}}
    <section aria-labelledby="statements">
    <h2 id="statements">What is reported of them, in time{{#.count}} <span class="meta">{{.}}</span>{{/.count}}</h2>
    {{#.left}}<p class="notice">{{.}}</p>{{/.left}}
    {{#.years}}
    <h3>{{.name}}</h3>
    <ol class="statements">
    {{#.statements}}<li>{{>quoteLine}}</li>
    {{/.statements}}
    </ol>
    {{/.years}}
    {{^.years}}<p class="none">Nothing yet.</p>{{/.years}}
    {{#.pages}}{{>pages}}{{/.pages}}
    </section>
    <p class="identity">Speaker <code>{{.id}}</code></p>
    {{>bottom}}
    """
}

#endif
