import DictaModels
import DictaSync
import DictaTestSupport

/// A side of a session that hears what breaks one rule.
struct SessionFault {
  let name: String
  let role: SyncSession.Role
  let holding: Holding
  let hears: [UInt8]

  /// The last thing it says, if it isn't what it would have said anyway.
  let refusal: Refusal.Code?
}

/// Makes them: the peer is honest up to the fault.
struct SessionFaults {
  private var faults: [SessionFault] = []

  /// What the peer holds, and what the side holds that hears it.
  private var peer = SessionScenes.archive("peer", 1)
  private var own = SessionScenes.archive("own", 2)
  private let holding: Holding
  private let hello: Hello
  private let heads: Message
  private let changes: Message
  private let ack: Message
  static let nonce = Bytes16.sixteen(7)

  static func all() throws -> [SessionFault] {
    var faults = try Self()
    faults.addHellos()
    faults.addOrder()
    faults.addRungs()
    try faults.addChanges()
    faults.addBytes()
    return faults.faults
  }

  private init() throws {
    var scenes = SessionScenes()
    try scenes.write(&peer, 2)
    try scenes.write(&own)
    holding = try Holding(&own)
    let opening = peer.open()
    hello = Hello(
      corpus: opening.corpus, mayAdopt: false, heads: opening.heads, nonce: Self.nonce, takesCompression: false, remembered: [])
    heads = .heads(peer.heads(sinceAnyOf: []))
    var shipment = peer.shipment(to: PeerHeads(names: []), peerRungs: [])
    changes = .changes(peer.nextDelivery(of: &shipment, byteLimit: 1 << 20) ?? Delivery())
    ack = .ack(Acknowledgment(changes: 1, texts: 0, heads: HeadsHash(of: [])))
  }

  private mutating func add(
    _ name: String, to role: SyncSession.Role = .answerer, holding: Holding? = nil, _ messages: [Message], more: [UInt8] = [],
    refusal: Refusal.Code? = .malformed
  ) {
    let bytes = Frame.preface + messages.flatMap { FrameWriter().frames(of: $0) } + more
    faults.append(SessionFault(name: name, role: role, holding: holding ?? self.holding, hears: bytes, refusal: refusal))
  }

  private func hello(_ edit: (inout Hello) -> Void) -> Message {
    var hello = hello
    edit(&hello)
    return .hello(hello)
  }

  private mutating func addHellos() {
    add("echo of the caller's HELLO", to: .caller, [hello { $0.nonce = .sixteen(1) }], refusal: nil)
    add("HELLO of versions to come", [hello { ($0.oldestVersion, $0.newestVersion) = (2, 3) }], refusal: .noCommonVersion)
    add("HELLO of version 0", [hello { ($0.oldestVersion, $0.newestVersion) = (0, 0) }], refusal: .noCommonVersion)
    add("HELLO of versions from the newest to the oldest", [hello { ($0.oldestVersion, $0.newestVersion) = (3, 1) }], refusal: .noCommonVersion)
    add("HELLO of another corpus, where both hold changes", [hello { $0.corpus = SessionScene.otherCorpus }], refusal: .otherCorpus)
    add("HELLO of another corpus, to a caller", to: .caller, [hello { $0.corpus = SessionScene.otherCorpus }], refusal: .otherCorpus)
    add("HELLO twice", [.hello(hello), .hello(hello)])
    add("REFUSAL instead of HEADS", [.hello(hello), .refusal(Refusal(code: .tryAgain, message: "later"))], refusal: nil)
    add("nothing after HELLO", [.hello(hello)], refusal: nil)
  }

  private mutating func addOrder() {
    add("HEADS before HELLO", [heads])
    add("CHANGES before HEADS", [.hello(hello), changes])
    add("END before HEADS", [.hello(hello), .end])
    add("ACK before HEADS", [.hello(hello), ack])
    add("HEADS twice", [.hello(hello), heads, heads])
    add("HEADS after CHANGES", [.hello(hello), heads, changes, heads])
    add("HEADS on a base that wasn't named", [.hello(hello), .heads(PeerHeads(base: HeadsHash(of: []), names: []))])
    add("ACK twice", [.hello(hello), heads, ack, ack])
    add("END twice", [.hello(hello), heads, changes, .end, .end])
    add("CHANGES after END", [.hello(hello), heads, .end, changes])
    add("HELLO after HEADS, to a caller", to: .caller, [.hello(hello), heads, .hello(hello)])
    add("nothing after CHANGES", [.hello(hello), heads, changes], refusal: nil)
    add("nothing after END", [.hello(hello), heads, changes, .end], refusal: nil)
  }

  private mutating func addRungs() {
    let rungs = Message.rungs(peer.rungs(of: Set(peer.replica.heads.map(\.origin))))
    let strange = Message.rungs([HeadName(origin: Origin.number(404), sequence: 1, prefix: .sixteen(1))])
    add("RUNGS before HEADS", [.hello(hello), rungs])
    add("RUNGS again, of what nobody asked for", [.hello(hello), heads, rungs, strange])
    add("RUNGS after END", [.hello(hello), heads, changes, .end, rungs])
    add("RUNGS after ACK", [.hello(hello), heads, ack, rungs])
  }

  private mutating func addChanges() throws {
    guard case .changes(let delivery) = changes, let segment = delivery.segments.first else { return }
    let stranger = SigningKey(seed: [UInt8](repeating: 9, count: 32))
    let head = peer.replica.heads[0]
    let forged = segment.saying(signature: stranger.signature(of: head, in: peer.corpus))
    add("CHANGES with a wrong signature", [.hello(hello), heads, .changes(Delivery(forged))], refusal: .refusedChanges)
    var scribe = Scribe(peer.corpus, seed: 3)
    _ = try scribe.segment(.init(Body(groups: [Group(entity: Reference(type: "claim", id: .sixteen(1)), action: .create)])))
    let late = try scribe.segment(.init(Body(groups: [Group(entity: Reference(type: "claim", id: .sixteen(2)), action: .create)])))
    add("CHANGES with a gap", [.hello(hello), heads, .changes(Delivery(late))], refusal: .refusedChanges)
    add("CHANGES, sound ones and then some with a gap", [.hello(hello), heads, changes, .changes(Delivery(late))], refusal: .refusedChanges)
  }

  private mutating func addBytes() {
    var frame = FrameWriter().frames(of: heads)
    frame[frame.count - 1] ^= 1
    add("frame whose checksum is wrong", [.hello(hello)], more: frame)
    let compressed = FrameWriter().frames(.heads, payload: Compression.deflate(heads.content), isCompressed: true)
    add("HEADS compressed, which wasn't allowed", [.hello(hello)], more: compressed)
    add("END with a payload", [.hello(hello), heads], more: FrameWriter().frames(.end, payload: [0], isCompressed: false))
    faults.append(
      SessionFault(
        name: "greeting of a shell", role: .caller, holding: holding, hears: Array("Welcome to the archive\n".utf8), refusal: .malformed))
    faults.append(
      SessionFault(
        name: "cut within HEADS", role: .answerer, holding: holding,
        hears: (Frame.preface + FrameWriter().frames(of: .hello(hello)) + FrameWriter().frames(of: heads)).dropLast(), refusal: nil))
  }
}
