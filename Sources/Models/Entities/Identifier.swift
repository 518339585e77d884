import Crypto

/// The id of an entity of one type, so that a quote's can't be passed for a speaker's: sixteen bytes, a UUID.
///
/// New ones are UUIDv7, which sort by time. Articles and stances derive theirs, so that the same thing added on two machines is one thing.
public struct Identifier<Subject: Entity>: Hashable, Sendable {
  public let bytes: Bytes16

  public init(_ bytes: Bytes16) {
    self.bytes = bytes
  }

  /// Nil unless it is a UUID in its usual spelling.
  public init?(_ string: some StringProtocol) {
    guard let bytes = UUIDText.bytes(string) else { return nil }
    self.bytes = bytes
  }

  public var reference: Reference {
    Reference(type: Subject.type.name, id: bytes)
  }
}

extension Identifier: Comparable, CustomStringConvertible, Codable {
  public static func < (left: Self, right: Self) -> Bool {
    left.bytes < right.bytes
  }

  public var description: String { UUIDText.string(bytes) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let id = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "an id is a UUID")
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Ids made from chance and time, and ids derived from what a thing is.
public enum IDs {
  /// A UUIDv7 of a time in milliseconds since 1970 and 80 bits, of which six are lost to the UUID's version and variant.
  public static func timeOrdered(milliseconds: UInt64, random: (UInt16, UInt64)) -> Bytes16 {
    let high = (milliseconds & 0xffff_ffff_ffff) << 16 | 0x7000 | UInt64(random.0 & 0x0fff)
    let low = 0x8000_0000_0000_0000 | random.1 & 0x3fff_ffff_ffff_ffff
    return Bytes16(high: high, low: low)
  }

  /// A UUIDv8 of the parts' hash.
  ///
  /// - Parameter kind: what the parts are, so that no two kinds of thing share an id.
  public static func derived(_ kind: String, from parts: [[UInt8]]) -> Bytes16 {
    var hash = TaggedHash(.id)
    hash.addWithLength(Array(kind.utf8)[...])
    for part in parts { hash.addWithLength(part[...]) }
    let full = hash.finish()
    let high = full.first & 0xffff_ffff_ffff_0fff | 0x8000
    let low = full.second & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    return Bytes16(high: high, low: low)
  }
}
