// The few shapes of Protocol Buffers' encoding that the format uses (varints and length-delimited fields), read strictly: shortest
// varints, sizes checked before anything is allocated, every byte accounted for. `ByteWriter` writes them.

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

/// Reads fields from bytes.
package struct ByteReader {
  @usableFromInline let bytes: [UInt8]
  @usableFromInline var place: Int
  package let end: Int

  package init(_ bytes: [UInt8]) {
    self.init(bytes: bytes, position: 0, end: bytes.count)
  }

  package init(_ slice: ArraySlice<UInt8>) {
    self.init(Array(slice))
  }

  private init(bytes: [UInt8], position: Int, end: Int) {
    (self.bytes, place, self.end) = (bytes, position, end)
  }

  package var position: Int { place }
  package var isAtEnd: Bool { place == end }
  package var remaining: Int { end - place }

  package func malformed(_ reason: String) -> MalformedBytes {
    MalformedBytes(offset: place, reason: reason)
  }

  @inline(__always)
  package mutating func varint() throws(MalformedBytes) -> UInt64 {
    // Nearly all are of one byte.
    if place < end, bytes[place] < 128 {
      defer { place += 1 }
      return UInt64(bytes[place])
    }
    return try longVarint()
  }

  private mutating func longVarint() throws(MalformedBytes) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard place < end else { throw malformed("a number is cut off") }
      let byte = bytes[place]
      if shift == 63, byte > 1 { throw malformed("a number is larger than 64 bits") }
      if byte == 0, shift > 0 { throw malformed("a number is longer than it needs to be") }
      place += 1
      result |= UInt64(byte & 127) << shift
      if byte < 128 { return result }
      shift += 7
    }
  }

  /// A varint that counts something in memory.
  package mutating func count(below limit: Int, _ what: StaticString) throws(MalformedBytes) -> Int {
    let start = place
    let value = try varint()
    guard value < UInt64(limit) else { throw MalformedBytes(offset: start, reason: "\(what) \(value) is not below \(limit)") }
    return Int(value)
  }

  /// The next field's number and whether it is length-delimited; nil at the end.
  package mutating func next() throws(MalformedBytes) -> (number: Int, isDelimited: Bool)? {
    guard place < end else { return nil }
    let tag = bytes[place]
    guard tag < 128, tag & 7 == 0 || tag & 7 == 2, tag >> 3 > 0 else { throw malformed("there is no field with tag \(tag)") }
    place += 1
    return (Int(tag >> 3), tag & 7 == 2)
  }

  /// Where the content of a length-delimited field lies; it is passed over.
  private mutating func content() throws(MalformedBytes) -> Range<Int> {
    let length = try count(below: end - place + 1, "a length of")
    guard length <= end - place else { throw malformed("\(length) bytes are announced and \(end - place) are there") }
    place += length
    return place - length..<place
  }

  /// The content of a length-delimited field, to be read in place.
  package mutating func message() throws(MalformedBytes) -> ByteReader {
    let content = try content()
    return ByteReader(bytes: bytes, position: content.lowerBound, end: content.upperBound)
  }

  /// The bytes not read yet.
  package var slice: ArraySlice<UInt8> { bytes[place..<end] }

  package mutating func delimited() throws(MalformedBytes) -> ArraySlice<UInt8> {
    bytes[try content()]
  }

  package mutating func string() throws(MalformedBytes) -> String {
    let start = place
    let content = try content()
    let string = bytes.withUnsafeBufferPointer { String(validating: UnsafeBufferPointer(rebasing: $0[content]), as: UTF8.self) }
    guard let string else { throw MalformedBytes(offset: start, reason: "a string is not UTF-8") }
    return string
  }

  package mutating func bytes16() throws(MalformedBytes) -> Bytes16 {
    let start = place
    let content = try content()
    guard content.count == 16 else { throw MalformedBytes(offset: start, reason: "16 bytes are needed here") }
    return bytes.withUnsafeBytes { Bytes16(bigEndian: $0, at: content.lowerBound) }
  }

  package mutating func bytes32() throws(MalformedBytes) -> Bytes32 {
    let start = place
    let content = try content()
    guard content.count == 32 else { throw MalformedBytes(offset: start, reason: "32 bytes are needed here") }
    return bytes.withUnsafeBytes { Bytes32(bigEndian: $0, at: content.lowerBound) }
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
