// How a body stands in its row of the log, as long as it is in no pack: as its writer encoded it, or compressed by itself.

import DictaModels

/// A compressed body begins with its size, which takes more than seven bits; a body as it was encoded begins with the tag of its table.
enum StoredBody {
  /// A row of between a third of a page and a whole one leaves the rest of its page empty, for the next one doesn't fit there. Compressed, two
  /// or three do. Larger ones go on on other pages and leave less.
  private static let byteCounts = 1_300...12_000

  /// What is kept of a body.
  static func bytes(of body: [UInt8]) -> [UInt8] {
    guard byteCounts.contains(body.count) else { return body }
    let deflated = body.withUnsafeBufferPointer(Compression.deflateFast)
    guard deflated.count < body.count / 4 * 3 else { return body }
    var writer = ByteWriter()
    writer.varint(UInt64(body.count))
    writer.raw(deflated)
    return writer.bytes
  }

  static func body(from bytes: [UInt8]) throws(MalformedBytes) -> [UInt8] {
    guard isCompressed(bytes) else { return bytes }
    var reader = ByteReader(bytes)
    let byteCount = try byteCount(&reader)
    let body = try Compression.inflate(Array(reader.slice), byteLimit: byteCount)
    guard body.count == byteCount else { throw MalformedBytes(offset: 0, reason: "a body isn't as long as it says") }
    return body
  }

  /// How long a compressed body is, by its first four bytes.
  static func byteCount(beginning bytes: [UInt8]) throws(MalformedBytes) -> Int {
    var reader = ByteReader(bytes)
    return try byteCount(&reader)
  }

  private static func byteCount(_ reader: inout ByteReader) throws(MalformedBytes) -> Int {
    try reader.count(below: Body.byteLimit + 1, "a size of")
  }

  private static func isCompressed(_ bytes: [UInt8]) -> Bool { (bytes.first ?? 0) >= 0x80 }

  /// The same in SQL.
  static let isCompressedInSQL = "substr(body, 1, 1) >= x'80'"
}
