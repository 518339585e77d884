import DictaModels
import GRDB

extension Checker {
  /// Every text is the one its hash stands for, and travels with the first change that names it.
  mutating func checkTexts(against log: LogCheck) throws {
    try db.each("SELECT number, hash, content, byteCount, position FROM text ORDER BY number", []) { row in
      let hash = row.blob(1)
      func wrong(_ message: String) { report.add(.text, "text \(Hex.string(hash))", message) }
      guard let content = try? row.words(2) else {
        wrong("its words can't be read: \(Advice.restore)")
        return true
      }
      if TextHash(of: content).bytes != hash { wrong("its words aren't those that the hash stands for: \(Advice.restore)") }
      if row.integer(3) != Int64(content.count) { wrong("it has \(content.count) bytes, and its row says \(row.integer(3)): \(Advice.replace)") }
      guard log.isSound else { return true }
      let named = try scratch.db.first("SELECT position FROM naming WHERE text = ?", .integer(row.integer(0))) { $0.integer(0) }
      if named == nil {
        wrong("no change names it: \(Advice.rebuild)")
      } else if named != row.integer(4) {
        wrong("its row says that it came with position \(row.integer(4)), and the first change to name it is \(named ?? 0): \(Advice.rebuild)")
      }
      return true
    }
  }
}

/// Texts that were needed lately. Quotes come in the neighbourhood of their article.
struct RecentTexts {
  private static let byteLimit = 8 << 20

  private let db: Database
  private var texts: [TextHash: ArticleText] = [:]
  private var byteCount = 0

  init(_ db: Database) {
    self.db = db
  }

  /// Nil if it isn't held or can't be read.
  mutating func text(_ hash: TextHash) throws -> ArticleText? {
    if let text = texts[hash] { return text }
    let utf8 = try db.first("SELECT content FROM text WHERE hash = ?", .blob(hash.bytes)) { try? $0.words(0) }
    guard let utf8 = utf8.flatMap(\.self), let text = try? ArticleText(utf8: utf8), text.hash == hash else { return nil }
    if byteCount > Self.byteLimit { (texts, byteCount) = ([:], 0) }
    texts[hash] = text
    byteCount += utf8.count
    return text
  }
}
