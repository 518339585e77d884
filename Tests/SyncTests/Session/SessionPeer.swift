// A driver without a log: it carries out what a session says, and answers as the test told it to.

import DictaModels
import DictaSync
import DictaTestSupport

struct SessionPeer: Hashable {
  var session: SyncSession
  let opening: Opening
  /// What it suspects, whatever heads it hears.
  let suspects: Set<Origin>
  /// What it holds when all has come.
  let heads: HeadsHash

  /// How many changes that the other one lacks it can't send any more.
  let droppedCount: Int

  /// What it said and nobody has heard yet.
  var outbox: [Message] = []
  /// How many deliveries of the shipment that runs weren't handed over yet.
  var unsent: Int?
  var shipmentCount = 0
  /// The origins of the rungs that the shipment that runs knows of the peer.
  var climbed: Set<Origin> = []

  var taken: [Delivery] = []
  var adopted: CorpusID?
  var remembered: HeadsHash?
  var isEqual: Bool?
  var failure: ProtocolViolation?

  init(
    _ role: SyncSession.Role, opening: Opening = .sample(), suspects: Set<Origin> = [], heads: HeadsHash = .number(99), nonce: UInt64? = nil,
    droppedCount: Int = 0
  ) {
    session = SyncSession(role: role, nonce: .sixteen(nonce ?? (role == .caller ? 1 : 2)), takesCompression: true)
    (self.opening, self.suspects, self.heads, self.droppedCount) = (opening, suspects, heads, droppedCount)
  }

  var state: SyncSession.State { session.state }

  /// Begins as a caller does.
  mutating func call() throws(ProtocolViolation) {
    try handle(.opened(opening))
  }

  mutating func hear(_ message: Message) throws(ProtocolViolation) {
    try handle(.received(message))
  }

  mutating func handle(_ event: SyncSession.Event) throws(ProtocolViolation) {
    for action in try decide(event) { try carryOut(action) }
  }

  private mutating func decide(_ event: SyncSession.Event) throws(ProtocolViolation) -> [SyncSession.Action] {
    do throws(ProtocolViolation) {
      return try session.handle(event)
    } catch {
      failure = error
      if let refusal = error.refusal { outbox.append(.refusal(refusal)) }
      throw error
    }
  }

  private mutating func carryOut(_ action: SyncSession.Action) throws(ProtocolViolation) {
    switch action {
    case .open(let hello):
      try handle(.opened(opening))
      try handle(.received(.hello(hello)))
    case .send(let message): outbox.append(message)
    case .adopt(let corpus): adopted = corpus
    case .sendHeads(let bases): outbox.append(.heads(PeerHeads(base: bases.first { opening.remembered.contains($0) }, names: [])))
    case .compare: try handle(.suspected(suspects))
    case .sendRungs(let origins): outbox.append(.rungs(HeadName.rungs(of: origins)))
    case .ship(_, let rungs):
      shipmentCount += 1
      precondition(shipmentCount == session.shipmentCount, "a session counts its shipments")
      climbed = Set(rungs.map(\.origin))
      if droppedCount > 0 { try handle(.dropped(changes: droppedCount)) } else { unsent = 1 }
    case .receive(let delivery): taken.append(delivery)
    case .takeSnapshot, .takeChunk: break
    case .acknowledge: try handle(.acknowledged(Acknowledgment(changes: taken.count, texts: 0, heads: heads)))
    case .remember(let heads): remembered = heads
    case .finish(let isEqual): self.isEqual = isEqual
    }
  }

  /// The delivery of its shipment of that number.
  static func delivery(of shipment: Int) -> Delivery {
    Delivery(texts: [[UInt8(shipment)]])
  }

  /// Hands over one delivery, or tells the session that there are no more.
  mutating func shipOn() throws(ProtocolViolation) {
    guard let left = unsent else { return }
    if left > 0 {
      outbox.append(.changes(Self.delivery(of: shipmentCount)))
      unsent = left - 1
    } else {
      unsent = nil
      try handle(.shipped)
    }
  }

  mutating func shipAll() throws(ProtocolViolation) {
    while unsent != nil { try shipOn() }
  }
}

extension Origin {
  static func number(_ number: UInt64) -> Origin {
    guard let origin = Origin(bytes: Bytes16.sixteen(number).array) else { preconditionFailure("sixteen bytes are an origin") }
    return origin
  }
}

extension CorpusID {
  static func number(_ number: UInt64) -> CorpusID {
    guard let corpus = CorpusID(bytes: Bytes16.sixteen(number).array) else { preconditionFailure("sixteen bytes are a corpus") }
    return corpus
  }
}

extension HeadsHash {
  static let ofNothing = HeadsHash(of: [])

  static func number(_ number: UInt64) -> HeadsHash {
    guard let hash = HeadsHash(bytes: Bytes32.thirtyTwo(number).array) else { preconditionFailure("thirty-two bytes are a hash") }
    return hash
  }
}

extension HeadName {
  /// A place on one chain of each.
  static func rungs(of origins: Set<Origin>) -> [HeadName] {
    origins.sorted().map { HeadName(origin: $0, sequence: 1, prefix: .sixteen(7)) }
  }
}

extension Opening {
  /// Of a replica that holds something.
  static func sample(corpus: UInt64 = 1, mayAdopt: Bool = false, heads: HeadsHash = .number(1), remembered: [HeadsHash] = []) -> Opening {
    Opening(corpus: .number(corpus), mayAdopt: mayAdopt, heads: heads, remembered: remembered)
  }

  /// Of a replica that was just made.
  static func empty(corpus: UInt64) -> Opening {
    .sample(corpus: corpus, mayAdopt: true, heads: .ofNothing)
  }
}

extension Hello {
  static func sample(
    _ opening: Opening = .sample(heads: .number(2)), versions: ClosedRange<UInt64> = 1...1, nonce: UInt64 = 3, takesCompression: Bool = false
  ) -> Hello {
    Hello(
      oldestVersion: versions.lowerBound, newestVersion: versions.upperBound, corpus: opening.corpus, mayAdopt: opening.mayAdopt,
      heads: opening.heads, nonce: .sixteen(nonce), takesCompression: takesCompression, remembered: opening.remembered)
  }
}

extension Acknowledgment {
  static func sample(heads: HeadsHash = .number(99)) -> Acknowledgment {
    Acknowledgment(changes: 1, texts: 0, heads: heads)
  }
}
