import DictaModels
import DictaSync
import DictaTestSupport

/// A writer without a log: it makes changes by hand, sound ones and such that break a rule, and signs them.
struct Scribe {
  let corpus: CorpusID
  let key: SigningKey
  let birth: Header.Birth
  let origin: Origin

  /// All that it wrote.
  private(set) var chain: [Head] = []

  /// What a change says, but for what follows from where it stands.
  struct Draft {
    var body: [UInt8]
    var dependencies: [Head] = []
    var isContinued = false
    /// Nil for the birth that belongs there, which is none behind the first change.
    var birth: Header.Birth??

    init(_ body: Body, dependencies: [Head] = [], isContinued: Bool = false, birth: Header.Birth?? = nil) {
      (self.body, self.dependencies, self.isContinued, self.birth) = (body.bytes, dependencies, isContinued, birth)
    }
  }

  init(_ corpus: CorpusID, seed: UInt8) {
    (self.corpus, key) = (corpus, SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    birth = Header.Birth(publicKey: key.publicKey, nonce: .sixteen(UInt64(seed)), device: "scribe \(seed)")
    origin = Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce)
  }

  /// The last change.
  var head: Head { chain[chain.count - 1] }

  /// The next changes, as a segment.
  mutating func segment(_ drafts: Draft...) throws -> Segment { try segment(drafts) }

  mutating func segment(_ drafts: [Draft]) throws -> Segment {
    let (first, previous) = (UInt64(chain.count) + 1, chain.last?.id)
    let parcels = try drafts.map { draft in
      let sequence = UInt64(chain.count) + 1
      let envelope = Header.Envelope(
        dependencies: draft.dependencies, writtenAt: 1_700_000_000_000 + sequence, isContinued: draft.isContinued,
        birth: draft.birth ?? (sequence == 1 ? birth : nil))
      let change = try Change(
        origin: origin, sequence: sequence, previous: chain.last?.id, envelope: envelope, bodyBytes: draft.body)
      chain.append(Head(origin: origin, sequence: sequence, id: change.id))
      return Segment.Parcel(envelope: envelope.bytes, body: draft.body)
    }
    return Segment(
      origin: origin, firstSequence: first, previous: previous, parcels: parcels, signature: key.signature(of: head, in: corpus))
  }

  /// A segment as the scribe would sign it, whatever it says.
  func signing(_ segment: Segment) throws -> Segment {
    var (sequence, previous) = (segment.firstSequence, segment.previous)
    for parcel in segment.parcels {
      let envelope = try Header.Envelope(bytes: parcel.envelope)
      let change = try Change(
        origin: segment.origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: parcel.body)
      (sequence, previous) = (sequence + 1, change.id)
    }
    guard let id = previous else { return segment }
    return segment.saying(signature: key.signature(of: Head(origin: segment.origin, sequence: sequence - 1, id: id), in: corpus))
  }

  /// Goes on from an earlier change: what follows is another branch.
  mutating func stepBack(to sequence: UInt64) {
    chain.removeLast(chain.count - Int(sequence))
  }
}

extension Segment {
  /// With some of it said otherwise.
  func saying(
    origin: Origin? = nil, firstSequence: UInt64? = nil, previous: ChangeID?? = nil, parcels: [Parcel]? = nil, signature: HeadSignature? = nil
  ) -> Segment {
    Segment(
      origin: origin ?? self.origin, firstSequence: firstSequence ?? self.firstSequence, previous: previous ?? self.previous,
      parcels: parcels ?? self.parcels, signature: signature ?? self.signature)
  }
}

extension Delivery {
  init(_ segments: Segment..., texts: [String] = []) {
    self.init(texts: texts.map { Array($0.utf8) }, segments: segments)
  }

  var content: [UInt8] { Message.changes(self).content }
}
