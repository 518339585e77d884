// Storage and Sync meet only here: storage provides a log, a session moves changes between two of them.

/// Changes of one branch that follow each other, up to one that their writer signed.
///
/// A reader computes every id from `previous` on; the signature is valid for the last one only if nothing of it was altered.
public struct Segment: Hashable, Sendable {
  /// The most changes a segment may hold.
  public static let changeLimit = 256

  /// The most bytes of envelopes and bodies in a segment of more than one change.
  public static let byteLimit = 1 << 20

  public let origin: Origin
  public let firstSequence: UInt64

  /// The change before the first one; nil if that is sequence 1.
  public let previous: ChangeID?

  /// The changes, at least one. Only the first may have dependencies.
  public var parcels: [Parcel]

  /// The writer's word for the last change.
  public var signature: HeadSignature

  /// A change without what the segment says for all of them.
  public struct Parcel: Hashable, Sendable {
    public let envelope: [UInt8]
    public var body: [UInt8] { held.bytes }

    /// The body, or what is left of it: that goes from one log of this machine to another, and never into a message.
    package let held: HeldBody

    public init(envelope: [UInt8], body: [UInt8]) {
      self.init(envelope: envelope, held: HeldBody(bytes: body))
    }

    package init(envelope: [UInt8], held: HeldBody) {
      (self.envelope, self.held) = (envelope, held)
    }

    public var byteCount: Int { envelope.count + body.count }
  }

  public init(origin: Origin, firstSequence: UInt64, previous: ChangeID?, parcels: [Parcel], signature: HeadSignature) {
    self.origin = origin
    self.firstSequence = firstSequence
    self.previous = previous
    self.parcels = parcels
    self.signature = signature
  }

  /// The sequence of the last change.
  public var lastSequence: UInt64 { firstSequence + UInt64(parcels.count - 1) }
}

/// What one replica hands to another at a time: texts first, then changes, causes before effects.
public struct Delivery: Hashable, Sendable {
  /// The UTF-8 of texts that these changes are the first to name.
  public var texts: [[UInt8]] = []
  public var segments: [Segment] = []

  /// The most texts and segments that one may hold: each takes memory besides its bytes.
  public static let textLimit = 65_536
  public static let segmentLimit = 1024

  public init(texts: [[UInt8]] = [], segments: [Segment] = []) {
    self.texts = texts
    self.segments = segments
  }

  public var changeCount: Int { segments.reduce(0) { $0 + $1.parcels.count } }

  /// Bytes of texts, envelopes and bodies.
  public var byteCount: Int {
    texts.reduce(0) { $0 + $1.count } + segments.reduce(0) { $0 + $1.parcels.reduce(0) { $0 + $1.byteCount } }
  }
}

/// What a log tells a peer first.
public struct Opening: Hashable, Sendable {
  public let corpus: CorpusID

  /// Whether it holds no change, and would become a replica of the peer's corpus.
  public let mayAdopt: Bool

  /// Of all heads that may be told.
  public let heads: HeadsHash

  /// Hashes of heads that this log and some peer held both, latest first.
  public let remembered: [HeadsHash]

  /// Which snapshot it would take; nil if it holds anything.
  public let snapshotWish: SnapshotWish?

  public init(corpus: CorpusID, mayAdopt: Bool, heads: HeadsHash, remembered: [HeadsHash], snapshotWish: SnapshotWish? = nil) {
    self.corpus = corpus
    self.mayAdopt = mayAdopt
    self.heads = heads
    self.remembered = remembered
    self.snapshotWish = snapshotWish
  }
}

/// The heads a peer tells: all of them, or those that moved since heads that both remember.
public struct PeerHeads: Hashable, Sendable {
  public let base: HeadsHash?

  /// In ascending order, each once.
  public let names: [HeadName]

  public init(base: HeadsHash? = nil, names: [HeadName]) {
    self.base = base
    self.names = names
  }
}

/// What a log lacks of another, and how far it has been handed over.
///
/// Pending is always *my log minus the peer's heads*, computed anew for each session: nothing can be lost or stick.
public struct Shipment: Sendable {
  /// The segments still to be sent, last one first.
  package var places: [Place]

  /// A segment by where it stands in the log: these sequences of the chain that ends in that branch.
  package struct Place: Hashable, Sendable {
    package let branch: Int
    package let sequences: ClosedRange<UInt64>

    package init(branch: Int, sequences: ClosedRange<UInt64>) {
      self.branch = branch
      self.sequences = sequences
    }
  }

  /// How many changes they hold.
  public let changeCount: Int

  /// How many changes the peer lacks that can't be sent any more, because what they said was dropped here. If there are any, nothing is sent,
  /// or nothing more: most of the rest follows them or rests on them.
  public let droppedChangeCount: Int

  package init(places: [Place], droppedChangeCount: Int = 0) {
    self.places = places
    self.droppedChangeCount = droppedChangeCount
    changeCount = places.reduce(0) { $0 + $1.sequences.count }
  }

  public var isEmpty: Bool { places.isEmpty }
}

/// What came of a delivery.
public struct Receipt: Hashable, Sendable {
  /// Changes that were not held before.
  public var received = 0
  public var texts = 0

  /// Changes that were held already.
  public var known = 0

  public init() {}
}

/// The changes that a replica holds. An archive is one.
public protocol ChangeLog: Sendable {
  /// How people know it: a path, an address. Errors name it.
  var name: String { get }

  /// Signs what was written here and syncs everything held to disk. What is told to a peer from then on is never taken back.
  ///
  /// - Parameter peerRemembers: what a peer remembers, if it spoke first: of these, those remembered here too are named first.
  func open(for peerRemembers: [HeadsHash]) async throws -> Opening

  /// Becomes a replica of the corpus, with a new origin. Only for a log that holds no change.
  func adopt(_ corpus: CorpusID) async throws

  /// The heads that may be told: signed, and safe on disk. Ascending.
  ///
  /// - Parameter bases: heads that the peer remembers; only what moved since the first one that is remembered here too is given.
  /// - Complexity: with a base, O(changes since then); else O(branches).
  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads

  /// Takes note of what a peer holds. A replica that hears of a change of its own origin that it doesn't hold was restored from an older
  /// copy, or was copied: it takes a new origin before its next write.
  ///
  /// - Returns: the origins of which the peer may hold another branch: it names a head not held here, and a change of that sequence is,
  ///   and may be told. So there are rungs of each.
  func compare(with peer: PeerHeads) async throws -> Set<Origin>

  /// Places on the chains of these origins from which two logs find where they part. Ascending.
  func rungs(of origins: Set<Origin>) async throws -> [HeadName]

  /// All that a peer with these heads lacks; nothing, and how many changes stand in the way, if some of it was dropped here.
  ///
  /// - Parameter peerRungs: the peer's rungs of the origins that either side suspects.
  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment

  /// The next part of a shipment, causes first; nil when it is all handed over, or when something of the rest was dropped here meanwhile:
  /// then ``Shipment/droppedChangeCount`` says how many changes stand in the way.
  ///
  /// - Parameter byteLimit: passed only where a single segment with its texts is larger.
  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery?

  /// Verifies changes made elsewhere, adds them and rewrites every row they touch. One transaction.
  ///
  /// Changes already held are skipped, so a delivery that comes twice does no harm.
  ///
  /// - Parameter sender: whom to blame.
  /// - Throws: ``RefusedDelivery``; then nothing of the delivery is kept.
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt

  /// The same. If it is the last one that the peer sends, ``acknowledge()`` is asked for next, and it may be synced to disk at once.
  func receive(_ delivery: Delivery, from sender: String, isLast: Bool) async throws -> Receipt

  /// Syncs to disk what was received.
  ///
  /// - Returns: the hash of the heads that may be told now.
  func acknowledge() async throws -> HeadsHash

  /// Whether it holds changes that no peer may be told of: written since, or not to be proven.
  func hasUntold() async throws -> Bool

  /// Notes that a peer held exactly these heads too, if they are still the heads here.
  func remember(_ heads: HeadsHash) async throws

  /// A copy of everything that may be told, or could be a while ago; what came since is in the log. Nil where the log alone is the shorter way, or
  /// no copy can be made.
  func snapshot(for wish: SnapshotWish) async throws -> (any SnapshotSource)?

  /// Begins to take a copy of all that a peer holds, or goes on with it.
  ///
  /// - Parameter sender: whom to blame.
  /// - Throws: ``RefusedSnapshot``.
  func take(_ manifest: SnapshotManifest, from sender: String) async throws -> any SnapshotTarget

  /// Takes note that a peer can't send what this log lacks, as some of it was dropped there. A log that holds nothing asks for a snapshot next time,
  /// even if it has refused one.
  func noteDropped() async

  /// Takes all that another log in this program holds, if this one holds nothing, and there is a way that is shorter than a sync. A sync
  /// afterwards finds what was written since.
  ///
  /// - Returns: nil if there is none, and nothing was taken. It may have adopted the other one's corpus.
  func takeAll(of peer: some ChangeLog) async throws -> WholeCopy?
}

extension ChangeLog {
  public func receive(_ delivery: Delivery, from sender: String, isLast: Bool) async throws -> Receipt {
    try await receive(delivery, from: sender)
  }
}

/// Logs that don't know snapshots, or how to copy each other, do without.
extension ChangeLog {
  public func snapshot(for wish: SnapshotWish) async throws -> (any SnapshotSource)? { nil }

  public func take(_ manifest: SnapshotManifest, from sender: String) async throws -> any SnapshotTarget {
    throw RefusedSnapshot(sender: sender, origin: manifest.origin, reason: .unasked)
  }

  public func noteDropped() async {}

  public func takeAll(of peer: some ChangeLog) async throws -> WholeCopy? { nil }
}

/// Why a delivery was refused, all of it.
public struct RefusedDelivery: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case malformed(MalformedBytes)
    /// The writer's signature isn't valid for the chain that came.
    case wrongSignature
    /// The first change doesn't begin its chain as it says.
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
      case .wrongSignature: "doesn't carry its writer's signature: it, or a change it came with, was altered or isn't by that writer"
      case .brokenChain: "doesn't fit its chain: it was altered, or doesn't follow what it claims to follow"
      case .missingCause(let head): "rests on change \(head.sequence) of origin \(head.origin), which isn't applied here"
      case .missingText(let hash): "names text \(hash), which neither came with it nor is held here"
      case .wrongBirth: "doesn't prove that its writer is that origin"
      }
    return "change \(sequence) of origin \(origin), sent by \(sender), \(why); nothing of what came with it was kept"
  }
}
