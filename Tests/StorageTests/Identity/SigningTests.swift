import DictaModels
import DictaSync
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

/// What is written is signed, so that it can travel, whatever becomes of the machine it was written on.
@Suite struct SigningTests {
  let folder = TemporaryFolder()

  private func signatures(_ archive: Archive) async throws -> [UInt64] {
    try await archive.read { try $0.db.all("SELECT key FROM signature ORDER BY key") { Version(key: $0.integer(0)).sequence } }
  }

  private func published(_ archive: Archive) async throws -> [UInt64] {
    try await archive.read { $0.branches.all.map(\.published) }
  }

  @Test func whatIsWrittenAloneIsSignedAtOnceAndABurstAtTheEnd() async throws {
    let archive = try folder.archive()
    archive.setSigningPause(.seconds(3600))
    try await archive.writeClaim("one")
    #expect(try await signatures(archive) == [1])
    for number in 0..<20 { try await archive.writeClaim("\(number)") }
    try archive.close()
    let again = try Archive(at: folder.file("corpus.dicta"))
    #expect(try await signatures(again) == [21])
    #expect(try await again.read { $0.currentInfo.signed } == 21)
    #expect(try await published(again) == [0])
  }

  @Test func aBackupNeedsNoWitnessToSendWhatItHolds() async throws {
    let archives = try folder.archives(2)
    for number in 0..<5 { try await archives[0].writeClaim("\(number)") }
    try await archives[0].backup(to: folder.file("backup.dicta"))
    let backup = try Archive(at: folder.file("backup.dicta"))
    try await backup.writeClaim("by the copy")
    #expect(try await backup.sync(with: archives[1]).sent == 6)
    #expect(try await archives[1].read { try $0.list(Claim.self).count } == 6)
  }

  @Test func aLongBurstFallsIntoSegmentsThatAReaderTakes() async throws {
    let archives = try folder.archives(2)
    for number in 0..<600 { try await archives[0].writeClaim("\(number)") }
    let segments = try await archives[0].deliveries().flatMap(\.segments)
    #expect(segments.map(\.parcels.count) == [256, 256, 88])
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
    #expect(try await archives[1].read { try $0.list(Claim.self).count } == 600)
  }

  @Test func aSegmentTakesNoMoreThanAMebibyteWithItsTexts() async throws {
    let archive = try folder.archive()
    let text = String(repeating: "Words. ", count: 60_000)
    for number in 0..<6 { try await archive.write { try $0.insert(Article(url: "https://e.org/\(number)", text: ArticleText("\(number)" + text))) } }
    let deliveries = try await archive.deliveries(byteLimit: 1)
    #expect(deliveries.map(\.changeCount) == [2, 2, 2])
    #expect(deliveries.allSatisfy { $0.byteCount <= Segment.byteLimit })
  }

  @Test func aChangeWithDependenciesBeginsASegment() async throws {
    let archives = try folder.archives(2)
    for _ in 0..<2 { try await archives[0].writeClaim("before") }
    try await archives[1].writeClaim("elsewhere")
    for delivery in try await archives[1].deliveries() { _ = try await archives[0].receive(delivery, from: "2") }
    for _ in 0..<2 { try await archives[0].writeClaim("after") }
    let own = try await archives[0].read { $0.currentInfo.identity.origin }
    let segments = try await archives[0].deliveries().flatMap(\.segments).filter { $0.origin == own }
    #expect(segments.map(\.parcels.count) == [2, 2])
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
  }

  @Test func signaturesThatNobodyWasSentGiveWay() async throws {
    let archive = try folder.archive()
    archive.setSigningPause(.zero)
    for number in 0..<3 { try await archive.writeClaim("\(number)") }
    #expect(try await signatures(archive) == [3])
    _ = try await archive.open(for: [])
    try await archive.writeClaim("four")
    #expect(try await signatures(archive) == [3, 4])
  }

  /// Names, branches and where the latest entities are: to read them anew costs more than the signature.
  @Test func whatIsKeptInMemoryStaysThereWhenTheLastChangeIsSigned() async throws {
    let archive = try folder.archive()
    archive.setSigningPause(.seconds(3600))
    let id = try await archive.writeClaim("one")
    try await archive.writeClaim("two")
    try await archive.backup(to: folder.file("backup.dicta"))
    #expect(try await signatures(archive) == [1])
    try await archive.onWriter { try archive.signAll($0) }
    #expect(try await signatures(archive) == [2])
    #expect(try await archive.read { $0.currentInfo.revision } == archive.currentCache.revision)
    _ = try await archive.compact(droppingSuperseded: true)
    var targets = archive.currentCache.targets.take()
    #expect(targets[id.reference] != nil)
    let backup = try Archive(at: folder.file("backup.dicta"))
    #expect(try await signatures(backup) == [2])
  }

  /// The commit that is to be synced isn't done, and later ones aren't synced for it.
  @Test func aCancelledPublicationLeavesCommitsThatAreNotSynced() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("before")
    // SQLite changes the setting when it compiles the statement, so the first time nobody can refuse it.
    _ = try await archive.open(for: [])
    let isInside = Mutex(false)
    let mayEnd = Mutex(false)
    let publishing = Task {
      try await archive.withLedger(isSynced: true) { _ in
        isInside.withLock { $0 = true }
        while !mayEnd.withLock({ $0 }) { usleep(1000) }
      }
    }
    while !isInside.withLock({ $0 }) { await Task.yield() }
    publishing.cancel()
    mayEnd.withLock { $0 = true }
    await #expect(throws: CancellationError.self) { try await publishing.value }
    #expect(try await archive.onWriter { try $0.first("PRAGMA synchronous") { $0.int(0) } } == 1)
    try await archive.writeClaim("afterwards")
    #expect(try await archive.check() == [])
  }

  @Test func everySignedHeadIsKeptAndForwarded() async throws {
    let archives = try folder.archives(3)
    for number in 0..<3 {
      try await archives[0].writeClaim("\(number)")
      _ = try await archives[0].open(for: [])
    }
    try await archives[0].sync(with: archives[1])
    try await archives[1].sync(with: archives[2])
    #expect(try await signatures(archives[2]) == [1, 2, 3])
  }

  @Test func nobodyCanWriteAsAnother() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    let deliveries = try await archives[0].deliveries()
    var forger = Forger(try await archives[0].corpus().id)
    _ = try await archives[1].receive(deliveries[0], from: "1")
    let before = try await archives[1].fingerprint()
    // A change that follows the other's last one, well made in everything, signed by somebody else.
    let own = try await archives[0].heads()[0]
    let body = Body(groups: [Group(entity: id.reference, action: .edit, ops: [Op(.field("text"), .string("forged"))])]).bytes
    let envelope = Header.Envelope(writtenAt: 1)
    let change = try Change(origin: own.origin, sequence: 2, previous: own.id, envelope: envelope, bodyBytes: body)
    let head = Head(origin: own.origin, sequence: 2, id: change.id)
    let segment = Segment(
      origin: own.origin, firstSequence: 2, previous: own.id, parcels: [Segment.Parcel(envelope: envelope.bytes, body: body)],
      signature: HeadSignature(of: head, in: forger.corpus, by: forger.key))
    await #expect(throws: RefusedDelivery(sender: "mallory", origin: own.origin, sequence: 2, reason: .wrongSignature)) {
      try await archives[1].receive(Delivery(segments: [segment]), from: "mallory")
    }
    // Nor by a signature that is right for another corpus.
    var elsewhere = Forger(CorpusID("01234567-89ab-7def-8123-456789abcdef")!)
    _ = try elsewhere.delivery(Group(entity: .claim(1), action: .create))
    var delivery = try forger.delivery(Group(entity: .claim(1), action: .create))
    delivery.segments[0].signature = HeadSignature(of: forger.head, in: elsewhere.corpus, by: forger.key)
    let replayed = delivery
    #expect(await refuses({ try await archives[1].receive(replayed, from: "mallory") }) { ($0 as? RefusedDelivery)?.reason == .wrongSignature })
    #expect(try await archives[1].fingerprint() == before)
  }

  @Test func theDeviceKeyIsNowhereButInTheWitness() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    try await archive.backup(to: folder.file("backup.dicta"))
    _ = try await archive.open(for: [])
    let key = try #require(Witness.read(beside: folder.file("corpus.dicta"))?.identity.privateKey)
    var haystack = try await archive.document()
    for delivery in try await archive.deliveries() {
      for segment in delivery.segments { for parcel in segment.parcels { haystack += parcel.envelope + parcel.body } }
    }
    try archive.close()
    haystack += try folder.bytes(of: "corpus.dicta") + folder.bytes(of: "backup.dicta")
    let data = Data(haystack)
    #expect(data.range(of: Data(key)) == nil)
    #expect(data.range(of: Data(Hex.string(key).utf8)) == nil)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("corpus.dicta-witness"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  // MARK: Lost keys

  /// A copy of an open archive's files in the middle of a burst, without the witness.
  private func copyInABurst(_ archive: Archive, _ name: String, to copy: String) async throws {
    archive.setSigningPause(.seconds(3600))
    for number in 0..<3 { try await archive.writeClaim("\(number)") }
    for suffix in ["", "-wal"] { try folder.copy(name + suffix, to: copy + suffix) }
  }

  @Test func whatCannotBeProvenIsNotWrittenOnTopOf() async throws {
    let archives = try folder.archives(2)
    try await copyInABurst(archives[0], "1.dicta", to: "copy.dicta")
    let copy = try Archive(at: folder.file("copy.dicta"))
    #expect(try await copy.read { try $0.list(Claim.self).count } == 3)
    #expect(await refuses({ try await copy.writeClaim("four") }) { if case ArchiveError.unproven(2) = $0 { true } else { false } })
    // What was signed can be sent, and nothing else is told.
    #expect(try await copy.sync(with: archives[1]).sent == 1)
    #expect(try await archives[1].read { try $0.list(Claim.self).count } == 1)
    // The original proves the rest; then all is well.
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].sync(with: copy).isEqual)
    try await copy.writeClaim("four")
    #expect(try await copy.sync(with: archives[0]).isEqual)
    #expect(try await archives[0].read { try $0.list(Claim.self).count } == 4)
    #expect(try await archives[0].digest == copy.digest)
  }

  @Test func aWitnessThatWasCopiedTooProvesWhatItsFileHolds() async throws {
    let archives = try folder.archives(2)
    try await copyInABurst(archives[0], "1.dicta", to: "copy.dicta")
    try folder.copy("1.dicta-witness", to: "copy.dicta-witness")
    let copy = try Archive(at: folder.file("copy.dicta"))
    try await copy.writeClaim("four")
    #expect(try await copy.sync(with: archives[1]).sent == 4)
    #expect(try await archives[0].read { $0.currentInfo.identity.origin } != copy.read { $0.currentInfo.identity.origin })
  }

  // MARK: Publishing

  @Test func whatWasToldIsInTheWitness() async throws {
    let archives = try folder.archives(2)
    for number in 0..<3 { try await archives[0].writeClaim("\(number)") }
    #expect(try Witness.read(beside: folder.file("1.dicta"))?.published == nil)
    try await archives[0].sync(with: archives[1])
    let head = try await archives[0].heads()[0]
    #expect(try Witness.read(beside: folder.file("1.dicta"))?.published == Witness.Published(sequence: 3, id: head.id))
    #expect(try await published(archives[0]) == [3])
    #expect(try await archives[0].read { $0.currentInfo.durable } == 3)
    #expect(try await archives[1].read { $0.currentInfo.durable } == 3)
  }

  @Test func aProcessThatDidNotHearOfAPublicationDoesNotTakeItBack() async throws {
    let first = try folder.archive()
    try await first.writeClaim("one")
    let second = try Archive(at: folder.file("corpus.dicta"))
    _ = try await second.read { try $0.status() }
    _ = try await first.open(for: [])
    try await second.writeClaim("two")
    #expect(try await published(second) == [1])
    #expect(try await second.read { try $0.status().unpublished } == 1)
  }
}
