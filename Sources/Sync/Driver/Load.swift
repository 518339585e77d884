// What one side sends the other in a sync, message by message: a snapshot, where the other one holds nothing and takes it, then changes.

import DictaModels

struct Load: Sendable {
  private var snapshot: (any SnapshotSource)?

  /// The next chunk to be sent; nil before the manifest was.
  private var chunk: Int?
  private let wish: SnapshotWish?
  private var shipment: Shipment
  private var deliveryCount = 0

  /// How often deliveries double, once the peer took the first ones.
  private static let doublings = 2

  /// A delivery has to fit into a message with what its segments take besides.
  private static let grownByteLimit = Message.byteLimit / 4

  /// How many changes stand in the way of sending anything.
  var droppedChangeCount: Int { shipment.droppedChangeCount }

  static let nothing = Load()

  /// Whether all was handed over that could be.
  var isEmpty: Bool { snapshot == nil && shipment.isEmpty }

  /// What the session is told when it is: something may have been dropped since the first part of it was handed over.
  var end: SyncSession.Event { droppedChangeCount == 0 ? .shipped : .dropped(changes: droppedChangeCount) }

  private init() {
    (snapshot, wish, shipment) = (nil, nil, Shipment(places: []))
  }

  /// - Parameter wish: of a peer that holds nothing.
  init(of log: some ChangeLog, to heads: PeerHeads, peerRungs: [HeadName], wish: SnapshotWish?) async throws {
    self.wish = wish
    if let wish, heads.names.isEmpty { snapshot = try await log.snapshot(for: wish) }
    if let manifest = snapshot?.manifest {
      shipment = try await log.shipment(to: PeerHeads(names: manifest.heads.map { HeadName($0) }.sorted()), peerRungs: [])
    } else {
      shipment = try await log.shipment(to: heads, peerRungs: peerRungs)
    }
  }

  /// Nil when all was handed over.
  ///
  /// A delivery is a commit on the other side, and a large commit costs less than several small ones. But a line that is often cut gets
  /// only small ones across: so the first ones are small, after each cut.
  ///
  /// - Parameter byteLimit: of the first delivery.
  mutating func next(of log: some ChangeLog, byteLimit: Int) async throws -> Message? {
    if let snapshot {
      guard let number = chunk else {
        chunk = wish?.firstChunk(of: snapshot.manifest) ?? 0
        return .snapshot(snapshot.manifest)
      }
      if number < snapshot.manifest.chunkHashes.count {
        chunk = number + 1
        return .chunk(try snapshot.chunk(number))
      }
      self.snapshot = nil
    }
    let grown = min(byteLimit, Self.grownByteLimit >> Self.doublings) << min(deliveryCount, Self.doublings)
    deliveryCount += 1
    return try await log.nextDelivery(of: &shipment, byteLimit: max(byteLimit, grown)).map { .changes($0) }
  }
}
