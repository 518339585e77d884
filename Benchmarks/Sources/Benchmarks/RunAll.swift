import ArgumentParser
import Foundation
import Subprocess
import SystemPackage

/// All operations, again and again, each in a process of its own.
struct RunAll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Run everything, and print medians.")

  @Option(parsing: .upToNextOption, help: "How many articles the corpus has; several for several sizes.")
  var articles: [Int] = [1000, 10_000]

  @Option(parsing: .upToNextOption, help: "How often each is run; several for several sizes.")
  var runs: [Int] = [5]

  @Flag(help: "Make fewer updates, for a first look.")
  var quick = false

  @Option(help: "Write everything to this file, as JSON.")
  var json: String?

  @Option(help: "Write the tables to this file, too.")
  var markdown: String?

  @Option(help: "Draw how costs grow, into this SVG file. It takes several sizes.")
  var growth: String?

  @Option(parsing: .upToNextOption, help: "Only these operations.")
  var only: [Operation] = []

  @Option(parsing: .upToNextOption, help: "Only these contenders.")
  var contenders: [Contender] = []

  @Option(help: "The command-line program, to measure how long it takes to print a status.")
  var program = ".build/release/demo-cli"

  /// What is written as JSON.
  private struct Answer: Encodable {
    let sizes: [Report]
    let growth: Growth?
  }

  func validate() throws {
    guard !articles.isEmpty, articles.allSatisfy({ $0 > 0 }), !runs.isEmpty, runs.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("articles and runs are numbers from 1")
    }
  }

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-benchmarks-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    if SessionExtension() == nil { print("This SQLite has no session extension: it is left out.\n") }
    var reports: [Report] = []
    for (index, articleCount) in articles.enumerated() {
      let report = try await report(articleCount, runCount: runs[min(index, runs.count - 1)], folder)
      print(report.table)
      reports.append(report)
      // Larger sizes take hours: what is there is kept.
      try write(reports)
      // The next size needs the room.
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) { try FileManager.default.removeItem(atPath: folder + "/" + file) }
    }
    if let growth = Growth(reports) {
      print(growth.table)
    } else if growth != nil {
      print("No growth is drawn: that takes the same operations at two sizes.")
    }
  }

  private func write(_ reports: [Report]) throws {
    let growth = Growth(reports)
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(Answer(sizes: reports, growth: growth)).write(to: URL(fileURLWithPath: json))
    }
    if let markdown {
      let tables = reports.map(\.table) + [growth?.table].compactMap(\.self)
      try Data(tables.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: markdown))
    }
    if let path = self.growth, let growth {
      try Data(GrowthPlot(growth: growth).svg.utf8).write(to: URL(fileURLWithPath: path))
    }
  }

  private func report(_ articleCount: Int, runCount: Int, _ folder: String) async throws -> Report {
    let corpus = SampleCorpus(articleCount: articleCount)
    var report = Report(corpus: corpus, runCount: runCount)
    let operations = only.isEmpty ? Operation.allCases : Operation.allCases.filter(only.contains)
    let chosen = contenders.isEmpty ? Contender.allCases : contenders
    for contender in Contender.allCases
    where operations.contains(where: { who($0, chosen).contains(contender) }) || contender == .dicta && only.isEmpty && chosen.contains(.dicta) {
      note("\(articleCount) articles: preparing \(contender.rawValue)")
      let _: String = try await child("prepare", contender, articleCount, folder)
    }
    for operation in operations {
      for contender in who(operation, chosen) {
        var all: [Figures] = []
        for run in 1...runCount {
          note("\(articleCount) articles: \(operation.rawValue), \(contender.rawValue), \(run) of \(runCount)")
          do {
            all.append(try await child(operation.rawValue, contender, articleCount, folder))
          } catch is ExitCode {
            print("\(operation.rawValue), \(contender.rawValue): failed at \(articleCount) articles\n")
            break
          }
        }
        if all.count == runCount { report.add(all.sorted { $0.cpuSeconds < $1.cpuSeconds }[runCount / 2], operation, contender) }
      }
    }
    if only.isEmpty, chosen.contains(.dicta) {
      note("\(articleCount) articles: reads")
      report.reads = try await child("reads", .dicta, articleCount, folder)
      report.statusSeconds = try await WholeProgram.medianSeconds(
        program, archive: Trial(corpus: corpus, folder: folder).basePath(.dicta))
    }
    return report
  }

  private func who(_ operation: Operation, _ chosen: [Contender]) -> [Contender] {
    operation.contenders.filter { chosen.contains($0) && ($0 != .session || SessionExtension() != nil) }
  }

  private func note(_ words: String) { FileHandle.standardError.write(Data((words + "\n").utf8)) }

  /// Runs a part in a process of its own, so that memory and caches are those of that part.
  private func child<Value: Decodable>(_ what: String, _ contender: Contender, _ articleCount: Int, _ folder: String) async throws -> Value {
    let result = try await Subprocess.run(
      .path(FilePath(try OwnProgram.path())),
      arguments: Arguments(["one", what, contender.rawValue, "\(articleCount)", folder] + (quick ? ["--quick"] : [])),
      output: .string(limit: 1 << 20),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard result.terminationStatus == .exited(0) else { throw ExitCode.failure }
    return try JSONDecoder().decode(Value.self, from: Data(result.standardOutput.utf8))
  }
}
