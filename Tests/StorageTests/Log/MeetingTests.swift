import DictaModels
import Testing

@testable import DictaStorage

@Suite struct MeetingTests {
  /// A hub hears that a client holds the same when other clients have written long since.
  @Test func whatAPeerHeldIsRememberedAlsoWhereMoreWasWrittenMeanwhile() async throws {
    let folder = TemporaryFolder()
    let archive = try folder.archive("here")
    let claim = try await archive.writeClaim("one")
    let told = try await archive.open(for: []).heads
    try await archive.write { try $0.update(claim) { $0.context = "two" } }
    #expect(try await archive.open(for: []).heads != told)
    try await archive.remember(told)
    #expect(try await archive.open(for: []).remembered == [told])
    // What nobody was told of here means nothing.
    let strange = try #require(HeadsHash(bytes: [UInt8](repeating: 7, count: 32)))
    try await archive.remember(strange)
    #expect(try await archive.open(for: [strange]).remembered == [told])
    #expect(try await archive.check().isEmpty)
    try archive.close()
  }

  private func written(_ archive: Archive) async throws -> Int {
    try await archive.read { try $0.db.all("SELECT heads FROM meeting") { _ in }.count }
  }

  @Test func aMeetingIsWrittenWithTheNextTransactionOrAtTheEnd() async throws {
    let folder = TemporaryFolder()
    let archives = try folder.archives(2)
    try await archives[0].writeClaim("one")
    let heads = try #require(try await archives[0].sync(with: archives[1]).heads)
    // It is of use already.
    for archive in archives { #expect(try await archive.open(for: []).remembered == [heads]) }
    #expect(try await written(archives[0]) == 0)
    try await archives[0].writeClaim("two")
    let later = try #require(try await archives[0].sync(with: archives[1]).heads)
    for archive in archives { #expect(try await written(archive) == 1) }
    for archive in archives { #expect(try await archive.open(for: []).remembered == [later, heads]) }
    for archive in archives { try archive.close() }
    for name in ["1.dicta", "2.dicta"] {
      let again = try Archive(at: folder.file(name))
      #expect(try await again.open(for: []).remembered == [later, heads])
      #expect(try await again.check() == [])
      try again.close()
    }
  }

  @Test func aSyncOfNothingWritesNothing() async throws {
    let folder = TemporaryFolder()
    let archives = try folder.archives(2)
    try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    for archive in archives { try archive.close() }
    let again = try ["1.dicta", "2.dicta"].map { try Archive(at: folder.file($0)) }
    let revisions = try await [again[0].read { $0.currentInfo.revision }, again[1].read { $0.currentInfo.revision }]
    let witness = try folder.bytes(of: "1.dicta-witness")
    #expect(try await again[0].sync(with: again[1]).roundTrips == 1)
    for archive in again { try archive.close() }
    let last = try ["1.dicta", "2.dicta"].map { try Archive(at: folder.file($0)) }
    #expect(try await [last[0].read { $0.currentInfo.revision }, last[1].read { $0.currentInfo.revision }] == revisions)
    #expect(try folder.bytes(of: "1.dicta-witness") == witness)
  }

  @Test func whatIsTakenLastIsSyncedWithTheSameCommit() async throws {
    let folder = TemporaryFolder()
    let archives = try folder.archives(2)
    try await archives[0].writeClaim("one")
    let heads = try await archives[0].open(for: []).heads
    let delivery = try #require(try await archives[0].deliveries().first)
    _ = try await archives[1].receive(delivery, from: "a test", isLast: true)
    let info = try await archives[1].read { $0.currentInfo }
    #expect(info.durable == 1 && info.position == 1)
    let held = try await archives[0].heads()
    #expect(try Witness.read(beside: folder.file("2.dicta"))?.synced == held)
    #expect(try await archives[1].acknowledge() == heads)
    #expect(try await archives[1].read { $0.currentInfo.revision } == info.revision)
  }
}
