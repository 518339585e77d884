import ArgumentParser
import DictaModels
import DictaStorage
import Foundation

/// The program: what it was asked, and how it ends.
@main
struct DemoCLI: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo-cli",
    abstract: "Keeps who said what, where, and how it stands to what is in dispute; offline, and synced by a change log.",
    discussion: """
      Begin with `demo-cli tour`. Every command but `serve --stdio` and `export` without FILE takes --json and then prints exactly one JSON value.
      The archive is --archive FILE, else $DICTA_ARCHIVE, else ./corpus.dicta. Ids may be cut to any unique ending of 4 characters or more.
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(name: "Begin", subcommands: [TourCommand.self, InitCommand.self, StatusCommand.self]),
      CommandGroup(
        name: "The corpus", subcommands: [ArticleCommand.self, SpeakerCommand.self, QuoteCommand.self, ClaimCommand.self, StanceCommand.self]),
      CommandGroup(
        name: "Any entity",
        subcommands: [
          EditCommand.self, DeleteCommand.self, RestoreCommand.self, HistoryCommand.self, SearchCommand.self, ConflictsCommand.self,
          ResolveCommand.self,
        ]),
      CommandGroup(
        name: "Elsewhere",
        subcommands: [
          SyncCommand.self, ServeCommand.self, HubCommand.self, BundleCommand.self, ImportCommand.self, ExportCommand.self, CheckCommand.self,
          CompactCommand.self, RepairCommand.self,
        ]),
    ])

  private static var commandNames: [String] {
    configuration.groupedSubcommands.flatMap { group in group.subcommands.compactMap { $0.configuration.commandName } }
  }

  static func main() async {
    // A reader that goes away (`… | head`) ends the program; it isn't an error of ours.
    signal(SIGPIPE, SIG_DFL)
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error, arguments, asJSON: arguments.prefix { $0 != "--" }.contains("--json"))
    }
  }

  /// Says what went wrong, in the form that was asked for, and exits with the code that scripts rely on.
  private static func end(with error: any Error, _ arguments: [String], asJSON: Bool) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let failure = CommandFailure(error)
    if failure == nil {
      let code = exitCode(for: error)
      if code == .success { exit(withError: error) }
      let command = arguments.first.flatMap { name in Self.commandNames.contains(name) ? " " + name : nil } ?? ""
      let usage = CommandFailure(.usage, message(for: error), hint: "see `demo-cli\(command) --help`")
      Terminal.writeError(asJSON ? usage.json.encodedLine : usage.text)
      Foundation.exit(usage.kind.exitCode)
    }
    guard let failure else { exit(withError: error) }
    Terminal.writeError(asJSON ? failure.json.encodedLine : failure.text)
    if let interruption = error as? Interruption { interruption.end() }
    Foundation.exit(failure.kind.exitCode)
  }
}
