// One pass over the log in the order in which changes came. What it says is verified, merged anew, and compared with the table of branches.

import DictaModels
import GRDB

struct LogCheck {
  let db: Database
  let scratch: Scratch
  let corpus: CorpusID

  /// The table of branches, which may be wrong.
  let table: [Int: BranchRow]
  let tableCount: Int

  /// The branches as the log makes them, as far as it is sound.
  private(set) var branches = Branches()
  let shadow: ShadowStates
  let log: LogTable

  /// The position of the last change.
  private(set) var lastPosition: UInt64 = 0

  private var tips: [Int: Tip] = [:]
  private var births: [Origin: Header.Birth] = [:]

  /// Changes of runs whose end didn't come yet.
  private var waiting: [Version: (id: ChangeID, lines: Lines)] = [:]
  private var isWhole = false
  /// Whether the log isn't what was written: from there on nothing is merged anew.
  var isBroken = false

  /// The last change seen of a branch.
  struct Tip {
    /// Nil if the change couldn't be read that would tell.
    let origin: Origin?
    let firstSequence: UInt64
    var sequence: UInt64

    /// What the change behind may call this one: the hash of what it says, and, if that is another, what stands there as its id.
    var ids: [ChangeID]
    var isContinued = false
    var segment = OpenSegment()

    /// The sequence of the last signature.
    var signed: UInt64?
    var unfixed: UInt64?
  }

  init(_ db: Database, _ scratch: Scratch, corpus: CorpusID, table: [BranchRow], names: NameIndex) {
    self.db = db
    self.scratch = scratch
    self.corpus = corpus
    self.table = Dictionary(table.compactMap { row in Int(exactly: row.number).map { ($0, row) } }) { first, _ in first }
    tableCount = table.count
    shadow = ShadowStates(db, scratch, names: names)
    log = LogTable(db: db)
  }

  /// Whether all of the log is there and as it was written, and the table of branches says so too: what was merged anew is right.
  var isSound: Bool { isWhole && !isBroken }

  func birth(of origin: Origin) -> Header.Birth? { births[origin] }

  func lastSigned(on branch: Int) -> UInt64? { tips[branch]?.signed }

  func origin(of branch: Int) -> Origin? {
    branches.all.indices.contains(branch) ? branches[branch].origin : table[branch]?.origin
  }

  /// The branches that aren't signed to their end, ascending.
  func unsigned(besides own: Int?) -> [Int] {
    branches.all.indices.filter { $0 != own && (tips[$0]?.signed ?? 0) < branches[$0].received }
  }

  // MARK: The pass

  mutating func run(_ report: inout CheckReport) throws {
    let query = """
      SELECT log.key, position, id, envelope, body, signature, isFixed FROM log LEFT JOIN signature ON signature.key = log.key ORDER BY position
      """
    var meetings = try MeetingCheck(db)
    try meetings.check(at: 0, &report) { _ in [] }
    try db.each(query, []) { row in
      try check(row, &report)
      if !isBroken { try meetings.check(at: lastPosition, &report) { try ends(tellingOf: $0) } }
      return true
    }
    try shadow.flush()
    isWhole = true
    if !isBroken { meetings.finish(&report) }
    compareBranches(&report)
    try checkPublished(&report)
    reportIncompleteRuns(&report)
  }

  /// The ends of all branches so far.
  ///
  /// - Parameter own: what of the own branch could be told.
  private func ends(tellingOf own: Version?) throws -> [Head] {
    try tips.compactMap { number, tip in
      guard let origin = tip.origin, var id = tip.ids.first else { return nil }
      guard let own, own.branch == number, own.sequence < tip.sequence else { return Head(origin: origin, sequence: tip.sequence, id: id) }
      guard own.sequence >= tip.firstSequence, let told = try storedID(own) else { return nil }
      id = told
      return Head(origin: origin, sequence: own.sequence, id: id)
    }
  }

  /// A change as its row has it.
  private struct Row {
    let version: Version
    let id: ChangeID?
    let envelope: Header.Envelope
    let body: Body
    let held: HeldBody
  }

  private mutating func check(_ columns: Columns, _ report: inout CheckReport) throws {
    let position = columns.integer(1)
    if position != Int64(lastPosition) &+ 1 {
      broken("position \(position)", "it comes behind position \(lastPosition) in the log", &report)
    }
    lastPosition = UInt64(max(position, 0))
    let key = columns.integer(0)
    guard key > 0, Version(key: key).sequence > 0, key >> 40 < 1 << 22 else {
      return broken("position \(position)", "there is no change with the key \(key)", &report)
    }
    let version = Version(key: key)
    let row: Row
    do {
      let held = try log.held(columns, 4, of: version)
      row = Row(
        version: version, id: ChangeID(bytes: columns.blob(2)), envelope: try Header.Envelope(bytes: columns.blob(3)),
        body: try held.content(), held: held)
    } catch let error as MalformedBytes {
      broken(place(version), "it can't be read (\(error.reason))", &report)
      let ids = [ChangeID(bytes: columns.blob(2))].compactMap(\.self)
      return step(
        to: version, Tip(origin: origin(of: version.branch), firstSequence: version.sequence, sequence: version.sequence, ids: ids))
    }
    guard let found = try identify(row, &report) else { return }
    noteSegment(found, row, byteCount: columns.blob(3).count + row.held.bytes.count)
    if !columns.isNull(5) { checkSignature(columns.blob(5), isFixed: columns.integer(6), found, &report) }
    checkBirth(row, found, &report)
    guard !isBroken else { return }
    do {
      try takeEffect(row, found, position: position, &report)
    } catch let error as MalformedBytes {
      broken(place(version), error.reason, &report)
    }
  }

  /// Notes that the log isn't what was written: from here on nothing is merged anew.
  mutating func broken(_ place: String, _ message: String, _ report: inout CheckReport) {
    report.add(.chain, place, "\(message): \(Advice.restore)")
    isBroken = true
  }

  func place(_ version: Version) -> String {
    let branch = (tips[version.branch]?.origin ?? origin(of: version.branch)).map { "origin \($0)" } ?? "branch \(version.branch)"
    return "\(branch), change \(version.sequence)"
  }

  private mutating func step(to version: Version, _ tip: Tip) {
    guard let old = tips[version.branch] else {
      tips[version.branch] = tip
      return
    }
    // One that stands behind what follows it doesn't take its place.
    guard version.sequence > old.sequence else { return }
    tips[version.branch]?.sequence = tip.sequence
    tips[version.branch]?.ids = tip.ids
    tips[version.branch]?.isContinued = tip.isContinued
  }

  // MARK: Chains

  /// A change of which it is known what it follows.
  struct Found {
    let change: Change
    let version: Version
    let previous: Version?

    /// Whether its id is the hash of what it says.
    let isGenuine: Bool

    /// Whether the one before it is continued by it; nil if that isn't at hand.
    var isBehindContinued: Bool?
  }

  private mutating func identify(_ row: Row, _ report: inout CheckReport) throws -> Found? {
    let version = row.version
    if let tip = tips[version.branch], tip.sequence + 1 != version.sequence {
      let before = Version(branch: version.branch, sequence: version.sequence - 1)
      if try version.sequence > tip.sequence && !isHeld(before) {
        broken(place(before), "it is missing", &report)
      } else {
        broken(place(version), "it stands behind change \(tip.sequence) in the log", &report)
      }
    }
    var first: Found?
    for candidate in try candidates(row) {
      let change = try Change(
        origin: candidate.origin, sequence: version.sequence, previous: candidate.id, envelope: row.envelope, held: row.held)
      let found = Found(change: change, version: version, previous: candidate.previous, isGenuine: change.id == row.id)
      if first == nil || found.isGenuine { first = found }
      if found.isGenuine { break }
    }
    if first?.isGenuine != true { broken(place(version), "it isn't what its id says, or doesn't follow the one before it", &report) }
    let ids = first.map { $0.isGenuine ? [$0.change.id] : [$0.change.id] + [row.id].compactMap(\.self) } ?? [row.id].compactMap(\.self)
    if let previous = first?.previous, let tip = tips[previous.branch], tip.sequence == previous.sequence {
      first?.isBehindContinued = tip.isContinued
    }
    let isNew = tips[version.branch] == nil
    step(
      to: version,
      Tip(
        origin: first?.change.header.origin ?? origin(of: version.branch), firstSequence: version.sequence, sequence: version.sequence, ids: ids,
        isContinued: row.envelope.isContinued))
    if isNew, let previous = first?.previous { try beginSegment(of: version.branch, behind: previous) }
    return first
  }

  private struct Candidate {
    let origin: Origin
    var previous: Version?
    var id: ChangeID?
  }

  /// What a change may follow, likeliest first.
  private func candidates(_ row: Row) throws -> [Candidate] {
    let version = row.version
    if version.sequence == 1 {
      let born = row.envelope.birth.map { Origin(corpus: corpus, publicKey: $0.publicKey, nonce: $0.nonce) }
      return [born, table[version.branch]?.origin].compactMap(\.self).map { Candidate(origin: $0) }
    }
    if let tip = tips[version.branch] {
      guard let origin = tip.origin ?? table[version.branch]?.origin else { return [] }
      let before = Version(branch: version.branch, sequence: version.sequence - 1)
      let ids = try tip.sequence == before.sequence ? tip.ids : [storedID(before)].compactMap(\.self)
      return ids.map { Candidate(origin: origin, previous: before, id: $0) }
    }
    // The first one of a branch that left another: the table says which, and its hash whether that is so.
    let parent = table[version.branch]?.parent.map(Int.init)
    let holders = tips.filter { $0.value.firstSequence < version.sequence && $0.value.sequence + 1 >= version.sequence }.keys
    return try holders.sorted { ($0 == parent ? 0 : 1, $0) < ($1 == parent ? 0 : 1, $1) }.flatMap { holder -> [Candidate] in
      let before = Version(branch: holder, sequence: version.sequence - 1)
      guard let tip = tips[holder], let origin = tip.origin else { return [] }
      let ids = try tip.sequence == before.sequence ? tip.ids : [storedID(before)].compactMap(\.self)
      return ids.map { Candidate(origin: origin, previous: before, id: $0) }
    }
  }

  private func storedID(_ version: Version) throws -> ChangeID? {
    try db.first("SELECT id FROM log WHERE key = ?", .integer(version.key)) { ChangeID(bytes: $0.blob(0)) }.flatMap(\.self)
  }

  private func isHeld(_ version: Version) throws -> Bool {
    try db.first("SELECT 1 FROM log WHERE key = ?", .integer(version.key), read: { _ in true }) ?? false
  }

  private mutating func checkBirth(_ row: Row, _ found: Found, _ report: inout CheckReport) {
    let birth = row.envelope.birth
    guard (row.version.sequence == 1) == (birth != nil) else {
      return broken(place(row.version), "it should begin its origin exactly if it is the first", &report)
    }
    guard let birth else { return }
    let origin = found.change.header.origin
    if Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce) != origin {
      broken(place(row.version), "it doesn't prove its origin", &report)
    } else if found.isGenuine {
      births[origin] = birth
    }
  }

  func publicKey(of origin: Origin) -> Bytes32? { births[origin]?.publicKey }

  // MARK: Effects

  private mutating func takeEffect(_ row: Row, _ found: Found, position: Int64, _ report: inout CheckReport) throws {
    let (version, envelope, id) = (row.version, row.envelope, found.change.id)
    let isInRun = try found.isBehindContinued ?? found.previous.map(isContinued) ?? false
    if isInRun, !envelope.dependencies.isEmpty { throw MalformedBytes(offset: 0, reason: "only the first change of a run has dependencies") }
    let lines = Lines(
      ends: try [found.previous] + (envelope.dependencies + row.body.lines).map(appliedVersion), furtherCount: row.body.lines.count)
    for group in row.body.groups {
      for name in group.overwrites + group.seen + group.ops.flatMap(\.overwrites) { _ = try lines.version(name, in: branches) }
    }
    try noteTexts(row, position: position, &report)
    let placed = branches.append(origin: found.change.header.origin, previous: found.previous, id: id)
    guard placed == version else {
      throw MalformedBytes(offset: 0, reason: "it stands on branch \(version.branch) and belongs on branch \(placed.branch)")
    }
    // Merging doesn't depend on the order, so a run needn't be kept until it is complete. Whether it is gets compared at the end.
    if table[version.branch].map({ $0.applied >= Int64(version.sequence) }) ?? false {
      try shadow.apply(row.body, byteCount: row.held.bytes.count, as: version, naming: { try lines.version($0, in: branches) }) { other in
        try other == version ? Rank(writtenAt: envelope.writtenAt, id: id) : rank(other)
      }
    }
    guard !envelope.isContinued else {
      waiting[version] = (id, lines)
      return
    }
    var run: [Version] = []
    var before = isInRun ? found.previous : nil
    while let part = before, waiting[part] != nil {
      run.append(part)
      before = part.sequence > 1 ? branches.version(on: part.branch, at: part.sequence - 1) : nil
    }
    for part in run.reversed() {
      if let waited = waiting.removeValue(forKey: part) { branches.apply(part, id: waited.id, lines: waited.lines) }
    }
    branches.apply(version, id: id, lines: lines)
  }

  private func isContinued(_ version: Version) throws -> Bool {
    if waiting[version] != nil { return true }
    let envelope = try db.first("SELECT envelope FROM log WHERE key = ?", .integer(version.key)) { try Header.Envelope(bytes: $0.blob(0)) }
    return envelope?.isContinued ?? false
  }

  /// A change that another rests on, which must have taken effect before it.
  private func appliedVersion(_ head: Head) throws -> Version {
    guard let version = try log.find(head, in: branches), branches.isApplied(version) else {
      throw MalformedBytes(offset: 0, reason: "it rests on change \(head.sequence) of origin \(head.origin), which didn't take effect before it")
    }
    return version
  }

  private func rank(_ version: Version) throws -> Rank {
    let rank = try db.first("SELECT id, envelope FROM log WHERE key = ?", .integer(version.key)) { row in
      Rank(writtenAt: try Header.Envelope(bytes: row.blob(1)).writtenAt, id: try ChangeID(bytes: row.blob(0)).orDamaged("a change's id"))
    }
    return try rank.orDamaged("change \(version.sequence) of branch \(version.branch)")
  }

  /// A text travels with the first change that names it.
  private func noteTexts(_ row: Row, position: Int64, _ report: inout CheckReport) throws {
    for hash in row.body.texts {
      guard let text = try db.first("SELECT number FROM text WHERE hash = ?", .blob(hash.bytes), read: { $0.integer(0) }) else {
        report.add(.text, "text \(hash)", "it isn't held, and \(place(row.version)) names it: \(Advice.restore)")
        continue
      }
      try scratch.db.run("INSERT OR IGNORE INTO naming (text, position) VALUES (?, ?)", .integer(text), .integer(position))
    }
  }
}

// MARK: - What signatures need

extension LogCheck {
  var ends: [Int: Tip] { tips }

  mutating func change(_ branch: Int, _ body: (inout Tip) -> Void) {
    if var tip = tips[branch] {
      body(&tip)
      tips[branch] = tip
    }
  }

  private mutating func noteSegment(_ found: Found, _ row: Row, byteCount: Int) {
    change(row.version.branch) { $0.segment.add(row.version.sequence, byteCount, hasDependencies: !row.envelope.dependencies.isEmpty) }
  }
}
