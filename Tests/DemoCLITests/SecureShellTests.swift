import DictaModels
import Foundation
import Subprocess
import SystemPackage
import Testing

/// `sync ssh://…` over a real server on this machine.
@Suite(.enabled(if: SecureShellServer.isInstalled, "openssh-server isn't installed")) struct SecureShellTests {
  @Test func aReplicaIsMadeAndKeptEqualOverSecureShell() async throws {
    try await SecureShellServer.with { server in
      let desk = try Desk.withArchive()
      try await desk.json("claim", "add", "One")
      try FileManager.default.moveItem(atPath: desk.folder + "/corpus.dicta", toPath: desk.folder + "/it's here.dicta")
      try FileManager.default.moveItem(atPath: desk.folder + "/corpus.dicta-witness", toPath: desk.folder + "/it's here.dicta-witness")
      let peer = server.address(of: desk.folder + "/it's%20here.dicta")
      let first = try await server.sync(desk, peer)
      #expect(first.status == 0, "\(first.stderr)")
      #expect(try first.json["received"] == .integer(1))
      try await desk.json("claim", "add", "Two")
      let second = try await server.sync(desk, peer)
      #expect(second.status == 0, "\(second.stderr)")
      #expect(try second.json["sent"] == .integer(1))
      #expect(try second.json["equal"] == .bool(true))
      try await desk.expectEqual("corpus.dicta", "it's here.dicta")
    }
  }

  @Test func whatGoesWrongIsSaidInTheWordsOfWhoeverKnows() async throws {
    try await SecureShellServer.with { server in
      let desk = try Desk()
      func expect(
        _ outcome: CLI.Outcome, _ status: Int32, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
      ) throws {
        let error = try outcome.error.description
        #expect(outcome.status == status && error.contains(words), "\(outcome)", sourceLocation: sourceLocation)
      }
      let nowhere = server.address(of: desk.folder + "/nowhere.dicta")
      try expect(try await server.sync(desk, nowhere), 69, "no archive at \(desk.folder)/nowhere.dicta")
      try expect(try await server.sync(desk, nowhere, command: "/nowhere/demo-cli"), 69, "no /nowhere/demo-cli on 127.0.0.1")
      try expect(try await server.sync(desk, nowhere, command: "/etc/hostname"), 69, "no /etc/hostname on 127.0.0.1")
      try expect(try await server.sync(desk, nowhere, command: "/bin/echo"), 69, "it says “serve --stdio --archive")
      try expect(try await server.sync(desk, nowhere, key: "stranger"), 69, "Permission denied")
      try expect(try await server.sync(desk, nowhere, knownHosts: "/dev/null"), 69, "Host key verification failed")
      try expect(try await server.sync(desk, "ssh://127.0.0.1:9/x"), 69, "Connection refused")
      #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder).isEmpty)
    }
  }
}

/// A server of its own: its keys, its port, its settings.
struct SecureShellServer: Sendable {
  private static let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].first(where: FileManager.default.isExecutableFile)

  static var isInstalled: Bool {
    program != nil && ["/usr/bin/ssh", "/usr/bin/ssh-keygen"].allSatisfy(FileManager.default.isExecutableFile)
  }

  let desk: Desk
  let port: UInt16

  func address(of path: String) -> String { "ssh://127.0.0.1:\(port)\(path)" }

  /// Syncs with an `ssh` that uses nothing of whoever runs this test.
  func sync(
    _ client: Desk, _ peer: String, command: String? = nil, key: String = "key", knownHosts: String = "known_hosts"
  ) async throws -> CLI.Outcome {
    let tools = try Desk()
    let known = knownHosts.hasPrefix("/") ? knownHosts : desk.folder + "/" + knownHosts
    try tools.program(
      "ssh",
      """
      exec /usr/bin/ssh -F none -o IdentitiesOnly=yes -o IdentityAgent=none -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null \
      -o UserKnownHostsFile='\(known)' -i '\(desk.folder)/\(key)' "$@"
      """)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try await client.run(
      "sync", peer, "--json", "--remote-command", command ?? CLI.executable.path, environment: ["PATH": "\(tools.folder):\(path)"])
  }

  static func with(_ body: @Sendable (SecureShellServer) async throws -> Void) async throws {
    let server = SecureShellServer(desk: try Desk(), port: try freePort())
    try await server.prepare()
    let folder = server.desk.folder
    let result = try await Subprocess.run(
      .path(FilePath(program ?? "sshd")), arguments: ["-D", "-e", "-f", folder + "/config"], input: .none, output: .discarded,
      error: .string(limit: 1 << 20)
    ) { process in
      do {
        try await poll { server.isListening }
        try await body(server)
      } catch {
        Issue.record(error)
      }
      try process.send(signal: .terminate)
    }
    #expect(result.terminationStatus == .exited(0) || result.terminationStatus == .signaled(SIGTERM) || result.terminationStatus == .exited(255))
  }

  private func prepare() async throws {
    for key in ["host", "key", "stranger"] {
      let made = try await Subprocess.run(
        .path("/usr/bin/ssh-keygen"), arguments: ["-q", "-t", "ed25519", "-N", "", "-f", desk.folder + "/" + key], output: .discarded,
        error: .string(limit: 4096))
      try #require(made.terminationStatus == .exited(0), "\(made.standardError)")
    }
    let hostKey = try String(contentsOfFile: desk.folder + "/host.pub", encoding: .utf8)
    try desk.file("known_hosts", "[127.0.0.1]:\(port) \(hostKey)")
    try desk.file("authorized_keys", try String(contentsOfFile: desk.folder + "/key.pub", encoding: .utf8))
    try desk.file(
      "config",
      """
      Port \(port)
      ListenAddress 127.0.0.1
      HostKey \(desk.folder)/host
      AuthorizedKeysFile \(desk.folder)/authorized_keys
      PidFile none
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password

      """)
    // What a server that root starts wants to be there.
    if getuid() == 0 { try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true) }
  }

  private var isListening: Bool {
    let socket = Self.socket()
    defer { close(socket) }
    var address = Self.loopback(port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
  }

  private static func freePort() throws -> UInt16 {
    let socket = socket()
    defer { close(socket) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0 }
    }
    try #require(isBound)
    return UInt16(bigEndian: address.sin_port)
  }

  private static func socket() -> Int32 {
    #if canImport(Glibc)
    Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
    Foundation.socket(AF_INET, SOCK_STREAM, 0)
    #endif
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
