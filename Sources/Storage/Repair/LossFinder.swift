// What is told to have been in the damaged archive and isn't in the new one. Four things tell: the table of branches, the rows of the log
// that were found, sound or not, what the witness says that peers rely on, and the archive's own count of its changes.

import DictaModels
import GRDB

struct LossFinder {
  private let findings: Findings
  private let db: Database

  /// The new archive, with all that could be put into it.
  private let held: ReadTransaction
  private let obstacles: [Int: [Obstacle]]

  private(set) var losses: [Loss] = []
  private var lostTexts: Set<TextHash> = []

  /// How many changes the damaged archive held for which there is a place on a branch, and how many of those are held now.
  private var placedCount: UInt64 = 0
  private var placedHeldCount: UInt64 = 0

  /// Heads that the witness knows of.
  private let witnessed: [Head]

  init(_ findings: Findings, _ db: Database, held: ReadTransaction, obstacles: [Obstacle], witness: Witness?) {
    (self.findings, self.db, self.held) = (findings, db, held)
    witnessed = witness.map { $0.synced + [$0.publishedHead].compactMap(\.self) } ?? []
    self.obstacles = Dictionary(grouping: obstacles, by: \.branch)
  }

  mutating func run() throws {
    let found = try db.all("SELECT DISTINCT key >> 40 FROM change UNION SELECT key >> 40 FROM signature") { $0.int(0) }
    for number in Set(found).union(findings.branches.keys).sorted() where number >= 0 { try look(at: number) }
    for head in witnessed.sorted() { try look(for: head) }
    countUnknown()
    losses += lostTexts.sorted().map { Loss(.text($0), "its words are gone, or aren't those its hash stands for") }
  }

  // MARK: One branch

  /// A place on a branch for which a row was found.
  private struct Place {
    let sequence: UInt64
    var origin: Origin?
    var isHeld = false

    /// Whether a row says what its own id, or a signature, stands for.
    var isGenuine = false

    /// Whether it goes back to the first change without a gap.
    var isRooted = false

    /// Whether it stood in a page's list of rows: what only looks like a row may be none.
    var wasCommitted = false
  }

  private mutating func look(at number: Int) throws {
    let row = findings.branches[number]
    let places = try places(on: number, of: row?.origin).filter { place in
      // One that is no link of a chain may only look like a row, or have another's number.
      place.origin != nil || place.wasCommitted && place.sequence <= min(sequenceLimit, row?.received ?? .max)
    }
    // What hashes say is believed before what stands in the table of branches.
    let proven = places.first { $0.isGenuine && $0.isRooted }?.origin
    let origin = proven ?? row?.origin ?? places.lazy.compactMap(\.origin).first
    guard row != nil || origin != nil else {
      // Nothing but rows with that number: they may have been anywhere.
      for place in places { lose(nil, place.sequence...place.sequence, "nothing is left that says whose it was") }
      return
    }
    let first = row?.firstSequence ?? places.first.map { $0.isRooted ? $0.sequence : 1 } ?? 1
    let last = lastSequence(row, places)
    guard first <= last else { return }
    placedCount &+= last - first + 1
    var walk = Walk(number: number, origin: origin, next: first)
    for place in places where place.sequence >= first && place.sequence <= last {
      try pass(over: walk.next, before: place.sequence, &walk)
      try judge(place, &walk)
    }
    try pass(over: walk.next, before: last + 1, &walk)
    // Another branch of the origin may be as long as this one was. But if what stands at its end is held, the table's id of it was altered.
    let isEndHeld = places.last.map { $0.sequence == last && $0.isHeld && $0.isGenuine } ?? false
    if let row, row.received == last, walk.lostEnd != last, !isEndHeld,
      try held.log.find(Head(origin: row.origin, sequence: row.received, id: row.receivedID), in: held.branches) == nil
    {
      lose(row.origin, last...last, "its row in the log is gone, or can't be read")
    }
  }

  /// How far the eyes have gone along a branch.
  private struct Walk {
    let number: Int
    let origin: Origin?
    var next: UInt64

    /// The last change that is lost for a reason of its own: those behind it follow it.
    var lost: UInt64?
    var lostEnd: UInt64?
  }

  private func places(on number: Int, of origin: Origin?) throws -> [Place] {
    var places: [Place] = []
    let (first, last) = (Version(branch: number, sequence: 1), Version(branch: number, sequence: 0xff_ffff_ffff))
    try db.each(
      """
      SELECT change.key, change.id, wasCommitted, link.origin, link.id, isGenuine OR proof.id IS NOT NULL, isRooted
      FROM change LEFT JOIN link ON link.change = change.number LEFT JOIN proof ON proof.id = link.id
      WHERE change.key BETWEEN ? AND ? ORDER BY change.key
      """, [.integer(first.key), .integer(last.key)]
    ) { columns in
      let sequence = Version(key: columns.integer(0)).sequence
      if places.last?.sequence != sequence { places.append(Place(sequence: sequence)) }
      var place = places.removeLast()
      let linked = Origin(bytes: columns.blob(3))
      place.origin = place.origin ?? linked
      place.isGenuine = place.isGenuine || columns.integer(5) != 0
      place.isRooted = place.isRooted || columns.integer(6) != 0
      place.wasCommitted = place.wasCommitted || columns.integer(2) != 0
      if let origin = linked ?? origin, !place.isHeld {
        place.isHeld = try [1, 4].contains { (column: Int32) in
          guard let id = ChangeID(bytes: columns.blob(column)) else { return false }
          return try held.log.find(Head(origin: origin, sequence: sequence, id: id), in: held.branches) != nil
        }
      }
      places.append(place)
      return true
    }
    return places
  }

  /// The last change of a branch, as far as anything tells that can be believed.
  private func lastSequence(_ row: FoundRow.Branch?, _ places: [Place]) -> UInt64 {
    let received = row.map { $0.received <= sequenceLimit ? $0.received : 0 } ?? 0
    return max(received, places.last?.sequence ?? 0)
  }

  /// A damaged row may say anything, but a change has as many before it as its sequence says, and the archive counted them.
  private var sequenceLimit: UInt64 { findings.own.first.map { UInt64($0.position) } ?? .max }

  /// Changes of which no row was found.
  private mutating func pass(over first: UInt64, before end: UInt64, _ walk: inout Walk) throws {
    guard first < end else { return }
    walk.next = end
    // Behind what is held of the origin none of them needs to be looked for.
    let heldEnd = walk.origin.flatMap { origin in held.branches.numbers(of: origin).map { held.branches[$0].received }.max() } ?? 0
    let reason = "its row in the log is gone, or can't be read"
    for sequence in first..<max(first, min(end, heldEnd + 1)) {
      if try isHeld(sequence, of: walk) {
        placedHeldCount += 1
      } else {
        (walk.lost, walk.lostEnd) = (sequence, sequence)
        lose(walk.origin, sequence...sequence, reason)
      }
    }
    guard max(first, heldEnd + 1) < end else { return }
    let gone = max(first, heldEnd + 1)...(end - 1)
    (walk.lost, walk.lostEnd) = (gone.upperBound, gone.upperBound)
    lose(walk.origin, gone, reason)
  }

  /// Whether the change of which only the place is known is held by now: one stands there that is of no other branch that was found.
  private func isHeld(_ sequence: UInt64, of walk: Walk) throws -> Bool {
    guard let origin = walk.origin else { return false }
    return try held.branches.branches(of: origin, holding: sequence).contains { number in
      let id = try held.log.id(Version(branch: number, sequence: sequence))
      return try db.first("SELECT 1 FROM link WHERE id = ? AND branch <> ?", .blob(id.bytes), .integer(walk.number), read: { _ in true }) == nil
    }
  }

  private mutating func judge(_ place: Place, _ walk: inout Walk) throws {
    walk.next = place.sequence + 1
    if try place.isHeld || (!place.isGenuine && isHeld(place.sequence, of: walk)) {
      placedHeldCount += 1
      return
    }
    walk.lostEnd = place.sequence
    let obstacle = obstacles[walk.number]?.first { $0.sequences.contains(place.sequence) }
    let reason: String
    if !place.isGenuine {
      reason = "what its row says isn't what its id stands for: it was altered"
      walk.lost = place.sequence
    } else if let lost = walk.lost {
      reason = "it follows change \(lost), which is lost"
    } else if !place.isRooted {
      reason = "it follows a change that is lost"
    } else if let obstacle {
      reason = describe(obstacle, walk)
      walk.lost = obstacle.sequences.upperBound
    } else {
      reason = "no signature that proves it is left, and no key to make one"
    }
    lose(walk.origin, place.sequence...place.sequence, reason)
  }

  private mutating func describe(_ obstacle: Obstacle, _ walk: Walk) -> String {
    switch obstacle.reason {
    case .missingSignature: return "the signature that it was sent with is gone"
    case .dropped: return "what it wrote was dropped by `compact`, and the change that had overwritten it is lost"
    case .refused(.missingCause(let head)) where head.origin == walk.origin: return "it follows change \(head.sequence), which is lost"
    case .refused(.missingCause(let head)): return "it rests on change \(head.sequence) of origin \(head.origin), which is lost"
    case .refused(.missingText(let hash)):
      lostTexts.insert(hash)
      return "it, or a change that was signed with it, names text \(hash), which is lost"
    case .refused(.malformed(let error)): return "it is malformed (\(error))"
    case .refused: return "it isn't what its writer signed"
    }
  }

  // MARK: What the witness knows

  private mutating func look(for head: Head) throws {
    guard try held.log.find(head, in: held.branches) == nil else { return }
    let heldEnd = held.branches.numbers(of: head.origin).map { held.branches[$0].received }.max() ?? 0
    var first = min(heldEnd + 1, head.sequence)
    for case .changes(head.origin, let sequences) in losses.map(\.subject) where sequences.upperBound >= first { first = sequences.upperBound + 1 }
    guard first <= head.sequence else { return }
    placedCount &+= head.sequence - first + 1
    lose(head.origin, first...head.sequence, "its row in the log is gone, and the witness says that it was there")
  }

  // MARK: Collecting

  private mutating func lose(_ origin: Origin?, _ sequences: ClosedRange<UInt64>, _ reason: String) {
    if let last = losses.last, case .changes(origin, let before) = last.subject, last.reason == reason, before.upperBound + 1 == sequences.lowerBound
    {
      losses[losses.count - 1] = Loss(.changes(origin: origin, sequences: before.lowerBound...sequences.upperBound), reason)
    } else {
      losses.append(Loss(.changes(origin: origin, sequences: sequences), reason))
    }
  }

  /// What the archive counted, and nothing says where it was.
  private mutating func countUnknown() {
    guard let total = findings.own.first?.position, UInt64(total) > placedCount else { return }
    let unplaced = UInt64(total) - placedCount
    // What peers brought besides is likely to be some of it.
    let others = held.currentInfo.position - min(held.currentInfo.position, placedHeldCount)
    guard unplaced > others else { return }
    losses.append(
      Loss(.unknownChanges(count: Int(unplaced - others)), "the archive counted them, and nothing is left that says which they were"))
  }
}

extension Witness {
  fileprivate var publishedHead: Head? {
    published.map { Head(origin: identity.origin, sequence: $0.sequence, id: $0.id) }
  }
}
