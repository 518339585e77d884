// Syncs over requests and responses. `Documentation/Hub.md`, section 5.

#if Hub

import DictaModels
import DictaSync
import HTTPTypes
import Hummingbird

extension Hub {
  func beginSync(_ request: Request, _ visit: Visit) async throws -> Response {
    try expectOpen()
    guard let loan = try await shelf.lend(visit.corpus) else { throw HubError.notFound("such corpus") }
    let work = try await sessions.begin(visit.corpus, tokenID: visit.grant.token.id)
    let log = HubLog(loan: loan, corpus: visit.corpus, grant: visit.grant, board: board, metrics: metrics)
    let side = TurnBasedSync(log, as: .answerer, with: "the bearer of token \(visit.grant.token.id)")
    var headers = HTTPFields()
    headers[.session] = work.id
    headers[.role] = visit.grant.token.role.rawValue
    return try await answer(request, work, side, headers)
  }

  func goOn(with id: String, turn: Int, _ request: Request, _ visit: Visit) async throws -> Response {
    let (work, side) = try await sessions.take(id, turn: turn, visit.corpus, tokenID: visit.grant.token.id)
    return try await answer(request, work, side, HTTPFields())
  }

  /// Hears all of a request, and says in the response what is to be said then.
  private func answer(
    _ request: Request, _ work: Sessions.Work, _ side: TurnBasedSync<HubLog>, _ headers: HTTPFields
  ) async throws -> Response {
    var side = side
    let known = side.report.received
    do {
      try await hear(request, &side)
    } catch {
      await tellWatchers(of: side, ifMoreThan: known)
      throw error
    }
    await tellWatchers(of: side, ifMoreThan: known)
    // Before the response begins, so that its status can tell of a failure.
    let first = try await side.speak()
    var headers = headers
    headers[.contentType] = "application/vnd.dicta.frames"
    headers[.cacheControl] = "no-store"
    let speaker = side
    return Response(status: .ok, headers: headers, body: ResponseBody { try await self.speak(speaker, first, work, to: &$0) })
  }

  /// What was stored moves the heads, whatever becomes of the session.
  private func tellWatchers(of side: TurnBasedSync<HubLog>, ifMoreThan known: Int) async {
    guard side.report.received > known else { return }
    _ = try? await side.log.acknowledge()
  }

  /// A client that didn't say all it had begun to say.
  struct HungUp: Error {}

  private func hear(_ request: Request, _ side: inout TurnBasedSync<HubLog>) async throws {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodyBytes { throw HubError.tooLarge(limits.bodyBytes) }
    let deadline = ContinuousClock.now + .seconds(limits.requestSeconds)
    var byteCount = 0
    var body = request.body.makeAsyncIterator()
    while let buffer = try await next(of: &body) {
      byteCount += buffer.readableBytes
      guard byteCount <= limits.bodyBytes else { throw HubError.tooLarge(limits.bodyBytes) }
      guard .now < deadline else { throw HubError.tooSlow(limits.requestSeconds) }
      metrics.bytesReceived.increment(by: buffer.readableBytes)
      try await side.hear(Array(buffer.readableBytesView))
    }
  }

  private func next(of body: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
    do {
      return try await body.next()
    } catch {
      throw HungUp()
    }
  }

  private func speak(
    _ side: TurnBasedSync<HubLog>, _ first: [UInt8]?, _ work: Sessions.Work, to writer: inout any ResponseBodyWriter
  ) async throws {
    var side = side
    do {
      var next = first
      while let bytes = next {
        try await write(bytes, to: &writer)
        next = try await side.speak()
      }
    } catch {
      // Why, if that can be said still.
      while let last = try? await side.speak() { try await write(last, to: &writer) }
      throw error
    }
    // Before the end of the response, behind which the next turn may come.
    await sessions.put(work, side)
    try await writer.finish(nil)
  }

  /// In portions, each of which a slow line takes in time.
  private func write(_ bytes: [UInt8], to writer: inout any ResponseBodyWriter) async throws {
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
      try await writer.write(ByteBuffer(bytes: bytes[start..<min(start + 65_536, bytes.count)]))
    }
    metrics.bytesSent.increment(by: bytes.count)
  }
}

extension HTTPField.Name {
  static let session = HTTPField.Name("Dicta-Session")!  // A name without spaces is one.
  static let role = HTTPField.Name("Dicta-Role")!  // As above.
}

#endif
