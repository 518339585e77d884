import DictaModels
import GRDB

/// Changes found one behind the other, of which the last one is signed: what an archive can be handed.
struct FoundSegment: Sendable {
  let origin: Origin
  let branch: Int
  let sequences: ClosedRange<UInt64>

  /// Where the changes stand among the findings.
  let links: [Int64]

  /// When the first one came to the damaged archive: causes came before effects, unless the number is damaged.
  let position: Int64
  let byteCount: Int
}

/// Changes that are found and can't be handed on, and why.
struct Obstacle: Sendable {
  let branch: Int
  let sequences: ClosedRange<UInt64>
  let reason: Reason

  enum Reason: Sendable {
    case refused(RefusedDelivery.Reason)
    /// A signature further on proves them, and the one in which their segment ended is gone.
    case missingSignature
    /// What they wrote was dropped, and what was written over it is lost.
    case dropped
  }
}

/// Cuts the chains that were found into segments.
struct SegmentFinder {
  private let findings: Findings
  private let db: Database
  private let corpus: CorpusID

  /// The damaged archive's own keys, if its witness still holds them.
  private let keys: [DeviceKey]

  /// Changes that can't be taken, for nothing overwrites what of them was dropped.
  private let unusable: Set<ChangeID>

  private(set) var segments: [FoundSegment] = []
  private(set) var obstacles: [Obstacle] = []

  private struct Link {
    let number: Int64
    let origin: Origin
    let sequence: UInt64
    let position: Int64
    let id: ChangeID
    let previous: ChangeID?
    let isHeld: Bool
    let isProven: Bool
    let hasDependencies: Bool
    let byteCount: Int
  }

  init(_ findings: Findings, _ db: Database, corpus: CorpusID, keys: [DeviceKey], without unusable: Set<ChangeID>) {
    (self.findings, self.db, self.corpus, self.keys, self.unusable) = (findings, db, corpus, keys, unusable)
  }

  /// Finds the segments that aren't held yet, in the order in which they came.
  mutating func run() throws {
    for key in keys { try signOwn(key) }
    let ends = try db.all(
      """
      SELECT number, branch FROM link JOIN proof ON proof.id = link.id WHERE isRooted = 1 AND isHeld = 0
      GROUP BY link.id ORDER BY branch, sequence
      """
    ) { (number: $0.integer(0), branch: $0.int(1)) }
    for end in ends { try cut(chainEndingIn: end.number, branch: end.branch) }
    segments.sort { ($0.position, $0.branch, $0.sequences.lowerBound) < ($1.position, $1.branch, $1.sequences.lowerBound) }
  }

  /// Signs what the damaged archive wrote last and hadn't signed yet.
  ///
  /// Only what it did write: a page may still hold what a transaction took back again.
  private func signOwn(_ key: DeviceKey) throws {
    let numbers = try db.all("SELECT DISTINCT branch FROM link WHERE origin = ?", .blob(key.origin.bytes)) { $0.int(0) }
    for branch in numbers {
      let end = findings.branches[branch]?.receivedID.bytes ?? []
      let last = try db.first(
        """
        SELECT link.sequence, link.id FROM link JOIN change ON change.number = link.change
        WHERE branch = ? AND origin = ? AND isGenuine = 1 AND isRooted = 1 AND isHeld = 0 AND (wasCommitted = 1 OR link.id = ?)
        ORDER BY link.sequence DESC LIMIT 1
        """, .integer(branch), .blob(key.origin.bytes), .blob(end)
      ) { Head(origin: key.origin, sequence: try $0.count(0), id: try ChangeID(bytes: $0.blob(1)).orDamaged("an id")) }
      if let last { try sign(last, with: key) }
    }
  }

  private func sign(_ head: Head, with key: DeviceKey) throws {
    let signature = HeadSignature(of: head, in: corpus, by: key.key)
    try db.run("INSERT OR IGNORE INTO proof (id, signature) VALUES (?, ?)", .blob(head.id.bytes), .blob(signature.bytes))
  }

  private mutating func cut(chainEndingIn number: Int64, branch: Int) throws {
    guard let end = try link("link.number = ?", .integer(number)) else { return }
    var chain = [end]
    while let first = chain.last, let previous = first.previous {
      guard let before = try link("link.id = ? AND link.isRooted = 1", .blob(previous.bytes)), !before.isProven, !before.isHeld else { break }
      chain.append(before)
    }
    chain.reverse()
    var parts: [[Link]] = []
    var byteCount = 0
    for link in chain {
      let size = try link.byteCount + (key(of: link) == nil ? 0 : textByteCount(of: link))
      if let part = parts.last, link.hasDependencies || part.count == Segment.changeLimit || byteCount + size > Segment.byteLimit {
        guard let key = key(of: link), let last = part.last else {
          obstacles.append(Obstacle(branch: branch, sequences: chain[0].sequence...end.sequence, reason: .missingSignature))
          return
        }
        try sign(Head(origin: last.origin, sequence: last.sequence, id: last.id), with: key)
        parts.append([])
        byteCount = 0
      }
      if parts.isEmpty { parts.append([]) }
      parts[parts.count - 1].append(link)
      byteCount += size
    }
    for part in parts {
      let sequences = part[0].sequence...part[part.count - 1].sequence
      guard !part.contains(where: { unusable.contains($0.id) }) else {
        obstacles.append(Obstacle(branch: branch, sequences: sequences, reason: .dropped))
        continue
      }
      segments.append(
        FoundSegment(
          origin: end.origin, branch: branch, sequences: sequences, links: part.map(\.number), position: part[0].position,
          byteCount: part.reduce(0) { $0 + $1.byteCount }))
    }
  }

  private func key(of link: Link) -> DeviceKey? { keys.first { $0.origin == link.origin } }

  /// What travels with a change: where segments are cut anew, they must not become too large for a message.
  private func textByteCount(of link: Link) throws -> Int {
    let body = try db.first(
      "SELECT body, isReduced FROM change JOIN link ON link.change = change.number WHERE link.number = ?", .integer(link.number)
    ) { try? HeldBody(bytes: $0.blob(0), isReduced: $0.integer(1) != 0).content() }
    let hashes = body.flatMap(\.self)?.texts ?? []
    return try hashes.reduce(0) { sum, hash in
      try sum + (db.first("SELECT length(content) FROM text WHERE hash = ?", .blob(hash.bytes)) { $0.int(0) } ?? 0)
    }
  }

  private func link(_ condition: String, _ argument: Argument) throws -> Link? {
    try db.first(
      """
      SELECT link.number, origin, sequence, link.position, link.id, previous, isHeld, proof.id IS NOT NULL, substr(envelope, 1, 1),
      length(envelope) + length(body) FROM link JOIN change ON change.number = link.change LEFT JOIN proof ON proof.id = link.id
      WHERE \(condition) LIMIT 1
      """, argument
    ) { row in
      Link(
        number: row.integer(0), origin: try Origin(bytes: row.blob(1)).orDamaged("an origin"), sequence: try row.count(2), position: row.integer(3),
        id: try ChangeID(bytes: row.blob(4)).orDamaged("an id"), previous: ChangeID(bytes: row.blob(5)), isHeld: row.integer(6) != 0,
        isProven: row.integer(7) != 0, hasDependencies: row.blob(8) == [4 << 3 | 2], byteCount: row.int(9))
    }
  }
}

extension Findings {
  /// The first of these segments, with the texts that they name.
  ///
  /// - Parameters:
  ///   - delivered: texts that the receiver has already.
  ///   - byteLimit: passed only by the last segment taken.
  /// - Returns: also how many segments were taken.
  func delivery(
    of segments: some Collection<FoundSegment>, without delivered: Set<TextHash>, byteLimit: Int
  ) throws -> (delivery: Delivery, texts: Set<TextHash>, count: Int) {
    try queue.inDatabase { db in
      var delivery = Delivery()
      var texts: Set<TextHash> = []
      var (count, byteCount) = (0, 0)
      for segment in segments where byteCount < byteLimit {
        count += 1
        byteCount += segment.byteCount
        var parcels: [Segment.Parcel] = []
        var ends: (previous: ChangeID?, last: ChangeID?) = (nil, nil)
        for (index, number) in segment.links.enumerated() {
          let query = "SELECT envelope, body, previous, link.id, isReduced FROM change JOIN link ON link.change = change.number WHERE link.number = ?"
          try db.each(query, [.integer(number)]) { row in
            if index == 0 { ends.previous = ChangeID(bytes: row.blob(2)) }
            ends.last = ChangeID(bytes: row.blob(3))
            let parcel = Segment.Parcel(envelope: row.blob(0), held: HeldBody(bytes: row.blob(1), isReduced: row.integer(4) != 0))
            parcels.append(parcel)
            // What can't be decoded is refused when it is received.
            for hash in (try? parcel.held.content())?.texts ?? [] where !delivered.contains(hash) && texts.insert(hash).inserted {
              guard let text = try text(hash, db) else { continue }
              byteCount += text.count
              delivery.texts.append(text)
            }
            return false
          }
        }
        let signature = try db.first("SELECT signature FROM proof WHERE id = ?", .blob(ends.last?.bytes ?? [])) { HeadSignature(bytes: $0.blob(0)) }
        guard let signature = signature.flatMap(\.self) else { continue }
        delivery.segments.append(
          Segment(
            origin: segment.origin, firstSequence: segment.sequences.lowerBound, previous: ends.previous, parcels: parcels, signature: signature))
      }
      return (delivery, texts, count)
    }
  }
}
