// What must hold of any bytes that a peer sends: they are read the same in whatever portions they come, and what is accepted can be
// written and read again.

@testable import DictaModels
@testable import DictaSync

enum FrameProperties {
  /// The bits of an input's first byte.
  enum Option {
    static let allowsCompression: UInt8 = 1
    /// The other bytes are fields, and frames are made of them: so lengths and checksums are right, and what frames hold is read.
    static let isMended: UInt8 = 2
    /// Payloads that say they are compressed get compressed first.
    static let isDeflated: UInt8 = 4
    /// The other bytes are the content of one message, whose kind the second byte names.
    static let isContent: UInt8 = 8
    static let writesCompressed: UInt8 = 16
  }

  static func check(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let (options, choice) = (input.byte(), input.byte())
    let allowsCompression = options & Option.allowsCompression != 0
    if options & Option.isContent != 0 {
      guard let kind = MessageKind(rawValue: choice & 15) else { return }
      return try check(kind, content: Array(input.rest), choice: choice, compresses: options & Option.writesCompressed != 0)
    }
    let isMended = options & Option.isMended != 0
    let stream = isMended ? Frame.preface + mended(input.rest, deflates: options & Option.isDeflated != 0) : Array(input.rest)
    let whole = try read(stream, allowsCompression: allowsCompression) { $0.count }
    var state = choice
    let portioned = try read(stream, allowsCompression: allowsCompression) { _ in
      state = state &* 37 &+ 11
      return choice == 0 ? 1 : 1 + Int(state >> (choice & 7))
    }
    try expect(whole == portioned, "in portions these bytes are \(portioned), and at once \(whole)")
    for message in whole.messages { try check(message, choice: choice, compresses: options & Option.writesCompressed != 0) }
    try SessionProperties.check(whole.messages, choice: choice)
  }

  private struct Outcome: Equatable {
    var messages: [Message] = []
    var failureOffset: Int?
    var isAtBoundary = false
  }

  private static func read(_ stream: [UInt8], allowsCompression: Bool, portion: (ArraySlice<UInt8>) -> Int) throws -> Outcome {
    var reader = FrameReader(allowsCompression: allowsCompression)
    var outcome = Outcome()
    var rest = stream[...]
    do {
      while !rest.isEmpty {
        let count = portion(rest)
        reader.append(rest.prefix(count))
        rest = rest.dropFirst(count)
        while let message = try reader.next() { outcome.messages.append(message) }
      }
    } catch {
      outcome.failureOffset = error.offset
      try expect(error.offset <= stream.count, "byte \(error.offset) of \(stream.count) is malformed")
      reader.append(stream)
      do {
        let message = try reader.next()
        throw BrokenProperty("after \(error) comes \(message.map { "\($0)" } ?? "nothing")")
      } catch let second as MalformedBytes {
        try expect(second == error, "\(error) the first time, and then \(second)")
      }
    }
    outcome.isAtBoundary = reader.isAtBoundary
    try expect(outcome.failureOffset == nil || !outcome.isAtBoundary, "a malformed stream is at a boundary")
    return outcome
  }

  // MARK: - Messages

  private static func check(_ kind: MessageKind, content: [UInt8], choice: UInt8, compresses: Bool) throws {
    guard let message = try? Message(kind: kind, content: content) else { return }
    try check(message, choice: choice, compresses: compresses)
    switch message {
    // All that may be lost is what only a later version says.
    case .hello: try expect(content.starts(with: message.content), "\(message) has other bytes, and they aren't a later version's")
    case .refusal(let refusal) where refusal.code == .unable: break
    default: try expect(message.content == content, "\(message) has another encoding")
    }
  }

  static func check(_ message: Message, choice: UInt8, compresses: Bool) throws {
    let content = message.content
    try expect(content.count <= message.kind.contentByteLimit, "\(message.kind) of \(content.count) bytes was accepted")
    let again = try Message(kind: message.kind, content: content)
    try expect(again == message, "\(message) becomes \(again)")
    try expect(again.content == content, "\(message) has two encodings")
    var writer = FrameWriter(compresses: compresses, compressionLevel: 1 + Int(choice & 7))
    if content.count <= 4096 { writer.payloadByteLimit = 1 + Int(choice) }
    var reader = FrameReader(allowsCompression: compresses)
    reader.append(Frame.preface + writer.frames(of: message))
    try expect(try reader.next() == message, "\(message) isn't read back from its frames")
    try expect(reader.isAtBoundary, "something stands behind the frames of \(message.kind)")
  }

  // MARK: - Mending

  /// Frames with the lengths of what is there and the right checksums.
  ///
  /// - Parameter bytes: fields: a delimited one is the payload of a frame of that kind; a number is set in that byte of the next one.
  private static func mended(_ bytes: ArraySlice<UInt8>, deflates: Bool) -> [UInt8] {
    var stream: [UInt8] = []
    var fields = ByteReader(bytes)
    var bits: UInt8 = 0
    while let (number, isDelimited) = try? fields.next() {
      if isDelimited {
        guard var payload = try? fields.delimited() else { break }
        let kind = UInt8(number) | bits
        if deflates, kind & 0x40 != 0 { payload = Compression.deflate(Array(payload))[...] }
        stream += frame(kind, payload)
        bits = 0
      } else {
        guard let number = try? fields.varint() else { break }
        bits = UInt8(truncatingIfNeeded: number)
      }
    }
    // What is left over may be the beginning of a frame.
    return stream + fields.slice.prefix(20)
  }

  /// - Parameter kind: of the message, and what else stands in that byte.
  static func frame(_ kind: UInt8, _ payload: ArraySlice<UInt8>) -> [UInt8] {
    let header = UInt32(payload.count).bigEndianBytes + [kind]
    return header + Checksum(of: header, payload).value.bigEndianBytes + payload
  }
}
