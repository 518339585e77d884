import ArgumentParser
import Foundation

/// Measures archives, and the same rows in plain SQLite in the same run.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks", abstract: "Measure Dicta beside plain SQLite.", subcommands: [RunAll.self, RunOne.self], defaultSubcommand: RunAll.self
  )
}

/// One part, once, in this process.
struct RunOne: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "one", abstract: "Run one part once; prints JSON.", shouldDisplay: false)

  @Argument var what: String
  @Argument var contender: Contender
  @Argument var articles: Int
  @Argument var folder: String
  @Flag var quick = false

  func run() async throws {
    let trial = Trial(corpus: SampleCorpus(articleCount: articles), folder: folder, isQuick: quick)
    switch (what, Operation(rawValue: what)) {
    case ("prepare", _):
      try await prepare(trial)
      try answer("")
    case ("serve", _): try await SyncApart(trial: trial).serve()
    case ("reads", _): try answer(try await Reads(trial: trial).run())
    case (_, let operation?): try answer(try await measure(operation, trial))
    default: throw ValidationError("there is no operation \(what)")
    }
  }

  private func prepare(_ trial: Trial) async throws {
    switch contender {
    case .dicta: try await DictaTrial(trial: trial).prepare()
    case .words: try await WordTrial(trial: trial).prepare()
    case .plain, .plainOrdered, .session: try await PlainTrial(trial: trial, contender: contender).prepare()
    }
  }

  private func measure(_ operation: Operation, _ trial: Trial) async throws -> Figures {
    switch contender {
    case .dicta: try await DictaTrial(trial: trial).run(operation)
    case .words: try await WordTrial(trial: trial).run(operation)
    case .plain, .plainOrdered, .session: try await PlainTrial(trial: trial, contender: contender).run(operation)
    }
  }

  private func answer(_ value: some Encodable) throws {
    FileHandle.standardOutput.write(try JSONEncoder().encode(value))
  }
}

extension Operation: ExpressibleByArgument {}
extension Contender: ExpressibleByArgument {}
