import Foundation

/// A string that equals another only if their UTF-8 bytes are equal.
///
/// Swift's own `==` is canonical equivalence: it takes "é" and "e" followed by a combining acute accent for the same. Words that were
/// printed differently are different evidence, so whatever Dicta compares, hashes or sorts is compared by its bytes.
public struct ExactString: Hashable, Sendable {
  public let string: String

  public init(_ string: String) {
    self.string = string
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.string.utf8.count == right.string.utf8.count && compare(left, right) == 0
  }

  /// Below zero, zero or above it, as the bytes of the first come before, are, or come behind those of the second.
  static func compare(_ left: Self, _ right: Self) -> Int {
    var (left, right) = (left.string, right.string)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return left.count - right.count }
        let order = memcmp(first, second, min(left.count, right.count))
        return order == 0 ? left.count - right.count : Int(order)
      }
    }
  }

  public func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension ExactString: Comparable {
  /// The order of the UTF-8 bytes.
  public static func < (left: Self, right: Self) -> Bool { compare(left, right) < 0 }
}

extension ExactString: ExpressibleByStringLiteral, CustomStringConvertible, Codable {
  public init(stringLiteral value: String) {
    self.init(value)
  }

  public var description: String { string }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(string)
  }
}

extension String {
  /// Whether two strings are the same bytes, which `==` doesn't tell.
  package func isExactly(_ other: String) -> Bool {
    ExactString(self) == ExactString(other)
  }
}
