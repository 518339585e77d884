#if Hub

import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import Metrics
import NIOCore
import NIOSSL
import ServiceLifecycle
import UnixSignals

/// A hub alone in its program, which runs until that is ended.
public struct HubServer: Sendable {
  /// Why a hub can't be run.
  public enum Failure: Error, Hashable, Sendable {
    case portTaken(Int, reason: String)
    case badCertificate
    case badFolder(String)
  }

  public let directory: String

  /// 0 takes a free one.
  public let port: Int

  /// Files, as PEM: a chain of certificates, and the key of the first.
  public let certificate: Certificate?

  /// Whether other machines reach it.
  public let listensEverywhere: Bool

  public struct Certificate: Hashable, Sendable {
    public let chain: String
    public let key: String

    public init(chain: String, key: String) {
      (self.chain, self.key) = (chain, key)
    }
  }

  public init(directory: String, port: Int, certificate: Certificate?, listensEverywhere: Bool) {
    (self.directory, self.port, self.certificate, self.listensEverywhere) = (directory, port, certificate, listensEverywhere)
  }

  /// How long a connection may be silent, and how long its peer may take nothing of what is written.
  private static let silenceSeconds: Int64 = 30

  /// How long syncs that run may take when it is to end.
  private static let sessionSeconds: Int64 = 10

  /// How long an end in order may take behind them.
  private static let shutdownSeconds: Int64 = 20

  /// Runs until SIGTERM or SIGINT. To be called once in a program: it takes the program's logs and metrics.
  ///
  /// - Parameter whenListening: gets the address.
  /// - Throws: ``Failure``, or ``HubLock/Taken``.
  public func run(whenListening: @escaping @Sendable (_ url: String) -> Void) async throws {
    let server = try server()
    let prometheus = PrometheusMetrics()
    // First: what counts something asks there, once, where its numbers go.
    LoggingSystem.bootstrap { _ in JSONLogHandler() }
    MetricsSystem.bootstrap(prometheus)
    let hub = try openHub(prometheus)
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: UnknownAddresses())
    hub.addRoutes(to: router)
    let (port, scheme) = (port, certificate == nil ? "http" : "https")
    let host = listensEverywhere ? "0.0.0.0" : "127.0.0.1"
    let name = listensEverywhere ? ProcessInfo.processInfo.hostName : host
    let application = Application(
      router: router, server: server, configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "dicta"),
      services: [hub],
      onServerRunning: { channel in whenListening("\(scheme)://\(name):\(channel.localAddress?.port ?? port)") },
      logger: Logger(label: "dicta"))
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: application)], logger: Logger(label: "dicta"))
    configuration.maximumGracefulShutdownDuration = .seconds(Self.shutdownSeconds)
    let group = ServiceGroup(configuration: configuration)
    do {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            // The server takes no request any more once it is told.
            await hub.finishSessions(within: .seconds(Self.sessionSeconds))
            await group.triggerGracefulShutdown()
          }
        }
        try await tasks.next()
        tasks.cancelAll()
      }
    } catch is CancellationError {
      // Somebody didn't read to the end what was being answered.
    } catch let error as IOError {
      throw Failure.portTaken(port, reason: "\(error)")
    }
  }

  private func openHub(_ prometheus: PrometheusMetrics) throws -> Hub {
    do {
      return try Hub(directory: directory, prometheus: prometheus)
    } catch let taken as HubLock.Taken {
      throw taken
    } catch {
      throw Failure.badFolder(directory)
    }
  }

  private func server() throws -> HTTPServerBuilder {
    let plain = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [StalledWriteHandler(limit: .seconds(Self.silenceSeconds))], idleTimeout: .seconds(Self.silenceSeconds)))
    guard let certificate else { return plain }
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(certificate.chain).map { NIOSSLCertificateSource.certificate($0) }
      let key = try NIOSSLPrivateKey(file: certificate.key, format: .pem)
      return try .tls(plain, tlsConfiguration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    } catch {
      throw Failure.badCertificate
    }
  }
}

/// Answers what is for no route in the hub's own words.
private struct UnknownAddresses<Context: RequestContext>: RouterMiddleware {
  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPError where error.status == .notFound {
      return HubError.notFound("such address").response(endsConnection: request.method == .post)
    }
  }
}

#endif
