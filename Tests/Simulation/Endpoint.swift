import DictaModels
import DictaSync

/// One side of a session, which does one thing at a time when it is told to: hears some bytes, or says something.
///
/// The machine, the codec and the log are the real ones; the driver that runs them side by side is replaced, because what happens first
/// must follow from the seed alone.
struct Endpoint<Log: ChangeLog> {
  let log: Log
  private let peer: String
  private let byteLimit: Int
  private var session: SyncSession
  private var reader: FrameReader
  private var outbox: [Outgoing] = [.preface]
  private var received = Receipt()
  private let takesCompression: Bool

  /// Whether both hold the same; nil until it is known.
  private(set) var isEqual: Bool?
  private(set) var failure: (any Error)?
  private(set) var suspects: Set<Origin> = []
  private(set) var roundTrips = 1

  private enum Outgoing {
    case preface
    case message(Message)
    case shipment(Shipment, number: Int)
  }

  init(_ log: Log, as role: SyncSession.Role, with peer: String, nonce: Bytes16, byteLimit: Int, takesCompression: Bool) {
    (self.log, self.peer, self.byteLimit, self.takesCompression) = (log, peer, byteLimit, takesCompression)
    session = SyncSession(role: role, nonce: nonce, takesCompression: takesCompression)
    reader = FrameReader(allowsCompression: takesCompression)
  }

  /// Whether it neither says nor hears anything any more.
  var isOver: Bool { outbox.isEmpty && (isEqual != nil || failure != nil) }

  var hasSomethingToSay: Bool { !outbox.isEmpty }

  // MARK: What it is told to do

  mutating func call() async {
    await attempt { side in try await side.handle(.opened(try await side.log.open(for: []))) }
  }

  mutating func hear(_ bytes: [UInt8]?) async {
    guard failure == nil, isEqual == nil else { return }
    guard let bytes else { return await attempt { side in try await side.handle(.ended) } }
    reader.append(bytes)
    await attempt { side in
      while side.isEqual == nil, let message = try side.reader.next() { try await side.handle(.received(message)) }
    }
  }

  /// The next bytes to send.
  mutating func speak() async -> [UInt8] {
    guard !outbox.isEmpty else { return [] }
    switch outbox.removeFirst() {
    case .preface: return Frame.preface
    case .message(let message): return frames(of: message)
    case .shipment(var shipment, let number):
      guard session.shipmentCount == number, failure == nil else { return [] }
      do {
        if let delivery = try await log.nextDelivery(of: &shipment, byteLimit: byteLimit) {
          outbox.insert(.shipment(shipment, number: number), at: 0)
          return frames(of: .changes(delivery))
        }
        try await handle(.shipped)
      } catch {
        fail(error)
      }
      return []
    }
  }

  private func frames(of message: Message) -> [UInt8] {
    FrameWriter(compresses: takesCompression && session.mayCompress, compressionLevel: 1).frames(of: message)
  }

  // MARK: What it does then

  private mutating func attempt(_ body: (inout Self) async throws -> Void) async {
    do {
      try await body(&self)
    } catch {
      fail(error)
    }
  }

  private mutating func fail(_ error: any Error) {
    guard failure == nil else { return }
    failure = error
    outbox.removeAll { if case .shipment = $0 { true } else { false } }
    let refusal: Refusal? =
      switch error {
      case let violation as ProtocolViolation: violation.refusal
      case is RefusedDelivery: Refusal(code: .refusedChanges, message: "\(error)")
      case is MalformedBytes: Refusal(code: .malformed, message: "\(error)")
      default: Refusal(code: .unable, message: "it can't go on")
      }
    if let refusal { outbox.append(.message(.refusal(refusal))) }
  }

  private mutating func handle(_ event: SyncSession.Event) async throws {
    for action in try session.handle(event) { try await carryOut(action) }
    roundTrips = session.roundTrips
  }

  private mutating func carryOut(_ action: SyncSession.Action) async throws {
    switch action {
    case .open(let hello):
      try await handle(.opened(try await log.open(for: hello.remembered)))
      try await handle(.received(.hello(hello)))
    case .send(let message): outbox.append(.message(message))
    case .adopt(let corpus): try await log.adopt(corpus)
    case .sendHeads(let bases): outbox.append(.message(.heads(try await log.heads(sinceAnyOf: bases))))
    case .compare(let heads):
      suspects = try await log.compare(with: heads)
      try await handle(.suspected(suspects))
    case .sendRungs(let origins):
      let rungs = try await log.rungs(of: origins)
      if !rungs.isEmpty { outbox.append(.message(.rungs(rungs))) }
    case .ship(let heads, let rungs):
      let number = session.shipmentCount
      outbox.append(.shipment(try await log.shipment(to: heads, peerRungs: rungs), number: number))
    case .receive(let delivery):
      let receipt = try await log.receive(delivery, from: peer)
      received.received += receipt.received
      received.texts += receipt.texts
    case .acknowledge:
      let heads = try await log.acknowledge()
      try await handle(.acknowledged(Acknowledgment(changes: received.received, texts: received.texts, heads: heads)))
    case .remember(let heads): try await log.remember(heads)
    case .finish(let areHeadsEqual): isEqual = areHeadsEqual ? try await !log.hasUntold() : false
    }
  }
}
