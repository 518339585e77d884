/// Where bytes that claim to be UTF-8 stop being it.
///
/// `String(validating:as:)` only says that something is wrong somewhere; whoever has to repair a file needs the place.
enum UTF8Check {
  /// The offset of the first byte that begins no well-formed scalar, nil where all is well.
  ///
  /// Well-formed is what Unicode's table 3-7 says: shortest forms only, no surrogates, nothing above U+10FFFF.
  static func firstInvalidOffset(in bytes: ArraySlice<UInt8>) -> Int? {
    var offset = bytes.startIndex
    while offset < bytes.endIndex {
      if bytes[offset] < 0x80 {
        offset += 1
        continue
      }
      guard let (length, second) = shape(ofLead: bytes[offset]) else { return offset - bytes.startIndex }
      guard offset + length <= bytes.endIndex, second.contains(bytes[offset + 1]) else { return offset - bytes.startIndex }
      for index in (offset + 2)..<max(offset + length, offset + 2) where bytes[index] & 0xC0 != 0x80 {
        return offset - bytes.startIndex
      }
      offset += length
    }
    return nil
  }

  /// How many bytes a scalar beginning with `lead` has, and what its second byte may be.
  private static func shape(ofLead lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
    switch lead {
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xE1...0xEF: (3, 0x80...0xBF)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: nil
    }
  }
}

extension UInt8 {
  /// Whether a UTF-8 byte goes on with a scalar that an earlier byte began.
  var isUTF8Continuation: Bool { self & 0xC0 == 0x80 }
}
