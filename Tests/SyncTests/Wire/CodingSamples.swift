import Crypto
import DictaModels
import DictaSync
import DictaTestSupport

/// Things that messages are made of, and one message of each type.
enum CodingSamples {
  /// A body of one group, and the envelope of the first change of an origin.
  static let body = Body(groups: [Group(entity: Reference(type: "claim", id: .sixteen(1)), action: .create)]).bytes
  static let firstEnvelope = Header.Envelope(
    writtenAt: 1_700_000_000_000, author: "Ada", birth: Header.Birth(publicKey: .thirtyTwo(1), nonce: .sixteen(2), device: "desk")
  ).bytes

  static let corpus = CorpusID(raw: .sixteen(9))
  static let hash = HeadsHash(raw: .thirtyTwo(3))
  static let origin = Origin(raw: .sixteen(4))
  static let signature = HeadSignature(bytes: filler(64))!

  static let hello = Hello(
    corpus: corpus, mayAdopt: false, heads: hash, nonce: .sixteen(5), takesCompression: false, remembered: [])

  static func name(_ origin: UInt64, _ sequence: UInt64, _ prefix: UInt64 = 0) -> HeadName {
    HeadName(origin: Origin(raw: .sixteen(origin)), sequence: sequence, prefix: .sixteen(prefix))
  }

  static let first = Segment(
    origin: origin, firstSequence: 1, previous: nil, parcels: [Segment.Parcel(envelope: firstEnvelope, body: body)], signature: signature)

  static func later(_ sequence: UInt64, changes count: Int = 1) -> Segment {
    let parcel = Segment.Parcel(envelope: Header.Envelope(writtenAt: sequence).bytes, body: body)
    return Segment(
      origin: origin, firstSequence: sequence, previous: ChangeID(raw: .thirtyTwo(sequence)),
      parcels: [Segment.Parcel](repeating: parcel, count: count), signature: signature)
  }

  /// One of each type, with most of its fields, and short.
  static let messages: [Message] = [
    .hello(
      Hello(
        corpus: corpus, mayAdopt: true, heads: hash, nonce: .sixteen(5), takesCompression: true,
        remembered: [hash, HeadsHash(raw: .thirtyTwo(6))],
        snapshotWish: SnapshotWish(schemaVersion: 2, held: SnapshotWish.Held(id: .thirtyTwo(10), chunkCount: 300)))),
    .heads(PeerHeads(base: hash, names: [name(1, 1), name(1, 300), name(2, 1)])), .rungs([name(1, 1, 7), name(1, 1, 8)]),
    .changes(Delivery(texts: [Array("wörds".utf8), Array("x".utf8)], segments: [first, later(300, changes: 2)])), .end,
    .ack(Acknowledgment(changes: 300, texts: 1, heads: hash)), .refusal(Refusal(code: .tryAgain, message: "später")),
    .snapshot(manifest(byteCount: 300_000, changeCount: 300)), .chunk(SnapshotChunk(number: 300, bytes: filler(20))),
  ]

  static let head = Head(origin: origin, sequence: 300, id: ChangeID(raw: .thirtyTwo(11)))

  /// Signed once: another implementation's signature of the same may differ.
  static let signedManifest = try! SnapshotManifest(
    bytes: ownManifest.bytes.dropLast(64)
      + Hex.bytes(
        "d1524b0f8e4a04f3526dc771be495ef757d99534e80478ce67289856e185ee70"
          + "07ba727da71ef8ed54d099cbb6d143010d790ce0affc72d007c07ca77a2a860d")!)

  private static let ownManifest = SnapshotManifest(
    corpus: corpus, schemaVersion: 2, byteCount: 20, changeCount: 300, digest: .empty, heads: [head],
    chunkHashes: [SnapshotManifest.hash(ofChunk: filler(20))], nonce: .sixteen(5),
    key: try! Curve25519.Signing.PrivateKey(rawRepresentation: filler(32)))

  /// Whose signature is none.
  static func manifest(byteCount: Int, changeCount: UInt64, heads: [Head] = [head], filling: [UInt8] = filler(64)) -> SnapshotManifest {
    try! SnapshotManifest(bytes: SnapshotFields(byteCount: byteCount, changeCount: changeCount, heads: heads, filling: filling).all)
  }
}

/// The fields of a SNAPSHOT, each as bytes.
struct SnapshotFields {
  var corpus = field(1, CodingSamples.corpus.bytes)
  var schemaVersion = field(2, 2)
  var byteCount: [UInt8]
  var changeCount: [UInt8]
  var digest: [UInt8]
  var heads: [UInt8]
  var hashes: [UInt8]
  var publicKey: [UInt8]
  var nonce = field(9, Bytes16.sixteen(5).array)
  var signature: [UInt8]

  init(byteCount: Int = 300_000, changeCount: UInt64 = 1, heads: [Head] = [CodingSamples.head], filling: [UInt8] = filler(64)) {
    self.byteCount = field(3, UInt64(byteCount))
    self.changeCount = field(4, changeCount)
    digest = field(5, Array(filling.prefix(32)))
    self.heads = heads.flatMap { field(6, Self.head($0.origin, $0.sequence, $0.id)) }
    let count = (byteCount + SnapshotManifest.chunkByteCount - 1) / SnapshotManifest.chunkByteCount
    hashes = field(7, (0..<count).flatMap { _ in filling.suffix(32) })
    publicKey = field(8, Array(filling.prefix(32)))
    signature = field(10, filling)
  }

  static func head(_ origin: Origin, _ sequence: UInt64, _ id: ChangeID) -> [UInt8] {
    field(1, origin.bytes) + field(2, sequence) + field(3, id.bytes)
  }

  var all: [UInt8] {
    corpus + schemaVersion + byteCount + changeCount + digest + heads + hashes + publicKey + nonce + signature
  }

  /// All, with something changed.
  static func but(_ change: (inout SnapshotFields) -> Void) -> [UInt8] {
    var fields = SnapshotFields()
    change(&fields)
    return fields.all
  }
}
