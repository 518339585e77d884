import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

@Suite struct ConvergenceTests {
  let folder = TemporaryFolder()

  @Test func threeReplicasInARingConverge() async throws {
    let archives = try folder.archives(3)
    let corpus = try await archives[0].writeSmallCorpus()
    try await exchange(archives)
    for (number, archive) in archives.enumerated() {
      try await archive.write { transaction in
        try transaction.update(corpus.claim.id) { $0.text = "wording \(number)" }
        try transaction.update(corpus.speaker.id) { speaker in
          speaker.aliases.insert(ExactString("alias \(number)"))
          speaker.externalIDs["shared"] = "\(number)"
        }
        try transaction.insert(Article(url: "https://example.org/shared", text: try ArticleText("The same words")))
      }
    }
    try await exchange(archives)
    for archive in archives {
      #expect(try await archive.digest == archives[0].digest)
      #expect(try await archive.heads() == archives[0].heads())
      #expect(try await archive.document() == archives[0].document())
      #expect(try await archive.read { try $0.conflicts().count } == 2)
      #expect(try await archive.check() == [])
    }
    let report = try await archives[0].sync(with: archives[2])
    #expect(report.sent == 0 && report.received == 0 && report.isEqual && report.bytesSent < 300 && report.roundTrips == 1)
  }

  @Test func causesAreShippedBeforeEffects() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("0")
    for round in 0..<4 {
      for (number, archive) in archives.enumerated() {
        try await archives[(number + 2) % 3].sync(with: archive)
        try await archive.write { try $0.update(id) { $0.text = "\(round) \(number)" } }
      }
    }
    try await exchange(archives)
    // Each change in a delivery of its own, in the order given: all of them find their causes.
    let fresh = try Archive(creatingAt: folder.file("fresh.dicta"), corpus: try await archives[0].corpus().id)
    for delivery in try await archives[0].deliveries(byteLimit: 1) {
      #expect(try await fresh.receive(delivery, from: "1").received == 1)
    }
    #expect(try await fresh.digest == archives[0].digest)
    #expect(try await fresh.heads() == archives[0].heads())
  }

  @Test func aSyncThatIsCutOffGoesOnWithWhatArrived() async throws {
    let archives = try folder.archives(2)
    for number in 0..<20 {
      try await archives[0].writeClaim("claim \(number)")
      if number.isMultiple(of: 4) { _ = try await archives[0].open(for: []) }
    }
    let deliveries = try await archives[0].deliveries(byteLimit: 400)
    #expect(deliveries.count > 3)
    _ = try await archives[1].receive(deliveries[0], from: "1")
    let held = try await archives[1].changeCount
    let report = try await archives[1].sync(with: archives[0])
    #expect(report.received == 20 - held && report.isEqual)
    #expect(try await archives[1].digest == archives[0].digest)
  }

  @Test func smallDeliveriesGiveWhatLargeOnesGive() async throws {
    let archives = try folder.archives(3)
    for number in 0..<4 { try await archives[0].write { _ = try SmallCorpus(in: $0, url: "https://example.org/\(number)") } }
    try await archives[0].sync(with: archives[1], options: .handing(1))
    try await archives[0].sync(with: archives[2])
    #expect(try await archives[1].digest == archives[2].digest)
    #expect(try await archives[1].deliveries() == archives[2].deliveries())
    // The text that all four articles share is there once.
    #expect(try await archives[1].textCount == 1)
  }

  @Test func anEmptyArchiveAdoptsTheCorpus() async throws {
    let first = try folder.archive("first.dicta")
    let second = try folder.archive("second.dicta")
    let empty = (try await second.corpus().id, try await second.read { try $0.status().origin })
    _ = try await first.writeSmallCorpus()
    #expect(try await second.sync(with: first).isEqual)
    #expect(try await second.corpus().id == first.corpus().id)
    #expect(try await second.corpus().id != empty.0)
    #expect(try await second.read { try $0.status().origin } != empty.1)
    try await second.writeClaim("from the second")
    try await first.sync(with: second)
    #expect(try await first.digest == second.digest)
    try second.close()
    #expect(try await Archive(at: folder.file("second.dicta")).corpus().id == first.corpus().id)
  }

  @Test func differentCorporaRefuseEachOther() async throws {
    let first = try folder.archive("first.dicta")
    let second = try folder.archive("second.dicta")
    for archive in [first, second] { try await archive.writeClaim("one") }
    for archive in [first, second] { _ = try await archive.open(for: []) }
    let before = [try await first.fingerprint(), try await second.fingerprint()]
    await #expect(throws: ProtocolViolation.otherCorpus(ours: try await first.corpus().id, theirs: try await second.corpus().id)) {
      try await first.sync(with: second)
    }
    let corpus = try await second.corpus().id
    #expect(await refuses({ try await first.adopt(corpus) }) { if case ArchiveError.otherCorpus = $0 { true } else { false } })
    #expect([try await first.fingerprint(), try await second.fingerprint()] == before)
  }

  @Test func twoEmptyArchivesBecomeReplicasOfOneCorpus() async throws {
    let first = try folder.archive("first.dicta")
    let second = try folder.archive("second.dicta")
    #expect(try await first.sync(with: second).isEqual)
    #expect(try await first.corpus().id == second.corpus().id)
    for archive in [first, second] { try await archive.writeClaim("one") }
    #expect(try await first.sync(with: second).isEqual)
    #expect(try await first.read { try $0.list(Claim.self).count } == 2)
  }

  @Test func syncingWithItselfIsHarmless() async throws {
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let origin = try await archive.read { try $0.status().origin }
    #expect(try await archive.sync(with: archive).isEqual)
    #expect(try await archive.read { try $0.status().origin } == origin)
  }

  @Test func whatIsSentIsNoLongerUnpublished() async throws {
    let archives = try folder.archives(2)
    for number in 0..<3 { try await archives[0].writeClaim("\(number)") }
    #expect(try await archives[0].read { try $0.status().unpublished } == 3)
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].read { try $0.status().unpublished } == 0)
    #expect(try await archives[1].read { try $0.status().unpublished } == 0)
    try await archives[0].writeClaim("another")
    #expect(try await archives[0].read { try $0.status().unpublished } == 1)
  }

  /// Everybody with their neighbour, often enough for the last to hear of the first.
  private func exchange(_ archives: [Archive]) async throws {
    for _ in 0..<2 {
      for (number, archive) in archives.enumerated() { try await archive.sync(with: archives[(number + 1) % archives.count]) }
    }
  }
}
