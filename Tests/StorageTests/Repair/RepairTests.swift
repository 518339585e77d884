import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// What becomes of an archive that is damaged in one way.
@Suite struct RepairTests {
  let folder = TemporaryFolder()

  /// Expects an archive that holds what the patient held.
  private func expectWhole(_ patient: Patient, _ repaired: (archive: Archive, report: RepairReport), fetched: Int = 0) async throws {
    #expect(repaired.report.losses == [])
    #expect(repaired.report.kept + fetched == patient.changes.count && repaired.report.fetched == fetched)
    #expect(try await repaired.archive.heads() == patient.heads)
    #expect(try await repaired.archive.digest == patient.digest)
    #expect(try await repaired.archive.document() == patient.document)
    #expect(try await repaired.archive.check().filter { !$0.isHarmless } == [])
  }

  private func write(_ bytes: [UInt8], over range: Range<Int>, of patient: Patient) throws {
    var file = patient.file
    file.replaceSubrange(range, with: bytes)
    _ = try folder.file(Patient.name, holding: file)
  }

  // MARK: Nothing is lost

  @Test func aHealthyArchiveGivesOneThatIsEqual() async throws {
    let patient = try await Patient(in: folder)
    let repaired = try await patient.repair()
    try await expectWhole(patient, repaired)
    // It goes on under an origin of its own.
    let origin = try await repaired.archive.read { try $0.status().origin }
    #expect(!patient.heads.contains { $0.origin == origin })
    try await repaired.archive.writeClaim("goes on")
    #expect(try await repaired.archive.check() == patient.asides)
  }

  @Test func anEmptyArchiveGivesAnEmptyOne() async throws {
    let archive = try folder.archive(Patient.name)
    let patient = try await Patient(of: archive, in: folder)
    let repaired = try await patient.repair()
    try await expectWhole(patient, repaired)
    #expect(try await repaired.archive.corpus() == (id: patient.corpus, isEmpty: true))
  }

  @Test func aDamagedHeaderCostsNothing() async throws {
    let patient = try await Patient(in: folder)
    try write([UInt8](repeating: 0, count: 100), over: 0..<100, of: patient)
    try await expectWhole(patient, patient.repair())
  }

  @Test func aHeaderThatLiesAboutItsPagesCostsNothing() async throws {
    let patient = try await Patient(in: folder)
    for (number, size) in ([[0x02, 0x00], [0x20, 0x00], [0x00, 0x01], [0xff, 0xff]] as [[UInt8]]).enumerated() {
      try write(size, over: 16..<18, of: patient)
      try await expectWhole(patient, patient.repair(into: "\(number).dicta"))
    }
  }

  @Test func theTableOfTablesIsNotNeeded() async throws {
    let patient = try await Patient(in: folder)
    try write([UInt8](repeating: 0, count: 4096), over: 0..<4096, of: patient)
    try await expectWhole(patient, patient.repair())
  }

  @Test func whatIsNotInTheFileYetIsTakenFromTheWriteAheadLog() async throws {
    let archive = try folder.archive("busy.dicta")
    for number in 0..<5 { try await archive.writeClaim("\(number)") }
    let small = try await archive.writeSmallCorpus()
    for suffix in ["", "-wal", "-witness"] { try folder.copy("busy.dicta" + suffix, to: Patient.name + suffix) }
    let patient = try await Patient(of: archive, in: folder)
    let repaired = try await patient.repair()
    try await expectWhole(patient, repaired)
    #expect(try await repaired.archive.read { try $0.require(small.article.id).text.string } == SmallCorpus.words)
  }

  @Test func ofADamagedWriteAheadLogTheSoundFramesAreTaken() async throws {
    let archive = try folder.archive("busy.dicta")
    for number in 0..<8 { try await archive.writeClaim("\(number)") }
    for suffix in ["", "-wal", "-witness"] { try folder.copy("busy.dicta" + suffix, to: Patient.name + suffix) }
    let patient = try await Patient(of: archive, in: folder)
    let log = try folder.bytes(of: Patient.name + "-wal")
    // Its header, which SQLite can't do without.
    _ = try folder.file(Patient.name + "-wal", holding: [UInt8](repeating: 0, count: 32) + log.dropFirst(32))
    try await expectWhole(patient, patient.repair(into: "header.dicta"))
    // And a frame at its beginning, where SQLite would stop reading: what lies behind holds the same pages, as they were later.
    var damaged = log
    for offset in 100..<200 { damaged[offset] ^= 0xff }
    _ = try folder.file(Patient.name + "-wal", holding: damaged)
    try await expectWhole(patient, patient.repair(into: "frame.dicta"))
  }

  /// One bit of what tells the order of bytes, or to which log a frame belongs, doesn't cost the frames around it.
  @Test(arguments: [3, 17, 32 + 4120 + 9, 32 + 2 * 4120 + 12]) func aFlippedMarkInAWriteAheadLogCostsAtMostItsOwnFrame(offset: Int) async throws {
    let archive = try folder.archive("busy.dicta")
    for number in 0..<8 { try await archive.writeClaim("\(number)") }
    for suffix in ["", "-wal", "-witness"] { try folder.copy("busy.dicta" + suffix, to: Patient.name + suffix) }
    let patient = try await Patient(of: archive, in: folder)
    var log = try folder.bytes(of: Patient.name + "-wal")
    log[offset] ^= 1
    _ = try folder.file(Patient.name + "-wal", holding: log)
    try await expectWhole(patient, patient.repair())
  }

  @Test func whereNothingIsLeftThatIsSaid() async throws {
    let peer = try folder.archive("peer.dicta")
    try await peer.writeClaim("the peer's own")
    let repaired = try await folder.repair(folder.file("zeros", holding: [UInt8](repeating: 0, count: 50_000)), into: "new.dicta", from: [peer])
    #expect(repaired.report.kept == 0 && repaired.report.fetched == 1)
    #expect(repaired.report.losses.map(\.subject) == [.anything])
  }

  @Test func whatClaimsAnySizeOrIsNoFileIsRefused() async throws {
    let path = try folder.file("huge", holding: "")
    #expect(truncate(path, 1 << 60) == 0 || truncate(path, 1 << 40) == 0)
    let task = Task { [folder] in try await Repair(of: path, into: folder.file("new.dicta")) }
    task.cancel()
    #expect(await refuses({ try await task.value }) { _ in true })
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(await refuses({ try await Repair(of: folder.file("pipe"), into: folder.file("new.dicta")) }) { $0 is ArchiveError })
  }

  /// SQLite would take a write-ahead log that was left behind for that of the new database, and a witness may hold the only key.
  @Test(arguments: ["-wal", "-shm", "-journal", "-witness"]) func theRemainsOfAnotherArchiveAreNotWrittenOver(suffix: String) async throws {
    let archive = try folder.archive()
    try archive.close()
    let remains = try folder.file("new.dicta" + suffix, holding: "something")
    let isThere = { (error: any Error) in if case ArchiveError.alreadyThere(remains) = error { true } else { false } }
    #expect(await refuses({ try await Repair(of: archive.path, into: folder.file("new.dicta")) }, isThere))
    #expect(await refuses({ try Archive(creatingAt: folder.file("new.dicta")) }, isThere))
    #expect(await refuses({ try await Archive(at: archive.path).backup(to: folder.file("new.dicta")) }, isThere))
    #expect(try String(contentsOfFile: remains, encoding: .utf8) == "something")
  }

  @Test func emptyTablesOfBranchesNamesAndRowsCostNothing() async throws {
    let patient = try await Patient(in: folder)
    for table in ["branch", "name", "entity", "reference", "tally", "meeting", "search", "searchNote"] {
      let archive = try Archive(at: patient.path)
      try await archive.tamper(table.hasPrefix("search") ? "INSERT INTO \(table) (\(table)) VALUES ('delete-all')" : "DELETE FROM \(table)")
      try? archive.close()
      try await expectWhole(patient, patient.repair(into: "\(table).dicta"))
      _ = try folder.file(Patient.name, holding: patient.file)
    }
  }

  @Test func largeRunsAndTextsAreKeptWhole() async throws {
    let archive = try folder.archive(Patient.name)
    let long = String(repeating: "words ", count: 10_000)
    try await archive.write { transaction in
      for number in 0..<20 { try transaction.insert(Claim(id: transaction.newID(), text: "\(number) " + long)) }
      try transaction.insert(Article(outlet: "The Ferry", text: ArticleText(String(repeating: long, count: 20))))
    }
    let patient = try await Patient(of: archive, in: folder)
    #expect(patient.changes.count > 1)
    try write([UInt8](repeating: 0, count: 4096), over: 0..<4096, of: patient)
    try await expectWhole(patient, patient.repair())
  }

  // MARK: The corpus

  @Test func theCorpusIsFoundThoughTheRowThatSaysItIsNot() async throws {
    let patient = try await Patient(in: folder)
    let archive = try Archive(at: patient.path)
    // A shape that no row of ours has.
    try await archive.tamper("ALTER TABLE archive ADD COLUMN other; UPDATE archive SET other = 1")
    try? archive.close()
    let repaired = try await patient.repair()
    #expect(repaired.report.kept == patient.changes.count)
    #expect(try await repaired.archive.digest == patient.digest)
  }

  @Test func theCorpusComesFromAPeerIfNothingElseTellsIt() async throws {
    let patient = try await Patient(in: folder)
    let corpus = patient.corpus.bytes
    var file = patient.file
    for start in 0..<file.count - 16 where Array(file[start..<start + 16]) == corpus {
      file.replaceSubrange(start..<start + 16, with: [UInt8](repeating: 0xee, count: 16))
    }
    _ = try folder.file(Patient.name, holding: file)
    let peer = try Archive(creatingAt: folder.file("peer.dicta"), corpus: patient.corpus)
    try await peer.writeClaim("the peer's own")
    let repaired = try await patient.repair(from: [peer])
    #expect(repaired.report.kept == patient.changes.count && repaired.report.fetched == 1)
    #expect(repaired.report.losses == [])
    try await peer.sync(with: repaired.archive)
    #expect(try await peer.digest == repaired.archive.digest)
  }

  // MARK: What is lost is said, and what still stands somewhere is rescued

  @Test func anAlteredChangeIsLostWithWhatFollowsItAndItsWordsAreRescued() async throws {
    let archive = try folder.archive(Patient.name)
    let claims = [try await archive.writeClaim("one"), try await archive.writeClaim("two"), try await archive.writeClaim("three")]
    try await archive.tamper("UPDATE log SET body = CAST(replace(body, 'two', 'owt') AS BLOB) WHERE key & 0xffff = 2")
    let origin = try await archive.heads()[0].origin
    try archive.close()
    let (repaired, report) = try await folder.repair(archive.path, into: "repaired.dicta")
    #expect(report.kept == 1 && report.fetched == 0)
    let subjects: [Loss.Subject] = [.changes(origin: origin, sequences: 2...2), .changes(origin: origin, sequences: 3...3)]
    #expect(report.losses.map(\.subject) == subjects)
    #expect(report.losses.first?.reason.contains("altered") == true && report.losses.last?.reason.contains("follows change 2") == true)
    #expect(report.losses.map(\.rescued) == [1, 1])
    // Not the altered word: the rows still show what was written.
    for (claim, text) in zip(claims, ["one", "two", "three"]) {
      #expect(try await repaired.read { try $0.require(claim).text } == text)
    }
    #expect(try await repaired.read { try $0.history(of: claims[2].reference).last?.note } == "rescued by repair")
    #expect(try await repaired.check() == [])
  }

  /// Damages each change of the patient in turn, repairs, and hands what came of it to `body`.
  private func withEachChange(
    of patient: Patient, _ sql: String, askingPeer: Bool, _ body: (Archive, RepairReport, Comment) async throws -> Void
  ) async throws {
    let peer = try folder.twin(of: Patient.name, named: "peer.dicta")
    for row in 1...patient.changes.count {
      let archive = try folder.twin(of: "peer.dicta", named: "damaged.dicta")
      try await archive.tamper("\(sql) WHERE position = \(row)")
      try? archive.close()
      let (repaired, report) = try await folder.repair(archive.path, into: "repaired.dicta", from: askingPeer ? [peer] : [])
      try await body(repaired, report, "\(sql), change \(row)")
      try repaired.close()
      for name in ["damaged.dicta", "repaired.dicta"] { for suffix in ["", "-witness"] { try folder.remove(name + suffix) } }
    }
    try peer.close()
  }

  private static let damages = [
    "DELETE FROM log", "UPDATE log SET id = zeroblob(32), body = zeroblob(40)", "UPDATE log SET key = key | (1 << 20)",
  ]

  @Test(arguments: damages) func aChangeThatIsDamagedIsFetchedFromAPeer(sql: String) async throws {
    let patient = try await Patient(in: folder)
    try await withEachChange(of: patient, sql, askingPeer: true) { repaired, report, what in
      #expect(report.losses == [], what)
      #expect(report.kept + report.fetched == patient.changes.count && report.fetched >= 1, what)
      let (digest, heads) = (try await repaired.digest, try await repaired.heads())
      #expect(digest == patient.digest && heads == patient.heads, what)
    }
  }

  @Test(arguments: damages) func whatIsLostWithAChangeIsNamedEachByItsPlace(sql: String) async throws {
    let patient = try await Patient(in: folder)
    try await withEachChange(of: patient, sql, askingPeer: false) { repaired, report, what in
      let held = Set(try await repaired.log.map(\.id))
      let gone = patient.changes.filter { !held.contains($0.key) }
      for (_, change) in gone { #expect(report.names(change), "\(what): \(change) isn't named in \(report.losses)") }
      #expect(report.lostChangeCount == gone.count, what)
      #expect(report.kept == patient.changes.count - gone.count, what)
    }
  }

  @Test func ofAPeerThatHoldsHalfTheOtherHalfIsKept() async throws {
    let archives = try folder.archives(2)
    let first = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    let second = try await archives[0].writeClaim("two")
    let digest = try await archives[0].digest
    try await archives[0].tamper("DELETE FROM log WHERE position = 1")
    try archives[0].close()
    let (repaired, report) = try await folder.repair(folder.file("1.dicta"), into: "repaired.dicta", from: [archives[1]])
    #expect(report.kept == 1 && report.fetched == 1 && report.losses == [])
    #expect(try await repaired.digest == digest)
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.id) } == [first, second])
  }

  @Test func withoutItsTextAChangeIsNotTakenAndTheTextIsNamed() async throws {
    let archive = try folder.archive(Patient.name)
    let small = try await archive.writeSmallCorpus()
    let other = try await archive.writeClaim("another")
    try await archive.tamper("UPDATE text SET content = replace(content, 'spring', 'autumn')")
    try archive.close()
    let (repaired, report) = try await folder.repair(archive.path, into: "repaired.dicta")
    #expect(report.kept == 0 && report.lostTexts == [small.article.text.hash])
    #expect(report.lostChangeCount == 2)
    #expect(try await repaired.read { try $0.require(small.speaker.id).name } == "Mara Quist")
    #expect(try await repaired.read { try $0.require(other).text } == "another")
    #expect(try await repaired.check().filter { !$0.isHarmless } == [])
  }

  @Test func withoutItsSignaturesOwnWorkIsSignedAnew() async throws {
    let archive = try folder.archive(Patient.name)
    for number in 0..<4 { try await archive.writeClaim("\(number)") }
    _ = try await archive.open(for: [])
    let patient = try await Patient(of: archive, in: folder)
    let again = try Archive(at: patient.path)
    try await again.tamper("DELETE FROM signature")
    try? again.close()
    try await expectWhole(patient, patient.repair())
  }

  @Test func withoutTheirSignaturesOthersChangesAreRescuedFromTheRows() async throws {
    let archives = try folder.archives(2)
    let theirs = try await archives[0].writeClaim("theirs")
    try await archives[0].sync(with: archives[1])
    let mine = try await archives[1].writeClaim("mine")
    try await archives[1].tamper("DELETE FROM signature")
    let origin = try await archives[0].heads()[0].origin
    try archives[1].close()
    let (repaired, report) = try await folder.repair(folder.file("2.dicta"), into: "repaired.dicta")
    #expect(report.kept == 0)
    #expect(report.losses.contains { $0.subject == .changes(origin: origin, sequences: 1...1) && $0.reason.contains("signature") })
    #expect(try await repaired.read { try $0.require(theirs).text } == "theirs")
    #expect(try await repaired.read { try $0.require(mine).text } == "mine")
    #expect(try await repaired.check() == [])
  }

  // MARK: What was never signed

  /// Copies of an open archive's files in the middle of a burst, of which only the first change is signed.
  private func burst(withWitness: Bool) async throws -> (claims: [Claim.ID], origin: Origin) {
    let archive = try folder.archive("burst.dicta")
    archive.setSigningPause(.seconds(3600))
    var claims: [Claim.ID] = []
    for number in 0..<3 { claims.append(try await archive.writeClaim("\(number)")) }
    for suffix in ["", "-wal"] + (withWitness ? ["-witness"] : []) { try folder.copy("burst.dicta" + suffix, to: Patient.name + suffix) }
    let origin = try await archive.read { try $0.status().origin }
    try archive.close()
    return (claims, origin)
  }

  @Test func theKeyInTheWitnessProvesWhatWasNotSignedYet() async throws {
    let (claims, origin) = try await burst(withWitness: true)
    let (repaired, report) = try await folder.repair(folder.file(Patient.name), into: "repaired.dicta")
    #expect(report.kept == 3 && report.losses == [])
    #expect(try await repaired.heads().map(\.origin) == [origin])
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.id) } == claims)
    #expect(try await repaired.check() == [])
  }

  @Test func withoutTheKeyItIsWrittenAgain() async throws {
    let (claims, origin) = try await burst(withWitness: false)
    let (repaired, report) = try await folder.repair(folder.file(Patient.name), into: "repaired.dicta")
    #expect(report.kept == 1 && report.losses.map(\.subject) == [.changes(origin: origin, sequences: 2...3)])
    #expect(report.losses.map(\.rescued) == [2])
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.id) } == claims)
    #expect(try await repaired.check() == [])
  }

  @Test func anUnprovenArchiveCanBeWrittenToAgain() async throws {
    let (claims, _) = try await burst(withWitness: false)
    let stuck = try Archive(at: folder.file(Patient.name))
    #expect(await refuses({ try await stuck.writeClaim("four") }) { "\($0)".contains("repair") })
    try stuck.close()
    let (repaired, _) = try await folder.repair(folder.file(Patient.name), into: "repaired.dicta")
    let fourth = try await repaired.writeClaim("four")
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.id) } == claims + [fourth])
  }

  @Test func aDeletionThatIsLostIsDoneAgain() async throws {
    let archive = try folder.archive(Patient.name)
    let claim = try await archive.writeClaim("soon gone")
    let kept = try await archive.writeClaim("edited")
    try await archive.write { try $0.delete(claim.reference) }
    try await archive.write { try $0.update(kept) { $0.text = "edited again" } }
    try await archive.tamper("DELETE FROM log WHERE key & 0xffff = 3")
    try archive.close()
    let (repaired, report) = try await folder.repair(archive.path, into: "repaired.dicta")
    #expect(report.kept == 2 && report.losses.map(\.rescued) == [1, 1])
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.text) } == ["edited again"])
    #expect(try await repaired.read { try $0.conflicts().isEmpty })
    #expect(try await repaired.check() == [])
  }

  @Test func rowsThatDoNotAddUpAreNotTrusted() async throws {
    let archive = try folder.archive(Patient.name)
    let claim = try await archive.writeClaim("one")
    try await archive.writeClaim("two")
    try await archive.tamper("DELETE FROM log WHERE key & 0xffff = 2")
    try await archive.tamper("UPDATE entity SET state = CAST(replace(state, 'two', 'owt') AS BLOB)")
    try archive.close()
    let (repaired, report) = try await folder.repair(archive.path, into: "repaired.dicta")
    #expect(report.kept == 1 && report.losses.map(\.rescued) == [0])
    #expect(try await repaired.read { try $0.list(Claim.self).map(\.id) } == [claim])
  }

  // MARK: What can't be done

  @Test func whereNothingCanBeMadeOutNothingIsLeft() async throws {
    let garbage = try folder.file("garbage", holding: (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 131) })
    for path in [garbage, try folder.file("zeros", holding: [UInt8](repeating: 0, count: 50_000)), try folder.file("empty", holding: "")] {
      let repair = try await Repair(of: path, into: folder.file("repaired.dicta"))
      #expect(await refuses({ try await repair.finish() }) { if case ArchiveError.damaged = $0 { true } else { false } })
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["empty", "garbage", "zeros"])
  }

  @Test func nothingIsOverwrittenAndNothingIsMadeOfNothing() async throws {
    let archive = try folder.archive()
    try archive.close()
    #expect(
      await refuses({ try await Repair(of: archive.path, into: archive.path) }) { if case ArchiveError.alreadyThere = $0 { true } else { false } })
    #expect(
      await refuses({ try await Repair(of: folder.file("none"), into: folder.file("new")) }) {
        if case ArchiveError.notFound = $0 { true } else { false }
      })
    #expect(
      await refuses({ try await Repair(of: archive.path, into: folder.file("no/new")) }) {
        if case ArchiveError.noFolder = $0 { true } else { false }
      })
    #expect(
      await refuses({ try await Repair(of: folder.path, into: folder.file("new")) }) {
        if case ArchiveError.notAnArchive = $0 { true } else { false }
      })
  }
}
