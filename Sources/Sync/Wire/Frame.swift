// How messages travel: in frames over a stream of bytes, or in a file. `FrameWriter` cuts, `FrameReader` puts together.

import DictaModels

/// What holds for every stream of frames.
public enum Frame {
  /// The bytes that every stream begins with: they show what it is, and that nothing on the way strips bits or converts line ends.
  public static let preface: [UInt8] = [0x89, 0x64, 0x69, 0x63, 0x74, 0x61, 0x0D, 0x0A]

  /// The most bytes that one frame carries.
  public static let payloadByteLimit = 1 << 20
}

/// What stands before a frame's payload, without the checksum of both.
struct FrameHeader: Hashable, Sendable {
  /// Of the header without the checksum.
  static let byteCount = 5

  static let checksumByteCount = 4

  let payloadByteCount: Int
  let kind: MessageKind

  /// Whether the message's content travels compressed. The same for all frames of a message.
  let isCompressed: Bool

  /// Whether no more frames of the same message follow.
  let isLast: Bool

  init(payloadByteCount: Int, kind: MessageKind, isCompressed: Bool, isLast: Bool) {
    self.payloadByteCount = payloadByteCount
    self.kind = kind
    self.isCompressed = isCompressed
    self.isLast = isLast
  }
}

extension FrameHeader {
  private static let kindBits: UInt8 = 0b0000_1111
  private static let compressedBit: UInt8 = 0b0100_0000
  private static let moreBit: UInt8 = 0b1000_0000
  private static let unusedBits: UInt8 = 0b0011_0000

  var bytes: [UInt8] {
    UInt32(payloadByteCount).bigEndianBytes
      + [kind.rawValue | (isCompressed ? Self.compressedBit : 0) | (isLast ? 0 : Self.moreBit)]
  }

  /// Checks what can be said of a frame by itself.
  ///
  /// - Parameters:
  ///   - bytes: ``byteCount`` of them.
  ///   - offset: where they stand, for errors.
  init(bytes: ArraySlice<UInt8>, at offset: Int) throws(MalformedBytes) {
    precondition(bytes.count == Self.byteCount, "a frame's header is not \(bytes.count) bytes")
    let byteCount = Int(UInt32(bigEndianBytes: bytes.prefix(4)))
    let bits = bytes[bytes.endIndex - 1]
    guard byteCount <= Frame.payloadByteLimit else {
      throw MalformedBytes(offset: offset, reason: "a frame announces \(byteCount) bytes; it takes at most \(Frame.payloadByteLimit)")
    }
    guard bits & Self.unusedBits == 0, let kind = MessageKind(rawValue: bits & Self.kindBits) else {
      throw MalformedBytes(offset: offset, reason: "there is no frame of kind \(bits)")
    }
    self.init(
      payloadByteCount: byteCount, kind: kind, isCompressed: bits & Self.compressedBit != 0, isLast: bits & Self.moreBit == 0)
    guard isLast || byteCount > 0 else {
      throw MalformedBytes(offset: offset, reason: "a frame of \(kind) is empty, and more of the message follow")
    }
    guard !isCompressed || kind.isCompressible else { throw MalformedBytes(offset: offset, reason: "\(kind) is never compressed") }
  }
}

extension UInt32 {
  var bigEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) }
  }

  init(bigEndianBytes bytes: ArraySlice<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
