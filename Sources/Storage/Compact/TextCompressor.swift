import DictaModels
import GRDB

/// Compresses the texts that aren't yet, or were in haste, where it is worth it.
struct TextCompressor: CompactionWork {
  private(set) var isDone = false
  private(set) var textCount = 0

  /// Of the last text that was looked at.
  private var number: Int64 = 0

  init() {}

  mutating func step(_ db: Database) throws {
    var texts: [Text] = []
    var byteCount = 0
    isDone = true
    let query = """
      SELECT number, content, hash, position FROM text WHERE number > ? AND byteCount <= ?
        AND (typeof(content) = 'text' OR \(StoredText.isFastInSQL)) ORDER BY number
      """
    try db.each(query, [.integer(number), .integer(StoredText.byteLimit)]) { row in
      guard byteCount < Self.stepByteLimit else {
        isDone = false
        return false
      }
      let words = try row.words(1)
      if let deflated = StoredText.deflate(words) {
        texts.append(Text(number: row.integer(0), hash: row.blob(2), deflated: deflated, byteCount: words.count, position: row.integer(3)))
      }
      byteCount += words.count
      number = row.integer(0)
      return true
    }
    for text in texts { try text.write(db) }
    textCount += texts.count
  }

  private struct Text {
    let number: Int64
    let hash: [UInt8]
    let deflated: [UInt8]
    let byteCount: Int
    let position: Int64

    func write(_ db: Database) throws {
      // SQLite joins pages that become empty when rows are deleted, but not when they are updated.
      try db.run("DELETE FROM text WHERE number = ?", .integer(number))
      try db.run(
        "INSERT INTO text (number, hash, content, byteCount, position) VALUES (?, ?, ?, ?, ?)", .integer(number), .blob(hash), .blob(deflated),
        .integer(byteCount), .integer(position))
    }
  }
}
