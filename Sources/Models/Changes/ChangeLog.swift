// Storage and Sync meet only here: storage provides a log, a session moves changes between two of them.

/// Changes of one branch that follow each other, as they travel.
///
/// A reader computes every id from `previous` on and compares the last one with `lastID`; an altered bit anywhere makes them differ.
public struct Segment: Hashable, Sendable {
  public let origin: Origin
  public let firstSequence: UInt64

  /// The change before the first one; nil if that is sequence 1.
  public let previous: ChangeID?

  public private(set) var parcels: [Parcel] = []
  public private(set) var lastID: ChangeID

  /// A change without what the segment says for all of them.
  public struct Parcel: Hashable, Sendable {
    public let envelope: [UInt8]
    public let body: [UInt8]

    public init(envelope: [UInt8], body: [UInt8]) {
      self.envelope = envelope
      self.body = body
    }
  }

  public init(origin: Origin, firstSequence: UInt64, previous: ChangeID?, first: Parcel, id: ChangeID) {
    self.origin = origin
    self.firstSequence = firstSequence
    self.previous = previous
    parcels = [first]
    lastID = id
  }

  public mutating func append(_ parcel: Parcel, id: ChangeID) {
    parcels.append(parcel)
    lastID = id
  }
}

/// What one replica hands to another at a time: texts first, then changes, causes before effects.
public struct Delivery: Hashable, Sendable {
  /// The UTF-8 of texts that these changes are the first to name.
  public var texts: [[UInt8]] = []
  public var segments: [Segment] = []

  public init() {}

  public var changeCount: Int { segments.reduce(0) { $0 + $1.parcels.count } }

  /// Bytes of texts, envelopes and bodies.
  public var byteCount: Int {
    texts.reduce(0) { $0 + $1.count } + segments.reduce(0) { $0 + $1.parcels.reduce(0) { $0 + $1.envelope.count + $1.body.count } }
  }
}

/// What a log lacks of another, and how far it has been handed over.
///
/// Pending is always *my log minus the peer's heads*, computed anew for each session: nothing can be lost or stick.
public struct Shipment: Sendable {
  /// The changes still to be sent, last one first, by the place they have in the log.
  package var places: [UInt64]

  package init(places: [UInt64]) {
    self.places = places
  }

  public var isEmpty: Bool { places.isEmpty }
  public var count: Int { places.count }
}

/// What came of a delivery.
public struct Receipt: Hashable, Sendable {
  /// Changes that were not held before.
  public var received = 0
  public var texts = 0

  public init() {}
}

/// The changes that a replica holds. An archive is one; so is a replica in memory.
public protocol ChangeLog: Sendable {
  /// How people know it: a path, an address. Errors name it.
  var name: String { get }

  /// The corpus it belongs to, and whether it holds no change yet and could adopt another.
  func corpus() async throws -> (id: CorpusID, isEmpty: Bool)

  /// Becomes a replica of the corpus, with a new origin. Only for a log that holds no change.
  func adopt(_ corpus: CorpusID) async throws

  /// The last change held of every branch, sorted.
  func heads() async throws -> [Head]

  /// Takes note of what a peer holds. A replica that hears of a change of its own origin that it doesn't hold was restored from an older
  /// copy, or was copied: it takes a new origin before its next write.
  func meet(_ peerHeads: [Head]) async throws

  /// The origins of which the peer may hold another branch: it names a head not held here, and a change of that sequence is.
  func suspectedForks(in peerHeads: [Head]) async throws -> Set<Origin>

  /// Places on the chains of these origins from which two logs find where they part.
  func rungs(of origins: Set<Origin>) async throws -> [Head]

  /// All that a peer with these heads lacks.
  ///
  /// - Parameter peerRungs: the peer's rungs of the origins that either side suspects.
  func shipment(to peerHeads: [Head], peerRungs: [Head]) async throws -> Shipment

  /// The next part of a shipment, causes first; nil when it is all handed over.
  ///
  /// - Parameter byteLimit: passed only where a single change with its texts is larger.
  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery?

  /// Verifies changes made elsewhere, adds them and rewrites every row they touch. One transaction.
  ///
  /// Changes already held are skipped, so a delivery that comes twice does no harm.
  ///
  /// - Parameter sender: whom to blame.
  /// - Throws: ``RefusedDelivery``; then nothing of the delivery is kept.
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt
}

/// Why a delivery was refused, all of it.
public struct RefusedDelivery: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case malformed(MalformedBytes)
    /// The ids computed don't end in the id announced.
    case brokenChain
    /// A change rests on changes that are not applied here.
    case missingCause(Head)
    case missingText(TextHash)
    /// The first change doesn't prove its origin.
    case wrongBirth
  }

  public let sender: String
  public let origin: Origin
  public let sequence: UInt64
  public let reason: Reason

  public init(sender: String, origin: Origin, sequence: UInt64, reason: Reason) {
    self.sender = sender
    self.origin = origin
    self.sequence = sequence
    self.reason = reason
  }

  public var description: String {
    let why =
      switch reason {
      case .malformed(let error): "is malformed (\(error))"
      case .brokenChain: "doesn't fit its chain: it was altered, or doesn't follow what it claims to follow"
      case .missingCause(let head): "rests on change \(head.sequence) of origin \(head.origin), which isn't applied here"
      case .missingText(let hash): "names text \(hash), which neither came with it nor is held here"
      case .wrongBirth: "doesn't prove that its writer is that origin"
      }
    return "change \(sequence) of origin \(origin), sent by \(sender), \(why); nothing of what came with it was kept"
  }
}
