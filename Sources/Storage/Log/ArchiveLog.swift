// An archive as a change log: what it tells a peer, and what it hands over.

import DictaModels
import GRDB

extension Archive: ChangeLog {
  public var name: String { path }

  // MARK: Opening

  public func open(for peerRemembers: [HeadsHash]) async throws -> Opening {
    if let opening = try await peek({ try $0.isSettled ? self.opening($0, peerRemembers) : nil }) { return opening }
    return try await publish { try self.opening($0, peerRemembers) }
  }

  private func opening(_ view: some LogView, _ peerRemembers: [HeadsHash]) throws -> Opening {
    let info = view.currentInfo
    let unwritten = meetings.withLock { $0.unwritten }
    let remembered = try view.rememberedHeads(first: peerRemembers, besides: unwritten)
    return Opening(
      corpus: info.corpus, mayAdopt: info.position == 0, heads: try told(view), remembered: remembered, snapshotWish: snapshotWish(info))
  }

  /// The hash of the heads that a peer is about to be told of; what that means here is kept in mind.
  private func told(_ view: some LogView) throws -> HeadsHash {
    let heads = try view.publishedHeadsHash()
    if let meeting = view.meeting { meetings.withLock { $0.note(heads, meeting) } }
    return heads
  }

  /// Signs own changes and syncs everything to disk before any peer is told of it: a number that was told is never given to another change.
  private func publish<Result: Sendable>(_ body: @Sendable @escaping (Ledger) throws -> Result) async throws -> Result {
    try await syncingToDisk { ledger in
      if let key = try self.deviceKey(of: ledger.info.identity) { try ledger.sign(with: key) }
      try ledger.publish()
      // Before the commit, and under its lock: nobody can tell what the witness doesn't know. If the commit is lost, the witness knows too
      // much, and the archive takes a new origin, which does no harm.
      try self.noteInWitness(ledger)
      return try body(ledger)
    }
  }

  /// Writes down the last own change that peers may be told of.
  private func noteInWitness(_ ledger: Ledger) throws {
    guard let branch = ledger.info.branch, ledger.branches[branch].published > 0 else { return }
    let version = Version(branch: branch, sequence: ledger.branches[branch].published)
    let published = Witness.Published(sequence: version.sequence, id: try ledger.log.id(version))
    try witnessFile.withLock { file in
      try file.update(beside: path, isLasting: true) { witness in
        guard witness.identity.origin == ledger.info.identity.origin, witness.published != published else { return false }
        witness.published = published
        return true
      }
    }
  }

  /// Runs `body` in a transaction after which everything that was ever committed is synced to disk, and notes in the witness what of it peers
  /// may be told.
  func syncingToDisk<Result: Sendable>(_ body: @Sendable @escaping (Ledger) throws -> Result) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try await onWriter { [self] db in
        let (result, heads, position) = try inTransaction(db, isSynced: true) { [path] ledger in
          let result = try body(ledger)
          ledger.info.durable = ledger.info.position
          let known = try witnessFile.withLock { try $0.read(beside: path)?.synced } ?? []
          let lacking = try known.filter { try ledger.log.find($0, in: ledger.branches) == nil }
          return (result, Set(try ledger.latestHeads() + lacking).sorted(), ledger.info.position)
        }
        noteInWitness(heads, syncedAt: position, db)
        return result
      }
    }
  }

  /// Writes down what is on the disk, behind the commit and before a peer is told: so the witness never knows of what a power cut took
  /// back, and ``check()`` can tell what was lost later.
  private func noteInWitness(_ synced: [Head], syncedAt position: UInt64, _ db: Database) {
    // Under the lock of the database, as everything that is written into the witness. What is on the disk is there whether this can be written or
    // not; the next time tries again.
    try? db.immediateTransaction {
      let info = try ArchiveInfo.read(db)
      // If another process has synced more, it notes that.
      guard info.durable == position else { return .rollback }
      try witnessFile.withLock { file in
        try file.update(beside: path, isLasting: false) { witness in
          guard witness.isWhole, witness.corpus == info.corpus, witness.synced != synced else { return false }
          witness.synced = synced
          return true
        }
      }
      return .rollback
    }
  }

  // MARK: Heads

  public func heads(sinceAnyOf bases: [HeadsHash]) async throws -> PeerHeads {
    try await peek { transaction in
      for base in bases {
        guard let meeting = try self.meeting(base, transaction) else { continue }
        return PeerHeads(base: base, names: try transaction.publishedHeads(of: transaction.branchesMoved(since: meeting)).map(HeadName.init))
      }
      return PeerHeads(names: try transaction.publishedHeads().map(HeadName.init))
    }
  }

  public func compare(with peer: PeerHeads) async throws -> Set<Origin> {
    let (isNews, suspects) = try await peek { transaction in
      let own = transaction.currentInfo.identity.origin
      let unknown = try peer.names.filter { try transaction.log.find($0, in: transaction.branches) == nil }
      // A change that may not be told yet raises no suspicion: there would be nothing to name it by.
      let suspects = unknown.filter { head in
        transaction.branches.branches(of: head.origin, holding: head.sequence).contains { transaction.branches[$0].published >= head.sequence }
      }
      return (unknown.contains { $0.origin == own }, Set(suspects.map(\.origin)))
    }
    if isNews {
      try await withLedger(isSynced: true) { ledger in
        // Another session may have been first.
        let own = ledger.info.identity.origin
        let isNews = try peer.names.contains { try $0.origin == own && ledger.log.find($0, in: ledger.branches) == nil }
        if isNews { try self.takeNewOrigin(ledger) }
      }
    }
    return suspects
  }

  public func rungs(of origins: Set<Origin>) async throws -> [HeadName] {
    try await peek { transaction in
      var rungs: Set<HeadName> = []
      for number in origins.flatMap(transaction.branches.numbers) {
        let end = transaction.branches[number].published
        guard end >= transaction.branches[number].firstSequence else { continue }
        for version in transaction.branches.rungs(of: number, from: end) {
          let id = try transaction.log.id(version)
          rungs.insert(HeadName(origin: transaction.branches[number].origin, sequence: version.sequence, prefix: id.prefix))
        }
      }
      return rungs.sorted()
    }
  }

  public func remember(_ heads: HeadsHash) async throws {
    let (latest, told) = meetings.withLock { ($0.latest, $0.meeting(heads)) }
    if latest == heads { return }
    if latest != nil, let told { return meetings.withLock { $0.keep(heads, told) } }
    let meeting = try await peek { transaction -> Meeting? in
      guard try transaction.latestMeeting() != heads else {
        meetings.withLock { $0.latest = heads }
        return nil
      }
      return try told ?? (transaction.publishedHeadsHash() == heads ? transaction.meeting : nil)
    }
    // It is only a hint, and not worth a transaction of its own: a later one takes it along, or the last one.
    if let meeting { meetings.withLock { $0.keep(heads, meeting) } }
  }

  /// What is remembered of heads, written down or not.
  private func meeting(_ heads: HeadsHash, _ transaction: ReadTransaction) throws -> Meeting? {
    try meetings.withLock { $0.unwritten.last { $0.heads == heads }?.meeting } ?? transaction.meeting(heads)
  }

  /// Writes down what no transaction has taken along.
  func writeMeetings(_ db: Database) throws {
    let unwritten = meetings.withLock { $0.unwritten }
    if !unwritten.isEmpty { try inTransaction(db, writing: unwritten) { _ in } }
  }

  // MARK: Shipping

  public func shipment(to peer: PeerHeads, peerRungs: [HeadName]) async throws -> Shipment {
    try await peek { transaction in
      let branches = transaction.branches
      let climbed = Set(peerRungs.map(\.origin))
      var known = try peer.base.flatMap { try meeting($0, transaction) }.map(transaction.versionsHeld(at:)) ?? []
      var withheld: Set<Origin> = []
      for head in peer.names {
        if let version = try transaction.log.find(head, in: branches) {
          known.append(version)
        } else if !climbed.contains(head.origin) {
          // The peer is ahead of what is held here, so nothing of this origin is news to it.
          withheld.insert(head.origin)
        }
      }
      known += try peerRungs.compactMap { try transaction.log.find($0, in: branches) }
      let ranges = branches.ranges(after: known, withheld: withheld, upTo: \.published)
      let droppedCount = try ranges.reduce(0) { try $0 + transaction.log.reducedCount(from: $1.lowerBound, to: $1.upperBound) }
      guard droppedCount == 0 else { return Shipment(places: [], droppedChangeCount: droppedCount) }
      let places = try ranges.flatMap(transaction.segments)
      // By order of arrival causes come first, whatever branch they are on.
      return Shipment(places: places.sorted { $0.position > $1.position }.map(\.place))
    }
  }

  public func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    guard !shipment.isEmpty else { return nil }
    let places = shipment.places
    let (delivery, count, droppedCount) = try await peek { transaction in
      var delivery = Delivery()
      var count = 0
      var byteCount = 0
      while count < places.count {
        let (texts, segment): ([[UInt8]], Segment)
        do {
          (texts, segment) = try transaction.segment(at: places[places.count - 1 - count])
        } catch ArchiveError.dropped {
          // What comes before it is sent.
          return (delivery, count, count > 0 ? 0 : try transaction.reducedCount(at: places))
        }
        let size = Delivery(texts: texts, segments: [segment]).byteCount
        if count > 0, byteCount + size > byteLimit || count == Delivery.segmentLimit || delivery.texts.count + texts.count > Delivery.textLimit {
          break
        }
        byteCount += size
        count += 1
        delivery.texts += texts
        delivery.segments.append(segment)
      }
      return (delivery, count, 0)
    }
    guard droppedCount == 0 else {
      shipment = Shipment(places: [], droppedChangeCount: droppedCount)
      return nil
    }
    shipment.places.removeLast(count)
    return delivery
  }

  public func acknowledge() async throws -> HeadsHash {
    let settled = try await peek { transaction -> HeadsHash? in
      transaction.currentInfo.durable == transaction.currentInfo.position ? try self.told(transaction) : nil
    }
    if let settled { return settled }
    return try await syncingToDisk { try self.told($0) }
  }

  public func hasUntold() async throws -> Bool {
    try await peek { transaction in transaction.branches.all.contains { $0.published < $0.received } }
  }

  // MARK: Corpus

  public func adopt(_ corpus: CorpusID) async throws {
    try await withLedger { ledger in
      guard ledger.info.position == 0 else { throw ArchiveError.otherCorpus(ours: ledger.info.corpus, theirs: corpus) }
      ledger.info.corpus = corpus
      try self.takeNewOrigin(ledger)
    }
  }

  /// Runs `body` in a transaction that writes rows but no change.
  ///
  /// - Parameter isSynced: whether the commit, and with it every one before, is synced to disk.
  func withLedger<Result: Sendable>(isSynced: Bool = false, _ body: @Sendable @escaping (Ledger) throws -> Result) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try await onWriter { [self] db in try inTransaction(db, isSynced: isSynced, body) }
    }
  }

  private func inTransaction<Result>(
    _ db: Database, isSynced: Bool = false, writing held: [HeldHeads]? = nil, _ body: (Ledger) throws -> Result
  ) throws -> Result {
    if isSynced { try db.syncCommits(true) }
    defer { if isSynced { try? db.syncCommits(false) } }
    var result: Result?
    var newCache: ArchiveCache?
    var ledger: Ledger?
    defer { pageCache.settle(db, wroteManyRows: ledger?.wroteManyRows ?? false) }
    let held = held ?? meetings.withLock { $0.due }
    try db.immediateTransaction {
      let opened = try Ledger(db, cache: currentCache)
      ledger = opened
      result = try body(opened)
      for entry in held { try opened.remember(entry.heads, entry.meeting) }
      try opened.finish()
      newCache = opened.handOver()
      return .commit
    }
    meetings.withLock { $0.noteWritten(held) }
    if let newCache { keep(newCache) }
    guard let result else { throw CancellationError() }
    return result
  }
}

extension Archive {
  /// A short read, on the thread that asks: to hand it to another one and back takes longer than to do it.
  fileprivate func peek<Result: Sendable>(_ body: (ReadTransaction) throws -> Result) async throws -> Result {
    try ArchiveFile.mapping(path) { try readInPlace { db in try body(ReadTransaction(db, cache: currentCache)) } }
  }
}

extension ReadTransaction {
  /// Whether all that is held is on the disk, and may be told.
  fileprivate var isSettled: Bool {
    currentInfo.durable == currentInfo.position && branches.all.allSatisfy { $0.published == $0.received }
  }
}

extension Ledger {
  /// The heads that may be told of the branches that the last changes came on: with the end of the log, some of them would be lost.
  fileprivate func latestHeads() throws -> [Head] {
    let numbers = Set(try db.all("SELECT key FROM log ORDER BY position DESC LIMIT 64") { Version(key: $0.integer(0)).branch })
    return try numbers.compactMap { number in
      guard branches.all.indices.contains(number) else { throw MalformedBytes(offset: 0, reason: "branch \(number) is missing") }
      let branch = branches[number]
      guard branch.published >= branch.firstSequence else { return nil }
      if branch.published == branch.received { return branch.head }
      return Head(
        origin: branch.origin, sequence: branch.published, id: try log.id(Version(branch: number, sequence: branch.published)))
    }
  }
}
