import DictaModels
import Foundation

/// Where an archive gets time and chance from. Tests and simulations give their own; everybody else leaves it alone.
public struct Surroundings: Sendable {
  /// Milliseconds since 1970.
  public var now: @Sendable () -> UInt64

  /// Sixty-four random bits that nobody can guess: ids, nonces and keys are made of them.
  public var random: @Sendable () -> UInt64

  /// How long a burst of transactions may go on without one being signed; nil signs nothing before it is sent, copied or closed.
  public var signingPause: Duration? = .milliseconds(500)

  /// How large an archive has to be for one that holds nothing to be sent a snapshot of it and not its log.
  public var snapshotByteThreshold = 16 << 20

  /// How large an archive may be that makes a snapshot of itself, and how many branches it may have: no more than a manifest can name. A larger one
  /// sends its log.
  package var snapshotByteLimit = SnapshotManifest.chunkLimit * SnapshotManifest.chunkByteCount
  package var snapshotHeadLimit = SnapshotManifest.headLimit

  /// Whether an archive that holds nothing takes a snapshot where a peer has one.
  public var takesSnapshots = true

  /// How many bytes are free on the disk of the archive; nil asks the system.
  package var freeByteCount: (@Sendable () -> Int)?

  /// How many bytes of a transaction make a change. A larger transaction becomes a run of them.
  package var changeByteGoal = 512 << 10

  /// How many changes of others a change depends on at most.
  package var dependencyLimit = Run.dependencyLimit

  /// How many bytes of changes `compact` puts into a pack. More are smaller together; fewer are looked into faster.
  package var packByteGoal = 64 << 10

  /// Whether the archive works on the thread that asks, and not on one of its own: faster where nothing else is to be done meanwhile, and
  /// wrong everywhere else.
  package var worksInPlace = false

  public init(now: @escaping @Sendable () -> UInt64, random: @escaping @Sendable () -> UInt64) {
    self.now = now
    self.random = random
  }

  /// The computer's clock and its random generator.
  public static let system = Surroundings(
    now: { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) },
    random: {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    })
}
