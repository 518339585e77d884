import DictaModels
import DictaStorage
import Synchronization

/// An archive in a session, and a note of everything that its peer was told it holds.
final class Witnessed: ChangeLog {
  let archive: Archive

  /// By the names that the peer heard, or could compute from what it was sent.
  private let told = Mutex<Set<HeadName>>([])

  /// Whether it takes all of another one from file to file, and not in messages.
  private let copiesFiles: Bool

  init(_ archive: Archive, copiesFiles: Bool) {
    (self.archive, self.copiesFiles) = (archive, copiesFiles)
  }

  var name: String { archive.name }

  /// What must never be taken back.
  var promises: Set<HeadName> { told.withLock { $0 } }

  private func tell(_ names: some Sequence<HeadName>) {
    told.withLock { $0.formUnion(names) }
  }

  func open(for peerRemembers: [HeadsHash]) async throws -> Opening {
    let opening = try await archive.open(for: peerRemembers)
    // HELLO has only their hash. If the power fails before they are read here, nobody was told.
    tell(try await archive.heads(sinceAnyOf: []).names)
    return opening
  }

  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads {
    let heads = try await archive.heads(sinceAnyOf: bases)
    tell(heads.names)
    return heads
  }

  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    let delivery = try await archive.nextDelivery(of: &shipment, byteLimit: byteLimit)
    tell(try (delivery?.segments ?? []).flatMap { try $0.heads.map(HeadName.init) })
    return delivery
  }

  func acknowledge() async throws -> HeadsHash {
    let heads = try await archive.acknowledge()
    tell(try await archive.heads(sinceAnyOf: []).names)
    return heads
  }

  func rungs(of origins: Set<Origin>) async throws -> [HeadName] {
    let rungs = try await archive.rungs(of: origins)
    tell(rungs)
    return rungs
  }

  func snapshot(for wish: SnapshotWish) async throws -> (any SnapshotSource)? {
    let snapshot = try await archive.snapshot(for: wish)
    tell((snapshot?.manifest.heads ?? []).map { HeadName($0) })
    return snapshot
  }

  func take(_ manifest: SnapshotManifest, from sender: String) async throws -> any SnapshotTarget {
    try await archive.take(manifest, from: sender)
  }

  func takeAll(of peer: some ChangeLog) async throws -> WholeCopy? {
    guard copiesFiles, let peer = peer as? Witnessed else { return nil }
    // The other one publishes what it holds before it is copied.
    let copy = try await archive.takeAll(of: peer.archive)
    if copy != nil { peer.tell(try await archive.heads(sinceAnyOf: []).names) }
    return copy
  }

  func adopt(_ corpus: CorpusID) async throws { try await archive.adopt(corpus) }
  func compare(with peer: PeerHeads) async throws -> Set<Origin> { try await archive.compare(with: peer) }
  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment { try await archive.shipment(to: peer, peerRungs: peerRungs) }
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt { try await archive.receive(delivery, from: sender) }
  func receive(_ delivery: Delivery, from sender: String, isLast: Bool) async throws -> Receipt {
    try await archive.receive(delivery, from: sender, isLast: isLast)
  }
  func hasUntold() async throws -> Bool { try await archive.hasUntold() }
  func remember(_ heads: HeadsHash) async throws { try await archive.remember(heads) }
}

extension Segment {
  /// Its changes by name.
  var heads: [Head] {
    get throws {
      var (previous, heads) = (previous, [Head]())
      for (index, parcel) in parcels.enumerated() {
        let change = try Change(
          origin: origin, sequence: firstSequence + UInt64(index), previous: previous, envelope: Header.Envelope(bytes: parcel.envelope),
          bodyBytes: parcel.body)
        heads.append(Head(origin: origin, sequence: change.header.sequence, id: change.id))
        previous = change.id
      }
      return heads
    }
  }
}
