// Every rule about which message may follow which is in this file, and nothing else: no bytes, no log, no line, no time. A message or an
// answer goes in, what to do comes out. The rules and the state table are those of Documentation/Protocol.md, section 19.

import DictaModels

/// One side of a sync.
///
/// A driver opens it, hands over each message as it comes, and carries out what is returned, in order, before it hands over the next one.
/// Some actions ask the log something: ``Action`` says which event answers them.
///
/// Once ``state`` is finished or failed nothing counts any more: every event is taken and gives no action.
public struct SyncSession: Hashable, Sendable {
  /// Who spoke first. It matters only where both could adopt the other's corpus.
  public enum Role: Hashable, Sendable {
    case caller
    case answerer
  }

  public enum State: Hashable, Sendable, CaseIterable {
    /// Nothing was sent.
    case idle
    /// HELLO was sent.
    case greeting
    /// HEADS was sent.
    case comparing
    /// RUNGS were sent, the peer's are awaited.
    case climbing
    /// Changes are being sent.
    case sending
    /// END was sent.
    case sent
    /// END was sent, and the peer's ACK has come.
    case acknowledged
    /// ACK was sent, and changes are still being sent.
    case settling
    /// END and ACK were sent, and the peer's ACK is awaited.
    case settled
    case finished
    case failed
  }

  public private(set) var state = State.idle

  /// How often each side had to wait for an answer: 1 where the hashes were equal, 3 where RUNGS were exchanged, else 2.
  public private(set) var roundTrips = 1

  /// How many shipments were asked for. Only the last one counts, from the moment on in which it was asked for.
  public private(set) var shipmentCount = 0

  /// Whether messages to the peer may be compressed.
  public private(set) var mayCompress = false

  /// Which snapshot the peer would take instead of the log.
  public private(set) var snapshotWish: SnapshotWish?

  /// What the peer said of all that was sent to it.
  public private(set) var peerAcknowledgment: Acknowledgment?

  private let role: Role
  private let nonce: Bytes16
  private let takesCompression: Bool

  /// What was sent first.
  private var hello: Hello?
  private var peerHeads: PeerHeads?
  /// Origins of which this side waits for RUNGS.
  private var missing: Set<Origin> = []
  /// Origins whose RUNGS were sent.
  private var told: Set<Origin> = []
  private var peerRungs: [HeadName] = []
  private var acknowledgment: Acknowledgment?

  /// How many changes the peer lacks and this side can't send any more.
  private var droppedCount = 0
  private var question: Question?

  /// What the log was asked, so that a driver that hands over a message before the answer is found out.
  private enum Question: Hashable {
    case suspicion
    case acknowledgment
  }

  /// - Parameter nonce: sixteen random bytes, drawn for this session.
  /// - Parameter takesCompression: whether messages to this side may be compressed.
  public init(role: Role, nonce: Bytes16, takesCompression: Bool) {
    self.role = role
    self.nonce = nonce
    self.takesCompression = takesCompression
  }

  /// Takes note of what happened.
  ///
  /// - Returns: what to do now, in this order.
  /// - Throws: why the session has failed, and perhaps what to tell the peer: ``ProtocolViolation/refusal``.
  /// - Precondition: Questions are answered once, before the next message.
  public mutating func handle(_ event: Event) throws(ProtocolViolation) -> [Action] {
    if state == .finished || state == .failed { return [] }
    do throws(ProtocolViolation) {
      switch event {
      case .opened(let opening): return greet(with: opening)
      case .received(let message): return try receive(message)
      case .suspected(let origins): return suspect(origins)
      case .shipped: return end()
      case .dropped(let count):
        droppedCount = count
        // Something was dropped while this side was sending, and it has told the peer already that what it had to give is safe.
        guard state != .settling else { throw ProtocolViolation.dropped(changes: count) }
        return end()
      case .acknowledged(let acknowledgment):
        // What the peer had to give is safe here. It isn't told so, for it would take that for the end.
        guard droppedCount == 0 else { throw ProtocolViolation.dropped(changes: droppedCount) }
        return acknowledge(acknowledgment)
      case .refused(let refusal):
        state = .failed
        return [.send(.refusal(refusal.inOneLine))]
      case .ended: throw ProtocolViolation.ended(in: state)
      }
    } catch {
      state = .failed
      throw error
    }
  }

  /// The state table.
  private mutating func receive(_ message: Message) throws(ProtocolViolation) -> [Action] {
    precondition(question == nil, "\(message.kind) was handed over before the log had answered")
    switch (state, message) {
    case (_, .refusal(let refusal)): throw .refused(refusal.inOneLine)

    case (.idle, .hello(let theirs)): return [.open(for: theirs)]
    case (.greeting, .hello(let theirs)): return try greet(theirs)

    case (.comparing, .heads(let theirs)): return try compare(theirs)

    case (.climbing, .rungs(let names)), (.sending, .rungs(let names)), (.sent, .rungs(let names)): return try climb(names)
    // The peer sent these before it knew that anything is suspected; it begins anew.
    case (.climbing, .changes), (.climbing, .end), (.climbing, .snapshot), (.climbing, .chunk): return []

    case (.sending, .snapshot(let manifest)), (.sent, .snapshot(let manifest)), (.acknowledged, .snapshot(let manifest)):
      return [.takeSnapshot(manifest)]
    case (.sending, .chunk(let chunk)), (.sent, .chunk(let chunk)), (.acknowledged, .chunk(let chunk)): return [.takeChunk(chunk)]

    case (.sending, .changes(let delivery)), (.sent, .changes(let delivery)), (.acknowledged, .changes(let delivery)):
      return [.receive(delivery)]
    case (.sending, .end), (.sent, .end), (.acknowledged, .end):
      question = .acknowledgment
      return [.acknowledge]

    case (.sent, .ack(let theirs)):
      peerAcknowledgment = theirs
      state = .acknowledged
      return []
    case (.settled, .ack(let theirs)):
      peerAcknowledgment = theirs
      return finish(ours: acknowledgment?.heads, theirs: theirs.heads)

    default: throw .unexpected(message.kind, in: state)
    }
  }

  // MARK: HELLO

  private mutating func greet(with opening: Opening) -> [Action] {
    precondition(state == .idle, "a session is opened once, not in state \(state)")
    let ours = Hello(
      corpus: opening.corpus, mayAdopt: opening.mayAdopt, heads: opening.heads, nonce: nonce, takesCompression: takesCompression,
      remembered: Array(opening.remembered.prefix(Hello.rememberedLimit)), snapshotWish: opening.snapshotWish)
    hello = ours
    state = .greeting
    return [.send(.hello(ours))]
  }

  private mutating func greet(_ theirs: Hello) throws(ProtocolViolation) -> [Action] {
    guard let ours = hello else { preconditionFailure("HELLO was sent before the state was greeting") }
    guard theirs.nonce != ours.nonce else { throw .echo }
    guard max(ours.oldestVersion, theirs.oldestVersion) <= min(ours.newestVersion, theirs.newestVersion) else {
      throw .noCommonVersion(ours: .init(of: ours), theirs: .init(of: theirs))
    }
    mayCompress = theirs.takesCompression
    snapshotWish = theirs.snapshotWish

    var actions: [Action] = []
    if ours.corpus != theirs.corpus {
      guard ours.mayAdopt || theirs.mayAdopt else { throw .otherCorpus(ours: ours.corpus, theirs: theirs.corpus) }
      if ours.mayAdopt, !theirs.mayAdopt || role == .caller { actions.append(.adopt(theirs.corpus)) }
    }
    // Who adopts holds no change and holds none afterwards, so the hashes that both said are still those of what they hold.
    if ours.heads == theirs.heads { return actions + finish(ours: ours.heads, theirs: theirs.heads) }
    state = .comparing
    roundTrips = 2
    return actions + [.sendHeads(sinceAnyOf: theirs.remembered)]
  }

  // MARK: HEADS and RUNGS

  private mutating func compare(_ theirs: PeerHeads) throws(ProtocolViolation) -> [Action] {
    if let base = theirs.base, hello?.remembered.contains(base) != true { throw .unknownBase(base) }
    peerHeads = theirs
    question = .suspicion
    return [.compare(theirs)]
  }

  private mutating func suspect(_ origins: Set<Origin>) -> [Action] {
    precondition(question == .suspicion, "nobody asked which origins are suspected")
    question = nil
    if origins.isEmpty { return ship() }
    missing = origins
    told = origins
    state = .climbing
    roundTrips = 3
    return [.sendRungs(of: origins)]
  }

  /// The peer's first RUNGS are of what it suspects, or its answer: only what is in them shows which. After that it owes an answer for exactly
  /// what is still missing, and nothing where nothing is. So neither side ever sends RUNGS more than twice.
  private mutating func climb(_ names: [HeadName]) throws(ProtocolViolation) -> [Action] {
    let named = Set(names.map(\.origin))
    guard peerRungs.isEmpty || named == missing else { throw .wrongRungs(of: named, awaited: missing) }
    roundTrips = 3
    peerRungs += names
    missing.subtract(named)
    let asked = named.subtracting(told)
    told.formUnion(asked)
    return (asked.isEmpty ? [] : [.sendRungs(of: asked)]) + (missing.isEmpty ? ship() : [])
  }

  // MARK: CHANGES, END and ACK

  private mutating func ship() -> [Action] {
    guard let peerHeads else { preconditionFailure("HEADS came before the state was \(state)") }
    state = .sending
    shipmentCount += 1
    droppedCount = 0
    return [.ship(to: peerHeads, peerRungs: peerRungs)]
  }

  private mutating func end() -> [Action] {
    switch state {
    case .sending: state = .sent
    case .settling: state = .settled
    default: preconditionFailure("nothing is being sent in state \(state)")
    }
    return [.send(.end)]
  }

  private mutating func acknowledge(_ ours: Acknowledgment) -> [Action] {
    precondition(question == .acknowledgment, "nobody asked for an ACK")
    question = nil
    acknowledgment = ours
    switch state {
    case .sending: state = .settling
    case .sent: state = .settled
    case .acknowledged: return [.send(.ack(ours))] + finish(ours: ours.heads, theirs: peerAcknowledgment?.heads)
    default: preconditionFailure("END isn't taken in state \(state)")
    }
    return [.send(.ack(ours))]
  }

  private mutating func finish(ours: HeadsHash?, theirs: HeadsHash?) -> [Action] {
    guard let ours, let theirs else { preconditionFailure("both have said what they hold before the end") }
    state = .finished
    return ours == theirs ? [.remember(ours), .finish(isEqual: true)] : [.finish(isEqual: false)]
  }
}
