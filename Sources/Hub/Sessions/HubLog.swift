#if Hub

import DictaModels
import DictaStorage

/// An archive as one client may use it.
struct HubLog: ChangeLog {
  let loan: Shelf.Loan
  let corpus: CorpusID
  let grant: Grant
  let board: Board
  let metrics: HubMetrics

  private var archive: Archive { loan.archive }

  var name: String { "the hub" }

  func open(for peerRemembers: [HeadsHash]) async throws -> Opening {
    let opening = try await board.post(of: corpus) {
      let opening = try await archive.open(for: peerRemembers)
      return (opening, opening.heads)
    }
    // A hub keeps what it was told to keep.
    return Opening(corpus: opening.corpus, mayAdopt: false, heads: opening.heads, remembered: opening.remembered)
  }

  func adopt(_ corpus: CorpusID) async throws {
    throw ArchiveError.otherCorpus(ours: self.corpus, theirs: corpus)
  }

  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads { try await archive.heads(sinceAnyOf: bases) }
  func compare(with peer: PeerHeads) async throws -> Set<Origin> { try await archive.compare(with: peer) }
  func rungs(of origins: Set<Origin>) async throws -> [HeadName] { try await archive.rungs(of: origins) }

  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment {
    try await archive.shipment(to: peer, peerRungs: peerRungs)
  }

  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    try grant.check()
    let delivery = try await archive.nextDelivery(of: &shipment, byteLimit: byteLimit)
    metrics.changesSent.increment(by: delivery?.changeCount ?? 0)
    return delivery
  }

  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt {
    try await receive(delivery, from: sender, isLast: false)
  }

  func receive(_ delivery: Delivery, from sender: String, isLast: Bool) async throws -> Receipt {
    try grant.check()
    try grant.checkWrites()
    let receipt = try await archive.receive(delivery, from: sender, isLast: isLast)
    metrics.changesReceived.increment(by: receipt.received)
    return receipt
  }

  func acknowledge() async throws -> HeadsHash {
    try await board.post(of: corpus) {
      let heads = try await archive.acknowledge()
      return (heads, heads)
    }
  }

  func hasUntold() async throws -> Bool { try await archive.hasUntold() }
  func remember(_ heads: HeadsHash) async throws { try await archive.remember(heads) }

  /// A hub gives snapshots and takes none: what a client sends is verified change by change.
  func snapshot(for wish: SnapshotWish) async throws -> (any SnapshotSource)? {
    try grant.check()
    return try await archive.snapshot(for: wish).map { GrantedSnapshot(grant: grant, source: $0) }
  }
}

/// A snapshot for as long as its reader may read.
private struct GrantedSnapshot: SnapshotSource {
  let grant: Grant
  let source: any SnapshotSource

  var manifest: SnapshotManifest { source.manifest }

  func chunk(_ number: Int) throws -> SnapshotChunk {
    try grant.check()
    return try source.chunk(number)
  }
}

#endif
