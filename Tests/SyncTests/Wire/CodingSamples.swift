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
        remembered: [hash, HeadsHash(raw: .thirtyTwo(6))])),
    .heads(PeerHeads(base: hash, names: [name(1, 1), name(1, 300), name(2, 1)])), .rungs([name(1, 1, 7), name(1, 1, 8)]),
    .changes(Delivery(texts: [Array("wörds".utf8), Array("x".utf8)], segments: [first, later(300, changes: 2)])), .end,
    .ack(Acknowledgment(changes: 300, texts: 1, heads: hash)), .refusal(Refusal(code: .tryAgain, message: "später")),
  ]
}
