import DictaModels
import DictaSync
import DictaTestSupport

extension SeededRandom {
  /// Of any magnitude.
  mutating func number() -> UInt64 {
    next() >> (next() % 64)
  }

  mutating func words() -> String {
    String((0..<number(below: 12)).map { _ in pick(["a", "é", "e\u{301}", " ", "\u{0}", "語", "🏛️", "\n"]) as Character })
  }

  private mutating func hash() -> HeadsHash { HeadsHash(raw: Bytes32(bytes(32))!) }

  private mutating func names() -> [HeadName] {
    let names = (0..<number(below: 6)).map { _ in
      HeadName(origin: Origin(raw: .sixteen(next() % 3)), sequence: max(1, number()), prefix: Bytes16(bytes(16))!)
    }
    return Set(names).sorted()
  }

  private mutating func segment() -> Segment {
    let isFirst = happens(percent: 30)
    let parcels = (0...number(below: 4)).map { _ in Segment.Parcel(envelope: bytes(number(below: 200)), body: bytes(number(below: 300))) }
    return Segment(
      origin: Origin(raw: Bytes16(bytes(16))!), firstSequence: isFirst ? 1 : 2 + number() >> 1,
      previous: isFirst ? nil : ChangeID(raw: Bytes32(bytes(32))!), parcels: parcels, signature: HeadSignature(bytes: bytes(64))!)
  }

  private mutating func wish() -> SnapshotWish {
    let held = SnapshotWish.Held(id: Bytes32(bytes(32))!, chunkCount: number(below: SnapshotManifest.chunkLimit + 1))
    return SnapshotWish(schemaVersion: number(), held: happens(percent: 50) ? held : nil)
  }

  private mutating func manifest() -> SnapshotManifest {
    let heads = Set(
      (0...number(below: 5)).map { _ in
        Head(origin: Origin(raw: .sixteen(next() % 3)), sequence: max(1, number()), id: ChangeID(raw: Bytes32(bytes(32))!))
      })
    return CodingSamples.manifest(
      byteCount: 1 + number(below: 2_000_000), changeCount: 1 + UInt64(number(below: 1 << 39)), heads: heads.sorted(), filling: bytes(64))
  }

  /// A message of the kind that keeps every rule.
  mutating func message(_ kind: MessageKind) -> Message {
    switch kind {
    case .hello:
      .hello(
        Hello(
          oldestVersion: number(), newestVersion: number(), corpus: CorpusID(raw: Bytes16(bytes(16))!), mayAdopt: happens(percent: 50),
          heads: hash(), nonce: Bytes16(bytes(16))!, takesCompression: happens(percent: 50),
          remembered: (0..<number(below: 17)).map { _ in hash() }, snapshotWish: happens(percent: 50) ? wish() : nil))
    case .heads: .heads(PeerHeads(base: happens(percent: 50) ? hash() : nil, names: names()))
    case .rungs: .rungs(Set(names() + [CodingSamples.name(7, 7)]).sorted())
    case .changes:
      .changes(
        Delivery(
          texts: Set((0..<number(below: 4)).map { _ in Array((words() + "\(next())").utf8) }).sorted { $0.lexicographicallyPrecedes($1) },
          segments: (0...number(below: 3)).map { _ in segment() }))
    case .end: .end
    case .ack: .ack(Acknowledgment(changes: number(below: 1 << 40), texts: number(below: 3), heads: hash()))
    case .refusal: .refusal(Refusal(code: pick(Refusal.Code.allCases), message: words()))
    case .snapshot: .snapshot(manifest())
    case .chunk: .chunk(SnapshotChunk(number: number(below: SnapshotManifest.chunkLimit), bytes: bytes(1 + number(below: 3000))))
    }
  }
}
