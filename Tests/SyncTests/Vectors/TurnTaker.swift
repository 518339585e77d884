import DictaModels
import DictaSync

/// One side of a session that takes turns: it does and sends all that a message gives cause for before it hears the next one.
///
/// So what it says depends on nothing but what it holds and hears, byte for byte. The real driver does several things at once.
struct TurnTaker<Log: ChangeLog> {
  let log: Log
  let peer: String
  let byteLimit: Int
  private(set) var session: SyncSession
  private var reader = FrameReader()

  /// All that it has said.
  private(set) var stream = Frame.preface
  private(set) var said: [Message] = []

  /// Nil until the session has ended; then whether both hold the same.
  private(set) var isEqual: Bool?

  /// Why the session failed.
  private(set) var failure: (any Error)?
  private var received = Receipt()

  init(_ log: Log, as role: SyncSession.Role, nonce: Bytes16, byteLimit: Int) {
    (self.log, self.byteLimit) = (log, byteLimit)
    peer = role == .caller ? "answerer" : "caller"
    session = SyncSession(role: role, nonce: nonce, takesCompression: false)
  }

  /// Begins as a caller does.
  mutating func call() async {
    await attempt { side in try await side.handle(.opened(try await side.log.open(for: []))) }
  }

  mutating func hear(_ bytes: some Collection<UInt8>) async {
    guard failure == nil, isEqual == nil else { return }
    reader.append(bytes)
    await attempt { side in
      while side.isEqual == nil, let message = try side.reader.next() { try await side.handle(.received(message)) }
    }
  }

  /// The peer says no more.
  mutating func end() async {
    guard failure == nil, isEqual == nil else { return }
    await attempt { side in try await side.handle(.ended) }
  }

  private mutating func attempt(_ body: (inout Self) async throws -> Void) async {
    do {
      try await body(&self)
    } catch {
      failure = error
      tellPeer(why: error)
    }
  }

  private mutating func tellPeer(why error: any Error) {
    switch error {
    case let violation as ProtocolViolation: if let refusal = violation.refusal { say(.refusal(refusal)) }
    case let error as RefusedSnapshot: say(.refusal(Refusal(code: .refusedChanges, message: "\(error)")))
    case let error as RefusedDelivery: say(.refusal(Refusal(code: .refusedChanges, message: "\(error)")))
    case let error as MalformedBytes: say(.refusal(Refusal(code: .malformed, message: "\(error)")))
    default: say(.refusal(Refusal(code: .unable, message: "\(error)")))
    }
  }

  private mutating func say(_ message: Message) {
    said.append(message)
    stream += FrameWriter().frames(of: message)
  }

  private mutating func handle(_ event: SyncSession.Event) async throws {
    for action in try session.handle(event) { try await carryOut(action) }
  }

  private mutating func carryOut(_ action: SyncSession.Action) async throws {
    switch action {
    case .open(let hello):
      try await handle(.opened(try await log.open(for: hello.remembered)))
      try await handle(.received(.hello(hello)))
    case .send(let message): say(message)
    case .adopt(let corpus): try await log.adopt(corpus)
    case .sendHeads(let bases): say(.heads(try await log.heads(sinceAnyOf: bases)))
    case .compare(let heads): try await handle(.suspected(try await log.compare(with: heads)))
    case .sendRungs(let origins):
      let rungs = try await log.rungs(of: origins)
      if !rungs.isEmpty { say(.rungs(rungs)) }
    case .ship(let heads, let rungs):
      var shipment = try await log.shipment(to: heads, peerRungs: rungs)
      while let delivery = try await log.nextDelivery(of: &shipment, byteLimit: byteLimit) { say(.changes(delivery)) }
      try await handle(.shipped)
    case .receive(let delivery):
      let receipt = try await log.receive(delivery, from: peer)
      received.received += receipt.received
      received.texts += receipt.texts
    case .takeSnapshot(let manifest): _ = try await log.take(manifest, from: peer)
    case .takeChunk(let chunk):
      throw RefusedSnapshot(sender: peer, origin: Origin(raw: .zero), reason: .wrongChunk(chunk.number))
    case .acknowledge:
      let heads = try await log.acknowledge()
      try await handle(.acknowledged(Acknowledgment(changes: received.received, texts: received.texts, heads: heads)))
    case .remember(let heads): try await log.remember(heads)
    case .finish(let isEqual): self.isEqual = isEqual
    }
  }

  var outcome: String {
    switch isEqual {
    case true?: "equal"
    case false?: "unequal"
    case nil: failure == nil ? "unfinished" : "failed"
    }
  }
}
