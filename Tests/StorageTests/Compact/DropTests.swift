import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// `compact --drop-superseded` drops what was overwritten and everybody holds, and nothing that is said becomes different by it.
@Suite struct DropTests {
  let folder = TemporaryFolder()

  // MARK: When

  @Test func nothingIsDroppedBeforeEverybodyHasAcknowledgedIt() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(5, at: rooms.first)
    let (second, third) = (try await rooms.second.origin, try await rooms.third.origin)
    let alone = try await rooms.first.drop()
    #expect(alone.droppedChanges == 0 && alone.waitingChanges == 4 && alone.waitsFor == [second, third].sorted())
    // Who holds it may have lost it again tomorrow; who has written on top of it can't.
    try await rooms.meet()
    #expect(try await rooms.first.drop().waitsFor == [second, third].sorted())
    try await rooms.second.writeClaim("from the second")
    try await rooms.meet()
    let half = try await rooms.first.drop()
    #expect(half.droppedChanges == 0 && half.waitsFor == [third])
    try await rooms.third.writeClaim("from the third")
    try await rooms.meet()
    let done = try await rooms.first.drop()
    #expect(done.droppedChanges == 4 && done.waitingChanges == 0 && done.waitsFor == [])
    #expect(try await rooms.first.drop().droppedChanges == 0)
  }

  @Test func withoutBeingToldToNothingIsDropped() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(5, at: rooms.first)
    try await rooms.acknowledge()
    let before = try await Whole(rooms.first)
    let report = try await rooms.first.compact()
    #expect(report.packedChanges > 0 && report.droppedChanges == 0 && report.waitsFor == [])
    #expect(try await Whole(rooms.first) == before)
  }

  @Test func aReplicaThatNobodyElseWritesInWaitsForNobody() async throws {
    let archive = try Newsrooms.archive("alone", in: folder, corpus: CorpusID(random: .system))
    let claim = try await archive.writeClaim("words")
    for number in 0..<3 { try await archive.write { try $0.update(claim) { $0.note = Newsrooms.note(number) } } }
    #expect(try await archive.drop().droppedChanges == 2)
    #expect(try await archive.faults == [])
  }

  @Test func whatSurvivesIsNeverDropped() async throws {
    let rooms = try await Newsrooms(in: folder)
    // Two notes beside one another, both survive.
    for archive in [rooms.first, rooms.second] { try await rooms.writeNotes(1, at: archive) }
    try await rooms.second.write { try $0.update(rooms.claim) { $0.note = Newsrooms.note(77) } }
    try await rooms.acknowledge()
    let conflicts = try await rooms.first.read { try $0.conflicts() }
    #expect(conflicts.count == 1 && conflicts[0].candidates.count == 2)
    // The second one's first note was overwritten.
    #expect(try await rooms.first.drop().droppedChanges == 1)
    #expect(try await rooms.first.read { try $0.conflicts() }.map(\.candidates.count) == [2])
    #expect(try await rooms.first.faults == [])
  }

  @Test func aForkedOriginHasAcknowledgedWhatEachOfItsBranchesRestsOn() async throws {
    let rooms = try await Newsrooms(in: folder)
    let origin = try await rooms.third.origin
    try await rooms.writeNotes(1, at: rooms.third)
    try await rooms.meet()
    try await rooms.first.write { try $0.update(rooms.claim) { $0.note = "from here" } }
    try await rooms.second.writeClaim("seen")
    try await rooms.meet()
    // The third one is put back to how it was when nobody had been told of what it wrote then; but a copy of that exists.
    try rooms.third.close()
    try folder.copy("third.dicta", to: "before.dicta")
    let lost = try Archive(at: rooms.third.path)
    for number in 0..<3 { try await lost.writeClaim("on one branch \(number)") }
    try lost.close()
    try folder.copy("third.dicta", to: "twin.dicta")
    try folder.copy("before.dicta", to: "third.dicta", keepingFile: true)
    let (third, twin) = (try Archive(at: rooms.third.path), try Archive(at: folder.file("twin.dicta")))
    for number in 0..<2 { try await third.writeClaim("on the other branch \(number)") }
    #expect(try await third.sync(with: rooms.first).isEqual)
    #expect(try await rooms.first.drop().droppedChanges == 1)
    // Where the chains part isn't known to the step at first, so more would be sent than is lacked.
    do { try await twin.sync(with: rooms.first) } catch ProtocolViolation.dropped {}
    #expect(try await twin.sync(with: rooms.first).isEqual)
    #expect(try await rooms.first.read { try $0.status().forks } == 1)
    try await rooms.writeNotes(2, at: rooms.first)
    for archive in [rooms.second, third] {
      try await archive.sync(with: rooms.first)
      try await archive.writeClaim("seen as well")
      try await archive.sync(with: rooms.first)
    }
    // One of its branches rests on it, and the other one doesn't.
    let report = try await rooms.first.drop()
    #expect(report.droppedChanges == 0 && report.waitsFor == [origin], "\(report)")
    #expect(try await rooms.first.faults == [])
    try third.close()
    try twin.close()
  }

  // MARK: What stays

  @Test func whatIsShownToldAndProvenStays() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(6, at: rooms.first)
    try await rooms.second.sync(with: rooms.first)
    try await rooms.writeNotes(6, at: rooms.second)
    try await rooms.acknowledge()
    let archive = rooms.first
    let before = (digest: try await archive.digest, heads: try await archive.heads(), document: try await archive.document())
    let ids = try await archive.read { try $0.changes(after: 0).map(\.id) }
    let report = try await archive.drop()
    #expect(report.droppedChanges == 11)
    #expect(report.bytesAfter < report.bytesBefore)
    #expect(try await archive.digest == before.digest)
    #expect(try await archive.heads() == before.heads)
    #expect(try await archive.document() == before.document)
    // Each id is computed anew from what is left.
    #expect(try await archive.read { try $0.changes(after: 0).map(\.id) } == ids)
    #expect(try await archive.check() == [])
    try archive.close()
    let opened = try Archive(at: archive.path)
    #expect(try await opened.check() == [])
    #expect(try await opened.sync(with: rooms.second).isEqual)
    try opened.close()
  }

  @Test func historySaysWhatWasDroppedAndInventsNothing() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    func notes() async throws -> [HistoryEntry] {
      try await rooms.first.read { try $0.history(of: rooms.claim.reference) }.filter { $0.address == .field("note") }
    }
    let before = try await notes()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    let after = try await notes()
    #expect(after.map(\.version) == before.map(\.version) && after.map(\.isDropped) == [true, true, false])
    #expect(after.map(\.new) == [.null, .null, before[2].new])
    #expect(after.map(\.old) == [[], [], []])
  }

  @Test func elementsOfSetsAndTextsStay() async throws {
    let rooms = try await Newsrooms(in: folder)
    let corpus = try await rooms.first.write { try SmallCorpus(in: $0, url: "https://example.org/dropped") }
    for number in 0..<3 {
      try await rooms.first.write { transaction in
        try transaction.update(corpus.article.id) {
          $0.text = try ArticleText("\($0.text.string) Edition \(number).")
          $0.note = Newsrooms.note(number)
          $0.tags = [ExactString("edition \(number)")]
        }
      }
    }
    try await rooms.acknowledge()
    // That the second edition isn't the first any more is a value of its own, which nobody has overwritten.
    #expect(try await rooms.first.drop().droppedChanges == 1)
    #expect(try await rooms.first.check() == [])
    let entries = try await rooms.first.read { try $0.history(of: corpus.article.reference) }.filter { $0.address?.field == "tags" }
    #expect(entries.count { $0.action == .add } == 3 && entries.count { $0.action == .remove } == 2)
    #expect(entries.allSatisfy { !$0.isDropped })
    #expect(try await rooms.second.sync(with: rooms.first).isEqual)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>) func whoeverDropsWheneverAllStayEqual(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let rooms = try await Newsrooms(in: folder)
    var claims = [rooms.claim]
    var droppedCount = 0
    for step in 0..<120 {
      let archive = random.pick(rooms.all)
      switch random.next() % 10 {
      case 0: claims.append(try await archive.writeClaim("claim \(step)"))
      case 1...5:
        let claim = random.pick(claims)
        let note = Newsrooms.note(step)
        try await archive.write { transaction in
          guard try transaction.entity(claim) != nil else { return }
          try transaction.update(claim) { $0.note = note }
        }
      case 6: droppedCount += try await archive.drop().droppedChanges
      default:
        let other = random.pick(rooms.all)
        if other !== archive { #expect(try await archive.sync(with: other).isEqual, "seed \(seed), step \(step)") }
      }
    }
    try await rooms.acknowledge()
    for archive in rooms.all { droppedCount += try await archive.drop().droppedChanges }
    try await rooms.meet()
    #expect(droppedCount > 10, "seed \(seed)")
    let digest = try await rooms.first.digest
    for archive in rooms.all {
      #expect(try await archive.digest == digest, "seed \(seed)")
      #expect(try await archive.faults == [], "seed \(seed)")
    }
  }

  // MARK: Afterwards

  @Test func syncsAndConflictsGoOn() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(1, at: rooms.first)
    try await rooms.acknowledge()
    // The third writes over the note that the first one drops in the meantime.
    try await rooms.third.write { try $0.update(rooms.claim) { $0.note = "from far away" } }
    try await rooms.first.write { try $0.update(rooms.claim) { $0.note = "from here" } }
    #expect(try await rooms.first.drop().droppedChanges == 1)
    #expect(try await rooms.third.sync(with: rooms.first).isEqual)
    for archive in [rooms.first, rooms.third] {
      #expect(try await archive.read { try $0.conflicts() }.map(\.candidates.count) == [2])
      #expect(try await archive.check() == [])
    }
    try await rooms.acknowledge()
    let digest = try await rooms.first.digest
    for archive in rooms.all { #expect(try await archive.digest == digest) }
  }

  @Test func aReplicaThatLacksADroppedChangeIsToldSoAndLosesNothing() async throws {
    let rooms = try await Newsrooms(in: folder)
    let reader = try Newsrooms.archive("reader", in: folder, corpus: rooms.corpus)
    #expect(try await reader.sync(with: rooms.first).isEqual)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    let claim = try await reader.writeClaim("written by one who only read before")
    for _ in 0..<2 {
      await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await reader.sync(with: rooms.first) }
      await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await rooms.first.sync(with: reader) }
    }
    // What it wrote has arrived, and nothing came back.
    #expect(try await rooms.first.read { try $0.entity(claim) } != nil)
    #expect(try await rooms.note(at: reader) == nil)
    #expect(try await reader.check() == [])
    // A replica that still holds everything helps, and then the first one too.
    #expect(try await reader.sync(with: rooms.second).isEqual)
    #expect(try await reader.sync(with: rooms.first).isEqual)
    #expect(try await reader.digest == rooms.first.digest)
  }

  @Test func whereBothHaveDroppedWhatTheOtherLacksBothAreTold() async throws {
    let corpus = CorpusID(random: .system)
    let archives = try ["left", "right"].map { try Newsrooms.archive($0, in: folder, corpus: corpus) }
    for archive in archives {
      let claim = try await archive.writeClaim("alone")
      for number in 0..<3 { try await archive.write { try $0.update(claim) { $0.note = Newsrooms.note(number) } } }
      #expect(try await archive.drop().droppedChanges == 2)
    }
    await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await archives[0].sync(with: archives[1]) }
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func anEmptyReplicaTakesASnapshotHoweverSmallItIs() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    try await rooms.first.retire(rooms.third.origin)
    let empty = try Newsrooms.archive("empty", in: folder, corpus: CorpusID(random: .system))
    let report = try await empty.sync(with: rooms.first)
    #expect(report.isEqual && report.snapshotBytes > 0)
    #expect(try await empty.digest == rooms.first.digest)
    #expect(try await empty.check() == [])
    // Whom the sender doesn't wait for is its own business.
    #expect(try await empty.read { try $0.retiredOrigins } == [])
    try await empty.writeClaim("on top of it")
    #expect(try await empty.sync(with: rooms.second).isEqual)
    let stubborn = try Newsrooms.archive("stubborn", in: folder, corpus: rooms.corpus, takesSnapshots: false)
    await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await stubborn.sync(with: rooms.first) }
    #expect(try await stubborn.corpus().isEmpty)
  }

  /// It was another peer's, or there was no room.
  @Test func anEmptyReplicaThatHasRefusedASnapshotAsksForOneAgain() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    let empty = try Newsrooms.archive("empty", in: folder, corpus: rooms.corpus)
    _ = try folder.file("empty.dicta" + SnapshotFile.partSuffix, holding: [])
    await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await empty.sync(with: rooms.first) }
    let report = try await empty.sync(with: rooms.first)
    #expect(report.isEqual && report.snapshotBytes > 0)
    #expect(try await empty.check() == [])
  }

  @Test func aSnapshotFromBeforeIsNotGivenAnyMore() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(20, at: rooms.first)
    try await rooms.acknowledge()
    let wish = SnapshotWish(schemaVersion: UInt64(Schema.version))
    #expect(try await rooms.first.drop().droppedChanges == 19)
    let old = try #require(try await rooms.first.snapshot(for: wish))
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.snapshot(for: wish)?.manifest.id == old.manifest.id)
    #expect(try await rooms.first.drop().droppedChanges > 0)
    #expect(!FileManager.default.fileExists(atPath: rooms.first.path + SnapshotFile.suffix))
    let new = try #require(try await rooms.first.snapshot(for: wish))
    #expect(new.manifest.id != old.manifest.id)
    let empty = try Newsrooms.archive("empty", in: folder, corpus: rooms.corpus)
    #expect(try await empty.sync(with: rooms.first).isEqual)
    #expect(try await empty.check() == [])
  }

  @Test func whatIsDroppedWhileItIsBeingSentIsWithheldFromThereOn() async throws {
    let rooms = try await Newsrooms(in: folder)
    let reader = try Newsrooms.archive("reader", in: folder, corpus: rooms.corpus)
    #expect(try await reader.sync(with: rooms.first).isEqual)
    let before = try await rooms.first.writeClaim("before the notes")
    // It is signed, so that the notes are in segments behind it.
    _ = try await rooms.first.open(for: [])
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    var shipment = try await rooms.first.shipment(to: reader.heads(sinceAnyOf: []), peerRungs: [])
    #expect(!shipment.isEmpty && shipment.droppedChangeCount == 0)
    #expect(try await rooms.first.drop().droppedChanges == 2)
    while let delivery = try await rooms.first.nextDelivery(of: &shipment, byteLimit: 1) {
      _ = try await reader.receive(delivery, from: "the first")
    }
    #expect(shipment.isEmpty && shipment.droppedChangeCount == 2)
    // What comes before it was sent, and nothing that follows it.
    #expect(try await reader.read { try $0.entity(before) } != nil)
    #expect(try await rooms.note(at: reader) == nil)
    #expect(try await reader.check() == [])
    #expect(try await reader.sync(with: rooms.second).isEqual)
  }

  @Test func aBundleOfWhatWasDroppedIsNotWritten() async throws {
    let rooms = try await Newsrooms(in: folder)
    let before = try await rooms.first.heads(sinceAnyOf: []).names
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    let now = try await rooms.first.heads(sinceAnyOf: []).names
    try await rooms.first.writeClaim("news")
    var bytes: [UInt8] = []
    for heads in [[], before] {
      await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await rooms.first.writeBundle(since: heads) { bytes += $0 } }
      #expect(bytes == [])
    }
    #expect(try await rooms.first.writeBundle(since: now) { bytes += $0 }.changes == 1)
  }

  // MARK: Retiring

  @Test func aRetiredOriginIsNotWaitedFor() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.second.sync(with: rooms.first)
    try await rooms.second.writeClaim("seen")
    try await rooms.second.sync(with: rooms.first)
    let third = try await rooms.third.origin
    #expect(try await rooms.first.drop().waitsFor == [third])
    try await rooms.first.retire(third)
    try await rooms.first.retire(third)
    try await rooms.first.unretire(third)
    #expect(try await rooms.first.drop().waitsFor == [third])
    try await rooms.first.retire(third)
    #expect(try await rooms.first.read { try $0.retiredOrigins } == [third])
    #expect(try await rooms.first.drop().droppedChanges == 2)
    #expect(try await rooms.first.check() == [])
    // It was in use after all: what it wrote is taken, and it is told how to go on.
    let claim = try await rooms.third.writeClaim("not gone yet")
    await #expect(throws: ProtocolViolation.dropped(changes: 2)) { try await rooms.third.sync(with: rooms.first) }
    #expect(try await rooms.first.read { try $0.entity(claim) } != nil)
    #expect(try await rooms.third.sync(with: rooms.second).isEqual)
    #expect(try await rooms.third.sync(with: rooms.first).isEqual)
  }

  @Test func onlyOriginsThatAreListedAndSomebodyElsesCanBeRetired() async throws {
    let rooms = try await Newsrooms(in: folder)
    let (own, other) = (try await rooms.first.origin, Origin(raw: .sixteen(9)))
    await #expect(throws: ArchiveError.self) { try await rooms.first.retire(own) }
    await #expect(throws: ArchiveError.self) { try await rooms.first.retire(other) }
    await #expect(throws: ArchiveError.self) { try await rooms.first.unretire(rooms.second.origin) }
    #expect(try await rooms.first.read { try $0.retiredOrigins } == [])
  }

  // MARK: Hostile peers and damage

  @Test func whatIsLeftOfABodyIsTakenFromNobody() async throws {
    let rooms = try await Newsrooms(in: folder)
    let reader = try Newsrooms.archive("reader", in: folder, corpus: rooms.corpus)
    #expect(try await reader.sync(with: rooms.first).isEqual)
    let known = try await rooms.first.heads()
    try await rooms.writeNotes(2, at: rooms.first)
    try await rooms.acknowledge()
    let sound = try await rooms.first.deliveries(for: known)
    #expect(try await rooms.first.drop().droppedChanges == 1)
    let left = try await rooms.first.read { try $0.changes(after: 0).filter(\.held.isReduced) }
    let dropped = try #require(left.first)
    for isMarked in [false, true] {
      var delivery = try #require(sound.first)
      for index in delivery.segments.indices where delivery.segments[index].origin == dropped.header.origin {
        let place = Int(dropped.header.sequence) - Int(delivery.segments[index].firstSequence)
        guard delivery.segments[index].parcels.indices.contains(place) else { continue }
        let held = HeldBody(bytes: dropped.held.bytes, isReduced: isMarked)
        delivery.segments[index].parcels[place] = Segment.Parcel(envelope: dropped.header.envelope.bytes, held: held)
      }
      #expect(delivery != sound.first)
      let before = try await reader.fingerprint()
      do {
        _ = try await reader.receive(delivery, from: "a hostile peer")
        Issue.record("it was taken")
      } catch let error as RefusedDelivery {
        guard case .malformed = error.reason else {
          Issue.record("it was refused otherwise: \(error)")
          continue
        }
      }
      #expect(try await reader.fingerprint() == before)
    }
  }

  @Test func aByteThatIsAlteredInWhatIsLeftIsNamed() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(3, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 2)
    let (number, inflated) = try await rooms.first.read { transaction in
      let sql = "SELECT number, changes FROM pack WHERE number = (SELECT -min(body) FROM log WHERE typeof(body) = 'integer')"
      let found = try transaction.db.first(sql) { ($0.integer(0), try Pack.inflate($0.blob(1))) }
      return try #require(found)
    }
    func put(_ bytes: [UInt8]) async throws {
      let deflated = Compression.deflate(bytes)
      try await rooms.first.onWriter { try $0.run("UPDATE pack SET changes = ? WHERE number = ?", .blob(deflated), .integer(number)) }
    }
    var random = SeededRandom(seed: 1)
    for offset in inflated.indices where offset % 3 == 0 {
      var bytes = inflated
      bytes[offset] ^= 1 << UInt8(random.next() % 8)
      try await put(bytes)
      #expect(try await rooms.first.faults != [], "byte \(offset) of \(inflated.count)")
    }
    try await put(inflated)
    #expect(try await rooms.first.check() == [])
    try await rooms.first.backup(to: folder.file("copied.dicta"))
    for sign in ["<", ">"] {
      let sql = "UPDATE log SET body = -body WHERE key = (SELECT max(key) FROM log WHERE typeof(body) = 'integer' AND body \(sign) 0)"
      let file = try folder.file("altered.dicta", holding: folder.bytes(of: "copied.dicta"))
      let altered = try Archive(at: file)
      try await altered.tamper(sql)
      #expect(try await altered.faults.contains { $0.code == "chain" }, "\(sql)")
      try altered.close()
    }
  }

  // MARK: Repair

  @Test func repairKeepsWhatIsLeft() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(5, at: rooms.first)
    try await rooms.acknowledge()
    #expect(try await rooms.first.drop().droppedChanges == 4)
    try await rooms.first.writeClaim("and one behind them")
    let patient = try await Patient(of: rooms.first, in: folder)
    let (archive, report) = try await folder.repair(rooms.first.path, into: "repaired.dicta")
    #expect(report.losses == [] && report.kept == patient.changes.count)
    #expect(try await archive.heads() == patient.heads)
    #expect(try await archive.digest == patient.digest)
    #expect(try await archive.document() == patient.document)
    #expect(try await archive.check() == [])
    #expect(try await archive.read { try $0.changes(after: 0).count(where: \.held.isReduced) } == 4)
    #expect(try await archive.sync(with: rooms.second).isEqual)
    #expect(try await archive.compact().packedChanges >= 0)
    #expect(try await archive.check() == [])
  }

  @Test func withoutWhatOverwroteItWhatIsLeftIsNoUse() async throws {
    let rooms = try await Newsrooms(in: folder)
    try await rooms.writeNotes(4, at: rooms.first)
    try await rooms.acknowledge()
    try await rooms.first.write { try $0.update(rooms.claim) { $0.note = "the last word" } }
    _ = try await rooms.first.open(for: [])
    #expect(try await rooms.first.drop().droppedChanges == 4)
    // The last change, and the pack it is in.
    try await rooms.first.tamper(
      """
      DELETE FROM pack WHERE number = (SELECT abs(body) FROM log WHERE typeof(body) = 'integer' ORDER BY position DESC LIMIT 1);
      DELETE FROM log WHERE position = (SELECT max(position) FROM log); VACUUM
      """)
    try rooms.first.close()
    let alone = try await folder.repair(rooms.first.path, into: "alone.dicta")
    // What overwrote the fourth note is lost, so that is as good as lost, too. It had overwritten the third one; and so on.
    #expect(!alone.report.losses.isEmpty)
    #expect(alone.report.losses.contains { $0.reason.contains("dropped") }, "\(alone.report.losses)")
    #expect(try await alone.archive.read { try $0.bareChanges() } == [])
    #expect(try await alone.archive.faults == [])
    #expect(try await alone.archive.read { try $0.entity(rooms.claim)?.note } == "the last word")
    // Whoever still holds it makes it whole.
    let whole = try await folder.repair(rooms.first.path, into: "whole.dicta", from: [rooms.second])
    #expect(try await whole.archive.faults == [])
    #expect(try await whole.archive.read { try $0.entity(rooms.claim)?.note } == "the last word")
    #expect(try await whole.archive.sync(with: rooms.second).isEqual)
    #expect(try await whole.archive.digest == rooms.second.digest)
  }
}
