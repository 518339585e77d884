// Entities as people and scripts read and write them. Known fields have the shape that `Schema.swift` says; an unknown value follows one
// rule: {"$ref":"type/id"}, {"$text":hash}, {"$bytes":base64}, a set {"$set":[…]}, a map {"$map":{…}}, a record
// that looks like one of these {"$record":{…}}, the rest as it is.

/// Writes entities as JSON, keys and sets in the order of their UTF-8 bytes; what is empty or standard is left out.
public struct EntityJSONWriter {
  private let text: (TextHash) throws -> ArticleText?

  /// - Parameter text: gives the texts that anchors name, for the words beside the offsets. Without a text an anchor has only offsets.
  public init(text: @escaping (TextHash) throws -> ArticleText?) {
    self.text = text
  }

  public func json(_ entity: some Entity) throws -> JSONObject {
    try json(type: type(of: entity).type, id: entity.id.bytes, fields: entity.fields)
  }

  /// Whether fields hold anything that this version's schema doesn't describe.
  public static func hasUnknownData(type: EntityType, fields: Fields) -> Bool {
    fields.cells.contains { cell in
      switch (type.schema(of: cell.address.field)?.arrangement, cell.address.place) {
      case (.single(let shape)?, .field), (.map(let shape)?, .key): !shape.describes(cell.value)
      case (.set(let shape)?, .element(let element)): !shape.describes(element.value)
      default: true
      }
    }
  }

  public func json(type: EntityType, id: Bytes16, fields: Fields) throws -> JSONObject {
    var members: [(key: ExactString, value: JSON)] = [("id", .string(UUIDText.string(id)))]
    // A field can't be called like the two keys that an entity has besides; what a newer version calls so stays in the log.
    for field in fields.names where field != "id" && field != "type" {
      let schema = type.schema(of: field)
      if let json = try self.json(of: field, fields: fields, schema: schema) { members.append((field, json)) }
    }
    return JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key.string, $0.value) })
  }

  /// A single value as it stands in the JSON of its entity; used where cells are shown one by one.
  public func json(_ value: Value, at address: CellAddress, type: EntityType?) throws -> JSON {
    guard let schema = type?.schema(of: address.field) else { return json(unknown: value) }
    switch (schema.arrangement, address.place) {
    case (.single(let shape), .field), (.map(let shape), .key), (.set(let shape), .element): return try json(value, shape)
    default: return json(unknown: value)
    }
  }

  /// A value as JSON on its own, by the rule for unknown ones.
  static func spelling(of value: Value) -> String {
    String(decoding: EntityJSONWriter { _ in nil }.json(unknown: value).encoded(), as: UTF8.self)
  }

  private func json(of field: ExactString, fields: Fields, schema: FieldSchema?) throws -> JSON? {
    // A field that is arranged in another way than this version knows is written as an unknown one.
    let cells = fields.cells(of: field)
    switch schema?.arrangement {
    case .single(let shape)? where cells.allSatisfy { $0.address.place == .field }:
      guard let value = fields[field], value != schema?.standard else { return nil }
      return try json(value, shape)
    case .set(let shape)? where cells.allSatisfy { if case .element = $0.address.place { true } else { false } }:
      return .array(try fields.elements(of: field).map { try json($0, shape) }.sorted { Self.bytes($0).lexicographicallyPrecedes(Self.bytes($1)) })
    case .map(let shape)? where cells.allSatisfy { if case .key = $0.address.place { true } else { false } }:
      return .object(JSONObject(try fields.entries(of: field).map { ($0.key.string, try json($0.value, shape)) }))
    default:
      if let value = fields[field] { return json(unknown: value) }
      let elements = fields.elements(of: field)
      if !elements.isEmpty { return .object(JSONObject([("$set", .array(elements.map(json(unknown:))))])) }
      return .object(JSONObject([("$map", .object(JSONObject(fields.entries(of: field).map { ($0.key.string, json(unknown: $0.value)) })))]))
    }
  }

  private static func bytes(_ json: JSON) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(json, sortingKeys: true)
    return writer.bytes
  }

  private func json(_ value: Value, _ shape: Shape) throws -> JSON {
    switch (shape, value) {
    case (.string, .string(let string)), (.date, .string(let string)), (.choice, .string(let string)):
      return .string(string.string)
    case (.integer, .integer(let number)):
      return .integer(number)
    case (.flag, .bool(let flag)):
      return .bool(flag)
    case (.reference(let type), .reference(let reference)) where reference.type == type.name:
      return .string(UUIDText.string(reference.id))
    case (.textHash, .text(let hash)):
      return .string(hash.description)
    case (.content, .text(let hash)):
      guard let text = try text(hash) else { return json(unknown: value) }
      return .string(text.string)
    case (.list(let shape), .list(let values)):
      return .array(try values.map { try json($0, shape) })
    case (.record(let known), .record(let record)), (.oneOf(let known), .record(let record)):
      var members = try record.members.compactMap { member -> (key: ExactString, value: JSON)? in
        guard let schema = known.first(where: { $0.name == member.name }) else {
          return shape.isAnchor && Anchor.derivedMembers.contains(member.name) ? nil : (member.name, json(unknown: member.value))
        }
        return member.value == schema.standard ? nil : (member.name, try json(member.value, schema.shape))
      }
      if shape.isAnchor { members += try words(of: record) }
      return .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key.string, $0.value) }))
    default:
      return json(unknown: value)
    }
  }

  /// What stands at an anchor, and 32 scalars before and after it.
  private func words(of record: Record) throws -> [(key: ExactString, value: JSON)] {
    guard let anchor = Anchor(.record(record)), let text = try text(anchor.textHash), let exact = try? text.exact(anchor) else { return [] }
    return [("exact", .string(exact)), ("prefix", .string(try text.prefix(of: anchor))), ("suffix", .string(try text.suffix(of: anchor)))]
  }

  /// A record that looks like one of the other forms is wrapped, so that it comes back as it went.
  private func json(unknown record: Record) -> JSON {
    let object = JSON.object(JSONObject(record.members.map { ($0.name.string, json(unknown: $0.value)) }))
    let isAmbiguous = record.members.count == 1 && record.members[0].name.string.utf8.first == UInt8(ascii: "$")
    return isAmbiguous ? .object(JSONObject([("$record", object)])) : object
  }

  private func json(unknown value: Value) -> JSON {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .string(let string): .string(string.string)
    case .bytes(let bytes): .object(JSONObject([("$bytes", .string(Base64.string(bytes)))]))
    case .reference(let reference): .object(JSONObject([("$ref", .string(reference.description))]))
    case .text(let hash): .object(JSONObject([("$text", .string(hash.description))]))
    case .list(let values): .array(values.map(json(unknown:)))
    case .record(let record): json(unknown: record)
    }
  }
}
