/// The words of one edition of an article, exactly as they were printed: never normalised, never changed.
///
/// A correction is another `ArticleText` of the same article. Anchors say where in a text something stands, by UTF-8 byte offsets.
///
/// ```swift
/// let text = try ArticleText("“We have lost time,” the minister said.")
/// let anchor = try text.anchor(exact: "We have lost time")
/// try text.exact(anchor)  // "We have lost time"
/// ```
public struct ArticleText: Sendable {
  /// The longest text taken, 16 MiB of UTF-8.
  public static let byteLimit = 16 << 20

  /// The whole text. Swift's `==` would take another normalisation of it for the same; compare ``hash``.
  public let string: String

  /// The SHA-256 of the UTF-8 bytes, by which everything else names this text.
  public let hash: TextHash

  /// - Complexity: O(*n*), for the hash.
  /// - Throws: ``TextError/tooLong(utf8Count:)``.
  public init(_ string: String) throws(TextError) {
    var string = string
    let count = string.utf8.count
    guard count <= Self.byteLimit else { throw .tooLong(utf8Count: count) }
    // A native string reaches any byte offset at once; on Apple's systems one that came from an NSString may not.
    string.makeContiguousUTF8()
    hash = string.withUTF8 { TextHash(of: $0) }
    self.string = string
  }

  /// Takes bytes as they were read from a file or received, and changes none of them; a byte order mark stays too.
  ///
  /// - Throws: ``TextError/invalidUTF8(offset:)``, naming the first byte that is wrong, or ``TextError/tooLong(utf8Count:)``.
  public init(utf8: [UInt8]) throws(TextError) {
    guard utf8.count <= Self.byteLimit else { throw .tooLong(utf8Count: utf8.count) }
    guard let string = String(validating: utf8, as: UTF8.self) else {
      throw .invalidUTF8(offset: UTF8Check.firstInvalidOffset(in: utf8[...]) ?? 0)
    }
    try self.init(string)
  }

  /// A text as an archive keeps it, whose hash was computed when it came in.
  package init(utf8: UnsafeBufferPointer<UInt8>, hash: TextHash) throws(TextError) {
    guard let string = String(validating: utf8, as: UTF8.self) else {
      throw .invalidUTF8(offset: UTF8Check.firstInvalidOffset(in: Array(utf8)[...]) ?? 0)
    }
    (self.string, self.hash) = (string, hash)
  }

  /// The length in UTF-8 bytes, which is also the greatest offset an anchor may end at.
  public var utf8Count: Int { string.utf8.count }

  /// Gives `body` the bytes without copying them.
  func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    string.utf8.withContiguousStorageIfAvailable(body) ?? Array(string.utf8).withUnsafeBufferPointer(body)
  }

  /// The text between two offsets, which must lie on scalar boundaries.
  func string(in range: Range<Int>) -> String {
    let utf8 = string.utf8
    let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    let end = utf8.index(start, offsetBy: range.count)
    return String(string[start..<end])
  }
}

extension ArticleText: Hashable {
  /// Equal bytes, told by their hashes.
  public static func == (left: Self, right: Self) -> Bool {
    left.hash == right.hash
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(hash)
  }
}

/// Why something can't be the text of an article.
public enum TextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// More bytes than ``ArticleText/byteLimit``.
  case tooLong(utf8Count: Int)
  /// The byte at `offset`, counted from 0, begins no scalar.
  case invalidUTF8(offset: Int)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .tooLong(let utf8Count):
      "the text has \(utf8Count) bytes, more than the \(ArticleText.byteLimit) an article may have: split it into several articles"
    case .invalidUTF8(let offset):
      "the text is not UTF-8 from byte \(offset) on: convert the file to UTF-8 first"
    }
  }
}
