// What must hold of a session whatever messages the peer sends, and in whatever order: it never traps, it says nothing that a peer couldn't
// read, and it is silent once it is over.

@testable import DictaModels
@testable import DictaSync

struct SessionProperties {
  private var session: SyncSession
  private let opening: Opening
  private let choice: UInt8

  /// What was asked of the log and isn't answered: the last shipment, and after how many more messages it is sent.
  private var shipment: (number: Int, messagesLeft: UInt8)?

  /// - Parameter choice: its bits are what the caller, the log and the line do.
  static func check(_ messages: [Message], choice: UInt8) throws {
    var properties = SessionProperties(messages, choice: choice)
    do {
      if choice & 1 == 0 { try properties.run(.opened(properties.opening)) }
      for message in messages {
        try properties.run(.received(message))
        try properties.ship()
      }
      try properties.run(.ended)
    } catch let violation as ProtocolViolation {
      try expect(properties.session.state == .failed, "\(violation) was thrown in state \(properties.session.state)")
      if let refusal = violation.refusal { try FrameProperties.check(.refusal(refusal), choice: choice, compresses: false) }
    }
    for message in messages {
      let state = properties.session.state
      guard state == .failed || state == .finished else { break }
      let actions = try properties.session.handle(.received(message))
      try expect(actions.isEmpty, "a session in state \(state) does \(actions)")
    }
  }

  private init(_ messages: [Message], choice: UInt8) {
    self.choice = choice
    session = SyncSession(role: choice & 1 == 0 ? .caller : .answerer, nonce: .zero, takesCompression: choice & 2 != 0)
    // Of the peer's corpus, and with its heads, or not.
    var (corpus, heads, remembered) = (CorpusID(raw: .zero), HeadsHash(of: []), [HeadsHash]())
    for message in messages {
      if case .hello(let hello) = message {
        if choice & 4 == 0 { corpus = hello.corpus }
        if choice & 12 == 12 { heads = hello.heads }
      }
      if case .heads(let theirs) = message, let base = theirs.base { remembered = [base] }
    }
    opening = Opening(corpus: corpus, mayAdopt: choice & 16 != 0, heads: heads, remembered: remembered)
  }

  private mutating func run(_ first: SyncSession.Event) throws {
    var events = [first]
    while let event = events.first {
      events.removeFirst()
      for action in try session.handle(event) {
        switch action {
        case .open(let hello): events += [.opened(opening), .received(.hello(hello))]
        case .send(let message): try FrameProperties.check(message, choice: choice, compresses: session.mayCompress)
        case .compare(let heads): events.append(.suspected(Set(heads.names.prefix(Int(choice >> 5 & 3)).map(\.origin))))
        case .ship: shipment = (session.shipmentCount, choice >> 6)
        case .acknowledge: events.append(.acknowledged(Acknowledgment(changes: 0, texts: 0, heads: opening.heads)))
        case .adopt, .sendHeads, .sendRungs, .receive, .takeSnapshot, .takeChunk, .remember: break
        case .finish: try expect(session.state == .finished, "a session in state \(session.state) is finished")
        }
      }
    }
  }

  /// Hands over that all was sent, at once or a few messages later.
  private mutating func ship() throws {
    guard let (number, messagesLeft) = shipment else { return }
    if messagesLeft > 0 {
      shipment = (number, messagesLeft - 1)
    } else {
      shipment = nil
      if number == session.shipmentCount { try run(.shipped) }
    }
  }
}
