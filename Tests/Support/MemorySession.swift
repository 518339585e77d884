import DictaModels

// A session of two replicas in memory: the rules by which heads are compared and changes chosen, without messages.

/// What came of a session.
public struct SessionReport: Hashable, Sendable {
  /// Whether both had the same heads before, so that nothing was sent.
  public var wereEqual = false

  /// Origins of which either side suspected a fork.
  public var suspectedOrigins = 0

  /// Changes that either side took.
  public var received = 0

  /// Replicas that heard of a change of their own that they don't hold.
  public var newOrigins = 0
}

extension MemoryReplica {
  /// Each sends the other what it lacks.
  ///
  /// - Parameter limit: after so many changes in each direction the line is cut.
  /// - Throws: ``RefusedDelivery``, which honest replicas never give each other cause for.
  public static func sync(_ left: inout MemoryReplica, _ right: inout MemoryReplica, cutAfter limit: Int = .max) throws -> SessionReport {
    var report = SessionReport()
    let heads = (left: left.heads, right: right.heads)
    guard heads.left != heads.right else {
      report.wereEqual = true
      return report
    }
    report.newOrigins = (left.meet(heads.right) ? 1 : 0) + (right.meet(heads.left) ? 1 : 0)
    let suspected = left.suspectedForks(in: heads.right).union(right.suspectedForks(in: heads.left))
    report.suspectedOrigins = suspected.count
    let rungs = (left: left.rungs(of: suspected), right: right.rungs(of: suspected))
    let toRight = left.delivery(to: heads.right, peerRungs: rungs.right, limit: limit)
    let toLeft = right.delivery(to: heads.left, peerRungs: rungs.left, limit: limit)
    report.received = try right.receive(toRight, from: left.name).received + left.receive(toLeft, from: right.name).received
    return report
  }

  /// - Returns: whether the peer holds a change of this replica's own that isn't held here, so that it takes a new origin.
  mutating func meet(_ peerHeads: [Head]) -> Bool {
    guard !isDeaf, peerHeads.contains(where: { $0.origin == identity?.origin && !holds($0.id) }) else { return false }
    leaveOrigin()
    return true
  }

  /// The origins of which the peer may hold another branch: it names a head not held here, and a change of that sequence is.
  public func suspectedForks(in peerHeads: [Head]) -> Set<Origin> {
    Set(peerHeads.filter { !holds($0.id) && !branches.branches(of: $0.origin, holding: $0.sequence).isEmpty }.map(\.origin))
  }

  public func rungs(of origins: Set<Origin>) -> [Head] {
    let versions = origins.flatMap { branches.numbers(of: $0).flatMap { branches.rungs(of: $0) } }
    return versions.compactMap { version in
      id(of: version).map { Head(origin: branches[version.branch].origin, sequence: version.sequence, id: $0) }
    }.sorted()
  }

  /// What a peer with these heads lacks, causes first.
  ///
  /// - Parameter peerRungs: its rungs of the origins that either side suspects.
  public func delivery(to peerHeads: [Head], peerRungs: [Head] = [], limit: Int = .max) -> Delivery {
    let known = (peerHeads + peerRungs).compactMap { place(of: $0.id) }
    let climbed = Set(peerRungs.map(\.origin))
    let withheld = Set(peerHeads.filter { !holds($0.id) && !climbed.contains($0.origin) }.map(\.origin))
    var wanted: [Int: ClosedRange<Version>] = [:]
    for range in branches.ranges(after: known, withheld: withheld) { wanted[range.lowerBound.branch] = range }
    let missing = log.filter { wanted[$0.version.branch]?.contains($0.version) ?? false }
    return Delivery(missing.prefix(limit))
  }
}

extension HeadSignature {
  /// Where nobody verifies: replicas in memory have no keys.
  public static let missing = HeadSignature(bytes: [UInt8](repeating: 0, count: byteCount))!
}

extension Delivery {
  /// Changes in the order given; those that follow each other share a segment.
  public init(_ changes: some Sequence<MemoryReplica.Held>) {
    self.init()
    var last: ChangeID?
    for held in changes {
      let (change, header) = (held.change, held.change.header)
      let parcel = Segment.Parcel(envelope: header.envelope.bytes, body: change.bodyBytes)
      if segments.last?.origin == header.origin, last == header.previous {
        segments[segments.count - 1].parcels.append(parcel)
      } else {
        segments.append(
          Segment(
            origin: header.origin, firstSequence: header.sequence, previous: header.previous, parcels: [parcel], signature: .missing))
      }
      last = change.id
    }
  }
}
