import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport

/// A history of a few devices in one process: real archives on real files, real sessions over lines that do what lines do, and time and
/// chance that follow from a seed.
///
/// Beside each archive goes a ``MemoryReplica`` that is told the same changes, and beside all of them a ``NaiveModel`` that knows what
/// each writer meant. Whatever differs is a ``Finding``.
///
/// ```swift
/// let outcome = await Simulation.run(Scenario(seed: 77))
/// print(outcome.findings)
/// ```
public struct Simulation {
  /// What came of a history.
  public struct Outcome: Sendable {
    public let findings: [Finding]
    public let tally: Tally

    /// What happened, for people.
    public let trace: [String]
  }

  let scenario: Scenario
  var devices: [Device] = []
  var sessions: [SimulatedSession] = []
  var model = NaiveModel()

  /// Every change that was ever written.
  var written: [ChangeID: Change] = [:]
  var findings: [Finding] = []
  var trace: [String] = []
  var tally = Tally()
  let folder: SimulationFolder
  private var deviceCount = 0
  var counter: UInt64 = 0

  static let deviceLimit = 8

  /// Lives through a history and checks every promise at its end.
  public static func run(_ scenario: Scenario) async -> Outcome {
    do {
      var simulation = Simulation(scenario, in: try SimulationFolder(seed: scenario.seed))
      await simulation.live()
      return Outcome(findings: simulation.findings, tally: simulation.tally, trace: simulation.trace)
    } catch {
      return Outcome(
        findings: [Finding(promise: .noFalseAlarm, what: "no folder for it: \(error)", seed: scenario.seed, trace: [])], tally: Tally(), trace: [])
    }
  }

  private init(_ scenario: Scenario, in folder: SimulationFolder) {
    (self.scenario, self.folder) = (scenario, folder)
  }

  var isFaultless: Bool { scenario.traits.isDisjoint(with: [.badLines, .crashes, .copies]) }

  // MARK: Findings

  mutating func note(_ promise: Promise, _ what: String) {
    findings.append(Finding(promise: promise, what: what, seed: scenario.seed, trace: trace))
  }

  mutating func check(_ holds: Bool, _ promise: Promise, _ what: String) {
    if !holds { note(promise, what) }
  }

  // MARK: Living

  private mutating func live() async {
    do {
      try await begin()
      for step in scenario.steps where findings.isEmpty {
        try await take(step)
        tally.steps += 1
      }
      if findings.isEmpty { try await meetAll() }
      if findings.isEmpty { try await verify() }
    } catch {
      note(.noFalseAlarm, "nobody should have failed: \(error)")
    }
    for device in devices { try? device.archive.close() }
    tally.histories = 1
    tally.changes = written.count
  }

  private mutating func begin() async throws {
    var random = SeededRandom(seed: scenario.seed &+ 1)
    for index in 0..<scenario.deviceCount {
      let isNewer = scenario.traits.contains(.newerVersions) && index % 2 == 1
      let writesSmallChanges = random.happens(percent: 15)
      let device = newDevice(writesSmallChanges: writesSmallChanges, &random)
      // Some begin empty and adopt the corpus of the first they meet.
      let adopts = index > 0 && random.happens(percent: 20)
      let archive = try Archive(
        creatingAt: device.path, corpus: adopts ? nil : corpus, device: device.name, surroundings: device.clock.surroundings(signingPause: .zero))
      devices.append(
        Device(
          name: device.name, path: device.path, clock: device.clock, archive: archive, isNewer: isNewer,
          writesSmallChanges: writesSmallChanges,
          shadow: MemoryReplica(name: device.name, corpus: corpus), awaitsCorpus: adopts))
    }
    // Of two that hold nothing either may adopt the other's corpus: this one is there to be adopted.
    try await write(0, &random)
  }

  private var corpus: CorpusID { CorpusID(raw: .sixteen(scenario.seed)) }

  /// A name, a place and a clock for another device.
  mutating func newDevice(writesSmallChanges: Bool, _ random: inout SeededRandom) -> (name: String, path: String, clock: SimulatedClock) {
    let name = String(UnicodeScalar(UInt8(65 + deviceCount % 26)))
    deviceCount += 1
    let offset = Int64(random.pick([0, 0, 0, 1, -50, 1_000_000]))
    let clock = SimulatedClock(
      at: 1_700_000_000_000 + offset, seed: random.next(), isFrozen: scenario.traits.contains(.frozenClocks),
      changeByteGoal: writesSmallChanges ? 40 : 2000)
    return (name, folder.path + "/\(name)\(deviceCount).dicta", clock)
  }

  private mutating func take(_ step: Step) async throws {
    let index = step.device % devices.count
    var random = SeededRandom(seed: step.chance)
    for device in devices { device.clock.jump(by: Int64(step.chance % 1000)) }
    switch step.kind {
    case .write: try await write(index, &random)
    case .run: try await writeRun(index, &random)
    case .refusedWrite: try await writeRefused(index, &random)
    case .draft: try await openDraft(index, &random)
    case .save: try await saveDraft(index, &random)
    case .sync: try await sync(index, &random)
    case .call: try await call(index, &random)
    case .tick: try await tick(&random)
    case .bundle: try await carryBundle(index, &random)
    case .reopen: try await reopen(index, &random)
    case .crash: try await crash(index, &random)
    case .clock:
      let decade: Int64 = 10 * 365 * 86_400_000
      let jump = Int64(random.next() % UInt64(2 * decade)) - decade
      devices[index].clock.jump(by: jump)
      trace.append("the clock of \(devices[index].name) jumps by \(jump / 86_400_000) days")
    case .snapshot: try await takeSnapshot(index)
    case .restore: try await restore(index, &random)
    case .copy: try await copy(index, &random)
    case .leave: try await leave(index)
    case .compact: try await compact(index, &random)
    case .drop: try await drop(index, &random)
    case .rewrite: try await rewrite(index, &random)
    case .round: try await acknowledge(index, &random)
    case .stranger: try await admitStranger(to: index)
    }
    if random.happens(percent: 3) { compareWithModel(random.pick(devices)) }
  }

  // MARK: What an archive holds

  /// Tells the shadow what came into the archive, and compares the two.
  ///
  /// - Returns: what came.
  @discardableResult
  mutating func catchUp(_ index: Int, isOwnWrite: Bool = false) async throws -> [Change] {
    let known = devices[index].shadow.log.count
    let (new, standing) = try await devices[index].archive.read { (try $0.changes(after: known), $0.standing) }
    devices[index].awaitsCorpus = standing.corpus != corpus
    if !isOwnWrite {
      for change in new where written[change.id] == nil {
        note(.tamperEvident, "\(devices[index].name) took change \(change.id), which nobody wrote")
      }
    }
    if !isOwnWrite {
      let isOwn = new.contains { $0.header.origin == standing.origin }
      check(!isOwn, .copiesNoticed, "\(devices[index].name) received changes of its own origin, and goes on under it")
    }
    guard findings.isEmpty else { return new }
    // With a snapshot comes what is left of changes.
    for change in new { devices[index].reduced[change.id] = try change.droppedGroupCount }
    let whole = new.map { change in change.held.isReduced ? written[change.id] ?? change : change }
    if !whole.isEmpty { try devices[index].shadow.receive(Delivery(segments: whole.map(\.segment)), from: devices[index].name) }
    let shadow = devices[index].shadow
    check(standing.heads == shadow.heads, .noAcknowledgedEditLost, "\(devices[index].name) doesn't hold what it held")
    check(standing.digest == shadow.digest, .convergence, "\(devices[index].name)'s digest isn't that of what it holds")
    return new
  }
}

extension Change {
  /// Alone, unsigned, for replicas in memory.
  var segment: Segment {
    Segment(
      origin: header.origin, firstSequence: header.sequence, previous: header.previous,
      parcels: [Segment.Parcel(envelope: header.envelope.bytes, body: bodyBytes)], signature: .missing)
  }
}
