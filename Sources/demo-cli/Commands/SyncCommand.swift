import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import Foundation

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Make this archive and another replica of its corpus equal, both ways.",
    discussion: """
      PEER is the path of another archive. Where no archive is at --archive yet, one is made: a replica of the peer's corpus. \
      A sync that is cut off has lost nothing; the next one goes on.
      """)

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("The other archive's file.", valueName: "peer"))
  var peer: String

  func run() async throws {
    for scheme in ["exec:", "ssh://", "http://", "https://"] where peer.hasPrefix(scheme) {
      throw CommandFailure(.usage, "peers that begin with \(scheme) can't be reached yet", hint: "name the path of another archive")
    }
    let remote = try openPeer()
    defer { try? remote.close() }
    let local: Archive
    do {
      local = try Archive(at: shared.path)
    } catch ArchiveError.notFound {
      local = try Archive(creatingAt: shared.path, corpus: try await remote.corpus().id)
    }
    defer { try? local.close() }
    guard try !isSameFile(shared.path, peer) else {
      throw CommandFailure(.usage, "\(peer) is the archive itself", hint: "name another replica")
    }
    let report = try await local.sync(with: remote)
    let status = try await local.read { try $0.status() }
    try shared.output.print(report.json(peer: peer, status)) { report.text(peer: peer, status) }
  }

  private func openPeer() throws -> Archive {
    do {
      return try Archive(at: peer)
    } catch ArchiveError.notFound {
      throw CommandFailure(.unreachable, "no archive at \(peer)", hint: "name the path of another replica")
    }
  }

  private func isSameFile(_ one: String, _ other: String) throws -> Bool {
    let marks = try [one, other].map { path in
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return [attributes[.systemNumber] as? Int, attributes[.systemFileNumber] as? Int]
    }
    return marks[0] == marks[1]
  }
}

extension SyncReport {
  func json(peer: String, _ status: ArchiveStatus) -> JSON {
    .object(
      JSONObject([
        ("peer", .string(peer)), ("sent", .integer(sent)), ("received", .integer(received)), ("texts", .integer(texts)),
        ("bytesSent", .integer(bytesSent)), ("bytesReceived", .integer(bytesReceived)), ("roundTrips", .integer(roundTrips)),
        ("equal", .bool(isEqual)), ("conflicts", .integer(status.conflicts)), ("aside", .integer(status.aside)), ("forks", .integer(status.forks)),
      ]))
  }

  func text(peer: String, _ status: ArchiveStatus) -> String {
    let style = Style()
    func changes(_ count: Int) -> String { "\(count) change\(count == 1 ? "" : "s")" }
    var text =
      sent + received == 0
      ? "Nothing to do: both hold the same.\n"
      : "Sent \(changes(sent)), received \(changes(received))\(texts > 0 ? ", with \(texts) text\(texts == 1 ? "" : "s")" : "").\n"
    if isEqual { text += style.green("equal") + style.dim("  digest \(status.digest.description.prefix(16))…") + "\n" }
    if !isEqual { text += style.yellow("not equal yet") + ": one of them was written to meanwhile; sync again\n" }
    if status.conflicts > 0 {
      let count = "\(status.conflicts) conflict\(status.conflicts == 1 ? "" : "s")"
      text += style.yellow(count) + style.dim("  see them with: demo-cli conflicts") + "\n"
    }
    return text
  }
}
