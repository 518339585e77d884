import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation
import Synchronization

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Make this archive and another replica of its corpus equal, both ways.",
    discussion: """
      PEER is one of
        FILE                            another archive on this machine
        exec:COMMAND                    a program that answers; split at spaces, no shell
        ssh://[user@]host[:port]/path   an archive over there; /~/path begins in the home folder
        https://host[:port]/CORPUS      a corpus on a hub; http:// too, where nobody else is on the line

      Over ssh, demo-cli has to be installed there too. For exec: say 'exec:demo-cli serve --stdio --archive FILE'. \
      What the peer prints on standard error is shown. \
      A hub asks for a token: put it into $DICTA_TOKEN, or into a file and say --token-file. With a reader's token nothing is sent; \
      if there was something to send, the exit code is 77.

      An archive that holds nothing yet gets a copy of a large one instead of its log, many times faster; over a line it is signed by \
      the peer. It is as good as the peer is, and `check` verifies all of it.

      Where no archive is at --archive yet, one is made: a replica of the peer's corpus. A sync that is cut off or interrupted has lost \
      nothing; the next one goes on. Ctrl-C and `kill` end it in order, with the exit code that the signal has in a shell (130, 143).

      With --watch it goes on until it is ended, and syncs whenever the archive or the peer was written to, within milliseconds; PEER is a hub \
      or a file then. While nothing changes it does nothing. Where the hub goes away it waits for it. Ctrl-C and `kill` are the way to end it: \
      the exit code is 0, and what is printed then counts all its syncs.
      """)

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("The other replica: a file, exec:COMMAND, ssh://host/path or https://host/corpus.", valueName: "peer"))
  var peer: String

  @Flag(help: "Go on, and sync whenever something changes.")
  var watch = false

  @Option(help: ArgumentHelp("For a hub: the file with the token (else $DICTA_TOKEN).", valueName: "file"))
  var tokenFile: String?

  @Option(help: ArgumentHelp("For https://: trust these certificates too, as PEM.", valueName: "file"))
  var trustedCertificates: String?

  @Option(help: ArgumentHelp("Give up on a peer that neither sends nor takes anything for so long; 0 waits forever.", valueName: "seconds"))
  var timeout = 120

  @Option(help: ArgumentHelp("For ssh://: how demo-cli is called over there, split at spaces (demo-cli if left out).", valueName: "command"))
  var remoteCommand: String?

  func run() async throws {
    guard (0...1_000_000).contains(timeout) else {
      throw CommandFailure(.usage, "--timeout takes 0 to 1000000 seconds, not \(timeout)", hint: "give whole seconds, or 0 to wait forever")
    }
    let address = try PeerAddress(peer, remoteCommand: remoteCommand, mayAsk: isatty(STDIN_FILENO) == 1)
    if tokenFile != nil || trustedCertificates != nil {
      guard case .hub = address else {
        throw CommandFailure(.usage, "--token-file and --trusted-certificates are for a hub", hint: "leave them out")
      }
    }
    if case .hub(let address) = address, !shared.json, HubPeer(address: address).isReadableOnTheWay {
      Terminal.writeError("warning: over http:// everybody on the way to \(address.base) can read the token and the corpus; use https://\n")
    }
    if watch { return try await keepEqual(with: address) }
    let progress = SyncProgress(isJSON: shared.json)
    let isRefused = Mutex(false)
    let (report, status) = try await Interruption.watching {
      defer { progress.clear() }
      var options = SyncOptions()
      options.stallLimit = timeout == 0 ? nil : .seconds(timeout)
      options.progress = { progress.update($0) }
      switch address {
      case .file(let path): return try await sync(withArchiveAt: path, options)
      case .program(let program): return try await sync(with: program, options, progress)
      case .hub(let address):
        let (report, status, wasRefused) = try await sync(with: address, options)
        isRefused.withLock { $0 = wasRefused }
        return (report, status)
      }
    }
    try shared.output.print(report.json(peer: peer, status)) { report.text(peer: peer, status) }
    if isRefused.withLock({ $0 }) { try refuseReader() }
  }

  /// - Throws: always.
  func refuseReader() throws {
    if !shared.json { Terminal.writeError("a reader's token can't send what is written here\n") }
    throw ExitCode(CommandFailure.Kind.notAllowed.exitCode)
  }

  // MARK: A hub

  /// - Returns: also whether there was something to send, and the token is a reader's.
  private func sync(with address: HubAddress, _ options: SyncOptions) async throws -> (SyncReport, ArchiveStatus, Bool) {
    let hub = HubPeer(address: address, tokenFile: tokenFile, trustedCertificates: trustedCertificates)
    return try await OwnReplica.with(at: shared.path, corpus: address.corpus) { local in
      let report = try await hub.sync(local, options: options)
      return (report.sync, try await local.read { try $0.status() }, report.isReader && !report.sync.isEqual)
    }
  }

  // MARK: An archive on this machine

  private func sync(withArchiveAt path: String, _ options: SyncOptions) async throws -> (SyncReport, ArchiveStatus) {
    let remote = try archive(of: path)
    defer { try? remote.close() }
    return try await OwnReplica.with(at: shared.path, corpus: try await remote.read { try $0.status().corpus }) { local in
      let report = try await local.sync(with: remote, options: options)
      return (report, try await local.read { try $0.status() })
    }
  }

  func archive(of path: String) throws -> Archive {
    let remote = try Archive.peer(at: path)
    guard !isSameFile(shared.path, path) else {
      try? remote.close()
      throw CommandFailure(.usage, "\(path) is the archive itself", hint: "name another replica")
    }
    return remote
  }

  // MARK: A program that answers

  private func sync(with program: PeerProgram, _ options: SyncOptions, _ progress: SyncProgress) async throws -> (SyncReport, ArchiveStatus) {
    let isJSON = shared.json
    return try await OwnReplica.with(at: shared.path) { local in
      let report = try await local.sync(with: program, isJSON: isJSON, options: options, progress: progress)
      return (report, try await local.read { try $0.status() })
    }
  }
}

extension SyncReport {
  func json(peer: String, _ status: ArchiveStatus) -> JSON {
    .object(
      JSONObject([
        ("peer", .string(peer)), ("sent", .integer(sent)), ("received", .integer(received)), ("texts", .integer(texts)),
        ("snapshotBytes", .integer(snapshotBytes)),
        ("bytesSent", .integer(bytesSent)), ("bytesReceived", .integer(bytesReceived)), ("roundTrips", .integer(roundTrips)),
        ("equal", .bool(isEqual)), ("conflicts", .integer(status.conflicts)), ("aside", .integer(status.aside)), ("forks", .integer(status.forks)),
      ]))
  }

  func text(peer: String, _ status: ArchiveStatus) -> String {
    let style = Style()
    func changes(_ count: Int) -> String { "\(count) change\(count == 1 ? "" : "s")" }
    var text =
      sent + received == 0
      ? (isEqual ? "Nothing to do: both hold the same.\n" : "Nothing could be sent or received.\n")
      : "Sent \(changes(sent)), received \(changes(received))\(texts > 0 ? ", with \(texts) text\(texts == 1 ? "" : "s")" : "").\n"
    if snapshotBytes > 0 { text += "Most of it came as a snapshot of \(SyncProgress.megabytes(snapshotBytes)): rows and log as they are there.\n" }
    if isEqual { text += style.green("equal") + style.dim("  digest \(status.digest.description.prefix(16))…") + "\n" }
    if !isEqual {
      text += style.yellow("not equal yet") + ": one of them was written to meanwhile, or holds what it can't send; "
      text += "sync again, or run `check` on both\n"
    }
    if status.conflicts > 0 {
      let count = "\(status.conflicts) conflict\(status.conflicts == 1 ? "" : "s")"
      text += style.yellow(count) + style.dim("  see them with: demo-cli conflicts") + "\n"
    }
    return text
  }
}
