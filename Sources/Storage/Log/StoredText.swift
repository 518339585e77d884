// How the words of a text stand in its row: as they are, or compressed. SQLite keeps with the value which of the two it is.

import DictaModels

enum StoredText {
  /// A longer text stays as it is, so that a few words can be taken out of it without the rest.
  static let byteLimit = 1 << 20

  /// - Returns: nil where compressing isn't worth the trouble of reading it.
  static func deflate(_ words: [UInt8]) -> [UInt8]? {
    guard words.count <= byteLimit else { return nil }
    let deflated = Compression.deflate(words)
    return deflated.count < words.count / 8 * 7 ? deflated : nil
  }

  /// How a text is kept. One that would leave half of its page empty is compressed at once, as far as that is fast.
  static func argument(of text: ArticleText) -> Argument {
    var words = text.string
    guard (1_300...12_000).contains(words.utf8.count) else { return .text(words) }
    let deflated = words.withUTF8(Compression.deflateFast)
    return deflated.count < words.utf8.count / 4 * 3 ? .blob(deflated) : .text(words)
  }

  /// Whether compressed words were compressed fast, in SQL: zlib's streams say in their second byte what pains were taken.
  static let isFastInSQL = "substr(content, 2, 1) < x'40'"

  static func inflate(_ deflated: [UInt8]) throws(MalformedBytes) -> [UInt8] {
    try Compression.inflate(deflated, byteLimit: byteLimit)
  }
}

extension Columns {
  /// The words of a text, in UTF-8.
  func words(_ index: Int32) throws(MalformedBytes) -> [UInt8] {
    isText(index) ? utf8(index) : try StoredText.inflate(blob(index))
  }

  /// Gives `body` the words of a text, where SQLite has them if it can.
  ///
  /// - Parameter byteCount: of the words.
  func withWords<Result>(_ index: Int32, byteCount: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result {
    if isText(index) { return try withUTF8(index, body) }
    guard (0...StoredText.byteLimit).contains(byteCount) else {
      throw MalformedBytes(offset: 0, reason: "no text of \(byteCount) bytes is compressed")
    }
    return try withBlob(index) { try Compression.withInflated($0, byteCount: byteCount, body) }
  }
}
