import DictaModels
import DictaSync
import DictaTestSupport

/// What a replica holds before a session: deliveries in the order in which they came, and between them the meetings it remembers.
///
/// So any implementation can bring a replica of its own there: it takes each delivery and notes each meeting.
struct Holding {
  enum Event {
    case delivery(Delivery)
    /// A peer held the same then: these heads.
    case meeting(HeadsHash)
  }

  let corpus: CorpusID
  var events: [Event] = []

  init(corpus: CorpusID) {
    self.corpus = corpus
  }

  /// What an archive holds. It signs what isn't signed yet.
  init(_ archive: inout MemoryArchive) throws {
    corpus = archive.corpus
    let remembered = Set(archive.open().remembered)
    var shipment = archive.shipment(to: PeerHeads(names: []), peerRungs: [])
    var reader = MemoryArchive(name: "reader", corpus: corpus, seed: 0)
    while let delivery = archive.nextDelivery(of: &shipment, byteLimit: 0) {
      _ = try reader.receive(delivery, from: archive.name)
      events.append(.delivery(delivery))
      if remembered.contains(reader.publishedHeadsHash) { events.append(.meeting(reader.publishedHeadsHash)) }
    }
  }

  init(json: JSONObject) throws {
    guard let corpus = CorpusID(json.string("corpus")) else { throw CutStream() }
    self.corpus = corpus
    events = try json.objects("holds").map { event in
      if let heads = HeadsHash(bytes: event.bytes("meeting")) { return .meeting(heads) }
      guard case .changes(let delivery) = try Message(kind: .changes, content: event.bytes("changes")) else { throw CutStream() }
      return .delivery(delivery)
    }
  }

  var json: [(String, JSON)] {
    let holds = events.map { event -> JSON in
      switch event {
      case .delivery(let delivery): .object(["changes": .hex(delivery.content)])
      case .meeting(let heads): .object(["meeting": .hex(heads.bytes)])
      }
    }
    return [("corpus", .string(corpus.description)), ("holds", .array(holds))]
  }

  /// Brings a log there that holds nothing.
  func fill(_ log: some ChangeLog) async throws {
    for event in events {
      switch event {
      case .delivery(let delivery): _ = try await log.receive(delivery, from: "a file")
      case .meeting(let heads): try await log.remember(heads)
      }
    }
  }

  var log: MemoryLog {
    get async throws {
      let log = MemoryLog(name: "reader", corpus: corpus, seed: 0)
      try await fill(log)
      return log
    }
  }
}
