/// What somebody is reported to have said, in exactly these words of an article.
public struct Quote: Entity {
  public static let type = EntityType.quote

  public enum Kind: OpenEnum {
    case direct, indirect, mixed, scare, unknown(String)

    public static let known: [Self] = [.direct, .indirect, .mixed, .scare]

    public var rawValue: String {
      switch self {
      case .direct: "direct"
      case .indirect: "indirect"
      case .mixed: "mixed"
      case .scare: "scare"
      case .unknown(let rawValue): rawValue
      }
    }
  }

  /// What the article says of the act of speech.
  public enum Assertion: OpenEnum {
    case said, notSaid, attitude, question, hypothetical, unknown(String)

    public static let known: [Self] = [.said, .notSaid, .attitude, .question, .hypothetical]

    public var rawValue: String {
      switch self {
      case .said: "said"
      case .notSaid: "notSaid"
      case .attitude: "attitude"
      case .question: "question"
      case .hypothetical: "hypothetical"
      case .unknown(let rawValue): rawValue
      }
    }
  }

  /// A stretch of the quotation. One that its attribution splits is one quote with several.
  public struct Segment: Hashable, Sendable {
    public var anchor: Anchor

    /// Whether the words are given as the speaker's own.
    public var isVerbatim: Bool
    public var other = Record()

    public init(_ anchor: Anchor, isVerbatim: Bool = true) {
      self.anchor = anchor
      self.isVerbatim = isVerbatim
    }
  }

  /// Who is heard, and how the article mentions them. It may name nobody we know.
  public struct Source: Hashable, Sendable {
    public enum MentionKind: OpenEnum {
      case name, pronoun, nominal, metonym, collective, implicit, unknown(String)

      public static let known: [Self] = [.name, .pronoun, .nominal, .metonym, .collective, .implicit]

      public var rawValue: String {
        switch self {
        case .name: "name"
        case .pronoun: "pronoun"
        case .nominal: "nominal"
        case .metonym: "metonym"
        case .collective: "collective"
        case .implicit: "implicit"
        case .unknown(let rawValue): rawValue
        }
      }
    }

    public var speakerID: Speaker.ID?
    public var mention: Anchor?
    public var mentionKind: MentionKind?

    /// The role that the article gives; never rewritten from tenures, for newspapers err.
    public var roleAsStated: String?
    public var other = Record()

    public init(speakerID: Speaker.ID? = nil, mention: Anchor? = nil, mentionKind: MentionKind? = nil, roleAsStated: String? = nil) {
      self.speakerID = speakerID
      self.mention = mention
      self.mentionKind = mentionKind
      self.roleAsStated = roleAsStated
    }
  }

  /// Where the quote's words stand in another text of its article.
  public struct Placing: Hashable, Sendable {
    public var placement: Placement

    /// 0 to 1000: how sure that is.
    public var score: Int
    public var segments: [Segment]

    /// Whether a person agreed.
    public var isAccepted: Bool
    public var other = Record()

    public init(placement: Placement, score: Int, segments: [Segment], isAccepted: Bool = false) {
      self.placement = placement
      self.score = score
      self.segments = segments
      self.isAccepted = isAccepted
    }
  }

  public let id: Identifier<Quote>
  public var articleID: Article.ID
  public var kind: Kind
  public var segments: [Segment]
  public var sources: [Source] = []

  /// The word that reports the speech: "said", "according to".
  public var cue: Anchor?

  public var assertion = Assertion.said
  public var saidOn: PartialDate?
  public var medium: String?
  public var addressees: [Source] = []

  /// The quote in which this one is attributed: A said that B had said.
  public var parentID: Identifier<Quote>?

  /// The quote of whose content this one speaks: "this", said of what another said.
  public var contentOfID: Identifier<Quote>?

  /// A quote that reports the same act of speech. Quotes joined by it are one group.
  public var sameUtteranceAs: Identifier<Quote>?

  /// By the hash of a text, in hexadecimal digits.
  public var placements: [ExactString: Placing] = [:]

  public var note: String?
  public var tags: Set<ExactString> = []
  public var other = Fields()

  public init(id: ID, articleID: Article.ID, kind: Kind, segments: [Segment]) {
    self.id = id
    self.articleID = articleID
    self.kind = kind
    self.segments = segments
  }

  /// Every anchor in it but those of placements.
  public var anchors: [Anchor] {
    segments.map(\.anchor) + (sources + addressees).compactMap(\.mention) + [cue].compactMap(\.self)
  }
}

extension Quote.Segment: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    guard let anchor: Anchor = reader.record("anchor") else { return nil }
    self.init(anchor, isVerbatim: reader.flag("verbatim") ?? true)
  }

  func write(to record: inout Record) {
    record["anchor"] = anchor.value
    if !isVerbatim { record["verbatim"] = .bool(false) }
  }
}

extension Quote.Source: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    self.init(
      speakerID: reader.id("speakerID"), mention: reader.record("mention"), mentionKind: reader.choice("mentionKind"),
      roleAsStated: reader.string("roleAsStated"))
  }

  func write(to record: inout Record) {
    if let mention { record["mention"] = mention.value }
    if let mentionKind { record["mentionKind"] = .string(mentionKind.rawValue) }
    if let roleAsStated { record["roleAsStated"] = .string(roleAsStated) }
    if let speakerID { record["speakerID"] = .reference(speakerID.reference) }
  }
}

extension Quote.Placing: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    guard let placement: Placement = reader.choice("placement") else { return nil }
    self.init(
      placement: placement, score: reader.integer("score") ?? 0, segments: reader.list("segments"),
      isAccepted: reader.flag("accepted") ?? false)
  }

  func write(to record: inout Record) {
    if isAccepted { record["accepted"] = .bool(true) }
    record["placement"] = .string(placement.rawValue)
    record["score"] = .integer(Int64(score))
    if !segments.isEmpty { record["segments"] = .list(segments.map(\.value)) }
  }
}

extension Quote {
  public init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    // In the order in which they are kept: so each is found where the one before ended.
    var reader = FieldReader(id.reference, fields)
    let addressees: [Source] = reader.list("addressees")
    guard let articleID: Article.ID = reader.id("articleID") else { throw reader.missing("articleID") }
    let assertion: Assertion? = reader.choice("assertion")
    let contentOfID: Identifier<Quote>? = reader.id("contentOfID")
    let cue: Anchor? = reader.record("cue")
    guard let kind: Kind = reader.choice("kind") else { throw reader.missing("kind") }
    self.init(id: id, articleID: articleID, kind: kind, segments: [])
    self.addressees = addressees
    self.assertion = assertion ?? .said
    self.contentOfID = contentOfID
    self.cue = cue
    medium = reader.string("medium")
    note = reader.string("note")
    parentID = reader.id("parentID")
    placements = reader.map("placements") { Placing($0) }
    saidOn = reader.date("saidOn")
    sameUtteranceAs = reader.id("sameUtteranceAs")
    segments = reader.list("segments")
    sources = reader.list("sources")
    tags = reader.stringSet("tags")
    other = reader.rest
  }

  public var fields: Fields {
    // In the order in which they are kept.
    var fields = other
    fields.set("addressees", list: addressees)
    fields.set("articleID", articleID)
    if assertion != .said { fields.set("assertion", assertion) }
    fields.set("contentOfID", contentOfID)
    fields.set("cue", cue)
    fields.set("kind", kind)
    fields.set("medium", medium)
    fields.set("note", note)
    fields.set("parentID", parentID)
    for (text, placing) in placements { fields[CellAddress(field: "placements", place: .key(text))] = placing.value }
    fields.set("saidOn", saidOn)
    fields.set("sameUtteranceAs", sameUtteranceAs)
    fields.set("segments", list: segments)
    fields.set("sources", list: sources)
    fields.set("tags", elements: tags)
    return fields
  }
}

extension Quote {
  /// The sources among a quote's fields.
  package static func sources(of fields: Fields) -> [Source] {
    fields["sources"].flatMap { Source.list($0) } ?? []
  }

  /// The segments among a quote's fields.
  package static func segments(of fields: Fields) -> [Segment] {
    fields["segments"].flatMap { Segment.list($0) } ?? []
  }
}
