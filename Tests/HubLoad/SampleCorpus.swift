import DictaModels
import DictaStorage
import DictaTestSupport
import Foundation

/// A corpus that a seed makes up: of 10,000 articles it has 175,200 entities.
///
/// An article of about 3 kB has eight quotes and as many stances; to two articles there is one claim, to fifty one speaker. Each article is a
/// transaction, with what is said in it.
struct SampleCorpus {
  let articleCount: Int
  let seed: Int

  init(_ options: Options) throws {
    articleCount = try options.number("articles", or: 10_000)
    seed = try options.number("seed", or: 1)
  }

  /// Adds it to an archive, which is made if there is none.
  func write(toArchiveAt path: String) async throws {
    let isThere = FileManager.default.fileExists(atPath: path)
    let archive = try isThere ? Archive(at: path) : Archive(creatingAt: path, device: "sample \(seed)")
    var random = SeededRandom(seed: UInt64(seed))
    let speakers = try await insertSpeakers(into: archive, &random)
    let claims = try await insertClaims(into: archive, &random)
    for number in 0..<articleCount {
      let draft = ArticleDraft(url: "https://example.org/\(seed)/\(number)", &random)
      let voices = (0..<ArticleDraft.quoteCount).map { _ in
        (random.pick(speakers), random.pick(claims), random.pick([Stance.Position.supports, .denies, .doubts, .reports]))
      }
      try await archive.write { transaction in
        let article = try draft.article()
        try transaction.insert(article)
        for (range, (speaker, claim, position)) in zip(draft.quotes, voices) {
          let anchor = Anchor(textHash: article.text.hash, start: range.lowerBound, end: range.upperBound)
          var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(anchor)])
          quote.sources = [Quote.Source(speakerID: speaker)]
          try transaction.insert(quote)
          try transaction.insert(Stance(holder: .quote(quote.id), claimID: claim, position: position))
        }
      }
    }
    try archive.close()
  }

  private func insertSpeakers(into archive: Archive, _ random: inout SeededRandom) async throws -> [Speaker.ID] {
    let names = (0..<max(1, articleCount / 50)).map { _ in Words.name(&random) }
    return try await archive.write { transaction in
      try names.map { name in
        let speaker = Speaker(id: transaction.newID(), name: name, kind: .person)
        try transaction.insert(speaker)
        return speaker.id
      }
    }
  }

  private func insertClaims(into archive: Archive, _ random: inout SeededRandom) async throws -> [Claim.ID] {
    let texts = (0..<max(1, articleCount / 2)).map { _ in Words.sentence(&random) }
    return try await archive.write { transaction in
      try texts.map { text in
        let claim = Claim(id: transaction.newID(), text: text)
        try transaction.insert(claim)
        return claim.id
      }
    }
  }
}

/// The words of an article, and which of them are quotes.
struct ArticleDraft: Sendable {
  static let quoteCount = 8

  let url: String
  private(set) var text = ""

  /// Bytes of the text.
  private(set) var quotes: [Range<Int>] = []

  init(url: String, _ random: inout SeededRandom) {
    self.url = url
    while quotes.count < Self.quoteCount || text.utf8.count < 3000 {
      let sentence = Words.sentence(&random)
      if quotes.count < Self.quoteCount, random.happens(percent: 30) {
        let start = text.utf8.count + 1
        text += "\"\(sentence)\" said \(Words.name(&random)). "
        quotes.append(start..<(start + sentence.utf8.count))
      } else {
        text += sentence + ". "
      }
    }
  }

  func article() throws -> Article {
    var article = Article(url: url, outlet: "Gazette", title: String(text.prefix(40)), text: try ArticleText(text))
    article.language = "en"
    return article
  }
}
