#if Hub

import DictaModels
import Foundation
import HTTPTypes
import Hummingbird
import Logging

extension Hub {
  /// Adds the hub's addresses to a router, or to a group of one.
  public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("health") { request, context in
      await self.answer("health", request, context) {
        Response(status: .ok, headers: Self.json, body: .init(byteBuffer: .init(string: "{\"status\":\"ok\"}\n")))
      }
    }
    if let prometheus {
      router.get("metrics") { request, context in
        await self.answer("metrics", request, context) {
          guard try self.token(of: request).role == .admin else { throw HubError.notAllowed("the metrics are for a token of role admin") }
          return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: .init(string: prometheus.text)))
        }
      }
    }
    router.post(":corpus/sessions") { request, context in
      await self.answer("sessions", request, context) { try await self.beginSync(request, self.visit(request, context)) }
    }
    router.post(":corpus/sessions/:session/:turn") { request, context in
      await self.answer("turns", request, context) {
        guard let session = context.parameters.get("session"), let turn = context.parameters.get("turn").flatMap({ Int($0) }) else {
          throw HubError.noSession
        }
        return try await self.goOn(with: session, turn: turn, request, self.visit(request, context))
      }
    }
    router.get(":corpus/events") { request, context in
      await self.answer("events", request, context) { try await self.watch(self.visit(request, context)) }
    }
    addPageRoutes(to: router)
  }

  private static let json: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]

  // MARK: Answering

  /// Counts and logs a request, and answers it with what was wrong if `body` throws.
  ///
  /// - Parameter refusedBy: says what was wrong; nil does it in JSON.
  func answer(
    _ route: String, _ request: Request, _ context: some RequestContext, refusedBy refuse: ((HubError) -> Response)? = nil,
    _ body: () async throws -> Response
  ) async -> Response {
    let begin = ContinuousClock.now
    let response: Response
    do {
      response = try await body()
    } catch {
      let refusal = HubError(error)
      response = refuse?(refusal) ?? refusal.response(endsConnection: request.method == .post)
      let level: Logger.Level = refusal.status.kind == .serverError ? .error : .info
      var words: Logger.Metadata = ["route": "\(route)", "status": "\(refusal.status.code)", "code": "\(refusal.code)"]
      if level == .error { words["error"] = "\(error)" }
      if let corpus = context.parameters.get("corpus").flatMap({ CorpusID($0) }) { words["corpus"] = "\(corpus)" }
      if let token = try? token(of: request) { words["token"] = "\(token.id)" }
      context.logger.log(level: level, "refused", metadata: words)
    }
    metrics.answered(route, status: response.status.code, in: .now - begin)
    return response
  }

  // MARK: Who asks, and for what

  /// A request of somebody who may make it.
  struct Visit: Sendable {
    let corpus: CorpusID
    let grant: Grant
  }

  func visit(_ request: Request, _ context: some RequestContext) throws -> Visit {
    let token = try token(of: request)
    // Only a UUID in its own spelling ever names a file.
    guard let name = context.parameters.get("corpus"), let corpus = CorpusID(name), corpus.description == name else {
      throw HubError.notFound("such corpus")
    }
    guard token.corpus == corpus else { throw HubError.notAllowed("this token is for another corpus") }
    return Visit(corpus: corpus, grant: Grant(token: token, tokens: folder.tokens))
  }

  private func token(of request: Request) throws -> HubToken {
    guard let text = request.headers[.authorization].flatMap(Self.token(in:)) else { throw HubError.tokenMissing }
    guard let token = try folder.tokens.find(text) else { throw HubError.tokenUnknown }
    guard !token.hasExpired(at: Date()) else { throw HubError.tokenExpired(token.expires) }
    return token
  }

  /// What stands behind `Bearer`, or the password behind `Basic`.
  private static func token(in header: String) -> String? {
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return nil }
    switch words[0].lowercased() {
    case "bearer": return String(words[1])
    case "basic":
      guard let data = Data(base64Encoded: String(words[1])) else { return nil }
      return String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).last.map(String.init)
    default: return nil
    }
  }
}

#endif
