#if Hub && HTTP

import DictaModels
import DictaSyncHTTP
import Foundation
import Subprocess
import SystemPackage
import Testing

/// `demo-cli serve --port`, in a process of its own.
struct RunningHub: Sendable {
  let url: String
  let process: Int32

  /// The folder `hub` in a desk.
  let directory: String

  /// Runs a hub, and ends it when `body` is done.
  ///
  /// - Parameter arguments: beside the port and the folder.
  static func with(_ desk: Desk, _ arguments: String..., body: @Sendable @escaping (RunningHub) async throws -> Void) async throws {
    let directory = desk.folder + "/hub"
    let result = try await Subprocess.run(
      .path(FilePath(try CLI.executable.path)),
      arguments: Arguments(["serve", "--port", "0", "--directory", directory, "--json"] + arguments), input: .none, output: .sequence,
      error: .string(limit: 1 << 20)
    ) { process in
      do {
        var lines = process.standardOutput.strings().makeAsyncIterator()
        guard let line = try await lines.next(), let url = try JSONReader.parse(Array(line.utf8))["url"]?.string else {
          throw CLI.Missing(what: "the hub's address")
        }
        try await body(RunningHub(url: url, process: Int32(process.processIdentifier.value), directory: directory))
      } catch {
        Issue.record(error)
      }
      try? process.send(signal: .terminate)
    }
    let isInOrder = result.terminationStatus == .exited(0) || result.terminationStatus == .signaled(SIGKILL)
    #expect(isInOrder, "\(result.standardError)")
  }

  /// As `kill -9` does.
  func kill() { Foundation.kill(process, SIGKILL) }

  /// Sends some bytes, and then lets the system reset the line, as when a machine vanishes.
  func sendAndReset(_ text: String) throws {
    guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw CLI.Missing(what: "a port in \(url)") }
    #if canImport(Glibc)
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
    let file = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    try #require(isConnected)
    let bytes = Array(text.utf8)
    try #require(write(file, bytes, bytes.count) == bytes.count)
    var reset = linger(l_onoff: 1, l_linger: 0)
    setsockopt(file, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout.size(ofValue: reset)))
  }

  /// A status, and the code of a refusal.
  struct Answer: Equatable {
    let status: Int
    let code: String?

    init(_ status: Int, _ code: String?) {
      (self.status, self.code) = (status, code)
    }
  }

  /// Sends a request as nobody's client, and reads the whole answer.
  func send(
    _ method: HTTPTransportRequest.Method, _ path: String, token: String? = nil, body: [UInt8] = []
  ) async throws -> Answer {
    let transport = try AsyncHTTPClientTransport(stallLimit: .seconds(60))
    var request = HTTPTransportRequest(method: method, url: url + path)
    if let token { request.headers = [("Authorization", "Bearer \(token)")] }
    request.body = body
    do {
      let response = try await transport.send(request)
      var answer: [UInt8] = []
      while let bytes = try await response.next() { answer += bytes }
      try await transport.close()
      return Answer(response.status, try? JSONReader.parse(answer)["error"]?["code"]?.string)
    } catch {
      try? await transport.close()
      throw error
    }
  }
}

extension Desk {
  /// Makes a token for a corpus on the hub of this desk.
  func token(_ corpus: String, _ role: String, expires: String? = nil) async throws -> (token: String, id: String) {
    let arguments =
      ["hub", "token", "create", "--directory", folder + "/hub", "--corpus", corpus, "--role", role, "--json"]
      + (expires.map { ["--expires", $0] } ?? [])
    let json = try await CLI.run(arguments, in: folder).json
    return (try #require(json["token"]?.string), try #require(json["id"]?.string))
  }

  /// Syncs an archive of this desk with a corpus on a hub.
  func sync(_ archive: String, _ hub: RunningHub, _ corpus: String, token: String?) async throws -> CLI.Outcome {
    try await run(
      "sync", "\(hub.url)/\(corpus)", "--archive", archive, "--json", environment: token.map { ["DICTA_TOKEN": $0] } ?? [:])
  }

  var corpus: String {
    get async throws { try #require(try await json("status")["corpus"]?.string) }
  }
}

#endif
