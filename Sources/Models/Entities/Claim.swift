/// A statement that is in dispute. Whether it is contested follows from the stances taken on it and is never stored.
public struct Claim: Entity {
  public static let type = EntityType.claim

  /// The time of which the claim speaks.
  public struct Period: Hashable, Sendable {
    public var from: PartialDate?
    public var to: PartialDate?
    public var other = Record()

    public init(from: PartialDate? = nil, to: PartialDate? = nil) {
      self.from = from
      self.to = to
    }
  }

  public let id: Identifier<Claim>
  public var text: String
  public var context: String?
  public var period: Period?

  /// The claim that this one says is false.
  public var negationOf: Identifier<Claim>?

  public var externalIDs: [ExactString: String] = [:]
  public var note: String?
  public var tags: Set<ExactString> = []
  public var other = Fields()

  public init(id: ID, text: String) {
    self.id = id
    self.text = text
  }
}

extension Claim.Period: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    self.init(from: reader.date("from"), to: reader.date("to"))
  }

  func write(to record: inout Record) {
    if let from { record["from"] = .string(from.description) }
    if let to { record["to"] = .string(to.description) }
  }
}

extension Claim {
  public init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    var reader = FieldReader(id.reference, fields)
    guard let text = reader.string("text") else { throw reader.missing("text") }
    self.init(id: id, text: text)
    context = reader.string("context")
    period = reader.record("period")
    negationOf = reader.id("negationOf")
    externalIDs = reader.map("externalIDs") { $0.asString }
    note = reader.string("note")
    tags = reader.stringSet("tags")
    other = reader.rest
  }

  public var fields: Fields {
    // In the order in which they are kept.
    var fields = other
    fields.set("context", context)
    fields.set("externalIDs", entries: externalIDs)
    fields.set("negationOf", negationOf)
    fields.set("note", note)
    fields.set("period", period)
    fields.set("tags", elements: tags)
    fields.set("text", text)
    return fields
  }
}
