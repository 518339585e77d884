/// How long something took, many times, and when each was done.
struct Latencies: Sendable {
  private var times: [(end: ContinuousClock.Instant, time: Duration)] = []

  /// Notes one that is done now.
  mutating func add(since begin: ContinuousClock.Instant) {
    let end = ContinuousClock.now
    times.append((end, end - begin))
  }

  static func += (left: inout Self, right: Self) { left.times += right.times }

  var count: Int { times.count }

  /// How many were done between two moments.
  func count(from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int {
    times.count { begin <= $0.end && $0.end < end }
  }

  /// The time in which so many of a hundred were done; zero if nothing was.
  func percentile(_ percent: Int) -> Duration {
    let sorted = times.map(\.time).sorted()
    guard !sorted.isEmpty else { return .zero }
    // The first that isn't exceeded by more than the rest of the hundred.
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
  }
}
