// The changes of one origin form a tree, nearly always a chain. This file knows where each chain runs, and nothing about storage.

/// The branches an archive holds, by its own numbers.
public struct Branches: Sendable {
  /// A part of a chain: it begins at sequence 1 or where it leaves its parent, and ends in the last change received.
  ///
  /// Invariant: `firstSequence <= received`, and `applied <= received`; between the two lies an incomplete run.
  public struct Branch: Hashable, Sendable {
    public let origin: Origin

    /// The branch that holds the change before the first one; nil if that is sequence 1.
    public let parent: Int?

    public let firstSequence: UInt64
    public internal(set) var received: UInt64
    public internal(set) var receivedID: ChangeID

    /// The last sequence whose change has taken effect; `firstSequence - 1` if none has.
    public internal(set) var applied: UInt64
    public internal(set) var appliedID: ChangeID?

    /// The last sequence that peers may be told of: signed, or proven by a signature behind it; `firstSequence - 1` if none is.
    public internal(set) var published: UInt64

    /// Whether nothing that has taken effect follows or depends on the last change that has.
    public internal(set) var isFrontier: Bool

    public init(
      origin: Origin, parent: Int?, firstSequence: UInt64, received: UInt64, receivedID: ChangeID, applied: UInt64, appliedID: ChangeID?,
      published: UInt64, isFrontier: Bool
    ) {
      self.origin = origin
      self.parent = parent
      self.firstSequence = firstSequence
      self.received = received
      self.receivedID = receivedID
      self.applied = applied
      self.appliedID = appliedID
      self.published = published
      self.isFrontier = isFrontier
    }

    public var head: Head { Head(origin: origin, sequence: received, id: receivedID) }
  }

  public private(set) var all: [Branch] = []
  private var numbers: [Origin: [Int]] = [:]

  public init() {}

  /// - Parameter branches: in the order of their numbers, from 0.
  public init(_ branches: [Branch]) {
    all = branches
    for (number, branch) in branches.enumerated() { numbers[branch.origin, default: []].append(number) }
  }

  public subscript(number: Int) -> Branch { all[number] }

  /// The branches of an origin, oldest first; more than one means that it forked.
  public func numbers(of origin: Origin) -> [Int] {
    numbers[origin] ?? []
  }

  /// The last change held of every branch, sorted.
  public var heads: [Head] {
    all.map(\.head).sorted()
  }

  public var forkCount: Int {
    all.count - numbers.count
  }

  /// The change with this sequence on the chain that the branch continues.
  ///
  /// - Complexity: O(depth of the tree), nearly always O(1).
  public func version(on branch: Int, at sequence: UInt64) -> Version {
    var number = branch
    while sequence < all[number].firstSequence, let parent = all[number].parent { number = parent }
    return Version(branch: number, sequence: sequence)
  }

  /// Whether `version` is on the chain that ends in `end`.
  public func isOnChain(_ version: Version, endingIn end: Version) -> Bool {
    version.sequence <= end.sequence && self.version(on: end.branch, at: version.sequence) == version
  }

  /// The branch numbers of an origin that hold a change of this sequence themselves.
  public func branches(of origin: Origin, holding sequence: UInt64) -> [Int] {
    numbers(of: origin).filter { all[$0].firstSequence <= sequence && sequence <= all[$0].received }
  }

  /// Adds a change behind `previous` and says where it stands: at the end of a branch, or first on a new one.
  public mutating func append(origin: Origin, previous: Version?, id: ChangeID) -> Version {
    if let previous, all[previous.branch].received == previous.sequence {
      all[previous.branch].received += 1
      all[previous.branch].receivedID = id
      return Version(branch: previous.branch, sequence: previous.sequence + 1)
    }
    let sequence = (previous?.sequence ?? 0) + 1
    numbers[origin, default: []].append(all.count)
    all.append(
      Branch(
        origin: origin, parent: previous?.branch, firstSequence: sequence, received: sequence, receivedID: id, applied: sequence - 1,
        appliedID: nil, published: sequence - 1, isFrontier: false))
    return Version(branch: all.count - 1, sequence: sequence)
  }

  /// Notes that the change has taken effect, and that it follows or depends on the ends of its lines.
  ///
  /// - Returns: the branches whose entry changed.
  @discardableResult public mutating func apply(_ version: Version, id: ChangeID, lines: Lines) -> Set<Int> {
    guard all[version.branch].applied < version.sequence else { return [] }
    all[version.branch].applied = version.sequence
    all[version.branch].appliedID = id
    all[version.branch].isFrontier = true
    var touched: Set = [version.branch]
    for end in lines.past.compactMap(\.self) where end.branch != version.branch && all[end.branch].applied == end.sequence {
      all[end.branch].isFrontier = false
      touched.insert(end.branch)
    }
    return touched
  }

  /// Notes that peers may be told of a change and of all before it on its branch.
  ///
  /// - Returns: whether that is news.
  @discardableResult public mutating func publish(_ version: Version) -> Bool {
    guard all[version.branch].published < version.sequence else { return false }
    all[version.branch].published = version.sequence
    return true
  }

  /// Whether a signature stands at the change, or behind it on any chain that goes through it.
  ///
  /// - Complexity: O(branches of the origin).
  public func isProven(_ version: Version) -> Bool {
    if version.sequence <= all[version.branch].published { return true }
    return numbers(of: all[version.branch].origin).contains { number in
      all[number].parent == version.branch && all[number].firstSequence > version.sequence
        && isProven(Version(branch: number, sequence: all[number].firstSequence))
    }
  }

  /// How many changes of a branch peers may not be told of yet.
  public func unpublishedCount(of number: Int) -> Int {
    Int(all[number].received - all[number].published)
  }

  /// The last published sequence on the chain that a branch left its parent from: nearly always the one before its first.
  public func published(before number: Int) -> UInt64 {
    var (child, limit) = (number, all[number].firstSequence - 1)
    while let parent = all[child].parent {
      if all[parent].published >= all[parent].firstSequence { return min(limit, all[parent].published) }
      (child, limit) = (parent, all[parent].firstSequence - 1)
    }
    return 0
  }

  /// The last changes applied that nothing applied follows or depends on, but for the end of one branch; sorted.
  public func frontier(besides own: Int?) -> [(version: Version, head: Head)] {
    all.indices.compactMap { number in
      let branch = all[number]
      guard branch.isFrontier, number != own, let id = branch.appliedID else { return nil }
      return (Version(branch: number, sequence: branch.applied), Head(origin: branch.origin, sequence: branch.applied, id: id))
    }.sorted { $0.head < $1.head }
  }

  /// Whether the change held there has taken effect.
  public func isApplied(_ version: Version) -> Bool {
    version.sequence <= all[version.branch].applied
  }

  /// What of each branch lies after everything that `known` stands for.
  ///
  /// A known change makes all of its chain known.
  ///
  /// - Parameters:
  ///   - withheld: origins of which nothing is wanted.
  ///   - end: the last sequence of a branch that is wanted.
  public func ranges(
    after known: [Version], withheld: Set<Origin>, upTo end: (Branch) -> UInt64 = \.received
  ) -> [ClosedRange<Version>] {
    var last = all.map { $0.firstSequence - 1 }
    for version in known {
      var place = version
      while last[place.branch] < place.sequence {
        last[place.branch] = place.sequence
        guard let parent = all[place.branch].parent else { break }
        place = self.version(on: parent, at: all[place.branch].firstSequence - 1)
      }
    }
    return all.indices.compactMap { number in
      let end = end(all[number])
      guard last[number] < end, !withheld.contains(all[number].origin) else { return nil }
      return Version(branch: number, sequence: last[number] + 1)...Version(branch: number, sequence: end)
    }
  }

  /// The sequences 1, 2, 4, 8, … steps back from the end of a branch, and the first: enough to find where two copies part.
  ///
  /// - Parameter end: the last change of the branch that the peer is told of; nil for the last one held.
  public func rungs(of number: Int, from end: UInt64? = nil) -> [Version] {
    let end = end ?? all[number].received
    var rungs: [Version] = []
    var steps: UInt64 = 1
    while steps < end {
      rungs.append(version(on: number, at: end - steps))
      steps *= 2
    }
    rungs.append(version(on: number, at: 1))
    return rungs
  }
}

/// The chains that end in a change's lines: what its body names versions by.
public struct Lines: Sendable {
  /// The change each line ends in; line 0 is nil for a change without a previous one.
  public let ends: [Version?]

  /// Those that the change follows or depends on.
  let past: ArraySlice<Version?>

  /// - Parameters:
  ///   - ends: `previous`, the header's dependencies, then the body's further lines.
  ///   - furtherCount: how many of them are further lines, which only name what is overwritten.
  public init(ends: [Version?], furtherCount: Int = 0) {
    self.ends = ends
    past = ends.dropLast(furtherCount)
  }

  /// The change a body means.
  ///
  /// - Throws: ``MalformedBytes`` if there is no such line, or it is shorter than that.
  public func version(_ name: VersionName, in branches: Branches) throws(MalformedBytes) -> Version {
    guard name.line < ends.count, let end = ends[name.line] else {
      throw MalformedBytes(offset: 0, reason: "a version is on line \(name.line), which the change doesn't have")
    }
    guard name.sequence <= end.sequence else {
      throw MalformedBytes(offset: 0, reason: "a version is change \(name.sequence) of a line that ends at \(end.sequence)")
    }
    return branches.version(on: end.branch, at: name.sequence)
  }
}
