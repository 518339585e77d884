import DictaStorage
import DictaTestSupport
import Synchronization

/// The time and the chance of one device.
final class SimulatedClock: Sendable {
  private struct State {
    var now: Int64
    var random: SeededRandom
  }

  private let state: Mutex<State>
  private let isFrozen: Bool

  /// How many bytes make a change on this device. Runs of a few changes come from transactions of a few kilobytes.
  private let changeByteGoal: Int

  /// How many bytes of changes make a pack on this device: so few that short histories have packs, of one change and of many.
  private let packByteGoal: Int

  init(at milliseconds: Int64, seed: UInt64, isFrozen: Bool, changeByteGoal: Int) {
    self.changeByteGoal = changeByteGoal
    packByteGoal = [400, 1500, 6000][Int(seed % 3)]
    state = Mutex(State(now: milliseconds, random: SeededRandom(seed: seed)))
    self.isFrozen = isFrozen
  }

  func jump(by milliseconds: Int64) {
    guard !isFrozen else { return }
    state.withLock { $0.now = max(0, $0.now + milliseconds) }
  }

  /// What an archive asks; each look at the clock takes a millisecond.
  func surroundings(signingPause: Duration?) -> Surroundings {
    var surroundings = Surroundings(
      now: {
        self.state.withLock { state in
          if !self.isFrozen { state.now += 1 }
          return UInt64(state.now)
        }
      },
      random: { self.state.withLock { $0.random.next() } })
    surroundings.signingPause = signingPause
    surroundings.changeByteGoal = changeByteGoal
    surroundings.packByteGoal = packByteGoal
    surroundings.worksInPlace = true
    return surroundings
  }
}
