import ArgumentParser
import DictaHub
import DictaModels
import DictaStorage
import DictaSync
import Foundation

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer other replicas' syncs: one on standard input and output, or many as a hub.",
    discussion: """
      With --stdio it answers one sync on standard input and output, for `sync ssh://…` and `sync exec:…`, which run it. \
      It prints nothing there but the sync itself; errors go to standard error.

      With --port and --directory it is a hub: it holds many corpora, and goes on until it is ended. `hub token create` makes corpora on it, and \
      the tokens that clients show. Without a certificate it listens on this machine only, unless --allow-plain-http says that something in \
      front of it speaks TLS. It logs a line of JSON on standard error for what it refuses.
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Answer on standard input and output.")
  var stdio = false

  @Option(help: ArgumentHelp("Listen on this port; 0 takes a free one.", valueName: "port"))
  var port: Int?

  @Option(help: ArgumentHelp("Where the hub keeps its archives and tokens.", valueName: "folder"))
  var directory: String?

  @Option(help: ArgumentHelp("The certificate, and those that lead to it, as PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(help: ArgumentHelp("The certificate's private key, as PEM.", valueName: "file"))
  var tlsKey: String?

  @Flag(name: .customLong("allow-plain-http"), help: "Listen on all addresses without TLS.")
  var allowsPlainHTTP = false

  func run() async throws {
    switch (stdio, port, directory) {
    case (true, nil, nil): try await serveStandardInput()
    case (false, let port?, let directory?): try await serveHub(port, directory)
    case (true, _, _): throw CommandFailure(.usage, "--stdio answers one archive, and --port a folder of them", hint: "say one of the two")
    case (false, nil, nil): throw CommandFailure(.usage, "nothing says where to answer", hint: "say --stdio, or --port and --directory")
    case (false, _, _): throw CommandFailure(.usage, "a hub needs --port and --directory", hint: "say both")
    }
  }

  // MARK: A hub

  private func serveHub(_ port: Int, _ directory: String) async throws {
    guard (0...65_535).contains(port) else { throw CommandFailure(.usage, "\(port) is no port", hint: "give a number up to 65535") }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw CommandFailure(.usage, "a certificate and its key go together", hint: "say --tls-certificate and --tls-key, or neither")
    }
    guard tlsCertificate == nil || !allowsPlainHTTP else {
      throw CommandFailure(.usage, "--allow-plain-http is for a hub without a certificate", hint: "leave it out")
    }
    #if Hub
    let output = shared.output
    let server = HubServer(
      directory: directory, port: port, certificate: tlsCertificate.flatMap { chain in tlsKey.map { .init(chain: chain, key: $0) } },
      listensEverywhere: tlsCertificate != nil || allowsPlainHTTP)
    do {
      try await server.run { url in
        try? output.print(.object(JSONObject([("url", .string(url))]))) { "The hub listens on \(url)\n" }
      }
    } catch let taken as HubLock.Taken {
      throw CommandFailure(.tryAgain, taken.description, hint: "end it first, or use another folder")
    } catch let failure as HubServer.Failure {
      throw CommandFailure(failure, tlsCertificate)
    }
    #else
    throw CommandFailure(.usage, "this demo-cli was built without a web server", hint: "build it with `make build`")
    #endif
  }

  // MARK: Standard input and output

  private func serveStandardInput() async throws {
    guard !shared.json else {
      throw CommandFailure(.usage, "`serve --stdio` has no --json: standard output belongs to the sync", hint: "leave it out")
    }
    guard isatty(STDIN_FILENO) == 0, isatty(STDOUT_FILENO) == 0 else {
      throw CommandFailure(
        .usage, "`serve --stdio` speaks to another demo-cli, not to a terminal",
        hint: "let the other side run it: demo-cli sync ssh://host/path, or demo-cli sync 'exec:demo-cli serve --stdio --archive FILE'")
    }
    let path = shared.path
    try await Interruption.watching {
      let archive = try Archive(at: path)
      do {
        try await answer(archive)
      } catch {
        try? archive.close()
        throw error
      }
      try archive.close()
    }
  }

  private func answer(_ archive: Archive) async throws {
    do {
      _ = try await archive.sync(over: StandardLine(), as: .answerer, with: "the caller")
    } catch let error as MalformedBytes {
      throw CommandFailure(.badData, "what comes on standard input is no sync, \(error)", hint: "let `demo-cli sync` run this")
    } catch ProtocolViolation.ended(.idle) {
      throw CommandFailure(.tryAgain, "the caller hung up before it said anything", hint: "nothing was changed: sync again")
    } catch ProtocolViolation.ended, LineError.closed {
      throw CommandFailure(.tryAgain, "the caller hung up in the middle of the sync", hint: "nothing was lost: sync again")
    }
  }
}

#if Hub
extension CommandFailure {
  fileprivate init(_ failure: HubServer.Failure, _ certificate: String?) {
    switch failure {
    case .portTaken(let port, let reason): self.init(.unreachable, "port \(port) can't be listened on (\(reason))", hint: "choose another one")
    case .badCertificate:
      self.init(.badData, "the certificate \(certificate ?? "") and its key can't be used", hint: "give a chain and its key, both as PEM")
    case .badFolder(let folder): self.init(.notAllowed, "the folder \(folder) can't be used", hint: "check that it is a folder, and yours")
    }
  }
}
#endif
