import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// Damage by chance, anywhere in the file: nothing traps, nothing is made up, and what is gone is named.
@Suite struct RepairSweepTests {
  /// One for all cases, since making it takes longer than repairing it.
  private static let patient = Task { try await Patient(in: TemporaryFolder()) }

  private static let compacted = Task {
    let folder = TemporaryFolder()
    let archive = try await EventfulArchive(in: folder).open(packByteGoal: 400)
    try await archive.compact()
    return try await Patient(of: archive, in: folder)
  }

  /// Of which values were dropped; and a peer that holds everything.
  private static let reduced = Task {
    let rooms = try await Newsrooms(in: TemporaryFolder())
    for archive in rooms.all {
      try await rooms.writeNotes(4, at: archive)
      try await rooms.meet()
    }
    try await rooms.acknowledge()
    guard try await rooms.first.drop().droppedChanges > 8 else { throw Missing("what was dropped") }
    // One behind them that isn't in a pack.
    try await rooms.first.write { try $0.update(rooms.claim) { $0.note = "the last word" } }
    try await rooms.meet()
    let patient = try await Patient(of: rooms.first, in: rooms.folder)
    try rooms.folder.copy("first.dicta-witness", to: Patient.name + "-witness")
    try rooms.second.close()
    return (patient: patient, peer: try rooms.folder.bytes(of: "second.dicta"))
  }

  private static let caseCount = 8

  @Test(arguments: 1...30 as ClosedRange<UInt64>) func whateverIsDamagedOnlyTrueChangesAreKept(seed: UInt64) async throws {
    let patient = try await Self.patient.value
    var random = SeededRandom(seed: seed)
    for number in 0..<Self.caseCount {
      let folder = TemporaryFolder()
      let damage = Damage(&random)
      let what: Comment = "seed \(seed), case \(number): \(damage)"
      try await Self.expectTruth(of: patient, damage.done(to: patient.file, &random), hasWitness: random.happens(percent: 50), in: folder, what)
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func whateverIsDamagedInACompactedArchiveOnlyTrueChangesAreKept(seed: UInt64) async throws {
    let patient = try await Self.compacted.value
    var random = SeededRandom(seed: 3000 + seed)
    for number in 0..<Self.caseCount {
      let damage = Damage(&random)
      let what: Comment = "seed \(seed), case \(number): \(damage)"
      let hasWitness = random.happens(percent: 50)
      try await Self.expectTruth(of: patient, damage.done(to: patient.file, &random), hasWitness: hasWitness, in: TemporaryFolder(), what)
    }
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func whateverIsDamagedWhereValuesWereDroppedNothingIsMadeUp(seed: UInt64) async throws {
    let (patient, peerFile) = try await Self.reduced.value
    var random = SeededRandom(seed: 4000 + seed)
    for number in 0..<4 {
      let damage = Damage(&random)
      let what: Comment = "seed \(seed), case \(number): \(damage)"
      let file = damage.done(to: patient.file, &random)
      try await Self.expectTruth(of: patient, file, hasWitness: random.happens(percent: 50), in: TemporaryFolder(), what)
      let folder = TemporaryFolder()
      let peer = try Archive(at: folder.file("peer.dicta", holding: peerFile))
      let (archive, report) = try await folder.repair(folder.file(Patient.name, holding: file), into: "repaired.dicta", from: [peer])
      #expect(report.losses.allSatisfy { $0.subject == .anything }, what)
      #expect(try await archive.digest == patient.digest, what)
      #expect(try await archive.heads() == patient.heads, what)
      #expect(try await archive.document() == patient.document, what)
      #expect(try await archive.check() == [], what)
      try archive.close()
      try peer.close()
    }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>) func aPeerThatHoldsAllMakesItWholeAgain(seed: UInt64) async throws {
    let patient = try await Self.patient.value
    var random = SeededRandom(seed: 1000 + seed)
    for number in 0..<4 {
      let folder = TemporaryFolder()
      let damage = Damage(&random)
      _ = try folder.file("peer.dicta", holding: patient.file)
      let peer = try Archive(at: folder.file("peer.dicta"))
      let damaged = try folder.file(Patient.name, holding: damage.done(to: patient.file, &random))
      let (archive, report) = try await folder.repair(damaged, into: "repaired.dicta", from: [peer])
      let what: Comment = "seed \(seed), case \(number): \(damage)"
      // Where nothing at all is left, nobody can tell whether the peer held everything.
      #expect(report.losses.allSatisfy { $0.subject == .anything }, what)
      #expect(try await archive.digest == patient.digest, what)
      #expect(try await archive.heads() == patient.heads, what)
      #expect(try await archive.document() == patient.document, what)
      #expect(try await archive.check() == patient.asides, what)
      try archive.close()
      try peer.close()
    }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>) func aDamagedWriteAheadLogGivesOnlyTrueChangesToo(seed: UInt64) async throws {
    let home = TemporaryFolder()
    let archive = try home.archive("busy.dicta")
    for number in 0..<6 { try await archive.writeClaim("\(number)") }
    _ = try await archive.writeSmallCorpus()
    let (file, log) = (try home.bytes(of: "busy.dicta"), try home.bytes(of: "busy.dicta-wal"))
    try home.copy("busy.dicta-witness", to: Patient.name + "-witness")
    let patient = try await Patient(of: archive, in: home)
    var random = SeededRandom(seed: 2000 + seed)
    for number in 0..<6 {
      let folder = TemporaryFolder()
      let damage = Damage(&random)
      _ = try folder.file(Patient.name + "-wal", holding: damage.done(to: log, &random))
      let hasWitness = random.happens(percent: 50)
      try await Self.expectTruth(of: patient, file, hasWitness: hasWitness, in: folder, "seed \(seed), case \(number): \(damage)", isLogWhole: false)
    }
  }

  /// - Parameter isLogWhole: if not, what was committed last may be gone without a trace.
  private static func expectTruth(
    of patient: Patient, _ file: [UInt8], hasWitness: Bool, in folder: TemporaryFolder, _ what: Comment, isLogWhole: Bool = true
  ) async throws {
    let damaged = try folder.file(Patient.name, holding: file)
    if hasWitness { _ = try folder.file(Patient.name + "-witness", holding: patient.folder.bytes(of: Patient.name + "-witness")) }
    do {
      let (archive, report) = try await folder.repair(damaged, into: "repaired.dicta")
      let own = try await archive.read { try $0.status().origin }
      let log = try await archive.log
      let foreign = log.filter { $0.segment.origin != own }
      #expect(foreign.allSatisfy { patient.changes[$0.id] != nil }, what)
      #expect(foreign.count == report.kept && report.fetched == 0, what)
      #expect(try await archive.check().filter { !$0.isHarmless } == [], what)
      #expect(try await archive.read { try $0.bareChanges() } == [], what)
      let held = Set(foreign.map(\.id))
      let gone = patient.changes.filter { !held.contains($0.key) }
      if isLogWhole, !report.losses.contains(where: { if case .unknownChanges = $0.subject { true } else { false } }) {
        for (_, change) in gone { #expect(report.names(change), "\(what): \(change) is lost and not named in \(report.losses)") }
      }
      #expect(report.lostChangeCount >= gone.count || !isLogWhole, what)
      if gone.isEmpty { #expect(report.losses == [], what) }
      try archive.close()
    } catch ArchiveError.damaged {
      // Too little is left to begin with.
      #expect(!FileManager.default.fileExists(atPath: folder.file("repaired.dicta")), what)
    }
  }
}

/// Something that happens to a file.
private enum Damage: CustomStringConvertible {
  case zeros(pages: Int)
  case garbage(pages: Int)
  case flips(count: Int)
  case hole(byteCount: Int)
  case end
  case swap

  init(_ random: inout SeededRandom) {
    let amount = Int(random.next() % 6) + 1
    switch random.next() % 8 {
    case 0, 1: self = .zeros(pages: amount)
    case 2, 3: self = .garbage(pages: amount)
    case 4: self = .flips(count: amount * amount)
    case 5: self = .hole(byteCount: 300 * amount)
    case 6: self = .end
    default: self = .swap
    }
  }

  var description: String {
    switch self {
    case .zeros(let pages): "zeros in \(pages) pages"
    case .garbage(let pages): "garbage in \(pages) pages"
    case .flips(let count): "\(count) flipped bytes"
    case .hole(let byteCount): "garbage in \(byteCount) bytes"
    case .end: "its end cut off"
    case .swap: "a page in the place of another"
    }
  }

  func done(to file: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var file = file
    let pageCount = file.count / 4096
    func page() -> Range<Int> {
      let start = Int(random.next() % UInt64(pageCount)) * 4096
      return start..<start + 4096
    }
    switch self {
    case .zeros(let pages): for _ in 0..<pages { file.replaceSubrange(page(), with: [UInt8](repeating: 0, count: 4096)) }
    case .garbage(let pages): for _ in 0..<pages { for offset in page() { file[offset] = UInt8(truncatingIfNeeded: random.next()) } }
    case .flips(let count):
      for _ in 0..<count { file[Int(random.next() % UInt64(file.count))] ^= UInt8(truncatingIfNeeded: random.next()) | 1 }
    case .hole(let byteCount):
      let start = Int(random.next() % UInt64(file.count - byteCount))
      for offset in start..<start + byteCount { file[offset] = UInt8(truncatingIfNeeded: random.next()) }
    case .end: file.removeLast(Int(random.next() % UInt64(file.count)))
    case .swap: file.replaceSubrange(page(), with: Array(file[page()]))
    }
    return file
  }
}
