import ArgumentParser
import DictaModels
import DictaStorage

struct CheckCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look for damage: the database, the chains of changes, texts, rows and anchors.",
    discussion: "Exits with 65 if anything is damaged. What is only kept aside is listed and does no harm.")

  @OptionGroup var shared: SharedOptions

  func run() async throws {
    if let problem = Archive.damage(inLogBeside: shared.path) { return try report([problem], shared.output) }
    let archive: Archive
    do {
      archive = try Archive(readingAt: shared.path)
    } catch ArchiveError.damaged(_, let reason) {
      return try report([.unopenable(reason)], shared.output)
    }
    defer { try? archive.close() }
    try await run(archive, shared.output)
  }

  func run(_ archive: Archive, _ output: Output) async throws {
    try report(await archive.check(), output)
  }

  private func report(_ problems: [CheckProblem], _ output: Output) throws {
    let isSound = problems.allSatisfy(\.isHarmless)
    let json = JSON.object(
      JSONObject([
        ("ok", .bool(isSound)),
        (
          "problems",
          .array(
            problems.map {
              .object(
                JSONObject([
                  ("code", .string($0.code)), ("where", .string($0.place)), ("message", .string($0.message)), ("count", .integer(Int64($0.count))),
                ]))
            })
        ),
      ]))
    try output.print(json) {
      let style = Style()
      let lines = problems.map { "\($0.isHarmless ? style.yellow($0.code) : style.red($0.code))  \($0.place): \($0.message)\n" }
      return lines.joined() + (isSound ? style.green("ok") : style.red("damaged")) + "\n"
    }
    if !isSound { throw ExitCode(CommandFailure.Kind.badData.exitCode) }
  }
}
