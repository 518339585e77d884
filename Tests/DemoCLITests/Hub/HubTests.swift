#if Hub && HTTP

import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation
import Testing

/// `serve --port`, `hub token` and `sync http://…`: a hub that two desks meet at.
@Suite(.timeLimit(.minutes(5))) struct HubTests {
  @Test func twoArchivesMeetAtAHub() async throws {
    let desk = try Desk.withArchive()
    let claim = try await desk.json("claim", "add", "One").id
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await RunningHub.with(desk) { hub in
      let sent = try await desk.sync("corpus.dicta", hub, corpus, token: token).json
      #expect(sent["sent"] == .integer(1) && sent["equal"] == .bool(true) && sent["roundTrips"] == .integer(2))
      let again = try await desk.sync("corpus.dicta", hub, corpus, token: token).json
      #expect(again["sent"] == .integer(0) && again["equal"] == .bool(true) && again["roundTrips"] == .integer(1))
      // Where no archive is, one is made.
      let received = try await desk.sync("other.dicta", hub, corpus, token: token).json
      #expect(received["received"] == .integer(1) && received["equal"] == .bool(true))
      try await desk.json("edit", claim, "text=Two", "--archive", "other.dicta")
      try await desk.json("claim", "add", "Three")
      #expect(try await desk.sync("other.dicta", hub, corpus, token: token).status == 0)
      let both = try await desk.sync("corpus.dicta", hub, corpus, token: token).json
      #expect(both["sent"] == .integer(1) && both["received"] == .integer(1) && both["equal"] == .bool(true))
      let report1 = try await desk.sync("other.dicta", hub, corpus, token: token).json
      #expect(report1["equal"] == .bool(true))
      let digests = [try await desk.json("status")["digest"], try await desk.json("status", "--archive", "other.dicta")["digest"]]
      #expect(digests[0] == digests[1])
    }
    // What it holds is an archive like any other.
    #expect(try await desk.json("claim", "list", "--archive", "hub/\(corpus).dicta").elements.count == 2)
    #expect(try await desk.json("check", "--archive", "hub/\(corpus).dicta")["ok"] == .bool(true))
  }

  /// The hub gives one and takes none.
  @Test func anArchiveThatHoldsNothingGetsASnapshotFromAHub() async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 48)
    let corpus = try await desk.corpus
    let (writer, reader) = (try await desk.token(corpus, "writer").token, try await desk.token(corpus, "reader").token)
    try await RunningHub.with(desk) { hub in
      let sent = try await desk.sync("corpus.dicta", hub, corpus, token: writer).json
      #expect(sent["sent"] == .integer(48) && sent["equal"] == .bool(true) && sent["snapshotBytes"] == .integer(0))
      for (name, token) in [("one.dicta", reader), ("two.dicta", writer)] {
        let received = try await desk.sync(name, hub, corpus, token: token).json
        #expect(received["received"] == .integer(48) && received["equal"] == .bool(true) && received["snapshotBytes"] != .integer(0))
        #expect(try await desk.json("check", "--archive", name)["ok"] == .bool(true))
      }
      try await desk.json("claim", "add", "Mine", "--archive", "two.dicta")
      let back = try await desk.sync("two.dicta", hub, corpus, token: writer).json
      #expect(back["sent"] == .integer(1) && back["equal"] == .bool(true))
    }
    try await desk.expectEqual("hub/\(corpus).dicta", "two.dicta")
  }

  @Test func aHubThatIsKilledKeepsWhatItAcknowledged() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    for round in 0..<3 {
      try await desk.json("claim", "add", "Claim \(round)")
      try await RunningHub.with(desk) { hub in
        let report = try await desk.sync("corpus.dicta", hub, corpus, token: token).json
        #expect(report["equal"] == .bool(true) && report["sent"] == .integer(1))
        hub.kill()
      }
    }
    try await RunningHub.with(desk) { hub in
      let report = try await desk.sync("other.dicta", hub, corpus, token: token).json
      #expect(report["received"] == .integer(3) && report["equal"] == .bool(true))
    }
  }

  @Test func aReaderReceivesAndSendsNothing() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let (writer, reader) = (try await desk.token(corpus, "writer").token, try await desk.token(corpus, "reader").token)
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: writer).status == 0)
      let report2 = try await desk.sync("other.dicta", hub, corpus, token: reader).json
      #expect(report2["received"] == .integer(1))
      try await desk.json("claim", "add", "Mine", "--archive", "other.dicta")
      try await desk.json("claim", "add", "Two")
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: writer).status == 0)
      let outcome = try await desk.sync("other.dicta", hub, corpus, token: reader)
      let report = try outcome.json
      #expect(outcome.status == 77)
      #expect(report["sent"] == .integer(0) && report["received"] == .integer(1) && report["equal"] == .bool(false))
    }
    #expect(try await desk.json("claim", "list", "--archive", "hub/\(corpus).dicta").elements.count == 2)
  }

  @Test func changesThatAReaderSendsAnywayAreRefused() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let reader = try await desk.token(corpus, "reader").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      let address = try #require(HubAddress("\(hub.url)/\(corpus)"))
      let transport = try AsyncHTTPClientTransport()
      let archive = try Archive(at: desk.folder + "/corpus.dicta")
      // A client that doesn't care what the hub says of its token.
      let connection = HubConnection(to: address, token: reader, over: DeafTransport(inner: transport))
      await #expect { try await connection.sync(archive) } throws: {
        ($0 as? HubRefusal)?.code == "notAllowed" && ($0 as? HubRefusal)?.status == 403
      }
      try archive.close()
      try await transport.close()
    }
    #expect(try await desk.json("claim", "list", "--archive", "hub/\(corpus).dicta").elements == [])
  }

  @Test func tokensOpenOneCorpusUntilTheyEnd() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let other = "0198c2f4-0000-7000-8000-00000000000a"
    let (token, id) = try await desk.token(corpus, "writer")
    let stranger = try await desk.token(other, "admin").token
    try await RunningHub.with(desk) { hub in
      let path = "/\(corpus)/sessions"
      #expect(try await hub.send(.post, path) == .init(401, "tokenMissing"))
      for wrong in ["x", "dicta_aaaaaaaa_AAAA", "dicta_../../x_AAAA", token + "A", String(token.dropLast(2)) + "AA"] {
        #expect(try await hub.send(.post, path, token: wrong) == .init(401, "tokenUnknown"), "\(wrong.count)")
      }
      #expect(try await hub.send(.post, path, token: stranger) == .init(403, "notAllowed"))
      #expect(try await hub.send(.get, "/metrics", token: token) == .init(403, "notAllowed"))
      #expect(try await hub.send(.get, "/metrics", token: stranger).status == 200)
      #expect(try await hub.send(.get, "/health").status == 200)
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: token).status == 0)
      // Beside the running hub, and at once.
      try await desk.json("hub", "token", "revoke", id, "--directory", "hub")
      let refused = try await desk.sync("corpus.dicta", hub, corpus, token: token)
      #expect(refused.status == 77 && refused.stdout.isEmpty)
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: nil).status == 77)
    }
    let listed = try await CLI.run(["hub", "token", "list", "--directory", "hub", "--json"], in: desk.folder)
    #expect(try listed.json.elements.map { $0["role"]?.string } == ["admin"])
    let secret = token.split(separator: "_", maxSplits: 2)[2]
    for file in try FileManager.default.subpathsOfDirectory(atPath: desk.folder + "/hub") {
      let content = FileManager.default.contents(atPath: desk.folder + "/hub/" + file) ?? Data()
      #expect(content.range(of: Data(secret.utf8)) == nil, "\(file) holds a token")
    }
  }

  @Test func nothingOutsideTheFolderIsReached() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "admin").token
    try await RunningHub.with(desk) { hub in
      for path in [
        "/../corpus/sessions", "/%2e%2e%2fcorpus/sessions", "/..%2f..%2fetc%2fpasswd/sessions", "/\(corpus.uppercased())/sessions",
        "/\(corpus)%00/sessions", "/\(corpus).dicta/sessions", "/hub.lock/sessions", "/tokens/sessions", "/\(corpus)/../tokens/sessions",
        "/\(corpus)/sessions/../../1", "/\(corpus)/sessions/0/x",
      ] {
        let answer = try await hub.send(.post, path, token: token)
        #expect(answer.status == 404, "\(path): \(answer)")
      }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: desk.folder + "/hub")
    let expected = ["hub.lock", "tokens"] + ["", "-witness", "-wal", "-shm"].map { "\(corpus).dicta\($0)" }
    #expect(Set(names).isSubset(of: expected))
  }

  @Test func whatIsNoSyncIsRefusedAndTheNextOneGoesOn() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      let path = "/\(corpus)/sessions"
      #expect(try await hub.send(.post, path, token: token, body: Array("GET / HTTP/1.1".utf8)) == .init(400, "malformed"))
      #expect(try await hub.send(.post, path, token: token, body: Frame.preface + [UInt8](repeating: 0xff, count: 9)) == .init(400, "malformed"))
      let end = FrameWriter(compresses: false).frames(of: .end)
      #expect(try await hub.send(.post, path, token: token, body: Frame.preface + end) == .init(409, "violation"))
      #expect(try await hub.send(.post, "\(path)/00000000000000000000000000000000/2", token: token) == .init(404, "noSession"))
      // The hub doesn't wait for the rest, so a client that is still sending may find the line closed instead.
      do {
        #expect(try await hub.send(.post, path, token: token, body: [UInt8](repeating: 0, count: (64 << 20) + 1)) == .init(413, "tooLarge"))
      } catch let error as HubUnreachable {
        #expect(error.wasCutOff)
      }
      let report3 = try await desk.sync("corpus.dicta", hub, corpus, token: token).json
      #expect(report3["equal"] == .bool(true))
    }
  }

  @Test func ofTwoCorporaNothingIsMixed() async throws {
    let desk = try Desk.withArchive()
    let other = "0198c2f4-0000-7000-8000-00000000000a"
    let token = try await desk.token(other, "writer").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      let outcome = try await desk.sync("corpus.dicta", hub, other, token: token)
      #expect(outcome.status == 65 && outcome.stderr.contains("different corpora"))
      // A hub is there for the corpora it was told to keep, whatever the client holds.
      try await desk.json("init", "--archive", "empty.dicta")
      #expect(try await desk.sync("empty.dicta", hub, other, token: token).status == 0)
      #expect(try await desk.json("status", "--archive", "empty.dicta")["corpus"]?.string == other)
    }
  }

  @Test func twoHubsDoNotShareAFolder() async throws {
    let desk = try Desk()
    try await RunningHub.with(desk) { hub in
      let second = try await desk.run("serve", "--port", "0", "--directory", hub.directory)
      #expect(second.status == 75 && second.stderr.contains("another hub runs"))
    }
  }

  /// Watches a corpus, in which there is a claim that the hub doesn't hold yet. In the end the hub is ended in order, which ends the stream too.
  private func watching(
    _ body: @Sendable @escaping (Desk, RunningHub, HubAddress, _ token: String, inout AsyncStream<HeadsHash>.Iterator) async throws -> Void
  ) async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await desk.json("claim", "add", "One")
    try await RunningHub.with(desk) { hub in
      let address = try #require(HubAddress("\(hub.url)/\(corpus)"))
      let transport = try AsyncHTTPClientTransport()
      let (heard, continuation) = AsyncStream<HeadsHash>.makeStream()
      async let watching: Void = HubConnection(to: address, token: token, over: transport).watch { continuation.yield($0) }
      var events = heard.makeAsyncIterator()
      #expect(await events.next() == HeadsHash(of: []))
      try await body(desk, hub, address, token, &events)
      Foundation.kill(hub.process, SIGTERM)
      try await watching
      try await transport.close()
    }
  }

  @Test func whoWatchesHearsThatTheHeadsMoved() async throws {
    try await watching { desk, hub, address, token, events in
      let status = try await desk.sync("corpus.dicta", hub, address.corpus.description, token: token).status
      let heads = try #require(await events.next())
      #expect(status == 0 && heads != HeadsHash(of: []))
    }
  }

  @Test func whatACutSyncStoredIsToldToo() async throws {
    try await watching { desk, _, address, token, events in
      let transport = try AsyncHTTPClientTransport()
      let archive = try Archive(at: desk.folder + "/corpus.dicta")
      var connection = HubConnection(to: address, token: token, over: EndlessTransport(inner: transport))
      connection.retryLimit = 0
      await #expect(throws: (any Error).self) { try await connection.sync(archive) }
      let heads = try #require(await events.next())
      #expect(heads != HeadsHash(of: []))
      try archive.close()
      try await transport.close()
    }
  }

  /// Once, the end of a turn's response could end the turn behind it.
  @Test func aSessionOfManyTurnsIsOneSession() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await RunningHub.with(desk) { hub in
      let transport = try AsyncHTTPClientTransport()
      let archive = try Archive(at: desk.folder + "/corpus.dicta")
      var connection = HubConnection(to: try #require(HubAddress("\(hub.url)/\(corpus)")), token: token, over: transport)
      // A request for each message.
      (connection.bodyByteGoal, connection.retryLimit) = (1, 0)
      for number in 0..<20 {
        try await archive.write { try $0.insert(Claim(id: $0.newID(), text: "Claim \(number)")) }
        #expect(try await connection.sync(archive).sync.isEqual)
      }
      try archive.close()
      try await transport.close()
    }
  }

  /// Once, each of them cost a place among the token's sessions until the hub was started anew.
  @Test func clientsThatResetTheLineLeaveNoSessionBehind() async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await RunningHub.with(desk) { hub in
      for _ in 0..<20 {
        try hub.sendAndReset("POST /\(corpus)/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Length: 0\r\n\r\n")
      }
      #expect(try await desk.sync("corpus.dicta", hub, corpus, token: token).status == 0)
    }
  }

  @Test(arguments: [
    (["--port", "1"], "--directory"), (["--directory", "x"], "--port"), (["--stdio", "--port", "1"], "say one"),
    (["--port", "70000", "--directory", "x"], "port"),
    (["--port", "1", "--directory", "x", "--tls-key", "k"], "--tls-certificate"),
    (["--port", "0", "--directory", "x", "--tls-key", "k", "--tls-certificate", "c"], "PEM"),
  ])
  func whatAHubIsGivenWronglyIsNamed(arguments: [String], word: String) async throws {
    let desk = try Desk()
    let outcome = try await CLI.run(["serve"] + arguments, in: desk.folder)
    #expect([64, 65].contains(outcome.status) && outcome.stderr.contains(word), "\(outcome.stderr)")
  }
}

/// Loses the END of what a client sends.
private struct EndlessTransport: HTTPTransport {
  let inner: AsyncHTTPClientTransport

  func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    var request = request
    let end = FrameWriter(compresses: false).frames(of: .end)
    if request.body.suffix(end.count) == end[...] { request.body.removeLast(end.count) }
    return try await inner.send(request)
  }
}

/// Hides from a client what its token is worth.
private struct DeafTransport: HTTPTransport {
  let inner: AsyncHTTPClientTransport

  func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    let response = try await inner.send(request)
    let header = response.header
    return HTTPTransportResponse(status: response.status, header: { $0 == "Dicta-Role" ? "writer" : header($0) }, next: response.next)
  }
}

#endif
