/// Somebody or something that is heard: a person, an office, a government, a document.
public struct Speaker: Entity {
  public static let type = EntityType.speaker

  public enum Kind: OpenEnum {
    case person, organization, government, office, outlet, collective, anonymous, document, unknown(String)

    public static let known: [Self] = [.person, .organization, .government, .office, .outlet, .collective, .anonymous, .document]

    public var rawValue: String {
      switch self {
      case .person: "person"
      case .organization: "organization"
      case .government: "government"
      case .office: "office"
      case .outlet: "outlet"
      case .collective: "collective"
      case .anonymous: "anonymous"
      case .document: "document"
      case .unknown(let rawValue): rawValue
      }
    }
  }

  /// An office held, as far as it is known when.
  public struct Tenure: Hashable, Sendable {
    public var role: String
    public var organization: String?
    public var from: PartialDate?
    public var to: PartialDate?
    public var other = Record()

    public init(role: String, organization: String? = nil, from: PartialDate? = nil, to: PartialDate? = nil) {
      self.role = role
      self.organization = organization
      self.from = from
      self.to = to
    }

    /// Whether the office can have been held on that day, as far as both dates are known.
    public func canInclude(_ day: PartialDate) -> Bool {
      day.overlaps(from: from, to: to)
    }
  }

  public let id: Identifier<Speaker>
  public var name: String
  public var kind: Kind
  public var aliases: Set<ExactString> = []
  public var externalIDs: [ExactString: String] = [:]
  public var tenures: Set<Tenure> = []

  /// The speaker this one was found to be. Speakers joined by it are one group; nothing else is rewritten, so it can be undone.
  public var mergedInto: Identifier<Speaker>?

  public var note: String?
  public var tags: Set<ExactString> = []
  public var other = Fields()

  public init(id: ID, name: String, kind: Kind) {
    self.id = id
    self.name = name
    self.kind = kind
  }
}

extension Speaker.Tenure: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    guard let role = reader.string("role") else { return nil }
    self.init(role: role, organization: reader.string("organization"), from: reader.date("from"), to: reader.date("to"))
  }

  func write(to record: inout Record) {
    record["role"] = .string(role)
    if let organization { record["organization"] = .string(organization) }
    if let from { record["from"] = .string(from.description) }
    if let to { record["to"] = .string(to.description) }
  }
}

extension Speaker {
  public init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    var reader = FieldReader(id.reference, fields)
    guard let name = reader.string("name") else { throw reader.missing("name") }
    guard let kind: Kind = reader.choice("kind") else { throw reader.missing("kind") }
    self.init(id: id, name: name, kind: kind)
    aliases = reader.stringSet("aliases")
    externalIDs = reader.map("externalIDs") { $0.asString }
    tenures = reader.set("tenures") { Tenure($0) }
    mergedInto = reader.id("mergedInto")
    note = reader.string("note")
    tags = reader.stringSet("tags")
    other = reader.rest
  }

  public var fields: Fields {
    // In the order in which they are kept.
    var fields = other
    fields.set("aliases", elements: aliases)
    fields.set("externalIDs", entries: externalIDs)
    fields.set("kind", kind)
    fields.set("mergedInto", mergedInto)
    fields.set("name", name)
    fields.set("note", note)
    fields.set("tags", elements: tags)
    for tenure in tenures { fields.insert(tenure.value, into: "tenures") }
    return fields
  }
}
