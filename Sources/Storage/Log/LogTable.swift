import DictaModels
import GRDB

/// A row of the log: a change but for what its branch and its place there already say.
struct LogRow {
  let version: Version
  let position: UInt64
  let id: ChangeID
  let envelope: [UInt8]
  let held: HeldBody

  init(version: Version, position: UInt64, id: ChangeID, envelope: [UInt8], held: HeldBody) {
    (self.version, self.position, self.id, self.envelope, self.held) = (version, position, id, envelope, held)
  }

  init(version: Version, position: UInt64, id: ChangeID, envelope: [UInt8], body: [UInt8]) {
    self.init(version: version, position: position, id: id, envelope: envelope, held: HeldBody(bytes: body))
  }

  /// The body as its writer encoded it.
  ///
  /// - Throws: ``ArchiveError/dropped(changes:)`` if that isn't all here.
  var body: [UInt8] {
    get throws {
      guard !held.isReduced else { throw ArchiveError.dropped(changes: 1) }
      return held.bytes
    }
  }
}

extension Version {
  /// How a row of the log is found: the branch in the upper bits, the sequence in the lower forty.
  var key: Int64 { Int64(branch) << 40 | Int64(sequence) }

  init(key: Int64) {
    self.init(branch: Int(key >> 40), sequence: UInt64(key & 0xff_ffff_ffff))
  }
}

/// Access to the log by version. Everything here is a look-up by primary key; only bodies may be in packs, which have to be inflated.
struct LogTable {
  let db: Database
  private let packs: PackShelf

  /// - Parameter packs: what was inflated lately, in the same transaction.
  init(db: Database, packs: PackShelf = PackShelf()) {
    (self.db, self.packs) = (db, packs)
  }

  func insert(_ row: LogRow) throws {
    try db.run(
      "INSERT INTO log (key, position, id, envelope, body) VALUES (?, ?, ?, ?, ?)", .integer(row.version.key), .integer(Int64(row.position)),
      .blob(row.id.bytes), .blob(row.envelope), try store(row.held, of: row))
  }

  /// What stands in the column `body`. Only packs hold bodies of which something was dropped.
  private func store(_ held: HeldBody, of row: LogRow) throws -> Argument {
    guard held.isReduced else { return .blob(StoredBody.bytes(of: held.bytes)) }
    let pack = Pack.deflate([Segment.Parcel(envelope: row.envelope, held: held)])
    try db.run("INSERT INTO pack (key, changes) VALUES (?, ?)", .integer(row.version.key), .blob(pack))
    return .integer(PackPlace(number: db.lastInsertedRowID, isReduced: true).column)
  }

  func replace(_ row: LogRow) throws {
    try db.run(
      "UPDATE log SET id = ?, envelope = ?, body = ? WHERE key = ?", .blob(row.id.bytes), .blob(row.envelope), .blob(row.body),
      .integer(row.version.key))
  }

  func row(_ version: Version) throws -> LogRow {
    let row = try db.first("SELECT position, id, envelope, body FROM log WHERE key = ?", .integer(version.key)) { row in
      guard let id = ChangeID(bytes: row.blob(1)) else { throw MalformedBytes(offset: 0, reason: "a change's id is damaged") }
      return LogRow(version: version, position: try row.count(0), id: id, envelope: row.blob(2), held: try held(row, 3, of: version))
    }
    guard let row else {
      throw MalformedBytes(offset: 0, reason: "change \(version.sequence) of branch \(version.branch) is missing from the log")
    }
    return row
  }

  /// What is held of a change's body, from the column `body` of its row.
  func held(_ row: Columns, _ column: Int32, of version: Version) throws -> HeldBody {
    guard row.isInteger(column) else { return HeldBody(bytes: try StoredBody.body(from: row.blob(column))) }
    return try held(PackPlace(column: row.integer(column)), of: version)
  }

  private func held(_ place: PackPlace, of version: Version) throws -> HeldBody {
    let held = try packs.pack(place.number, in: db).parcel(of: version).held
    guard held.isReduced == place.isReduced else {
      throw MalformedBytes(offset: 0, reason: "log and pack don't agree whether something of change \(version.sequence) was dropped")
    }
    return held
  }

  /// How many changes of a branch, from one to another, were reduced.
  ///
  /// - Complexity: O(changes), without reading their bodies; O(1) where nothing is in a pack.
  func reducedCount(from first: Version, to last: Version) throws -> Int {
    guard try hasPacks else { return 0 }
    return try db.first(
      "SELECT count(*) FROM log WHERE key BETWEEN ? AND ? AND \(PackPlace.isReducedInSQL)", .integer(first.key), .integer(last.key)
    ) { $0.int(0) } ?? 0
  }

  /// Only in a pack something can be reduced, and to look for it in the log is to read many pages: bodies lie there.
  private var hasPacks: Bool {
    get throws { try db.first("SELECT 1 FROM pack LIMIT 1", read: { _ in true }) ?? false }
  }

  /// Whether a change that came behind this position was reduced.
  ///
  /// - Complexity: O(changes), without reading their bodies; O(1) where nothing is in a pack.
  func hasReduced(behind position: UInt64) throws -> Bool {
    guard try hasPacks else { return false }
    return try db.first(
      "SELECT 1 FROM log WHERE position > ? AND \(PackPlace.isReducedInSQL) LIMIT 1", .integer(Int64(position)), read: { _ in true }) ?? false
  }

  /// What a change says of itself, but for what it does.
  func envelope(_ version: Version) throws -> Header.Envelope {
    let envelope = try db.first("SELECT envelope FROM log WHERE key = ?", .integer(version.key)) { try Header.Envelope(bytes: $0.blob(0)) }
    return try envelope.orDamaged("change \(version.sequence) of branch \(version.branch)")
  }

  /// A change without its body.
  struct Outline {
    let version: Version
    let position: Int64
    let envelope: [UInt8]

    /// Of envelope and body.
    let byteCount: Int
  }

  /// Calls `body` with the changes of a branch from one to another, in order.
  func each(from first: Version, to last: Version, body: (Outline) throws -> Void) throws {
    try db.each(
      """
      SELECT key, position, envelope, length(body),
      CASE WHEN typeof(body) = 'integer' THEN body WHEN \(StoredBody.isCompressedInSQL) THEN substr(body, 1, 4) END
      FROM log WHERE key BETWEEN ? AND ? ORDER BY key
      """, [.integer(first.key), .integer(last.key)]
    ) { row in
      let (version, envelope) = (Version(key: row.integer(0)), row.blob(2))
      let bodyByteCount =
        row.isNull(4)
        ? row.int(3)
        : row.isInteger(4)
          ? try held(PackPlace(column: row.integer(4)), of: version).bytes.count : try StoredBody.byteCount(beginning: row.blob(4))
      try body(Outline(version: version, position: row.integer(1), envelope: envelope, byteCount: envelope.count + bodyByteCount))
      return true
    }
  }

  /// The changes whose body holds these bytes, in the order in which they came.
  ///
  /// - Complexity: O(bytes in the log).
  func changes(holding bytes: Bytes16) throws -> [Version] {
    let plain = "SELECT position, key FROM log WHERE typeof(body) = 'blob' AND NOT \(StoredBody.isCompressedInSQL) AND instr(body, ?) > 0"
    var found = try db.all(plain, .blob(bytes)) { ($0.integer(0), Version(key: $0.integer(1))) }
    try db.each("SELECT position, key, body FROM log WHERE typeof(body) = 'blob' AND \(StoredBody.isCompressedInSQL)", []) { row in
      if try StoredBody.body(from: row.blob(2)).holds(bytes) { found.append((row.integer(0), Version(key: row.integer(1)))) }
      return true
    }
    try db.each("SELECT key, changes FROM pack", []) { row in
      let inflated = try Pack.inflate(row.blob(1))
      guard inflated.holds(bytes) else { return true }
      let pack = try Pack(first: Version(key: row.integer(0)), inflated: inflated)
      for (version, parcel) in pack.changes where parcel.body.holds(bytes) { found.append((try position(version), version)) }
      return true
    }
    return found.sorted { $0.0 < $1.0 }.map(\.1)
  }

  func id(_ version: Version) throws -> ChangeID {
    guard let id = try db.first("SELECT id FROM log WHERE key = ?", .integer(version.key), read: { ChangeID(bytes: $0.blob(0)) }), let id else {
      throw MalformedBytes(offset: 0, reason: "change \(version.sequence) of branch \(version.branch) is missing from the log")
    }
    return id
  }

  /// When the change came, as a count.
  func position(_ version: Version) throws -> Int64 {
    try db.first("SELECT position FROM log WHERE key = ?", .integer(version.key)) { $0.integer(0) }.orDamaged("the log")
  }

  /// Whether that change stands there.
  func holds(_ id: ChangeID, at version: Version) throws -> Bool {
    try db.first("SELECT id FROM log WHERE key = ?", .integer(version.key)) { $0.blob(0) == id.bytes } ?? false
  }

  /// What decides which of several values is shown.
  func rank(_ version: Version) throws -> Rank {
    let rank = try db.first("SELECT id, envelope FROM log WHERE key = ?", .integer(version.key)) { row in
      Rank(writtenAt: try Header.Envelope(bytes: row.blob(1)).writtenAt, id: try ChangeID(bytes: row.blob(0)).orDamaged("a change's id"))
    }
    return try rank.orDamaged("the log")
  }

  /// The change that a message means, if it is held.
  func find(_ name: HeadName, in branches: Branches) throws -> Version? {
    for branch in branches.branches(of: name.origin, holding: name.sequence) {
      let version = Version(branch: branch, sequence: name.sequence)
      if try id(version).prefix == name.prefix { return version }
    }
    return nil
  }

  /// The change with this id, if it is held.
  func find(_ head: Head, in branches: Branches) throws -> Version? {
    for branch in branches.branches(of: head.origin, holding: head.sequence) {
      let version = Version(branch: branch, sequence: head.sequence)
      if try id(version) == head.id { return version }
    }
    return nil
  }

  /// Those of the heads that aren't held. It asks nothing of the table of branches but their origins, so that it can be asked of a damaged one.
  ///
  /// - Complexity: O(heads + branches).
  func lacking(of heads: [Head]) throws -> [Head] {
    guard !heads.isEmpty else { return [] }
    var numbers: [Origin: [Int64]] = [:]
    try db.each("SELECT number, origin FROM branch", []) { row in
      if let origin = Origin(bytes: row.blob(1)) { numbers[origin, default: []].append(row.integer(0)) }
      return true
    }
    return try heads.filter { head in
      guard head.sequence < 1 << 40 else { return true }
      return try !(numbers[head.origin] ?? []).contains { number in
        try db.first("SELECT id FROM log WHERE key = ?", .integer(number << 40 | Int64(head.sequence))) { $0.blob(0) == head.id.bytes } ?? false
      }
    }
  }
}
