import DictaModels
import DictaSync

/// A sync with a hub.
///
/// ```swift
/// let hub = HubConnection(to: address, token: token, over: transport)
/// let report = try await hub.sync(archive)
/// ```
public struct HubConnection: Sendable {
  public let address: HubAddress
  private let token: String?
  private let transport: any HTTPTransport

  /// How many bytes of changes a request may carry. Larger ones save round trips where there is much to send; proxies may not take them.
  public var bodyByteGoal = 4 << 20

  /// How often a sync is begun anew after its line was cut.
  public var retryLimit = 3

  /// - Parameter token: as it was shown when it was made; nil sends none.
  public init(to address: HubAddress, token: String?, over transport: any HTTPTransport) {
    (self.address, self.token, self.transport) = (address, token, transport)
  }

  /// What a sync with a hub did.
  public struct Report: Sendable {
    public var sync: SyncReport

    /// Whether the token is a reader's, so that nothing could be sent.
    public var isReader = false

    public init(sync: SyncReport = SyncReport()) {
      self.sync = sync
    }
  }

  /// Makes a log and the hub's hold the same changes: two round trips, one where nothing is to be done.
  ///
  /// Where the line is cut it begins anew, after a moment. That is always right: what arrived is not sent again.
  ///
  /// - Throws: ``HubRefusal``, ``HubUnreachable``, or what the log throws.
  public func sync(_ log: some ChangeLog, options: SyncOptions = SyncOptions()) async throws -> Report {
    var attempt = 0
    var backOff = BackOff()
    var before = SyncReport()
    while true {
      do {
        var report = try await attemptSync(log, options, &before)
        report.sync.add(before)
        return report
      } catch let error where attempt < retryLimit && Self.mayPass(error, hasAnswered: attempt > 0) {
        attempt += 1
        try await Task.sleep(for: backOff.pause(after: error))
      }
    }
  }

  /// - Parameter hasAnswered: whether the hub was there before: then it may only be starting anew.
  static func mayPass(_ error: any Error, hasAnswered: Bool) -> Bool {
    if let error = error as? HubUnreachable { return error.wasCutOff || hasAnswered && error.mayPass }
    return (error as? any PassingError)?.mayPass ?? false
  }

  // MARK: One session

  /// - Parameter before: gets what was done, if it fails.
  private func attemptSync<Log: ChangeLog>(_ log: Log, _ options: SyncOptions, _ before: inout SyncReport) async throws -> Report {
    var side = TurnBasedSync(log, as: .caller, with: address.description, options: options)
    var line = self.line
    var report = Report()
    var session: String?
    var turn = 1
    defer { if !side.isFinished { before.add(side.report) } }
    while !side.isFinished {
      guard side.hasSomethingToSay else { throw HubUnreachable(url: address.description, reason: "it has nothing to say") }
      do {
        let response = try await take(turn, of: session, &side, &line)
        if turn == 1 {
          guard let id = response.header("Dicta-Session") else { throw HubRefusal(status: response.status, body: [], retryAfter: nil) }
          session = id
          report.isReader = response.header("Dicta-Role") == "reader"
          side.sendsChanges = !report.isReader
        }
        while let bytes = try await response.next() { try await side.hear(bytes) }
      } catch var error as HubUnreachable {
        error.wasCutOff = turn > 1 || error.wasCutOff
        error.url = address.description
        throw error
      }
      turn += 1
    }
    report.sync = side.report
    await settle(&side, session, turn, &line)
    return report
  }

  /// Tells the hub that all has arrived. It does well without.
  private func settle(_ side: inout TurnBasedSync<some ChangeLog>, _ session: String?, _ turn: Int, _ line: inout HubLine) async {
    guard side.hasSomethingToSay, let response = try? await take(turn, of: session, &side, &line) else { return }
    while let _ = try? await response.next() {}
  }

  /// Says what there is to say.
  private func take(
    _ turn: Int, of session: String?, _ side: inout TurnBasedSync<some ChangeLog>, _ line: inout HubLine
  ) async throws -> HTTPTransportResponse {
    var body: [UInt8] = []
    while body.count < bodyByteGoal, let bytes = try await side.speak() { body += bytes }
    let path = session.map { "/sessions/\($0)/\(turn)" } ?? "/sessions"
    return try await line.send(.post, path, header: ("Content-Type", "application/vnd.dicta.frames"), body: body)
  }

  private var line: HubLine { HubLine(address: address, token: token, transport: transport) }

  // MARK: Events

  /// Calls `body` with the hash of the hub's heads: at once, and each time they move. Returns when the hub ends the stream.
  public func watch(_ body: (HeadsHash) async throws -> Void) async throws {
    var line = self.line
    let response = try await line.send(.get, "/events", header: ("Accept", "text/event-stream"))
    var reader = EventReader()
    while let bytes = try await response.next() {
      for event in try reader.read(bytes) where event.name == "heads" {
        if let heads = Hex.bytes(event.data).flatMap(HeadsHash.init) { try await body(heads) }
      }
    }
  }
}

extension SyncReport {
  /// Counts what an attempt before did: what it received was kept, and what it sent too, but the hub said nothing of that.
  fileprivate mutating func add(_ before: SyncReport) {
    received += before.received
    snapshotBytes += before.snapshotBytes
    texts += before.texts
    bytesSent += before.bytesSent
    bytesReceived += before.bytesReceived
  }
}
