import DictaTestSupport
import Testing

@testable import DictaModels

/// Thousands of random histories, each promise judged by a test of its name. `History.run(seed:)` lives one again.
@Suite struct MergeTests {
  private static let historyCount: UInt64 = 2000

  /// All histories, lived once, on as many cores as there are, behind tests that wait for something.
  private static let outcome = Task(priority: .utility) {
    await withTaskGroup(of: (findings: [Finding], tally: History.Tally).self) { group in
      for start in stride(from: 0, to: historyCount, by: 50) {
        group.addTask {
          var (findings, tally) = ([Finding](), History.Tally())
          for seed in start..<min(start + 50, historyCount) {
            let history = History.run(seed: seed)
            findings += history.findings
            tally += history.tally
            await Task.yield()
          }
          return (findings, tally)
        }
      }
      return await group.reduce(into: (findings: [Finding](), tally: History.Tally())) { total, part in
        total.findings += part.findings
        total.tally += part.tally
      }
    }
  }

  /// The shortest history that breaks the promise, where one does.
  private func expectKept(_ promise: Promise, location: SourceLocation = #_sourceLocation) async {
    let broken = await Self.outcome.value.findings.filter { $0.promise == promise }
    let shortest = broken.min { $0.trace.count < $1.trace.count }
    #expect(broken.isEmpty, "\(broken.count) findings; \(shortest?.description ?? "")", sourceLocation: location)
  }

  @Test func convergence() async { await expectKept(.convergence) }
  @Test func noAcknowledgedEditLost() async { await expectKept(.noAcknowledgedEditLost) }
  @Test func atomic() async { await expectKept(.atomic) }
  @Test func causal() async { await expectKept(.causal) }
  @Test func noDanglingReference() async { await expectKept(.noDanglingReference) }
  @Test func idempotent() async { await expectKept(.idempotent) }
  @Test func unknownDataPreserved() async { await expectKept(.unknownDataPreserved) }
  @Test func noFalseAlarm() async { await expectKept(.noFalseAlarm) }

  @Test func theHistoriesHaveWhatIsHardInThem() async {
    let tally = await Self.outcome.value.tally
    #expect(tally.histories == Int(Self.historyCount))
    #expect(tally.changes > 50_000)
    for count in [tally.forks, tally.suspicions, tally.newOrigins, tally.conflicts, tally.savedByOthers, tally.dead] { #expect(count > 500) }
  }

  // MARK: - Rules by themselves

  private let claim = Reference(type: "claim", id: .sixteen(1))

  /// Two replicas that know one claim, and what follows.
  private func met(_ play: (inout MemoryReplica, inout MemoryReplica, inout SeededRandom) throws -> Void) throws -> MemoryReplica {
    var random = SeededRandom(seed: 1)
    let corpus = CorpusID(raw: .sixteen(9))
    var (a, b) = (MemoryReplica(name: "A", corpus: corpus), MemoryReplica(name: "B", corpus: corpus))
    try a.write(a.inserting(claim, [.field("text"): .string("words")]), writtenAt: 1, random: &random)
    _ = try MemoryReplica.sync(&a, &b)
    try play(&a, &b, &random)
    _ = try MemoryReplica.sync(&a, &b)
    #expect(a.digest == b.digest)
    #expect(a.portraits == b.portraits)
    return a
  }

  private func text(_ replica: MemoryReplica) -> EntityState.Cell? {
    replica.states[claim]?.cells.first { $0.address == .field("text") }
  }

  @Test func ofTwoValuesTheLaterIsShownAndBothStay() throws {
    let merged = try met { a, b, random in
      try a.write(a.setting(claim, [.field("text"): .string("a")]), writtenAt: 3, random: &random)
      try b.write(b.setting(claim, [.field("text"): .string("b")]), writtenAt: 2, random: &random)
    }
    #expect(text(merged)?.isConflict == true)
    #expect(text(merged)?.survivors.map(\.value) == [.string("a"), .string("b")])
  }

  @Test func atOneTimeTheGreaterIdIsShown() throws {
    let merged = try met { a, b, random in
      try a.write(a.setting(claim, [.field("text"): .string("a")]), writtenAt: 2, random: &random)
      try b.write(b.setting(claim, [.field("text"): .string("b")]), writtenAt: 2, random: &random)
    }
    let ids = try #require(text(merged)).survivors.compactMap { merged.id(of: $0.version) }
    #expect(ids == ids.sorted(by: >))
  }

  @Test func equalValuesAreNoConflictAndBothVersionsStay() throws {
    let merged = try met { a, b, random in
      try a.write(a.setting(claim, [.field("text"): .string("same")]), writtenAt: 3, random: &random)
      try b.write(b.setting(claim, [.field("text"): .string("same")]), writtenAt: 2, random: &random)
    }
    #expect(text(merged)?.isConflict == false)
    #expect(text(merged)?.survivors.count == 2)
  }

  @Test func anEditEndsTheConflictThatItsWriterSaw() throws {
    let merged = try met { a, b, random in
      try a.write(a.setting(claim, [.field("text"): .string("a")]), writtenAt: 3, random: &random)
      try b.write(b.setting(claim, [.field("text"): .string("b")]), writtenAt: 2, random: &random)
      _ = try MemoryReplica.sync(&a, &b)
      try b.write(b.setting(claim, [.field("text"): .string("c")]), writtenAt: 0, random: &random)
    }
    #expect(text(merged)?.survivors.map(\.value) == [.string("c")], "though its clock was behind")
  }

  @Test func anAddWinsOverARemoveWithoutConflict() throws {
    let tag = CellAddress(field: "tags", place: .element(Element(.string("x"))))
    let merged = try met { a, b, random in
      try a.write(a.setting(claim, [tag: .bool(true)]), writtenAt: 2, random: &random)
      _ = try MemoryReplica.sync(&a, &b)
      try a.write([Deed(claim, .set(tag, .bool(true)))], writtenAt: 3, random: &random)
      try b.write(b.setting(claim, [tag: .null]), writtenAt: 4, random: &random)
    }
    #expect(merged.states[claim]?.shown.elements(of: "tags") == [.string("x")])
    #expect(merged.states[claim]?.conflicts.isEmpty == true)
  }

  @Test func anEditThatTheDeleterDidNotSeeKeepsTheEntityAlive() throws {
    let merged = try met { a, b, random in
      try a.write(a.deleting(claim, living: a.living), writtenAt: 3, random: &random)
      try b.write(b.setting(claim, [.field("text"): .string("b")]), writtenAt: 2, random: &random)
    }
    #expect(merged.living == [claim])
    #expect(merged.states[claim]?.tombstones.count == 1)
  }

  @Test func whatWasAddedAgainCanBeDeletedAgain() throws {
    let merged = try met { a, _, random in
      try a.write(a.deleting(claim, living: a.living), writtenAt: 2, random: &random)
      try a.write(a.inserting(claim, [.field("text"): .string("again")]), writtenAt: 3, random: &random)
      #expect(a.living == [claim])
      try a.write(a.deleting(claim, living: a.living), writtenAt: 4, random: &random)
    }
    #expect(merged.living == [])
  }

  @Test func aRestoreThatTheDeleterDidNotSeeKeepsTheEntityAlive() throws {
    let merged = try met { a, b, random in
      try a.write(a.deleting(claim, living: a.living), writtenAt: 2, random: &random)
      try b.write(b.deleting(claim, living: b.living), writtenAt: 2, random: &random)
      try b.write([Deed(claim, .restore)], writtenAt: 3, random: &random)
    }
    #expect(merged.living == [claim])
  }

  @Test func halfARunIsHeldAndRelayedAndHasNoEffect() throws {
    var random = SeededRandom(seed: 1)
    let corpus = CorpusID(raw: .sixteen(9))
    var (a, b) = (MemoryReplica(name: "A", corpus: corpus), MemoryReplica(name: "B", corpus: corpus))
    var c = MemoryReplica(name: "C", corpus: corpus)
    try a.write(a.inserting(claim, [.field("text"): .integer(1), .field("note"): .integer(2)]), partCount: 3, writtenAt: 1, random: &random)
    _ = try MemoryReplica.sync(&a, &b, cutAfter: 2)
    _ = try MemoryReplica.sync(&b, &c)
    for replica in [b, c] {
      #expect(replica.heads.map(\.sequence) == [2])
      #expect(replica.states.isEmpty)
      #expect(replica.digest == .empty)
      #expect(replica.branches.frontier(besides: nil).isEmpty)
    }
    _ = try MemoryReplica.sync(&a, &c)
    #expect(c.living == [claim])
    #expect(c.portraits == a.portraits)
  }

  @Test func anEntityThatNobodyCreatedIsLetInByALaterCreate() throws {
    var random = SeededRandom(seed: 1)
    var a = MemoryReplica(name: "A", corpus: CorpusID(raw: .sixteen(9)))
    try a.write([Deed(claim, .set(.field("note"), .string("early")))], writtenAt: 1, random: &random)
    #expect(a.living == [])
    try a.write(a.inserting(claim, [.field("text"): .string("words")]), writtenAt: 2, random: &random)
    #expect(a.living == [claim])
    #expect(a.states[claim]?.shown[.field("note")] == .string("early"))
  }

  @Test func aDeliveryOutOfItsOrderIsRefusedAndNothingOfItKept() throws {
    var random = SeededRandom(seed: 1)
    let corpus = CorpusID(raw: .sixteen(9))
    var (a, b) = (MemoryReplica(name: "A", corpus: corpus), MemoryReplica(name: "B", corpus: corpus))
    try a.write(a.inserting(claim, [.field("text"): .integer(1)]), writtenAt: 1, random: &random)
    try a.write(a.setting(claim, [.field("text"): .integer(2)]), writtenAt: 2, random: &random)
    #expect(throws: RefusedDelivery.self) { try b.receive(Delivery(a.log.suffix(1)), from: "A") }
    #expect(throws: RefusedDelivery.self) { try b.receive(Delivery(a.log.reversed()), from: "A") }
    #expect(b.heads.isEmpty && b.states.isEmpty)
    _ = try MemoryReplica.sync(&a, &b)
    var c = MemoryReplica(name: "C", corpus: corpus)
    try b.write(b.setting(claim, [.field("text"): .integer(3)]), writtenAt: 3, random: &random)
    let last = try #require(b.log.last)
    #expect(throws: RefusedDelivery.self) { try c.receive(Delivery([last]), from: "B") }
    #expect(!c.canTake(last))
  }
}
