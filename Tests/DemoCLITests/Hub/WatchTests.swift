#if Hub && HTTP

import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// `sync --watch`, in processes of its own.
@Suite(.timeLimit(.minutes(2))) struct WatchTests {
  @Test func whoWatchesStaysEqualAlsoWhereTheHubIsKilledMeanwhile() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    let port = Mutex("0")
    try await RunningHub.with(desk) { hub in
      let address = "\(hub.url)/\(corpus)"
      port.withLock { $0 = String(hub.url.split(separator: ":").last ?? "0") }
      let (here, there) = try await desk.watching("corpus.dicta", address, token) {
        try await desk.watching("other.dicta", address, token) {
          try await desk.untilListed(1, in: "other.dicta") { try await desk.json("claim", "add", "One") }
          try await desk.untilListed(2, in: "corpus.dicta") { try await desk.json("claim", "add", "Two", "--archive", "other.dicta") }
          hub.kill()
          try await desk.json("claim", "add", "Three")
          try await desk.json("claim", "add", "Four", "--archive", "other.dicta")
          try await RunningHub.with(desk, "--port", port.withLock { $0 }) { _ in
            for archive in ["corpus.dicta", "other.dicta"] { try await desk.untilListed(4, in: archive) {} }
          }
        }
      }
      for outcome in [here, there.outcome] {
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let total = try outcome.json
        // The hub ends first, so whether they are equal then nobody can say.
        #expect(total["sent"] == .integer(2) && total["received"] == .integer(2))
      }
    }
    let digests = [try await desk.json("status")["digest"], try await desk.json("status", "--archive", "other.dicta")["digest"]]
    #expect(digests[0] == digests[1])
  }

  @Test func aFileCanBeWatchedToo() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    let (outcome, _) = try await desk.watching("corpus.dicta", "other.dicta", nil) {
      try await desk.untilListed(1, in: "other.dicta") { try await desk.json("claim", "add", "One") }
      try await desk.untilListed(2, in: "corpus.dicta") { try await desk.json("claim", "add", "Two", "--archive", "other.dicta") }
    }
    let total = try outcome.json
    #expect(outcome.status == 0 && total["equal"] == .bool(true))
  }

  /// Once, what was written behind went into a file that nobody finds again.
  @Test(arguments: ["corpus.dicta", "other.dicta"]) func aFileThatIsReplacedEndsTheWatch(_ replaced: String) async throws {
    let desk = try Desk.withArchive()
    try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    try await desk.json("sync", "corpus.dicta", "--archive", "third.dicta")
    let (outcome, _) = try await desk.watching("other.dicta", "corpus.dicta", nil) {
      try await desk.untilListed(1, in: "other.dicta") { try await desk.json("claim", "add", "One") }
      try FileManager.default.removeItem(atPath: desk.folder + "/" + replaced)
      try FileManager.default.moveItem(atPath: desk.folder + "/third.dicta", toPath: desk.folder + "/" + replaced)
      try await Task.sleep(for: .seconds(2))
    }
    #expect(outcome.status == 75 && outcome.stdout.isEmpty && outcome.stderr.contains("replaced"), "\(outcome)")
  }

  @Test func whoWasEqualAllTheTimeIsEqualInTheEnd() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: token).status == 0)
      let (outcome, _) = try await desk.watching("corpus.dicta", "\(hub.url)/\(corpus)", token) { try await Task.sleep(for: .seconds(2)) }
      let total = try outcome.json
      #expect(total["equal"] == .bool(true) && total["sent"] == .integer(0))
    }
    let (outcome, _) = try await desk.watching("corpus.dicta", "http://127.0.0.1:1/\(corpus)", token) { try await Task.sleep(for: .seconds(1)) }
    let total = try outcome.json
    #expect(total["equal"] == .bool(false))
  }

  @Test func whatCannotBeWatchedIsRefused() async throws {
    let desk = try Desk.withArchive()
    let program = try await desk.failure("sync", "exec:cat", "--watch")
    #expect(program.status == 64 && program.text.contains("--watch"))
    let corpus = try await desk.corpus
    try await RunningHub.with(desk) { hub in
      _ = try await desk.token(corpus, "writer")
      let outcome = try await desk.run(
        "sync", "\(hub.url)/\(corpus)", "--watch", "--json", environment: ["DICTA_TOKEN": "dicta_aaaaaaaa_AAAA"])
      #expect(outcome.status == 77 && outcome.stdout.isEmpty)
    }
  }

  @Test func aReaderWhoWritesReceivesOnAndIsToldInTheEnd() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let (reader, writer) = (try await desk.token(corpus, "reader").token, try await desk.token(corpus, "writer").token)
    try await RunningHub.with(desk) { hub in
      let address = "\(hub.url)/\(corpus)"
      let (outcome, _) = try await desk.watching("corpus.dicta", address, reader) {
        try await desk.json("claim", "add", "Nobody hears of it")
        try await desk.untilListed(2, in: "corpus.dicta") {
          let other = try Archive(creatingAt: desk.folder + "/other.dicta", corpus: CorpusID(corpus))
          try other.close()
          try await desk.json("claim", "add", "One", "--archive", "other.dicta")
          #expect(try await desk.sync("other.dicta", hub, corpus, token: writer).status == 0)
        }
      }
      #expect(outcome.status == 77)
      let total = try outcome.json
      #expect(total["sent"] == .integer(0) && total["received"] == .integer(1) && total["equal"] == .bool(false))
    }
  }

  @Test func whileNothingChangesNothingIsAskedAndNothingSent() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      let archive = try Archive(at: desk.folder + "/corpus.dicta")
      let log = CountingLog(inner: archive)
      let transport = CountingTransport(inner: try AsyncHTTPClientTransport())
      let connection = HubConnection(to: try #require(HubAddress("\(hub.url)/\(corpus)")), token: token, over: transport)
      let (syncs, continuation) = AsyncStream<HubConnection.Report>.makeStream()
      let task = Task {
        try await connection.keepEqual(log, writes: try archive.writes()) { outcome in
          if case .synced(let report) = outcome { continuation.yield(report) }
        }
      }
      var reports = syncs.makeAsyncIterator()
      #expect(await reports.next()?.sync.sent == 1)
      // What the first sync wrote, and what the hub told of it, is looked at in this time.
      try await Task.sleep(for: .seconds(1))
      let before = (log.opened.withLock { $0 }, transport.sent.withLock { $0 })
      // Reading is no change.
      _ = try await desk.json("claim", "list")
      try await Task.sleep(for: .seconds(3))
      #expect(log.opened.withLock { $0 } == before.0 && transport.sent.withLock { $0 } == before.1)
      // A claim, and nothing else, makes it work again.
      try await archive.write { try $0.insert(Claim(id: $0.newID(), text: "Two")) }
      #expect(await reports.next()?.sync.sent == 1)
      // Two round trips, and the last ACK.
      try await Task.sleep(for: .seconds(1))
      #expect(transport.sent.withLock { $0 } == before.1 + 3)
      task.cancel()
      _ = await task.result
      try archive.close()
      try await transport.inner.close()
    }
  }
}

extension Desk {
  /// Runs `sync --watch` while `body` runs, and then ends it.
  fileprivate func watching<Value: Sendable>(
    _ archive: String, _ peer: String, _ token: String?, _ body: @Sendable @escaping () async throws -> Value
  ) async throws -> (outcome: CLI.Outcome, value: Value) {
    let result = try await Subprocess.run(
      .path(FilePath(try CLI.executable.path)), arguments: ["sync", peer, "--watch", "--archive", archive, "--json"],
      environment: .inherit.updating(["DICTA_TOKEN": token, "DICTA_ARCHIVE": nil]), workingDirectory: FilePath(folder), input: .none,
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
    ) { process in
      let value: Result<Value, any Error>
      do { value = .success(try await body()) } catch { value = .failure(error) }
      try process.send(signal: .terminate)
      return value
    }
    let status: Int32 = if case .exited(let code) = result.terminationStatus { code } else { -1 }
    let outcome = CLI.Outcome(status: status, stdout: result.standardOutput, stderr: result.standardError)
    return (outcome, try result.closureResult.get())
  }

  /// Waits until an archive lists so many claims after `body`; the time limit of the suite ends a wait in vain.
  fileprivate func untilListed(_ count: Int, in archive: String, after body: () async throws -> Void) async throws {
    try await body()
    while true {
      // It may not be there yet.
      let outcome = try await run("claim", "list", "--archive", archive, "--json")
      if outcome.status == 0, try outcome.json.elements.count == count { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

/// Counts how often it is looked at.
private final class CountingLog: ChangeLog {
  let inner: Archive
  let opened = Mutex(0)

  init(inner: Archive) {
    self.inner = inner
  }

  var name: String { inner.name }

  func open(for peerRemembers: [HeadsHash]) async throws -> Opening {
    opened.withLock { $0 += 1 }
    return try await inner.open(for: peerRemembers)
  }

  func adopt(_ corpus: CorpusID) async throws { try await inner.adopt(corpus) }
  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads { try await inner.heads(sinceAnyOf: bases) }
  func compare(with peer: PeerHeads) async throws -> Set<Origin> { try await inner.compare(with: peer) }
  func rungs(of origins: Set<Origin>) async throws -> [HeadName] { try await inner.rungs(of: origins) }
  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment { try await inner.shipment(to: peer, peerRungs: peerRungs) }
  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    try await inner.nextDelivery(of: &shipment, byteLimit: byteLimit)
  }
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt { try await inner.receive(delivery, from: sender) }
  func acknowledge() async throws -> HeadsHash { try await inner.acknowledge() }
  func hasUntold() async throws -> Bool { try await inner.hasUntold() }
  func remember(_ heads: HeadsHash) async throws { try await inner.remember(heads) }
}

/// Counts the requests.
private final class CountingTransport: HTTPTransport {
  let inner: AsyncHTTPClientTransport
  let sent = Mutex(0)

  init(inner: AsyncHTTPClientTransport) {
    self.inner = inner
  }

  func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    sent.withLock { $0 += 1 }
    return try await inner.send(request)
  }
}

#endif
