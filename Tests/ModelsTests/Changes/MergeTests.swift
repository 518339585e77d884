import DictaTestSupport
import Testing

@testable import DictaModels

/// Thousands of random histories, each promise judged by a test of its name. Run one alone with `History.run(seed:)`.
@Suite struct MergeTests {
  private static let historyCount: UInt64 = 2000

  /// All histories, lived once, on as many cores as there are.
  private static let outcome = Task {
    await withTaskGroup(of: (findings: [Finding], tally: History.Tally).self) { group in
      for start in stride(from: 0, to: historyCount, by: 50) {
        group.addTask {
          var (findings, tally) = ([Finding](), History.Tally())
          for seed in start..<min(start + 50, historyCount) {
            let history = History.run(seed: seed)
            findings += history.findings
            tally += history.tally
          }
          return (findings, tally)
        }
      }
      return await group.reduce(into: (findings: [Finding](), tally: History.Tally())) { total, part in
        total.findings += part.findings
        total.tally += part.tally
      }
    }
  }

  @Test(arguments: Promise.allCases)
  func promise(promise: Promise) async {
    let broken = await Self.outcome.value.findings.filter { $0.promise == promise }
    #expect(broken.isEmpty, "\(broken.count) findings, first \(broken.min { $0.trace.count < $1.trace.count }?.description ?? "")")
  }

  @Test func tally() async { print(await Self.outcome.value.tally) }
}
