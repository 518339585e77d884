// Every rule about which frame may follow which is in this file, and this file doesn't know which message may follow which.

import DictaModels

/// Puts messages together from the bytes of a stream, in whatever portions they come.
///
/// ```swift
/// var reader = FrameReader()
/// while let portion = try await receive() {
///   reader.append(portion)
///   while let message = try reader.next() { … }
/// }
/// guard reader.isAtBoundary else { … }  // the stream was cut
/// ```
///
/// Used like this it holds no more than the last portion, and of one message what has come of it. Every byte is moved a constant number of
/// times, however small or large the portions are.
public struct FrameReader: Sendable {
  /// Whether messages that begin from now on may be compressed: after the HELLO that allowed it was sent, and in bundles.
  public var allowsCompression: Bool

  /// Bytes that came, those up to ``position`` read already.
  private var portion: [UInt8] = []
  private var position = 0

  /// How many bytes came before those in ``portion``.
  private var droppedByteCount = 0

  private var hasPreface = false

  /// The first frame of the message that is being read.
  private var first: FrameHeader?

  /// Where the message begins in the stream.
  private var messageOffset = 0

  /// What came of the payloads of the message.
  private var payload: [UInt8] = []

  private var frame: OpenFrame?
  private var failure: MalformedBytes?

  /// A frame whose payload is being read.
  private struct OpenFrame {
    let header: FrameHeader
    let offset: Int
    let announcedChecksum: UInt32
    var checksum: Checksum
    var missingByteCount: Int
  }

  public init(allowsCompression: Bool = false) {
    self.allowsCompression = allowsCompression
  }

  /// Whether the stream may end here: it has begun, and no message has begun in it that isn't whole.
  ///
  /// It says nothing before all messages that came were taken with ``next()``.
  public var isAtBoundary: Bool {
    hasPreface && first == nil && position == portion.count && failure == nil
  }

  /// What the bytes behind the last message begin; nil if too few have come to tell, or it can't be one.
  var nextKind: MessageKind? {
    guard first == nil, frame == nil, portion.count - position >= FrameHeader.byteCount else { return nil }
    return try? FrameHeader(bytes: portion[position..<position + FrameHeader.byteCount], at: offset).kind
  }

  /// Takes the next bytes of the stream.
  public mutating func append(_ bytes: some Collection<UInt8>) {
    guard failure == nil else { return }
    // What is read is dropped as soon as it is at least half, so that dropping costs no more than reading did.
    if position > 0, position >= portion.count - position {
      droppedByteCount += position
      portion.removeFirst(position)
      position = 0
    }
    // Nothing is moved where nothing is left.
    if portion.isEmpty { portion = Array(bytes) } else { portion.append(contentsOf: bytes) }
  }

  /// The next message; nil if it hasn't come as a whole.
  ///
  /// - Throws: as soon as what came can't be the beginning of a message; then the same each time.
  public mutating func next() throws(MalformedBytes) -> Message? {
    if let failure { throw failure }
    do {
      return try readMessage()
    } catch {
      failure = error
      (portion, position, payload) = ([], 0, [])
      throw error
    }
  }

  private mutating func readMessage() throws(MalformedBytes) -> Message? {
    guard try readPreface() else { return nil }
    while true {
      guard try readHeader(), let header = try readPayload() else { return nil }
      if header.isLast { return try finishMessage(header) }
    }
  }

  // MARK: - The parts of a stream

  private var offset: Int { droppedByteCount + position }

  /// - Returns: whether it has come.
  private mutating func readPreface() throws(MalformedBytes) -> Bool {
    guard !hasPreface else { return true }
    guard portion.starts(with: Frame.preface.prefix(portion.count)) else {
      throw MalformedBytes(offset: 0, reason: "these are not Dicta's bytes: \(Self.describe(portion))")
    }
    guard portion.count >= Frame.preface.count else { return false }
    position = Frame.preface.count
    hasPreface = true
    return true
  }

  /// Enough of what came instead of a stream to recognise a shell's greeting or another protocol, harmless on a terminal.
  private static func describe(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix(40).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }
    let areLineEndsConverted = bytes.starts(with: Frame.preface.prefix(6))
    return "\"\(String(decoding: shown, as: UTF8.self))\"" + (areLineEndsConverted ? "; something converts line ends on the way" : "")
  }

  /// - Returns: whether it has come.
  private mutating func readHeader() throws(MalformedBytes) -> Bool {
    guard frame == nil else { return true }
    guard portion.count - position >= FrameHeader.byteCount + FrameHeader.checksumByteCount else { return false }
    let payloadStart = position + FrameHeader.byteCount + FrameHeader.checksumByteCount
    let bytes = portion[position..<position + FrameHeader.byteCount]
    let header = try FrameHeader(bytes: bytes, at: offset)
    try check(header)
    var checksum = Checksum()
    checksum.add(bytes)
    if first == nil {
      first = header
      messageOffset = offset
    }
    frame = OpenFrame(
      header: header, offset: offset,
      announcedChecksum: UInt32(bigEndianBytes: portion[position + FrameHeader.byteCount..<payloadStart]), checksum: checksum,
      missingByteCount: header.payloadByteCount)
    position = payloadStart
    return true
  }

  /// Whether a frame may stand here, before its payload has come.
  private func check(_ header: FrameHeader) throws(MalformedBytes) {
    func malformed(_ reason: String) -> MalformedBytes { MalformedBytes(offset: offset, reason: reason) }
    if let first {
      guard header.kind == first.kind else { throw malformed("a frame of \(header.kind) stands within the frames of \(first.kind)") }
      guard header.isCompressed == first.isCompressed else { throw malformed("only some frames of \(first.kind) are compressed") }
    } else if header.isCompressed {
      guard allowsCompression else { throw malformed("\(header.kind) is compressed, which wasn't allowed") }
    }
    guard header.payloadByteCount <= header.kind.contentByteLimit - payload.count else {
      throw malformed("the frames of \(header.kind) take more than \(header.kind.contentByteLimit) bytes")
    }
  }

  /// - Returns: the header of a frame that has come as a whole.
  private mutating func readPayload() throws(MalformedBytes) -> FrameHeader? {
    guard var frame else { return nil }
    let end = position + min(frame.missingByteCount, portion.count - position)
    if !frame.header.isLast, payload.isEmpty { payload.reserveCapacity(min(portion.count - position, frame.header.kind.contentByteLimit)) }
    payload.append(contentsOf: portion[position..<end])
    frame.checksum.add(portion[position..<end])
    frame.missingByteCount -= end - position
    position = end
    self.frame = frame
    guard frame.missingByteCount == 0 else { return nil }
    guard frame.checksum.value == frame.announcedChecksum else {
      throw MalformedBytes(offset: frame.offset, reason: "a frame's checksum is wrong: the line changed bytes")
    }
    self.frame = nil
    return frame.header
  }

  private mutating func finishMessage(_ header: FrameHeader) throws(MalformedBytes) -> Message {
    var content = payload
    (payload, first) = ([], nil)
    do {
      if header.isCompressed { content = try Compression.inflate(content, byteLimit: header.kind.contentByteLimit) }
      return try Message(kind: header.kind, content: content)
    } catch {
      throw MalformedBytes(offset: messageOffset, reason: "\(header.kind) is malformed \(error)")
    }
  }
}
