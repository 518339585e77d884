#if HTTP

import AsyncHTTPClient
import NIOCore
import NIOSSL

/// Sends requests with async-http-client.
public final class AsyncHTTPClientTransport: HTTPTransport {
  private let client: HTTPClient

  /// - Parameter stallLimit: how long a hub may neither send nor take a byte; nil waits forever.
  /// - Parameter trustedCertificates: a file of certificates, as PEM, that are trusted beside those the system trusts.
  public init(stallLimit: Duration? = .seconds(120), trustedCertificates: String? = nil) throws {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.timeout.connect = .seconds(20)
    configuration.timeout.read = stallLimit.map(TimeAmount.init)
    configuration.timeout.write = stallLimit.map(TimeAmount.init)
    // Bodies are frames, which are compressed already.
    configuration.decompression = .disabled
    configuration.httpVersion = .http1Only
    if let trustedCertificates {
      let certificates = try NIOSSLCertificate.fromPEMFile(trustedCertificates)
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.additionalTrustRoots = [.certificates(certificates)]
      configuration.tlsConfiguration = tls
    }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Closes all connections. To be called when it is used no more.
  public func close() async throws {
    try await client.shutdown()
  }

  public func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = .RAW(value: request.method.rawValue)
    for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
    if request.method == .post { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
    let url = request.url
    let response: HTTPClientResponse
    do {
      response = try await client.execute(outgoing, deadline: .distantFuture)
    } catch {
      throw Self.explained(error, url)
    }
    let headers = response.headers
    var body = response.body.makeAsyncIterator()
    return HTTPTransportResponse(status: Int(response.status.code), header: { headers.first(name: $0) }) {
      do {
        return try await body.next().map { Array($0.readableBytesView) }
      } catch {
        var error = Self.explained(error, url)
        if var cut = error as? HubUnreachable {
          cut.wasCutOff = true
          error = cut
        }
        throw error
      }
    }
  }

  private static func explained(_ error: any Error, _ url: String) -> any Error {
    if error is CancellationError { return error }
    guard let clientError = error as? HTTPClientError else {
      let isRefused = "\(error)".contains("Connection refused")
      return HubUnreachable(url: url, reason: isRefused ? "nothing listens there" : "\(error)")
    }
    switch clientError {
    case .cancelled: return CancellationError()
    case .remoteConnectionClosed:
      var cut = HubUnreachable(url: url, reason: "it closed the line")
      cut.wasCutOff = true
      return cut
    case .connectTimeout, .readTimeout, .writeTimeout: return HubUnreachable(url: url, reason: "no answer in time")
    default: return HubUnreachable(url: url, reason: clientError.shortDescription)
    }
  }
}

#endif
