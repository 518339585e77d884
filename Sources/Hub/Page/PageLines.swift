// An entity in a line or two, as lists show it.

#if Hub

import DictaModels

/// A date for people, and as it is stored.
struct PageDate {
  let spelling: String
  let text: String

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]

  init(_ date: PartialDate) {
    spelling = date.description
    let month = date.month.map { Self.months[$0 - 1] }
    let day = [date.day.map { "\($0)" }, month, "\(date.year)"].compactMap(\.self).joined(separator: " ")
    text = date.time.map { "\(day), \($0)" } ?? day
  }
}

struct ConflictNote {
  /// `article/0198…`
  let entity: String
  let fields: String
}

/// Somebody who is heard.
struct Who {
  let name: String
  let href: String?
  let role: String?
  let mention: String?
  let conflict: ConflictNote?
}

/// How a quote gives what was said, as a style sheet and as people call it.
struct QuoteKind {
  let name: String
  let style: String

  init(_ kind: Quote.Kind) {
    name = kind.rawValue
    // Any word may stand there that a newer version knows; in a class only ours do.
    style = if case .unknown = kind { "other" } else { kind.rawValue }
  }
}

struct ArticleLine {
  let href: String
  let title: String
  let outlet: String?
  let date: PageDate?
  let conflict: ConflictNote?

  static let template = """
    <a class="title" href="{{frame.root}}/{{.href}}"><bdi>{{.title}}</bdi></a>\
     <span class="meta">{{#.outlet}}<span><bdi>{{.}}</bdi></span>{{/.outlet}}{{#.date}}<span>{{>date}}</span>{{/.date}}</span>\
    {{#.conflict}} {{>conflict}}{{/.conflict}}
    """
}

struct SpeakerLine {
  let href: String
  let name: String
  let kind: String
  let office: String?
  let aliases: [String]
  let conflict: ConflictNote?

  static let template = """
    <a class="title" href="{{frame.root}}/{{.href}}"><bdi>{{.name}}</bdi></a>\
     <span class="meta"><span><bdi>{{.kind}}</bdi></span>{{#.office}}<span><bdi>{{.}}</bdi></span>{{/.office}}\
    {{#.aliases}}<span><bdi>{{.}}</bdi></span>{{/.aliases}}</span>{{#.conflict}} {{>conflict}}{{/.conflict}}
    """
}

struct ClaimLine {
  let href: String
  let text: String
  let about: String?
  let tally: String
  let isContested: Bool
  let conflict: ConflictNote?

  static let template = """
    <a class="title" href="{{frame.root}}/{{.href}}"><bdi>{{.text}}</bdi></a>\
     <span class="meta">{{#.about}}<span>{{.}}</span>{{/.about}}<span><bdi>{{.tally}}</bdi>\
    {{#.isContested}} <strong class="contested">contested</strong>{{/.isContested}}</span></span>\
    {{#.conflict}} {{>conflict}}{{/.conflict}}
    """
}

/// A quote outside of its article.
struct QuoteLine {
  let href: String
  let words: String

  /// Who is heard, but for those whose page it is on.
  let who: [Who]

  /// In which role the article hears those.
  let roles: [String]
  let kind: QuoteKind
  let assertion: String?
  let date: PageDate?
  let article: ArticleLine?
  let conflict: ConflictNote?

  static let template = """
    <blockquote class="words {{.kind.style}}" dir="auto">{{.words}}</blockquote>
    {{>quoteFacts}}
    """

  /// What is known of a quote beside its words. The article's title leads to where it stands.
  static let facts = """
    <p class="meta">{{#.who}}<span>{{>who}}{{#.conflict}} {{>conflict}}{{/.conflict}}</span>{{/.who}}{{#.roles}}<span>as <bdi>{{.}}</bdi></span>{{/.roles}}\
    <span><span class="kind {{.kind.style}}">{{.kind.name}}</span>{{#.assertion}}, <bdi>{{.}}</bdi>{{/.assertion}}</span>\
    {{#.date}}<span>{{>date}}</span>{{/.date}}<span><a href="{{frame.root}}/{{.href}}">{{#.article}}{{#.outlet}}<bdi>{{.}}</bdi>: {{/.outlet}}\
    <bdi>{{.title}}</bdi>{{/.article}}{{^.article}}where it stands{{/.article}}</a>{{#.article}}{{#.conflict}} {{>conflict}}{{/.conflict}}{{/.article}}</span>\
    {{#.conflict}} {{>conflict}}{{/.conflict}}</p>
    """
}

// MARK: Words for it

extension Quote {
  /// What wasn't simply said; out of its article the words alone would claim more than it reports.
  var assertionText: String? {
    switch assertion {
    case .said: nil
    case .notSaid: "not said"
    case .attitude: "an attitude"
    case .question: "a question"
    case .hypothetical: "hypothetical"
    case .unknown(let rawValue): rawValue
    }
  }
}

extension Speaker {
  /// By when they began, as far as it is known.
  var sortedTenures: [Tenure] {
    func key(_ tenure: Tenure) -> (Int, Int, ExactString) {
      (tenure.from?.firstDay ?? tenure.to?.firstDay ?? 0, tenure.to?.lastDay ?? .max, ExactString(tenure.officeText))
    }
    return tenures.sorted { key($0) < key($1) }
  }
}

extension Speaker.Tenure {
  /// `Foreign Minister, Belmora`
  var officeText: String { role + (organization.map { ", \($0)" } ?? "") }
}

enum PositionTally {
  /// `supports 3, denies 1`
  static func text(_ positions: [Stance.Position]) -> String {
    guard !positions.isEmpty else { return "no positions yet" }
    return counts(positions).map { "\($0.position.rawValue) \($0.count)" }.joined(separator: ", ")
  }

  /// In the order in which positions are defined, those that this version doesn't know last.
  static func counts(_ positions: [Stance.Position]) -> [(position: Stance.Position, count: Int)] {
    var counts: [ExactString: Int] = [:]
    for position in positions { counts[ExactString(position.rawValue), default: 0] += 1 }
    let known = Stance.Position.known
    return counts.map { (position: Stance.Position(rawValue: $0.key.string), count: $0.value) }.sorted { left, right in
      let (one, other) = (known.firstIndex(of: left.position) ?? .max, known.firstIndex(of: right.position) ?? .max)
      return one == other ? ExactString(left.position.rawValue) < ExactString(right.position.rawValue) : one < other
    }
  }

  /// Whether somebody supports it and somebody denies it.
  static func isContested(_ positions: [Stance.Position]) -> Bool {
    positions.contains(.supports) && positions.contains(.denies)
  }
}

/// `May 2012 to 2016`, `from 2012`, `until 2016`
func periodText(_ from: PartialDate?, _ to: PartialDate?) -> String? {
  let (start, end) = (from.map { PageDate($0).text }, to.map { PageDate($0).text })
  return switch (start, end) {
  case (let start?, let end?): start == end ? start : "\(start) to \(end)"
  case (let start?, nil): "from \(start)"
  case (nil, let end?): "until \(end)"
  case (nil, nil): nil
  }
}

extension String {
  /// Cut behind a whole scalar, with an ellipsis, if it is longer.
  func cut(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    return String(self[..<utf8.index(startIndex, offsetBy: limit).roundedDown(in: self)]) + "…"
  }
}

extension String.Index {
  fileprivate func roundedDown(in text: String) -> String.Index {
    var index = self
    while index.samePosition(in: text.unicodeScalars) == nil { index = text.utf8.index(before: index) }
    return index
  }
}

#endif
