import DictaSimulation
import DictaTestSupport
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
    let limit = arguments.firstIndex(of: "--seconds").flatMap { arguments.dropFirst($0 + 1).first }.flatMap(Double.init)
    let isHasty = arguments.contains("--hasty")
    let isTraced = arguments.contains("--trace")
    let seeds = Seeds(first..<(first + count), until: limit.map { .now + .seconds($0) })
    let begin = ContinuousClock.now
    var (tally, broken) = (Tally(), [UInt64]())
    await withTaskGroup(of: (Tally, [UInt64]).self) { group in
      for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
        group.addTask {
          var (tally, broken) = (Tally(), [UInt64]())
          while let seed = seeds.next() {
            let outcome = await Simulation.run(Scenario(seed: seed))
            tally += outcome.tally
            if isTraced { say("seed \(seed): \(Scenario(seed: seed).traits)\n  " + outcome.trace.joined(separator: "\n  ")) }
            guard let finding = outcome.findings.first else { continue }
            broken.append(seed)
            if isHasty {
              seeds.end()
              say("\(finding)")
              continue
            }
            let shortest = await Simulation.shrunk(Scenario(seed: seed))
            let short = await Simulation.run(shortest).findings.first
            say("\(short ?? finding)\n\nas a test:\n\(shortest)\n")
          }
          return (tally, broken)
        }
      }
      for await (part, seeds) in group {
        tally += part
        broken += seeds
      }
    }
    let seconds = Double((ContinuousClock.now - begin).components.seconds) + Double((ContinuousClock.now - begin).components.attoseconds) * 1e-18
    say(tally.description)
    say(String(format: "%.1f s, %.3f s each; \(broken.count) broken", seconds, seconds / Double(max(1, tally.histories))))
    if !broken.isEmpty { fail("seeds that broke a promise: \(broken.sorted().map(String.init).joined(separator: " "))", status: 1) }
  }

  /// At once, and not when a buffer is full: whoever waits for a history wants to see what was found before.
  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }
}
