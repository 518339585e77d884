import DictaModels
import DictaStorage

/// What a client wrote, in order, a change each; and how much of it was acknowledged.
struct Ledger: Sendable {
  enum Deed: Sendable {
    case claim(Claim.ID)
    case quote(Quote.ID, Stance.ID)
    /// An edit of a field that others edit too: beside it goes a tag that nobody else sets and nobody removes, so that it can be found again.
    case edit(Claim.ID, tag: ExactString)
  }

  let client: Int
  private(set) var deeds: [Deed] = []

  /// The first so many were here when a sync began that succeeded.
  private(set) var acknowledgedCount = 0

  init(client: Int) {
    self.client = client
  }

  var pendingCount: Int { deeds.count - acknowledgedCount }

  mutating func add(_ deed: Deed) { deeds.append(deed) }

  mutating func acknowledge(_ count: Int) {
    precondition(count >= acknowledgedCount && count <= deeds.count, "what is acknowledged was written, and stays acknowledged")
    acknowledgedCount = count
  }

  var claimCount: Int { deeds.count { if case .claim = $0 { true } else { false } } }
  var quoteCount: Int { deeds.count { if case .quote = $0 { true } else { false } } }

  /// Looks for its first so many deeds in an archive.
  ///
  /// - Throws: ``BrokenPromise``, naming the first that isn't there.
  func expect(first count: Int, in transaction: ReadTransaction, of whom: String) throws {
    for (number, deed) in deeds.prefix(count).enumerated() {
      let isThere =
        switch deed {
        case .claim(let id): try transaction.entity(id) != nil
        case .quote(let quote, let stance): try transaction.entity(quote) != nil && transaction.entity(stance) != nil
        case .edit(let claim, let tag): try transaction.entity(claim)?.tags.contains(tag) == true
        }
      guard isThere else {
        let words = number < acknowledgedCount ? "which was acknowledged, " : ""
        throw BrokenPromise("change \(number + 1) of client \(client), \(words)isn't in \(whom): \(deed)")
      }
    }
  }
}
