import Crypto
import DictaModels
import DictaTestSupport

/// A writer without an archive: it makes changes by hand, good ones and bad ones.
struct Forger {
  let origin: Origin
  let corpus: CorpusID
  let key: Curve25519.Signing.PrivateKey
  let birth: Header.Birth
  private(set) var previous: ChangeID?
  private(set) var sequence: UInt64 = 0

  init(_ corpus: CorpusID, seed: UInt64 = 7) {
    var random = SeededRandom(seed: seed)
    self.corpus = corpus
    key = try! Curve25519.Signing.PrivateKey(rawRepresentation: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    let publicKey = Bytes32(Array(key.publicKey.rawRepresentation))!
    let nonce = Bytes16((0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) })!
    birth = Header.Birth(publicKey: publicKey, nonce: nonce, device: "forger")
    origin = Origin(corpus: corpus, publicKey: publicKey, nonce: nonce)
  }

  var head: Head { Head(origin: origin, sequence: sequence, id: previous ?? ChangeID(bytes: [UInt8](repeating: 0, count: 32))!) }

  /// The next change.
  mutating func change(
    _ body: [UInt8], dependencies: [Head] = [], writtenAt: UInt64 = 1_700_000_000_000, isContinued: Bool = false, birth: Header.Birth?? = nil
  ) throws -> (parcel: Segment.Parcel, id: ChangeID) {
    sequence += 1
    let envelope = Header.Envelope(
      dependencies: dependencies, writtenAt: writtenAt, isContinued: isContinued, birth: birth ?? (sequence == 1 ? self.birth : nil))
    let change = try Change(origin: origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: body)
    previous = change.id
    return (Segment.Parcel(envelope: envelope.bytes, body: body), change.id)
  }

  /// A delivery of one change that does this.
  mutating func delivery(
    _ groups: Group..., lines: [Head] = [], dependencies: [Head] = [], texts: [[UInt8]] = [], writtenAt: UInt64 = 1_700_000_000_000,
    isContinued: Bool = false, birth: Header.Birth?? = nil
  ) throws -> Delivery {
    let before = previous
    let (parcel, _) = try change(
      Body(groups: groups, lines: lines).bytes, dependencies: dependencies, writtenAt: writtenAt, isContinued: isContinued, birth: birth)
    var delivery = Delivery()
    delivery.texts = texts
    delivery.segments = [Segment(origin: origin, firstSequence: sequence, previous: before, parcels: [parcel], signature: signature)]
    return delivery
  }

  /// The forger's word for the last change it made.
  var signature: HeadSignature { HeadSignature(of: head, in: corpus, by: key) }
}

extension Reference {
  /// The claim with an id that counts up.
  static func claim(_ number: UInt8) -> Reference { Reference(type: "claim", id: Bytes16([UInt8](repeating: 0, count: 15) + [number])!) }
  static func of(_ type: ExactString, _ number: UInt8) -> Reference {
    Reference(type: type, id: Bytes16([UInt8](repeating: 0, count: 15) + [number])!)
  }
}
