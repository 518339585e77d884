// A process for each core: in one process, SQLite's allocator makes its threads wait for each other.

import DictaSimulation
import Foundation

/// Every how many'th seed a worker takes, and from which on: "0/2".
struct Share {
  let number: Int
  let count: Int

  init(number: Int, of count: Int) {
    (self.number, self.count) = (number, count)
  }

  init?(_ spelling: String) {
    let parts = spelling.split(separator: "/").compactMap { Int($0) }
    guard parts.count == 2, parts[1] > 0, (0..<parts[1]).contains(parts[0]) else { return nil }
    self.init(number: parts[0], of: parts[1])
  }

  /// What came of it.
  struct Result: Codable {
    var tally = Tally()
    var broken: [UInt64] = []

    /// How many workers ended without a result.
    var lostWorkers = 0

    init() {}

    init(_ outcome: (tally: Tally, broken: [UInt64])) {
      (tally, broken) = (outcome.tally, outcome.broken)
    }

    func send() {
      FileHandle.standardOutput.write((try? JSONEncoder().encode(self)) ?? Data())
    }

    /// Runs this program once for each core, and adds up what they did.
    static func gathered(fromProcessesCalledWith arguments: [String]) -> Result {
      let count = max(1, ProcessInfo.processInfo.activeProcessorCount)
      let workers = (0..<count).map { number -> (Process, Pipe) in
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments + ["--share", "\(number)/\(count)"]
        process.standardOutput = pipe
        try? process.run()
        return (process, pipe)
      }
      var sum = Result()
      for (process, pipe) in workers {
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        if let result = try? JSONDecoder().decode(Result.self, from: data) {
          sum.tally += result.tally
          sum.broken += result.broken
        } else {
          sum.lostWorkers += 1
        }
        // The first that was hasty found something.
        if arguments.contains("--hasty"), !sum.broken.isEmpty { for (other, _) in workers { other.terminate() } }
        process.waitUntilExit()
      }
      return sum
    }
  }
}
