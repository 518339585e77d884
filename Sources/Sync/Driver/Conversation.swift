// Runs a session between a log and a line. The session decides; this file only carries out, and doesn't know which message may follow
// which.
//
// One task reads: it hands each message to the session and carries out what the session says, before it reads on. Another one writes what
// waits to be sent. Neither waits for the other, so two peers that both write can't block each other.

import DictaModels
import Synchronization

final class Conversation<Log: ChangeLog, Line: ByteStream>: Sendable {
  private let log: Log
  private let line: Line
  private let peer: String
  private let role: SyncSession.Role
  private let options: SyncOptions
  private let state: Mutex<State>
  private let outbox: AsyncStream<Outgoing>
  private let postman: AsyncStream<Outgoing>.Continuation
  /// Ends when the outbox is empty and nothing more comes.
  private let delivered: AsyncStream<Never>
  private let lastDelivery: AsyncStream<Never>.Continuation

  private struct State {
    var session: SyncSession
    var report = SyncReport()
    var intake = SnapshotIntake()
    /// Whether what is being taken in is followed by the peer's END.
    var isEndNext = false
    /// When the line last moved; nil while this side is at work itself.
    var quietSince: ContinuousClock.Instant? = .now
  }

  private enum Outgoing: Sendable {
    case message(Message)
    /// - number: which of the session's shipments it is; one that was begun anew makes the one before stop.
    case load(Load, number: Int)
  }

  init(_ log: Log, _ line: Line, as role: SyncSession.Role, with peer: String, nonce: Bytes16, options: SyncOptions) {
    self.log = log
    self.line = line
    self.role = role
    self.peer = peer
    self.options = options
    state = Mutex(State(session: SyncSession(role: role, nonce: nonce, takesCompression: options.isCompressed)))
    (outbox, postman) = AsyncStream.makeStream()
    (delivered, lastDelivery) = AsyncStream.makeStream()
  }

  func run() async throws -> SyncReport {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.readAll() }
      group.addTask { try await self.writeAll() }
      var running = 2
      if let limit = options.stallLimit { group.addTask { try await self.watch(limit) } }
      while running > 0 {
        try await group.next()
        running -= 1
      }
      group.cancelAll()
    }
    return state.withLock { $0.report }
  }

  /// How long one direction may take to end once the other has failed: enough for a REFUSAL on its way.
  private static var grace: Duration { .seconds(2) }

  // MARK: Reading

  private func readAll() async throws {
    do {
      try await converse()
    } catch {
      if error.saysThatThePeerDropped { await log.noteDropped() }
      let isTold = tellPeer(why: error)
      postman.finish()
      if isTold { await first(of: { for await _ in self.delivered {} }, { try? await Task.sleep(for: Self.grace) }) }
      throw error
    }
    postman.finish()
  }

  /// - Returns: whether there was something to tell.
  private func tellPeer(why error: any Error) -> Bool {
    if let violation = error as? ProtocolViolation {
      guard let refusal = violation.refusal else { return false }
      postman.yield(.message(.refusal(refusal)))
      return true
    }
    guard let refusal = Refusal(of: error) else { return false }
    _ = try? decide(.refused(refusal))
    return true
  }

  private func converse() async throws {
    if role == .caller { try await handle(.opened(try await log.open(for: []))) }
    var reader = FrameReader(allowsCompression: options.isCompressed)
    while !isFinished {
      state.withLock { $0.quietSince = .now }
      let bytes = try await line.read()
      state.withLock { $0.quietSince = nil }
      guard let bytes else {
        try await handle(.ended)
        return
      }
      state.withLock { $0.report.bytesReceived += bytes.count }
      reader.append(bytes)
      while !isFinished, let message = try reader.next() {
        state.withLock { $0.isEndNext = reader.nextKind == .end }
        try await handle(.received(message))
      }
    }
  }

  private var isFinished: Bool { state.withLock { $0.session.state == .finished } }

  // MARK: Carrying out

  private func handle(_ event: SyncSession.Event) async throws {
    for action in try decide(event) { try await carryOut(action) }
  }

  /// What the session makes of an event. What it sends is queued before the other task can be told anything.
  ///
  /// - Returns: what else is to be done.
  private func decide(_ event: SyncSession.Event, ifCurrent number: Int? = nil) throws -> [SyncSession.Action] {
    try state.withLock { state in
      if let number, state.session.shipmentCount != number { return [] }
      return try state.session.handle(event).filter { action in
        guard case .send(let message) = action else { return true }
        postman.yield(.message(message))
        return false
      }
    }
  }

  private func carryOut(_ action: SyncSession.Action) async throws {
    switch action {
    case .open(let hello):
      try await handle(.opened(try await log.open(for: hello.remembered)))
      try await handle(.received(.hello(hello)))
    case .send: break  // Queued already.
    case .adopt(let corpus): try await log.adopt(corpus)
    case .sendHeads(let bases): postman.yield(.message(.heads(try await log.heads(sinceAnyOf: bases))))
    case .compare(let heads): try await handle(.suspected(try await log.compare(with: heads)))
    case .sendRungs(let origins):
      let rungs = try await log.rungs(of: origins)
      if !rungs.isEmpty { postman.yield(.message(.rungs(rungs))) }
    case .ship(let heads, let rungs):
      let (number, wish) = state.withLock { ($0.session.shipmentCount, $0.session.snapshotWish) }
      let load = try await Load(of: log, to: heads, peerRungs: rungs, wish: wish)
      guard load.droppedChangeCount == 0 else { return try await handle(.dropped(changes: load.droppedChangeCount)) }
      postman.yield(.load(load, number: number))
    case .takeSnapshot(let manifest): try await takeIn { try await $0.begin(manifest, log, peer) }
    case .takeChunk(let chunk): try await takeIn { try await $0.take(chunk, peer) }
    case .receive(let delivery): try await receive(delivery)
    case .acknowledge:
      let heads = try await log.acknowledge()
      let report = state.withLock { $0.report }
      try await handle(.acknowledged(Acknowledgment(changes: report.received, texts: report.texts, heads: heads)))
    case .remember(let heads):
      try await log.remember(heads)
      report { report, _ in report.heads = heads }
    case .finish(let areHeadsEqual):
      let isEqual = areHeadsEqual ? try await !log.hasUntold() : false
      report { report, session in
        report.isEqual = isEqual
        report.roundTrips = session.roundTrips
        report.add(session.peerAcknowledgment)
      }
    }
  }

  private func takeIn(_ step: (inout SnapshotIntake) async throws -> Receipt?) async throws {
    var intake = state.withLock { $0.intake }
    let receipt = try await step(&intake)
    report { report, _ in
      report.received += receipt?.received ?? 0
      if receipt != nil { report.snapshotBytes = intake.byteCount }
    }
    state.withLock { $0.intake = intake }
  }

  private func receive(_ delivery: Delivery) async throws {
    let receipt = try await log.receive(delivery, from: peer, isLast: state.withLock { $0.isEndNext })
    report { report, _ in
      report.received += receipt.received
      report.texts += receipt.texts
    }
  }

  private func report(_ change: (inout SyncReport, SyncSession) -> Void) {
    let report = state.withLock { state in
      change(&state.report, state.session)
      return state.report
    }
    options.progress?(report)
  }

  // MARK: Writing

  private func writeAll() async throws {
    do {
      try await write(Frame.preface)
      for await outgoing in outbox {
        switch outgoing {
        case .message(let message): try await write(message)
        case .load(let load, let number): try await ship(load, number)
        }
      }
      try await line.finish()
      lastDelivery.finish()
    } catch {
      lastDelivery.finish()
      // The peer may have said why it takes no more.
      try await Task.sleep(for: Self.grace)
      throw error
    }
  }

  private func ship(_ load: Load, _ number: Int) async throws {
    var load = load
    while isCurrent(number), let message = try await next(of: &load) { try await write(message) }
    for action in try await orTellPeer({ try decide(load.end, ifCurrent: number) }) { try await carryOut(action) }
  }

  /// The next part of a load.
  private func next(of load: inout Load) async throws -> Message? {
    try await orTellPeer { try await load.next(of: log, byteLimit: options.deliveryByteLimit) }
  }

  /// If this fails, the peer is told before the line ends.
  private func orTellPeer<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      if let refusal = Refusal(of: error) { try? await write(.refusal(refusal)) }
      throw error
    }
  }

  private func isCurrent(_ number: Int) -> Bool {
    state.withLock { $0.session.shipmentCount == number && $0.session.state != .failed }
  }

  private func write(_ message: Message) async throws {
    let compresses = options.isCompressed && state.withLock { $0.session.mayCompress }
    try await write(FrameWriter(compresses: compresses).frames(of: message))
  }

  private func write(_ bytes: [UInt8]) async throws {
    try await line.write(bytes)
    let report = state.withLock { state in
      state.report.bytesSent += bytes.count
      if state.quietSince != nil { state.quietSince = .now }
      return state.report
    }
    options.progress?(report)
  }

  // MARK: Watching

  /// Ends a session whose peer neither sends nor takes a byte. While this side is at work itself nobody is to blame.
  private func watch(_ limit: Duration) async throws {
    while true {
      let quietSince = state.withLock { $0.quietSince ?? .now }
      let deadline = quietSince + limit
      if deadline <= .now { throw LineError.stalled(limit) }
      try await Task.sleep(until: deadline)
    }
  }
}

/// Waits until one of two is done, and cancels the other.
private func first(of one: @escaping @Sendable () async -> Void, _ other: @escaping @Sendable () async -> Void) async {
  await withTaskGroup(of: Void.self) { group in
    group.addTask(operation: one)
    group.addTask(operation: other)
    await group.next()
    group.cancelAll()
  }
}
