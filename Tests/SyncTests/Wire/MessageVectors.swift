import DictaModels
import DictaSync
import DictaTestSupport

/// Contents of messages, valid ones and such that break one rule each.
enum MessageVectors {
  /// What makes a content malformed, as our error says it: that a vector is refused for its own reason and no other.
  struct Malformed {
    let name: String
    let kind: MessageKind
    let content: [UInt8]
    let reason: String

    init(_ name: String, _ kind: MessageKind, _ content: [UInt8], _ reason: String) {
      (self.name, self.kind, self.content, self.reason) = (name, kind, content, reason)
    }
  }

  // MARK: - Valid

  static let valid: [(name: String, message: Message)] =
    hellos + headsAndRungs + changes + [
      ("END", .end), ("ACK of nothing", .ack(Acknowledgment(changes: 0, texts: 0, heads: CodingSamples.hash))),
      ("ACK", .ack(Acknowledgment(changes: 300, texts: 2, heads: CodingSamples.hash))),
    ] + Refusal.Code.allCases.map { ("REFUSAL with code \($0.rawValue)", .refusal(Refusal(code: $0, message: "words for people"))) } + [
      ("REFUSAL with empty words", .refusal(Refusal(code: .unable, message: ""))),
      ("REFUSAL with all words that it may have", .refusal(Refusal(code: .malformed, message: String(repeating: "a", count: 4096)))),
      ("SNAPSHOT of one chunk", .snapshot(CodingSamples.manifest(byteCount: 262_144, changeCount: 1))),
      ("SNAPSHOT of two chunks", .snapshot(CodingSamples.manifest(byteCount: 262_145, changeCount: (1 << 40) - 1))),
      (
        "SNAPSHOT with two heads of one origin",
        .snapshot(
          CodingSamples.manifest(
            byteCount: 1, changeCount: 300,
            heads: [Head(origin: CodingSamples.origin, sequence: 2, id: ChangeID(raw: .thirtyTwo(12))), CodingSamples.head]))
      ), ("SNAPSHOT that is signed", .snapshot(CodingSamples.signedManifest)), ("CHUNK", .chunk(SnapshotChunk(number: 0, bytes: filler(20)))),
      ("CHUNK with the greatest number", .chunk(SnapshotChunk(number: 65_535, bytes: [0]))),
    ]

  private static func hello(_ edit: (inout Hello) -> Void) -> Message {
    var hello = CodingSamples.hello
    edit(&hello)
    return .hello(hello)
  }

  private static let hellos: [(String, Message)] = [
    ("HELLO with what is always written", .hello(CodingSamples.hello)), ("HELLO of an empty replica", hello { $0.mayAdopt = true }),
    ("HELLO that takes compression", hello { $0.takesCompression = true }),
    ("HELLO that speaks several versions", hello { ($0.oldestVersion, $0.newestVersion) = (1, 300) }),
    ("HELLO that remembers one hash", hello { $0.remembered = [HeadsHash(raw: .thirtyTwo(7))] }),
    ("HELLO that remembers 16 hashes", hello { $0.remembered = (1...16).reversed().map { HeadsHash(raw: .thirtyTwo($0)) } }),
    ("HELLO that would take a snapshot", hello { $0.snapshotWish = SnapshotWish(schemaVersion: 2) }),
    (
      "HELLO that would take the rest of a snapshot",
      hello { $0.snapshotWish = SnapshotWish(schemaVersion: 2, held: SnapshotWish.Held(id: .thirtyTwo(7), chunkCount: 0)) }
    ),
    ("HELLO with everything", CodingSamples.messages[0]),
  ]

  private static let headsAndRungs: [(String, Message)] = [
    ("HEADS of an empty replica", .heads(PeerHeads(names: []))), ("HEADS with one head", .heads(PeerHeads(names: [CodingSamples.name(1, 1)]))),
    (
      "HEADS of several origins",
      .heads(PeerHeads(names: [CodingSamples.name(1, 127), CodingSamples.name(2, 128), CodingSamples.name(300, 1)]))
    ),
    (
      "HEADS of a fork: one origin, two sequences, and two changes of one sequence",
      .heads(PeerHeads(names: [CodingSamples.name(1, 2, 9), CodingSamples.name(1, 300, 1), CodingSamples.name(1, 300, 2)]))
    ),
    ("HEADS with the greatest sequence", .heads(PeerHeads(names: [CodingSamples.name(1, .max)]))),
    ("HEADS with a base and nothing new", .heads(PeerHeads(base: CodingSamples.hash, names: []))),
    (
      "HEADS with a base and two heads",
      .heads(PeerHeads(base: CodingSamples.hash, names: [CodingSamples.name(1, 5), CodingSamples.name(2, 5)]))
    ), ("RUNGS with one rung", .rungs([CodingSamples.name(1, 1)])),
    (
      "RUNGS of two origins",
      .rungs([CodingSamples.name(1, 1), CodingSamples.name(1, 2), CodingSamples.name(1, 4), CodingSamples.name(2, 1)])
    ),
  ]

  private static let changes: [(String, Message)] = [
    ("CHANGES with the first change of an origin", .changes(Delivery(segments: [CodingSamples.first]))),
    ("CHANGES with a later change", .changes(Delivery(segments: [CodingSamples.later(300)]))),
    ("CHANGES with a segment of three changes", .changes(Delivery(segments: [CodingSamples.later(2, changes: 3)]))),
    ("CHANGES with two segments", .changes(Delivery(segments: [CodingSamples.first, CodingSamples.later(2)]))),
    ("CHANGES with a text", .changes(Delivery(texts: [Array("The dam holds.".utf8)], segments: [CodingSamples.first]))),
    (
      "CHANGES with two texts that look alike, in no order",
      .changes(Delivery(texts: [Array("caf\u{E9}".utf8), Array("cafe\u{301}".utf8)], segments: [CodingSamples.later(2)]))
    ),
    (
      "CHANGES with a text that holds U+0000 and a scalar of four bytes",
      .changes(Delivery(texts: [Array("\u{0}🏛".utf8)], segments: [CodingSamples.later(2)]))
    ),
    ("CHANGES with the greatest sequence", .changes(Delivery(segments: [CodingSamples.later(.max)]))),
  ]

  // MARK: - Valid, and said in other words here

  /// What a later version may say, and what is understood of it.
  static let later: [(name: String, kind: MessageKind, content: [UInt8])] = [
    ("HELLO with an unknown number", .hello, HelloFields.least + field(11, 300)),
    ("HELLO with unknown bytes", .hello, HelloFields.least + field(15, filler(5))),
    (
      "HELLO with all fields that it may have", .hello,
      HelloFields.start + field(4, 1) + HelloFields.heads + HelloFields.nonce + field(7, 1) + field(8, filler(32))
        + field(9, field(1, 2)) + (10...15).flatMap { $0.isMultiple(of: 2) ? field($0, []) : field($0, 0) }
    ), ("REFUSAL with code 0", .refusal, field(1, 0) + field(2, Array("words".utf8))),
    ("REFUSAL with an unknown code", .refusal, field(1, 300) + field(2, Array("words".utf8))),
  ]

  // MARK: - Malformed

  static let malformed =
    malformedHellos + malformedHeads + malformedRungs + malformedChanges + malformedSegments + malformedAnswers + malformedSnapshots

  private static let malformedHellos: [Malformed] = {
    typealias Part = HelloFields
    func hello(_ name: String, _ content: [UInt8], _ reason: String) -> Malformed { Malformed("HELLO \(name)", .hello, content, reason) }
    let tail = Part.heads + Part.nonce
    return [
      hello("that is empty", [], "field 1 is missing"), hello("without its oldest version", Part.newest + Part.corpus + tail, "field 1 is missing"),
      hello("without its newest version", Part.oldest + Part.corpus + tail, "field 2 is missing"),
      hello("without a corpus", Part.oldest + Part.newest + tail, "field 3 is missing"),
      hello("without a hash of heads", Part.start + Part.nonce, "needs the hash of heads"),
      hello("without a nonce", Part.start + Part.heads, "needs a nonce"),
      hello("with its oldest version as bytes", field(1, [1]) + Part.newest + Part.corpus + tail, "field 1 is missing"),
      hello("with a version longer than it needs to be", [0x08, 0x81, 0x00] + Part.newest + Part.corpus + tail, "longer than it needs to be"),
      hello(
        "with a version of 65 bits", [0x08] + [UInt8](repeating: 0x80, count: 9) + [0x02] + Part.newest + Part.corpus + tail,
        "larger than 64 bits"),
      hello("with a corpus of 15 bytes", Part.oldest + Part.newest + field(3, filler(15)) + tail, "16 bytes are needed"),
      hello("with field 4 as 0", Part.start + field(4, 0) + tail, "1 or left out"),
      hello("with field 4 as 2", Part.start + field(4, 2) + tail, "1 or left out"),
      hello("with a hash of 31 bytes", Part.start + field(5, filler(31)) + Part.nonce, "32 bytes are needed"),
      hello("with a nonce of 17 bytes", Part.start + Part.heads + field(6, filler(17)), "16 bytes are needed"),
      hello("with a nonce before the hash", Part.start + Part.nonce + Part.heads, "out of order or there twice"),
      hello("with two nonces", Part.least + Part.nonce, "out of order or there twice"),
      hello("with field 7 as 0", Part.least + field(7, 0), "1 or left out"),
      hello("with field 7 as bytes", Part.least + field(7, [1]), "has no field 7 here"),
      hello("with an empty field 8", Part.least + field(8, []), "1 to 16 hashes"),
      hello("that remembers 33 bytes", Part.least + field(8, filler(33)), "1 to 16 hashes"),
      hello("that remembers 17 hashes", Part.least + field(8, filler(17 * 32)), "1 to 16 hashes"),
      hello("with field 9 as a number", Part.least + field(9, 2), "has no field 9 here"),
      hello("that would take a snapshot of no schema", Part.least + field(9, []), "field 1 is missing"),
      hello("that holds chunks of no snapshot", Part.least + field(9, field(1, 2) + field(3, 1)), "field 2 is missing"),
      hello("that holds no number of chunks", Part.least + field(9, field(1, 2) + field(2, filler(32))), "field 3 is missing"),
      hello("that holds 65537 chunks", Part.least + field(9, field(1, 2) + field(2, filler(32)) + field(3, 65_537)), "so many chunks"),
      hello("with an unknown field twice", Part.least + field(10, 1) + field(10, 1), "out of order or there twice"),
      hello("with unknown fields out of order", Part.least + field(11, 1) + field(10, 1), "out of order or there twice"),
      hello("with an unknown field longer than what is there", Part.least + [0x7A, 0x02, 0x00], "are announced"),
      hello("with an unknown number longer than it needs to be", Part.least + [0x50, 0x80, 0x00], "longer than it needs to be"),
      hello("with a field of number 16", Part.least + [0x80, 0x01, 0x00], "no field with tag 128"),
      hello("with a field of number 0", Part.least + [0x00, 0x00], "no field with tag 0"),
      hello("with a field of wire type 5", Part.least + [0x4D, 0, 0, 0, 0], "no field with tag 77"),
    ]
  }()

  private static func head(_ origin: UInt64, _ sequence: UInt64) -> [UInt8] {
    field(1, Bytes16.sixteen(origin).array) + field(2, sequence) + field(3, filler(16))
  }

  private static let malformedHeads: [Malformed] = {
    func heads(_ name: String, _ content: [UInt8], _ reason: String) -> Malformed { Malformed("HEADS \(name)", .heads, content, reason) }
    let (base, origin) = (field(1, filler(32)), field(1, filler(16)))
    return [
      heads("with a base of 16 bytes", field(1, filler(16)), "32 bytes are needed"),
      heads("with two bases", base + base, "out of order or there twice"),
      heads("with a base behind a head", field(2, head(1, 1)) + base, "out of order or there twice"),
      heads("with a field 3", field(2, head(1, 1)) + field(3, 1), "has no field 3"),
      heads("with a base as a number", field(1, 1), "has no field 1"),
      heads("with heads out of the order of origins", field(2, head(2, 1)) + field(2, head(1, 1)), "heads are out of order"),
      heads("with heads out of the order of sequences", field(2, head(1, 128)) + field(2, head(1, 127)), "heads are out of order"),
      heads(
        "with heads out of the order of ids",
        field(2, origin + field(2, 1) + field(3, filler(16, from: 2))) + field(2, origin + field(2, 1) + field(3, filler(16, from: 1))),
        "heads are out of order"),
      heads("with a head twice", field(2, head(1, 1)) + field(2, head(1, 1)), "heads are out of order"),
      heads("with a head of sequence 0", field(2, head(1, 0)), "sequences count from 1"),
      heads("with a head without an origin", field(2, field(2, 1) + field(3, filler(16))), "field 1 is missing"),
      heads("with a head without a sequence", field(2, origin + field(3, filler(16))), "field 2 is missing"),
      heads("with a head without an id", field(2, origin + field(2, 1)), "field 3 is missing"),
      heads("with a head's whole id", field(2, origin + field(2, 1) + field(3, filler(32))), "16 bytes are needed"),
      heads("with a head with a fourth field", field(2, head(1, 1) + field(4, 1)), "bytes too many"),
      heads("with a head longer than what is there", [0x12, 40] + head(1, 1), "is not below"),
    ]
  }()

  private static let malformedSnapshots: [Malformed] = {
    func snapshot(_ name: String, _ reason: String, _ change: (inout SnapshotFields) -> Void) -> Malformed {
      Malformed("SNAPSHOT \(name)", .snapshot, SnapshotFields.but(change), reason)
    }
    func chunk(_ name: String, _ content: [UInt8], _ reason: String) -> Malformed { Malformed("CHUNK \(name)", .chunk, content, reason) }
    let head = field(6, SnapshotFields.head(CodingSamples.origin, 5, CodingSamples.head.id))
    return [
      snapshot("without a corpus", "field 1 is missing") { $0.corpus = [] },
      snapshot("without a schema", "field 2 is missing") { $0.schemaVersion = [] },
      snapshot("without bytes", "so many bytes") { $0.byteCount = field(3, 0) },
      snapshot("of more than 16 GiB", "so many bytes") { $0.byteCount = field(3, (16 << 30) + 1) },
      snapshot("without changes", "so many changes") { $0.changeCount = field(4, 0) },
      snapshot("of 2⁴⁰ changes", "so many changes") { $0.changeCount = field(4, 1 << 40) },
      snapshot("with a digest of 31 bytes", "32 bytes are needed") { $0.digest = field(5, filler(31)) },
      snapshot("without a head", "field 6 is missing") { $0.heads = [] },
      snapshot("with heads out of order", "heads are out of order") { $0.heads += head },
      snapshot("with a head twice", "heads are out of order") { $0.heads = head + head },
      snapshot("with a hash too few", "2 hashes of 32 bytes") { $0.hashes = field(7, filler(32)) },
      snapshot("with a hash too many", "2 hashes of 32 bytes") { $0.hashes = field(7, filler(96)) },
      snapshot("without hashes", "field 7 is missing") { $0.hashes = [] },
      snapshot("without a key", "field 8 is missing") { $0.publicKey = [] },
      snapshot("with a nonce of 17 bytes", "16 bytes are needed") { $0.nonce = field(9, filler(17)) },
      snapshot("without a signature", "field 10 is missing") { $0.signature = [] },
      snapshot("with a signature of 63 bytes", "64 bytes") { $0.signature = field(10, filler(63)) },
      snapshot("with a field 11", "bytes too many") { $0.signature += field(11, 1) },
      chunk("without a number", field(2, [1]), "field 1 is missing"), chunk("without bytes", field(1, 1), "field 2 is missing"),
      chunk("of no bytes", field(1, 1) + field(2, []), "no chunk has 0 bytes"),
      chunk("of number 65536", field(1, 65_536) + field(2, [1]), "so many chunks"),
      chunk("with a field 3", field(1, 1) + field(2, [1]) + field(3, 1), "bytes too many"),
    ]
  }()

  private static let malformedRungs: [Malformed] = [
    Malformed("RUNGS without a rung", .rungs, [], "field 1 is missing"),
    Malformed("RUNGS out of order", .rungs, field(1, head(1, 2)) + field(1, head(1, 1)), "heads are out of order"),
    Malformed("RUNGS with a rung twice", .rungs, field(1, head(1, 2)) + field(1, head(1, 2)), "heads are out of order"),
    Malformed("RUNGS with a rung as field 2", .rungs, field(1, head(1, 1)) + field(2, head(1, 2)), "field 1 is missing"),
  ]

  private static let malformedChanges: [Malformed] = {
    func changes(_ name: String, _ content: [UInt8], _ reason: String) -> Malformed { Malformed("CHANGES \(name)", .changes, content, reason) }
    let (text, segment) = (field(1, Array("words".utf8)), field(2, SegmentFields.least))
    return [
      changes("that are empty", [], "needs a segment"), changes("without a segment", text, "needs a segment"),
      changes("with a text twice", text + text + segment, "a text is there twice"),
      changes("with a text behind a segment", segment + text, "out of order or there twice"),
      changes("with a text that ends within a scalar", field(1, [0x61, 0xC3]) + segment, "a text is not UTF-8"),
      changes("with a text with a surrogate", field(1, [0xED, 0xA0, 0x80]) + segment, "a text is not UTF-8"),
      changes("with a text with an overlong form", field(1, [0xC0, 0x80]) + segment, "a text is not UTF-8"),
      changes("with a field 3", segment + field(3, []), "has no field 3"),
    ]
  }()

  private static let malformedSegments: [Malformed] = {
    typealias Part = SegmentFields
    func segment(_ name: String, _ content: [UInt8], _ reason: String) -> Malformed {
      Malformed("segment \(name)", .changes, field(2, content), reason)
    }
    let start = Part.origin + Part.second + Part.previous
    let (envelope, body) = (field(1, [0x28, 0x05]), field(2, CodingSamples.body))
    return [
      segment("that is empty", [], "field 1 is missing"),
      segment("without an origin", Part.second + Part.previous + Part.change + Part.signature, "field 1 is missing"),
      segment("without a sequence", Part.origin + Part.previous + Part.change + Part.signature, "field 2 is missing"),
      segment("of sequence 0", Part.origin + field(2, 0) + Part.previous + Part.change + Part.signature, "sequences count from 1"),
      segment("with a change before the first", Part.origin + field(2, 1) + Part.previous + Part.change + Part.signature, "named exactly if"),
      segment("without the change before the second", Part.origin + Part.second + Part.change + Part.signature, "named exactly if"),
      segment("with half an id before it", Part.origin + Part.second + field(3, filler(16)) + Part.change + Part.signature, "32 bytes are needed"),
      segment("without a change", start + Part.signature, "needs a change"), segment("without a signature", start + Part.change, "needs a signature"),
      segment("with a signature of 63 bytes", start + Part.change + field(5, filler(63)), "a signature takes 64 bytes"),
      segment("with two signatures", Part.least + Part.signature, "out of order or there twice"),
      segment("with a signature before a change", start + Part.change + Part.signature + Part.change, "out of order or there twice"),
      segment("with a field 6", Part.least + field(6, 1), "has no field 6"),
      segment(
        "whose last change has no sequence", Part.origin + field(2, .max) + Part.previous + Part.change + Part.change + Part.signature, "64 bits"),
      segment("of 257 changes", start + [[UInt8]](repeating: Part.change, count: 257).joined() + Part.signature, "more than 256 changes"),
      segment("with a change without an envelope", start + field(4, body) + Part.signature, "field 1 is missing"),
      segment("with a change without a body", start + field(4, envelope) + Part.signature, "field 2 is missing"),
      segment("with a change whose body comes first", start + field(4, body + envelope) + Part.signature, "field 1 is missing"),
      segment("with a change with two bodies", start + field(4, envelope + body + body) + Part.signature, "bytes too many"),
    ]
  }()

  private static let malformedAnswers: [Malformed] = {
    let (changes, texts, heads) = (field(1, 3), field(2, 2), field(3, filler(32)))
    let (code, words) = (field(1, 3), field(2, Array("words".utf8)))
    return [
      Malformed("END with a field", .end, field(1, 1), "at most 0 bytes"),
      Malformed("ACK without changes", .ack, texts + heads, "field 1 is missing"),
      Malformed("ACK without texts", .ack, changes + heads, "field 2 is missing"),
      Malformed("ACK without a hash", .ack, changes + texts, "field 3 is missing"),
      Malformed("ACK with half a hash", .ack, changes + texts + field(3, filler(16)), "32 bytes are needed"),
      Malformed("ACK with a field 4", .ack, changes + texts + heads + field(4, 1), "bytes too many"),
      Malformed("REFUSAL without a code", .refusal, words, "field 1 is missing"),
      Malformed("REFUSAL without words", .refusal, code, "field 2 is missing"),
      Malformed("REFUSAL with words that are not UTF-8", .refusal, code + field(2, [0xFF]), "not UTF-8"),
      Malformed("REFUSAL with words of 4097 bytes", .refusal, code + field(2, [UInt8](repeating: 0x61, count: 4097)), "at most 4096 bytes"),
      Malformed("REFUSAL with a field 3", .refusal, code + words + field(3, 1), "bytes too many"),
    ]
  }()
}
