import DictaSimulation
import Foundation

/// Lives through one history after the other.
struct Worker {
  let seeds: Range<UInt64>
  var deadline: ContinuousClock.Instant?
  var isHasty = false
  var isTraced = false

  init(seeds: Range<UInt64>) {
    self.seeds = seeds
  }

  /// - Returns: what happened, and the seeds that broke something.
  func run(_ share: Share) async -> (tally: Tally, broken: [UInt64]) {
    var (tally, broken) = (Tally(), [UInt64]())
    for seed in stride(from: seeds.lowerBound + UInt64(share.number), to: seeds.upperBound, by: share.count) {
      if let deadline, .now >= deadline { break }
      let scenario = Scenario(seed: seed)
      let outcome = await Simulation.run(scenario)
      tally += outcome.tally
      if isTraced { Simulate.say("seed \(seed): \(scenario.traits)\n  " + outcome.trace.joined(separator: "\n  ")) }
      guard let finding = outcome.findings.first else { continue }
      broken.append(seed)
      if isHasty {
        Simulate.say("\(finding)")
        break
      }
      let shortest = await Simulation.shrunk(scenario)
      let short = await Simulation.run(shortest).findings.first
      Simulate.say("\(short ?? finding)\n\nas a test:\n\(shortest)\n")
    }
    return (tally, broken)
  }
}
