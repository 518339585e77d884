import DictaModels

/// What a bundle says of its writer, before any change.
public struct BundleOutline: Hashable, Sendable {
  public let corpus: CorpusID

  /// What the writer held.
  public let heads: [HeadName]

  /// Reads the beginning of a bundle.
  ///
  /// - Parameter source: the bundle's next bytes, nil at its end.
  /// - Throws: ``BundleError``, or what the source throws.
  public init(from source: () async throws -> [UInt8]?) async throws {
    var reader = BundleReader()
    var corpus: CorpusID?
    while let bytes = try await source() {
      reader.append(bytes)
      while let part = try reader.next() {
        switch part {
        case .hello(let hello): corpus = hello.corpus
        case .heads(let heads):
          guard let corpus else { preconditionFailure("HEADS comes after HELLO") }
          self.init(corpus: corpus, heads: heads)
          return
        case .changes: preconditionFailure("CHANGES come after HEADS")
        }
      }
    }
    try reader.finish()
    preconditionFailure("a bundle that ends well has HEADS")
  }

  init(corpus: CorpusID, heads: [HeadName]) {
    self.corpus = corpus
    self.heads = heads
  }
}
