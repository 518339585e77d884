import DictaModels
import Foundation

/// Sends requests of one corpus to its hub, and goes on where the hub says it has moved to.
struct HubLine {
  private(set) var address: HubAddress
  let token: String?
  let transport: any HTTPTransport

  /// More in a row lead nowhere.
  private static let moveLimit = 5

  /// - Parameter path: behind the corpus.
  /// - Throws: ``HubRefusal`` unless the response is what was asked for; ``HubUnreachable``.
  mutating func send(
    _ method: HTTPTransportRequest.Method, _ path: String, header: (name: String, value: String), body: [UInt8] = []
  ) async throws -> HTTPTransportResponse {
    for _ in 0...Self.moveLimit {
      var request = HTTPTransportRequest(method: method, url: address.description + path)
      request.headers = [header] + (token.map { [("Authorization", "Bearer \($0)")] } ?? [])
      request.body = body
      let response = try await send(request)
      if response.status == 200 { return response }
      guard [301, 302, 307, 308].contains(response.status), let place = response.header("Location") else {
        throw try await HubRefusal(response)
      }
      address = try moved(to: place, from: request.url, path)
    }
    throw HubUnreachable(url: address.description, reason: "it sends requests in a circle")
  }

  private func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    do {
      return try await transport.send(request)
    } catch var error as HubUnreachable {
      // People know the corpus' address, and no other.
      error.url = address.description
      throw error
    }
  }

  /// - Throws: ``HubUnreachable`` if the token would go to another machine, or where others could read it.
  private func moved(to place: String, from url: String, _ path: String) throws -> HubAddress {
    let old = URL(string: url)
    let new = old.flatMap { URL(string: place, relativeTo: $0)?.absoluteURL }
    guard let old, let new, new.absoluteString.hasSuffix(path), let address = HubAddress(String(new.absoluteString.dropLast(path.count))) else {
      throw HubUnreachable(url: url, reason: "it sends requests on to \(place), where no corpus can be")
    }
    let staysSafe = new.scheme?.lowercased() == "https" || old.scheme?.lowercased() == "http"
    guard old.host?.lowercased() == new.host?.lowercased(), address.corpus == self.address.corpus, staysSafe else {
      throw HubUnreachable(url: url, reason: "it has moved to \(address); the token was not sent there: if you trust it, sync with that address")
    }
    return address
  }
}

extension HubRefusal {
  fileprivate init(_ response: HTTPTransportResponse) async throws {
    var body: [UInt8] = []
    while body.count < 65_536, let bytes = try await response.next() { body += bytes }
    self.init(status: response.status, body: body, retryAfter: response.header("Retry-After"))
  }
}
