// Heads that this replica and some peer held both. When they meet again, only what moved since then is compared.

import DictaModels
import GRDB

/// A moment at which the published heads here were those of a peer.
struct Meeting {
  /// Of the last change in the log then.
  let position: UInt64

  /// The end of the own branch that peers could be told of then, at sequence 0 if nothing could be; what lay behind it wasn't part of those heads.
  let own: Version?
}

/// What is read of the log on either side of a commit.
protocol LogView {
  var db: Database { get throws }
  var currentInfo: ArchiveInfo { get }

  func publishedHeadsHash() throws -> HeadsHash

  /// What is held now, as a meeting; nil where it couldn't be remembered: what may not be told yet is remembered of the own branch only.
  var meeting: Meeting? { get }
}

extension LogView {
  /// Hashes of heads held both here and elsewhere, latest first.
  ///
  /// - Parameters:
  ///   - wanted: of these, those that are remembered here are given before all others.
  ///   - unwritten: what isn't written down yet, latest last.
  func rememberedHeads(first wanted: [HeadsHash], besides unwritten: [HeldHeads]) throws -> [HeadsHash] {
    let new = unwritten.reversed().map(\.heads)
    let shared = try wanted.filter { try new.contains($0) || meeting($0) != nil }
    let latest = try db.all("SELECT heads FROM meeting ORDER BY number DESC LIMIT 16") { HeadsHash(bytes: $0.blob(0)) }
    // A meeting is only a hint: one that is damaged is as good as none.
    var remembered: [HeadsHash] = []
    for heads in shared + new + latest.compactMap(\.self) where remembered.count < 16 && !remembered.contains(heads) { remembered.append(heads) }
    return remembered
  }

  func meeting(_ heads: HeadsHash) throws -> Meeting? {
    try db.first("SELECT position, branch, sequence FROM meeting WHERE heads = ?", .blob(heads.bytes)) { row in
      let own = row.isNull(1) ? nil : Version(branch: row.int(1), sequence: try row.count(2))
      return Meeting(position: try row.count(0), own: own)
    }
  }

  /// The one that was written down last.
  func latestMeeting() throws -> HeadsHash? {
    try db.first("SELECT heads FROM meeting ORDER BY number DESC LIMIT 1") { HeadsHash(bytes: $0.blob(0)) } ?? nil
  }
}

extension Ledger: LogView {
  var currentInfo: ArchiveInfo { info }

  func publishedHeadsHash() throws -> HeadsHash {
    HeadsHash(of: try branches.publishedHeads(log))
  }

  var meeting: Meeting? { branches.meeting(info) }

  /// How many meetings are kept. One takes about a hundred bytes.
  private static let meetingLimit: Int64 = 4096

  /// Notes that a peer held the same.
  func remember(_ heads: HeadsHash, _ meeting: Meeting) throws {
    try db.run("DELETE FROM meeting WHERE heads = ?", .blob(heads.bytes))
    try db.run(
      "INSERT INTO meeting (heads, position, branch, sequence) VALUES (?, ?, ?, ?)", .blob(heads.bytes), .integer(Int64(meeting.position)),
      (meeting.own?.branch).map { .integer($0) } ?? .null, .integer(Int64(meeting.own?.sequence ?? 0)))
    try db.run("DELETE FROM meeting WHERE number <= ?", .integer(db.lastInsertedRowID - Self.meetingLimit))
  }
}

/// Heads, and what it means here that a peer holds the same.
struct HeldHeads {
  let heads: HeadsHash
  let meeting: Meeting
}

/// What this process knows of meetings and the archive doesn't say.
struct Meetings {
  private static let limit = 64

  /// The last heads that a peer was told of, and what is to be remembered should it hold the same: by the time it says so, more may have come.
  private var told: [HeldHeads] = []

  /// What is remembered, and not written down: latest last.
  private(set) var unwritten: [HeldHeads] = []
  private var hasWritten = false

  /// What the next transaction is to take along. Each takes as many pages as a small change does, and only the last ones are ever of use, so
  /// after the first one several go together.
  var due: [HeldHeads] { hasWritten && unwritten.count < 16 ? [] : unwritten }

  /// What was remembered here last; nil if nobody asked since the archive was opened.
  var latest: HeadsHash?

  mutating func note(_ heads: HeadsHash, _ meeting: Meeting) {
    told.removeAll { $0.heads == heads }
    if told.count == Self.limit { told.removeFirst() }
    told.append(HeldHeads(heads: heads, meeting: meeting))
  }

  func meeting(_ heads: HeadsHash) -> Meeting? { told.last { $0.heads == heads }?.meeting }

  mutating func keep(_ heads: HeadsHash, _ meeting: Meeting) {
    unwritten.removeAll { $0.heads == heads }
    if unwritten.count == Self.limit { unwritten.removeFirst() }
    unwritten.append(HeldHeads(heads: heads, meeting: meeting))
    latest = heads
  }

  mutating func noteWritten(_ written: [HeldHeads]) {
    if !written.isEmpty { hasWritten = true }
    unwritten.removeAll { entry in written.contains { $0.heads == entry.heads } }
  }
}

extension ReadTransaction: LogView {
  var meeting: Meeting? { branches.meeting(currentInfo) }

  /// The branches whose published end may have moved since a meeting, ascending.
  ///
  /// - Complexity: O(changes since then).
  func branchesMoved(since meeting: Meeting) throws -> [Int] {
    let moved = try db.all("SELECT DISTINCT key >> 40 FROM log WHERE position > ?", .integer(Int64(meeting.position))) { $0.int(0) }
    return Set(moved + (meeting.own.map { [$0.branch] } ?? [])).filter(branches.all.indices.contains).sorted()
  }

  /// The ends of all that both held at a meeting.
  func versionsHeld(at meeting: Meeting) throws -> [Version] {
    var ends: [Int: UInt64] = [:]
    for number in try branchesMoved(since: meeting) {
      let (first, last) = (Version(branch: number, sequence: 1), Version(branch: number, sequence: branches[number].received))
      let query = "SELECT key FROM log WHERE key BETWEEN ? AND ? AND position <= ? ORDER BY key DESC LIMIT 1"
      ends[number] =
        try db.first(query, .integer(first.key), .integer(last.key), .integer(Int64(meeting.position))) {
          Version(key: $0.integer(0)).sequence
        } ?? 0
    }
    if let own = meeting.own { ends[own.branch] = min(ends[own.branch] ?? .max, own.sequence) }
    return branches.all.indices.compactMap { number in
      let end = ends[number] ?? branches[number].received
      return end >= branches[number].firstSequence ? Version(branch: number, sequence: end) : nil
    }
  }

  // MARK: Published heads

  func publishedHeads(of numbers: [Int]? = nil) throws -> [Head] {
    try branches.publishedHeads(of: numbers, log)
  }

  func publishedHeadsHash() throws -> HeadsHash {
    HeadsHash(of: try publishedHeads())
  }
}

extension Branches {
  fileprivate func meeting(_ info: ArchiveInfo) -> Meeting? {
    guard all.indices.allSatisfy({ $0 == info.branch || unpublishedCount(of: $0) == 0 }) else { return nil }
    return Meeting(position: info.position, own: info.branch.map { Version(branch: $0, sequence: self[$0].published) })
  }

  /// The heads that peers may be told of, ascending.
  ///
  /// - Parameter numbers: of these branches; nil for all.
  func publishedHeads(of numbers: [Int]? = nil, _ log: LogTable) throws -> [Head] {
    try (numbers ?? Array(all.indices)).compactMap { try publishedHead(of: $0, log) }.sorted()
  }

  /// The last change of a branch that peers may be told of; nil if there is none.
  private func publishedHead(of number: Int, _ log: LogTable) throws -> Head? {
    let branch = self[number]
    guard branch.published >= branch.firstSequence else { return nil }
    if branch.published == branch.received { return branch.head }
    return Head(origin: branch.origin, sequence: branch.published, id: try log.id(Version(branch: number, sequence: branch.published)))
  }
}
