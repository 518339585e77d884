import DictaModels
import DictaStorage
import DictaTestSupport
import Synchronization
import Testing

@testable import DictaSync

/// Two logs in one process, whose sides take turns.
@Suite struct SyncInProcessTests {
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
  }

  @Test func aSmallSyncTakesTwoTurnsEach() async throws {
    let archives = try folder.archives("one", "two")
    try await archives[0].writeClaim("here")
    try await archives[1].writeClaim("there")
    let report = try await archives[0].sync(with: archives[1])
    #expect(report.isEqual && report.roundTrips == 2 && report.sent == 1 && report.received == 1)
    #expect(try await archives[0].status.digest == archives[1].status.digest)
  }

  @Test func muchInBothDirectionsGetsAcross() async throws {
    let archives = try folder.archives("one", "two")
    for (number, archive) in archives.enumerated() {
      for part in 0..<8 {
        let text = try ArticleText("\(number) \(part) " + String(repeating: "words that are many \(part) ", count: 12_000))
        try await archive.write { try $0.insert(Article(outlet: "\(number)", text: text)) }
      }
    }
    var options = SyncOptions()
    options.deliveryByteLimit = 100_000  // A segment each.
    let counts = Mutex<[Int]>([])
    options.progress = { report in counts.withLock { $0.append(report.received) } }
    let report = try await archives[0].sync(with: archives[1], options: options)
    #expect(report.isEqual && report.sent == 8 && report.received == 8 && report.texts == 16)
    #expect(Set(counts.withLock { $0 }).count > 2)
    #expect(try await archives[0].status.digest == archives[1].status.digest)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test(arguments: [false, true]) func theSideThatFailsIsTheOneThatIsHeardOf(isCaller: Bool) async throws {
    let archives = try folder.archives("one", "two")
    for archive in archives { try await archive.writeClaim("one") }
    let broken = BrokenLog(archives[0])
    await #expect(throws: BrokenLog.Full.self) {
      if isCaller { _ = try await broken.sync(with: archives[1]) } else { _ = try await archives[1].sync(with: broken) }
    }
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
  }

  @Test func itEndsWithTheTaskThatAskedForIt() async throws {
    let archives = try folder.archives("one", "two")
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await archives[0].sync(with: archives[1])
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// A log that takes nothing in.
private struct BrokenLog: ChangeLog {
  struct Full: Error {}

  private let log: Archive

  init(_ log: Archive) {
    self.log = log
  }

  var name: String { log.name }
  func open(for peerRemembers: [HeadsHash]) async throws -> Opening { try await log.open(for: peerRemembers) }
  func adopt(_ corpus: CorpusID) async throws { try await log.adopt(corpus) }
  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads { try await log.heads(sinceAnyOf: bases) }
  func compare(with peer: PeerHeads) async throws -> Set<Origin> { try await log.compare(with: peer) }
  func rungs(of origins: Set<Origin>) async throws -> [HeadName] { try await log.rungs(of: origins) }
  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment {
    try await log.shipment(to: peer, peerRungs: peerRungs)
  }
  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    try await log.nextDelivery(of: &shipment, byteLimit: byteLimit)
  }
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt { throw Full() }
  func acknowledge() async throws -> HeadsHash { try await log.acknowledge() }
  func hasUntold() async throws -> Bool { try await log.hasUntold() }
  func remember(_ heads: HeadsHash) async throws { try await log.remember(heads) }
}
