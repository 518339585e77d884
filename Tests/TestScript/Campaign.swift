import Foundation

/// The script again and again, each time with another fault.
struct Campaign {
  private let seed: UInt64
  private let every: Int
  private let offset: Int

  /// A part of the trials, counted from 1: at the calls of those numbers first. Nil for all of them.
  private let calls: ClosedRange<Int>?
  private let faults: [String]
  private let parent: String
  private let isVerbose: Bool

  /// What the script does when nothing fails.
  private struct Reference {
    var callCount = 0
    var sessionCallCounts: [Int] = []

    /// How many calls are made until all archives are there.
    var beginningCallCount = 0
    var states: [[String: State]] = []
    var steps: [Step] = []
  }

  /// The faults there are, by the names they are chosen by: each at one call, but for `long`, for which there is no room for a while.
  static let names = ["kill", "tear", "full", "long", "io"]

  init(_ options: [String: String]) {
    seed = options["seed"].flatMap { UInt64($0) } ?? 1
    every = max(1, options["every"].flatMap { Int($0) } ?? 1)
    offset = options["offset"].flatMap { Int($0) } ?? 0
    calls = options["upTo"].flatMap { Int($0) }.map { last in min(last, options["from"].flatMap { Int($0) } ?? 1)...last }
    faults = options["faults"].map { $0.split(separator: ",").map(String.init) } ?? Self.names
    parent = options["in"] ?? FileManager.default.temporaryDirectory.path
    isVerbose = options["verbose"] != nil
  }

  /// - Returns: whether every promise was kept.
  func run() async -> Bool {
    let reference: Reference
    do {
      reference = try await inFolder { try await self.reference(in: $0) }
    } catch {
      say("without a fault: \(error)")
      return false
    }
    say(
      "seed \(seed): \(Step.count) steps make \(reference.callCount) calls that change a file, "
        + "and \(reference.sessionCallCounts.reduce(0, +)) in the \(reference.sessionCallCounts.count) processes that serve")
    var (brokenCount, trialCount) = (0, 0)
    for name in faults {
      var tally: [String: Int] = [:]
      var count = 0
      for fault in all(name, reference) {
        count += 1
        do {
          for event in try await inFolder({ try await self.examine(fault, reference, in: $0) }) { tally[event, default: 0] += 1 }
        } catch {
          brokenCount += 1
          say("fault=\(fault) seed=\(seed): \(error)")
        }
      }
      trialCount += count
      say("\(name): \(count) trials")
      for (event, count) in tally.sorted(by: { $0.key < $1.key }) { say("  \(count) × \(event)") }
    }
    say("\(trialCount) trials, \(brokenCount) broken")
    return brokenCount == 0
  }

  /// How far the faults of one trial are apart, where it can have several: more calls than a step makes.
  private static let period = 300

  /// At every call of the script, and of the processes that serve it. A process is killed once; what only fails goes on, and fails again.
  private func all(_ name: String, _ reference: Reference) -> [Fault] {
    let kind = Fault.Kind(rawValue: name) ?? .full
    let count = name == "long" ? 60 : 1
    let (begin, sessions) = (reference.beginningCallCount, reference.sessionCallCounts)
    guard kind.isDeadly else {
      // Who failed to make an archive, and makes it again, may get another origin; so there it is one fault at a time.
      return sample(
        (1...begin).map { Fault(kind, at: $0, count: count) } + (1...sessions[0]).map { Fault(kind, at: $0, count: count, session: 1) }
          + (begin + 1...begin + Self.period).map { Fault(kind, at: $0, count: count, period: Self.period) }
          + (1...(sessions.dropFirst().max() ?? 1)).map { Fault(kind, at: $0, count: count, session: 0) })
    }
    return sample(
      (1...reference.callCount).map { Fault(kind, at: $0) }
        + sessions.enumerated().flatMap { index, callCount in (1...callCount).map { Fault(kind, at: $0, session: index + 1) } })
  }

  private func sample(_ all: [Fault]) -> [Fault] {
    let part = calls.map { all.dropFirst($0.lowerBound - 1).prefix($0.count) } ?? all[...]
    return stride(from: part.startIndex + offset % every, to: part.endIndex, by: every).map { part[$0] }
  }

  private func inFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = parent + "/dicta-crash-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
  }

  /// Whoever watches sees at once how far it is.
  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }

  // MARK: One trial

  private func reference(in folder: String) async throws -> Reference {
    let outcome = try Trial(folder: folder, seed: seed, fault: nil, goOn: nil).run()
    guard outcome.endedWell, outcome.failures.isEmpty, outcome.strange.isEmpty else { throw Aftermath.Broken("\(outcome)") }
    var reference = Reference()
    for report in outcome.reports {
      switch report {
      case .done(let number, let what, let callCount, let states):
        reference.states.append(states)
        if number == Step.lastOfBeginning { reference.beginningCallCount = callCount }
        guard let step = Step(rawValue: what) else { throw Aftermath.Broken("there is no step \(what)") }
        reference.steps.append(step)
      case .served(_, let callCount, _): reference.sessionCallCounts.append(callCount)
      case .finished(let callCount): reference.callCount = callCount
      case .failed: break
      }
    }
    guard reference.states.count == Step.count else { throw Aftermath.Broken("\(reference.states.count) steps were taken") }
    let last = reference.states.last?[Script.near]?.digest
    try await Aftermath(folder: folder, promised: outcome.promised, possibleDigests: [last ?? ""]).examine()
    return reference
  }

  /// - Returns: what happened, in a few words, to be counted.
  private func examine(_ fault: Fault, _ reference: Reference, in folder: String) async throws -> [String] {
    let hasSeveral = fault.period != nil || fault.session == 0
    let outcome = try Trial(folder: folder, seed: seed, fault: fault, goOn: hasSeveral ? nil : 6).run()
    if isVerbose { for report in outcome.reports { say("  \(report)") } }
    guard !outcome.hung else { throw Aftermath.Broken("the script hangs behind step \(outcome.lastStep?.number ?? -1)") }
    guard outcome.strange.isEmpty else { throw Aftermath.Broken("it says \(outcome.strange)") }
    let isKilled = fault.kind.isDeadly && fault.session == nil
    guard outcome.wasKilled == isKilled || outcome.endedWell else {
      throw Aftermath.Broken(
        "the script ended badly behind step \(outcome.lastStep?.number ?? -1): \(outcome.failures.map { "\($0.error): \($0.message)" })")
    }
    var events = isKilled ? ["killed"] : []
    for failure in outcome.failures { events.append(try Complaint(failure: failure, fault: fault, folder: folder).judged()) }
    if events.isEmpty { events.append("nobody noticed") }
    // The same steps come to the same, whatever happened in between: but whoever was told that an archive could not be made, and finds that it
    // is there, without its witness, writes in it under another origin.
    let isRemade = outcome.failures.contains { reference.steps[$0.step] == .create || reference.steps[$0.step] == .createPeer }
    for case .done(let step, _, _, let states) in outcome.reports where !isRemade {
      for (name, state) in states where state.digest != reference.states[step][name]?.digest {
        throw Aftermath.Broken("after step \(step), \(reference.steps[step]), \(name) isn't what it should be")
      }
    }
    try await Aftermath(folder: folder, promised: outcome.promised, possibleDigests: isRemade ? nil : possibleDigests(outcome, reference)).examine()
    return events
  }

  /// What `corpus` holds when the step after the last one happened or didn't; nil if that step has a middle.
  private func possibleDigests(_ outcome: Trial.Outcome, _ reference: Reference) -> Set<String>? {
    guard let last = outcome.lastStep?.number else { return nil }
    var digests: Set<String> = []
    digests.insert(reference.states[last][Script.near]?.digest ?? "")
    if outcome.wasKilled, last + 1 < Step.count {
      guard reference.steps[last + 1].isOneTransaction else { return nil }
      digests.insert(reference.states[last + 1][Script.near]?.digest ?? "")
    }
    return digests
  }
}
