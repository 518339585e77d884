// A process of its own in which the power fails: SQLite's way to the file system is replaced, which holds for a whole process.
//
//   dicta-test-power FIRST-SEED COUNT [trace | lie]
//
// Lives through so many random histories and says what they were made of. Ends with 1, and the story of the history, if a promise was broken.
// With `lie` disks sync nothing of a write-ahead log, so that promises are broken.

import DictaTestSupport
import Foundation

@main
enum TestPower {
  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let first = UInt64(arguments[1]), let count = UInt64(arguments[2]) else {
      print("usage: dicta-test-power FIRST-SEED COUNT [trace | lie]")
      exit(64)
    }
    PowerVFS.register()
    var (broken, tally) = (0, PowerHistory.Tally())
    for seed in first..<first + count {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-power-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      var history = PowerHistory(seed: seed, folder: folder, hasLyingDisks: arguments.last == "lie")
      do {
        try await history.run()
      } catch {
        broken += 1
        print("seed \(seed): \(error)")
        for line in history.trace { print("  \(line)") }
      }
      if arguments.last == "trace" { for line in history.trace { print("  \(line)") } }
      tally += history.tally
      history.end()
    }
    print("\(count) histories, \(broken) broken: \(tally)")
    exit(broken == 0 ? 0 : 1)
  }
}

extension PowerHistory.Tally: CustomStringConvertible {
  static func += (left: inout Self, right: Self) {
    left.cuts += right.cuts
    left.cutsInSessions += right.cutsInSessions
    left.cutsInWrites += right.cutsInWrites
    left.cutsOnStarting += right.cutsOnStarting
    left.sessions += right.sessions
    left.snapshots += right.snapshots
    left.writes += right.writes
    left.lost += right.lost
    left.newOrigins += right.newOrigins
    left.promises += right.promises
  }

  var description: String {
    "\(writes) transactions, \(lost) of them lost; \(sessions) sessions, \(snapshots) snapshots; \(cuts) power cuts, \(cutsInWrites) in writing, \(cutsInSessions) in sessions, "
      + "\(cutsOnStarting) on starting; \(promises) promises checked; \(newOrigins) new origins"
  }
}
