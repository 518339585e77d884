// Syncs over requests and responses. `Documentation/Hub.md`, section 5.

#if Hub

import DictaModels
import DictaSync
import HTTPTypes
import Hummingbird

extension Hub {
  func beginSync(_ request: Request, _ visit: Visit) async throws -> Response {
    guard let loan = try await shelf.lend(visit.corpus) else { throw HubError.notFound("such corpus") }
    let id = try await sessions.begin(visit.corpus, tokenID: visit.grant.token.id)
    let log = HubLog(loan: loan, corpus: visit.corpus, grant: visit.grant, board: board, metrics: metrics)
    let side = TurnBasedSync(log, as: .answerer, with: "the bearer of token \(visit.grant.token.id)")
    var headers = HTTPFields()
    headers[.session] = id
    headers[.role] = visit.grant.token.role.rawValue
    return try await answer(request, in: id, side, headers)
  }

  func goOn(with id: String, turn: Int, _ request: Request, _ visit: Visit) async throws -> Response {
    let side = try await sessions.take(id, turn: turn, visit.corpus, tokenID: visit.grant.token.id)
    return try await answer(request, in: id, side, HTTPFields())
  }

  /// Hears all of a request, and says in the response what is to be said then.
  private func answer(_ request: Request, in id: String, _ side: TurnBasedSync<HubLog>, _ headers: HTTPFields) async throws -> Response {
    var side = side
    let first: [UInt8]?
    do {
      try await hear(request, &side)
      // Before the response begins, so that its status can tell of a failure.
      first = try await side.speak()
    } catch {
      await sessions.end(id)
      throw error
    }
    var headers = headers
    headers[.contentType] = "application/vnd.dicta.frames"
    headers[.cacheControl] = "no-store"
    let speaker = side
    return Response(status: .ok, headers: headers, body: ResponseBody { try await self.speak(speaker, first, in: id, to: &$0) })
  }

  private func hear(_ request: Request, _ side: inout TurnBasedSync<HubLog>) async throws {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodyBytes { throw HubError.tooLarge(limits.bodyBytes) }
    let deadline = ContinuousClock.now + .seconds(limits.requestSeconds)
    var byteCount = 0
    for try await buffer in request.body {
      byteCount += buffer.readableBytes
      guard byteCount <= limits.bodyBytes else { throw HubError.tooLarge(limits.bodyBytes) }
      guard .now < deadline else { throw HubError.tooSlow(limits.requestSeconds) }
      metrics.bytesReceived.increment(by: buffer.readableBytes)
      try await side.hear(Array(buffer.readableBytesView))
    }
  }

  private func speak(
    _ side: TurnBasedSync<HubLog>, _ first: [UInt8]?, in id: String, to writer: inout any ResponseBodyWriter
  ) async throws {
    var side = side
    do {
      var next = first
      while let bytes = next {
        try await writer.write(ByteBuffer(bytes: bytes))
        metrics.bytesSent.increment(by: bytes.count)
        next = try await side.speak()
      }
    } catch {
      await sessions.end(id)
      // Why, if that can be said still.
      if let last = try? await side.speak() { try? await writer.write(ByteBuffer(bytes: last)) }
      throw error
    }
    // Before the end of the response, behind which the next turn may come.
    await sessions.put(id, side)
    try await writer.finish(nil)
  }
}

extension HTTPField.Name {
  static let session = HTTPField.Name("Dicta-Session")!  // A name without spaces is one.
  static let role = HTTPField.Name("Dicta-Role")!  // As above.
}

#endif
