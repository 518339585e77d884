import DictaModels

/// Cuts messages into frames.
///
/// ```swift
/// try write(Frame.preface + FrameWriter().frames(of: .hello(hello)))
/// ```
public struct FrameWriter: Sendable {
  /// Whether messages are compressed where that makes them smaller: only once the peer's HELLO allows it, or in a bundle.
  public var compresses: Bool

  /// From 1, fast, to 9, small.
  public var compressionLevel: Int

  /// How much goes into one frame.
  package var payloadByteLimit = Frame.payloadByteLimit

  /// The least content that is worth the time to compress it.
  package static let leastCompressedByteCount = 200

  public init(compresses: Bool = false, compressionLevel: Int = 6) {
    self.compresses = compresses
    self.compressionLevel = compressionLevel
  }

  /// All frames of a message.
  ///
  /// - Precondition: The message keeps its limits: its content takes at most ``MessageKind/contentByteLimit`` bytes.
  /// - Complexity: O(*bytes*).
  public func frames(of message: Message) -> [UInt8] {
    let (kind, content) = (message.kind, message.content)
    precondition(content.count <= kind.contentByteLimit, "\(kind) of \(content.count) bytes is too large to be sent")
    let deflated = deflated(content, kind)
    return frames(kind, payload: deflated ?? content, isCompressed: deflated != nil)
  }

  /// Nil where it isn't allowed or doesn't help.
  private func deflated(_ content: [UInt8], _ kind: MessageKind) -> [UInt8]? {
    guard compresses, kind.isCompressible, content.count >= Self.leastCompressedByteCount else { return nil }
    let deflated = Compression.deflate(content, level: Int32(compressionLevel))
    return deflated.count < content.count ? deflated : nil
  }

  /// - Parameter payload: the content of the message or its compressed form, to be cut.
  package func frames(_ kind: MessageKind, payload: [UInt8], isCompressed: Bool) -> [UInt8] {
    var frames: [UInt8] = []
    let headerByteCount = FrameHeader.byteCount + FrameHeader.checksumByteCount
    frames.reserveCapacity(payload.count + (payload.count / payloadByteLimit + 1) * headerByteCount)
    var rest = payload[...]
    // A message without content is one frame without payload.
    repeat {
      let part = rest.prefix(payloadByteLimit)
      rest = rest.dropFirst(payloadByteLimit)
      let header = FrameHeader(payloadByteCount: part.count, kind: kind, isCompressed: isCompressed, isLast: rest.isEmpty)
      frames += header.bytes
      frames += Checksum(of: header.bytes, part).value.bigEndianBytes
      frames += part
    } while !rest.isEmpty
    return frames
  }
}
