import DictaModels
import Foundation

/// Where a corpus is on a hub: `https://host[:port]/CORPUS`, with anything before CORPUS where a hub is mounted below another address.
public struct HubAddress: Hashable, Sendable, CustomStringConvertible {
  /// Without the corpus, and without a slash at its end.
  public let base: String
  public let corpus: CorpusID

  /// Nil unless it is an address of the web whose last part is a corpus id, without a query or a user.
  public init?(_ text: String) {
    guard let scheme = text.range(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound].lowercased()) else { return nil }
    guard !text.contains(where: { $0.isWhitespace || "?#@".contains($0) }) else { return nil }
    let path = text.hasSuffix("/") ? text.dropLast() : text[...]
    guard let slash = path.lastIndex(of: "/"), slash > scheme.upperBound, let corpus = CorpusID(path[path.index(after: slash)...]) else {
      return nil
    }
    self.init(base: String(path[..<slash]), corpus: corpus)
  }

  public init(base: String, corpus: CorpusID) {
    (self.base, self.corpus) = (base, corpus)
  }

  public var description: String { "\(base)/\(corpus)" }

  /// Whether the hub runs on this machine, so that nobody else is on the line.
  public var isOnThisMachine: Bool {
    guard let host = URL(string: base)?.host?.lowercased() else { return false }
    return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
  }
}
