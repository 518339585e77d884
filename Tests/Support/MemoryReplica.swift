import DictaModels

/// A replica in memory, made of the same parts as an archive: real bytes, real hashes, real merge, and no disk.
///
/// It is a value, so a copy of it is a copied archive, and an older one a backup. It stores no texts: it takes those that values name for
/// held.
///
/// Invariant: ``states`` and ``digest`` are what the applied changes of ``log`` say, and every change in the log comes after its causes.
public struct MemoryReplica: Sendable {
  /// A change, where it stands here, and what its body names versions by.
  public struct Held: Sendable {
    public let version: Version
    public let change: Change
    public let body: Body
    public let lines: Lines
  }

  public let name: String
  public let corpus: CorpusID

  /// Who writes here; nil until the first write after a new origin was found to be needed.
  public internal(set) var identity: Identity?

  /// The change of this origin that the next one will follow.
  public internal(set) var end: Version?

  public internal(set) var branches = Branches()

  /// In the order of arrival: causes first.
  public internal(set) var log: [Held] = []

  /// Of every entity that an applied change touches.
  public private(set) var states: [Reference: EntityState] = [:]

  /// Kept up to date with every change.
  public private(set) var digest = Digest.empty

  var places: [ChangeID: Version] = [:]
  var logIndexes: [Version: Int] = [:]
  private var digests: [Reference: Digest] = [:]
  private var referrers: [Reference: Set<Reference>] = [:]

  public struct Identity: Hashable, Sendable {
    public let origin: Origin
    public let birth: Header.Birth
  }

  public init(name: String, corpus: CorpusID) {
    self.name = name
    self.corpus = corpus
  }

  /// The same replica on another machine.
  public func copy(named name: String) -> MemoryReplica {
    var copy = MemoryReplica(name: name, corpus: corpus)
    (copy.identity, copy.end, copy.branches, copy.log, copy.states, copy.digest) = (identity, end, branches, log, states, digest)
    (copy.places, copy.logIndexes, copy.digests, copy.referrers) = (places, logIndexes, digests, referrers)
    return copy
  }

  /// Writes under a new origin from now on. What was written stays where it is.
  public mutating func leaveOrigin() {
    (identity, end) = (nil, nil)
  }

  // MARK: Reading

  public var heads: [Head] { branches.heads }

  public func holds(_ id: ChangeID) -> Bool {
    places[id] != nil
  }

  public func place(of id: ChangeID) -> Version? {
    places[id]
  }

  public func held(_ version: Version) -> Held? {
    logIndexes[version].map { log[$0] }
  }

  func change(_ id: ChangeID) -> Change? {
    places[id].flatMap(held)?.change
  }

  public func id(of version: Version) -> ChangeID? {
    held(version)?.change.id
  }

  /// Those whose runs are complete here.
  public var appliedIDs: Set<ChangeID> {
    Set(log.filter { branches.isApplied($0.version) }.map(\.change.id))
  }

  /// Who lives, by ``Liveness``.
  public var living: Set<Reference> {
    var tombstoned: [Reference] = []
    var living: Set<Reference> = []
    for (entity, state) in states where state.isCreated {
      if state.tombstones.isEmpty { living.insert(entity) } else { tombstoned.append(entity) }
    }
    let saved = Liveness.living(
      among: tombstoned, livesByItself: { states[$0]?.livesByItself ?? false }, referrers: { Array(referrers[$0] ?? []) },
      livesUntouched: { states[$0]?.isCreated ?? false })
    return living.union(saved)
  }

  /// The digest as it comes out when nothing is remembered.
  public var digestFromScratch: Digest {
    var sum = Digest.empty
    for (entity, state) in states { sum += digest(of: state, entity) }
    return sum
  }

  private func digest(of state: EntityState, _ entity: Reference) -> Digest {
    state.digest(of: entity) { branches[$0.branch].origin }
  }

  // MARK: Taking changes in

  /// Verifies changes made elsewhere, adds them, and applies the runs that they complete. What is held already is skipped.
  ///
  /// - Throws: ``RefusedDelivery``; then nothing of the delivery is kept.
  @discardableResult
  public mutating func receive(_ delivery: Delivery, from sender: String) throws -> Receipt {
    let before = self
    var receipt = Receipt()
    do {
      for segment in delivery.segments { receipt.received += try receive(segment, from: sender) }
    } catch {
      self = before
      throw error
    }
    return receipt
  }

  private mutating func receive(_ segment: Segment, from sender: String) throws(RefusedDelivery) -> Int {
    var (sequence, previous, count) = (segment.firstSequence, segment.previous, 0)
    func refusal(_ reason: RefusedDelivery.Reason) -> RefusedDelivery {
      RefusedDelivery(sender: sender, origin: segment.origin, sequence: sequence, reason: reason)
    }
    for parcel in segment.parcels {
      let change: Change
      do {
        change = try Change(
          origin: segment.origin, sequence: sequence, previous: previous, envelope: Header.Envelope(bytes: parcel.envelope),
          bodyBytes: parcel.body)
      } catch {
        throw refusal(.malformed(error))
      }
      if try take(change, refusal) {
        count += 1
        // A change of one's own that one doesn't hold: one was restored, or copied.
        if segment.origin == identity?.origin, !isDeaf { leaveOrigin() }
      }
      (sequence, previous) = (sequence + 1, change.id)
    }
    return count
  }

  /// Whether it goes on under its origin whatever it hears of it, which no honest replica does.
  public var isDeaf = false

  /// Whether everything that the change rests on is here, so that it would be taken.
  public func canTake(_ held: Held) -> Bool {
    let heads = held.change.header.envelope.dependencies + held.body.lines
    return held.change.header.previous.map(holds) ?? true && heads.allSatisfy { places[$0.id].map(branches.isApplied) ?? false }
  }

  /// - Returns: whether the change wasn't held before.
  mutating func take(_ change: Change, _ refusal: (RefusedDelivery.Reason) -> RefusedDelivery) throws(RefusedDelivery) -> Bool {
    guard places[change.id] == nil else { return false }
    let header = change.header
    let previous = header.previous.flatMap { places[$0] }
    guard header.sequence == (previous?.sequence ?? 0) + 1, header.previous == nil || previous != nil else { throw refusal(.brokenChain) }
    if let previous, branches[previous.branch].origin != header.origin { throw refusal(.brokenChain) }
    let provenOrigin = header.envelope.birth.map { Origin(corpus: corpus, publicKey: $0.publicKey, nonce: $0.nonce) }
    guard provenOrigin == (header.sequence == 1 ? header.origin : nil) else { throw refusal(.wrongBirth) }
    let isInRun = header.previous.flatMap(change(_:))?.header.envelope.isContinued ?? false
    if isInRun, !header.envelope.dependencies.isEmpty {
      throw refusal(.malformed(MalformedBytes(offset: 0, reason: "only the first change of a run has dependencies")))
    }
    let body: Body
    let lines: Lines
    do {
      body = try Body(bytes: change.bodyBytes)
      lines = try self.lines(of: header, body, previous: previous, refusal)
      try body.forEachName { name throws(MalformedBytes) in _ = try lines.version(name, in: branches) }
    } catch let error as RefusedDelivery {
      throw error
    } catch let error as MalformedBytes {
      throw refusal(.malformed(error))
    } catch {
      throw refusal(.brokenChain)
    }
    let version = branches.append(origin: header.origin, previous: previous, id: change.id)
    places[change.id] = version
    logIndexes[version] = log.count
    log.append(Held(version: version, change: change, body: body, lines: lines))
    if !header.envelope.isContinued { applyRun(endingIn: version) }
    return true
  }

  private func lines(
    of header: Header, _ body: Body, previous: Version?, _ refusal: (RefusedDelivery.Reason) -> RefusedDelivery
  ) throws(RefusedDelivery) -> Lines {
    var ends: [Version?] = [previous]
    for (index, head) in (header.envelope.dependencies + body.lines).enumerated() {
      guard let end = places[head.id], branches.isApplied(end) else {
        if index < header.envelope.dependencies.count { throw refusal(.missingCause(head)) }
        throw refusal(.malformed(MalformedBytes(offset: 0, reason: "line \(index + 1) is not applied though all dependencies are")))
      }
      guard branches[end.branch].origin == head.origin, end.sequence == head.sequence else {
        throw refusal(.malformed(MalformedBytes(offset: 0, reason: "line \(index + 1) names a change by a wrong origin or sequence")))
      }
      ends.append(end)
    }
    return Lines(ends: ends, furtherCount: body.lines.count)
  }

  // MARK: Applying

  /// Applies all of a run that isn't applied yet: its last change has come.
  private mutating func applyRun(endingIn version: Version) {
    var run: [Held] = []
    var next: Version? = version
    while let place = next, let held = held(place), !branches.isApplied(place) {
      run.append(held)
      next = held.lines.ends[0]
    }
    for held in run.reversed() { apply(held) }
  }

  private mutating func apply(_ held: Held) {
    branches.apply(held.version, id: held.change.id, lines: held.lines)
    for group in held.body.groups {
      let old = states[group.entity] ?? EntityState()
      var state = old
      do {
        try state.apply(
          group, as: held.version, naming: { try held.lines.version($0, in: branches) }, rank: { rank($0, writing: held.change) })
      } catch {
        preconditionFailure("\(held.change.id) was checked when it came, and now: \(error)")
      }
      store(state, of: group.entity, replacing: old)
    }
  }

  private func rank(_ version: Version, writing: Change) -> Rank {
    let change = held(version)?.change ?? writing
    return Rank(writtenAt: change.header.envelope.writtenAt, id: change.id)
  }

  private mutating func store(_ state: EntityState, of entity: Reference, replacing old: EntityState) {
    states[entity] = state
    let (before, after) = (old.references, state.references)
    for target in before.subtracting(after) { referrers[target]?.remove(entity) }
    for target in after.subtracting(before) { referrers[target, default: []].insert(entity) }
    if let digest = digests[entity] { self.digest -= digest }
    let new = digest(of: state, entity)
    digests[entity] = new
    digest += new
  }

  /// Falsifies a state, as a bug or a bad disk would.
  public mutating func corrupt(_ entity: Reference, _ change: (inout EntityState) -> Void) {
    let old = states[entity] ?? EntityState()
    var state = old
    change(&state)
    store(state, of: entity, replacing: old)
  }
}

extension Body {
  /// Every version that the body names.
  fileprivate func forEachName(_ check: (VersionName) throws(MalformedBytes) -> Void) throws(MalformedBytes) {
    for group in groups {
      for name in group.overwrites { try check(name) }
      for name in group.seen { try check(name) }
      for op in group.ops { for name in op.overwrites { try check(name) } }
    }
  }
}
