#if Hub && HTTP

import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation
import Synchronization
import Testing

/// How requests get to a hub: with either client, where it has moved, through proxies.
@Suite(.timeLimit(.minutes(2))) struct HubConnectionTests {
  enum Client: CaseIterable, Sendable {
    case asyncHTTPClient, urlSession

    func with<Value>(proxy: WebProxy? = nil, _ body: (any HTTPTransport) async throws -> Value) async throws -> Value {
      switch self {
      case .asyncHTTPClient:
        let transport = try AsyncHTTPClientTransport(stallLimit: .seconds(60), proxy: proxy)
        do {
          let value = try await body(transport)
          try await transport.close()
          return value
        } catch {
          try? await transport.close()
          throw error
        }
      case .urlSession:
        let transport = URLSessionTransport(stallLimit: .seconds(60))
        defer { transport.close() }
        return try await body(transport)
      }
    }
  }

  private final class Flag: Sendable {
    private let isSet = Mutex(true)

    /// Whether it is the first time.
    func take() -> Bool {
      isSet.withLock { isSet in
        defer { isSet = false }
        return isSet
      }
    }
  }

  /// A hub with a corpus, and an archive of it with a claim in it that the hub doesn't hold.
  private func withHub(
    _ body: @Sendable @escaping (_ hub: RunningHub, _ archive: Archive, _ corpus: CorpusID, _ token: String) async throws -> Void
  ) async throws {
    let desk = try Desk.withArchive()
    let corpus = try await desk.corpus
    let token = try await desk.token(corpus, "writer").token
    try await RunningHub.with(desk) { hub in
      let archive = try Archive(at: desk.folder + "/corpus.dicta")
      try await archive.write { try $0.insert(Claim(id: $0.newID(), text: "One")) }
      try await body(hub, archive, try #require(CorpusID(corpus)), token)
      try archive.close()
    }
  }

  @Test func aHubThatHasDroppedWhatAClientLacksSaysSoAndKeepsWhatItSent() async throws {
    try await withHub { hub, archive, corpus, token in
      try await Client.asyncHTTPClient.with { transport in
        let connection = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport)
        _ = try await connection.sync(archive)
        let folder = URL(fileURLWithPath: archive.path).deletingLastPathComponent().path
        let late = try Archive(creatingAt: folder + "/late.dicta", corpus: corpus, device: "late")
        _ = try await connection.sync(late)
        let claim = try #require(try await archive.read { try $0.list(Claim.self).first })
        for number in 0..<40 {
          let note = (0..<20).map { "Somebody said \($0 * 7919 % 1009) in note \(number)." }.joined(separator: " ")
          try await archive.write { try $0.update(claim.id) { $0.note = note } }
        }
        _ = try await connection.sync(archive)
        let shelved = try Archive(at: "\(hub.directory)/\(corpus).dicta")
        #expect(try await shelved.compact(droppingSuperseded: true).droppedChanges > 30)
        try shelved.close()
        let news = try await late.write { transaction in
          let claim = Claim(id: transaction.newID(), text: "News")
          try transaction.insert(claim)
          return claim.id
        }
        let error = await #expect(throws: HubRefusal.self) { _ = try await connection.sync(late) }
        #expect(error?.status == 409 && error?.code == "dropped" && error?.mayPass == false)
        // The others get it.
        #expect(try await connection.sync(archive).sync.isEqual)
        #expect(try await archive.read { try $0.entity(news) } != nil)
        try late.close()
      }
    }
  }

  @Test(arguments: Client.allCases) func eitherClientSyncsAndHearsWhatMoved(_ client: Client) async throws {
    try await withHub { hub, archive, corpus, token in
      try await client.with { transport in
        let connection = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport)
        let report = try await connection.sync(archive)
        #expect(report.sync.isEqual && report.sync.sent == 1)
        let (heard, continuation) = AsyncStream<HeadsHash>.makeStream()
        let watching = Task { try await connection.watch { continuation.yield($0) } }
        var events = heard.makeAsyncIterator()
        let first = await events.next()
        #expect(first == report.sync.heads)
        // More than is taken from the line at once.
        let words = String(repeating: "word ", count: 10_000)
        for number in 0..<100 { try await archive.write { try $0.insert(Article(id: $0.newID(), text: try ArticleText("\(number) \(words)"))) } }
        let second = try await connection.sync(archive)
        #expect(second.sync.isEqual && second.sync.sent == 100)
        #expect(await events.next() != first)
        watching.cancel()
        _ = await watching.result
        let copy = try Archive(creatingAt: archive.path + "-copy", corpus: corpus)
        let third = try await connection.sync(copy)
        #expect(third.sync.isEqual && third.sync.received == 101)
        try copy.close()
      }
    }
  }

  /// Ends a hub in order when the first turn of a sync was answered.
  private final class EndingTransport: HTTPTransport {
    let inner: AsyncHTTPClientTransport
    let hub: RunningHub
    let corpus: CorpusID
    let token: String
    private let isFirst = Flag()

    init(inner: AsyncHTTPClientTransport, hub: RunningHub, corpus: CorpusID, token: String) {
      (self.inner, self.hub, self.corpus, self.token) = (inner, hub, corpus, token)
    }

    func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
      if request.url.hasSuffix("/2"), isFirst.take() {
        kill(hub.process, SIGTERM)
        try await Task.sleep(for: .milliseconds(500))
        let another = try await hub.send(.post, "/\(corpus)/sessions", token: token)
        #expect(another == RunningHub.Answer(503, "closing"))
      }
      return try await inner.send(request)
    }
  }

  @Test func aSyncThatRunsIsFinishedBeforeTheHubEnds() async throws {
    try await withHub { hub, archive, corpus, token in
      let inner = try AsyncHTTPClientTransport(stallLimit: .seconds(60))
      let transport = EndingTransport(inner: inner, hub: hub, corpus: corpus, token: token)
      var connection = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport)
      connection.retryLimit = 0
      let report = try await connection.sync(archive)
      #expect(report.sync.isEqual && report.sync.sent == 1)
      try await inner.close()
    }
  }

  /// URLSession isn't tried: Linux' own waits for a password for ever.
  @Test func aRefusalIsTheHubsOwnWords() async throws {
    try await withHub { hub, archive, corpus, _ in
      try await Client.asyncHTTPClient.with { transport in
        let connection = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: nil, over: transport)
        let refusal = await #expect(throws: HubRefusal.self) { try await connection.sync(archive) }
        #expect(refusal?.status == 401 && refusal?.code == "tokenMissing")
      }
    }
  }

  @Test(arguments: Client.allCases) func aHubThatMovedOnItsMachineIsFollowed(_ client: Client) async throws {
    try await withHub { hub, archive, corpus, token in
      let url = hub.url
      let isFirst = Flag()
      let old = try SocketServer.answering { path in
        // Once it asks to be left alone.
        isFirst.take() ? "503 Service Unavailable\r\nRetry-After: 1" : "308 Permanent Redirect\r\nLocation: \(url)\(path.dropFirst(4))"
      }
      defer { old.end() }
      try await client.with { transport in
        let connection = HubConnection(to: HubAddress(base: "http://127.0.0.1:\(old.port)/old", corpus: corpus), token: token, over: transport)
        let begin = ContinuousClock.now
        let report = try await connection.sync(archive)
        #expect(report.sync.isEqual && report.sync.sent == 1)
        #expect(ContinuousClock.now - begin >= .seconds(1))
      }
      // The further turns go to the new place at once.
      #expect(old.requests.count == 2)
    }
  }

  @Test(arguments: Client.allCases) func noTokenGoesToAnotherMachine(_ client: Client) async throws {
    let other = try SocketServer.answering { _ in "200 OK" }
    let old = try SocketServer.answering { [port = other.port] path in "307 Temporary Redirect\r\nLocation: http://localhost:\(port)\(path)" }
    let circle = try SocketServer.answering { path in "307 Temporary Redirect\r\nLocation: \(path)" }
    defer { for server in [other, old, circle] { server.end() } }
    try await withHub { _, archive, corpus, token in
      try await client.with { transport in
        for (server, words) in [(old, "has moved to"), (circle, "in a circle")] {
          let connection = HubConnection(to: HubAddress(base: "http://127.0.0.1:\(server.port)", corpus: corpus), token: token, over: transport)
          let error = await #expect(throws: HubUnreachable.self) { try await connection.sync(archive) }
          #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        }
      }
    }
    #expect(other.requests == [])
  }

  @Test func aProxyIsAskedForATunnel() async throws {
    try await withHub { hub, archive, corpus, token in
      let port = try #require(hub.url.split(separator: ":").last.flatMap { UInt16($0) })
      let server = try SocketServer.tunnel(to: port)
      defer { server.end() }
      let address = HubAddress(base: "http://hub.example:8443", corpus: corpus)
      let proxy = try WebProxy.system(for: address, environment: ["http_proxy": "http://someone:secret@127.0.0.1:\(server.port)"])
      try await Client.asyncHTTPClient.with(proxy: proxy) { transport in
        let report = try await HubConnection(to: address, token: token, over: transport).sync(archive)
        #expect(report.sync.isEqual && report.sync.sent == 1)
      }
      let head = try #require(server.requests.first).lowercased()
      #expect(head.hasPrefix("connect hub.example:8443 ") && head.contains("proxy-authorization: basic "))
    }
  }

  @Test func proxiesAreFoundAsOtherProgramsFindThem() throws {
    let corpus = try #require(CorpusID("0198c2f4-0000-7000-8000-000000000001"))
    func host(_ base: String, _ environment: [String: String]) throws -> String? {
      try WebProxy.system(for: HubAddress(base: base, corpus: corpus), environment: environment)?.host
    }
    let both = ["https_proxy": "http://safe.example:3128", "http_proxy": "plain.example"]
    #expect(try host("https://hub.example", both) == "safe.example")
    #expect(try host("http://hub.example/dicta", both) == "plain.example")
    #expect(try host("https://hub.example", ["ALL_PROXY": "http://all.example"]) == "all.example")
    #expect(try host("http://hub.example", ["HTTP_PROXY": "http://from-a-request.example"]) == nil)
    for here in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"] { #expect(try host(here, both) == nil, "\(here)") }
    for exceptions in ["*", "hub.example", ".example", "other, example", "hub.example:8443"] {
      let found = try host("https://hub.example:8443", both.merging(["no_proxy": exceptions]) { $1 })
      #expect(found == nil, "\(exceptions)")
    }
    for exceptions in ["", "ub.example", "hub.example:443", "hub.example.org"] {
      let found = try host("https://hub.example:8443", both.merging(["NO_PROXY": exceptions]) { $1 })
      #expect(found == "safe.example", "\(exceptions)")
    }
    let unusable = #expect(throws: WebProxy.Unusable.self) { try host("https://hub.example", ["https_proxy": "socks5://x"]) }
    #expect(unusable?.variable == "https_proxy")
    let port = try WebProxy.system(for: HubAddress(base: "https://hub.example", corpus: corpus), environment: both)?.port
    #expect(port == 3128)
  }
}

#endif
