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

  /// How a text is kept that is written here. One that would leave half of its page empty is compressed at once, as far as that is fast.
  static func argument(of text: ArticleText) -> Argument {
    let words = text.string.utf8
    guard (1_300...12_000).contains(words.count) else { return .text(text.string) }
    let deflated = Compression.deflateSmall(Array(words))
    return deflated.count < words.count / 4 * 3 ? .blob(deflated) : .text(text.string)
  }

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
  func withWords<Result, Failure: Error>(_ index: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result) throws -> Result {
    if isText(index) { return try withUTF8(index, body) }
    return try StoredText.inflate(blob(index)).withUnsafeBufferPointer { try body($0) }
  }
}
