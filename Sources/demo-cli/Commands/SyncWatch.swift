// `sync --watch`: syncs again and again, whenever either side was written to.

import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation
import Synchronization

extension SyncCommand {
  func keepEqual(with peer: PeerAddress) async throws {
    var options = SyncOptions()
    options.stallLimit = timeout == 0 ? nil : .seconds(timeout)
    let journal = WatchJournal(isJSON: shared.json)
    let status = try await Interruption.watching { [options] in
      switch peer {
      case .hub(let address): try await keepEqual(with: address, options, journal)
      case .file(let path): try await keepEqual(withArchiveAt: path, options, journal)
      case .program:
        throw CommandFailure(
          .usage, "--watch needs a peer that tells when it was written to: a hub, or a file", hint: "run `sync` again and again, as with cron")
      }
    }
    let total = journal.total
    try shared.output.print(total.report.json(peer: self.peer, status)) {
      guard let trouble = total.trouble else { return total.report.text(peer: self.peer, status) }
      return "Sent \(total.report.sent), received \(total.report.received). When it ended: \(TextLayout.singleLine(trouble))\n"
    }
    if total.isReaderBehind { try refuseReader() }
  }

  private func keepEqual(with address: HubAddress, _ options: SyncOptions, _ journal: WatchJournal) async throws -> ArchiveStatus {
    let hub = HubPeer(address: address, tokenFile: tokenFile, trustedCertificates: trustedCertificates)
    return try await OwnReplica.with(at: shared.path, corpus: address.corpus) { local in
      try await untilCancelled { try await hub.keepEqual(local, options: options) { journal.note($0) } }
      return try await local.finalStatus()
    }
  }

  private func keepEqual(withArchiveAt path: String, _ options: SyncOptions, _ journal: WatchJournal) async throws -> ArchiveStatus {
    let remote = try archive(of: path)
    defer { try? remote.close() }
    return try await OwnReplica.with(at: shared.path, corpus: try await remote.read { try $0.status().corpus }) { local in
      try await untilCancelled { try await local.keepEqual(with: remote, options: options) { journal.note($0) } }
      return try await local.finalStatus()
    }
  }

  private func untilCancelled(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch  where Task.isCancelled {}
  }
}

extension Archive {
  /// Also in a task that was cancelled.
  fileprivate func finalStatus() async throws -> ArchiveStatus {
    try await Task { try await self.read { try $0.status() } }.value
  }

  /// Syncs with another archive of this machine whenever one of them was written to, until the task is cancelled.
  fileprivate func keepEqual(
    with peer: Archive, options: SyncOptions, report: (HubConnection.Outcome) -> Void
  ) async throws {
    let (wakings, bell) = AsyncThrowingStream<Void, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
    bell.yield()
    let watches = try [self, peer].map { archive in
      let writes = try archive.writes()
      return Task {
        do {
          for try await _ in writes { bell.yield() }
        } catch {
          bell.finish(throwing: error)
        }
      }
    }
    defer { for watch in watches { watch.cancel() } }
    var last: [HeadsHash] = []
    for try await _ in wakings {
      try await Task.sleep(for: .milliseconds(2))
      do {
        let heads = [try await open(for: []).heads, try await peer.open(for: []).heads]
        if heads[0] == heads[1] { report(.equal) }
        guard heads[0] != heads[1], heads != last else { continue }
        report(.synced(.init(sync: try await sync(with: peer, options: options))))
        last = heads
        // Either may have been written to meanwhile.
        bell.yield()
      } catch let error as any PassingError where error.mayPass {
        report(.failed(error, pause: .seconds(1)))
        try await Task.sleep(for: .seconds(1))
        bell.yield()
      }
    }
  }
}

/// What was done while an archive was kept equal, as people read it while it goes on, and in all.
private final class WatchJournal: Sendable {
  struct Total {
    var report = SyncReport()
    /// Whether there is something to send, and the token is a reader's.
    var isReaderBehind = false
    /// Told once, however often it comes.
    var trouble: String?
  }

  private let isJSON: Bool
  private let state = Mutex(Total())

  init(isJSON: Bool) {
    self.isJSON = isJSON
  }

  var total: Total { state.withLock { $0 } }

  func note(_ outcome: HubConnection.Outcome) {
    switch outcome {
    case .connected: note(trouble: nil)
    case .equal:
      note(trouble: nil)
      state.withLock { $0.report.isEqual = true }
    case .synced(let report): note(report)
    // Why it can't be reached changes while it is away.
    case .failed(let error as HubUnreachable, _): note(trouble: total.trouble ?? "\(error.url) can't be reached (\(error.reason))")
    case .failed(let error, _): note(trouble: CommandFailure(error)?.message ?? "\(error)")
    }
  }

  private func note(_ report: HubConnection.Report) {
    note(trouble: nil)
    state.withLock { total in
      total.report.add(report.sync)
      total.isReaderBehind = report.isReader && !report.sync.isEqual
    }
    // Where nobody reads it any more, it goes on all the same.
    let sync = report.sync
    if !isJSON { try? Terminal.write("\(Self.time)  sent \(sync.sent), received \(sync.received)\(sync.isEqual ? ", equal" : "")\n") }
  }

  private func note(trouble: String?) {
    let old = state.withLock { total in
      defer { total.trouble = trouble }
      if trouble != nil { total.report.isEqual = false }
      return total.trouble
    }
    guard trouble != old, !isJSON else { return }
    let words = trouble.map { TextLayout.singleLine($0) + "; trying again until it goes well" } ?? "goes well again"
    Terminal.writeError("\(Self.time)  \(words)\n")
  }

  private static var time: String { isoTime(UInt64(Date().timeIntervalSince1970 * 1000)) }
}

extension SyncReport {
  fileprivate mutating func add(_ other: SyncReport) {
    sent += other.sent
    received += other.received
    texts += other.texts
    bytesSent += other.bytesSent
    bytesReceived += other.bytesReceived
    roundTrips += other.roundTrips
    (isEqual, heads) = (other.isEqual, other.heads)
  }
}
