/// How long to wait before something that failed is tried again: twice as long each time, and never the same for two clients, so that a hub
/// that comes back isn't asked by all at once.
struct BackOff {
  private static let longest = Duration.seconds(60)

  /// What went well for so long begins anew.
  private static let steadyTime = Duration.seconds(10)

  private var failureCount = 0
  private var lastEnd = ContinuousClock.now

  /// The pause behind a failure that came just now.
  mutating func pause(after error: any Error) -> Duration {
    failureCount = .now - lastEnd > Self.steadyTime ? 1 : failureCount + 1
    let wanted = (error as? HubRefusal)?.retryAfter ?? .zero
    let pause = min(wanted + .milliseconds(Int.random(in: 1...(200 << min(failureCount, 8)))), Self.longest)
    lastEnd = .now + pause
    return pause
  }
}
