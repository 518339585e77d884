// What goes into a session and what comes out of it.

import DictaModels

extension SyncSession {
  /// What happened: a message came, the log answered, or all was sent.
  public enum Event: Hashable, Sendable {
    /// The log was opened. The caller's driver begins with this one, having opened the log for nobody in particular; the answerer's
    /// follows ``Action/open(for:)``.
    case opened(Opening)

    /// The peer said something.
    case received(Message)

    /// Of which origins the peer may hold another branch.
    case suspected(Set<Origin>)

    /// All changes of the shipment that was asked for last were handed over.
    ///
    /// It may come at any time, even while the log is asked something, but never for a shipment that was begun anew since:
    /// ``SyncSession/shipmentCount`` tells. A driver that sends in a second task compares, hands this over and queues END in one step.
    case shipped

    /// Of the shipment that was asked for last nothing is handed over: the peer lacks so many changes that aren't all here any more. The session goes
    /// on until what the peer has to give is safe, and fails then. It may come instead of ``shipped``.
    case dropped(changes: Int)

    /// All that was received is synced to disk: how much was new in this session, and what is held now.
    case acknowledged(Acknowledgment)

    /// This side can't go on: the log refused a delivery or failed, or bytes came that are no message. May come instead of any answer.
    case refused(Refusal)

    /// The peer says no more.
    case ended
  }

  /// What the driver does, in the order in which actions are given.
  public enum Action: Hashable, Sendable {
    /// `log.open(for: hello.remembered)`. Answers: ``Event/opened(_:)``, then ``Event/received(_:)`` with this same HELLO once more.
    case open(for: Hello)

    case send(Message)

    /// `log.adopt(_:)`.
    case adopt(CorpusID)

    /// `log.heads(sinceAnyOf:)`, sent as HEADS.
    case sendHeads(sinceAnyOf: [HeadsHash])

    /// `log.compare(with:)`. Answer: ``Event/suspected(_:)``.
    case compare(PeerHeads)

    /// `log.rungs(of:)`, sent as RUNGS. Nothing is sent if there are none, which happens only where a peer asks for what it wasn't told.
    case sendRungs(of: Set<Origin>)

    /// `log.shipment(to:peerRungs:)`, sent as CHANGES, a delivery at a time, instead of any shipment before. Meanwhile messages go on being
    /// handed over. If there is a ``SyncSession/snapshotWish`` and `log.snapshot(for:)` gives one, that goes first, and the shipment is what a peer
    /// with its heads lacks. Answer, some time: ``Event/shipped``, or ``Event/dropped(changes:)``.
    case ship(to: PeerHeads, peerRungs: [HeadName])

    /// `log.take(_:from:)`. Answer, only if it is refused: ``Event/refused(_:)``.
    case takeSnapshot(SnapshotManifest)

    /// Hands a chunk to what `log.take(_:from:)` gave, and has the snapshot installed with the last one.
    case takeChunk(SnapshotChunk)

    /// `log.receive(_:from:)`. Answer, only if it is refused: ``Event/refused(_:)``.
    case receive(Delivery)

    /// `log.acknowledge()`. Answer: ``Event/acknowledged(_:)``.
    case acknowledge

    /// `log.remember(_:)`: both hold these heads.
    case remember(HeadsHash)

    /// Both are done. Always the last action, and never after a failure.
    case finish(isEqual: Bool)
  }
}
