import DictaModels
import DictaTestSupport

@testable import DictaSync

/// A frame, so that a test can write it wrongly.
struct RawFrame {
  var kind: UInt8
  var payload: [UInt8]

  /// What is announced, if it isn't what follows.
  var length: UInt32?

  /// Nil for the right one.
  var checksum: UInt32?

  static let compressed: UInt8 = 0x40
  static let more: UInt8 = 0x80

  init(_ kind: MessageKind, _ payload: [UInt8], bits: UInt8 = 0, length: UInt32? = nil, checksum: UInt32? = nil) {
    self.init(kind.rawValue | bits, payload, length: length, checksum: checksum)
  }

  init(_ kind: UInt8, _ payload: [UInt8], length: UInt32? = nil, checksum: UInt32? = nil) {
    (self.kind, self.payload, self.length, self.checksum) = (kind, payload, length, checksum)
  }

  var header: [UInt8] { (length ?? UInt32(payload.count)).bigEndianBytes + [kind] }

  /// Computed without zlib.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  var bytes: [UInt8] { header + (checksum ?? Self.crc32(header + payload)).bigEndianBytes + payload }
}

/// A stream of frames with its preface.
func stream(_ frames: RawFrame...) -> [UInt8] {
  Frame.preface + frames.flatMap(\.bytes)
}

/// Where a stream that was read to its end broke off.
struct CutStream: Error {}

extension FrameReader {
  /// All messages of a whole stream.
  ///
  /// - Parameter portionByteCount: of the portions in which it comes.
  static func messages(
    of stream: [UInt8], allowsCompression: Bool = true, portionByteCount: Int = .max
  ) throws -> [Message] {
    var reader = FrameReader(allowsCompression: allowsCompression)
    var messages: [Message] = []
    var rest = stream[...]
    while !rest.isEmpty {
      reader.append(rest.prefix(portionByteCount))
      rest = rest.dropFirst(portionByteCount)
      while let message = try reader.next() { messages.append(message) }
    }
    guard reader.isAtBoundary else { throw CutStream() }
    return messages
  }
}
