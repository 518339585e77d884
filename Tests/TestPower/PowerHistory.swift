import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Foundation

/// A random history of two or three archives that write and sync while the power fails at any moment, repeatable by its seed but for keys and
/// the time that signing takes.
struct PowerHistory {
  /// A promise that was broken.
  struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
      self.description = description
    }
  }

  struct Tally {
    var cuts = 0
    var cutsInSessions = 0
    var cutsInWrites = 0
    var cutsOnStarting = 0
    var sessions = 0
    var snapshots = 0
    var writes = 0
    /// Transactions that a power cut took back; nobody had been told of them.
    var lost = 0
    var newOrigins = 0
    var promises = 0
  }

  private struct Machine {
    let name: String
    let disk: Disk
    let path: String
    var archive: Archive?

    /// What it told anybody.
    var promises: Set<HeadName> = []

    /// The texts of the claims that it wrote, in order.
    var written: [String] = []
    /// Those that no peer heard of when they were lost.
    var lost: Set<String> = []
    var origin: Origin

    /// Its last changes can't be proven, as its witness was lost before they were signed: they stay where they are, and it writes no more.
    var isUnproven = false
  }

  private(set) var trace: [String] = []
  private(set) var tally = Tally()
  private var random: SeededRandom
  private var machines: [Machine] = []
  private let folder: String
  private let hasLyingDisks: Bool

  /// Whether a power cut can take the witness too, as when somebody cleans up afterwards.
  private let losesWitnesses: Bool

  /// Whether who holds nothing is sent a snapshot.
  private let surroundings: Surroundings

  /// And whether from file to file.
  private let copiesFiles: Bool

  /// - Parameter hasLyingDisks: nothing of a write-ahead log is synced when SQLite asks for it.
  init(seed: UInt64, folder: String, hasLyingDisks: Bool) {
    random = SeededRandom(seed: seed)
    (self.folder, self.hasLyingDisks, losesWitnesses, copiesFiles) = (folder, hasLyingDisks, seed % 3 == 0, seed % 4 == 0)
    var surroundings = Surroundings.system
    if seed % 2 == 0 { surroundings.snapshotByteThreshold = 1 }
    self.surroundings = surroundings
  }

  private func broken(_ what: String) -> Broken { Broken(what) }

  /// Lives through all of it.
  ///
  /// - Throws: ``Broken``.
  mutating func run() async throws {
    try await begin()
    for _ in 0..<(10 + random.next() % 15) { try await step() }
    for index in machines.indices {
      machines[index].disk.spare()
      try await start(index)
    }
    try await finish()
  }

  private mutating func begin() async throws {
    let corpus = CorpusID(bytes: Bytes16.sixteen(random.next()).array)
    for index in 0..<(2 + Int(random.next() % 2)) {
      let name = ["A", "B", "C"][index]
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      let disk = Disk(folder: "\(folder)/\(name)", seed: random.next(), isLying: hasLyingDisks)
      let path = "\(folder)/\(name)/corpus.dicta"
      try Archive(creatingAt: path, corpus: corpus, device: name).close()
      PowerVFS.watch(disk)
      let archive = try Archive(at: path, surroundings: surroundings)
      let origin = try await archive.read { try $0.status().origin }
      machines.append(Machine(name: name, disk: disk, path: path, archive: archive, origin: origin))
    }
    // Whoever syncs first then has something to take.
    if surroundings.snapshotByteThreshold == 1 { try await write(0) }
  }

  /// Stops watching, whatever came of it.
  mutating func end() {
    for machine in machines {
      try? machine.archive?.close()
      PowerVFS.forget(machine.disk)
    }
    machines = []
  }

  // MARK: What happens

  private mutating func step() async throws {
    let index = Int(random.next() % UInt64(machines.count))
    let cut = random.pick(Disk.Cut.allCases)
    let isFatal = random.happens(percent: 45)
    if isFatal { machines[index].disk.burn(after: Int(random.next() % random.pick([4, 20, 60])), cut) }
    let chance = random.next() % 100
    if chance < 45 {
      try await write(index)
      if machines[index].disk.isOff { tally.cutsInWrites += 1 }
    } else if chance < 90 {
      var other = Int(random.next() % UInt64(machines.count - 1))
      if other >= index { other += 1 }
      // Sometimes the power fails on both sides.
      if isFatal, random.happens(percent: 20) { machines[other].disk.burn(after: Int(random.next() % 40), random.pick(Disk.Cut.allCases)) }
      try await sync(index, other)
      for place in [index, other] where machines[place].disk.isOff { tally.cutsInSessions += 1 }
    } else {
      machines[index].disk.cut(cut)
      trace.append("the power fails at \(machines[index].name), which does nothing")
    }
    for index in machines.indices {
      machines[index].disk.spare()
      try await start(index)
    }
  }

  private mutating func write(_ index: Int) async throws {
    for _ in 0..<(1 + random.next() % 6) {
      guard let archive = machines[index].archive, !machines[index].disk.isOff else { return }
      let text = "\(machines[index].name) \(machines[index].written.count)"
      // Some are large enough to be a run.
      let size = random.happens(percent: 3) ? 40_000 : 10
      let count = size > 10 ? 20 : 1
      do {
        try await archive.write(author: machines[index].name) { transaction in
          for _ in 0..<count {
            var claim = Claim(id: transaction.newID(), text: text)
            claim.context = String(repeating: "x", count: size)
            try transaction.insert(claim)
          }
        }
        machines[index].written.append(text)
        tally.writes += 1
        trace.append("\(machines[index].name) writes \(text)\(count > 1 ? ", a run" : "")")
      } catch ArchiveError.unproven where losesWitnesses {
        machines[index].isUnproven = true
        return
      } catch {
        guard machines[index].disk.isOff else { throw broken("\(machines[index].name) can't write: \(error)") }
        // Whether it is there after this, nobody was promised.
        machines[index].lost.insert(text)
        machines[index].written.append(text)
        trace.append("the power fails at \(machines[index].name), writing \(text)")
      }
    }
  }

  private mutating func sync(_ index: Int, _ other: Int) async throws {
    guard let one = machines[index].archive, let two = machines[other].archive else { return }
    let (left, right) = (Witnessed(one, copiesFiles: copiesFiles), Witnessed(two, copiesFiles: copiesFiles))
    var options = SyncOptions()
    options.deliveryByteLimit = random.pick([1, 2000, 1 << 20])
    tally.sessions += 1
    let names = "\(machines[index].name) and \(machines[other].name)"
    do {
      let report = try await left.sync(with: right, options: options)
      trace.append("\(names) sync: \(report.sent) there, \(report.received) here\(report.snapshotBytes > 0 ? " by a snapshot" : "")")
      if report.snapshotBytes > 0 { tally.snapshots += 1 }
      // Each has said what it holds, and that it is safe. What can't be proven is never told.
      let isUnproven = machines[index].isUnproven || machines[other].isUnproven
      if !report.isEqual, !isUnproven { throw broken("\(names) sync undisturbed, and aren't equal") }
    } catch let error as Broken {
      throw error
    } catch {
      guard machines[index].disk.isOff || machines[other].disk.isOff else { throw broken("\(names) can't sync: \(error)") }
      let off = [index, other].filter { machines[$0].disk.isOff }.map { machines[$0].name }
      trace.append("\(names) sync, and the power fails at \(off.joined(separator: " and "))")
    }
    machines[index].promises.formUnion(left.promises)
    machines[other].promises.formUnion(right.promises)
  }

  // MARK: After a cut

  /// Starts a machine that is off, if need be several times, and checks what is left of its archive.
  private mutating func start(_ index: Int) async throws {
    guard machines[index].disk.isOff else { return }
    while true {
      try? machines[index].archive?.close()
      machines[index].archive = nil
      try await waitUntilClosed(machines[index].disk)
      tally.cuts += 1
      try machines[index].disk.restart()
      if losesWitnesses, random.happens(percent: 30) {
        try? FileManager.default.removeItem(atPath: machines[index].path + "-witness")
        trace.append("the witness of \(machines[index].name) is lost")
      }
      // Now and then it fails again while the archive is being opened.
      if random.happens(percent: 15) { machines[index].disk.burn(after: Int(random.next() % 12), random.pick(Disk.Cut.allCases)) }
      do {
        machines[index].archive = try Archive(at: machines[index].path, surroundings: surroundings)
        machines[index].disk.spare()
        if !machines[index].disk.isOff { break }
      } catch {
        guard machines[index].disk.isOff else { throw broken("\(machines[index].name) can't be opened after a power cut: \(error)") }
      }
      tally.cutsOnStarting += 1
      trace.append("the power fails at \(machines[index].name) again")
    }
    trace.append("\(machines[index].name) starts again")
    try await check(index)
  }

  /// Without power closing fails, so connections end when nobody holds the archive any more, which a task that wants to sign may for a while.
  /// They share memory with whoever opens the file next, as no two starts of a machine do.
  private func waitUntilClosed(_ disk: Disk) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while PowerVFS.openFileCount(on: disk) > 0 {
      guard .now < deadline else { throw broken("\(PowerVFS.openFileCount(on: disk)) files of \(disk.folder) stay open") }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  private mutating func check(_ index: Int) async throws {
    guard let archive = machines[index].archive else { return }
    let name = machines[index].name
    let problems = try await archive.check().filter { !$0.isHarmless }
    guard problems.isEmpty else { throw broken("\(name) is damaged: \(problems)") }

    let held = try await Self.held(by: archive)
    let missing = machines[index].promises.subtracting(held)
    guard missing.isEmpty else {
      throw broken("\(name) told a peer of \(missing.map { "\($0.origin)/\($0.sequence)" }), and doesn't hold it any more")
    }
    tally.promises += machines[index].promises.count

    // What is lost was written last.
    let texts = try await Self.texts(in: archive)
    let own = machines[index].written
    let isThere = own.map(texts.contains)
    if let gap = isThere.indices.dropFirst().first(where: { isThere[$0] && !isThere[$0 - 1] && !machines[index].lost.contains(own[$0 - 1]) }) {
      throw broken("\(name) holds “\(own[gap])” and not “\(own[gap - 1])”, which was written before")
    }
    for (text, isThere) in zip(own, isThere) where !isThere && machines[index].lost.insert(text).inserted { tally.lost += 1 }
    let origin = try await archive.read { try $0.status().origin }
    if machines[index].origin != origin {
      tally.newOrigins += 1
      trace.append("\(name) has taken a new origin")
    }
    machines[index].origin = origin
    machines[index].isUnproven = try await archive.check().contains { $0.code == "unproven" }
  }

  /// The names of all changes that the archive would tell of.
  private static func held(by archive: Archive) async throws -> Set<HeadName> {
    var shipment = try await archive.shipment(to: PeerHeads(names: []), peerRungs: [])
    var held: Set<HeadName> = []
    while let delivery = try await archive.nextDelivery(of: &shipment, byteLimit: 1 << 20) {
      for segment in delivery.segments { held.formUnion(try segment.heads.map(HeadName.init)) }
    }
    return held
  }

  private static func texts(in archive: Archive) async throws -> Set<String> {
    try await archive.read { transaction in Set(try transaction.list(Claim.self).map(\.text)) }
  }

  // MARK: The end

  private mutating func finish() async throws {
    for _ in 0..<2 {
      for (left, right) in [(0, 1), (0, machines.count - 1), (1, machines.count - 1)] where left != right { try await sync(left, right) }
    }
    var digests: Set<Digest> = []
    for index in machines.indices {
      guard let archive = machines[index].archive else { continue }
      let status = try await archive.read { try $0.status() }
      if !machines[index].isUnproven { digests.insert(status.digest) }
      guard status.forks == 0 else { throw broken("a number was given twice: \(machines[index].name) sees \(status.forks) forks") }
      let held = try await Self.held(by: archive)
      let promises = machines.reduce(into: Set<HeadName>()) { $0.formUnion($1.promises) }
      guard promises.isSubset(of: held) else { throw broken("\(machines[index].name) lacks what somebody told of") }
      let texts = try await Self.texts(in: archive)
      for machine in machines where !machine.isUnproven {
        if let lost = machine.written.first(where: { !texts.contains($0) && !machine.lost.contains($0) }) {
          throw broken("“\(lost)” was written and never lost, and \(machines[index].name) doesn't have it")
        }
      }
      let problems = try await archive.check().filter { $0.code != "unproven" }
      guard problems.isEmpty else { throw broken("\(machines[index].name) in the end: \(problems)") }
    }
    guard digests.count < 2 else { throw broken("they don't converge") }
  }
}
