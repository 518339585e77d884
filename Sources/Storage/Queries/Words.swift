import DictaModels
import GRDB

extension ReadTransaction {
  /// The words at an anchor, without the rest of their text: that may be 16 MiB.
  ///
  /// - Parameter byteLimit: longer words are cut behind a whole scalar.
  /// - Returns: nil where the text isn't held, or the anchor doesn't lie on scalar boundaries in it.
  package func words(at anchor: Anchor, byteLimit: Int = .max) throws -> String? {
    guard 0 <= anchor.start, anchor.start <= anchor.end else { return nil }
    return try words(of: anchor.textHash, anchor.start, count: anchor.end - anchor.start, byteLimit: byteLimit)
  }

  /// How a text begins; all of it, if it isn't longer than that.
  package func beginning(of text: TextHash, byteLimit: Int) throws -> String? {
    guard let count = try db.first("SELECT byteCount FROM text WHERE hash = ?", .blob(text.bytes), read: { $0.int(0) }) else { return nil }
    return try words(of: text, 0, count: count, byteLimit: byteLimit)
  }

  private func words(of text: TextHash, _ start: Int, count: Int, byteLimit: Int) throws -> String? {
    let found = try db.first(
      """
      SELECT CASE typeof(content) WHEN 'text' THEN substr(CAST(content AS BLOB), ?, ?) END, byteCount,
      CASE typeof(content) WHEN 'blob' THEN content END FROM text WHERE hash = ?
      """, .integer(start + 1), .integer(min(count, byteLimit)), .blob(text.bytes)
    ) { row in
      let words = row.isNull(2) ? row.blob(0) : Array(try row.words(2).dropFirst(start).prefix(min(count, byteLimit)))
      return (words, row.int(1))
    }
    guard let (found, byteCount) = found, start + count <= byteCount else { return nil }
    var bytes = found
    if count > byteLimit {
      while let last = bytes.popLast() {
        // The byte that begins a scalar, of which the rest may be missing.
        if last & 0xc0 != 0x80 { break }
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
