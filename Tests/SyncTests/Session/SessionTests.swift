import DictaModels
import DictaSync
import DictaTestSupport
import Testing

struct SessionTests {
  private var caller = SessionPeer(.caller)
  private var answerer = SessionPeer(.answerer, opening: .sample(heads: .number(2)))

  private static func ended(_ caller: SessionPeer, _ answerer: SessionPeer) throws -> (caller: SessionPeer, answerer: SessionPeer) {
    var pair = try SessionPair(calling: caller, answerer)
    try pair.run()
    return (pair.left, pair.right)
  }

  // MARK: HELLO

  @Test func whereTheHashesAreEqualEachSaysOneThingAndIsDone() throws {
    var (caller, answerer) = (SessionPeer(.caller), SessionPeer(.answerer))
    try caller.call()
    #expect(caller.outbox.map(\.kind) == [.hello])
    try answerer.hear(caller.outbox[0])
    #expect(answerer.outbox.map(\.kind) == [.hello])
    try caller.hear(answerer.outbox[0])
    #expect(caller.outbox.count == 1)
    for peer in [caller, answerer] {
      #expect(peer.state == .finished)
      #expect(peer.isEqual == true)
      #expect(peer.remembered == .number(1))
      #expect(peer.session.roundTrips == 1)
    }
  }

  @Test func twoEmptyReplicasOfOneCorpusFinishAtOnce() throws {
    let (caller, answerer) = try Self.ended(SessionPeer(.caller, opening: .empty(corpus: 1)), SessionPeer(.answerer, opening: .empty(corpus: 1)))
    #expect(caller.isEqual == true && answerer.isEqual == true)
    #expect(caller.adopted == nil && answerer.adopted == nil)
  }

  @Test func ofTwoEmptyReplicasTheCallerAdopts() throws {
    let (caller, answerer) = try Self.ended(SessionPeer(.caller, opening: .empty(corpus: 1)), SessionPeer(.answerer, opening: .empty(corpus: 2)))
    #expect(caller.adopted == .number(2))
    #expect(answerer.adopted == nil)
    #expect(caller.isEqual == true && answerer.isEqual == true)
    #expect(caller.session.roundTrips == 1)
  }

  @Test func anEmptyCallerAdoptsAndTakesEverything() throws {
    let (caller, answerer) = try Self.ended(
      SessionPeer(.caller, opening: .empty(corpus: 1)), SessionPeer(.answerer, opening: .sample(corpus: 2)))
    #expect(caller.adopted == .number(2))
    #expect(answerer.adopted == nil)
    #expect(caller.isEqual == true && answerer.isEqual == true)
    #expect(caller.taken == [SessionPeer.delivery(of: 1)])
  }

  @Test func anEmptyAnswererAdoptsAndTakesEverything() throws {
    let (caller, answerer) = try Self.ended(
      SessionPeer(.caller, opening: .sample(corpus: 1)), SessionPeer(.answerer, opening: .empty(corpus: 2)))
    #expect(caller.adopted == nil)
    #expect(answerer.adopted == .number(1))
    #expect(caller.isEqual == true && answerer.isEqual == true)
  }

  @Test func anEmptyReplicaOfTheSameCorpusAdoptsNothing() throws {
    let (caller, answerer) = try Self.ended(SessionPeer(.caller, opening: .empty(corpus: 1)), answerer)
    #expect(caller.adopted == nil && answerer.adopted == nil)
    #expect(caller.isEqual == true)
  }

  @Test func adoptionComesBeforeAnythingThatIsTold() throws {
    var session = SyncSession(role: .caller, nonce: .sixteen(1), takesCompression: false)
    _ = try session.handle(.opened(.empty(corpus: 1)))
    let theirs = Hello.sample(.sample(corpus: 2, remembered: [.number(8)]))
    #expect(try session.handle(.received(.hello(theirs))) == [.adopt(.number(2)), .sendHeads(sinceAnyOf: [.number(8)])])
  }

  @Test func replicasOfDifferentCorporaBothSayWhy() throws {
    var caller = SessionPeer(.caller, opening: .sample(corpus: 1))
    var answerer = SessionPeer(.answerer, opening: .sample(corpus: 2))
    try caller.call()
    #expect(throws: ProtocolViolation.otherCorpus(ours: .number(2), theirs: .number(1))) { try answerer.hear(caller.outbox[0]) }
    #expect(answerer.outbox.map(\.kind) == [.hello, .refusal])
    #expect(throws: ProtocolViolation.otherCorpus(ours: .number(1), theirs: .number(2))) { try caller.hear(answerer.outbox[0]) }
    guard case .refusal(let refusal) = caller.outbox.last else {
      Issue.record("the caller refuses as well")
      return
    }
    #expect(refusal.code == .otherCorpus)
  }

  @Test(arguments: [2...3, 0...0] as [ClosedRange<UInt64>])
  func withoutACommonVersionThereIsNoSession(versions: ClosedRange<UInt64>) throws {
    var caller = caller
    try caller.call()
    let error = #expect(throws: ProtocolViolation.self) { try caller.hear(.hello(.sample(versions: versions))) }
    #expect(error?.refusal?.code == .noCommonVersion)
  }

  @Test(arguments: [0...1, 1...9] as [ClosedRange<UInt64>])
  func oneCommonVersionIsEnough(versions: ClosedRange<UInt64>) throws {
    var caller = caller
    try caller.call()
    try caller.hear(.hello(.sample(versions: versions)))
    #expect(caller.state == .comparing)
  }

  @Test func whoHearsItsOwnNonceSpeaksToAnEcho() throws {
    var caller = caller
    try caller.call()
    let error = #expect(throws: ProtocolViolation.echo) { try caller.hear(caller.outbox[0]) }
    #expect(error?.refusal == nil)
    #expect(caller.outbox.count == 1)
  }

  @Test func onlyAPeerThatTakesCompressionGetsIt() throws {
    var session = try SessionTableTests.session(in: .greeting, as: .caller)
    _ = try session.handle(.received(.hello(.sample(takesCompression: false))))
    #expect(!session.mayCompress)
    session = try SessionTableTests.session(in: .greeting, as: .caller)
    _ = try session.handle(.received(.hello(.sample(takesCompression: true))))
    #expect(session.mayCompress)
  }

  @Test func helloNamesSixteenHashesAtMost() throws {
    var session = SyncSession(role: .caller, nonce: .sixteen(1), takesCompression: false)
    let opening = Opening.sample(remembered: (1...20).map { .number($0) })
    guard case .send(.hello(let hello)) = try session.handle(.opened(opening)).first else {
      Issue.record("a session begins with HELLO")
      return
    }
    #expect(hello.remembered == (1...16).map { .number($0) })
  }

  @Test func twoThatBothCalledFinishAsWell() throws {
    var pair = SessionPair(
      SessionPeer(.caller, suspects: [.number(1)], nonce: 1),
      SessionPeer(.caller, opening: .sample(heads: .number(2)), suspects: [.number(2)], nonce: 2))
    try pair.left.call()
    try pair.right.call()
    try pair.run()
    #expect(pair.left.isEqual == true && pair.right.isEqual == true)
  }

  // MARK: HEADS

  @Test func headsMayRestOnHeadsThatWereNamed() throws {
    var caller = SessionPeer(.caller, opening: .sample(remembered: [.number(7), .number(8)]))
    try caller.call()
    try caller.hear(.hello(.sample()))
    try caller.hear(.heads(PeerHeads(base: .number(8), names: [])))
    #expect(caller.state == .sending)
  }

  @Test func headsThatRestOnAnythingElseAreRefused() throws {
    var caller = SessionPeer(.caller, opening: .sample(remembered: [.number(7)]))
    try caller.call()
    try caller.hear(.hello(.sample(.sample(heads: .number(2), remembered: [.number(8)]))))
    let error = #expect(throws: ProtocolViolation.unknownBase(.number(8))) {
      try caller.hear(.heads(PeerHeads(base: .number(8), names: [])))
    }
    #expect(error?.refusal?.code == .malformed)
  }

  // MARK: What was dropped

  @Test func whatIsDroppedWhileASideSendsEndsItAsIfItHadBeenBefore() throws {
    var sending = try SessionTableTests.session(in: .sending, as: .caller)
    #expect(try sending.handle(.dropped(changes: 2)) == [.send(.end)])
    #expect(sending.state == .sent)
    // The peer was told already that all it had to give is safe.
    var settling = try SessionTableTests.session(in: .settling, as: .caller)
    #expect(throws: ProtocolViolation.dropped(changes: 2)) { try settling.handle(.dropped(changes: 2)) }
    #expect(settling.state == .failed)
  }

  // MARK: RUNGS

  @Test func whoSuspectsNothingAnswersAndBeginsAnew() throws {
    var (caller, answerer) = (SessionPeer(.caller, suspects: [.number(1)]), answerer)
    try caller.call()
    try answerer.hear(caller.outbox.removeFirst())
    try caller.hear(answerer.outbox.removeFirst())
    try answerer.hear(caller.outbox.removeFirst())
    try answerer.shipAll()
    #expect(answerer.state == .sent)

    for message in answerer.outbox { try caller.hear(message) }
    #expect(answerer.outbox.map(\.kind) == [.heads, .changes, .end])
    #expect(caller.state == .climbing)
    #expect(caller.taken.isEmpty)

    answerer.outbox = []
    try answerer.hear(caller.outbox.removeFirst())
    #expect(answerer.state == .sending)
    try answerer.shipAll()
    #expect(answerer.outbox.map(\.kind) == [.rungs, .changes, .end])
    for message in answerer.outbox { try caller.hear(message) }
    #expect(caller.state == .settling)
    #expect(caller.taken == [SessionPeer.delivery(of: 2)])
    #expect(caller.session.roundTrips == 3 && answerer.session.roundTrips == 3)
  }

  @Test func whoSuspectsLessAnswersOnlyForTheRest() throws {
    var session = try SessionTableTests.session(in: .climbing, as: .caller)
    let rungs = HeadName.rungs(of: [.number(5), .number(6)])
    let ship = SyncSession.Action.ship(to: PeerHeads(names: []), peerRungs: rungs)
    #expect(try session.handle(.received(.rungs(rungs))) == [.sendRungs(of: [.number(6)]), ship])
  }

  @Test func whoSuspectsSomethingElseAnswersAndWaitsOn() throws {
    var session = try SessionTableTests.session(in: .climbing, as: .caller)
    #expect(try session.handle(.received(.rungs(HeadName.rungs(of: [.number(6)])))) == [.sendRungs(of: [.number(6)])])
    #expect(session.state == .climbing)
    let ship = SyncSession.Action.ship(to: PeerHeads(names: []), peerRungs: HeadName.rungs(of: [.number(6)]) + HeadName.rungs(of: [.number(5)]))
    #expect(try session.handle(.received(.rungs(HeadName.rungs(of: [.number(5)])))) == [ship])
    #expect(session.state == .sending)
  }

  @Test func aSecondAnswerThatLeavesOutWhatIsAwaitedIsRefused() throws {
    var session = try SessionTableTests.session(in: .climbing, as: .caller)
    _ = try session.handle(.received(.rungs(HeadName.rungs(of: [.number(6)]))))
    let error = #expect(throws: ProtocolViolation.wrongRungs(of: [.number(7)], awaited: [.number(5)])) {
      try session.handle(.received(.rungs(HeadName.rungs(of: [.number(7)]))))
    }
    #expect(error?.refusal?.code == .malformed)
  }

  @Test func aThirdAnswerIsRefused() throws {
    var session = try SessionTableTests.session(in: .climbing, as: .caller)
    for number in [6, 5] as [UInt64] { _ = try session.handle(.received(.rungs(HeadName.rungs(of: [.number(number)])))) }
    #expect(throws: ProtocolViolation.wrongRungs(of: [.number(5)], awaited: [])) {
      try session.handle(.received(.rungs(HeadName.rungs(of: [.number(5)]))))
    }
  }

  // MARK: The end

  @Test func whatEachHoldsInTheEndIsCompared() throws {
    let (caller, answerer) = try Self.ended(caller, SessionPeer(.answerer, opening: .sample(heads: .number(2)), heads: .number(98)))
    for peer in [caller, answerer] {
      #expect(peer.isEqual == false)
      #expect(peer.remembered == nil)
      #expect(peer.session.roundTrips == 2)
    }
    #expect(caller.session.peerAcknowledgment == Acknowledgment(changes: 1, texts: 0, heads: .number(98)))
  }

  @Test func allMayBeSentWhileWhatCameIsBeingSynced() throws {
    var session = try SessionTableTests.session(in: .sending, as: .caller)
    #expect(try session.handle(.received(.end)) == [.acknowledge])
    #expect(try session.handle(.shipped) == [.send(.end)])
    #expect(try session.handle(.acknowledged(.sample())) == [.send(.ack(.sample()))])
    #expect(session.state == .settled)
  }

  @Test(arguments: SessionTableTests.statesBeforeTheEnd)
  func whoseLogFailsTellsThePeer(state: SyncSession.State) throws {
    var session = try SessionTableTests.session(in: state, as: .answerer)
    let refusal = Refusal(code: .refusedChanges, message: "change 3\nis malformed")
    let told = Refusal(code: .refusedChanges, message: "change 3 is malformed")
    #expect(try session.handle(.refused(refusal)) == [.send(.refusal(told))])
    #expect(session.state == .failed)
  }

  @Test(arguments: SessionTableTests.statesBeforeTheEnd)
  func aStreamThatEndsTooSoonFailsTheSession(state: SyncSession.State) throws {
    var session = try SessionTableTests.session(in: state, as: .caller)
    let error = #expect(throws: ProtocolViolation.ended(in: state)) { try session.handle(.ended) }
    #expect(error?.refusal == nil)
    #expect(session.state == .failed)
  }

  @Test(arguments: [SyncSession.State.finished, .failed])
  func nothingCountsAfterTheEnd(state: SyncSession.State) throws {
    let events: [SyncSession.Event] = [.opened(.sample()), .suspected([]), .shipped, .acknowledged(.sample()), .ended]
    for event in events + [.refused(Refusal(code: .unable, message: ""))] + MessageKind.allCases.map({ .received(SessionTableTests.message($0)) }) {
      var session = try SessionTableTests.session(in: state, as: .caller)
      #expect(try session.handle(event) == [])
      #expect(session.state == state)
    }
  }

  @Test func whatAPeerSaysForPeopleFitsALine() throws {
    var session = try SessionTableTests.session(in: .sending, as: .caller)
    let message = "disk\r\nfull\u{1B}[2J\u{2028}" + String(repeating: "é", count: 4096)
    let error = #expect(throws: ProtocolViolation.self) { try session.handle(.received(.refusal(Refusal(code: .unable, message: message)))) }
    guard case .refused(let refusal) = error else {
      Issue.record("a REFUSAL is passed on")
      return
    }
    #expect(refusal.message.hasPrefix("disk  full [2J éé"))
    #expect((4093...4096).contains(refusal.message.utf8.count))
    #expect(error?.refusal == nil)
  }

  @Test(
    arguments: [
      .unexpected(.end, in: .idle), .echo, .otherCorpus(ours: .number(1), theirs: .number(2)), .unknownBase(.number(1)),
      .wrongRungs(of: Set((1...5).map(Origin.number)), awaited: []), .refused(Refusal(code: .unable, message: "")), .ended(in: .settled),
      .dropped(changes: 1), .dropped(changes: 2), .refused(Refusal(code: .dropped, message: "")),
    ] as [ProtocolViolation])
  func everyErrorSaysWhatItMeansForTheData(error: ProtocolViolation) {
    #expect(error.description.contains("Nothing was "))
    #expect(!error.description.contains("\n"))
  }
}
