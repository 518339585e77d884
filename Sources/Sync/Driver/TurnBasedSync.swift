import DictaModels

/// One side of a sync over a line that carries one direction at a time: requests and responses, radio, letters.
///
/// It does one thing at a time when it is told to: takes in what the peer said, or gives what is to be said next. It runs no task and reads no
/// clock.
///
/// ```swift
/// var side = TurnBasedSync(archive, as: .caller, with: "the hub")
/// while !side.isOver {
///   var request: [UInt8] = []
///   while let bytes = try await side.speak() { request += bytes }
///   try await side.hear(post(request))
/// }
/// print(side.report.isEqual)
/// ```
///
/// After an error ``speak()`` still gives what the peer should be told of it, if there is something.
public struct TurnBasedSync<Log: ChangeLog>: Sendable {
  /// What was done so far.
  public private(set) var report = SyncReport()

  /// Whether both sides are done.
  public var isFinished: Bool { session.state == .finished }

  /// Whether there is nothing more to say, and nothing to be heard.
  public var isOver: Bool { outbox.isEmpty && (isFinished || session.state == .failed) }

  /// Whether ``speak()`` has something to give. A caller begins.
  public var hasSomethingToSay: Bool { !outbox.isEmpty }

  /// Whether changes are sent. If not, the peer holds less in the end than it could.
  public var sendsChanges = true

  /// The origins of which the peer may hold another branch.
  package private(set) var suspects: Set<Origin> = []

  package let log: Log
  private let peer: String
  private let options: SyncOptions
  private var session: SyncSession
  private var reader: FrameReader
  private var outbox: [Outgoing]
  private var intake = SnapshotIntake()

  /// Whether what is being taken in is followed by the peer's END.
  private var isEndNext = false

  private enum Outgoing: Sendable {
    case preface
    case opening
    case message(Message)
    /// - number: which of the session's shipments it is; one that was begun anew makes the one before stop.
    case load(Load, number: Int)

    var isLoad: Bool { if case .load = self { true } else { false } }
    var isMessage: Bool { if case .message = self { true } else { false } }
    var isOpening: Bool { if case .opening = self { true } else { false } }
  }

  /// - Parameters:
  ///   - role: the caller speaks first.
  ///   - peer: how people know the other one. Errors name it.
  ///   - options: nobody watches the time here, so ``SyncOptions/stallLimit`` counts for nothing.
  public init(_ log: Log, as role: SyncSession.Role, with peer: String, options: SyncOptions = SyncOptions()) {
    var chance = SystemRandomNumberGenerator()
    self.init(log, as: role, with: peer, nonce: Bytes16(high: chance.next(), low: chance.next()), options: options)
  }

  package init(_ log: Log, as role: SyncSession.Role, with peer: String, nonce: Bytes16, options: SyncOptions) {
    self.log = log
    self.peer = peer
    self.options = options
    session = SyncSession(role: role, nonce: nonce, takesCompression: options.isCompressed)
    reader = FrameReader(allowsCompression: options.isCompressed)
    outbox = role == .caller ? [.opening, .preface] : [.preface]
  }

  // MARK: Hearing and speaking

  /// Takes in bytes of the peer, as they come; a frame may be cut anywhere.
  ///
  /// - Throws: ``ProtocolViolation``, `RefusedDelivery`, `MalformedBytes`, or what the log throws.
  public mutating func hear(_ bytes: [UInt8]) async throws {
    guard session.state != .finished, session.state != .failed else { return }
    report.bytesReceived += bytes.count
    reader.append(bytes)
    try await orTellPeer { side in
      while !side.isFinished, let message = try side.reader.next() {
        side.isEndNext = side.reader.nextKind == .end
        try await side.handle(.received(message))
      }
    }
  }

  /// Takes note that the peer will say no more.
  ///
  /// - Throws: ``ProtocolViolation`` if the sync isn't done.
  public mutating func hearEnd() async throws {
    try await orTellPeer { try await $0.handle(.ended) }
  }

  /// The next bytes to send; nil when the peer must be heard first. At most one delivery at a time (see ``SyncOptions/deliveryByteLimit``),
  /// and whatever else there is to say with it.
  ///
  /// - Throws: what the log throws.
  public mutating func speak() async throws -> [UInt8]? {
    var bytes: [UInt8] = []
    // What may fail comes first in a portion: nothing that is to be said is lost with it.
    while let next = outbox.first, bytes.isEmpty || next.isMessage {
      outbox.removeFirst()
      switch next {
      case .preface: bytes += Frame.preface
      case .opening: try await open()
      case .message(let message): bytes += frames(of: message)
      case .load(let load, let number):
        guard session.shipmentCount == number, session.state != .failed else { continue }
        bytes = try await ship(load, number)
      }
    }
    guard !bytes.isEmpty else { return nil }
    report.bytesSent += bytes.count
    options.progress?(report)
    return bytes
  }

  /// Opens the log, if that is still to be done. Else the first thing that is said does it.
  package mutating func open() async throws {
    outbox.removeAll(where: \.isOpening)
    guard session.state == .idle else { return }
    try await orTellPeer { side in try await side.handle(.opened(try await side.log.open(for: []))) }
  }

  private mutating func ship(_ load: Load, _ number: Int) async throws -> [UInt8] {
    var load = load
    var message: Message?
    try await orTellPeer { side in
      message = try await load.next(of: side.log, byteLimit: side.options.deliveryByteLimit)
      // END follows the last changes at once, so that the peer has to sync to disk only once.
      if load.isEmpty { try await side.handle(load.end) }
    }
    if !load.isEmpty { outbox.insert(.load(load, number: number), at: 0) }
    return message.map(frames) ?? []
  }

  private func frames(of message: Message) -> [UInt8] {
    FrameWriter(compresses: options.isCompressed && session.mayCompress).frames(of: message)
  }

  // MARK: Failing

  private mutating func orTellPeer(_ body: (inout Self) async throws -> Void) async throws {
    do {
      try await body(&self)
    } catch {
      if error.saysThatThePeerDropped { await log.noteDropped() }
      outbox.removeAll(where: \.isLoad)
      if let refusal = Refusal(of: error) {
        if session.state != .failed { _ = try? session.handle(.refused(refusal)) }
        outbox.append(.message(.refusal(refusal)))
      }
      throw error
    }
  }

  // MARK: Carrying out

  private mutating func handle(_ event: SyncSession.Event) async throws {
    for action in try session.handle(event) { try await carryOut(action) }
    report.roundTrips = session.roundTrips
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
      let load = sendsChanges ? try await Load(of: log, to: heads, peerRungs: rungs, wish: session.snapshotWish) : Load.nothing
      guard load.droppedChangeCount == 0 else { return try await handle(.dropped(changes: load.droppedChangeCount)) }
      outbox.append(.load(load, number: number))
    case .takeSnapshot(let manifest): note(try await intake.begin(manifest, log, peer))
    case .takeChunk(let chunk): note(try await intake.take(chunk, peer))
    case .receive(let delivery):
      let receipt = try await log.receive(delivery, from: peer, isLast: isEndNext)
      report.received += receipt.received
      report.texts += receipt.texts
      options.progress?(report)
    case .acknowledge:
      let heads = try await log.acknowledge()
      try await handle(.acknowledged(Acknowledgment(changes: report.received, texts: report.texts, heads: heads)))
    case .remember(let heads):
      try await log.remember(heads)
      report.heads = heads
    case .finish(let areHeadsEqual):
      report.isEqual = areHeadsEqual ? try await !log.hasUntold() : false
      report.add(session.peerAcknowledgment)
    }
  }
}

extension TurnBasedSync {
  /// - Parameter receipt: of a snapshot, if it is installed now.
  private mutating func note(_ receipt: Receipt?) {
    if let receipt {
      report.received += receipt.received
      report.snapshotBytes = intake.byteCount
    }
    options.progress?(report)
  }
}

extension Error {
  /// Whether the peer ended the session because it has dropped what this side lacks.
  var saysThatThePeerDropped: Bool {
    if case .refused(let refusal)? = self as? ProtocolViolation { refusal.code == .dropped } else { false }
  }
}

extension Refusal {
  /// What a peer may know of an error here; nil if nothing may be sent.
  init?(of error: any Error) {
    switch error {
    case let violation as ProtocolViolation:
      guard let refusal = violation.refusal else { return nil }
      self = refusal
    case is MalformedBytes: self.init(code: .malformed, message: "what came is no message: \(error)")
    case is RefusedDelivery, is RefusedSnapshot: self.init(code: .refusedChanges, message: "\(error)")
    case is CancellationError, is LineError: return nil
    // Paths and the like are nobody else's business.
    default: self.init(code: .unable, message: "it can't go on; its own error says why")
    }
  }
}

extension SyncReport {
  /// Counts what the peer took.
  mutating func add(_ acknowledgment: Acknowledgment?) {
    sent = acknowledgment?.changes ?? 0
    // The peer may say any number.
    let total = texts.addingReportingOverflow(acknowledgment?.texts ?? 0)
    texts = total.overflow ? .max : total.partialValue
  }
}
