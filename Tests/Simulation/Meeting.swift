// Devices meet: sessions over lines of every kind, and bundles.

import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport

extension Simulation {
  /// The most sessions that go on at a time.
  private static let sessionLimit = 3

  private func other(than index: Int, _ random: inout SeededRandom) -> Int {
    (index + 1 + Int(random.next() % UInt64(devices.count - 1))) % devices.count
  }

  private func newSession(_ left: Int, _ right: Int, fault: SimulatedLine.Fault, _ random: inout SeededRandom) -> SimulatedSession {
    var session = SimulatedSession(
      (devices[left].name, devices[left].archive), (devices[right].name, devices[right].archive), fault: fault, chance: random.next())
    noteWithheld(&session)
    return session
  }

  private func fault(_ random: inout SeededRandom) -> SimulatedLine.Fault {
    guard scenario.traits.contains(.badLines), random.happens(percent: 45) else { return .none }
    return random.pick([.cut, .cut, .cut, .corrupting, .corrupting, .repeating, .reordering])
  }

  // MARK: Sessions

  /// A whole session.
  mutating func sync(_ index: Int, _ random: inout SeededRandom) async throws {
    let peer = other(than: index, &random)
    try await sync(index, peer, fault: fault(&random), &random)
  }

  mutating func sync(_ index: Int, _ peer: Int, fault: SimulatedLine.Fault, _ random: inout SeededRandom) async throws {
    var session = newSession(index, peer, fault: fault, &random)
    trace.append("\(devices[index].name) syncs with \(devices[peer].name)\(fault == .none ? "" : " over a line that is \(fault)")")
    await session.begin()
    await session.run()
    guard try await judge(session) == .needlessly, findings.isEmpty else { return }
    // The next one knows exactly.
    trace.append("\(devices[index].name) syncs with \(devices[peer].name) once more")
    session = newSession(index, peer, fault: .none, &random)
    await session.begin()
    await session.run()
    let isNeedlessAgain = try await judge(session) == .needlessly
    check(!isNeedlessAgain, .noFalseAlarm, "\(session.names.joined(separator: " and ")) refuse each other twice, and neither lacks anything")
  }

  /// Everybody else syncs with a device and writes on top of what it holds.
  mutating func acknowledge(_ index: Int, _ random: inout SeededRandom) async throws {
    for peer in devices.indices where peer != index && findings.isEmpty {
      try await sync(peer, index, fault: fault(&random), &random)
      if findings.isEmpty { try await write(peer, &random) }
    }
  }

  /// Begins a session that goes on while other things happen.
  mutating func call(_ index: Int, _ random: inout SeededRandom) async throws {
    guard sessions.count < Self.sessionLimit else { return }
    let peer = other(than: index, &random)
    var session = newSession(index, peer, fault: fault(&random), &random)
    // Others may be going on with the same devices.
    session.isDisturbed = true
    session.hasNewcomer = devices[index].shadow.log.isEmpty || devices[peer].shadow.log.isEmpty
    trace.append("\(devices[index].name) calls \(devices[peer].name)")
    await session.begin()
    sessions.append(session)
  }

  /// Lets something happen in the sessions that go on, now in one and now in another.
  mutating func tick(_ random: inout SeededRandom) async throws {
    for _ in 0..<(1 + random.next() % 24) where !sessions.isEmpty && findings.isEmpty {
      let place = Int(random.next() % UInt64(sessions.count))
      var session = sessions.remove(at: place)
      await session.advance()
      if session.isOver {
        trace.append("\(session.names.joined(separator: " and ")) end their session")
        try await judge(session)
      } else {
        sessions.append(session)
      }
    }
    for name in Set(sessions.flatMap(\.names)).sorted() { try await catchUp(named: name) }
  }

  /// Ends all sessions that a device takes part in, because its program ends.
  mutating func hangUp(_ index: Int) async throws {
    let name = devices[index].name
    let ending = sessions.filter { $0.names.contains(name) }
    sessions.removeAll { $0.names.contains(name) }
    for var session in ending {
      await session.cut()
      try await judge(session, wasCut: true)
    }
  }

  private mutating func catchUp(named name: String) async throws {
    if let index = devices.firstIndex(where: { $0.name == name }) { try await catchUp(index) }
  }

  /// Says what must be true of a session that is over.
  @discardableResult
  private mutating func judge(_ session: SimulatedSession, wasCut: Bool = false) async throws -> RefusalOfDropped {
    tally.sessions += 1
    let names = session.names.joined(separator: " and ")
    for name in session.names { try await catchUp(named: name) }
    guard findings.isEmpty else { return .none }
    tally.suspicions += session.ends.reduce(0) { $0 + $1.suspects.count }
    let both = devices.filter { session.names.contains($0.name) }
    if session.line.hasFailed || wasCut {
      if both.count == 2, !session.isDisturbed, session.ends.allSatisfy({ $0.isEqual == true }) {
        check(both[0].shadow.heads == both[1].shadow.heads, .convergence, "\(names) say they are equal, over a bad line, and aren't")
      }
      if session.ends.contains(where: { $0.failure != nil }) {
        tally.brokenSessions += 1
        trace.append("  which fails: \(session.ends.compactMap { $0.failure.map { "\($0)" } }.joined(separator: "; "))")
      }
      return .none
    }
    if session.hasNewcomer { return .none }
    let refusal = try await judgeRefusal(in: session)
    guard refusal == .none else { return refusal }
    for (end, name) in zip(session.ends, session.names) {
      if let failure = end.failure { note(.noFalseAlarm, "the session of \(names) failed at \(name): \(failure)") }
    }
    check(!session.hasStalled, .noFalseAlarm, "\(names) wait for each other")
    let pair = both
    if isFaultless {
      check(session.ends.allSatisfy(\.suspects.isEmpty), .noFalseAlarm, "\(names) suspect a fork where there is none")
    }
    guard !session.isDisturbed, findings.isEmpty, pair.count == 2 else { return .none }
    for device in pair where try await device.archive.hasUntold() { return .none }
    check(session.ends.allSatisfy { $0.isEqual == true }, .convergence, "\(names) sync undisturbed, and aren't equal")
    check(pair[0].shadow.heads == pair[1].shadow.heads, .convergence, "\(names) say they are equal, and hold different changes")
    return .none
  }

  /// A replica that the history knows nothing of writes, and syncs.
  mutating func admitStranger(to index: Int) async throws {
    let stranger = MemoryLog(name: "a stranger", corpus: try await devices[index].archive.open(for: []).corpus, seed: scenario.seed &+ 3)
    let claim = Reference(type: "claim", id: newID())
    try stranger.write(writtenAt: 1) { $0.inserting(claim, [.field("text"): .string("from outside")]) }
    try await devices[index].archive.sync(with: stranger)
    try await catchUp(index)
  }

  // MARK: Bundles

  mutating func carryBundle(_ index: Int, _ random: inout SeededRandom) async throws {
    let peer = other(than: index, &random)
    // A bundle's reader doesn't become its writer's, unless it holds nothing.
    guard !devices[index].awaitsCorpus else { return }
    let known = random.happens(percent: 50) ? devices[peer].shadow.heads.map(HeadName.init) : []
    var bytes: [UInt8] = []
    do {
      _ = try await devices[index].archive.writeBundle(since: known, isCompressed: random.happens(percent: 30)) { bytes += $0 }
    } catch ProtocolViolation.dropped(let count) {
      trace.append("\(devices[index].name) can't write a bundle for \(devices[peer].name): something of \(count) changes was dropped")
      let isRight = known.isEmpty ? count == devices[index].reduced.count : count == withheldCount(devices[index], devices[peer].shadow)
      check(isRight || scenario.traits.contains(.copies), .noFalseAlarm, "\(devices[index].name) refuses a bundle because of \(count) changes")
      return
    }
    var damage = "whole"
    if scenario.traits.contains(.badLines), random.happens(percent: 40) {
      if random.happens(percent: 50) {
        damage = "cut off"
        bytes.removeLast(1 + Int(random.next() % UInt64(bytes.count)))
      } else {
        damage = "damaged"
        bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
      }
    }
    trace.append("a bundle of \(devices[index].name), \(damage), is read at \(devices[peer].name)")
    tally.bundles += 1
    var rest: [UInt8]? = bytes
    do {
      let receipt = try await devices[peer].archive.readBundle("bundle") {
        defer { rest = nil }
        return rest
      }
      // What it was to leave out is what the reader held, so nothing can be missing; but where an origin has forked, the writer can't tell
      // from heads it doesn't know what the reader holds.
      let isKnown = known.isEmpty || !scenario.traits.contains(.copies)
      if damage == "whole", isKnown { check(receipt.missing == 0, .causal, "a bundle made for \(devices[peer].name) lacks causes") }
      check(damage == "whole", .tamperEvident, "a bundle that is \(damage) was taken")
    } catch {
      check(damage != "whole", .noFalseAlarm, "a whole bundle was refused: \(error)")
    }
    try await catchUp(index)
    try await catchUp(peer)
  }
}
