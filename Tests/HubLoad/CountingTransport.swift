#if HTTP

import DictaSyncHTTP
import Synchronization

/// Sends requests, and counts what comes of them.
final class CountingTransport: HTTPTransport {
  struct Counts: Sendable {
    /// By status.
    var answers: [Int: Int] = [:]
    var bytesSent = 0
    var bytesReceived = 0

    static func += (left: inout Self, right: Self) {
      left.answers.merge(right.answers, uniquingKeysWith: +)
      left.bytesSent += right.bytesSent
      left.bytesReceived += right.bytesReceived
    }
  }

  private let transport: AsyncHTTPClientTransport
  private let state = Mutex(Counts())

  init() throws {
    transport = try AsyncHTTPClientTransport(stallLimit: .seconds(60))
  }

  var counts: Counts { state.withLock { $0 } }

  func close() async throws { try await transport.close() }

  func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    state.withLock { $0.bytesSent += request.body.count }
    let response = try await transport.send(request)
    let (status, header, next) = (response.status, response.header, response.next)
    state.withLock { $0.answers[status, default: 0] += 1 }
    return HTTPTransportResponse(status: status, header: header) { [self] in
      let bytes = try await next()
      state.withLock { $0.bytesReceived += bytes?.count ?? 0 }
      return bytes
    }
  }
}

#endif
