/// How long to wait before something that failed is tried again: twice as long each time, and never the same for two clients, so that a hub
/// that comes back isn't asked by all at once. After something went well a new one begins.
struct BackOff {
  private static let longest = Duration.seconds(60)

  private var failureCount = 0

  /// The pause behind a failure that came just now.
  mutating func pause(after error: any Error) -> Duration {
    failureCount += 1
    let wanted = (error as? HubRefusal)?.retryAfter ?? .zero
    return min(wanted + .milliseconds(Int.random(in: 1...(200 << min(failureCount, 8)))), Self.longest)
  }
}
