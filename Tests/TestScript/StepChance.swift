import DictaStorage
import DictaTestSupport
import Synchronization

/// Time and chance of one archive. Each step begins them anew, so that a step writes the same when it is repeated.
final class StepChance: Sendable {
  private let seed: UInt64
  private let state: Mutex<(now: UInt64, random: SeededRandom)>

  init(seed: UInt64, name: String) {
    self.seed = name.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) }
    state = Mutex((0, SeededRandom(seed: seed)))
  }

  func begin(_ step: Int) {
    state.withLock { $0 = (1_600_000_000_000 + UInt64(step) * 1000, random(of: step)) }
  }

  /// What a step decides by.
  func random(of step: Int) -> SeededRandom {
    SeededRandom(seed: seed &+ UInt64(step) &* 0x1_0000_0001)
  }

  var surroundings: Surroundings {
    var surroundings = Surroundings(now: { self.state.withLock { $0.now } }, random: { self.state.withLock { $0.random.next() } })
    // Nothing happens by itself, at a time of its own.
    surroundings.signingPause = nil
    // Small enough that runs and checkpoints are many and cheap.
    (surroundings.changeByteGoal, surroundings.packByteGoal) = (2_000, 4_000)
    surroundings.worksInPlace = true
    return surroundings
  }
}
