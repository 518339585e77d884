import DictaModels

/// Why a hub refused a request, in its own words.
public struct HubRefusal: PassingError, Hashable, Sendable, CustomStringConvertible {
  public let status: Int

  /// One of the codes of `Documentation/Hub.md`; empty if what answered is no hub.
  public let code: String
  public let message: String
  public let hint: String

  /// How long the hub asks to be left alone.
  public var retryAfter: Duration?

  public var description: String { message }

  /// Whether a new session may do better.
  public var mayPass: Bool {
    [408, 409, 429, 500, 502, 503, 504].contains(status) && !["otherCorpus", "dropped"].contains(code) || code == "noSession"
  }

  init(status: Int, code: String, message: String, hint: String) {
    (self.status, self.code, self.message, self.hint) = (status, code, message, hint)
  }

  /// - Parameters:
  ///   - body: of a response with another status than 200.
  ///   - retryAfter: its header of that name. A date instead of seconds counts for nothing.
  init(status: Int, body: [UInt8], retryAfter: String?) {
    self.init(status: status, body: body)
    self.retryAfter = retryAfter.flatMap { Int($0) }.map { .seconds(min(max($0, 0), 3600)) }
  }

  private init(status: Int, body: [UInt8]) {
    func text(_ json: JSON?) -> String? { if case .string(let text)? = json { text } else { nil } }
    guard case .object(let object)? = try? JSONReader.parse(body), case .object(let error)? = object["error"],
      let code = text(error["code"]), let message = text(error["message"])
    else {
      self.init(
        status: status, code: "", message: "what answers there is no hub: it said \(status)", hint: "check the address, and what stands between")
      return
    }
    self.init(status: status, code: code, message: message, hint: text(error["hint"]) ?? "")
  }
}

/// A hub didn't answer, or a line to it was cut. Nothing is lost by it: the next sync goes on from what arrived.
public struct HubUnreachable: PassingError, Hashable, Sendable, CustomStringConvertible {
  public internal(set) var url: String
  public let reason: String

  /// Whether it answered before.
  public var wasCutOff = false

  /// Whether it couldn't prove who it is.
  public var isUntrusted = false

  public init(url: String, reason: String, wasCutOff: Bool = false) {
    (self.url, self.reason, self.wasCutOff) = (url, reason, wasCutOff)
  }

  public var mayPass: Bool { !isUntrusted }

  public var description: String {
    wasCutOff
      ? "the line to \(url) was cut (\(reason)); nothing was lost: sync again" : "\(url) doesn't answer: \(reason)"
  }
}
