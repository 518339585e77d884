import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct BranchesTests {
  private let ours = Origin(raw: .sixteen(1))
  private let theirs = Origin(raw: .sixteen(2))

  private func id(_ number: UInt64) -> ChangeID { ChangeID(raw: .thirtyTwo(number)) }

  private func version(_ branch: Int, _ sequence: UInt64) -> Version { Version(branch: branch, sequence: sequence) }

  /// Adds changes behind `previous`, each of which takes effect at once, and gives the last.
  @discardableResult
  private func grow(_ branches: inout Branches, _ origin: Origin, after previous: Version? = nil, ids: ClosedRange<UInt64>) -> Version? {
    var end = previous
    for number in ids {
      let next = branches.append(origin: origin, previous: end, id: id(number))
      branches.apply(next, id: id(number), lines: Lines(ends: [end]))
      end = next
    }
    return end
  }

  /// Ours is 1 to 5; from 3 on it forked twice, into 4′ to 6′ and, from 5′, into 6″.
  private var forked: Branches {
    var branches = Branches()
    grow(&branches, ours, ids: 1...5)
    grow(&branches, ours, after: version(0, 3), ids: 14...16)
    grow(&branches, ours, after: version(1, 5), ids: 26...26)
    return branches
  }

  @Test func changesInARowAreOneBranch() {
    var branches = Branches()
    #expect(grow(&branches, ours, ids: 1...5) == version(0, 5))
    #expect(branches.all.count == 1)
    #expect(branches.heads == [Head(origin: ours, sequence: 5, id: id(5))])
    #expect(branches.forkCount == 0)
  }

  @Test func aChangeBehindOneThatIsNotTheLastBeginsABranch() {
    let branches = forked
    #expect(branches.all.map(\.firstSequence) == [1, 4, 6])
    #expect(branches.all.map(\.parent) == [nil, 0, 1])
    #expect(branches.numbers(of: ours) == [0, 1, 2])
    #expect(branches.forkCount == 2)
    #expect(branches.heads.map(\.sequence) == [5, 6, 6])
  }

  @Test func twoFirstChangesOfAnOriginAreTwoBranches() {
    var branches = Branches()
    grow(&branches, ours, ids: 1...1)
    #expect(grow(&branches, ours, ids: 11...12) == version(1, 2))
    #expect(branches[1].parent == nil)
    #expect(branches.forkCount == 1)
  }

  @Test func aChainRunsThroughItsParents() {
    let branches = forked
    #expect(
      (1...6).map { branches.version(on: 2, at: $0) } == [
        version(0, 1), version(0, 2), version(0, 3), version(1, 4), version(1, 5), version(2, 6),
      ])
    #expect(branches.isOnChain(version(1, 5), endingIn: version(2, 6)))
    #expect(!branches.isOnChain(version(1, 6), endingIn: version(2, 6)))
    #expect(!branches.isOnChain(version(0, 4), endingIn: version(2, 6)))
    #expect(!branches.isOnChain(version(0, 5), endingIn: version(0, 4)), "what comes later isn't on it")
  }

  @Test func aSequenceIsHeldByEveryBranchThatHasAChangeOfItsOwnThere() {
    #expect((3...7).map { forked.branches(of: ours, holding: $0) } == [[0], [0, 1], [0, 1], [1, 2], []])
    #expect(forked.branches(of: theirs, holding: 1) == [])
  }

  @Test func aKnownChangeMakesItsWholeChainKnown() {
    let branches = forked
    func missing(_ known: [Version]) -> [ClosedRange<Version>] { branches.ranges(after: known, withheld: []) }
    #expect(missing([]) == [version(0, 1)...version(0, 5), version(1, 4)...version(1, 6), version(2, 6)...version(2, 6)])
    #expect(missing([version(2, 6)]) == [version(0, 4)...version(0, 5), version(1, 6)...version(1, 6)])
    #expect(missing([version(0, 2)]) == [version(0, 3)...version(0, 5), version(1, 4)...version(1, 6), version(2, 6)...version(2, 6)])
    #expect(missing([version(0, 5), version(1, 6), version(2, 6)]) == [])
    #expect(missing([version(0, 5), version(1, 4)]) == [version(1, 5)...version(1, 6), version(2, 6)...version(2, 6)])
  }

  @Test func ofAWithheldOriginNothingIsMissing() {
    var branches = forked
    grow(&branches, theirs, ids: 31...32)
    #expect(branches.ranges(after: [], withheld: [ours]) == [version(3, 1)...version(3, 2)])
  }

  @Test func rungsDoubleTheirDistanceAndEndInTheFirstChange() {
    var branches = Branches()
    grow(&branches, ours, ids: 1...20)
    #expect(branches.rungs(of: 0).map(\.sequence) == [19, 18, 16, 12, 4, 1])
    #expect(forked.rungs(of: 2) == [version(1, 5), version(1, 4), version(0, 2), version(0, 1)])
    var single = Branches()
    grow(&single, ours, ids: 1...1)
    #expect(single.rungs(of: 0) == [version(0, 1)])
  }

  @Test func theFrontierIsWhatNothingFollowsOrDependsOn() {
    var branches = forked
    #expect(branches.frontier(besides: nil).map(\.version) == [version(0, 5), version(1, 6), version(2, 6)])
    let first = branches.append(origin: theirs, previous: nil, id: id(31))
    branches.apply(first, id: id(31), lines: Lines(ends: [nil, version(0, 5), version(2, 6)]))
    #expect(branches.frontier(besides: nil).map(\.version) == [version(1, 6), first])
    #expect(branches.frontier(besides: 1).map(\.version) == [first])
    grow(&branches, ours, after: version(0, 5), ids: 6...6)
    #expect(branches.frontier(besides: nil).map(\.version.branch).sorted() == [0, 1, 3], "what comes after a dependency isn't depended on")
  }

  @Test func aPartialRunIsHeldAndNotApplied() {
    var branches = Branches()
    grow(&branches, ours, ids: 1...2)
    let part = branches.append(origin: ours, previous: version(0, 2), id: id(3))
    #expect(!branches.isApplied(part))
    #expect(branches.heads == [Head(origin: ours, sequence: 3, id: id(3))])
    #expect(branches.frontier(besides: nil).map(\.head) == [Head(origin: ours, sequence: 2, id: id(2))])
  }

  @Test func applyingTwiceChangesNothing() {
    var branches = forked
    let before = branches.all
    #expect(branches.apply(version(0, 5), id: id(5), lines: Lines(ends: [version(0, 4)])).isEmpty)
    #expect(branches.all == before)
  }

  @Test func branchesComeBackFromTheirRows() {
    let branches = Branches(forked.all)
    #expect(branches.numbers(of: ours) == [0, 1, 2])
    #expect(branches.heads == forked.heads)
  }

  // MARK: - Lines

  @Test func aVersionIsTheChangeOfThatSequenceOnTheLine() throws {
    let lines = Lines(ends: [version(0, 5), version(2, 6)])
    #expect(try lines.version(VersionName(line: 0, sequence: 4), in: forked) == version(0, 4))
    #expect(try lines.version(VersionName(line: 1, sequence: 4), in: forked) == version(1, 4))
    #expect(try lines.version(VersionName(line: 1, sequence: 3), in: forked) == version(0, 3))
  }

  @Test func aLineThatIsMissingOrTooShortIsMalformed() {
    for (ends, name) in [
      ([version(0, 3)], VersionName(line: 0, sequence: 4)), ([version(0, 3)], VersionName(line: 1, sequence: 1)),
      ([nil], VersionName(line: 0, sequence: 1)),
    ] as [([Version?], VersionName)] {
      #expect(throws: MalformedBytes.self) { try Lines(ends: ends).version(name, in: forked) }
    }
  }
}
