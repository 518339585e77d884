import ArgumentParser
import DictaModels
import Foundation
import Subprocess
import SystemPackage

/// Measures archives, and the same rows in plain SQLite in the same run.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks", abstract: "Measure Dicta beside plain SQLite.", subcommands: [RunAll.self, RunOne.self], defaultSubcommand: RunAll.self
  )
}

/// All operations, again and again, each in a process of its own.
struct RunAll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Run everything, and print medians.")

  @Option(parsing: .upToNextOption, help: "How many articles the corpus has; several for several sizes.")
  var articles: [Int] = [1000, 10_000]

  @Option(help: "How often each is run.")
  var runs = 5

  @Option(help: "Write all medians to this file, as JSON.")
  var json: String?

  @Option(help: "Only these operations.")
  var only: [Operation] = []

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-benchmarks-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var reports: [Report] = []
    for articleCount in articles {
      var report = Report(corpus: SampleCorpus(articleCount: articleCount))
      for contender in Contender.allCases {
        let _: String = try await child("prepare", contender, articleCount, folder)
      }
      for operation in only.isEmpty ? Operation.allCases : only {
        for contender in operation.contenders { report.add(try await median(operation, contender, articleCount, folder), operation, contender) }
      }
      report.reads = try await child("reads", .dicta, articleCount, folder)
      print(report.table)
      reports.append(report)
    }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(reports).write(to: URL(fileURLWithPath: json))
    }
  }

  private func median(_ operation: Operation, _ contender: Contender, _ articleCount: Int, _ folder: String) async throws -> Figures {
    var all: [Figures] = []
    for run in 1...runs {
      FileHandle.standardError.write(Data("\(articleCount) articles: \(operation.rawValue), \(contender.rawValue), \(run) of \(runs)\n".utf8))
      all.append(try await child(operation.rawValue, contender, articleCount, folder))
    }
    return all.sorted { $0.cpuSeconds < $1.cpuSeconds }[all.count / 2]
  }

  /// Runs a part in a process of its own, so that memory and caches are those of that part.
  private func child<Value: Decodable>(_ what: String, _ contender: Contender, _ articleCount: Int, _ folder: String) async throws -> Value {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let result = try await Subprocess.run(
      .path(FilePath(program)), arguments: ["one", what, contender.rawValue, "\(articleCount)", folder], output: .string(limit: 1 << 20),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard result.terminationStatus == .exited(0) else { throw ExitCode.failure }
    return try JSONDecoder().decode(Value.self, from: Data(result.standardOutput.utf8))
  }
}

struct RunOne: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "one", abstract: "Run one part once; prints JSON.", shouldDisplay: false)

  @Argument var what: String
  @Argument var contender: Contender
  @Argument var articles: Int
  @Argument var folder: String

  func run() async throws {
    let trial = Trial(corpus: SampleCorpus(articleCount: articles), folder: folder)
    switch (what, Operation(rawValue: what)) {
    case ("prepare", _):
      if contender == .dicta {
        try await DictaTrial(trial: trial).prepare()
      } else {
        try await PlainTrial(trial: trial, contender: contender).prepare()
      }
      try answer("")
    case ("reads", _): try answer(try await Reads(trial: trial).run())
    case (_, let operation?):
      try answer(
        contender == .dicta
          ? try await DictaTrial(trial: trial).run(operation) : try await PlainTrial(trial: trial, contender: contender).run(operation))
    default: throw ValidationError("there is no operation \(what)")
    }
  }

  private func answer(_ value: some Encodable) throws {
    FileHandle.standardOutput.write(try JSONEncoder().encode(value))
  }
}

extension Operation: ExpressibleByArgument {}
extension Contender: ExpressibleByArgument {}

extension Operation {
  /// Who can do it.
  var contenders: [Contender] {
    switch self {
    case .firstOverWire, .exchangeOverWire: [.dicta]
    case .words: [.plain]
    default: Contender.allCases
    }
  }
}
