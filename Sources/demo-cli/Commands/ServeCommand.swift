import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import Foundation

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer another replica's sync.",
    discussion: """
      With --stdio it answers one sync on standard input and output, for `sync ssh://…` and `sync exec:…`, which run it. \
      It prints nothing there but the sync itself; errors go to standard error.
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Answer on standard input and output.")
  var stdio = false

  func run() async throws {
    guard stdio else { throw CommandFailure(.usage, "nothing says where to answer", hint: "say --stdio") }
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
