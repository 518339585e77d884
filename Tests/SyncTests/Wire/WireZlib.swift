// zlib streams made by hand: zlib's own differ between its versions, and vectors must not.

enum WireZlib {
  /// A stream of one block that isn't compressed.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let length = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
    return [0x78, 0x01, 0x01] + length + length.map { ~$0 } + bytes + adler32(bytes)
  }

  /// A stream that says which dictionary it needs: the checksum of nothing.
  static let withDictionary: [UInt8] = [0x78, 0x20, 0, 0, 0, 1, 0x03, 0x00, 0, 0, 0, 1]

  private static func adler32(_ bytes: [UInt8]) -> [UInt8] {
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return [UInt8(high >> 8), UInt8(high & 255), UInt8(low >> 8), UInt8(low & 255)]
  }
}
