import DictaModels
import DictaSync
import DictaTestSupport
import Testing

/// What messages are as bytes. The rules of single fields are in the vectors; here are those that take many bytes, or all messages.
@Suite struct MessageCodingTests {
  private func changes(_ segment: [UInt8], texts: [[UInt8]] = []) throws -> Message {
    try Message(kind: .changes, content: texts.flatMap { field(1, $0) } + field(2, segment))
  }

  // MARK: - There and back

  @Test(arguments: MessageKind.allCases, 0..<40 as Range<UInt64>)
  func aMessageIsReadAsItWasWritten(kind: MessageKind, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let message = random.message(kind)
    let content = message.content
    #expect(message.kind == kind)
    let read = try Message(kind: kind, content: content)
    #expect(read == message)
    #expect(read.content == content)
  }

  /// What is accepted must be the only encoding of what it says.
  private func expectOneEncoding(_ kind: MessageKind, _ content: [UInt8], _ what: @autoclosure () -> String) {
    guard let message = try? Message(kind: kind, content: content) else { return }
    // Fields that only a later version knows, and its codes, are all that may be lost.
    if case .refusal(let refusal) = message, refusal.code == .unable { return }
    if kind == .hello, message.content.count < content.count { return }
    #expect(message.content == content, "\(what())")
  }

  @Test(arguments: CodingSamples.messages) func aCutMessageIsRefusedOrMeansSomethingElse(message: Message) {
    let content = message.content
    for count in 0..<content.count {
      expectOneEncoding(message.kind, Array(content.prefix(count)), "\(message.kind) cut after \(count) bytes")
    }
  }

  @Test(arguments: CodingSamples.messages) func anAlteredMessageIsRefusedOrMeansSomethingElse(message: Message) {
    let content = message.content
    for index in content.indices {
      for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255, content[index], content[index] ^ 0x7F, content[index] ^ (content[index] &+ 1)] as [UInt8]
      where mask != 0 {
        var altered = content
        altered[index] ^= mask
        expectOneEncoding(message.kind, altered, "\(message.kind) with byte \(index) as \(altered[index])")
        #expect((try? Message(kind: message.kind, content: altered)) != message, "\(message.kind) with byte \(index) as \(altered[index])")
      }
    }
  }

  // MARK: - HELLO and REFUSAL grow

  @Test func fieldsOfALaterHelloAreSkipped() throws {
    let later = field(11, 7) + field(12, [1, 2]) + field(15, [])
    let hello = try Message(kind: .hello, content: HelloFields.least + later)
    #expect(hello == (try Message(kind: .hello, content: HelloFields.least)))
    #expect(hello.content == HelloFields.least)
  }

  @Test func aHelloIsShort() throws {
    let room = MessageKind.hello.contentByteLimit - HelloFields.least.count
    // A tag and a length of three bytes stand before the filler.
    #expect(throws: Never.self) { try Message(kind: .hello, content: HelloFields.least + field(10, filler(room - 4))) }
    #expect(throws: MalformedBytes.self) { try Message(kind: .hello, content: HelloFields.least + field(10, filler(room - 3))) }
  }

  @Test(arguments: [0, 9, 300, .max] as [UInt64]) func anUnknownRefusalIsInability(code: UInt64) throws {
    let refusal = try Message(kind: .refusal, content: field(1, code) + field(2, Array("why".utf8)))
    #expect(refusal == .refusal(Refusal(code: .unable, message: "why")))
  }

  @Test func theWordsOfARefusalAreCutToWhatMayBeSent() throws {
    let long = Refusal(code: .malformed, message: String(repeating: "é", count: 2047) + "語 and more")
    let read = try Message(kind: .refusal, content: Message.refusal(long).content)
    #expect(read == .refusal(Refusal(code: .malformed, message: String(repeating: "é", count: 2047))))
    let exact = Refusal(code: .malformed, message: String(repeating: "é", count: 2048))
    #expect(try Message(kind: .refusal, content: Message.refusal(exact).content) == .refusal(exact))
  }

  @Test func anAckCountsWhatCanBeCounted() throws {
    let rest = field(2, 0) + field(3, filler(32))
    #expect(throws: Never.self) { try Message(kind: .ack, content: field(1, UInt64(Int.max)) + rest) }
    #expect(throws: MalformedBytes.self) { try Message(kind: .ack, content: field(1, UInt64(Int.max) + 1) + rest) }
  }

  // MARK: - Limits of CHANGES

  @Test func aTextTakes16MiB() throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: ArticleText.byteLimit)
    let message = try changes(SegmentFields.least, texts: [text])
    guard case .changes(let delivery) = message else {
      Issue.record("CHANGES became \(message.kind)")
      return
    }
    #expect(delivery.texts == [text])
    #expect(throws: MalformedBytes.self) { try changes(SegmentFields.least, texts: [text + [UInt8(ascii: "a")]]) }
  }

  @Test func textsThatLookAlikeDiffer() throws {
    let message = try changes(SegmentFields.least, texts: [Array("caf\u{E9}".utf8), Array("cafe\u{301}".utf8)])
    guard case .changes(let delivery) = message else {
      Issue.record("CHANGES became \(message.kind)")
      return
    }
    #expect(delivery.texts.count == 2)
  }

  @Test func aSegmentHolds256Changes() throws {
    let (limit, beyond) = (CodingSamples.later(2, changes: 256), CodingSamples.later(2, changes: 257))
    let message = Message.changes(Delivery(segments: [limit]))
    #expect(try Message(kind: .changes, content: message.content) == message)
    #expect(throws: MalformedBytes.self) { try Message(kind: .changes, content: Message.changes(Delivery(segments: [beyond])).content) }
  }

  @Test(arguments: [
    ([Segment.byteLimit, Segment.byteLimit], [], true), ([Segment.byteLimit + 1, 0], [], false), ([0, Segment.byteLimit + 1], [], false),
    ([1000, Segment.byteLimit - 3000], [1000, 1000], true), ([1000, Segment.byteLimit - 3000], [1000, 1001], false),
    ([Segment.byteLimit, 0], [0, 1], false), ([0, 1], [Segment.byteLimit, 0], false), ([Segment.byteLimit, 0], [0, 0], true),
  ]) func aLargeChangeTravelsAlone(first: [Int], second: [Int], isValid: Bool) {
    let parcels = [first, second].filter { !$0.isEmpty }.map { Segment.Parcel(envelope: filler($0[0]), body: filler($0[1])) }
    let segment = Segment(
      origin: CodingSamples.origin, firstSequence: 2, previous: ChangeID(raw: .zero), parcels: parcels, signature: CodingSamples.signature)
    let content = Message.changes(Delivery(segments: [segment])).content
    #expect(((try? Message(kind: .changes, content: content)) != nil) == isValid)
  }

  @Test func everyChangeOfASegmentHasASequence() {
    let (limit, beyond) = (CodingSamples.later(.max - 1, changes: 2), CodingSamples.later(.max, changes: 2))
    #expect(throws: Never.self) { try Message(kind: .changes, content: Message.changes(Delivery(segments: [limit])).content) }
    #expect(throws: MalformedBytes.self) { try Message(kind: .changes, content: field(2, segmentContent(of: beyond))) }
  }

  private func segmentContent(of segment: Segment) -> [UInt8] {
    SegmentFields.origin + field(2, segment.firstSequence) + SegmentFields.previous + SegmentFields.change + SegmentFields.change
      + SegmentFields.signature
  }

  @Test func whatChangesSayIsNotRead() {
    let nothing = field(4, field(1, []) + field(2, []))
    #expect(throws: Never.self) {
      try changes(SegmentFields.origin + SegmentFields.second + SegmentFields.previous + nothing + SegmentFields.signature)
    }
  }

  @Test func noMessageTakesMoreThan20MiB() {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: ArticleText.byteLimit)
    let segment = field(2, SegmentFields.least)
    let rest = Message.byteLimit - text.count - 5 - segment.count
    let valid = field(1, text) + field(1, [UInt8](repeating: UInt8(ascii: "b"), count: rest - 5)) + segment
    #expect(valid.count == Message.byteLimit)
    #expect(throws: Never.self) { try Message(kind: .changes, content: valid) }
    let large = field(1, text) + field(1, [UInt8](repeating: UInt8(ascii: "b"), count: rest - 4)) + segment
    #expect(throws: MalformedBytes.self) { try Message(kind: .changes, content: large) }
  }

  @Test func aLengthBeyondTheEndIsRefusedBeforeAnythingIsAllocated() {
    // 2⁶² bytes of text are announced.
    let huge: [UInt8] = [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0x61]
    #expect(throws: MalformedBytes.self) { try Message(kind: .changes, content: huge) }
  }
}
