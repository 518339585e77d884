import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct GatheredReferencesTests {
  let folder = TemporaryFolder()

  @Test func whatIsGatheredIsReadInTheSameTransaction() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction in
      let corpus = try SmallCorpus(in: transaction)
      var heard = EntityFilter()
      heard.speaker = corpus.speaker.id
      #expect(try transaction.list(Quote.self, where: heard).map(\.id) == [corpus.quote.id])
      #expect(throws: ArchiveError.self) { try transaction.delete(corpus.speaker.reference) }
      try transaction.update(corpus.quote.id) { $0.sources = [] }
      try transaction.delete(corpus.speaker.reference)
      #expect(try transaction.list(Quote.self, where: heard).isEmpty)
    }
    #expect(try await archive.check().isEmpty)
  }

  /// More than are gathered at a time, in one transaction and in one delivery.
  @Test func manyReferencesAreAllWritten() async throws {
    let archives = try folder.archives(2)
    try await archives[0].write { transaction in
      let speakers = try (0..<1000).map { number in
        let speaker = Speaker(id: transaction.newID(), name: "Speaker \(number)", kind: .person)
        try transaction.insert(speaker)
        return speaker.id
      }
      let text = try ArticleText("Words.")
      let article = Article(url: "https://example.org", text: text)
      try transaction.insert(article)
      for _ in 0..<18 {
        var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: "Words"))])
        quote.sources = speakers.map { Quote.Source(speakerID: $0) }
        try transaction.insert(quote)
      }
    }
    try await archives[1].sync(with: archives[0])
    for archive in archives {
      #expect(try await archive.read { try $0.db.first("SELECT count(*) FROM reference") { $0.int(0) } } == 18_018)
      #expect(try await archive.check().isEmpty)
    }
  }
}
