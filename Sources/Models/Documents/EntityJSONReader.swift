/// What is wrong with one field of an entity's JSON.
public struct FieldProblem: Hashable, Sendable {
  /// `segments[0].anchor.start`
  public let field: String

  /// What stands there, as JSON.
  public let found: JSON?
  public let message: String

  public init(field: String, found: JSON?, message: String) {
    self.field = field
    self.found = found
    self.message = message
  }
}

/// An entity as its JSON says it: what it sets, and what it leaves alone.
public struct EntityDraft: Sendable {
  public let type: EntityType

  /// As written: a UUID, `#` and a name local to the document, or nil.
  public var spelledID: String?

  public var fields = Fields()

  /// Fields that the JSON mentions; one that is mentioned and empty is cleared.
  public var mentioned: Set<ExactString> = []

  /// Texts that have to be stored for it.
  public var texts: [ArticleText] = []

  /// Whether it has what a new entity can't do without.
  public var missing: [ExactString] {
    type.schema.filter { $0.isRequired && !fields.names.contains($0.name) }.map(\.name)
  }

  /// Fields of an entity that exists, changed as the JSON says.
  public func applied(to old: Fields) -> Fields {
    var new = old
    for field in mentioned {
      new.removeAll(of: field)
      for cell in fields.cells(of: field) { new[cell.address] = cell.value }
    }
    return new
  }
}

/// Reads entities from JSON and lists every problem, not only the first.
public struct EntityJSONReader {
  /// Whether unknown keys and enum values are kept rather than refused.
  public var keepsUnknown: Bool

  /// The text that anchors without a `textHash` are in.
  public var defaultText: TextHash?

  private let text: ((TextHash) throws -> ArticleText?)?
  private let resolve: (String, EntityType) -> Bytes16?
  private var problems: [FieldProblem] = []
  private var texts: [ArticleText] = []

  /// - Parameters:
  ///   - text: gives the texts that anchors name, to check their words; without it they aren't checked.
  ///   - resolve: the id that a spelling which isn't a UUID stands for.
  public init(
    keepsUnknown: Bool = false, defaultText: TextHash? = nil, text: ((TextHash) throws -> ArticleText?)?,
    resolve: @escaping (String, EntityType) -> Bytes16? = { _, _ in nil }
  ) {
    self.keepsUnknown = keepsUnknown
    self.defaultText = defaultText
    self.text = text
    self.resolve = resolve
  }

  /// Reads one entity.
  ///
  /// - Returns: what could be read, and everything that is wrong with it.
  public mutating func read(_ object: JSONObject, as type: EntityType) throws -> (draft: EntityDraft, problems: [FieldProblem]) {
    problems = []
    texts = []
    var draft = EntityDraft(type: type)
    for member in object.members {
      let key = ExactString(member.key)
      switch (member.key, member.value) {
      case ("id", .string(let id)): draft.spelledID = id
      case ("id", let found): report("id", found, "an id is a string")
      case ("type", .string(let name)) where name.isExactly(type.rawValue): break
      default: try read(member.value, of: key, into: &draft)
      }
    }
    draft.texts = texts
    return (draft, problems)
  }

  /// Reads the value of one field, as `edit` takes it.
  public mutating func read(field: ExactString, _ json: JSON, as type: EntityType) throws -> (draft: EntityDraft, problems: [FieldProblem]) {
    problems = []
    texts = []
    var draft = EntityDraft(type: type)
    try read(json, of: field, into: &draft)
    draft.texts = texts
    return (draft, problems)
  }

  private mutating func report(_ field: String, _ found: JSON?, _ message: String) {
    problems.append(FieldProblem(field: field, found: found, message: message))
  }

  private mutating func read(_ json: JSON, of field: ExactString, into draft: inout EntityDraft) throws {
    guard let schema = draft.type.schema(of: field) else {
      guard keepsUnknown else { return report(field.string, nil, "there is no such field; known are \(Self.names(draft.type.schema.map(\.name)))") }
      draft.mentioned.insert(field)
      return readUnknown(json, of: field, into: &draft.fields)
    }
    draft.mentioned.insert(field)
    if json == .null {
      if schema.isRequired { report(field.string, json, "a \(draft.type) can't do without it") }
      return
    }
    switch schema.arrangement {
    case .single where keepsUnknown && Self.isSetOrMap(json):
      readUnknown(json, of: field, into: &draft.fields)
    case .single(let shape):
      let value = try read(json, shape, field.string)
      if let value, value != schema.standard, value != .list([]), value != .record(Record()) { draft.fields[field] = value }
      if let value, value.explicitBytes.count > Value.byteLimit { report(field.string, nil, "a field is at most \(Value.byteLimit) bytes") }
    case .set(let shape):
      guard case .array(let elements) = json else {
        return keepsUnknown ? readUnknown(json, of: field, into: &draft.fields) : report(field.string, json, "a list is needed here")
      }
      for (index, element) in elements.enumerated() {
        if let value = try read(element, shape, "\(field)[\(index)]") { draft.fields.insert(value, into: field) }
      }
    case .map(let shape):
      guard case .object(let object) = json, !Self.isSetOrMap(json) else {
        return keepsUnknown ? readUnknown(json, of: field, into: &draft.fields) : report(field.string, json, "an object is needed here")
      }
      for member in object.members {
        guard member.key.utf8.count <= Body.nameByteLimit else { return report(field.string, nil, "a key is at most \(Body.nameByteLimit) bytes") }
        if let value = try read(member.value, shape, "\(field).\(member.key)") {
          draft.fields[CellAddress(field: field, place: .key(ExactString(member.key)))] = value
        }
      }
    }
  }

  private mutating func read(_ json: JSON, _ shape: Shape, _ path: String) throws -> Value? {
    switch (shape, json) {
    case (.string, .string(let string)):
      return .string(string)
    case (.integer, .integer(let number)):
      return .integer(number)
    case (.flag, .bool(let flag)):
      return .bool(flag)
    case (.date, .string(let string)):
      guard let date = PartialDate(string) else {
        if keepsUnknown { return .string(string) }
        report(path, json, "a date is 2013, 2013-09, 2013-09-17 or 2013-09-17T14:05+04:00")
        return nil
      }
      return .string(date.description)
    case (.choice(let known), .string(let string)):
      if !keepsUnknown, !known.contains(where: { $0.isExactly(string) }) {
        report(path, json, "it is one of \(known.joined(separator: ", "))")
        return nil
      }
      return .string(string)
    case (.reference(let type), .string(let string)):
      guard let id = UUIDText.bytes(string) ?? resolve(string, type) else {
        report(path, json, string.hasPrefix("#") ? "no \(type) of this document has that id" : "it is the id of a \(type)")
        return nil
      }
      return .reference(Reference(type: type.name, id: id))
    case (.textHash, .string(let string)):
      guard let hash = TextHash(hex: string) else {
        report(path, json, "it is the hash of a text, 64 hexadecimal digits")
        return nil
      }
      return .text(hash)
    case (.content, .string(let string)):
      do {
        let text = try ArticleText(string)
        texts.append(text)
        return .text(text.hash)
      } catch {
        report(path, nil, "\(error)")
        return nil
      }
    case (.list(let shape), .array(let elements)):
      var values: [Value] = []
      for (index, element) in elements.enumerated() {
        if let value = try read(element, shape, "\(path)[\(index)]") { values.append(value) }
      }
      return .list(values)
    case (.record(let known), .object(let object)):
      return try read(object, known, isAnchor: shape.isAnchor, path)
    case (.oneOf(let known), .object(let object)):
      guard object.members.count == 1 || keepsUnknown else {
        report(path, json, "it has one of \(Self.names(known.map(\.name)))")
        return nil
      }
      return try read(object, known, isAnchor: false, path)
    default:
      if keepsUnknown { return unknownValue(json, path) }
      report(path, json, "\(shape.needs) is needed here")
      return nil
    }
  }

  private mutating func read(_ object: JSONObject, _ known: [Shape.Member], isAnchor: Bool, _ path: String) throws -> Value? {
    var record = Record()
    let count = problems.count
    for member in object.members where member.value != .null {
      if isAnchor, Anchor.derivedMembers.contains(ExactString(member.key)) { continue }
      let place = "\(path).\(member.key)"
      if let schema = known.first(where: { $0.name.string.isExactly(member.key) }) {
        let value = try read(member.value, schema.shape, place)
        if value != schema.standard, value != .list([]) { record[schema.name] = value }
      } else if keepsUnknown {
        record[ExactString(member.key)] = unknownValue(member.value, place)
      } else {
        report(place, nil, "there is no such member; known are \(Self.names(known.map(\.name)))")
      }
    }
    if isAnchor, record["textHash"] == nil, let defaultText { record["textHash"] = .text(defaultText) }
    for member in known where member.isRequired && record[member.name] == nil && problems.count == count {
      report("\(path).\(member.name)", nil, "it is missing")
    }
    if let from = record["from"]?.asDate, let to = record["to"]?.asDate, from.firstDay > to.lastDay {
      report("\(path).to", object["to"], "it is before \(from)")
    }
    guard problems.count == count else { return nil }
    if isAnchor, let anchor = Anchor(.record(record)) { try check(anchor, words: object["exact"], path) }
    return .record(record)
  }

  /// An anchor must lie in its text, on scalar boundaries, and words given beside it must be what stands there.
  private mutating func check(_ anchor: Anchor, words: JSON?, _ path: String) throws {
    guard let text else { return }
    guard let text = try text(anchor.textHash) ?? texts.first(where: { $0.hash == anchor.textHash }) else {
      return report("\(path).textHash", .string(anchor.textHash.description), "no such text is here")
    }
    do {
      let exact = try text.exact(anchor)
      if case .string(let words)? = words, !words.isExactly(exact) {
        let place: String
        do {
          let found = try text.anchor(exact: words, nearest: anchor.start)
          place = "; it stands at \(found.start)…\(found.end)"
        } catch {
          place = ""
        }
        report("\(path).exact", .string(words), "“\(exact)” stands at \(anchor.start)…\(anchor.end)\(place)")
      }
    } catch {
      report(path, nil, "\(error)")
    }
  }

  /// Whether it is how an unknown set or map is written.
  private static func isSetOrMap(_ json: JSON) -> Bool {
    guard case .object(let object) = json, object.members.count == 1 else { return false }
    return object.members[0].key.isExactly("$set") || object.members[0].key.isExactly("$map")
  }

  private mutating func readUnknown(_ json: JSON, of field: ExactString, into fields: inout Fields) {
    if case .object(let object) = json, object.members.count == 1 {
      if case .array(let elements)? = object["$set"] {
        for element in elements { fields.insert(unknownValue(element, field.string), into: field) }
        return
      }
      if case .object(let map)? = object["$map"] {
        for member in map.members {
          fields[CellAddress(field: field, place: .key(ExactString(member.key)))] = unknownValue(member.value, "\(field).\(member.key)")
        }
        return
      }
    }
    fields[field] = unknownValue(json, field.string)
  }

  private mutating func unknownValue(_ json: JSON, _ path: String) -> Value {
    switch json {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .string(let string): return .string(string)
    case .array(let elements): return .list(elements.map { unknownValue($0, path) })
    case .object(let object):
      if object.members.count == 1, object.members[0].key.isExactly("$record"), case .object(let wrapped) = object.members[0].value {
        var record = Record()
        for member in wrapped.members { record[ExactString(member.key)] = unknownValue(member.value, "\(path).\(member.key)") }
        return .record(record)
      }
      if object.members.count == 1, case .string(let string) = object.members[0].value {
        switch object.members[0].key {
        case "$ref":
          let parts = string.split(separator: "/", maxSplits: 1)
          if parts.count == 2, let id = UUIDText.bytes(parts[1]) { return .reference(Reference(type: ExactString(String(parts[0])), id: id)) }
          report(path, json, "a reference is a type, a stroke and a UUID")
        case "$text":
          if let hash = TextHash(hex: string) { return .text(hash) }
          report(path, json, "the hash of a text has 64 hexadecimal digits")
        case "$bytes":
          if let bytes = Base64.bytes(string) { return .bytes(bytes) }
          report(path, json, "bytes are written in base 64")
        default: break
        }
      }
      var record = Record()
      for member in object.members { record[ExactString(member.key)] = unknownValue(member.value, "\(path).\(member.key)") }
      return .record(record)
    }
  }

  private static func names(_ names: [ExactString]) -> String {
    names.map(\.string).sorted().joined(separator: ", ")
  }
}

extension Shape {
  fileprivate var needs: String {
    switch self {
    case .string, .date, .choice, .reference, .content, .textHash: "a string"
    case .integer: "a whole number"
    case .flag: "true or false"
    case .list: "a list"
    case .record, .oneOf: "an object"
    }
  }
}

extension EntityType {
  /// Whether an entity of the type can't do without the field.
  public func requires(_ field: ExactString) -> Bool {
    schema(of: field)?.isRequired ?? false
  }

  /// Whether fields have all that an entity of the type can't do without.
  public func isComplete(_ fields: Fields) -> Bool {
    schema.allSatisfy { !$0.isRequired || !fields.cells(of: $0.name).isEmpty }
  }
}
