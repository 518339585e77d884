import DictaModels
import DictaSync
import DictaTestSupport

/// Streams of frames, valid ones and such that break one rule each.
enum FrameVectors {
  struct Malformed {
    let name: String
    let stream: [UInt8]
    let allowsCompression: Bool

    /// As our error says it; nil for a stream that is cut.
    let reason: String?

    init(_ name: String, _ stream: [UInt8], allowsCompression: Bool = true, _ reason: String?) {
      (self.name, self.stream, self.allowsCompression, self.reason) = (name, stream, allowsCompression, reason)
    }
  }

  private static let hello = Message.hello(CodingSamples.hello).content
  private static let ack = Message.ack(Acknowledgment(changes: 1, texts: 0, heads: CodingSamples.hash)).content
  private static let heads = Message.heads(PeerHeads(names: [CodingSamples.name(1, 1), CodingSamples.name(2, 2)])).content
  private static let changes = CodingSamples.messages[3].content
  private static let end = RawFrame(.end, [])
  private static let (more, compressed) = (RawFrame.more, RawFrame.compressed)

  /// RUNGS of eight rungs and what zlib 1.2.13 made of it at level 6: not computed, since zlib's versions compress differently.
  private static let deflatedRungs = Hex.bytes(
    "789c6dcab90d00200c0441fcc9b223482980fe4b2486bb0d57d3a7e778f329fb7fd2cc2938a5cec019750ecea90b7041"
      + "5d824bea0a5c51b7c0ad0bf08e04a1")!

  static let valid: [(name: String, stream: [UInt8])] = [
    ("stream without a message", stream()), ("END", stream(end)), ("HELLO", stream(RawFrame(.hello, hello))),
    ("ACK", stream(RawFrame(.ack, ack))), ("REFUSAL", stream(RawFrame(.refusal, CodingSamples.messages[6].content))),
    ("HEADS without content", stream(RawFrame(.heads, []))), ("RUNGS", stream(RawFrame(.rungs, CodingSamples.messages[2].content))),
    ("CHANGES", stream(RawFrame(.changes, changes))),
    ("HELLO in two frames", stream(RawFrame(.hello, Array(hello.prefix(1)), bits: more), RawFrame(.hello, Array(hello.dropFirst())))),
    (
      "CHANGES in three frames",
      stream(
        RawFrame(.changes, Array(changes.prefix(100)), bits: more), RawFrame(.changes, Array(changes.dropFirst(100).prefix(100)), bits: more),
        RawFrame(.changes, Array(changes.dropFirst(200))))
    ), ("last frame without a payload", stream(RawFrame(.heads, heads, bits: more), RawFrame(.heads, []))),
    ("two messages of one type", stream(RawFrame(.heads, heads), RawFrame(.heads, heads))),
    (
      "all that one side says",
      stream(RawFrame(.hello, hello), RawFrame(.heads, heads), RawFrame(.changes, changes), end, RawFrame(.ack, ack))
    ), ("compressed, in a block that isn't", stream(RawFrame(.heads, WireZlib.stored(heads), bits: compressed))),
    ("compressed", stream(RawFrame(.rungs, deflatedRungs, bits: compressed))),
    (
      "compressed, in two frames",
      stream(
        RawFrame(.rungs, Array(deflatedRungs.prefix(20)), bits: compressed | more),
        RawFrame(.rungs, Array(deflatedRungs.dropFirst(20)), bits: compressed))
    ), ("compressed, of no content", stream(RawFrame(.heads, WireZlib.stored([]), bits: compressed))),
    ("compressed and not, in turn", stream(RawFrame(.heads, WireZlib.stored(heads), bits: compressed), RawFrame(.heads, heads), end)),
  ]

  static let malformed = malformedPrefaces + cuts + malformedHeaders + malformedSequences + malformedCompression

  private static let malformedPrefaces: [Malformed] = {
    let frame = end.bytes
    return [
      Malformed("preface left out", frame, "not Dicta's bytes"),
      Malformed("preface with converted line ends", [0x89, 0x64, 0x69, 0x63, 0x74, 0x61, 0x0A] + frame, "line ends"),
      Malformed("preface without the upper bit", [0x09] + Frame.preface.dropFirst() + frame, "not Dicta's bytes"),
      Malformed("preface with a last byte altered", Frame.preface.dropLast() + [0x0B] + frame, "not Dicta's bytes"),
      Malformed("greeting of a shell", Array("Last login: Mon Jun  3 09:12:44\n".utf8) + Frame.preface + frame, "\"Last login: Mon Jun  3"),
      Malformed("page of a web server", Array("HTTP/1.1 404 Not Found\r\n\r\n".utf8), "\"HTTP/1.1 404 Not Found"),
    ]
  }()

  private static let cuts: [Malformed] = {
    let two = stream(RawFrame(.hello, Array(hello.prefix(30)), bits: more), RawFrame(.hello, Array(hello.dropFirst(30))))
    return [
      Malformed("stream without a preface's end", Array(Frame.preface.dropLast()), nil), Malformed("nothing", [], nil),
      Malformed("cut within a header", Array(stream(end).dropLast()), nil), Malformed("cut within a payload", Array(two.dropLast()), nil),
      Malformed("cut between a header and its payload", Array(two.prefix(8 + 9)), nil),
      Malformed("cut between the frames of a message", Array(two.prefix(8 + 9 + 30)), nil),
    ]
  }()

  private static let malformedHeaders: [Malformed] = {
    let payload = hello
    let right = RawFrame.crc32(RawFrame(.hello, payload).header + payload)
    return [
      Malformed("frame of type 0", stream(RawFrame(0, [])), "no frame of kind 0"),
      Malformed("frame of type 10", stream(RawFrame(10, [])), "no frame of kind 10"),
      Malformed("frame of type 15", stream(RawFrame(15, [])), "no frame of kind 15"),
      Malformed("frame with bit 4", stream(RawFrame(0x15, [])), "no frame of kind 21"),
      Malformed("frame with bit 5", stream(RawFrame(0x25, [])), "no frame of kind 37"),
      Malformed("checksum of the payload alone", stream(RawFrame(.hello, payload, checksum: RawFrame.crc32(payload))), "checksum is wrong"),
      Malformed("checksum with its bytes reversed", stream(RawFrame(.hello, payload, checksum: right.byteSwapped)), "checksum is wrong"),
      Malformed("checksum of zero", stream(RawFrame(.end, [], checksum: 0)), "checksum is wrong"),
      Malformed(
        "payload with an altered bit", stream(RawFrame(.hello, payload.dropLast() + [payload.last! ^ 1], checksum: right)), "checksum is wrong"),
      Malformed("END with a payload", stream(RawFrame(.end, [0])), "take more than 0 bytes"),
      Malformed("ACK of 129 bytes", stream(RawFrame(.ack, filler(129))), "take more than 128 bytes"),
      Malformed(
        "ACK of 129 bytes in two frames", stream(RawFrame(.ack, filler(128), bits: more), RawFrame(.ack, filler(1))), "take more than 128 bytes"),
      Malformed("REFUSAL of 8193 bytes", stream(RawFrame(.refusal, filler(8193))), "take more than 8192 bytes"),
      Malformed("CHUNK of 262161 bytes", stream(RawFrame(.chunk, filler(262_161))), "take more than 262160 bytes"),
      Malformed("RUNGS whose content is malformed", stream(RawFrame(.rungs, [])), "RUNGS is malformed"),
    ]
  }()

  private static let malformedSequences: [Malformed] = {
    let (part, rest) = (Array(heads.prefix(9)), Array(heads.dropFirst(9)))
    return [
      Malformed(
        "frame without a payload before the last",
        stream(RawFrame(.heads, part, bits: more), RawFrame(.heads, [], bits: more), RawFrame(.heads, rest)),
        "is empty, and more"),
      Malformed(
        "message within a message", stream(RawFrame(.heads, part, bits: more), end, RawFrame(.heads, rest)), "END stands within the frames of HEADS"),
      Malformed("frames of two types", stream(RawFrame(.heads, part, bits: more), RawFrame(.rungs, rest)), "RUNGS stands within the frames of HEADS"),
    ]
  }()

  private static let malformedCompression: [Malformed] = {
    let zlib = WireZlib.stored(heads)
    let (part, rest) = (Array(zlib.prefix(9)), Array(zlib.dropFirst(9)))
    func compressed(_ name: String, _ payload: [UInt8], _ reason: String) -> Malformed {
      Malformed("compressed \(name)", stream(RawFrame(.heads, payload, bits: RawFrame.compressed)), reason)
    }
    func never(_ kind: MessageKind, _ content: [UInt8]) -> Malformed {
      Malformed("compressed \(kind)", stream(RawFrame(kind, WireZlib.stored(content), bits: RawFrame.compressed)), "\(kind) is never compressed")
    }
    return [
      never(.hello, hello), never(.end, []), never(.ack, ack), never(.refusal, CodingSamples.messages[6].content),
      Malformed(
        "compressed where that isn't allowed", stream(RawFrame(.heads, zlib, bits: RawFrame.compressed)), allowsCompression: false, "wasn't allowed"),
      Malformed(
        "compressed in the first frame only", stream(RawFrame(.heads, part, bits: more | RawFrame.compressed), RawFrame(.heads, rest)),
        "only some frames"),
      Malformed(
        "compressed in the last frame only", stream(RawFrame(.heads, part, bits: more), RawFrame(.heads, rest, bits: RawFrame.compressed)),
        "only some frames"), compressed("without a byte", [], "cut off"), compressed("without an end", Array(zlib.dropLast()), "cut off"),
      compressed("with bytes behind it", zlib + [0], "1 bytes stand behind"), compressed("twice", zlib + zlib, "stand behind"),
      compressed("with a wrong checksum", zlib.dropLast() + [zlib.last! ^ 1], "incorrect data check"),
      compressed("with a dictionary", WireZlib.withDictionary, "need a dictionary"),
      compressed("without zlib's header", Array(zlib.dropFirst(2)), "not compressed bytes"),
      compressed("in name only", heads, "not compressed bytes"),
    ]
  }()
}
