// The shape that each known field has in JSON: one table from which documents are read, checked and written.

/// What stands in a field.
indirect enum Shape: Sendable {
  case string
  case integer
  case flag
  case date
  case choice([String])
  case reference(EntityType)
  /// The content of a text in JSON, its hash in the log.
  case content
  /// The hash of a text.
  case textHash
  case list(Shape)
  case record([Member])
  /// A record with exactly one of these members.
  case oneOf([Member])

  struct Member: Sendable {
    let name: ExactString
    let shape: Shape
    var isRequired = false
    /// Left out of JSON and of the log when it has this value.
    var standard: Value?
  }
}

/// A field of a known type.
struct FieldSchema: Sendable {
  enum Arrangement: Sendable {
    case single(Shape)
    case set(Shape)
    case map(Shape)
  }

  let name: ExactString
  let arrangement: Arrangement
  var isRequired = false
  /// Left out of JSON and of the log when it has this value.
  var standard: Value?

  static func single(_ name: ExactString, _ shape: Shape, isRequired: Bool = false, standard: Value? = nil) -> Self {
    Self(name: name, arrangement: .single(shape), isRequired: isRequired, standard: standard)
  }

  static func set(_ name: ExactString, _ shape: Shape) -> Self {
    Self(name: name, arrangement: .set(shape))
  }

  static func map(_ name: ExactString, _ shape: Shape) -> Self {
    Self(name: name, arrangement: .map(shape))
  }
}

extension Shape {
  fileprivate static func choice<Choice: OpenEnum>(of _: Choice.Type) -> Shape {
    .choice(Choice.known.map(\.rawValue))
  }

  static let anchor = Shape.record([
    Member(name: "textHash", shape: .textHash, isRequired: true), Member(name: "start", shape: .integer, isRequired: true),
    Member(name: "end", shape: .integer, isRequired: true),
  ])

  fileprivate static let segment = Shape.record([
    Member(name: "verbatim", shape: .flag, standard: .bool(true)), Member(name: "anchor", shape: .anchor, isRequired: true),
  ])

  fileprivate static let source = Shape.record([
    Member(name: "speakerID", shape: .reference(.speaker)), Member(name: "mention", shape: .anchor),
    Member(name: "mentionKind", shape: .choice(of: Quote.Source.MentionKind.self)), Member(name: "roleAsStated", shape: .string),
  ])

  /// Whether a value is of this shape, with nothing in it that this version doesn't know.
  func describes(_ value: Value) -> Bool {
    switch (self, value) {
    case (.string, .string), (.integer, .integer), (.flag, .bool), (.content, .text), (.textHash, .text): true
    case (.date, .string(let string)): PartialDate(string.string)?.description.isExactly(string.string) ?? false
    case (.choice(let known), .string(let string)): known.contains { $0.isExactly(string.string) }
    case (.reference(let type), .reference(let reference)): reference.type == type.name
    case (.list(let shape), .list(let values)): values.allSatisfy(shape.describes)
    case (.oneOf(let known), .record(let record)): record.members.count == 1 && Self.describes(record, known)
    case (.record(let known), .record(let record)): Self.describes(record, known)
    default: false
    }
  }

  private static func describes(_ record: Record, _ known: [Member]) -> Bool {
    record.members.allSatisfy { member in known.contains { $0.name == member.name && $0.shape.describes(member.value) } }
      && known.allSatisfy { known in !known.isRequired || record.members.contains { $0.name == known.name } }
  }

  /// Whether it is an anchor, whose words documents show beside its offsets.
  var isAnchor: Bool {
    if case .record(let members) = self { members.first?.name == "textHash" } else { false }
  }
}

extension EntityType {
  /// The known fields, in no particular order.
  var schema: [FieldSchema] {
    switch self {
    case .article: Self.articleSchema
    case .speaker: Self.speakerSchema
    case .quote: Self.quoteSchema
    case .claim: Self.claimSchema
    case .stance: Self.stanceSchema
    }
  }

  func schema(of field: ExactString) -> FieldSchema? {
    Self.byField[self]?[field]
  }

  /// In the order in which cells are kept.
  fileprivate var sortedSchema: [FieldSchema] {
    switch self {
    case .article: Self.sortedArticleSchema
    case .speaker: Self.sortedSpeakerSchema
    case .quote: Self.sortedQuoteSchema
    case .claim: Self.sortedClaimSchema
    case .stance: Self.sortedStanceSchema
    }
  }

  private static let sortedArticleSchema = articleSchema.sorted { $0.name < $1.name }
  private static let sortedSpeakerSchema = speakerSchema.sorted { $0.name < $1.name }
  private static let sortedQuoteSchema = quoteSchema.sorted { $0.name < $1.name }
  private static let sortedClaimSchema = claimSchema.sorted { $0.name < $1.name }
  private static let sortedStanceSchema = stanceSchema.sorted { $0.name < $1.name }

  private static let byField = Dictionary(
    uniqueKeysWithValues: allCases.map { type in (type, Dictionary(uniqueKeysWithValues: type.schema.map { ($0.name, $0) })) })

  private static let commonSchema: [FieldSchema] = [.single("note", .string), .set("tags", .string)]

  private static let articleSchema: [FieldSchema] =
    commonSchema + [
      .single("title", .string), .single("outlet", .string), .single("bylines", .list(.string)),
      .single(
        "publishedOn",
        .record([
          Shape.Member(name: "date", shape: .date, isRequired: true),
          Shape.Member(name: "basis", shape: .choice(of: Article.Publication.Basis.self), isRequired: true),
        ])), .single("dateline", .string), .single("language", .string), .single("url", .string), .single("archivedURL", .string),
      .single("retrievedOn", .date), .map("externalIDs", .string), .single("text", .content, isRequired: true),
    ]

  private static let speakerSchema: [FieldSchema] =
    commonSchema + [
      .single("name", .string, isRequired: true), .single("kind", .choice(of: Speaker.Kind.self), isRequired: true), .set("aliases", .string),
      .map("externalIDs", .string),
      .set(
        "tenures",
        .record([
          Shape.Member(name: "role", shape: .string, isRequired: true), Shape.Member(name: "organization", shape: .string),
          Shape.Member(name: "from", shape: .date), Shape.Member(name: "to", shape: .date),
        ])), .single("mergedInto", .reference(.speaker)),
    ]

  private static let quoteSchema: [FieldSchema] =
    commonSchema + [
      .single("articleID", .reference(.article), isRequired: true), .single("kind", .choice(of: Quote.Kind.self), isRequired: true),
      .single("segments", .list(.segment), isRequired: true), .single("sources", .list(.source)), .single("cue", .anchor),
      .single("assertion", .choice(of: Quote.Assertion.self), standard: .string("said")), .single("saidOn", .date), .single("medium", .string),
      .single("addressees", .list(.source)), .single("parentID", .reference(.quote)), .single("contentOfID", .reference(.quote)),
      .single("sameUtteranceAs", .reference(.quote)),
      .map(
        "placements",
        .record([
          Shape.Member(name: "placement", shape: .choice(of: Placement.self), isRequired: true), Shape.Member(name: "score", shape: .integer),
          Shape.Member(name: "segments", shape: .list(.segment)), Shape.Member(name: "accepted", shape: .flag, standard: .bool(false)),
        ])),
    ]

  private static let claimSchema: [FieldSchema] =
    commonSchema + [
      .single("text", .string, isRequired: true), .single("context", .string),
      .single("period", .record([Shape.Member(name: "from", shape: .date), Shape.Member(name: "to", shape: .date)])),
      .single("negationOf", .reference(.claim)), .map("externalIDs", .string),
    ]

  private static let stanceSchema: [FieldSchema] =
    commonSchema + [
      .single(
        "holder",
        .oneOf([Shape.Member(name: "quoteID", shape: .reference(.quote)), Shape.Member(name: "articleID", shape: .reference(.article))]),
        isRequired: true), .single("claimID", .reference(.claim), isRequired: true),
      .single("position", .choice(of: Stance.Position.self), isRequired: true), .single("hedged", .flag, standard: .bool(false)),
    ]
}

extension EntityState {
  /// Whether this version knows the type, every field, and every value that survives: nothing in it has to be kept aside.
  package func isUnderstood(of type: ExactString) -> Bool {
    guard let type = EntityType(type) else { return false }
    let known = type.sortedSchema
    var index = 0
    // By index: copying each cell would take as long as looking at it.
    return cells.indices.allSatisfy { place in
      // Both are in order. To tell that two names aren't the same is mostly done when their lengths are compared.
      while index < known.count, known[index].name != cells[place].address.field { index += 1 }
      guard index < known.count else { return false }
      return switch (known[index].arrangement, cells[place].address.place) {
      case (.single(let shape), .field), (.map(let shape), .key):
        cells[place].first.value.fits(shape) && cells[place].others.allSatisfy { $0.value.fits(shape) }
      case (.set(let shape), .element(let element)): shape.describes(element.value)
      default: false
      }
    }
  }
}

extension Value {
  fileprivate func fits(_ shape: Shape) -> Bool { isNull || shape.describes(self) }
}
