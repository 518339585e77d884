import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct LivenessTests {
  /// Who lives of `tombstoned`, where `references` are arrows from those who refer to those they refer to.
  private func living(
    _ tombstoned: [String], byThemselves: Set<String> = [], references: [(String, String)] = [], uncreated: Set<String> = []
  ) -> Set<String> {
    Liveness.living(
      among: tombstoned, livesByItself: byThemselves.contains, referrers: { target in references.filter { $0.1 == target }.map(\.0) },
      livesUntouched: { !uncreated.contains($0) })
  }

  @Test func whatNobodyRefersToIsDead() {
    #expect(living(["a", "b"]) == [])
  }

  @Test func aVersionThatNoTombstoneSawKeepsItsEntityAlive() {
    #expect(living(["a", "b"], byThemselves: ["a"]) == ["a"])
  }

  @Test func aLivingEntityKeepsAliveWhatItRefersTo() {
    #expect(living(["a", "b"], references: [("quote", "a")]) == ["a"])
  }

  @Test func lifeIsHandedOnAlongReferences() {
    let chain = [("a", "b"), ("b", "c"), ("c", "d")]
    #expect(living(["a", "b", "c", "d"], byThemselves: ["b"], references: chain) == ["b", "c", "d"])
    #expect(living(["b", "c", "d"], references: chain) == ["b", "c", "d"])
  }

  @Test func aRingOfDeletedEntitiesStaysDead() {
    #expect(living(["a"], references: [("a", "a")]) == [])
    #expect(living(["a", "b"], references: [("a", "b"), ("b", "a")]) == [])
    #expect(living(["a", "b", "c"], references: [("a", "b"), ("b", "c"), ("c", "a")]) == [])
  }

  @Test func aRingDiesWithTheOneThatKeptItAlive() {
    let ring = [("a", "b"), ("b", "c"), ("c", "a"), ("keeper", "b")]
    #expect(living(["a", "b", "c"], references: ring) == ["a", "b", "c"])
    #expect(living(["a", "b", "c", "keeper"], references: ring) == [])
  }

  @Test func oneOfARingKeepsAliveTheWholeRing() {
    #expect(living(["a", "b", "c"], byThemselves: ["c"], references: [("a", "b"), ("b", "c"), ("c", "a")]) == ["a", "b", "c"])
  }

  @Test func whatNobodyCreatedSupportsNothing() {
    #expect(living(["a"], references: [("ghost", "a")], uncreated: ["ghost"]) == [])
  }

  @Test func anyOrderGivesTheSame() {
    for seed in UInt64(0)..<300 {
      var random = SeededRandom(seed: seed)
      let names = (0..<8).map { "\($0)" }
      let references = (0..<10).map { _ in (random.pick(names), random.pick(names)) }
      let byThemselves = Set(names.filter { _ in random.happens(percent: 10) })
      let first = living(names, byThemselves: byThemselves, references: references)
      #expect(living(names.reversed(), byThemselves: byThemselves, references: references.reversed()) == first, "seed \(seed)")
      var expected = byThemselves
      for _ in names { for (from, to) in references where expected.contains(from) { expected.insert(to) } }
      #expect(first == expected, "seed \(seed)")
    }
  }
}
