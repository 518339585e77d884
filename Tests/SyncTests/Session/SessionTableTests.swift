import DictaModels
import DictaSync
import Foundation
import Testing

/// The machine does what the state table of Documentation/Protocol.md says, cell by cell.
struct SessionTableTests {
  @Test func theTableNamesEveryStateBeforeTheEndAndEveryMessage() throws {
    let table = try StateTable.ofTheProtocol()
    #expect(Set(table.cells.keys) == Set(Self.statesBeforeTheEnd))
    #expect(table.kinds == MessageKind.allCases)
  }

  @Test(arguments: statesBeforeTheEnd, MessageKind.allCases)
  func aMessageDoesWhatItsCellSays(state: SyncSession.State, kind: MessageKind) throws {
    let cell = try #require(try StateTable.ofTheProtocol().cells[state]?[kind])
    for role in [SyncSession.Role.caller, .answerer] {
      for suspects in [Set<Origin>(), [.number(5)]] {
        var session = try Self.session(in: state, as: role)
        try Self.check(cell, of: kind, suspecting: suspects, in: &session)
      }
    }
  }

  static let statesBeforeTheEnd = SyncSession.State.allCases.filter { $0 != .finished && $0 != .failed }

  /// A session that an honest conversation has brought there.
  static func session(in state: SyncSession.State, as role: SyncSession.Role) throws -> SyncSession {
    var session = SyncSession(role: role, nonce: .sixteen(1), takesCompression: true)
    let hello = Message.hello(.sample())
    let opening: [SyncSession.Event] = role == .caller ? [.opened(.sample())] : [.received(hello), .opened(.sample())]
    let comparing = opening + [.received(hello)]
    let heads: [SyncSession.Event] = comparing + [.received(.heads(PeerHeads(names: [])))]
    let sending = heads + [.suspected([])]
    let settling = sending + [.received(.end), .acknowledged(.sample())]
    let events: [SyncSession.Event] =
      switch state {
      case .idle: []
      case .greeting: opening
      case .comparing: comparing
      case .climbing: heads + [.suspected([.number(5)])]
      case .sending: sending
      case .sent: sending + [.shipped]
      case .acknowledged: sending + [.shipped, .received(.ack(.sample()))]
      case .settling: settling
      case .settled: settling + [.shipped]
      case .finished: settling + [.shipped, .received(.ack(.sample()))]
      case .failed: opening + [.refused(Refusal(code: .unable, message: ""))]
      }
    for event in events { _ = try session.handle(event) }
    #expect(session.state == state)
    return session
  }

  static func message(_ kind: MessageKind) -> Message {
    switch kind {
    case .hello: .hello(.sample())
    case .heads: .heads(PeerHeads(names: HeadName.rungs(of: [.number(6)])))
    case .rungs: .rungs(HeadName.rungs(of: [.number(5)]))
    case .changes: .changes(SessionPeer.delivery(of: 1))
    case .end: .end
    case .ack: .ack(.sample())
    case .refusal: .refusal(Refusal(code: .tryAgain, message: "later"))
    case .snapshot: .snapshot(CodingSamples.manifest(byteCount: 20, changeCount: 1))
    case .chunk: .chunk(SnapshotChunk(number: 0, bytes: [1]))
    }
  }

  private static func check(_ cell: String, of kind: MessageKind, suspecting suspects: Set<Origin>, in session: inout SyncSession) throws {
    let before = session.state
    let message = message(kind)
    func give(_ event: SyncSession.Event, _ actions: [SyncSession.Action], _ state: SyncSession.State) throws {
      #expect(try session.handle(event) == actions)
      #expect(session.state == state)
    }

    switch cell {
    case "greet":
      if before == .idle {
        try give(.received(message), [.open(for: .sample())], .idle)
        let ours = Hello.sample(.sample(), nonce: 1, takesCompression: true)
        try give(.opened(.sample()), [.send(.hello(ours))], .greeting)
      }
      try give(.received(message), [.sendHeads(sinceAnyOf: [])], .comparing)
    case "compare":
      let heads = PeerHeads(names: HeadName.rungs(of: [.number(6)]))
      try give(.received(message), [.compare(heads)], .comparing)
      if suspects.isEmpty {
        try give(.suspected([]), [.ship(to: heads, peerRungs: [])], .sending)
      } else {
        try give(.suspected(suspects), [.sendRungs(of: suspects)], .climbing)
      }
    case "climb":
      let answer: [SyncSession.Action] = before == .climbing ? [] : [.sendRungs(of: [.number(5)])]
      let ship = SyncSession.Action.ship(to: PeerHeads(names: []), peerRungs: HeadName.rungs(of: [.number(5)]))
      try give(.received(message), answer + [ship], .sending)
    case "ignore": try give(.received(message), [], before)
    case "begin": try give(.received(message), [.takeSnapshot(CodingSamples.manifest(byteCount: 20, changeCount: 1))], before)
    case "fill": try give(.received(message), [.takeChunk(SnapshotChunk(number: 0, bytes: [1]))], before)
    case "take": try give(.received(message), [.receive(SessionPeer.delivery(of: 1))], before)
    case "acknowledge":
      try give(.received(message), [.acknowledge], before)
      let next: [SyncSession.State: SyncSession.State] = [.sending: .settling, .sent: .settled, .acknowledged: .finished]
      let end: [SyncSession.Action] = before == .acknowledged ? [.remember(.number(99)), .finish(isEqual: true)] : []
      try give(.acknowledged(.sample()), [.send(.ack(.sample()))] + end, try #require(next[before]))
    case "note": try give(.received(message), [], .acknowledged)
    case "finish": try give(.received(message), [.remember(.number(99)), .finish(isEqual: true)], .finished)
    case "fail":
      #expect(throws: ProtocolViolation.refused(Refusal(code: .tryAgain, message: "later"))) { try session.handle(.received(message)) }
      #expect(session.state == .failed)
    case "":
      let violation = ProtocolViolation.unexpected(kind, in: before)
      #expect(throws: violation) { try session.handle(.received(message)) }
      #expect(violation.refusal?.code == .malformed)
      #expect(session.state == .failed)
    default: Issue.record("no such cell: \(cell)")
    }
  }
}

/// The table of section 19 as it stands on the page.
private struct StateTable {
  var kinds: [MessageKind] = []
  var cells: [SyncSession.State: [MessageKind: String]] = [:]

  static func ofTheProtocol() throws -> StateTable {
    var folder = URL(filePath: #filePath)
    for _ in 1...4 { folder.deleteLastPathComponent() }
    let page = try String(contentsOf: folder.appending(path: "Documentation/Protocol.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").drop { !$0.hasPrefix("| state |") }.prefix { $0.hasPrefix("|") }.map { row in
      row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
    }
    var table = StateTable()
    let header = try #require(rows.first)
    table.kinds = try header.dropFirst().map { name in try #require(MessageKind.allCases.first { "\($0)" == name }) }
    for row in rows.dropFirst(2) {
      let state = try #require(SyncSession.State.allCases.first { "\($0)" == row[0] })
      table.cells[state] = Dictionary(uniqueKeysWithValues: zip(table.kinds, row.dropFirst()))
    }
    return table
  }
}
