// For Apple's systems. A test builds it for others too.
#if canImport(Darwin) || TestsURLSession

import Foundation
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif
#if TestsURLSession
import DictaSyncHTTP
#endif

/// Sends requests with the system's own web client, which goes through the proxies, and trusts the certificates, of the system's settings.
public final class URLSessionTransport: HTTPTransport {
  private let session: URLSession
  private let exchanges: Exchanges

  /// - Parameters:
  ///   - stallLimit: how long a hub may neither send nor take a byte; nil waits for a week.
  ///   - configuration: of which caches, cookies and stored passwords are not used.
  public init(stallLimit: Duration? = .seconds(120), configuration: URLSessionConfiguration = .ephemeral) {
    configuration.timeoutIntervalForRequest = stallLimit.map { TimeInterval($0.components.seconds) } ?? configuration.timeoutIntervalForResource
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.httpCookieStorage = nil
    exchanges = Exchanges()
    session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
  }

  /// Closes all connections. To be called when it is used no more.
  public func close() {
    session.invalidateAndCancel()
  }

  public func send(_ request: HTTPTransportRequest) async throws -> sending HTTPTransportResponse {
    guard let url = URL(string: request.url) else { throw HubUnreachable(url: request.url, reason: "that is no address of the web") }
    var outgoing = URLRequest(url: url)
    outgoing.httpMethod = request.method.rawValue
    for header in request.headers { outgoing.setValue(header.value, forHTTPHeaderField: header.name) }
    if request.method == .post { outgoing.httpBody = Data(request.body) }
    let task = session.dataTask(with: outgoing)
    let exchange = exchanges.begin(task, url: request.url)
    return try await withTaskCancellationHandler {
      task.resume()
      let head = try await exchange.head()
      return HTTPTransportResponse(status: head.statusCode, header: { head.value(forHTTPHeaderField: $0) }) {
        try await withTaskCancellationHandler {
          try await exchange.next()
        } onCancel: {
          task.cancel()
        }
      }
    } onCancel: {
      task.cancel()
    }
  }
}

/// The requests that are under way.
private final class Exchanges: NSObject, URLSessionDataDelegate {
  private let exchanges = Mutex<[Int: Exchange]>([:])

  func begin(_ task: URLSessionTask, url: String) -> Exchange {
    let exchange = Exchange(task, url: url)
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
    return exchange
  }

  private func exchange(of task: URLSessionTask) -> Exchange? { exchanges.withLock { $0[task.taskIdentifier] } }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { exchange(of: dataTask)?.receive(response) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchange(of: dataTask)?.receive([UInt8](data))
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) }?.end(with: error)
  }

  /// Whoever asked decides where to go on.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }
}

/// One request, and what came of it so far.
private final class Exchange: Sendable {
  /// More isn't taken from the line before somebody takes it from here.
  private static let bufferByteLimit = 4 << 20

  private struct State {
    var head: Result<HTTPURLResponse, any Error>?
    var awaitingHead: CheckedContinuation<HTTPURLResponse, any Error>?
    var body: [[UInt8]] = []
    var byteCount = 0
    var isSuspended = false
    /// Nil while it goes on.
    var end: Result<Void, any Error>?
    var awaitingBody: CheckedContinuation<[UInt8]?, any Error>?
  }

  private let task: URLSessionTask
  private let url: String
  private let state = Mutex(State())

  init(_ task: URLSessionTask, url: String) {
    (self.task, self.url) = (task, url)
  }

  // MARK: What comes

  func receive(_ head: HTTPURLResponse) {
    let waiting = state.withLock { state -> CheckedContinuation<HTTPURLResponse, any Error>? in
      guard state.head == nil else { return nil }
      state.head = .success(head)
      defer { state.awaitingHead = nil }
      return state.awaitingHead
    }
    waiting?.resume(returning: head)
  }

  func receive(_ bytes: [UInt8]) {
    let waiting = state.withLock { state -> CheckedContinuation<[UInt8]?, any Error>? in
      if let waiting = state.awaitingBody {
        state.awaitingBody = nil
        return waiting
      }
      state.body.append(bytes)
      state.byteCount += bytes.count
      if state.byteCount > Self.bufferByteLimit, !state.isSuspended {
        state.isSuspended = true
        task.suspend()
      }
      return nil
    }
    waiting?.resume(returning: bytes)
  }

  func end(with error: (any Error)?) {
    let result: Result<Void, any Error> = error.map { .failure(explained($0)) } ?? .success(())
    let (head, body) = state.withLock { state in
      state.end = result
      if state.head == nil { state.head = .failure(result.error ?? HubUnreachable(url: url, reason: "it ended without an answer", wasCutOff: true)) }
      defer { (state.awaitingHead, state.awaitingBody) = (nil, nil) }
      return ((state.awaitingHead, state.head), state.awaitingBody)
    }
    if let result = head.1 { head.0?.resume(with: result) }
    body?.resume(with: result.map { nil })
  }

  // MARK: What is awaited

  func head() async throws -> HTTPURLResponse {
    try await withCheckedThrowingContinuation { continuation in
      let known = state.withLock { state in
        if state.head == nil { state.awaitingHead = continuation }
        return state.head
      }
      if let known { continuation.resume(with: known) }
    }
  }

  /// The next bytes of the body; nil at its end. One task at a time may ask.
  func next() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
      let known = state.withLock { state -> Result<[UInt8]?, any Error>? in
        guard state.body.isEmpty else { return .success(takeAll(&state)) }
        if state.end == nil { state.awaitingBody = continuation }
        return state.end?.map { nil }
      }
      if let known { continuation.resume(with: known) }
    }
  }

  private func takeAll(_ state: inout State) -> [UInt8] {
    let bytes = state.body.count == 1 ? state.body[0] : Array(state.body.joined())
    (state.body, state.byteCount) = ([], 0)
    if state.isSuspended {
      state.isSuspended = false
      task.resume()
    }
    return bytes
  }

  // MARK: Errors

  private func explained(_ error: any Error) -> any Error {
    guard let error = error as? URLError else { return HubUnreachable(url: url, reason: error.localizedDescription) }
    switch error.code {
    case .cancelled: return CancellationError()
    case .timedOut: return HubUnreachable(url: url, reason: "no answer in time")
    case .cannotConnectToHost: return HubUnreachable(url: url, reason: "nothing listens there")
    case .networkConnectionLost: return HubUnreachable(url: url, reason: "it closed the line", wasCutOff: true)
    case .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
      var refused = HubUnreachable(url: url, reason: "its certificate isn't trusted here")
      refused.isUntrusted = true
      return refused
    case .secureConnectionFailed: return HubUnreachable(url: url, reason: "it doesn't speak TLS as it should")
    default: return HubUnreachable(url: url, reason: error.localizedDescription)
    }
  }
}

extension Result {
  fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}

#endif
