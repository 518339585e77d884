import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

/// Compaction makes a file smaller, and nothing else.
@Suite struct CompactTests {
  let folder = TemporaryFolder()

  // MARK: What stays

  @Test(arguments: 1...6 as ClosedRange<UInt64>) func compactedArchivesHoldTheSame(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let archives = try folder.smallPacks(2, seed: seed)
    for _ in 0..<60 { try await random.pick(archives).writeSomething(&random) }
    for archive in archives { try await archive.write { _ = try SmallCorpus(in: $0, url: archive.path) } }
    try await archives[0].hand(to: archives[1])
    try await archives[1].hand(to: archives[0])
    try await archives[0].writeClaim("not told yet")
    let archive = archives[0]
    let before = try await Whole(archive)
    let report = try await archive.compact()
    #expect(report.packedChanges > 0 && report.compressedTexts >= 0, "seed \(seed)")
    #expect(try await Whole(archive) == before, "seed \(seed)")
    #expect(try await archive.check().filter { !$0.isHarmless } == [], "seed \(seed)")
    // It goes on as before: with writes, and with syncs both ways.
    for _ in 0..<20 { try await random.pick(archives).writeSomething(&random) }
    #expect(try await archives[1].sync(with: archive).isEqual)
    #expect(try await archive.digest == archives[1].digest)
    #expect(try await archive.check().filter { !$0.isHarmless } == [], "seed \(seed)")
    // And after it is opened again.
    let after = try await Whole(archive)
    try archive.close()
    #expect(try await Whole(Archive(at: archive.path)) == after)
  }

  @Test func everythingThatHappensToAnArchiveStays() async throws {
    let eventful = try await EventfulArchive(in: folder)
    let archive = try eventful.open(packByteGoal: 400)
    let (before, problems) = (try await Whole(archive), try await archive.check())
    #expect(try await archive.compact().packedChanges > 5)
    #expect(try await Whole(archive) == before)
    #expect(try await archive.check() == problems)
  }

  @Test func whatIsHandedOnIsByteForByteWhatWasWritten() async throws {
    let archive = try await folder.library(articles: 40)
    let before = try await archive.deliveries()
    try await archive.compact()
    #expect(try await archive.deliveries() == before)
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: try await archive.corpus().id, device: "other")
    #expect(try await other.sync(with: archive).isEqual)
    #expect(try await other.document() == archive.document())
    #expect(try await other.check() == [])
  }

  @Test func aTextIsReadSearchedAndCutWhereItIsCompressed() async throws {
    let archive = try await folder.library(articles: 3, paragraphs: 400)
    let text = try #require(try await archive.read { try $0.list(Article.self).first?.text })
    let anchor = try text.anchor(exact: "Mara Quist")
    let found = try await archive.read { try $0.search("harbour", limit: 2).map(\.snippet) }
    #expect(try await archive.compact().compressedTexts == 3)
    let (words, beginning) = try await archive.read { (try $0.words(at: anchor), try $0.beginning(of: text.hash, byteLimit: 9)) }
    #expect(words == "Mara Quist" && beginning.map { text.string.utf8.starts(with: $0.utf8) } == true)
    let beyond = Anchor(textHash: text.hash, start: text.string.utf8.count - 1, end: text.string.utf8.count + 1)
    #expect(try await archive.read { try $0.words(at: beyond) } == nil)
    #expect(try await archive.read { try $0.search("harbour", limit: 2).map(\.snippet) } == found)
    let article = try #require(try await archive.read { try $0.list(Article.self).first })
    try await archive.write { try $0.update(article.id) { $0.text = try ArticleText(text.string + " Corrected.") } }
    #expect(try await archive.check() == [])
  }

  @Test func aTextThatWasCompressedInHasteTakesLessRoomThen() async throws {
    let archive = try await folder.library(articles: 60)
    let byteCount = { try await archive.textByteCount() }
    let (inHaste, digest) = (try await byteCount(), try await archive.digest)
    #expect(try await archive.compact().compressedTexts == 60)
    #expect(try await byteCount() * 10 < inHaste * 9)
    #expect(try await archive.compact().compressedTexts == 0)
    #expect(try await archive.digest == digest)
    #expect(try await archive.check() == [])
  }

  @Test func aTextThatCannotBeReadIsNotCompressed() async throws {
    let archive = try await folder.library(articles: 3)
    try await archive.tamper("UPDATE text SET content = substr(content, 1, 100) WHERE number = 1")
    await #expect(throws: ArchiveError.self) { try await archive.compact() }
    #expect(try await archive.check().contains { $0.code == "text" })
  }

  // MARK: Again, beside others, from before

  @Test func theFileIsSmallerAndCompactingAgainDoesNothing() async throws {
    let archive = try await folder.library(articles: 60, paragraphs: 400)
    let first = try await archive.compact()
    let isSmaller = first.bytesAfter * 3 < first.bytesBefore * 2
    #expect(isSmaller && first.packedChanges > 50 && first.compressedTexts == 60, "\(first)")
    let again = try await archive.compact()
    #expect(again.packedChanges == 0 && again.compressedTexts == 0 && again.bytesAfter == again.bytesBefore)
    try await archive.writeClaim("one more")
    #expect(try await archive.compact().packedChanges == 0)
    for number in 0..<200 { try await archive.writeClaim("\(number) \(String(repeating: "word ", count: 30))") }
    #expect(try await archive.compact().packedChanges > 150)
    #expect(try await archive.check() == [])
  }

  @Test func othersReadAndWriteMeanwhile() async throws {
    let archive = try await folder.library(articles: 60)
    let other = try Archive(at: archive.path)
    let before = try await archive.read { try $0.list(Article.self, limit: 1) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for number in 0..<30 { try await other.writeClaim("meanwhile \(number)") } }
      group.addTask {
        for _ in 0..<30 {
          let articles = try await other.read { try $0.list(Article.self, limit: 1) }
          guard articles == before else { throw Missing("what was there") }
          _ = try await other.read { try $0.history(of: articles[0].reference) }
        }
      }
      group.addTask { try await archive.compact() }
      try await group.waitForAll()
    }
    #expect(try await archive.check() == [])
    try other.close()
    #expect(try await archive.read { try $0.list(Claim.self) }.count == 31)
  }

  @Test func aCompactionThatIsCancelledLeavesAWriterThatWaitsForOthers() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    let isReading = Mutex(false)
    let mayEnd = Mutex(false)
    async let reading: Int = archive.read { transaction in
      let count = try transaction.list(Claim.self).count
      isReading.withLock { $0 = true }
      while !mayEnd.withLock({ $0 }) { usleep(1000) }
      return count
    }
    while !isReading.withLock({ $0 }) { await Task.yield() }
    try await archive.writeClaim("behind what is read")
    // The last step waits a second for the reader.
    let compacting = Task { try await archive.compact() }
    try await Task.sleep(for: .milliseconds(300))
    compacting.cancel()
    _ = try? await compacting.value
    mayEnd.withLock { $0 = true }
    #expect(try await reading == 1)
    #expect(try await archive.onWriter { try $0.first("PRAGMA busy_timeout") { $0.int(0) } } == Int(ArchiveFile.busySeconds * 1000))
  }

  @Test func anArchiveOfTheSchemaBeforeIsBroughtUpToDate() async throws {
    let archive = try await folder.library(articles: 5)
    let before = try await Whole(archive)
    try archive.close()
    for version in [4, 3, 2] {
      let old = try Archive(at: archive.path)
      try await old.returnToSchema(version)
      try old.close()
      let opened = try Archive(at: archive.path)
      #expect(try await opened.check() == [])
      #expect(try await Whole(opened) == before)
      try opened.close()
    }
  }

  @Test func aFullDiskLeavesASoundArchive() async throws {
    let archive = try await folder.library(articles: 60)
    let before = try await Whole(archive)
    // Packs fit into what there is; the file can't be written once more.
    try await archive.tamper("PRAGMA max_page_count = 1")
    do {
      try await archive.compact()
    } catch ArchiveError.diskFull {}
    try await archive.tamper("PRAGMA max_page_count = 1073741823")
    #expect(try await Whole(archive) == before)
    #expect(try await archive.check() == [])
    try await archive.compact()
    #expect(try await Whole(archive) == before)
  }

  // MARK: Damage

  @Test func aDamagedPackIsNamed() async throws {
    let archive = try await folder.library(articles: 20)
    try await archive.compact()
    try archive.close()
    let file = try folder.bytes(of: "library.dicta")
    for sql in [
      "UPDATE pack SET changes = substr(changes, 1, length(changes) - 1) WHERE number = 1", "UPDATE pack SET key = key + 1 WHERE number = 1",
      "UPDATE pack SET number = 77 WHERE number = 1", "DELETE FROM pack WHERE number = 1", "UPDATE pack SET changes = 'words' WHERE number = 1",
      "UPDATE log SET body = 78 WHERE key = (SELECT key FROM pack WHERE number = 1)",
      "UPDATE log SET envelope = x'2801' WHERE key = (SELECT key + 1 FROM pack WHERE number = 1)",
      "INSERT INTO pack (key, changes) SELECT key, changes FROM pack WHERE number = 1",
    ] {
      _ = try folder.file("library.dicta", holding: file)
      let damaged = try Archive(at: archive.path)
      try await damaged.tamper(sql)
      let problems = try await damaged.check()
      #expect(problems.contains { $0.code == "chain" && !$0.isHarmless }, "\(sql): \(problems)")
      try damaged.close()
    }
  }

  @Test func aDamagedCompressedTextIsNamed() async throws {
    let archive = try await folder.library(articles: 3)
    try await archive.compact()
    for sql in ["UPDATE text SET content = substr(content, 1, 100) WHERE number = 1", "UPDATE text SET content = x'00' WHERE number = 2"] {
      try await archive.tamper(sql)
      #expect(try await archive.check().contains { $0.code == "text" })
    }
  }

  @Test func repairFindsWhatIsInPacks() async throws {
    let archive = try await folder.library(articles: 40)
    try await archive.writeClaim("and one that isn't in a pack")
    try await archive.compact()
    let patient = try await Patient(of: archive, in: folder)
    let repaired = try await folder.repair(archive.path, into: "repaired.dicta")
    #expect(repaired.report.losses == [] && repaired.report.kept == patient.changes.count)
    #expect(try await repaired.archive.heads() == patient.heads)
    #expect(try await repaired.archive.digest == patient.digest)
    #expect(try await repaired.archive.document() == patient.document)
    #expect(try await repaired.archive.check() == [])
  }

  @Test func changesOfPacksAreFoundWithoutTheirRows() async throws {
    let archive = try await folder.library(articles: 40)
    _ = try await archive.open(for: [])
    for number in 0..<10 { try await archive.writeClaim("\(number) \(String(repeating: "word ", count: 60))") }
    #expect(try await archive.compact().packedChanges >= 41)
    try await archive.tamper("DELETE FROM log; VACUUM")
    try archive.close()
    let repaired = try await folder.repair(archive.path, into: "repaired.dicta")
    // Up to where a signature stands. What is behind it can't be proven without the ids of its rows.
    #expect(repaired.report.kept == 41 && repaired.report.lostChangeCount == 10, "\(repaired.report)")
    #expect(try await repaired.archive.check().filter { !$0.isHarmless } == [])
  }

  @Test func aLostPackCostsItsChangesAndWhatFollowsThem() async throws {
    let archive = try await folder.library(articles: 40)
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: try await archive.corpus().id, device: "other")
    #expect(try await other.sync(with: archive).isEqual)
    let digest = try await archive.digest
    try await archive.compact()
    try await archive.tamper("DELETE FROM pack WHERE number = 2; VACUUM")
    try archive.close()
    let alone = try await folder.repair(archive.path, into: "alone.dicta")
    #expect(alone.report.kept > 0 && !alone.report.losses.isEmpty)
    #expect(try await alone.archive.check().filter { !$0.isHarmless } == [])
    let repaired = try await folder.repair(archive.path, into: "repaired.dicta", from: [other])
    #expect(repaired.report.losses == [] && repaired.report.fetched > 0)
    #expect(try await repaired.archive.digest == digest)
  }
}

/// Everything that an archive tells: of the corpus, of its history, and to peers.
struct Whole: Equatable {
  let digest: Digest
  let heads: [Head]
  let document: [UInt8]
  let histories: [String]
  let changes: [Change]

  init(_ archive: Archive) async throws {
    (digest, heads) = (try await archive.digest, try await archive.heads())
    document = try await archive.document()
    (histories, changes) = try await archive.read { transaction in
      let entities = try transaction.db.all("SELECT type, id FROM entity ORDER BY number") { try $0.reference(0, 1, names: transaction.names) }
      let histories = try entities.map { entity in
        "\(entity): " + (try transaction.history(of: entity)).map { "\($0)" }.joined(separator: "\n")
      }
      return (histories, try transaction.changes(after: 0))
    }
  }
}

extension EventfulArchive {
  /// The archive itself, of which so many bytes of changes make a pack.
  func open(packByteGoal: Int) throws -> Archive {
    var surroundings = Surroundings.system
    surroundings.packByteGoal = packByteGoal
    return try Archive(at: folder.file(Self.name), surroundings: surroundings)
  }
}

extension Archive {
  /// How much room the words of all texts take.
  fileprivate func textByteCount() async throws -> Int64 {
    try await read { try $0.db.first("SELECT sum(length(content)) FROM text") { $0.integer(0) } ?? 0 }
  }
}

extension TemporaryFolder {
  /// New archives of one corpus, of which a few changes make a pack.
  fileprivate func smallPacks(_ count: Int, seed: UInt64) throws -> [Archive] {
    try (0..<count).map { number in
      var surroundings = Surroundings.system
      (surroundings.packByteGoal, surroundings.changeByteGoal) = (600, 3_000)
      return try Archive(
        creatingAt: file("\(number).dicta"), corpus: CorpusID(raw: .sixteen(seed)), device: "\(number)", surroundings: surroundings)
    }
  }

  /// An archive with a claim and some articles, each with its own speaker and quote and written in a transaction of its own.
  ///
  /// - Parameter paragraphs: of each article. With 400 its text is too long to be compressed before `compact` does it.
  fileprivate func library(articles: Int, paragraphs: Int = 40) async throws -> Archive {
    var surroundings = Surroundings.system
    (surroundings.packByteGoal, surroundings.signingPause) = (4_000, nil)
    let archive = try Archive(creatingAt: file("library.dicta"), device: "library", surroundings: surroundings)
    try await archive.writeClaim("The bridge opens in spring")
    for number in 0..<articles {
      try await archive.write { transaction in
        let rest = (0..<paragraphs).map { "Paragraph \($0 * number): \(["nobody", "everybody", "the harbour"][($0 + number) % 3]) had seen it." }
        let text = try ArticleText("“It opens on day \(number),” Mara Quist said.\n" + rest.joined(separator: "\n"))
        let article = Article(url: "https://example.org/\(number)", outlet: "The Ferry", title: "Day \(number)", text: text)
        let speaker = Speaker(id: transaction.newID(), name: "Mara Quist \(number)", kind: .person)
        var quote = Quote(
          id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: "It opens on day"))])
        quote.sources = [Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "Mara Quist"), mentionKind: .name)]
        try transaction.insert(article)
        try transaction.insert(speaker)
        try transaction.insert(quote)
      }
    }
    return archive
  }
}
