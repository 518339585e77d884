import DictaSimulation
import Foundation

/// `dicta-simulate FIRST COUNT`: lives through histories, one for each seed, and says what they broke.
///
/// A seed that breaks something is shrunk, and printed as it goes into a test. `--seconds S` begins no history after that time; `--hasty` ends
/// with the first that breaks something, and leaves it as it is; `--trace` prints them all.
@main enum Simulate {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let first = arguments.first.flatMap(UInt64.init), arguments.count > 1, let count = UInt64(arguments[1]) else {
      fail("usage: dicta-simulate FIRST-SEED COUNT [--seconds S] [--trace] [--hasty]", status: 64)
    }
    var worker = Worker(seeds: first..<(first + count))
    worker.deadline = arguments.value(after: "--seconds").flatMap(Double.init).map { .now + .seconds($0) }
    worker.isHasty = arguments.contains("--hasty")
    worker.isTraced = arguments.contains("--trace")
    if let share = arguments.value(after: "--share").flatMap(Share.init) {
      Share.Result(await worker.run(share)).send()
      return
    }
    let begin = ContinuousClock.now
    let result = Share.Result.gathered(fromProcessesCalledWith: arguments)
    let time = ContinuousClock.now - begin
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    say(result.tally.description)
    say(String(format: "%.1f s, %.3f s each; \(result.broken.count) broken", seconds, seconds / Double(max(1, result.tally.histories))))
    if !result.broken.isEmpty {
      fail("seeds that broke a promise: \(result.broken.sorted().map(String.init).joined(separator: " "))", status: 1)
    }
    if result.lostWorkers > 0 {
      fail("\(result.lostWorkers) workers ended early: the folders of what they were at are still there, and named after its seed", status: 1)
    }
  }

  /// At once, and not when a buffer is full: whoever waits for a history wants to see what was found before.
  static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    say(message)
    exit(status)
  }
}

extension [String] {
  func value(after name: String) -> String? {
    firstIndex(of: name).flatMap { dropFirst($0 + 1).first }
  }
}
