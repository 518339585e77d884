/// How a quote, or an article in its own voice, stands to a claim.
public struct Stance: Entity {
  public static let type = EntityType.stance

  public enum Position: OpenEnum {
    case supports, denies, doubts, reports, attributes, declines, unknown(String)

    public static let known: [Self] = [.supports, .denies, .doubts, .reports, .attributes, .declines]

    public var rawValue: String {
      switch self {
      case .supports: "supports"
      case .denies: "denies"
      case .doubts: "doubts"
      case .reports: "reports"
      case .attributes: "attributes"
      case .declines: "declines"
      case .unknown(let rawValue): rawValue
      }
    }
  }

  /// Whose position it is.
  public enum Holder: Hashable, Sendable {
    case quote(Quote.ID)
    case article(Article.ID)

    public var reference: Reference {
      switch self {
      case .quote(let id): id.reference
      case .article(let id): id.reference
      }
    }
  }

  public let id: Identifier<Stance>
  public var holder: Holder
  public var claimID: Claim.ID
  public var position: Position

  /// Whether it is taken with reservations: "seems", "probably".
  public var isHedged = false

  public var note: String?
  public var tags: Set<ExactString> = []
  public var other = Fields()

  /// A stance with the id that its holder and claim give it.
  public init(holder: Holder, claimID: Claim.ID, position: Position) {
    self.init(id: .derived(holder: holder, claimID: claimID), holder: holder, claimID: claimID, position: position)
  }

  public init(id: ID, holder: Holder, claimID: Claim.ID, position: Position) {
    self.id = id
    self.holder = holder
    self.claimID = claimID
    self.position = position
  }
}

extension Stance {
  public init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    var reader = FieldReader(id.reference, fields)
    guard let holder = reader.take("holder", Holder.init) else { throw reader.missing("holder") }
    guard let claimID: Claim.ID = reader.id("claimID") else { throw reader.missing("claimID") }
    guard let position: Position = reader.choice("position") else { throw reader.missing("position") }
    self.init(id: id, holder: holder, claimID: claimID, position: position)
    isHedged = reader.take("hedged") { if case .bool(let flag) = $0 { flag } else { nil } } ?? false
    note = reader.string("note")
    tags = reader.stringSet("tags")
    other = reader.rest
  }

  public var fields: Fields {
    // In the order in which they are kept.
    var fields = other
    fields.set("claimID", claimID)
    if isHedged { fields["hedged"] = .bool(true) }
    fields["holder"] = holder.value
    fields.set("note", note)
    fields.set("position", position)
    fields.set("tags", elements: tags)
    return fields
  }
}

extension Stance.Holder {
  /// Nil unless the record has one member that this version knows, and no other.
  init?(_ value: Value) {
    guard case .record(let record) = value, record.members.count == 1 else { return nil }
    if let id: Quote.ID = record["quoteID"]?.asID() {
      self = .quote(id)
    } else if let id: Article.ID = record["articleID"]?.asID() {
      self = .article(id)
    } else {
      return nil
    }
  }

  var value: Value {
    switch self {
    case .quote(let id): .record(Record(["quoteID": .reference(id.reference)]))
    case .article(let id): .record(Record(["articleID": .reference(id.reference)]))
    }
  }
}

extension Identifier<Stance> {
  /// The id of what this holder says of this claim.
  public static func derived(holder: Stance.Holder, claimID: Claim.ID) -> Self {
    let type = Array(holder.reference.type.string.utf8)
    return Self(IDs.derived("stance", from: [type, holder.reference.id.array, claimID.bytes.array]))
  }
}
