// The few shapes of Protocol Buffers' encoding that the format uses (varints and length-delimited fields), read strictly: shortest
// varints, sizes checked before anything is allocated, every byte accounted for.

/// What is wrong with bytes that came from outside.
public struct MalformedBytes: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the bytes given, counted from 0.
  public let offset: Int
  public let reason: String

  package init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  public var description: String { "at byte \(offset): \(reason)" }
}

/// Appends fields to bytes.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  static func varintByteCount(_ value: UInt64) -> Int {
    max(1, (70 - value.leadingZeroBitCount) / 7)
  }

  package mutating func field(_ number: Int, varint value: UInt64) {
    bytes.append(UInt8(number << 3))
    varint(value)
  }

  package mutating func field(_ number: Int, bytes value: some Collection<UInt8>) {
    bytes.append(UInt8(number << 3 | 2))
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func field(_ number: Int, bytes value: Bytes16) {
    bytes.append(UInt8(number << 3 | 2))
    bytes.append(16)
    value.withBytes { bytes.append(contentsOf: $0) }
  }

  package mutating func field(_ number: Int, string value: String) {
    var value = value
    value.withUTF8 { field(number, bytes: $0) }
  }

  package mutating func raw(_ value: some Collection<UInt8>) {
    bytes.append(contentsOf: value)
  }

  /// A field whose length is known only once its content is written.
  package mutating func field(_ number: Int, message content: (inout ByteWriter) -> Void) {
    bytes.append(UInt8(number << 3 | 2))
    let start = bytes.count
    bytes.append(0)
    content(&self)
    let length = bytes.count - start - 1
    if length < 128 {
      bytes[start] = UInt8(length)
    } else {
      // Contents longer than 127 bytes are rare enough to be moved for the rest of their length.
      var prefix = ByteWriter()
      prefix.varint(UInt64(length))
      bytes.replaceSubrange(start...start, with: prefix.bytes)
    }
  }

  /// Whole numbers one after the other in one field; nothing at all for none.
  package mutating func field(_ number: Int, packed values: [UInt64]) {
    guard !values.isEmpty else { return }
    field(number) { writer in for value in values { writer.varint(value) } }
  }
}

/// Reads fields from bytes.
package struct ByteReader {
  private let bytes: [UInt8]
  package private(set) var position: Int
  package let end: Int

  package init(_ bytes: [UInt8]) {
    self.init(bytes[...])
  }

  package init(_ slice: ArraySlice<UInt8>) {
    bytes = Array(slice)
    (position, end) = (0, bytes.count)
  }

  private init(bytes: [UInt8], position: Int, end: Int) {
    (self.bytes, self.position, self.end) = (bytes, position, end)
  }

  package var isAtEnd: Bool { position == end }
  package var remaining: Int { end - position }

  package func malformed(_ reason: String) -> MalformedBytes {
    MalformedBytes(offset: position, reason: reason)
  }

  package mutating func varint() throws(MalformedBytes) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end else { throw malformed("a number is cut off") }
      let byte = bytes[position]
      if shift == 63, byte > 1 { throw malformed("a number is larger than 64 bits") }
      if byte == 0, shift > 0 { throw malformed("a number is longer than it needs to be") }
      position += 1
      result |= UInt64(byte & 127) << shift
      if byte < 128 { return result }
      shift += 7
    }
  }

  /// A varint that counts something in memory.
  package mutating func count(below limit: Int, _ what: String) throws(MalformedBytes) -> Int {
    let start = position
    let value = try varint()
    guard value < UInt64(limit) else { throw MalformedBytes(offset: start, reason: "\(what) \(value) is not below \(limit)") }
    return Int(value)
  }

  /// The next field's number and whether it is length-delimited; nil at the end.
  package mutating func next() throws(MalformedBytes) -> (number: Int, isDelimited: Bool)? {
    guard position < end else { return nil }
    let tag = bytes[position]
    guard tag < 128, tag & 7 == 0 || tag & 7 == 2, tag >> 3 > 0 else { throw malformed("there is no field with tag \(tag)") }
    position += 1
    return (Int(tag >> 3), tag & 7 == 2)
  }

  /// The content of a length-delimited field, to be read in place.
  package mutating func message() throws(MalformedBytes) -> ByteReader {
    let length = try count(below: end - position + 1, "a length of")
    guard length <= end - position else { throw malformed("\(length) bytes are announced and \(end - position) are there") }
    let inner = ByteReader(bytes: bytes, position: position, end: position + length)
    position += length
    return inner
  }

  /// The bytes not read yet.
  package var slice: ArraySlice<UInt8> { bytes[position..<end] }

  package mutating func delimited() throws(MalformedBytes) -> ArraySlice<UInt8> {
    try message().slice
  }

  package mutating func string() throws(MalformedBytes) -> String {
    let start = position
    let slice = try delimited()
    guard let string = String(validating: slice, as: UTF8.self) else { throw MalformedBytes(offset: start, reason: "a string is not UTF-8") }
    return string
  }

  package mutating func bytes16() throws(MalformedBytes) -> Bytes16 {
    let start = position
    guard let value = Bytes16(try delimited()) else { throw MalformedBytes(offset: start, reason: "16 bytes are needed here") }
    return value
  }

  package mutating func bytes32() throws(MalformedBytes) -> Bytes32 {
    let start = position
    guard let value = Bytes32(try delimited()) else { throw MalformedBytes(offset: start, reason: "32 bytes are needed here") }
    return value
  }

  package mutating func packed() throws(MalformedBytes) -> [UInt64] {
    var inner = try message()
    guard !inner.isAtEnd else { throw malformed("an empty row of numbers must be left out") }
    var values: [UInt64] = []
    while !inner.isAtEnd { values.append(try inner.varint()) }
    return values
  }
}

/// Keeps the fields of a message in ascending order of their numbers, which makes the encoding of a meaning the only one.
package struct FieldOrder {
  private var last = 0

  package init() {}

  /// - Parameter repeats: whether the field may stand several times.
  package mutating func take(_ number: Int, repeats: Bool = false, in reader: ByteReader) throws(MalformedBytes) {
    guard number > last || (repeats && number == last) else { throw reader.malformed("field \(number) is out of order or there twice") }
    last = number
  }
}
