/// A stretch of a text: UTF-8 byte offsets, half-open, on scalar boundaries.
///
/// The words themselves are never stored: they are what stands there, and a text never changes.
public struct Anchor: Hashable, Sendable {
  public var textHash: TextHash
  public var start: Int
  public var end: Int

  /// What a newer version says of it, kept as it came.
  public var other = Record()

  public init(textHash: TextHash, start: Int, end: Int) {
    self.textHash = textHash
    self.start = start
    self.end = end
  }
}

extension Anchor {
  /// What documents show beside the offsets: it follows from the text and is never stored.
  static let derivedMembers: Set<ExactString> = ["exact", "prefix", "suffix"]
}

extension Anchor: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    guard let hash = reader.take("textHash", { if case .text(let hash) = $0 { hash } else { nil } }), let start = reader.integer("start"),
      let end = reader.integer("end")
    else { return nil }
    self.init(textHash: hash, start: start, end: end)
  }

  func write(to record: inout Record) {
    record["end"] = .integer(Int64(end))
    record["start"] = .integer(Int64(start))
    record["textHash"] = .text(textHash)
  }
}

extension Value {
  /// The anchor that the value is; nil if it is something else.
  package var asAnchor: Anchor? { Anchor(self) }
}
