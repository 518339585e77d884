import DictaModels
import DictaTestSupport
import Testing

@testable import DictaSync

@Suite struct FrameTests {
  private let hello = Message.hello(CodingSamples.hello).content

  /// Why a stream is refused, in the words of the error; nil if it isn't.
  private func refusal(of stream: [UInt8], allowsCompression: Bool = true, portionByteCount: Int = .max) -> String? {
    do {
      _ = try FrameReader.messages(of: stream, allowsCompression: allowsCompression, portionByteCount: portionByteCount)
      return nil
    } catch is CutStream {
      return "cut"
    } catch {
      return "\(error)"
    }
  }

  // MARK: - There and back

  @Test(arguments: 0..<60 as Range<UInt64>) func messagesComeAsTheyWereSent(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let messages = (0..<random.number(below: 12)).map { _ in random.message(random.pick(MessageKind.allCases)) }
    var writer = FrameWriter(compresses: random.happens(percent: 50), compressionLevel: 1 + random.number(below: 9))
    writer.payloadByteLimit = 1 + random.number(below: 300)
    let stream = Frame.preface + messages.flatMap { writer.frames(of: $0) }
    for portionByteCount in [1, 7, 1 + random.number(below: 1000), .max] {
      #expect(try FrameReader.messages(of: stream, portionByteCount: portionByteCount) == messages)
    }
  }

  @Test func aStreamIsPinnedDown() {
    #expect(FrameWriter().frames(of: .end) == [0, 0, 0, 0, 5, 0xB6, 0x48, 0x03, 0x92])
    let refusal = Refusal(code: .tryAgain, message: "später")
    #expect(Hex.string(FrameWriter().frames(of: .refusal(refusal)).prefix(5)) == "0000000b07")
    #expect(FrameWriter().frames(of: .refusal(refusal)) == RawFrame(.refusal, Message.refusal(refusal).content).bytes)
  }

  @Test func largeMessagesTakeSeveralFrames() throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 5 << 19)
    let message = Message.changes(Delivery(texts: [text], segments: [CodingSamples.first]))
    let frames = FrameWriter().frames(of: message)
    #expect(Array(frames.prefix(5)) == [0, 0x10, 0, 0, 0x84])
    for portionByteCount in [4096, 1 << 20, .max] {
      #expect(try FrameReader.messages(of: Frame.preface + frames, portionByteCount: portionByteCount) == [message])
    }
  }

  @Test func onlyWhatShrinksIsCompressed() {
    func isCompressed(_ message: Message, _ writer: FrameWriter) -> Bool { writer.frames(of: message)[4] & 0x40 != 0 }
    func text(_ text: [UInt8]) -> Message { .changes(Delivery(texts: [text], segments: [CodingSamples.first])) }
    let even = text([UInt8](repeating: UInt8(ascii: "a"), count: 1000))
    #expect(isCompressed(even, FrameWriter(compresses: true)))
    #expect(!isCompressed(even, FrameWriter()))
    #expect(!isCompressed(.rungs([CodingSamples.name(1, 1), CodingSamples.name(1, 2)]), FrameWriter(compresses: true)), "too short")
    #expect(!isCompressed(.refusal(Refusal(code: .unable, message: String(repeating: "a", count: 1000))), FrameWriter(compresses: true)))
    var random = SeededRandom(seed: 1)
    let names = Set(
      (0..<9).map { _ in HeadName(origin: Origin(raw: Bytes16(random.bytes(16))!), sequence: .max, prefix: Bytes16(random.bytes(16))!) })
    let uneven = Message.rungs(names.sorted())
    let (plain, asked) = (FrameWriter().frames(of: uneven), FrameWriter(compresses: true).frames(of: uneven))
    #expect(asked.count <= plain.count)
  }

  // MARK: - The preface

  @Test func aShellsGreetingIsQuoted() throws {
    let greeting = "Welcome to Ubuntu 24.04.1 LTS (GNU/Linux 6.8.0-40-generic x86_64)\r\n"
    let quoted = "at byte 0: these are not Dicta's bytes: \"Welcome to Ubuntu 24.04.1 LTS (GNU/Linux\""
    #expect(refusal(of: Array(greeting.utf8)) == quoted)
    #expect(refusal(of: Array("\u{1B}[2Jmotd\r\né".utf8)) == "at byte 0: these are not Dicta's bytes: \".[2Jmotd....\"")
    #expect(refusal(of: Array(greeting.utf8), portionByteCount: 1) == "at byte 0: these are not Dicta's bytes: \"W\"")
  }

  @Test func everyByteOfThePrefaceCounts() {
    for index in Frame.preface.indices {
      var altered = Frame.preface
      altered[index] ^= 1
      #expect(refusal(of: altered)?.contains("not Dicta's bytes") == true)
      #expect(refusal(of: Array(altered.prefix(index + 1)))?.contains("not Dicta's bytes") == true, "before the rest has come")
    }
    let converted = Frame.preface.filter { $0 != 0x0D } + RawFrame(.end, []).bytes
    #expect(refusal(of: converted)?.hasSuffix("something converts line ends on the way") == true)
  }

  // MARK: - Ends

  @Test func anEndIsToldFromACut() throws {
    let frames = RawFrame(.hello, Array(hello.prefix(40)), bits: RawFrame.more).bytes + RawFrame(.hello, Array(hello.dropFirst(40))).bytes
    let stream = Frame.preface + frames + RawFrame(.end, []).bytes
    let boundaries: Set = [Frame.preface.count, Frame.preface.count + frames.count, stream.count]
    for count in 0...stream.count {
      #expect((refusal(of: Array(stream.prefix(count))) == nil) == boundaries.contains(count), "\(count) bytes")
    }
  }

  @Test func messagesThatWereNotTakenAreNoBoundary() throws {
    var reader = FrameReader()
    reader.append(stream(RawFrame(.end, [])))
    #expect(!reader.isAtBoundary)
    #expect(try reader.next() == .end)
    #expect(reader.isAtBoundary)
    #expect(try reader.next() == nil)
    #expect(reader.isAtBoundary)
  }

  @Test func aFailureStays() throws {
    var reader = FrameReader()
    reader.append(stream(RawFrame(10, [])))
    let first = #expect(throws: MalformedBytes.self) { _ = try reader.next() }
    reader.append(stream(RawFrame(.end, [])))
    let second = #expect(throws: MalformedBytes.self) { _ = try reader.next() }
    #expect(first == second)
    #expect(!reader.isAtBoundary)
  }

  @Test func messagesBeforeAFailureAreGiven() throws {
    var reader = FrameReader()
    reader.append(stream(RawFrame(.end, []), RawFrame(.end, []), RawFrame(10, [])))
    #expect(try reader.next() == .end)
    #expect(try reader.next() == .end)
    let error = #expect(throws: MalformedBytes.self) { _ = try reader.next() }
    #expect(error?.offset == 26)
  }

  // MARK: - Headers

  /// Gives the reader no payload: a header that can't stand is refused before that.
  private func refusal(ofHeader kind: UInt8, length: UInt32, after frames: [RawFrame] = [], allowsCompression: Bool = true) -> String? {
    let header = RawFrame(kind, [], length: length).bytes
    return refusal(of: Frame.preface + frames.flatMap(\.bytes) + header, allowsCompression: allowsCompression)
  }

  @Test func lengthAndKindAreCheckedBeforeAPayloadIsAwaited() {
    let megabyte = UInt32(Frame.payloadByteLimit)
    #expect(refusal(ofHeader: 4, length: megabyte) == "cut")
    #expect(refusal(ofHeader: 4, length: megabyte + 1)?.contains("a frame announces 1048577 bytes") == true)
    #expect(refusal(ofHeader: 4, length: .max)?.contains("a frame announces 4294967295 bytes") == true)
    for kind in UInt8.min...UInt8.max {
      let isKnown = (1...9).contains(kind & 0x0F) && kind & 0x30 == 0
      let isCompressionFit = kind & 0x40 == 0 || [2, 3, 4, 8, 9].contains(kind & 0x0F)
      let isAwaited = refusal(ofHeader: kind, length: 1) == "cut"
      #expect(isAwaited == (isKnown && isCompressionFit && kind & 0x0F != 5), "kind \(kind)")
    }
  }

  @Test(arguments: [(1, 65536), (5, 0), (6, 128), (7, 8192), (9, 262_160)] as [(UInt8, UInt32)])
  func shortMessagesAreShort(kind: UInt8, byteLimit: UInt32) {
    if byteLimit > 0 { #expect(refusal(ofHeader: kind, length: byteLimit) == "cut") }
    #expect(refusal(ofHeader: kind, length: byteLimit + 1)?.contains("take more than \(byteLimit) bytes") == true)
    guard byteLimit > 0 else { return }
    let before = RawFrame(kind | RawFrame.more, [0])
    #expect(refusal(ofHeader: kind, length: byteLimit - 1, after: [before]) == "cut")
    #expect(refusal(ofHeader: kind, length: byteLimit, after: [before])?.contains("take more than \(byteLimit) bytes") == true)
  }

  @Test func theFramesOfAMessageTake20MiB() throws {
    var reader = FrameReader()
    reader.append(Frame.preface)
    let full = RawFrame(.changes, [UInt8](repeating: 0, count: Frame.payloadByteLimit), bits: RawFrame.more).bytes
    for _ in 0..<20 {
      reader.append(full)
      #expect(try reader.next() == nil)
    }
    var other = reader
    other.append(RawFrame(.changes, [], length: 0).bytes.prefix(8))
    #expect(try other.next() == nil)
    reader.append(RawFrame(.changes, [], length: 1).bytes)
    let error = #expect(throws: MalformedBytes.self) { _ = try reader.next() }
    #expect(error?.reason == "the frames of CHANGES take more than 20971520 bytes")
  }

  @Test func theFramesOfAMessageFollowEachOther() {
    let part = RawFrame(.heads, [1], bits: RawFrame.more)
    let compressedPart = RawFrame(.heads, [1], bits: RawFrame.more | RawFrame.compressed)
    #expect(refusal(ofHeader: 2, length: 1, after: [part]) == "cut")
    #expect(refusal(ofHeader: 3, length: 1, after: [part])?.contains("a frame of RUNGS stands within the frames of HEADS") == true)
    #expect(refusal(ofHeader: 0x42, length: 1, after: [part])?.contains("only some frames of HEADS are compressed") == true)
    #expect(refusal(ofHeader: 2, length: 1, after: [compressedPart])?.contains("only some frames of HEADS are compressed") == true)
    #expect(refusal(ofHeader: 0x82, length: 0)?.contains("is empty, and more of the message follow") == true)
    #expect(refusal(of: stream(part, RawFrame(.heads, [])))?.contains("HEADS is malformed at byte") == true, "an empty last frame may stand")
  }

  // MARK: - Checksums

  @Test func everyBitOfAFrameCounts() {
    let whole = stream(RawFrame(.ack, Message.ack(Acknowledgment(changes: 1, texts: 0, heads: CodingSamples.hash)).content))
    #expect(refusal(of: whole) == nil)
    for bit in (Frame.preface.count * 8)..<(whole.count * 8) {
      var altered = whole
      altered[bit / 8] ^= 1 << (bit % 8)
      #expect(refusal(of: altered) != nil, "bit \(bit % 8) of byte \(bit / 8)")
    }
  }

  @Test func aWrongChecksumIsCalledThat() {
    #expect(refusal(of: stream(RawFrame(.end, [], checksum: 0)))?.contains("a frame's checksum is wrong") == true)
    let part = RawFrame(.hello, [1], bits: RawFrame.more, checksum: 0)
    #expect(refusal(of: stream(part))?.contains("a frame's checksum is wrong") == true, "before the message is whole")
  }

  // MARK: - Compression

  private let heads = Message.heads(PeerHeads(names: [CodingSamples.name(1, 1), CodingSamples.name(2, 2)]))

  @Test func compressionNeedsToBeAllowedWhereAMessageBegins() throws {
    let zlib = WireZlib.stored(heads.content)
    let frame = RawFrame(.heads, zlib, bits: RawFrame.compressed)
    #expect(refusal(of: stream(frame)) == nil)
    #expect(refusal(of: stream(frame), allowsCompression: false)?.contains("HEADS is compressed, which wasn't allowed") == true)
    #expect(refusal(ofHeader: 0x42, length: 9, allowsCompression: false)?.contains("wasn't allowed") == true, "before its payload")

    var reader = FrameReader()
    reader.append(stream(RawFrame(.hello, hello)))
    #expect(try reader.next() == .hello(CodingSamples.hello))
    reader.allowsCompression = true
    reader.append(RawFrame(.heads, Array(zlib.prefix(3)), bits: RawFrame.compressed | RawFrame.more).bytes)
    #expect(try reader.next() == nil)
    reader.allowsCompression = false
    reader.append(RawFrame(.heads, Array(zlib.dropFirst(3)), bits: RawFrame.compressed).bytes)
    #expect(try reader.next() == heads)
  }

  @Test func aBombInAFrameIsRefused() {
    let bomb = Compression.deflate([UInt8](repeating: 0, count: Message.byteLimit + 1))
    let refused = refusal(of: stream(RawFrame(.changes, bomb, bits: RawFrame.compressed)))
    #expect(refused?.contains("this inflates to more than 20971520 bytes") == true)
  }

  @Test func aMessageInAWholeFrameCanBeMalformed() {
    let refused = refusal(of: stream(RawFrame(.end, []), RawFrame(.rungs, [])))
    #expect(refused == "at byte 17: RUNGS is malformed at byte 0: field 1 is missing")
  }

  // MARK: - Effort

  @Test(.timeLimit(.minutes(5))) func aLongStreamIsReadByteByByteInLinearTime() throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 19)
    let message = Message.changes(Delivery(texts: [text], segments: [CodingSamples.first]))
    var reader = FrameReader()
    for byte in Frame.preface + FrameWriter().frames(of: message).dropLast() {
      reader.append(CollectionOfOne(byte))
      #expect(try reader.next() == nil)
    }
  }

  @Test(.timeLimit(.minutes(5))) func manySmallMessagesInOnePortionAreReadInLinearTime() throws {
    var reader = FrameReader()
    let count = 100_000
    reader.append(Frame.preface + [[UInt8]](repeating: RawFrame(.end, []).bytes, count: count).joined())
    var messages = 0
    while try reader.next() != nil {
      messages += 1
      // Something is always waiting behind.
      if messages < count { reader.append([]) }
    }
    #expect(messages == count)
    #expect(reader.isAtBoundary)
  }
}
