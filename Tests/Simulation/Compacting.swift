// Archives are made smaller in the middle of everything else, and what was overwritten is dropped. What the simulator says of that rests on
// what each writer knew, and not on what archives find in headers.

import DictaModels
import DictaStorage
import DictaTestSupport

extension Simulation {
  /// Whether whoever acknowledged something holds it for ever, and all are heard of before something is dropped.
  var hasHonestAcknowledgments: Bool { scenario.traits.isDisjoint(with: [.copies, .hastyDrops]) }

  // MARK: Packing

  /// Makes an archive smaller, and finds that nothing became different.
  mutating func compact(_ index: Int, _ random: inout SeededRandom) async throws {
    let archive = devices[index].archive
    let subjects = subjects(index, &random)
    let (before, sent) = (try await said(index, of: subjects), try await deliveries(of: archive))
    guard try await makeSmaller(index, droppingSuperseded: false) != nil else { return }
    let after = try await said(index, of: subjects)
    check(after == before, .convergence, "\(devices[index].name) says something else since it was compacted")
    let isSentAlike = try await deliveries(of: archive) == sent
    check(isSentAlike, .convergence, "\(devices[index].name) sends something else since it was compacted")
  }

  /// - Returns: what was done; nil if nothing may be dropped, because something isn't proven.
  private mutating func makeSmaller(_ index: Int, droppingSuperseded: Bool) async throws -> CompactionReport? {
    let (name, archive) = (devices[index].name, devices[index].archive)
    let packCount = try await archive.read { try $0.packCount }
    tally.compactions += 1
    var report: CompactionReport?
    do {
      report = try await archive.compact(droppingSuperseded: droppingSuperseded)
      trace.append("\(name) is compacted, \(report?.packedChanges ?? 0) changes into packs")
    } catch ArchiveError.unproven where devices[index].mayBeUnproven && droppingSuperseded {
      trace.append("\(name) can't drop anything: its last changes can't be proven")
    }
    tally.packs += try await archive.read { try $0.packCount } - packCount
    let new = try await catchUp(index)
    check(new.isEmpty, .writtenAsAsked, "\(name) holds \(new.count) more changes since it was compacted")
    return report
  }

  // MARK: Dropping

  /// Makes an archive smaller, and drops what may be dropped.
  mutating func drop(_ index: Int, _ random: inout SeededRandom) async throws {
    let name = devices[index].name
    let isHasty = scenario.traits.contains(.hastyDrops)
    let inUse = try await originsInUse()
    let unheard = inUse.filter { devices[index].shadow.branches.numbers(of: $0).isEmpty }
    guard isHasty || unheard.isEmpty else { return try await compact(index, &random) }
    if !hasHonestAcknowledgments, random.happens(percent: 60) { try await retire(index, besides: isHasty ? [] : inUse, &random) }
    let subjects = subjects(index, &random)
    let (before, known) = (try await said(index, of: subjects), devices[index].reduced)
    guard let report = try await makeSmaller(index, droppingSuperseded: true) else { return }
    try await findDropped(index, since: known)
    let after = try await said(index, of: subjects)
    check(after.document == before.document, .convergence, "\(name) exports another document since something was dropped")
    for (old, new) in zip(before.histories, after.histories) { compare(old, new, at: devices[index]) }
    let dropped = devices[index].reduced.filter { known[$0.key] != $0.value }
    check(report.droppedChanges == dropped.count, .writtenAsAsked, "\(name) dropped \(dropped.count) changes, and says \(report.droppedChanges)")
    if !dropped.isEmpty { trace.append("  and drops something of \(dropped.count) changes") }
    tally.droppedChanges += dropped.count
    for place in sessions.indices { noteWithheld(&sessions[place]) }
    if random.happens(percent: 20) {
      let problems = try await devices[index].archive.check().filter { !$0.isHarmless }
      check(problems.isEmpty, .noFalseAlarm, "\(name) is damaged since something was dropped: \(problems.prefix(3))")
    }
  }

  private func originsInUse() async throws -> Set<Origin> {
    var origins: Set<Origin> = []
    for index in devices.indices { origins.insert(try await origin(index)) }
    return origins
  }

  /// Says of some origins that nobody writes under them any more.
  private mutating func retire(_ index: Int, besides inUse: Set<Origin>, _ random: inout SeededRandom) async throws {
    let own = try await origin(index)
    for origin in Set(devices[index].shadow.heads.map(\.origin)).sorted() where origin != own && !inUse.contains(origin) {
      guard random.happens(percent: 50) else { continue }
      try await devices[index].archive.retire(origin)
      trace.append("\(devices[index].name) retires \(origin.description.prefix(4))")
    }
  }

  /// Finds out what was dropped, and that it might be.
  private mutating func findDropped(_ index: Int, since known: [ChangeID: Int]) async throws {
    let device = devices[index]
    let (left, retired, own) = try await device.archive.read {
      (try $0.changes(after: 0).filter(\.held.isReduced), Set(try $0.retiredOrigins), $0.standing.origin)
    }
    devices[index].reduced = [:]
    for change in left { devices[index].reduced[change.id] = try change.droppedGroupCount }
    for change in left { try checkWhatIsLeft(of: change, at: device) }
    check(known.keys.allSatisfy { devices[index].reduced[$0] != nil }, .writtenAsAsked, "\(device.name) has again what it had dropped")
    let new = left.map(\.id).filter { known[$0] != devices[index].reduced[$0] }
    guard !new.isEmpty else { return }
    for head in device.shadow.heads where head.origin != own && !retired.contains(head.origin) {
      let past = model.past(of: head.id).union([head.id])
      for id in new where !past.contains(id) {
        note(.noAcknowledgedEditLost, "\(device.name) drops something of \(id), which isn't in the past of \(head)")
      }
    }
    // Who has acknowledged it holds it, where nothing is ever taken back.
    guard !scenario.traits.contains(.copies) else { return }
    for other in devices.indices where other != index {
      let origin = try await origin(other)
      guard !retired.contains(origin), !device.shadow.branches.numbers(of: origin).isEmpty else { continue }
      let lacking = new.filter { !devices[other].shadow.holds($0) }
      check(lacking.isEmpty, .noAcknowledgedEditLost, "\(device.name) drops something of \(lacking), which \(devices[other].name) lacks")
    }
  }

  /// Of a body everything is left but values of edits of which none survives.
  private mutating func checkWhatIsLeft(of change: Change, at device: Device) throws {
    guard let whole = written[change.id], let version = device.shadow.place(of: change.id) else {
      return note(.tamperEvident, "\(device.name) dropped something of \(change.id), which nobody wrote")
    }
    let (left, before) = (try change.held.content(), try Body(bytes: whole.bodyBytes))
    check(left.groups.count == before.groups.count, .noAcknowledgedEditLost, "\(device.name) has lost groups of \(change.id)")
    for (group, old) in zip(left.groups, before.groups) {
      guard group.isDropped else {
        check(group == old, .noAcknowledgedEditLost, "\(device.name) has changed what \(change.id) says of \(old.entity)")
        continue
      }
      check(old.action == .edit, .noAcknowledgedEditLost, "\(device.name) dropped that \(old.entity) was \(old.action)")
      let cells = device.shadow.states[old.entity]?.cells ?? []
      let addresses = Set(old.ops.map(\.address))
      for cell in cells where addresses.contains(cell.address) && cell.survivors.contains(where: { $0.version == version }) {
        note(.noAcknowledgedEditLost, "\(device.name) dropped a value of \(old.entity) \(cell.address) that survives")
      }
    }
  }

  /// A history says of what it says before, and of values that were dropped that they were.
  private mutating func compare(_ before: [HistoryEntry], _ after: [HistoryEntry], at device: Device) {
    func place(_ entry: HistoryEntry) -> String { "\(entry.version) \(entry.action) \(entry.address.map { "\($0)" } ?? "")" }
    check(before.map(place) == after.map(place), .convergence, "\(device.name) tells another history since something was dropped")
    for (old, new) in zip(before, after) {
      let mayBeDropped = device.reduced[new.version] != nil
      let isRight = new.isDropped ? mayBeDropped && new.new.isNull : new.new == old.new
      let isRightBefore = new.old == old.old || !device.reduced.isEmpty && Set(new.old).isSubset(of: old.old)
      check(isRight && isRightBefore, .convergence, "the history at \(device.name) says \(new) where it said \(old)")
    }
  }

  // MARK: What a device says

  private struct Said: Equatable {
    let document: [UInt8]
    let histories: [[HistoryEntry]]

    static func == (left: Said, right: Said) -> Bool { left.document == right.document && "\(left.histories)" == "\(right.histories)" }
  }

  private func said(_ index: Int, of subjects: [Reference]) async throws -> Said {
    let histories = try await devices[index].archive.read { transaction in try subjects.map(transaction.history) }
    return Said(document: try await exported(devices[index].archive), histories: histories)
  }

  /// Some entities, to look at their histories.
  private func subjects(_ index: Int, _ random: inout SeededRandom) -> [Reference] {
    let all = devices[index].shadow.states.keys.sorted()
    return all.isEmpty ? [] : [random.pick(all), random.pick(Array(all.prefix(4)))]
  }

  /// All that is sent to somebody who holds nothing.
  private func deliveries(of archive: Archive) async throws -> [Delivery] {
    var deliveries: [Delivery] = []
    var shipment = try await archive.shipment(to: PeerHeads(names: []), peerRungs: [])
    while let delivery = try await archive.nextDelivery(of: &shipment, byteLimit: 1 << 20) { deliveries.append(delivery) }
    return deliveries
  }
}

// MARK: Refusals

extension Simulation {
  /// How many changes a device has dropped something of that another one lacks.
  func withheldCount(_ giver: Device, _ taker: MemoryReplica) -> Int {
    giver.reduced.keys.count { !taker.holds($0) }
  }

  /// Keeps in mind what the two can't give each other now.
  func noteWithheld(_ session: inout SimulatedSession) {
    let pair = session.names.compactMap { name in devices.first { $0.name == name } }
    guard pair.count == 2 else { return }
    if session.held.isEmpty { session.held = pair.map(\.shadow) }
    for side in 0...1 { session.withheldCounts[side] = max(session.withheldCounts[side], withheldCount(pair[side], session.held[1 - side])) }
  }

  /// How a session may end because of what was dropped.
  enum RefusalOfDropped {
    case none, rightly
    /// More was to be sent than the other one lacks, because the two had to look for where a chain parts.
    case needlessly
  }

  /// Says what must be true of a session in which a side says that the other one lacks what was dropped here.
  mutating func judgeRefusal(in session: SimulatedSession) async throws -> RefusalOfDropped {
    let counts = session.ends.map(\.droppedChangeCount)
    guard counts.contains(where: { $0 != nil }) else { return .none }
    let names = session.names.joined(separator: " and ")
    let numbers = session.names.compactMap { name in devices.firstIndex { $0.name == name } }
    trace.append("  which is refused: \(session.ends.compactMap { $0.failure.map { "\($0)" } }.joined(separator: "; "))")
    tally.refusals += 1
    // Who drops something while a session goes on knows better what the other one holds than that session does.
    let isWithoutNeed = hasHonestAcknowledgments && !session.isDisturbed
    check(!isWithoutNeed, .noFalseAlarm, "the session of \(names) was refused, and everybody holds what he has acknowledged")
    var refusal = RefusalOfDropped.rightly
    for side in 0...1 {
      let (here, there) = (session.names[side], session.names[1 - side])
      guard let count = counts[side] else {
        let failure = session.ends[side].failure.map { "\($0)" } ?? "nothing"
        check(session.ends[side].isRefusedWhatWasDropped, .noFalseAlarm, "\(here) isn't told why \(there) has failed, but: \(failure)")
        continue
      }
      // What can't be proven is held and not told, so nobody can know that it is there.
      if numbers.count == 2, try await devices[numbers[1 - side]].archive.hasUntold() { continue }
      let (right, hasClimbed) = (session.withheldCounts[side], session.ends.contains { !$0.suspects.isEmpty })
      if right == 0 { refusal = .needlessly }
      let isExact = hasClimbed || (session.isDisturbed ? right > 0 : count == right)
      check(isExact, .noFalseAlarm, "\(here) says that \(there) lacks \(count) changes of which something was dropped, and it lacks \(right)")
    }
    if refusal == .needlessly { tally.needlessRefusals += 1 }
    guard !session.isDisturbed, numbers.count == 2 else { return refusal }
    for side in 0...1 where counts[side] != nil && counts[1 - side] == nil && session.withheldCounts[1 - side] == 0 {
      let (here, there) = (devices[numbers[side]], devices[numbers[1 - side]])
      if try await there.archive.hasUntold() { continue }
      let lost = there.shadow.log.filter { !here.shadow.holds($0.change.id) }
      check(lost.isEmpty, .noAcknowledgedEditLost, "\(here.name) refuses \(there.name), and didn't take \(lost.count) of its changes before")
    }
    return refusal
  }
}

extension Change {
  /// How many groups of it were dropped; nil if it is whole.
  var droppedGroupCount: Int? {
    get throws { held.isReduced ? try held.content().groups.count(where: \.isDropped) : nil }
  }
}
