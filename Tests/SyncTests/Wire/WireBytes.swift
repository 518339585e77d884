import DictaModels

// Bytes written field by field, so that a test can leave a field out, or write it wrongly.

/// A varint field.
func field(_ number: Int, _ value: UInt64) -> [UInt8] {
  var writer = ByteWriter()
  writer.field(number, varint: value)
  return writer.bytes
}

/// A length-delimited field.
func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
  var writer = ByteWriter()
  writer.field(number, bytes: bytes)
  return writer.bytes
}

/// So many bytes that look like nothing in particular.
func filler(_ count: Int, from first: UInt8 = 0x10) -> [UInt8] {
  (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
}

/// The parts of a HELLO in their order.
enum HelloFields {
  static let oldest = field(1, 1)
  static let newest = field(2, 1)
  static let corpus = field(3, filler(16, from: 0xC0))
  static let heads = field(5, filler(32, from: 0x40))
  static let nonce = field(6, filler(16, from: 0x80))
  static let start = oldest + newest + corpus
  static let least = start + heads + nonce
}

/// The parts of a segment in their order.
enum SegmentFields {
  static let origin = field(1, filler(16, from: 0xA0))
  static let second = field(2, 2)
  static let previous = field(3, filler(32, from: 0x60))
  static let change = field(4, field(1, [0x28, 0x05]) + field(2, CodingSamples.body))
  static let signature = field(5, filler(64))
  static let least = origin + second + previous + change + signature
}
