import DictaModels
import Synchronization

/// A ``MemoryArchive`` that sessions can share: the smallest change log there is.
///
/// ```swift
/// let log = MemoryLog(name: "desk", corpus: corpus, seed: 1)
/// try log.write(writtenAt: 1) { $0.inserting(claim, [.field("text"): .string("The dam holds.")]) }
/// try await log.sync(with: other)
/// ```
public final class MemoryLog: ChangeLog {

  public let name: String
  private let state: Mutex<MemoryArchive>

  public init(_ archive: MemoryArchive) {
    name = archive.name
    state = Mutex(archive)
  }

  public convenience init(name: String, corpus: CorpusID, seed: UInt64) {
    self.init(MemoryArchive(name: name, corpus: corpus, seed: seed))
  }

  /// As it is now.
  public var archive: MemoryArchive { state.withLock { $0 } }

  @discardableResult
  public func write(
    texts: [String] = [], partCount: Int = 1, writtenAt: UInt64, author: String? = nil, _ deeds: (MemoryReplica) throws -> [Deed]
  ) throws -> [WrittenChange] {
    try state.withLock {
      try $0.write(try deeds($0.replica), texts: texts, partCount: partCount, writtenAt: writtenAt, author: author)
    }
  }

  public func open(for peerRemembers: [HeadsHash]) async throws -> Opening { state.withLock { $0.open(for: peerRemembers) } }
  public func adopt(_ corpus: CorpusID) async throws { state.withLock { $0.adopt(corpus) } }
  public func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads { state.withLock { $0.heads(sinceAnyOf: bases) } }
  public func compare(with peer: PeerHeads) async throws -> Set<Origin> { state.withLock { $0.compare(with: peer) } }
  public func rungs(of origins: Set<Origin>) async throws -> [HeadName] { state.withLock { $0.rungs(of: origins) } }
  public func acknowledge() async throws -> HeadsHash { state.withLock { $0.acknowledge() } }
  public func hasUntold() async throws -> Bool { archive.hasUntold }
  public func remember(_ heads: HeadsHash) async throws { state.withLock { $0.remember(heads) } }

  public func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment {
    state.withLock { $0.shipment(to: peer, peerRungs: peerRungs) }
  }

  public func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    let archive = self.archive
    return archive.nextDelivery(of: &shipment, byteLimit: byteLimit)
  }

  public func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt {
    try state.withLock { archive throws(RefusedDelivery) in try archive.receive(delivery, from: sender) }
  }
}
