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

/// The spelling of UUIDs: lower-case hexadecimal, 8-4-4-4-12.
public enum UUIDText {
  public static func string(_ bytes: Bytes16) -> String {
    let hex = Array(Hex.string(bytes.array).utf8)
    let parts = [hex[0..<8], hex[8..<12], hex[12..<16], hex[16..<20], hex[20..<32]]
    return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
  }

  /// Nil unless it is spelled 8-4-4-4-12; upper case is taken too.
  public static func bytes(_ string: some StringProtocol) -> Bytes16? {
    let parts = string.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], let bytes = Hex.bytes(parts.joined()) else { return nil }
    return Bytes16(bytes)
  }
}
