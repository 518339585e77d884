/// What one hub, one token and one request may take. `Documentation/Hub.md`, section 8.
public struct HubLimits: Sendable {
  public var bodyBytes = 64 << 20
  public var requestSeconds = 600
  /// How long a session may hear nothing.
  public var sessionSeconds = 60
  public var sessions = 1000
  public var sessionsOfToken = 8
  public var watchers = 4000
  public var watchersOfToken = 64
  public var openArchives = 128
  /// How long an archive that nobody uses stays open.
  public var idleSeconds = 60
  /// How often those who watch hear that the line isn't dead.
  public var heartbeatSeconds = 30

  public init() {}
}
