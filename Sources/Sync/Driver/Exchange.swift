// Two logs in one process, made equal both ways. What each needs of the other goes through `ChangeLog` and nothing else, so an archive
// meets an archive here as it will meet a peer behind a line.

import DictaModels

extension ChangeLog {
  /// Makes this log and another hold the same changes.
  ///
  /// An empty log adopts the other's corpus. A sync that is cut off at any moment has lost nothing: the next one goes on from what arrived.
  ///
  /// - Parameter deliveryByteLimit: how much is handed over, and committed, at a time.
  /// - Throws: ``SyncError/otherCorpus(ours:theirs:)``, ``RefusedDelivery``, or what either storage throws.
  /// - Complexity: O(branches + changes that one of them lacks).
  @discardableResult
  public func sync(with peer: some ChangeLog, deliveryByteLimit: Int = 1 << 20) async throws -> SyncReport {
    try await settleCorpus(with: peer)
    var report = SyncReport()
    let (ours, theirs) = (try await heads(), try await peer.heads())
    report.roundTrips = 1
    guard ours != theirs else {
      report.isEqual = true
      return report
    }
    try await meet(theirs)
    try await peer.meet(ours)

    let suspects = try await suspectedForks(in: theirs).union(peer.suspectedForks(in: ours))
    let (ourRungs, theirRungs) = suspects.isEmpty ? ([], []) : (try await rungs(of: suspects), try await peer.rungs(of: suspects))
    report.roundTrips += suspects.isEmpty ? 1 : 2

    let outward = try await shipment(to: theirs, peerRungs: theirRungs)
    let inward = try await peer.shipment(to: ours, peerRungs: ourRungs)
    let sent = try await hand(outward, to: peer, byteLimit: deliveryByteLimit)
    let received = try await peer.hand(inward, to: self, byteLimit: deliveryByteLimit)
    report.sent = sent.receipt.received
    report.bytesSent = sent.byteCount
    report.received = received.receipt.received
    report.bytesReceived = received.byteCount
    report.texts = sent.receipt.texts + received.receipt.texts
    report.isEqual = try await heads() == peer.heads()
    return report
  }

  private func settleCorpus(with peer: some ChangeLog) async throws {
    let (ours, theirs) = (try await corpus(), try await peer.corpus())
    guard ours.id != theirs.id else { return }
    if ours.isEmpty {
      try await adopt(theirs.id)
    } else if theirs.isEmpty {
      try await peer.adopt(ours.id)
    } else {
      throw SyncError.otherCorpus(ours: ours.id, theirs: theirs.id)
    }
  }

  private func hand(_ shipment: Shipment, to receiver: some ChangeLog, byteLimit: Int) async throws -> (receipt: Receipt, byteCount: Int) {
    var shipment = shipment
    var total = Receipt()
    var byteCount = 0
    while let delivery = try await nextDelivery(of: &shipment, byteLimit: byteLimit) {
      let receipt = try await receiver.receive(delivery, from: name)
      total.received += receipt.received
      total.texts += receipt.texts
      byteCount += delivery.byteCount
    }
    return (total, byteCount)
  }
}

/// What a sync did.
public struct SyncReport: Hashable, Sendable {
  /// Changes that the peer didn't hold.
  public var sent = 0
  /// Changes that weren't held here.
  public var received = 0
  /// Texts that went either way.
  public var texts = 0
  /// Bytes of texts and changes, before any framing.
  public var bytesSent = 0
  public var bytesReceived = 0
  /// Questions that had to be answered before the changes could go.
  public var roundTrips = 0
  /// Whether both held the same when it ended.
  public var isEqual = false

  public init() {}
}

public enum SyncError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Both hold changes, and of different corpora.
  case otherCorpus(ours: CorpusID, theirs: CorpusID)

  public var description: String {
    switch self {
    case .otherCorpus(let ours, let theirs):
      "the archives belong to different corpora (\(ours) and \(theirs)): only replicas of one corpus can be synced"
    }
  }
}
