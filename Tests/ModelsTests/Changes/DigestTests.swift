import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct DigestTests {
  private let claim = Reference(type: "claim", id: .sixteen(1))
  private let corpus = CorpusID(raw: .sixteen(9))
  private let origins = [Origin(raw: .sixteen(1)), Origin(raw: .sixteen(2)), Origin(raw: .sixteen(1))]

  private func version(_ branch: Int, _ sequence: UInt64) -> Version { Version(branch: branch, sequence: sequence) }

  private func digest(_ state: EntityState, of entity: Reference? = nil) -> Digest {
    state.digest(of: entity ?? claim) { origins[$0.branch] }
  }

  private func cell(_ address: CellAddress, _ survivors: [(Version, Value)]) -> EntityState.Cell {
    EntityState.Cell(address: address, survivors: survivors.map { EntityState.Survivor(version: $0.0, value: $0.1) })
  }

  private func random(_ seed: UInt64) -> Digest {
    var random = SeededRandom(seed: seed)
    return Digest(bytes: (0..<32).map { _ in random.happens(percent: 30) ? 255 : UInt8(truncatingIfNeeded: random.next()) })!
  }

  @Test func whatIsAddedCanBeTakenAwayAgainInAnyOrder() {
    for seed in UInt64(0)..<200 {
      let parts = (0..<4).map { random(seed * 4 + $0) }
      var (forth, back) = (Digest.empty, Digest.empty)
      for part in parts { forth += part }
      for part in parts.reversed() { back += part }
      #expect(forth == back)
      for part in parts { forth -= part }
      #expect(forth == .empty)
    }
  }

  @Test func theSumIsModulo2To256() {
    var most = Digest(bytes: [UInt8](repeating: 255, count: 32))!
    let one = Digest(bytes: [UInt8](repeating: 0, count: 31) + [1])!
    most += one
    #expect(most == .empty)
    most -= one
    #expect(most.bytes == [UInt8](repeating: 255, count: 32))
    var carry = Digest(bytes: [UInt8](repeating: 0, count: 24) + [UInt8](repeating: 255, count: 8))!
    carry += one
    #expect(carry.bytes[23] == 1)
    #expect(carry.bytes[24...].allSatisfy { $0 == 0 })
  }

  @Test func anEntityThatIsOnlyReferredToHasNoWeight() {
    #expect(digest(EntityState()) == .empty)
  }

  @Test func everyPartOfAStateCounts() {
    let element = CellAddress(field: "text", place: .element(Element(.string("a"))))
    let states = [
      EntityState(cells: [cell(.field("text"), [(version(0, 1), .string("a"))])]),
      EntityState(cells: [cell(.field("text"), [(version(0, 1), .string("b"))])]),
      EntityState(cells: [cell(.field("text"), [(version(0, 2), .string("a"))])]),
      EntityState(cells: [cell(.field("text"), [(version(1, 1), .string("a"))])]),
      EntityState(cells: [cell(.field("note"), [(version(0, 1), .string("a"))])]),
      EntityState(cells: [cell(element, [(version(0, 1), .string("a"))])]),
      EntityState(cells: [cell(CellAddress(field: "text", place: .key("a")), [(version(0, 1), .string("a"))])]),
      EntityState(cells: [cell(.field("text"), [(version(0, 1), .string("a")), (version(1, 1), .string("a"))])]),
      EntityState(tombstones: [EntityState.Tombstone(version: version(0, 1), seen: [])]),
      EntityState(tombstones: [EntityState.Tombstone(version: version(0, 1), seen: [version(1, 1)])]),
      EntityState(restores: [version(0, 1)]),
    ]
    let other = Reference(type: "quote", id: claim.id)
    #expect(Set(states.map { digest($0) } + states.map { digest($0, of: other) }).count == 2 * states.count)
  }

  @Test func theOrderOfSurvivorsDoesNotCount() {
    let survivors: [(Version, Value)] = [(version(0, 1), .integer(1)), (version(1, 5), .integer(2)), (version(2, 1), .integer(3))]
    let digests = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map { order in
      digest(EntityState(cells: [cell(.field("text"), order.map { survivors[$0] })]))
    }
    #expect(Set(digests).count == 1)
  }

  @Test func branchesOfOneOriginAreToldApartByTheHeadsAlone() {
    let (here, there) = (
      EntityState(cells: [cell(.field("text"), [(version(0, 1), .integer(1)), (version(2, 1), .integer(2))])]),
      EntityState(cells: [cell(.field("text"), [(version(2, 1), .integer(1)), (version(0, 1), .integer(2))])])
    )
    #expect(digest(here) == digest(there), "local numbers of branches don't count")
  }

  @Test func forksOfEqualLengthThatNeverMetHaveOtherHeadsAndOtherDigests() throws {
    var random = SeededRandom(seed: 1)
    var original = MemoryReplica(name: "A", corpus: corpus)
    try original.write(original.inserting(claim, [.field("text"): .integer(1)]), writtenAt: 5, random: &random)
    var copy = original.copy(named: "A'")
    #expect(copy.heads == original.heads && copy.digest == original.digest)
    // Both write under one origin and sequence, at the same time.
    try original.write(original.setting(claim, [.field("text"): .integer(2)]), writtenAt: 6, random: &random)
    try copy.write(copy.setting(claim, [.field("text"): .integer(3)]), writtenAt: 6, random: &random)
    #expect(original.heads.map(\.sequence) == copy.heads.map(\.sequence))
    #expect(original.heads != copy.heads)
    #expect(original.digest != copy.digest)
    let report = try MemoryReplica.sync(&original, &copy)
    #expect(report.suspectedOrigins == 1)
    #expect(original.heads == copy.heads && original.heads.count == 2)
    #expect(original.digest == copy.digest)
    #expect(original.portraits == copy.portraits)
    #expect(original.states[claim]?.conflicts.count == 1)
  }

  @Test func aFalsifiedStateIsNoticedByTheDigestThoughTheHeadsAreEqual() throws {
    var random = SeededRandom(seed: 2)
    var first = MemoryReplica(name: "A", corpus: corpus)
    let quote = Reference(type: "quote", id: .sixteen(2))
    try first.write(
      first.inserting(claim, [.field("text"): .integer(1)]) + first.inserting(quote, [.field("claim"): .reference(claim)]), writtenAt: 5,
      random: &random)
    try first.write(first.deleting(quote, living: first.living), writtenAt: 6, random: &random)
    let falsify: [(inout EntityState) -> Void] = [
      { $0.put([], at: .field("text")) },
      { $0.put([EntityState.Survivor(version: Version(branch: 0, sequence: 1), value: .integer(2))], at: .field("text")) },
      { $0.put([EntityState.Survivor(version: Version(branch: 0, sequence: 2), value: .integer(1))], at: .field("text")) },
      { $0.insert(restore: Version(branch: 0, sequence: 2)) },
      { $0.insert(EntityState.Tombstone(version: Version(branch: 0, sequence: 2), seen: [])) },
    ]
    for change in falsify {
      var second = first
      second.corrupt(claim, change)
      #expect(second.heads == first.heads)
      #expect(second.digest != first.digest)
    }
  }
}
