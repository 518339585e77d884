import DictaModels
import DictaStorage
import DictaTestSupport
import Foundation
import Testing

/// How many trials there are of each kind, and the first seed. For thousands: `DICTA_FLIPS=2000 swift test --filter DamageTests`.
enum Flips {
  static let count = environment("DICTA_FLIPS") ?? 75
  static let firstSeed = UInt64(environment("DICTA_SEED") ?? 1)

  private static func environment(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

  /// Says what came of so many trials, if somebody asked for that many.
  static func report(_ kind: String, _ counts: [Outcome: Int]) {
    guard environment("DICTA_FLIPS") != nil else { return }
    let words = counts.sorted { "\($0.key)" < "\($1.key)" }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    FileHandle.standardError.write(Data("\(kind): \(words)\n".utf8))
  }
}

/// Whatever bits are flipped in an archive's files: it is named, or nothing is changed, or only what nobody was told of is missing.
@Suite(.serialized) struct FlipTests {
  @Test(.timeLimit(.minutes(60))) func flipsInADatabaseAreNamedOrChangeNothing() async throws {
    let counts = try await tries(Flips.count, of: [.closed], in: .database)
    #expect(counts[.unpublishedTailMissing] == nil)
  }

  @Test(.timeLimit(.minutes(60))) func flipsInACompactedDatabaseAreNamedOrChangeNothing() async throws {
    let counts = try await tries(Flips.count, of: [.compacted], in: .database)
    #expect(counts[.unpublishedTailMissing] == nil)
  }

  @Test(.timeLimit(.minutes(60))) func flipsInAWriteAheadLogAreNamedOrOnlyTheUnpublishedEndIsMissing() async throws {
    let counts = try await tries(Flips.count, of: [.open, .torn], in: .log)
    #expect(counts[.unpublishedTailMissing] ?? 0 > 0)
  }

  @Test(.timeLimit(.minutes(60))) func flipsInAWitnessGiveANewOriginAtWorst() async throws {
    let counts = try await tries(Flips.count, of: [.closed, .open], in: .witness)
    #expect(counts[.unpublishedTailMissing] == nil)
  }

  /// - Returns: how many came out how.
  private func tries(_ count: Int, of kinds: [Original.Kind], in part: ArchiveFiles.Part) async throws -> [Outcome: Int] {
    var counts: [Outcome: Int] = [:]
    for (number, kind) in kinds.enumerated() {
      let original = try await Original(kind, in: WorkFolder(), seed: Flips.firstSeed)
      for seed in stride(from: number, to: count, by: kinds.count).map({ Flips.firstSeed + UInt64($0) }) {
        var random = SeededRandom(seed: seed)
        var files = original.files
        let damage = Damage(to: files[part], &random)
        files[part] = damage.bytes
        do {
          counts[try await Trial(original: original, files: files).run(), default: 0] += 1
        } catch {
          Issue.record("seed \(seed), \(kind), \(part): \(damage): \(error)")
        }
      }
    }
    Flips.report("\(part)", counts)
    return counts
  }
}
