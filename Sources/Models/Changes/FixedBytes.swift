// The fixed-size names that changes are made of: 16 bytes for what is chosen or cut, 32 for what is hashed. Both are kept as words, not
// as arrays, because every look-up of every hot path compares them.

/// Sixteen bytes, ordered as bytes.
public struct Bytes16: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  package static let zero = Bytes16(high: 0, low: 0)

  /// The first eight, as a number that is ordered as they are.
  package var firstHalf: UInt64 { high }

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Nil unless there are exactly sixteen.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    if let found = bytes.withContiguousStorageIfAvailable({ Bytes16(bigEndian: UnsafeRawBufferPointer($0), at: 0) }) {
      self = found
    } else {
      var words = WordReader(bytes)
      self.init(high: words.next(), low: words.next())
    }
  }

  /// Sixteen bytes that are there from an offset on.
  package init(bigEndian bytes: UnsafeRawBufferPointer, at offset: Int) {
    high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
  }

  public var array: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
      raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      count = 16
    }
  }
}

extension Bytes16 {
  /// Without an array of their own.
  package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try withUnsafeBytes(of: (high.bigEndian, low.bigEndian), body)
  }
}

/// Thirty-two bytes, ordered as bytes.
public struct Bytes32: Hashable, Sendable {
  let first: UInt64
  let second: UInt64
  let third: UInt64
  let fourth: UInt64

  package static let zero = Bytes32(0, 0, 0, 0)

  init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
  }

  /// Nil unless there are exactly thirty-two.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    if let found = bytes.withContiguousStorageIfAvailable({ Bytes32(bigEndian: UnsafeRawBufferPointer($0), at: 0) }) {
      self = found
    } else {
      var words = WordReader(bytes)
      self.init(words.next(), words.next(), words.next(), words.next())
    }
  }

  /// Thirty-two bytes that are there from an offset on.
  package init(bigEndian bytes: UnsafeRawBufferPointer, at offset: Int) {
    func word(_ index: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self)) }
    self.init(word(0), word(1), word(2), word(3))
  }

  public var array: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.storeBytes(of: first.bigEndian, toByteOffset: 0, as: UInt64.self)
      raw.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
      raw.storeBytes(of: third.bigEndian, toByteOffset: 16, as: UInt64.self)
      raw.storeBytes(of: fourth.bigEndian, toByteOffset: 24, as: UInt64.self)
      count = 32
    }
  }
}

extension Bytes32 {
  /// They are hashes or keys: no two begin alike.
  public func hash(into hasher: inout Hasher) { hasher.combine(first) }

  /// Without an array of their own.
  package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try withUnsafeBytes(of: (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian), body)
  }
}

extension Bytes16: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension Bytes32: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
  }
}

/// Reads big-endian words from any collection of bytes.
private struct WordReader<Bytes: Collection<UInt8>> {
  var iterator: Bytes.Iterator

  init(_ bytes: Bytes) {
    iterator = bytes.makeIterator()
  }

  mutating func next() -> UInt64 {
    var word: UInt64 = 0
    for _ in 0..<8 { word = word << 8 | UInt64(iterator.next() ?? 0) }
    return word
  }
}

/// Lower-case hexadecimal digits, the way hashes and origins are written everywhere.
public enum Hex {
  public static func string(_ bytes: some Sequence<UInt8>) -> String {
    var result: [UInt8] = []
    for byte in bytes { append(byte, to: &result) }
    return String(decoding: result, as: UTF8.self)
  }

  static func append(_ byte: UInt8, to text: inout [UInt8]) {
    for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")) }
  }

  /// Nil for an odd number of digits or anything but digits; upper case is taken too.
  public static func bytes(_ string: some StringProtocol) -> [UInt8]? {
    var result: [UInt8] = []
    var half: UInt8?
    for character in string.utf8 {
      guard let digit = digit(character) else { return nil }
      if let upper = half {
        result.append(upper << 4 | digit)
        half = nil
      } else {
        half = digit
      }
    }
    return half == nil ? result : nil
  }

  static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
