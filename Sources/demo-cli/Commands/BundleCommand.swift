import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import Foundation

struct BundleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "Sync by file: on a stick, in a mail.",
    discussion: "A bundle holds changes as a sync sends them. Importing one twice, or in any order, does no harm.",
    subcommands: [BundleExportCommand.self, BundleImportCommand.self])
}

struct BundleExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write changes into a file.",
    discussion: """
      Without --since it holds everything. Only a bundle is ever replaced, and only when the new one is complete.
      """)

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("Where to write.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "Leave out what the reader holds: what the writer of an earlier bundle held, or what `status --json` printed over there.",
      valueName: "bundle|heads-file"))
  var since: String?

  func run() async throws {
    let path = shared.path
    let contents = try await Interruption.watching {
      let archive = try Archive(at: path)
      do {
        let contents = try await export(archive)
        try archive.close()
        return contents
      } catch {
        try? archive.close()
        throw error
      }
    }
    let json = JSON.object(
      JSONObject([("changes", .integer(contents.changes)), ("texts", .integer(contents.texts)), ("bytes", .integer(contents.bytes))]))
    try shared.output.print(json) {
      "Wrote \(contents.changes) change\(contents.changes == 1 ? "" : "s") to \(file)"
        + (contents.texts > 0 ? ", with \(contents.texts) text\(contents.texts == 1 ? "" : "s")" : "") + " (\(contents.bytes) bytes).\n"
        + Style().dim("Over there: demo-cli bundle import FILE")
    }
  }

  private func export(_ archive: Archive) async throws -> BundleContents {
    var heads: [HeadName] = []
    if let since { heads = try await SinceFile(name: since).heads(of: try await archive.read { try $0.status().corpus }) }
    let known = heads
    let bar = ProgressBar("exporting")
    defer { bar.finish() }
    return try await BundleFile(name: file).write { sink in
      try await archive.writeBundle(since: known, to: sink) { bar.update($0, of: $1) }
    }
  }
}

struct BundleImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Take the changes that a file holds.",
    discussion: """
      What is held already does no harm. What rests on changes that aren't held is left out and counted, and what to import first is said. \
      An archive without changes becomes a replica of the bundle's corpus.
      """)

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("A file that `bundle export` wrote.", valueName: "file"))
  var file: String

  func run() async throws {
    let path = shared.path
    let (receipt, status) = try await Interruption.watching {
      let archive = try Archive(at: path)
      do {
        let receipt = try await take(into: archive)
        let status = try await archive.read { try $0.status() }
        try archive.close()
        return (receipt, status)
      } catch {
        try? archive.close()
        throw error
      }
    }
    try shared.output.print(receipt.json(status)) { receipt.text(status) }
  }

  private func take(into archive: Archive) async throws -> BundleReceipt {
    let bundle = BundleFile(name: file)
    let total = try bundle.byteCount
    let source = try bundle.source()
    let bar = ProgressBar("importing")
    defer { bar.finish() }
    var done = 0
    do {
      return try await archive.readBundle(file) {
        let bytes = try await source()
        done += bytes?.count ?? 0
        bar.update(done, of: total)
        return bytes
      }
    } catch let error as BundleError {
      throw CommandFailure(error, place: file)
    }
  }
}

extension BundleReceipt {
  func json(_ status: ArchiveStatus) -> JSON {
    var members: [(String, JSON)] = [
      ("applied", .integer(applied)), ("known", .integer(known)), ("missing", .integer(missing)), ("aside", .integer(status.aside)),
    ]
    if missing > 0 { members.append(("needs", .array(needs.map(\.json)))) }
    return .object(JSONObject(members))
  }

  func text(_ status: ArchiveStatus) -> String {
    let style = Style()
    func changes(_ count: Int) -> String { "\(count) change\(count == 1 ? "" : "s")" }
    var text =
      applied == 0
      ? "Nothing new\(missing > 0 ? "" : known > 0 ? ": everything in it is held already" : ": the bundle holds no changes").\n"
      : "Took \(changes(applied))\(texts > 0 ? ", with \(texts) text\(texts == 1 ? "" : "s")" : "")"
        + (known > 0 ? "; \(known) \(known == 1 ? "was" : "were") held already" : "") + ".\n"
    if missing > 0 {
      text += style.yellow("\(changes(missing)) left out")
      text += ": what \(missing == 1 ? "it rests" : "they rest") on isn't here. Import first what holds\n"
      for head in needs { text += "  change \(head.sequence) of origin \(head.origin)\n" }
      text +=
        (needs.isEmpty ? "  the texts that earlier changes brought, or run `check` where it was written\n" : "")
        + "then this bundle again, or sync.\n"
    }
    if status.conflicts > 0 {
      text += style.yellow("\(status.conflicts) conflict\(status.conflicts == 1 ? "" : "s")")
      text += style.dim("  see them with: demo-cli conflicts") + "\n"
    }
    return text
  }
}
