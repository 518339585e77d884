/// What a value refers to: an entity, by the name of its type and its id.
///
/// References are recognisable inside any value, so a version that doesn't know a field still sees what it refers to.
public struct Reference: Hashable, Sendable {
  public let type: ExactString
  public let id: Bytes16

  public init(type: ExactString, id: Bytes16) {
    self.type = type
    self.id = id
  }

  public static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.type == right.type }

  /// The ids alone tell nearly all apart; but whoever means harm can give one id to thousands of types.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(type)
  }
}

extension Reference: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    left.type == right.type ? left.id < right.id : left.type < right.type
  }
}

extension Reference: CustomStringConvertible {
  /// `speaker/0198c2f4-…`
  public var description: String { "\(type)/\(UUIDText.string(id))" }
}

/// Which corpus an archive belongs to: a UUID. Archives of different corpora refuse to sync.
public struct CorpusID: Hashable, Sendable, CustomStringConvertible {
  package let raw: Bytes16

  package init(raw: Bytes16) {
    self.raw = raw
  }

  /// Nil unless there are 16 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes16(bytes) else { return nil }
    self.raw = raw
  }

  /// Nil unless it is a UUID in its usual spelling.
  public init?(_ string: some StringProtocol) {
    guard let raw = UUIDText.bytes(string) else { return nil }
    self.raw = raw
  }

  public var bytes: [UInt8] { raw.array }
  public var description: String { UUIDText.string(raw) }
}

extension CorpusID: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let corpus = CorpusID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is no UUID")
    }
    self = corpus
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// The spelling of UUIDs: lower-case hexadecimal, 8-4-4-4-12.
public enum UUIDText {
  public static func string(_ bytes: Bytes16) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.array.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      Hex.append(byte, to: &text)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil unless it is spelled 8-4-4-4-12; upper case is taken too.
  public static func bytes(_ string: some StringProtocol) -> Bytes16? {
    guard string.utf8.count == 36 else { return nil }
    var words: (high: UInt64, low: UInt64) = (0, 0)
    var digits = 0
    for (index, character) in string.utf8.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = Hex.digit(character) else { return nil }
      if digits < 16 { words.high = words.high << 4 | UInt64(digit) } else { words.low = words.low << 4 | UInt64(digit) }
      digits += 1
    }
    return Bytes16(high: words.high, low: words.low)
  }
}
