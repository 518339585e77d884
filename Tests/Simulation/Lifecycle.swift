// What happens to a device and its files: programs end, archives are copied, restored and lost.

import DictaModels
import DictaStorage
import DictaTestSupport
import Foundation

extension Simulation {
  private mutating func open(_ index: Int, _ random: inout SeededRandom) throws {
    // Some programs sign each change as it is written, others only before they sync.
    let surroundings = devices[index].clock.surroundings(signingPause: random.pick([nil, .zero]))
    devices[index].archive = try Archive(at: devices[index].path, surroundings: surroundings)
    devices[index].isUnproven = false
  }

  func origin(_ index: Int) async throws -> Origin {
    try await devices[index].archive.read { $0.standing.origin }
  }

  mutating func reopen(_ index: Int, _ random: inout SeededRandom) async throws {
    try await hangUp(index)
    let before = try await origin(index)
    try devices[index].archive.close()
    try open(index, &random)
    trace.append("\(devices[index].name) is closed and opened")
    try await catchUp(index)
    let after = try await origin(index)
    check(after == before, .noFalseAlarm, "\(devices[index].name) takes a new origin for nothing")
  }

  /// The files stay as the program leaves them at this moment. Nothing that was committed is lost by it.
  mutating func crash(_ index: Int, _ random: inout SeededRandom) async throws {
    try await hangUp(index)
    let before = try await origin(index)
    let files = try DeviceFiles(at: devices[index].path)
    try devices[index].archive.close()
    try files.write(to: devices[index].path, keepsFile: true)
    try open(index, &random)
    trace.append("the program of \(devices[index].name) ends without warning")
    tally.crashes += 1
    try await catchUp(index)
    let after = try await origin(index)
    check(after == before, .noFalseAlarm, "\(devices[index].name) takes a new origin after a crash")
  }

  mutating func takeSnapshot(_ index: Int) async throws {
    let snapshot = Device.Snapshot(
      files: try DeviceFiles(at: devices[index].path), shadow: devices[index].shadow, reduced: devices[index].reduced,
      origin: try await origin(index), mayBeUnproven: devices[index].mayBeUnproven)
    devices[index].snapshots = devices[index].snapshots.suffix(2) + [snapshot]
    trace.append("the files of \(devices[index].name) are kept aside")
  }

  private enum Restoring: CaseIterable {
    /// With its witness and in its place: nothing shows that it was.
    case wholeDisk
    /// In its place, beside the witness of today.
    case database
    /// As another file, beside the witness of today.
    case databaseAsAnotherFile
    case databaseWithoutWitness
  }

  mutating func restore(_ index: Int, _ random: inout SeededRandom) async throws {
    guard let snapshot = devices[index].snapshots.randomElement(using: &random) else { return }
    try await hangUp(index)
    let before = try await origin(index)
    let told = try await devices[index].archive.heads(sinceAnyOf: []).names.filter { $0.origin == before }
    try devices[index].archive.close()
    let how = random.pick(Restoring.allCases + [.wholeDisk, .wholeDisk])
    var files = snapshot.files
    switch how {
    case .wholeDisk: break
    case .database, .databaseAsAnotherFile: files = files.withWitness(of: try DeviceFiles(at: devices[index].path))
    case .databaseWithoutWitness: files.removeWitness()
    }
    try files.write(to: devices[index].path, keepsFile: how != .databaseAsAnotherFile)
    try open(index, &random)
    trace.append("\(devices[index].name) is restored as it was: \(how)")
    tally.restores += 1
    // What it held since is lost here, and stays with whoever got it.
    (devices[index].shadow, devices[index].reduced) = (snapshot.shadow, snapshot.reduced)
    devices[index].drafts = []
    // The witness of today has the key of then if no other origin was taken since.
    let hasKey = how == .wholeDisk || how != .databaseWithoutWitness && snapshot.origin == before
    devices[index].mayBeUnproven = snapshot.mayBeUnproven || !hasKey
    try await catchUp(index)
    let after = try await origin(index)
    if after != before { tally.newOrigins += 1 }
    // The witness of today knows what peers were told, and that the database of then doesn't hold it.
    let isBehind = told.contains { !snapshot.shadow.holds($0) }
    if how == .databaseAsAnotherFile || how == .databaseWithoutWitness || how == .database && isBehind {
      check(after != before, .copiesNoticed, "\(devices[index].name) goes on as \(before) in a file that isn't its own, or is too old")
    }
  }

  mutating func copy(_ index: Int, _ random: inout SeededRandom) async throws {
    guard devices.count < Self.deviceLimit else { return }
    let source = devices[index]
    let new = newDevice(writesSmallChanges: source.writesSmallChanges, &random)
    let how = random.pick(["without its witness", "with its witness", "by a backup"])
    if how == "by a backup" {
      try await source.archive.backup(to: new.path)
    } else {
      var files = try DeviceFiles(at: source.path)
      if how == "without its witness" { files.removeWitness() }
      try files.write(to: new.path)
    }
    let archive = try Archive(at: new.path, surroundings: new.clock.surroundings(signingPause: random.pick([nil, .zero])))
    trace.append("\(source.name) is copied \(how), and runs as \(new.name)")
    tally.copies += 1
    devices.append(
      Device(
        name: new.name, path: new.path, clock: new.clock, archive: archive, isNewer: source.isNewer,
        writesSmallChanges: source.writesSmallChanges,
        shadow: source.shadow.copy(named: new.name), awaitsCorpus: source.awaitsCorpus))
    devices[devices.count - 1].reduced = source.reduced
    devices[devices.count - 1].mayBeUnproven = source.mayBeUnproven || how == "without its witness"
    try await catchUp(index)
    try await catchUp(devices.count - 1)
    let (one, other) = (try await origin(index), try await origin(devices.count - 1))
    check(one != other, .copiesNoticed, "\(new.name) writes as \(source.name)")
    tally.newOrigins += 1
  }

  mutating func leave(_ index: Int) async throws {
    guard devices.count > 2, devices.indices.contains(where: { $0 != index && !devices[$0].shadow.log.isEmpty }) else { return }
    try await hangUp(index)
    let device = devices.remove(at: index)
    try device.archive.close()
    trace.append("\(device.name) is lost")
  }
}

extension MemoryReplica {
  /// Whether the change that a message means is held.
  fileprivate func holds(_ name: HeadName) -> Bool {
    log.contains { $0.change.header.origin == name.origin && $0.change.header.sequence == name.sequence && $0.change.id.prefix == name.prefix }
  }
}
