import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

/// What a transaction keeps whose body catches errors and goes on.
@Suite struct FailedTransactionTests {
  let folder = TemporaryFolder()

  @Test func whatSQLiteTookBackIsNotContinued() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("there before")
    let before = try await archive.fingerprint()
    let isRefused = await refuses({
      try await archive.write { transaction in
        try transaction.insert(Claim(id: transaction.newID(), text: "taken back"))
        // As SQLite does by itself when a statement is interrupted or the disk fails.
        try transaction.ledger.db.execute(sql: "ROLLBACK")
        for number in 0..<3 { try? transaction.insert(Claim(id: transaction.newID(), text: "behind it \(number)")) }
      }
    }) { _ in true }
    #expect(isRefused)
    let isRefusedAtItsEnd = await refuses({
      try await archive.write { transaction in
        try transaction.insert(Claim(id: transaction.newID(), text: "taken back"))
        try transaction.ledger.db.execute(sql: "ROLLBACK")
      }
    }) { _ in true }
    #expect(isRefusedAtItsEnd)
    #expect(try await archive.fingerprint() == before)
    #expect(try await archive.check() == [])
    try await archive.writeClaim("and on it goes")
    #expect(try await archive.check() == [])
  }

  @Test func aFullDiskInTheMiddleOfAWriteTakesTheTransactionBackEvenIfTheErrorIsCaught() async throws {
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    let isRefused = await refuses({
      try await archive.write { transaction in
        let db = transaction.ledger.db
        let pageCount = try #require(try db.first("PRAGMA page_count") { $0.int(0) })
        try db.execute(sql: "PRAGMA max_page_count = \(pageCount)")
        var isFull = false
        for _ in 0..<100 where !isFull {
          let claim = Claim(id: transaction.newID(), text: String(repeating: "word ", count: 2000))
          do { try transaction.insert(claim) } catch { isFull = true }
        }
        #expect(isFull)
        // There is room again, and the body goes on as if nothing had been.
        try db.execute(sql: "PRAGMA max_page_count = 1073741823")
        try? transaction.insert(Claim(id: transaction.newID(), text: "behind it"))
      }
    }) { if case ArchiveError.diskFull = $0 { true } else { false } }
    #expect(isRefused)
    #expect(try await archive.fingerprint() == before)
    try await archive.writeClaim("and on it goes")
    #expect(try await archive.check() == [])
  }

  @Test func whatIsRefusedBeforeAnythingIsWrittenDisturbsNothing() async throws {
    let archives = try folder.archives(2)
    let corpus = try await archives[0].writeSmallCorpus()
    try await archives[0].write { transaction in
      try? transaction.insert(corpus.claim)
      _ = try? transaction.delete(corpus.speaker.reference)
      _ = try? transaction.update(corpus.quote.id) { $0.note = String(repeating: "x", count: Value.byteLimit) }
      try transaction.insert(Claim(id: transaction.newID(), text: "beside them"))
    }
    #expect(try await archives[0].read { try $0.list(Claim.self).count } == 2)
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].digest == archives[1].digest)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func aFieldThatNamesMoreTextsThanAChangeHoldsIsRefusedBeforeAnythingOfItIsWritten() async throws {
    let archives = try folder.archives(2)
    let article = Article(url: "https://example.org/a", text: try ArticleText("short"))
    let texts = try ["a", "b"].map { try ArticleText(String(repeating: $0, count: 9 << 20)) }
    try await archives[0].write { transaction in
      try transaction.insert(article)
      for text in texts { try transaction.add(text) }
      let segments = texts.map { Quote.Segment(Anchor(textHash: $0.hash, start: 0, end: 1)) }
      let quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: segments)
      for _ in 0..<2 {
        #expect(throws: ArchiveError.self) { try transaction.insert(quote) }
        #expect(try transaction.row(quote.reference) == nil)
      }
    }
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].digest == archives[1].digest)
    for archive in archives { #expect(try await archive.check() == []) }
  }
}
