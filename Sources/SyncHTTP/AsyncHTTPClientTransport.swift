#if HTTP

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

/// Sends requests with async-http-client.
public final class AsyncHTTPClientTransport: HTTPTransport {
  private let client: HTTPClient

  /// - Parameters:
  ///   - stallLimit: how long a hub may neither send nor take a byte; nil waits forever.
  ///   - trustedCertificates: a file of certificates, as PEM, that are trusted beside those the system trusts.
  ///   - proxy: what all requests go through, as ``WebProxy/system(for:environment:)`` finds it.
  public init(stallLimit: Duration? = .seconds(120), trustedCertificates: String? = nil, proxy: WebProxy? = nil) throws {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.timeout.connect = stallLimit.map { min(.seconds(20), TimeAmount($0)) } ?? .seconds(20)
    // Whoever calls tries again if that is of any use.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.read = stallLimit.map(TimeAmount.init)
    configuration.timeout.write = stallLimit.map(TimeAmount.init)
    // Bodies are frames, which are compressed already.
    configuration.decompression = .disabled
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.proxy = proxy.map { proxy in
      .server(
        host: proxy.host, port: proxy.port,
        authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
    }
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
    if request.method == .post { outgoing.body = .stream(Portions(bytes: request.body), length: .known(Int64(request.body.count))) }
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

  /// A body as the line takes it. Handed over whole, it would count as sent at once, and the time it takes on a slow line as the hub's silence.
  private struct Portions: AsyncSequence, AsyncIteratorProtocol, Sendable {
    private static let byteCount = 32_768

    let bytes: [UInt8]
    private var start = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func next() -> ByteBuffer? {
      guard start < bytes.count else { return nil }
      defer { start += Self.byteCount }
      return ByteBuffer(bytes: bytes[start..<Swift.min(start + Self.byteCount, bytes.count)])
    }

    func makeAsyncIterator() -> Portions { self }
  }

  private static func explained(ofLine error: any Error, _ url: String) -> HubUnreachable {
    if let error = error as? IOError, [ECONNRESET, EPIPE].contains(error.errnoCode) {
      var cut = HubUnreachable(url: url, reason: "it closed the line")
      cut.wasCutOff = true
      return cut
    }
    let words = "\(error)"
    if error is NIOSSLError || error is BoringSSLError || words.contains("handshakeFailed") {
      let isUntrusted = words.contains("CERTIFICATE_VERIFY_FAILED") || words.contains("unableToValidateCertificate")
      var refused = HubUnreachable(url: url, reason: isUntrusted ? "its certificate isn't trusted here" : "it doesn't speak TLS as it should")
      refused.isUntrusted = isUntrusted
      return refused
    }
    let reason = words.contains("Connection refused") ? "nothing listens there" : words.contains("UnknownHost") ? "there is no such host" : words
    return HubUnreachable(url: url, reason: reason)
  }

  private static func explained(_ error: any Error, _ url: String) -> any Error {
    if error is CancellationError { return error }
    guard let clientError = error as? HTTPClientError else { return explained(ofLine: error, url) }
    switch clientError {
    case .cancelled: return CancellationError()
    case .remoteConnectionClosed:
      var cut = HubUnreachable(url: url, reason: "it closed the line")
      cut.wasCutOff = true
      return cut
    case .proxyAuthenticationRequired: return HubUnreachable(url: url, reason: "the proxy asks for a user and a password")
    case .invalidProxyResponse: return HubUnreachable(url: url, reason: "the proxy doesn't let it through")
    case .connectTimeout, .readTimeout, .writeTimeout: return HubUnreachable(url: url, reason: "no answer in time")
    default: return HubUnreachable(url: url, reason: clientError.shortDescription)
    }
  }
}

#endif
