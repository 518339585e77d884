import DictaModels
import DictaSync
import Synchronization

/// A log without changes that notes what a shipment was asked for.
final class ListeningLog: ChangeLog {
  func hasUntold() async throws -> Bool { false }

  let name = "a log that listens"

  /// The heads of the peer, then its rungs.
  let asked = Mutex<[PeerHeads]>([])
  private let suspects: Set<Origin>

  init(suspects: Set<Origin>) {
    self.suspects = suspects
  }

  func open(for peerRemembers: [HeadsHash]) async throws -> Opening {
    Opening(corpus: CorpusID(raw: .zero), mayAdopt: false, heads: HeadsHash(of: []), remembered: [])
  }

  func adopt(_ corpus: CorpusID) async throws {}
  func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads { PeerHeads(names: []) }
  func compare(with peer: PeerHeads) async throws -> Set<Origin> { suspects }
  func rungs(of origins: Set<Origin>) async throws -> [HeadName] { [] }

  func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment {
    asked.withLock { $0 = [peer, PeerHeads(names: peerRungs)] }
    return Shipment(places: [])
  }

  func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? { nil }
  func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt { Receipt() }
  func acknowledge() async throws -> HeadsHash { HeadsHash(of: []) }
  func remember(_ heads: HeadsHash) async throws {}
}
