import Synchronization

/// Deals out seeds to several workers, until there are no more or the time is over.
final class Seeds: Sendable {
  private let rest: Mutex<Range<UInt64>>
  private let deadline: ContinuousClock.Instant?

  init(_ seeds: Range<UInt64>, until deadline: ContinuousClock.Instant?) {
    rest = Mutex(seeds)
    self.deadline = deadline
  }

  func end() {
    rest.withLock { $0 = $0.upperBound..<$0.upperBound }
  }

  func next() -> UInt64? {
    if let deadline, .now >= deadline { return nil }
    return rest.withLock { rest in
      guard let first = rest.first else { return nil }
      rest = (first + 1)..<rest.upperBound
      return first
    }
  }
}
