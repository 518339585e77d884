// Which of the rows that were found are changes that somebody wrote. A change's id is the hash of what it says and of the change before it;
// so a row is a link of a chain if its id comes out behind one of the links before. Signatures prove chains, whatever ids stood in the rows.

import DictaModels
import GRDB

/// Makes chains of the rows that were found.
struct ChainFinder {
  private let findings: Findings
  private let db: Database
  private let corpus: CorpusID

  /// The archive that is being made.
  private let held: ReadTransaction
  private var births: [Origin: Header.Birth] = [:]

  /// Where the next row of the branch at hand may follow.
  private var tips: [Tip] = []
  private var branch = -1
  private var branchOrigin: Origin?

  private struct Tip {
    let sequence: UInt64
    let origin: Origin
    let id: ChangeID

    /// Whether the chain goes back to its first change, or to one that is held.
    let isRooted: Bool
  }

  private struct Row {
    let number: Int64
    let version: Version
    let position: Int64
    let id: ChangeID
    let envelope: Header.Envelope
    let held: HeldBody
  }

  init(_ findings: Findings, _ db: Database, corpus: CorpusID, held: ReadTransaction) {
    (self.findings, self.db, self.corpus, self.held) = (findings, db, corpus, held)
  }

  /// Links every row that can be linked, and judges every signature.
  ///
  /// - Returns: the births that were found or are held, by origin.
  mutating func run() throws -> [Origin: Header.Birth] {
    try db.run("DELETE FROM link")
    for origin in Set(held.branches.all.map(\.origin)) {
      if let first = held.branches.numbers(of: origin).first {
        births[origin] = try held.log.envelope(Version(branch: first, sequence: 1)).birth
      }
    }
    try db.each("SELECT number, key, position, id, envelope, body, isReduced FROM change ORDER BY key, wasCommitted DESC, isReduced, number", []) {
      columns in
      let version = Version(key: columns.integer(1))
      guard version.branch >= 0, let id = ChangeID(bytes: columns.blob(3)) else { return true }
      try enter(version)
      guard let envelope = try? Header.Envelope(bytes: columns.blob(4)), (envelope.birth != nil) == (version.sequence == 1) else {
        try claim(id, at: version)
        return true
      }
      try link(
        Row(
          number: columns.integer(0), version: version, position: columns.integer(2), id: id, envelope: envelope,
          held: HeldBody(bytes: columns.blob(5), isReduced: columns.integer(6) != 0)))
      return true
    }
    try judgeSignatures()
    return births
  }

  private mutating func enter(_ version: Version) throws {
    if version.branch != branch {
      (branch, tips) = (version.branch, [])
      branchOrigin = findings.branches[branch]?.origin
    }
    tips.removeAll { $0.sequence + 1 < version.sequence }
  }

  /// Notes that a change of this id stood there, though what it says is lost: the next one can still be told to follow it.
  private mutating func claim(_ id: ChangeID, at version: Version) throws {
    guard let origin = branchOrigin, tips.count < Self.tipLimit, id != .lost else { return }
    let isHeld = try isHeld(Head(origin: origin, sequence: version.sequence, id: id))
    if !tips.contains(where: { $0.id == id && $0.sequence == version.sequence }) {
      tips.append(Tip(sequence: version.sequence, origin: origin, id: id, isRooted: isHeld))
    }
  }

  /// Rows of one place differ only where some are damaged; a handful is plenty.
  private static let tipLimit = 8

  private mutating func link(_ row: Row) throws {
    var guesses: [(parent: Parent, change: Change)] = []
    let near = nearParents(of: row)
    for parent in near {
      guard let change = try? change(row, behind: parent) else { break }
      if change.id == row.id { return try add(row, change, behind: parent, isGenuine: true) }
      guesses.append((parent, change))
    }
    if row.version.sequence > 1 {
      for parent in try farParents(of: row) {
        guard let change = try? change(row, behind: parent) else { break }
        if change.id == row.id { return try add(row, change, behind: parent, isGenuine: true) }
      }
    }
    // Either the row is altered or only its id is: a signature will tell.
    for guess in guesses { try add(row, guess.change, behind: guess.parent, isGenuine: false) }
    if branchOrigin == nil { branchOrigin = guesses.first?.parent.origin }
    try claim(row.id, at: row.version)
  }

  private func change(_ row: Row, behind parent: Parent) throws(MalformedBytes) -> Change {
    try Change(origin: parent.origin, sequence: row.version.sequence, previous: parent.id, envelope: row.envelope, held: row.held)
  }

  private struct Parent {
    let origin: Origin
    let id: ChangeID?
    let isRooted: Bool
  }

  /// What a row follows, as far as its place in the log tells.
  private func nearParents(of row: Row) -> [Parent] {
    if let birth = row.envelope.birth {
      return [Parent(origin: Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce), id: nil, isRooted: true)]
    }
    return tips.filter { $0.sequence + 1 == row.version.sequence }.map { Parent(origin: $0.origin, id: $0.id, isRooted: $0.isRooted) }
  }

  /// The first change of a fork follows one of another branch; so may one behind a gap, if the gap is filled by now.
  private func farParents(of row: Row) throws -> [Parent] {
    let sequence = row.version.sequence
    var parents: [Parent] = []
    try db.each("SELECT DISTINCT origin, id, isRooted FROM link WHERE sequence = ?", [.integer(Int64(sequence) - 1)]) { columns in
      if let origin = Origin(bytes: columns.blob(0)), let id = ChangeID(bytes: columns.blob(1)), branchOrigin.map({ $0 == origin }) ?? true {
        parents.append(Parent(origin: origin, id: id, isRooted: columns.integer(2) != 0))
      }
      return true
    }
    for (number, branch) in held.branches.all.enumerated()
    where branch.firstSequence < sequence && sequence <= branch.received + 1 && (branchOrigin.map { $0 == branch.origin } ?? true) {
      let id = try held.log.id(Version(branch: number, sequence: sequence - 1))
      parents.append(Parent(origin: branch.origin, id: id, isRooted: true))
    }
    return parents
  }

  private mutating func add(_ row: Row, _ change: Change, behind parent: Parent, isGenuine: Bool) throws {
    let version = row.version
    let isHeld = try isHeld(Head(origin: parent.origin, sequence: version.sequence, id: change.id))
    if isGenuine {
      branchOrigin = parent.origin
      if let birth = row.envelope.birth { births[parent.origin] = birth }
    } else if let birth = row.envelope.birth, births[parent.origin] == nil {
      births[parent.origin] = birth
    }
    if tips.count < Self.tipLimit, !tips.contains(where: { $0.id == change.id }) {
      tips.append(Tip(sequence: version.sequence, origin: parent.origin, id: change.id, isRooted: parent.isRooted || isHeld))
    }
    try db.run(
      """
      INSERT INTO link (change, branch, sequence, position, origin, id, previous, isGenuine, isRooted, isHeld)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, .integer(row.number), .integer(version.branch), .integer(Int64(version.sequence)), .integer(row.position),
      .blob(parent.origin.bytes), .blob(change.id.bytes), parent.id.map { .blob($0.bytes) } ?? .null, .integer(isGenuine ? 1 : 0),
      .integer(parent.isRooted || isHeld ? 1 : 0), .integer(isHeld ? 1 : 0))
  }

  private func isHeld(_ head: Head) throws -> Bool {
    try held.currentInfo.position > 0 && held.log.find(head, in: held.branches) != nil
  }

  // MARK: Signatures

  private func judgeSignatures() throws {
    try db.each("SELECT key, signature FROM signature ORDER BY key", []) { columns in
      let version = Version(key: columns.integer(0))
      guard let signature = HeadSignature(bytes: columns.blob(1)) else { return true }
      let heads = try db.all(
        "SELECT DISTINCT origin, id FROM link WHERE branch = ? AND sequence = ? AND id NOT IN (SELECT id FROM proof)",
        .integer(version.branch), .integer(Int64(version.sequence))
      ) { columns in
        Head(
          origin: try Origin(bytes: columns.blob(0)).orDamaged("an origin"), sequence: version.sequence,
          id: try ChangeID(bytes: columns.blob(1)).orDamaged("an id"))
      }
      for head in heads {
        guard let birth = births[head.origin], signature.isValid(for: head, in: corpus, publicKey: birth.publicKey) else { continue }
        try db.run("INSERT OR IGNORE INTO proof (id, signature) VALUES (?, ?)", .blob(head.id.bytes), .blob(signature.bytes))
      }
      return true
    }
  }
}
