#if Hub

import DictaModels
import DictaStorage
import DictaSync
import Foundation
import HTTPTypes
import Hummingbird

/// Why a request is refused. `Documentation/Hub.md`, section 9.
struct HubError: Error {
  let status: HTTPResponse.Status
  let code: String
  let message: String
  let hint: String
  var retryAfterSeconds: Int?

  static let tokenMissing = HubError(
    status: .unauthorized, code: "tokenMissing", message: "this hub asks for a token", hint: "send it as `Authorization: Bearer TOKEN`")
  static let tokenUnknown = HubError(
    status: .unauthorized, code: "tokenUnknown", message: "this hub doesn't know that token, or it was revoked",
    hint: "ask whoever runs the hub for one")
  static let noSession = HubError(
    status: .notFound, code: "noSession", message: "that session is over, or the hub was started anew since",
    hint: "sync again: it goes on from what arrived")
  static let wrongTurn = HubError(
    status: .conflict, code: "wrongTurn", message: "that turn of the session was taken already, or another one comes first",
    hint: "sync again: it goes on from what arrived")
  static let readerSent = HubError(
    status: .forbidden, code: "notAllowed", message: "a reader's token can't send changes; nothing of them was kept",
    hint: "ask whoever runs the hub for a writer's token")
  static let closing = HubError(
    status: .serviceUnavailable, code: "closing", message: "the hub is shutting down", hint: "try again", retryAfterSeconds: 5)

  static func tokenExpired(_ date: Date?) -> HubError {
    HubError(
      status: .unauthorized, code: "tokenExpired",
      message: date.map { "this token expired on \($0.ISO8601Format())" } ?? "this token expired, or was revoked",
      hint: "ask whoever runs the hub for a new one")
  }

  static func notFound(_ what: String) -> HubError {
    HubError(status: .notFound, code: "notFound", message: "there is no \(what) on this hub", hint: "check the address")
  }

  static func notAllowed(_ message: String) -> HubError {
    HubError(status: .forbidden, code: "notAllowed", message: message, hint: "ask whoever runs the hub for another token")
  }

  static func tooMany(_ what: String) -> HubError {
    HubError(
      status: .tooManyRequests, code: "tooMany", message: "there are too many \(what) at a time", hint: "try again later",
      retryAfterSeconds: 5)
  }

  static func tooLarge(_ limit: Int) -> HubError {
    HubError(
      status: .contentTooLarge, code: "tooLarge", message: "a request may have \(limit) bytes",
      hint: "cut what there is to send into several requests")
  }

  static func tooSlow(_ seconds: Int) -> HubError {
    HubError(
      status: .requestTimeout, code: "tooSlow", message: "a request may take \(seconds) seconds",
      hint: "cut what there is to send into several requests")
  }

  /// What the client may know of an error.
  init(_ error: any Error) {
    switch error {
    case let error as HubError: self = error
    case let problem as Sessions.Problem: self.init(problem)
    case is Hub.HungUp:
      self.init(status: .badRequest, code: "cutOff", message: "the request ended too soon", hint: "sync again: it goes on from what arrived")
    case is Grant.Expired: self = .tokenExpired(nil)
    case is Grant.ReaderSent: self = .readerSent
    case is Shelf.Closed: self = .closing
    case let error as ProtocolViolation: self.init(error)
    case is MalformedBytes:
      self.init(status: .badRequest, code: "malformed", message: "what came is no message: \(error)", hint: "nothing was lost; sync again")
    case is RefusedDelivery, is RefusedSnapshot:
      self.init(
        status: .unprocessableContent, code: "refusedChanges", message: "\(error)", hint: "run `check` on the archive that sent it")
    case ArchiveError.diskFull:
      self.init(
        status: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), code: "noRoom", message: "the hub's disk is full",
        hint: "tell whoever runs the hub")
    case ArchiveError.locked:
      self.init(
        status: .serviceUnavailable, code: "busy", message: "another program holds the archive", hint: "try again", retryAfterSeconds: 5)
    // Paths and the like are nobody else's business.
    default:
      self.init(
        status: .internalServerError, code: "unable", message: "the hub can't go on; its log says why", hint: "tell whoever runs the hub")
    }
  }

  private init(_ problem: Sessions.Problem) {
    switch problem {
    case .tooMany: self = .tooMany("syncs")
    case .tooManyOfToken: self = .tooMany("syncs of this token")
    case .unknown: self = .noSession
    case .wrongTurn: self = .wrongTurn
    }
  }

  private init(_ violation: ProtocolViolation) {
    switch violation {
    case .otherCorpus:
      self.init(status: .conflict, code: "otherCorpus", message: "\(violation)", hint: "sync with the address of your own corpus")
    case .dropped:
      self.init(
        status: .conflict, code: "dropped", message: "what you lack was dropped on the hub in part, so it can't be sent",
        hint: "sync with a replica that still holds it; an empty archive takes a snapshot, but keep this one until others hold what it wrote")
    default: self.init(status: .conflict, code: "violation", message: "\(violation)", hint: "sync again")
    }
  }

  init(status: HTTPResponse.Status, code: String, message: String, hint: String, retryAfterSeconds: Int? = nil) {
    (self.status, self.code, self.message, self.hint, self.retryAfterSeconds) = (status, code, message, hint, retryAfterSeconds)
  }

  /// - Parameter endsConnection: where a body is still coming that nobody is going to read.
  func response(endsConnection: Bool) -> Response {
    let json = JSON.object(
      JSONObject([
        ("error", .object(JSONObject([("code", .string(code)), ("message", .string(message)), ("hint", .string(hint))])))
      ]))
    var headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    if let retryAfterSeconds { headers[.retryAfter] = "\(retryAfterSeconds)" }
    if status == .unauthorized { headers[.wwwAuthenticate] = "Basic realm=\"Dicta\", charset=\"UTF-8\", Bearer realm=\"Dicta\"" }
    if endsConnection { headers[.connection] = "close" }
    let bytes = ByteBuffer(bytes: json.encoded() + [10])
    return Response(
      status: status, headers: headers,
      body: ResponseBody(contentLength: bytes.readableBytes) { writer in
        try await writer.write(bytes)
        try await writer.finish(nil)
        // The web server would read the body to its end, which may never come.
        if endsConnection { throw ConnectionEnds() }
      })
  }

  private struct ConnectionEnds: Error {}
}

#endif
