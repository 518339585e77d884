// `JSON` as part of any `Codable` value, in whatever format its coder writes.

extension JSON: Codable {
  /// Numbers that aren't whole, and those beyond 64 bits, are refused. Keys come in the order of their bytes: decoders don't tell theirs.
  public init(from decoder: any Decoder) throws {
    // A decoder says what it holds only by refusing the rest.
    if let container = try? decoder.singleValueContainer() {
      if container.decodeNil() {
        self = .null
        return
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
        return
      } else if let value = try? container.decode(Int64.self) {
        self = .integer(value)
        return
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
        return
      }
    }
    if var container = try? decoder.unkeyedContainer() {
      var elements: [JSON] = []
      while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
      self = .array(elements)
    } else if let container = try? decoder.container(keyedBy: Key.self) {
      var object = JSONObject()
      for key in container.allKeys { object.set(key.stringValue, try container.decode(JSON.self, forKey: key)) }
      self = .object(object.sorted())
    } else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "neither a whole number of 64 bits nor any other JSON value"))
    }
  }

  /// Members are given to the encoder in their order, which it need not keep.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .object(let object):
      var container = encoder.container(keyedBy: Key.self)
      for member in object.members { try container.encode(member.value, forKey: Key(stringValue: member.key)) }
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .integer(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .string(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
      self.stringValue = stringValue
    }

    init?(intValue: Int) {
      return nil
    }
  }
}
