import DictaModels

/// What a sync did.
public struct SyncReport: Hashable, Sendable {
  /// Changes that the peer didn't hold.
  public var sent = 0
  /// Changes that weren't held here.
  public var received = 0
  /// Bytes of the snapshot that was taken over here before the changes that came after it; 0 if none was. Its changes count as received.
  public var snapshotBytes = 0
  /// Texts that were new to either side.
  public var texts = 0
  /// Bytes of all frames, as they went over the line.
  public var bytesSent = 0
  public var bytesReceived = 0
  /// How often one side had to wait for an answer of the other.
  public var roundTrips = 0
  /// Whether both held the same when it ended.
  public var isEqual = false
  /// Of the heads that both told in the end, if they were the same.
  public var heads: HeadsHash?

  public init() {}
}

/// How a sync is run.
public struct SyncOptions: Sendable {
  /// Whether messages are compressed, where the peer takes it. It costs more time than a fast line does.
  public var isCompressed = true

  /// How much is handed over, and committed, at a time; once deliveries get across, up to four times as much.
  public var deliveryByteLimit = 1 << 20

  /// How long the peer may neither send nor take a byte; nil waits forever.
  public var stallLimit: Duration?

  /// Called from time to time with what was done so far.
  public var progress: (@Sendable (SyncReport) -> Void)?

  public init() {}
}
