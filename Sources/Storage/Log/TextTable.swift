import DictaModels
import GRDB

enum TextTable {
  static func read(_ db: Database, _ hash: TextHash) throws -> ArticleText? {
    try db.first("SELECT content, byteCount FROM text WHERE hash = ?", .blob(hash.bytes)) { row in
      try row.withWords(0, byteCount: row.int(1)) { try ArticleText(utf8: $0, hash: hash) }
    }
  }
}

/// The texts that one transaction reads and writes.
final class TransactionTexts {
  private let db: Database

  /// Some that were read or written lately.
  private var texts: [TextHash: ArticleText] = [:]
  private var byteCount = 0
  private static let byteLimit = 2 << 20

  /// Those that no change in the log names yet.
  private var unplaced: [TextHash: Unplaced] = [:]

  private struct Unplaced {
    let byteCount: Int

    /// What its row says of where it is named.
    let position: UInt64
  }

  init(_ db: Database) {
    self.db = db
  }

  func text(_ hash: TextHash) throws -> ArticleText? {
    if let text = texts[hash] { return text }
    let text = try TextTable.read(db, hash)
    if let text { remember(text) }
    return text
  }

  /// Quotes come in the neighbourhood of their article, so a few megabytes of texts serve nearly all of them.
  private func remember(_ text: ArticleText) {
    if byteCount > Self.byteLimit { (texts, byteCount) = ([:], 0) }
    if texts.updateValue(text, forKey: text.hash) == nil { byteCount += text.utf8Count }
  }

  func holds(_ hash: TextHash) throws -> Bool {
    try texts[hash] != nil || db.first("SELECT 1 FROM text WHERE hash = ?", .blob(hash.bytes), read: { _ in true }) ?? false
  }

  /// Stores a text for changes to name. It stays only if one does: see ``place(_:at:)``.
  ///
  /// - Parameter position: where the first of them will stand in the log. If it comes to stand elsewhere, the row is written again.
  func add(_ text: ArticleText, expectedAt position: UInt64) throws {
    let isHeld = try holds(text.hash)
    remember(text)
    guard !isHeld else { return }
    try db.run(
      "INSERT INTO text (hash, content, byteCount, position) VALUES (?, ?, ?, ?)", .blob(text.hash.bytes), StoredText.argument(of: text),
      .integer(text.utf8Count), .integer(Int64(position)))
    unplaced[text.hash] = Unplaced(byteCount: text.utf8Count, position: position)
  }

  /// How large a text is, if no change in the log names it yet; else 0.
  func unplacedByteCount(of hash: TextHash) -> Int {
    unplaced[hash]?.byteCount ?? 0
  }

  /// Notes that the change at this position in the log names these texts. Those that none named before will travel with it.
  ///
  /// - Returns: how many those are.
  @discardableResult func place(_ hashes: [TextHash], at position: UInt64) throws -> Int {
    var count = 0
    for hash in hashes {
      guard let text = unplaced.removeValue(forKey: hash) else { continue }
      if text.position != position {
        try db.run("UPDATE text SET position = ? WHERE hash = ?", .integer(Int64(position)), .blob(hash.bytes))
      }
      count += 1
    }
    return count
  }

  /// Makes the texts that came with changes from this position on wait for a change that names them.
  func displace(from position: UInt64) throws {
    try db.each("SELECT hash, byteCount, position FROM text WHERE position >= ?", [.integer(Int64(position))]) { row in
      unplaced[try TextHash(bytes: row.blob(0)).orDamaged("a text's hash")] = Unplaced(byteCount: row.int(1), position: try row.count(2))
      return true
    }
  }

  /// What no change names doesn't stay.
  func removeUnplaced() throws {
    for hash in unplaced.keys { try db.run("DELETE FROM text WHERE hash = ?", .blob(hash.bytes)) }
    unplaced = [:]
  }
}
