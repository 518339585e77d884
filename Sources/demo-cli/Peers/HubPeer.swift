import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation

/// A corpus on a hub, and what is shown there.
struct HubPeer {
  let address: HubAddress

  /// Nil: the token is in `$DICTA_TOKEN`.
  var tokenFile: String?

  /// A file of certificates that are trusted beside the system's.
  var trustedCertificates: String?

  /// Whether others could read what goes there.
  var isReadableOnTheWay: Bool {
    !address.isOnThisMachine && URL(string: address.base)?.scheme?.lowercased() == "http"
  }

  func sync(_ local: Archive, options: SyncOptions) async throws -> HubConnection.Report {
    try await connected(stallLimit: options.stallLimit) { try await $0.sync(local, options: options) }
  }

  /// Keeps an archive and the hub's equal until the task is cancelled.
  func keepEqual(_ local: Archive, options: SyncOptions, report: @Sendable @escaping (HubConnection.Outcome) -> Void) async throws {
    // A hub that has nothing to tell says so every 30 seconds.
    try await connected(stallLimit: options.stallLimit.map { max($0, .seconds(90)) }) { connection in
      try await connection.keepEqual(local, writes: try local.writes(), options: options, report: report)
    }
  }

  private func connected<Value>(stallLimit: Duration?, _ body: (HubConnection) async throws -> Value) async throws -> Value {
    #if HTTP
    let token = try HubTokenSource(file: tokenFile).token()
    let transport = try transport(stallLimit)
    do {
      let value = try await body(HubConnection(to: address, token: token, over: transport))
      try await transport.close()
      return value
    } catch {
      try? await transport.close()
      throw error
    }
    #else
    throw CommandFailure(.usage, "this demo-cli was built without a web client", hint: "build it with `make build`")
    #endif
  }

  #if HTTP
  private func transport(_ stallLimit: Duration?) throws -> AsyncHTTPClientTransport {
    do {
      return try AsyncHTTPClientTransport(
        stallLimit: stallLimit, trustedCertificates: trustedCertificates, proxy: try WebProxy.system(for: address))
    } catch let error as WebProxy.Unusable {
      throw CommandFailure(.usage, error.description, hint: "correct it, or unset it")
    } catch {
      throw CommandFailure(
        .badData, "the certificates in \(trustedCertificates ?? "") can't be used", hint: "give a file of certificates as PEM")
    }
  }
  #endif
}
