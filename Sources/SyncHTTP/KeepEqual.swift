import DictaModels
import DictaSync
import Synchronization

extension HubConnection {
  /// What came of an attempt to keep a log equal to a hub's.
  public enum Outcome: Sendable {
    /// The hub is there, and tells of what it gets from now on.
    case connected
    case synced(Report)
    /// Both were found to hold the same.
    case equal
    /// It is tried again after that pause.
    case failed(any Error, pause: Duration)
  }

  /// Keeps a log and the hub's equal until its task is cancelled: syncs when either was written to.
  ///
  /// While nothing changes nothing is sent, and nothing computed. Where the hub can't be reached, it is tried again and again: after pauses that
  /// grow to a minute.
  ///
  /// - Parameters:
  ///   - writes: something after the log was written to, as `Archive.writes()`.
  ///   - report: called with what comes of it, from several tasks.
  /// - Throws: what `writes` throws, what trying again doesn't help against, or `CancellationError`.
  public func keepEqual<Log: ChangeLog, Writes: AsyncSequence & Sendable>(
    _ log: Log, writes: Writes, options: SyncOptions = SyncOptions(), report: @Sendable @escaping (Outcome) -> Void
  ) async throws where Writes.Element == Void {
    let hub = WatchedHub()
    try await withThrowingTaskGroup { group in
      group.addTask { for try await _ in writes { hub.bell.yield() } }
      group.addTask { try await follow(hub, report) }
      group.addTask { try await syncWhenever(hub, log, options, report) }
      while try await group.next() != nil {}
    }
  }

  /// Hears what the hub tells, whenever it can be reached.
  private func follow(_ hub: WatchedHub, _ report: (Outcome) -> Void) async throws {
    var backOff = BackOff()
    while true {
      do {
        try await watch { heads in
          if hub.told == nil {
            backOff = BackOff()
            report(.connected)
          }
          hub.tell(heads)
        }
        throw HubUnreachable(url: address.description, reason: "it ended the stream of events", wasCutOff: true)
      } catch let error where Self.mayPass(error, hasAnswered: true) {
        hub.tell(nil)
        try await wait(after: error, &backOff, report)
      }
    }
  }

  private func syncWhenever(_ hub: WatchedHub, _ log: some ChangeLog, _ options: SyncOptions, _ report: (Outcome) -> Void) async throws {
    var backOff = BackOff()
    var last: WatchedHub.Comparison?
    for await _ in hub.wakings {
      // A write wakes more than once.
      try await Task.sleep(for: .milliseconds(2))
      while let told = hub.told {
        do {
          let ours = try await log.open(for: []).heads
          if ours == told.heads { report(.equal) }
          guard ours != told.heads, last != .init(ours: ours, told: told) else { break }
          let synced = try await sync(log, options: options)
          backOff = BackOff()
          report(.synced(synced))
          // What was agreed upon may not have been told yet; and where nothing more can be sent, or taken, there is no use in trying.
          last = .init(ours: synced.sync.heads ?? ours, told: told)
        } catch let error where Self.mayPass(error, hasAnswered: true) {
          try await wait(after: error, &backOff, report)
        }
      }
    }
  }

  private func wait(after error: any Error, _ backOff: inout BackOff, _ report: (Outcome) -> Void) async throws {
    let pause = backOff.pause(after: error)
    report(.failed(error, pause: pause))
    try await Task.sleep(for: pause)
  }
}

/// What a hub told last, and what rings when there may be something to do.
private final class WatchedHub: Sendable {
  struct Told: Hashable {
    let heads: HeadsHash
    /// Of the stream it came on. A hub that was away may hold what it held before.
    let streamNumber: Int
  }

  /// What both sides held when they were compared.
  struct Comparison: Hashable {
    let ours: HeadsHash
    let told: Told
  }

  private struct State {
    var told: Told?
    var streamNumber = 0
  }

  let wakings: AsyncStream<Void>
  let bell: AsyncStream<Void>.Continuation
  private let state = Mutex(State())

  init() {
    (wakings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var told: Told? { state.withLock { $0.told } }

  /// - Parameter heads: nil if the stream has ended.
  func tell(_ heads: HeadsHash?) {
    state.withLock { state in
      if heads == nil { state.streamNumber += 1 }
      state.told = heads.map { Told(heads: $0, streamNumber: state.streamNumber) }
    }
    bell.yield()
  }
}
