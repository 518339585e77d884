/// What sends requests. There is one on every system; an app with a web client of its own can bring it.
public protocol HTTPTransport: Sendable {
  /// Sends a request, and returns when the head of the response is there. A response that sends it on is returned like every other.
  ///
  /// - Throws: ``HubUnreachable``, or `CancellationError`.
  func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse
}

/// A request to a hub.
public struct HTTPTransportRequest: Sendable {
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  public let method: Method
  public let url: String
  public var headers: [(name: String, value: String)] = []
  public var body: [UInt8] = []

  public init(method: Method, url: String) {
    (self.method, self.url) = (method, url)
  }
}

/// The head of a response, and what reads its body on.
public struct HTTPTransportResponse {
  public let status: Int

  /// The value of the header of a name, in any case.
  public let header: (String) -> String?

  /// The next bytes of the body; nil at its end.
  public let next: () async throws -> [UInt8]?

  public init(status: Int, header: @escaping (String) -> String?, next: @escaping () async throws -> [UInt8]?) {
    (self.status, self.header, self.next) = (status, header, next)
  }
}
