// An archive as a change log: what it holds, and what it hands to another.

import DictaModels
import GRDB

extension Archive: ChangeLog {
  public var name: String { path }

  public func corpus() async throws -> (id: CorpusID, isEmpty: Bool) {
    try await read { ($0.currentInfo.corpus, $0.currentInfo.position == 0) }
  }

  public func heads() async throws -> [Head] {
    try await read { $0.branches.heads }
  }

  public func suspectedForks(in peerHeads: [Head]) async throws -> Set<Origin> {
    try await read { transaction in
      let suspects = try peerHeads.filter { head in
        try !transaction.branches.branches(of: head.origin, holding: head.sequence).isEmpty
          && transaction.log.find(head, in: transaction.branches) == nil
      }
      return Set(suspects.map(\.origin))
    }
  }

  public func rungs(of origins: Set<Origin>) async throws -> [Head] {
    try await read { transaction in
      var rungs: Set<Head> = []
      for origin in origins {
        for number in transaction.branches.numbers(of: origin) {
          for version in transaction.branches.rungs(of: number) {
            rungs.insert(Head(origin: origin, sequence: version.sequence, id: try transaction.log.id(version)))
          }
        }
      }
      return rungs.sorted()
    }
  }

  public func shipment(to peerHeads: [Head], peerRungs: [Head]) async throws -> Shipment {
    let shipment = try await missing(at: peerHeads, peerRungs)
    try await publish(shipment)
    return shipment
  }

  /// Notes durably that own changes are about to leave, before any does: a number that was sent is never given to another change.
  private func publish(_ shipment: Shipment) async throws {
    let last = try await read { transaction -> UInt64? in
      guard let branch = transaction.currentInfo.branch else { return nil }
      let own = shipment.places.lazy.map { Version(key: Int64($0)) }.filter { $0.branch == branch }.map(\.sequence).max() ?? 0
      return own > transaction.currentInfo.published ? own : nil
    }
    guard let last else { return }
    try await ArchiveFile.mapping(path) {
      try await pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        defer { try? db.execute(sql: "PRAGMA synchronous = NORMAL") }
        try db.inTransaction(.immediate) {
          var info = try ArchiveInfo.read(db)
          info.published = max(info.published, last)
          try info.write(db)
          return .commit
        }
      }
    }
  }

  private func missing(at peerHeads: [Head], _ peerRungs: [Head]) async throws -> Shipment {
    try await read { transaction in
      let branches = transaction.branches
      let climbed = Set(peerRungs.map(\.origin))
      var known: [Version] = []
      var withheld: Set<Origin> = []
      for head in peerHeads {
        if let version = try transaction.log.find(head, in: branches) {
          known.append(version)
        } else if !climbed.contains(head.origin) {
          // The peer is ahead of what is held here, so nothing of this origin is news to it.
          withheld.insert(head.origin)
        }
      }
      for rung in peerRungs { if let version = try transaction.log.find(rung, in: branches) { known.append(version) } }
      var places: [(position: Int64, key: Int64)] = []
      for range in branches.ranges(after: known, withheld: withheld) {
        places += try transaction.db.all(
          "SELECT position, key FROM log WHERE key BETWEEN ? AND ?", .integer(range.lowerBound.key), .integer(range.upperBound.key)
        ) { ($0.integer(0), $0.integer(1)) }
      }
      // By order of arrival causes come first, whatever branch they are on.
      return Shipment(places: places.sorted { $0.position > $1.position }.map { UInt64($0.key) })
    }
  }

  public func nextDelivery(of shipment: inout Shipment, byteLimit: Int) async throws -> Delivery? {
    guard !shipment.isEmpty else { return nil }
    let places = shipment.places
    let (delivery, count) = try await read { transaction in
      var delivery = Delivery()
      var last: Version?
      var byteCount = 0
      var count = 0
      while count < places.count {
        let version = Version(key: Int64(places[places.count - 1 - count]))
        let row = try transaction.log.row(version)
        let texts = try transaction.db.all("SELECT content FROM text WHERE position = ?", .integer(Int64(row.position))) { $0.utf8(0) }
        let size = row.envelope.count + row.body.count + texts.reduce(0) { $0 + $1.count }
        if count > 0, byteCount + size > byteLimit { break }
        byteCount += size
        count += 1
        delivery.texts += texts
        let parcel = Segment.Parcel(envelope: row.envelope, body: row.body)
        if let last, last.branch == version.branch, last.sequence + 1 == version.sequence {
          delivery.segments[delivery.segments.count - 1].append(parcel, id: row.id)
        } else {
          let branches = transaction.branches
          let before = version.sequence == 1 ? nil : branches.version(on: version.branch, at: version.sequence - 1)
          delivery.segments.append(
            Segment(
              origin: branches[version.branch].origin, firstSequence: version.sequence, previous: try before.map(transaction.log.id),
              first: parcel, id: row.id))
        }
        last = version
      }
      return (delivery, count)
    }
    shipment.places.removeLast(count)
    return delivery
  }

  // MARK: Identity

  public func adopt(_ corpus: CorpusID) async throws {
    try await withLedger { ledger in
      guard ledger.info.position == 0 else { throw ArchiveError.otherCorpus(ours: ledger.info.corpus, theirs: corpus) }
      ledger.info.corpus = corpus
      try self.takeNewOrigin(&ledger.info, ledger.db)
    }
  }

  public func meet(_ peerHeads: [Head]) async throws {
    let isNews = try await read { transaction in
      let own = transaction.currentInfo.identity.origin
      return try peerHeads.contains { try $0.origin == own && transaction.log.find($0, in: transaction.branches) == nil }
    }
    if isNews { try await withLedger { try self.takeNewOrigin(&$0.info, $0.db) } }
  }

  /// Runs `body` in a transaction that writes rows but no change.
  func withLedger<Result: Sendable>(_ body: @Sendable @escaping (Ledger) throws -> Result) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try await pool.writeWithoutTransaction { [self] db in
        var result: Result?
        var newCache: ArchiveCache?
        try db.inTransaction(.immediate) {
          let ledger = try Ledger(db, cache: currentCache)
          result = try body(ledger)
          try ledger.finish()
          newCache = ledger.cache
          return .commit
        }
        if let newCache { keep(newCache) }
        guard let result else { throw CancellationError() }
        return result
      }
    }
  }
}
