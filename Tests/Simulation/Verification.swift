// What must be true when faults have stopped and everybody has met everybody.

import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport

extension Simulation {
  /// Lets every pair sync over good lines, three times at most: as often as it takes until all hold the same.
  ///
  /// Where something was dropped that others lack, who may give it to them has to get it first: so it goes on while it helps.
  mutating func meetAll() async throws {
    for index in devices.indices { try await hangUp(index) }
    trace.append("faults stop, and everybody meets everybody")
    var random = SeededRandom(seed: scenario.seed &+ 2)
    var held = 0
    for round in 1...(3 + devices.count) {
      let now = devices.reduce(0) { $0 + $1.shadow.log.count }
      if round > 3, now == held || devices.allSatisfy(\.reduced.isEmpty) { return }
      held = now
      for left in devices.indices {
        for right in devices.indices where right < left && findings.isEmpty {
          if round > 1, try await areEqual() { return }
          try await sync(left, right, fault: .none, &random)
        }
      }
    }
  }

  /// Whether there is nothing left to send, here and to the next round.
  private func areEqual() async throws -> Bool {
    for device in devices where device.shadow.heads != devices[0].shadow.heads { return false }
    for device in devices where try await device.archive.hasUntold() { return false }
    return true
  }

  /// What an archive in memory shows must be what the rules say, computed anew.
  mutating func compareWithModel(_ device: Device) {
    let expected = model.portraits(of: model.applied(of: device.shadow.log.map(\.change.id)))
    compare(device, with: expected)
  }

  private mutating func compare(_ device: Device, with expected: [Reference: Portrait]) {
    let portraits = device.shadow.portraits
    guard portraits != expected else { return }
    let wrong = Set(portraits.keys).union(expected.keys).sorted().first { portraits[$0] != expected[$0] }
    note(
      .convergence,
      "\(device.name) shows \(wrong.map { "\($0): \(String(describing: portraits[$0]))" } ?? "?"), and the rules say \(wrong.map { String(describing: expected[$0]) } ?? "?")"
    )
  }

  mutating func verify() async throws {
    // What can't be proven stays where it is; such an archive isn't equal to the others, and says so.
    var settled: [Int] = []
    for index in devices.indices {
      if try await devices[index].archive.hasUntold() { tally.unproven += 1 } else { settled.append(index) }
    }
    for index in devices.indices where !settled.contains(index) && !devices[index].mayBeUnproven {
      note(.noFalseAlarm, "\(devices[index].name) can't tell everything, and never lost a key")
    }
    guard !settled.isEmpty, findings.isEmpty else { return }
    for giver in settled {
      for taker in settled where taker != giver && withheldCount(devices[giver], devices[taker].shadow) == 0 {
        let lost = devices[giver].shadow.log.count { !devices[taker].shadow.holds($0.change.id) }
        check(lost == 0, .noAcknowledgedEditLost, "\(lost) changes that \(devices[giver].name) holds never came to \(devices[taker].name)")
      }
    }
    // Only where something was dropped that others lack there are several.
    var parties: [[Int]] = []
    for index in settled {
      if let party = parties.firstIndex(where: { devices[$0[0]].shadow.heads == devices[index].shadow.heads }) {
        parties[party].append(index)
      } else {
        parties.append([index])
      }
    }
    for party in parties where findings.isEmpty { try await verify(party) }
    if parties.count > 1 { tally.parted += 1 }
  }

  /// Verifies devices that hold the same.
  private mutating func verify(_ party: [Int]) async throws {
    let first = party[0]
    let expected = model.portraits(of: model.applied(of: devices[first].shadow.log.map(\.change.id)))
    compare(devices[first], with: expected)
    let document = try await exported(devices[first].archive)
    for index in party where findings.isEmpty { try await verify(index, expected, like: devices[first].shadow, document) }
    try await verifyIdempotence(party)
    tally.forks += devices[first].shadow.branches.forkCount
    tally.conflicts += expected.values.reduce(0) { $0 + $1.cells.values.count { $0.isConflict } }
    tally.dead += expected.values.count { !$0.lives }
  }

  private mutating func verify(_ index: Int, _ expected: [Reference: Portrait], like first: MemoryReplica, _ document: [UInt8]) async throws {
    let (name, archive) = (devices[index].name, devices[index].archive)
    let status = try await archive.read { try $0.status() }
    check(status.heads == first.heads, .convergence, "\(name) holds other changes than the others")
    check(status.digest == first.digest, .convergence, "\(name) has the heads of the others, and another digest")
    check(status.forks == first.branches.forkCount, .copiesNoticed, "\(name) reports \(status.forks) forks of \(first.branches.forkCount)")
    check(status.unpublished == 0, .convergence, "\(name) has something to tell")
    if isFaultless {
      check(status.forks == 0, .noFalseAlarm, "\(name) reports a fork, and nobody did anything wrong")
      check(scenario.traits.contains(.newerVersions) || status.aside == 0, .noFalseAlarm, "\(name) keeps something aside")
    }
    let own = try await exported(archive)
    check(own == document, .convergence, "\(name) exports another document")
    try await verifyEntities(index, expected)
    // It reads everything anew, so not on every device, and not in all histories.
    if scenario.seed % 16 == 0 || scenario.seed % 3 == 0 && index == Int(scenario.seed / 3 % UInt64(devices.count)) {
      let problems = try await archive.check().filter { !$0.isHarmless }
      check(problems.isEmpty, .noFalseAlarm, "\(name) is damaged: \(problems.prefix(3))")
    }
  }

  /// Every entity, as programs read it.
  private mutating func verifyEntities(_ index: Int, _ expected: [Reference: Portrait]) async throws {
    let name = devices[index].name
    let (rows, conflicts) = try await devices[index].archive.read { transaction in
      var rows: [Reference: Fields] = [:]
      for (entity, portrait) in expected {
        if portrait.lives {
          rows[entity] = try transaction.fields(of: entity)
        } else if (try? transaction.fields(of: entity)) != nil {
          rows[entity] = Fields()
        }
      }
      return (rows, try transaction.conflicts())
    }
    for (entity, portrait) in expected.sorted(by: { $0.key < $1.key }) {
      guard portrait.lives else {
        if rows[entity] != nil { note(.convergence, "\(entity) lives at \(name), and is dead") }
        continue
      }
      let shown = Dictionary(uniqueKeysWithValues: (rows[entity]?.cells ?? []).map { ($0.address, $0.value) })
      let right = portrait.cells.mapValues(\.shown).filter { !$0.value.isNull }
      if shown != right { note(.unknownDataPreserved, "\(name) shows \(entity) as \(shown), and it is \(right)") }
      for target in portrait.references where expected[target]?.lives != true {
        note(.noDanglingReference, "\(entity) refers to \(target), which doesn't live")
      }
    }
    let wrong = Set(conflicts.compactMap { conflict in conflict.address.map { "\(conflict.entity) \($0)" } })
    let right = Set(
      expected.filter(\.value.lives).flatMap { entity, portrait in portrait.cells.filter(\.value.isConflict).map { "\(entity) \($0.key)" } })
    if wrong != right { note(.convergence, "\(name) lists the conflicts \(wrong), and they are \(right)") }
  }

  func exported(_ archive: Archive) async throws -> [UInt8] {
    try await archive.read { transaction in
      var bytes: [UInt8] = []
      try withoutActuallyEscaping({ bytes += $0 }) { _ = try transaction.export(.json, to: $0) }
      return bytes
    }
  }

  /// Everything that one archive holds, handed to another that holds it too, changes nothing.
  private mutating func verifyIdempotence(_ party: [Int]) async throws {
    guard findings.isEmpty, party.count > 1 else { return }
    let (giver, taker) = (devices[party[0]].archive, devices[party[1]].archive)
    let before = try await taker.read { try $0.status() }
    var shipment = try await giver.shipment(to: PeerHeads(names: []), peerRungs: [])
    let withheldCount = shipment.droppedChangeCount
    check(withheldCount == devices[party[0]].reduced.count, .convergence, "\(devices[party[0]].name) would withhold \(withheldCount) changes")
    while let delivery = try await giver.nextDelivery(of: &shipment, byteLimit: 1 << 20) {
      let receipt = try await taker.receive(delivery, from: "a giver")
      check(receipt.received == 0, .idempotent, "\(receipt.received) changes were taken twice")
    }
    let after = try await taker.read { try $0.status() }
    check(before.digest == after.digest && before.heads == after.heads, .idempotent, "taking everything again changed something")
  }
}
