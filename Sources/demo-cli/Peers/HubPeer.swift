import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP

/// A corpus on a hub, and what is shown there.
struct HubPeer {
  let address: HubAddress

  /// Nil: the token is in `$DICTA_TOKEN`.
  var tokenFile: String?

  /// A file of certificates that are trusted beside the system's.
  var trustedCertificates: String?

  func sync(_ local: Archive, options: SyncOptions) async throws -> HubConnection.Report {
    #if HTTP
    let token = try HubTokenSource(file: tokenFile).token()
    let transport = try transport(options)
    do {
      let report = try await HubConnection(to: address, token: token, over: transport).sync(local, options: options)
      try await transport.close()
      return report
    } catch {
      try? await transport.close()
      throw error
    }
    #else
    throw CommandFailure(.usage, "this demo-cli was built without a web client", hint: "build it with `make build`")
    #endif
  }

  #if HTTP
  private func transport(_ options: SyncOptions) throws -> AsyncHTTPClientTransport {
    do {
      return try AsyncHTTPClientTransport(stallLimit: options.stallLimit, trustedCertificates: trustedCertificates)
    } catch {
      throw CommandFailure(
        .badData, "the certificates in \(trustedCertificates ?? "") can't be used", hint: "give a file of certificates as PEM")
    }
  }
  #endif
}
