import DictaTestSupport
import Synchronization

/// Chance from a seed that several tasks may draw from.
final class Chance: Sendable {
  private let random: Mutex<SeededRandom>

  init(seed: UInt64) {
    random = Mutex(SeededRandom(seed: seed))
  }

  func next() -> UInt64 {
    random.withLock { $0.next() }
  }
}
