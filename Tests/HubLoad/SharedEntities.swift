import DictaModels
import DictaStorage

/// What is there when the load begins, and all clients write to.
struct SharedEntities: Sendable {
  let claims: [Claim.ID]
  let article: Article.ID
  let quotable: Anchor

  static let claimCount = 40

  static func write(to archive: Archive) async throws -> SharedEntities {
    try await archive.write { transaction in
      let claims = try (1...claimCount).map { number in
        let claim = Claim(id: transaction.newID(), text: "Claim \(number), which many edit")
        try transaction.insert(claim)
        return claim.id
      }
      let words = "The reservoir is full, the minister said, and it was never empty."
      let article = Article(url: "https://example.org/reservoir", text: try ArticleText(words))
      try transaction.insert(article)
      return SharedEntities(claims: claims, article: article.id, quotable: Anchor(textHash: article.text.hash, start: 0, end: words.utf8.count))
    }
  }
}
