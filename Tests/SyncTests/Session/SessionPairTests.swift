import DictaModels
import DictaSync
import DictaTestSupport
import Testing

/// Two sessions that talk to each other. What one says arrives in order, whenever.
struct SessionPair: Hashable {
  var left: SessionPeer
  var right: SessionPeer

  init(_ left: SessionPeer, _ right: SessionPeer) {
    (self.left, self.right) = (left, right)
  }

  init(calling left: SessionPeer, _ right: SessionPeer) throws(ProtocolViolation) {
    self.init(left, right)
    try self.left.call()
  }

  /// Something that may happen next.
  enum Step: CaseIterable {
    case leftHears, rightHears, leftShips, rightShips
  }

  var steps: [Step] {
    Step.allCases.filter { step in
      switch step {
      case .leftHears: !right.outbox.isEmpty
      case .rightHears: !left.outbox.isEmpty
      case .leftShips: left.unsent != nil
      case .rightShips: right.unsent != nil
      }
    }
  }

  mutating func take(_ step: Step) throws(ProtocolViolation) {
    switch step {
    case .leftHears: try left.hear(right.outbox.removeFirst())
    case .rightHears: try right.hear(left.outbox.removeFirst())
    case .leftShips: try left.shipOn()
    case .rightShips: try right.shipOn()
    }
  }

  mutating func run() throws(ProtocolViolation) {
    while let step = steps.first { try take(step) }
  }

  /// Whether both are done, and each took all of the shipment that was chosen by the rungs of everything that either suspects.
  var isComplete: Bool {
    func isComplete(_ peer: SessionPeer, _ other: SessionPeer) -> Bool {
      peer.state == .finished && peer.isEqual == true && peer.climbed == left.suspects.union(right.suspects)
        && other.taken.last == SessionPeer.delivery(of: peer.shipmentCount) && peer.session.roundTrips == (peer.climbed.isEmpty ? 2 : 3)
    }
    return isComplete(left, right) && isComplete(right, left)
  }
}

struct SessionPairTests {
  /// One side can't send any more what the other one lacks, or neither can.
  @Test(arguments: [(3, 0), (0, 4), (3, 4)], [[], [.number(1)]] as [Set<Origin>])
  func whatThePeerHasToGiveIsSafeBeforeASideFailsThatCantSend(dropped: (left: Int, right: Int), suspects: Set<Origin>) throws {
    let pair = try SessionPair(
      calling: SessionPeer(.caller, suspects: suspects, droppedCount: dropped.left),
      SessionPeer(.answerer, opening: .sample(heads: .number(2)), droppedCount: dropped.right))
    var known: Set<SessionPair> = []
    var open = [pair]
    while let pair = open.popLast() {
      guard known.insert(pair).inserted else { continue }
      if pair.steps.isEmpty {
        for (one, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
          #expect(one.state == .failed, "\(pair)")
          guard one.droppedCount > 0 else { continue }
          #expect(one.failure == .dropped(changes: one.droppedCount), "\(pair)")
          let all = other.droppedCount > 0 ? nil : SessionPeer.delivery(of: other.shipmentCount)
          #expect(one.taken.last == all, "\(pair)")
          guard other.droppedCount == 0, case .refused(let refusal)? = other.failure else { continue }
          #expect(refusal.code == .dropped && other.taken == [], "\(pair)")
        }
      }
      for step in pair.steps {
        var next = pair
        // Each keeps its own failure.
        try? next.take(step)
        open.append(next)
      }
    }
  }

  /// All subsets of three origins.
  static let suspicions = (0..<8).map { bits in Set((0..<3).filter { bits >> $0 & 1 == 1 }.map { Origin.number($0 + 1) }) }

  static func pair(_ left: Set<Origin>, _ right: Set<Origin>) throws -> SessionPair {
    try SessionPair(
      calling: SessionPeer(.caller, suspects: left), SessionPeer(.answerer, opening: .sample(heads: .number(2)), suspects: right))
  }

  @Test(arguments: suspicions, suspicions)
  func whateverEitherSuspectsAndWhateverTheTimingBothFinish(left: Set<Origin>, right: Set<Origin>) throws {
    var known: Set<SessionPair> = []
    var open = [try Self.pair(left, right), try Self.pair(left, right)]
    try open[1].right.call()
    var ends: Set<SessionPair> = []
    while let pair = open.popLast() {
      guard known.insert(pair).inserted else { continue }
      let steps = pair.steps
      if steps.isEmpty {
        ends.insert(pair)
        #expect(pair.isComplete, "\(pair)")
      }
      for step in steps {
        var next = pair
        try next.take(step)
        open.append(next)
      }
    }
    // Whoever began and whoever was faster, it ends in the same way.
    #expect(ends.count == 1)
  }

  @Test(arguments: suspicions, suspicions)
  func aConversationCutAnywhereFailsAndMayBeRepeated(left: Set<Origin>, right: Set<Origin>) throws {
    var pair = try Self.pair(left, right)
    var random = SeededRandom(seed: UInt64(left.count * 8 + right.count))
    while !pair.steps.isEmpty {
      for var peer in [pair.left, pair.right] where peer.state != .finished {
        let state = peer.state
        #expect(throws: ProtocolViolation.ended(in: state)) { try peer.handle(.ended) }
        #expect(peer.state == .failed)
        #expect(peer.isEqual == nil)
      }
      try pair.take(random.pick(pair.steps))
    }
    #expect(pair.isComplete)
  }

  @Test func besideChangesEachSaysFourThings() throws {
    var pair = try Self.pair([], [])
    var said: [MessageKind] = []
    while let step = pair.steps.first {
      if step == .rightHears { said.append(pair.left.outbox[0].kind) }
      try pair.take(step)
    }
    said.removeAll { $0 == .changes }
    #expect(said.prefix(2) == [.hello, .heads])
    #expect(said.count == 4 && said.contains(.end) && said.contains(.ack))
  }

  // MARK: Chance

  /// Something that a peer might say, sensible or not.
  private static func anything(_ random: inout SeededRandom) -> Message {
    func origins(_ random: inout SeededRandom) -> Set<Origin> { random.pick(suspicions) }
    switch random.next() % 8 {
    case 0:
      let opening = Opening.sample(
        corpus: random.next() % 20 == 0 ? 2 : 1, mayAdopt: random.happens(percent: 50), heads: .number(random.next() % 20),
        remembered: random.happens(percent: 50) ? [.number(7)] : [])
      return .hello(.sample(opening, versions: random.happens(percent: 95) ? 1...2 : 2...3, nonce: 1 + random.next() % 20))
    case 1:
      let base = random.happens(percent: 80) ? nil : HeadsHash.number(random.next() % 2)
      return .heads(PeerHeads(base: base, names: HeadName.rungs(of: origins(&random))))
    case 2: return .rungs(HeadName.rungs(of: origins(&random)))
    case 3: return .changes(SessionPeer.delivery(of: Int(random.next() % 4)))
    case 4: return .end
    case 5: return .ack(.sample(heads: .number(random.next() % 2)))
    case 6: return SessionTableTests.message(MessageKind.allCases[Int(random.next() % 6)])
    default: return random.happens(percent: 90) ? .end : .refusal(Refusal(code: .unable, message: "\u{0}"))
    }
  }

  @Test func aHundredThousandRandomMessagesNeverTrapNorGetAWordOutOfASessionThatEnded() throws {
    let seed: UInt64 = 20_260_727
    var random = SeededRandom(seed: seed)
    var (messageCount, ends) = (0, [SyncSession.State: Int]())
    while messageCount < 100_000 {
      var peer = SessionPeer(
        random.happens(percent: 50) ? .caller : .answerer,
        opening: random.happens(percent: 20) ? .empty(corpus: 1) : .sample(remembered: [.number(0)]),
        suspects: random.happens(percent: 50) ? [] : random.pick(Self.suspicions), heads: .number(random.next() % 2), nonce: 1)
      if random.happens(percent: 50) { try peer.call() }
      // Some peers try on a copy first what they say, mostly, so that many sessions get far.
      let care: UInt64 = random.pick([0, 80, 99])
      for _ in 0..<60 {
        let message = Self.anything(&random)
        messageCount += 1
        if random.happens(percent: care) {
          var copy = peer
          if (try? copy.hear(message)) == nil { continue }
        }
        let (before, said) = (peer.state, peer.outbox.count)
        do {
          try peer.hear(message)
          if random.happens(percent: 70) { try peer.shipOn() }
        } catch {
          #expect(peer.state == .failed, "seed \(seed), message \(messageCount)")
        }
        if before == .finished || before == .failed {
          #expect(peer.outbox.count == said && peer.state == before, "seed \(seed), message \(messageCount)")
        }
        if peer.state == .finished || peer.state == .failed { peer.unsent = nil }
      }
      #expect(peer.outbox.count { $0.kind == .rungs } <= 2, "seed \(seed), message \(messageCount)")
      ends[peer.state, default: 0] += 1
    }
    #expect(ends[.finished, default: 0] > 100 && ends[.failed, default: 0] > 100, "\(ends)")
  }
}
