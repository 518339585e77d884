#if HTTP

import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import DictaTestSupport
import Foundation

/// A replica that writes and syncs, again and again, whatever becomes of the hub.
struct WritingClient: Sendable {
  let number: Int
  let archive: Archive
  private(set) var ledger: Ledger
  private(set) var tally = Tally()
  private let transport: CountingTransport
  private let hub: HubConnection
  private let shared: SharedEntities
  private var random: SeededRandom

  struct Tally: Sendable {
    var syncs = Latencies()
    /// Calls of `sync` that failed, each of which had tried several times.
    var failures: [String: Int] = [:]
    var received = 0

    static func += (left: inout Self, right: Self) {
      left.syncs += right.syncs
      left.failures.merge(right.failures, uniquingKeysWith: +)
      left.received += right.received
    }
  }

  init(_ number: Int, in folder: String, with hub: LoadedHub, _ corpus: CorpusID, token: String, _ shared: SharedEntities, seed: UInt64) throws {
    self.number = number
    archive = try Archive(creatingAt: folder + "/client-\(number).dicta", corpus: corpus, device: "client \(number)")
    ledger = Ledger(client: number)
    transport = try CountingTransport()
    self.hub = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport)
    self.shared = shared
    random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
  }

  var counts: CountingTransport.Counts { transport.counts }

  /// From here on everything is counted anew.
  mutating func forgetTally() { tally = Tally() }

  func close() async throws {
    try await transport.close()
    try archive.close()
  }

  /// Writes and syncs until a moment; the last sync may end later.
  mutating func work(until end: ContinuousClock.Instant, pauseMilliseconds: Int) async throws {
    while .now < end {
      for _ in 0..<(1 + random.next() % 3) { try await write() }
      try await sync()
      if pauseMilliseconds > 0 { try await Task.sleep(for: .milliseconds(Int(random.next() % UInt64(2 * pauseMilliseconds)))) }
    }
  }

  // MARK: Writing

  private mutating func write() async throws {
    let text = "Client \(number), change \(ledger.deeds.count + 1)"
    let claim = random.pick(shared.claims)
    let chance = random.next() % 100
    let shared = shared
    let deed = try await archive.write { transaction -> Ledger.Deed in
      switch chance {
      case ..<50:
        let new = Claim(id: transaction.newID(), text: text)
        try transaction.insert(new)
        return .claim(new.id)
      case ..<70:
        let quote = Quote(id: transaction.newID(), articleID: shared.article, kind: .direct, segments: [Quote.Segment(shared.quotable)])
        let stance = Stance(holder: .quote(quote.id), claimID: claim, position: .supports)
        try transaction.insert(quote)
        try transaction.insert(stance)
        return .quote(quote.id, stance.id)
      default:
        let tag = ExactString(text)
        try transaction.update(claim) { claim in
          claim.text = text
          claim.tags.insert(tag)
        }
        return .edit(claim, tag: tag)
      }
    }
    ledger.add(deed)
  }

  // MARK: Syncing

  /// How long the hub may be away.
  private static let patience = Duration.seconds(120)

  /// Syncs, however often it takes.
  ///
  /// - Throws: ``BrokenPromise``, also if the hub refuses it for good or stays away.
  mutating func sync() async throws {
    let patienceEnd = ContinuousClock.now + Self.patience
    while true {
      let writtenCount = ledger.deeds.count
      let begin = ContinuousClock.now
      do {
        let report = try await hub.sync(archive).sync
        tally.syncs.add(since: begin)
        tally.received += report.received
        // What was acknowledged is there, so it is not sent again; if it is, the hub has lost it.
        guard report.sent <= ledger.pendingCount else {
          throw BrokenPromise("client \(number) had \(ledger.pendingCount) changes to send, and the hub lacked \(report.sent): it lost some")
        }
        ledger.acknowledge(writtenCount)
        return
      } catch let error as HubUnreachable {
        tally.failures[error.wasCutOff ? "cut" : "away", default: 0] += 1
        guard .now < patienceEnd else { throw BrokenPromise("client \(number) can't sync for \(Self.patience): \(error)") }
      } catch let refusal as HubRefusal where refusal.mayPass {
        tally.failures["\(refusal.status) \(refusal.code)", default: 0] += 1
        guard .now < patienceEnd else { throw BrokenPromise("client \(number) can't sync for \(Self.patience): \(refusal)") }
      } catch let refusal as HubRefusal {
        throw BrokenPromise("the hub refuses client \(number): \(refusal.status) \(refusal.code): \(refusal)")
      }
      try await Task.sleep(for: .milliseconds(20 + Int(random.next() % 200)))
    }
  }
}

#endif
