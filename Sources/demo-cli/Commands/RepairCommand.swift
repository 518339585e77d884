import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import Foundation

struct RepairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Make a new archive of what is sound in a damaged one, and of what its peers hold.",
    discussion: """
      The damaged archive is that of --archive. It is only read, with the -wal and -witness files beside it, if they are there; so it doesn't \
      matter whether it can still be opened. Every change and text that is kept is proven by its hash and its writer's signature. PEER is \
      anything that `sync` takes; give several if you have them: one that doesn't answer is left out, and named.

      What is in neither is listed, with the reason. Words that only lost changes had written are written again under this archive's own name, \
      if the damaged archive's rows can be trusted; the history then says “rescued by repair”.

      Go on with NEWFILE, and keep the damaged file until you know that nothing is missing; don't write to both.
      """)

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("Where the new archive will be. Nothing may be there yet.", valueName: "newfile"))
  var newFile: String

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Another replica to take from what is damaged here: a file, exec:COMMAND, ssh://host/path or https://host/corpus.", valueName: "peer"))
  var peers: [String] = []

  @Option(help: ArgumentHelp("Give up on a peer that neither sends nor takes anything for so long; 0 waits forever.", valueName: "seconds"))
  var timeout = 120

  @Option(help: ArgumentHelp("For ssh://: how demo-cli is called over there, split at spaces (demo-cli if left out).", valueName: "command"))
  var remoteCommand: String?

  func run() async throws {
    guard (0...1_000_000).contains(timeout) else {
      throw CommandFailure(.usage, "--timeout takes 0 to 1000000 seconds, not \(timeout)", hint: "give whole seconds, or 0 to wait forever")
    }
    let addresses = try peers.map { peer in
      try PeerAddress(peer, remoteCommand: peer.hasPrefix(SecureShellAddress.scheme) ? remoteCommand : nil, mayAsk: isatty(STDIN_FILENO) == 1)
    }
    let progress = SyncProgress(isJSON: shared.json)
    let (damaged, newFile, timeout) = (shared.path, newFile, timeout)
    let (report, unreached) = try await Interruption.watching {
      defer { progress.clear() }
      var options = SyncOptions()
      options.stallLimit = timeout == 0 ? nil : .seconds(timeout)
      options.progress = { progress.update($0) }
      let repair = try await Repair(of: damaged, into: newFile)
      do {
        let peers = PeerSync(isJSON: shared.json, options: options, progress: progress)
        let unreached = try await peers.sync(repair.archive, withEachOf: addresses, besides: damaged)
        return (try await repair.finish(), unreached)
      } catch {
        repair.abandon()
        guard case ArchiveError.damaged(let path, let reason) = error, path == damaged else { throw error }
        throw CommandFailure(.badData, reason, place: path, hint: "name a peer that holds the corpus with --from")
      }
    }
    try shared.output.print(report.json(unreached)) { report.text(damaged: damaged, newFile: newFile, hasPeers: !peers.isEmpty, unreached) }
  }
}

/// A peer that couldn't be asked, and why.
private struct Unreached {
  let peer: String
  let failure: CommandFailure
}

/// Syncs of the archive that is being made.
private struct PeerSync {
  let isJSON: Bool
  let options: SyncOptions
  let progress: SyncProgress

  /// - Returns: the peers that couldn't be asked.
  /// - Throws: if none could, or there is no use in asking the others.
  func sync(_ local: Archive, withEachOf addresses: [PeerAddress], besides damaged: String) async throws -> [Unreached] {
    var unreached: [Unreached] = []
    for address in addresses {
      try Task.checkCancellation()
      do {
        try await sync(local, with: address, besides: damaged)
      } catch let error where !(error is CancellationError) {
        guard let failure = CommandFailure(error), ![.usage, .other].contains(failure.kind) else { throw error }
        unreached.append(Unreached(peer: address.spelling, failure: failure))
        if unreached.count == addresses.count { throw error }
      }
    }
    return unreached
  }

  /// - Parameter damaged: the one archive that is no peer.
  func sync(_ local: Archive, with address: PeerAddress, besides damaged: String) async throws {
    switch address {
    case .file(let path):
      guard !isSameFile(path, damaged) else {
        throw CommandFailure(.usage, "\(path) is the damaged archive itself", hint: "name another replica")
      }
      let remote = try Archive.peer(at: path)
      defer { try? remote.close() }
      try await local.sync(with: remote, options: options)
    case .program(let program):
      _ = try await local.sync(with: program, isJSON: isJSON, options: options, progress: progress)
    case .hub(let address):
      _ = try await HubPeer(address: address).sync(local, options: options)
    }
  }
}

extension RepairReport {
  fileprivate func json(_ unreached: [Unreached]) -> JSON {
    var members: [(String, JSON)] = [("kept", .integer(kept)), ("fetched", .integer(fetched)), ("lost", .array(losses.map(\.json)))]
    if !unreached.isEmpty {
      let list = unreached.map { JSONObject([("peer", .string($0.peer)), ("message", .string($0.failure.message))]) }
      members.append(("unreached", .array(list.map(JSON.object))))
    }
    return .object(JSONObject(members))
  }

  fileprivate func text(damaged: String, newFile: String, hasPeers: Bool, _ unreached: [Unreached]) -> String {
    let style = Style()
    var text = "Made \(newFile): kept \(Self.changes(kept)) of \(damaged)"
    text += hasPeers ? ", fetched \(Self.changes(fetched)) from peers.\n" : ".\n"
    for peer in unreached { text += style.yellow("not asked") + ": \(peer.peer): \(peer.failure.message)\n" }
    guard !losses.isEmpty else { return text + style.green("nothing is lost") + "\n" }
    text += style.bold(style.red("lost:")) + "\n"
    for loss in losses { text += "  \(loss.words): \(loss.reason)\(loss.rescuedWords)\n" }
    text += hasPeers ? "" : "Another replica may hold it: repair once more, with --from PEER.\n"
    return text
  }

  fileprivate static func changes(_ count: Int) -> String { "\(count) change\(count == 1 ? "" : "s")" }
}

extension Loss {
  fileprivate var json: JSON {
    var members: [(String, JSON)] =
      switch subject {
      case .changes(let origin, let sequences):
        [
          ("kind", .string("changes")), ("origin", .optional(origin?.description)), ("first", .integer(Int64(sequences.lowerBound))),
          ("last", .integer(Int64(sequences.upperBound))),
        ]
      case .unknownChanges(let count): [("kind", .string("changes")), ("count", .integer(count))]
      case .anything: [("kind", .string("unknown"))]
      case .text(let hash): [("kind", .string("text")), ("hash", .string(hash.description))]
      }
    members.append(("reason", .string(reason)))
    if rescued > 0 { members.append(("rescued", .integer(rescued))) }
    return .object(JSONObject(members))
  }

  fileprivate var words: String {
    switch subject {
    case .changes(let origin, let sequences):
      let whose = origin.map { "of origin \($0)" } ?? "of an origin that nothing names"
      return sequences.count == 1
        ? "change \(sequences.lowerBound) \(whose)" : "changes \(sequences.lowerBound) to \(sequences.upperBound) \(whose)"
    case .unknownChanges(let count): return RepairReport.changes(count)
    case .text(let hash): return "text \(hash)"
    case .anything: return "perhaps more"
    }
  }

  fileprivate var rescuedWords: String {
    switch rescued {
    case 0: ""
    case 1: "; one value still stood in the rows and was written again"
    default: "; \(rescued) values still stood in the rows and were written again"
    }
  }
}
