import DictaStorage
import Synchronization

/// The computer's clock, but no two transactions of the tour are of the same millisecond: which of two wordings is the later one is then no
/// matter of luck.
final class TourClock: Sendable {
  private let last = Mutex<UInt64>(0)

  var surroundings: Surroundings {
    Surroundings(now: { [self] in next() }, random: Surroundings.system.random)
  }

  private func next() -> UInt64 {
    last.withLock { last in
      last = max(last + 1, Surroundings.system.now())
      return last
    }
  }
}
