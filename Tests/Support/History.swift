import DictaModels

/// A random history of a few replicas, repeatable by its seed: they write, sync, are cut off, copied, restored, go on from where they
/// shouldn't. At its end everybody has met everybody, and every promise is checked against ``NaiveModel``.
public struct History {
  public let seed: UInt64

  /// What happened, for people.
  public private(set) var trace: [String] = []
  public private(set) var findings: [Finding] = []
  public private(set) var tally = Tally()

  /// Counts that show what the histories were made of.
  public struct Tally: Sendable {
    public var histories = 0
    public var changes = 0
    public var forks = 0
    public var sessions = 0
    public var suspicions = 0
    public var newOrigins = 0
    public var conflicts = 0
    public var savedByOthers = 0
    public var dead = 0

    public init() {}

    public static func += (left: inout Self, right: Self) {
      left.histories += right.histories
      left.changes += right.changes
      left.forks += right.forks
      left.sessions += right.sessions
      left.suspicions += right.suspicions
      left.newOrigins += right.newOrigins
      left.conflicts += right.conflicts
      left.savedByOthers += right.savedByOthers
      left.dead += right.dead
    }
  }

  private var random: SeededRandom
  private var replicas: [MemoryReplica] = []
  private var skews: [Int64] = []
  private var backups: [MemoryReplica] = []
  private var model = NaiveModel()
  private var written: [ChangeID: Change] = [:]
  private var now: UInt64 = 1_700_000_000_000
  private var entityCount: UInt64 = 0
  private var valueCount: Int64 = 0

  /// Whether replicas are copied and restored, and writers step back.
  private let hasFaults: Bool

  /// Whether the clock stands still, so that every time is a tie.
  private let isFrozen: Bool

  /// Whether nobody takes a new origin when he should: the promises hold nevertheless.
  private let areDeaf: Bool

  private static let hollow = MemoryReplica(name: "nobody", corpus: CorpusID(raw: .sixteen(0)))

  /// Lives through a whole history.
  public static func run(seed: UInt64) -> History {
    var history = History(seed: seed)
    do {
      try history.live()
      try history.meetAll()
      history.verify()
    } catch {
      history.note(.causal, "an honest replica was refused: \(error)")
    }
    return history
  }

  private init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    (hasFaults, isFrozen, areDeaf) = (seed % 4 != 0, seed % 5 == 1, seed % 8 == 3)
    let corpus = CorpusID(raw: .sixteen(seed))
    for index in 0..<Int(2 + random.next() % 4) { add(MemoryReplica(name: Self.name(index), corpus: corpus)) }
  }

  private static func name(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(65 + index % 26)))
  }

  private mutating func add(_ replica: MemoryReplica) {
    replicas.append(replica)
    replicas[replicas.count - 1].isDeaf = areDeaf
    skews.append(random.pick([0, 0, 0, 2, -50, 1_000_000]))
  }

  private mutating func note(_ promise: Promise, _ what: String) {
    findings.append(Finding(promise: promise, what: what, seed: seed, trace: trace))
  }

  private mutating func check(_ holds: Bool, _ promise: Promise, _ what: @autoclosure () -> String) {
    if !holds { note(promise, what()) }
  }

  // MARK: - What happens

  private mutating func live() throws {
    for _ in 0..<(20 + random.next() % 41) where findings.isEmpty {
      if !isFrozen { now += random.pick([0, 0, 1, 2]) }
      let chance = random.next() % 100
      if hasFaults, chance < 13 {
        copyOrRestore()
      } else if hasFaults, chance < 15 {
        try stepBack()
      } else if chance < 42, replicas.count > 1 {
        try meet()
      } else {
        try write(by: Int(random.next() % UInt64(replicas.count)))
      }
      if random.happens(percent: 4) { compareWithModel(random.pick(replicas)) }
    }
  }

  private mutating func meet() throws {
    let left = Int(random.next() % UInt64(replicas.count))
    let right = (left + 1 + Int(random.next() % UInt64(replicas.count - 1))) % replicas.count
    try sync(left, right, cutAfter: random.pick([1, 3, .max, .max]))
  }

  private mutating func sync(_ left: Int, _ right: Int, cutAfter limit: Int = .max) throws {
    trace.append("\(replicas[left].name) syncs with \(replicas[right].name)" + (limit < .max ? ", cut after \(limit)" : ""))
    // Both are taken out for the time being, so that they are changed in place.
    var (a, b) = (Self.hollow, Self.hollow)
    swap(&a, &replicas[left])
    swap(&b, &replicas[right])
    defer { (replicas[left], replicas[right]) = (a, b) }
    let report = try MemoryReplica.sync(&a, &b, cutAfter: limit)
    if report.wereEqual { check(a.digest == b.digest, .convergence, "\(a.name) and \(b.name) have equal heads and other digests") }
    if !hasFaults { check(report.suspectedOrigins == 0 && report.newOrigins == 0, .noFalseAlarm, "nobody did anything wrong: \(report)") }
    tally.sessions += 1
    tally.suspicions += report.suspectedOrigins
    tally.newOrigins += report.newOrigins
  }

  private mutating func copyOrRestore() {
    let index = Int(random.next() % UInt64(replicas.count))
    let chance = random.next() % 100
    guard chance >= 35, !backups.isEmpty else {
      backups.append(replicas[index])
      trace.append("back up \(replicas[index].name)")
      return
    }
    var backup = random.pick(backups.suffix(4))
    // A whole disk is restored with its witness, so nothing looks wrong; a file alone is noticed.
    let isNoticed = random.happens(percent: 40) && !areDeaf
    if isNoticed { backup.leaveOrigin() }
    let how = isNoticed ? "; it takes a new origin" : ""
    if chance < 65 {
      guard let place = replicas.firstIndex(where: { $0.name == backup.name }) else { return }
      replicas[place] = backup
      trace.append("restore \(backup.name)\(how)")
    } else if chance < 92 {
      guard replicas.count < 7 else { return }
      let copy = backup.copy(named: "\(backup.name)'\(trace.count)")
      add(copy)
      trace.append("a copy of \(backup.name) runs as \(copy.name)\(how)")
    } else if replicas.count > 3 {
      skews.remove(at: index)
      trace.append("\(replicas.remove(at: index).name) dies")
    }
  }

  /// A broken writer goes on from any change of its own, even from the middle of a run.
  private mutating func stepBack() throws {
    let index = Int(random.next() % UInt64(replicas.count))
    guard let end = replicas[index].end else { return }
    let version = replicas[index].branches.version(on: end.branch, at: 1 + random.next() % end.sequence)
    replicas[index].stepBack(to: version)
    trace.append("\(replicas[index].name) steps back to change \(version.sequence)")
    guard replicas[index].isInRun else { return try write(by: index) }
    // What goes on in the middle of a run can't depend on what came after, so it overwrites nothing.
    let known = replicas[index].states.keys.sorted()
    let ring = newEntity("gadget")
    let deeds = [Deed(random.pick(known), .set(.field("name"), newValue(), over: []))]
    try write(deeds + replicas[index].inserting(ring, [.field("next"): .reference(ring)]), by: index)
  }

  // MARK: - What is written

  private mutating func write(by index: Int) throws {
    let replica = replicas[index]
    let living = replica.living
    let alive = living.sorted()
    let dead = replica.states.keys.filter { !living.contains($0) }.sorted()
    let chance = random.next() % 100
    var (deeds, isDraft, gone, back) = ([Deed](), false, [Reference](), [Reference]())
    if chance < 30 || alive.isEmpty {
      deeds = inserts(at: replica, living)
    } else if chance < 74 {
      isDraft = random.happens(percent: 25)
      deeds = edits(at: replica, alive, isDraft: isDraft)
    } else if chance < 76, hasFaults {
      deeds = rudeDeeds(at: replica, alive)
      isDraft = true
    } else if chance < 90 || dead.isEmpty {
      deeds = replica.deleting(random.pick(alive), living: living)
      gone = deeds.filter { $0.kind == .delete }.map(\.entity)
    } else {
      let entity = random.pick(dead)
      back = [entity]
      deeds = random.happens(percent: 50) ? [Deed(entity, .restore)] : replica.inserting(entity, cells(of: entity, alive))
      if replica.states[entity]?.isCreated != true { deeds = replica.inserting(entity, cells(of: entity, alive)) }
    }
    guard !deeds.isEmpty else { return }
    try write(deeds, by: index)
    verifyOwnWrite(at: replicas[index], deeds, isDraft: isDraft, gone: gone, back: back)
  }

  private mutating func write(_ deeds: [Deed], by index: Int) throws {
    var past = model.applied(of: replicas[index].log.map(\.change.id))
    if replicas[index].isInRun, let end = replicas[index].end.flatMap(replicas[index].id) { past = model.past(of: end).union([end]) }
    let time = isFrozen ? now : UInt64(Int64(now) + skews[index])
    let parts = random.pick([1, 1, 1, 2, 3])
    let changes = try replicas[index].write(deeds, partCount: parts, writtenAt: time, random: &random)
    for change in changes {
      model.note(change, past: past)
      written[change.change.id] = change.change
      checkPast(of: change.change, is: past)
      past.insert(change.change.id)
    }
    let last = changes.last?.change.header
    trace.append(
      "\(replicas[index].name) writes \(last?.origin.description.prefix(4) ?? "")/\(last?.sequence ?? 0): "
        + deeds.prefix(4).map(describe).joined(separator: ", ") + (deeds.count > 4 ? ", … \(deeds.count)" : ""))
  }

  /// All of what its writer knew follows from `previous` and the dependencies.
  private mutating func checkPast(of change: Change, is past: Set<ChangeID>) {
    var closure: Set<ChangeID> = []
    for id in [change.header.previous].compactMap(\.self) + change.header.envelope.dependencies.map(\.id) {
      closure.formUnion(model.past(of: id))
      closure.insert(id)
    }
    check(closure == past, .causal, "the past of change \(change.header.sequence) isn't what its header says")
  }

  private func describe(_ deed: Deed) -> String {
    switch deed.kind {
    case .create: "create \(deed.entity.name)"
    case .set(let address, let value, let over):
      "\(deed.entity.name).\(address) = \(value.brief)" + (over.map { " over \($0.count) it showed" } ?? "")
    case .delete: "delete \(deed.entity.name)"
    case .restore: "restore \(deed.entity.name)"
    }
  }

  private mutating func newEntity(_ type: ExactString) -> Reference {
    entityCount += 1
    return Reference(type: type, id: .sixteen(entityCount))
  }

  private mutating func newValue() -> Value {
    valueCount += 1
    return .integer(valueCount)
  }

  /// An article's worth of entities; or a ring; or one whose id follows from what it is, so that others may add the same.
  private mutating func inserts(at replica: MemoryReplica, _ living: Set<Reference>) -> [Deed] {
    let chance = random.next() % 10
    if chance < 3 {
      let entity = Reference(type: "claim", id: .sixteen(1 << 40 + random.next() % 3))
      return living.contains(entity) ? [] : replica.inserting(entity, cells(of: entity, []))
    }
    if chance < 5 {
      let ring = (0..<(1 + random.next() % 3)).map { _ in newEntity("gadget") }
      return ring.indices.flatMap { place in
        replica.inserting(ring[place], [.field("next"): .reference(ring[(place + 1) % ring.count]), .field("name"): newValue()])
      }
    }
    let (article, speaker, quote) = (newEntity("article"), newEntity("speaker"), newEntity("quote"))
    var deeds = replica.inserting(article, [.field("title"): newValue()]) + replica.inserting(speaker, cells(of: speaker, []))
    deeds += replica.inserting(quote, [.field("text"): newValue(), .field("article"): .reference(article), .field("speaker"): .reference(speaker)])
    if random.happens(percent: 50) {
      let (claim, stance) = (newEntity("claim"), newEntity("stance"))
      deeds += replica.inserting(claim, cells(of: claim, []))
      deeds += replica.inserting(
        stance, [.field("value"): .string("denies"), .field("quote"): .reference(quote), .field("claim"): .reference(claim)])
    }
    return deeds
  }

  /// What an entity of some type may be inserted with.
  private mutating func cells(of entity: Reference, _ alive: [Reference]) -> [CellAddress: Value] {
    var cells: [CellAddress: Value] = [:]
    for _ in 0..<2 {
      let (address, value) = edit(of: entity.type, alive)
      cells[address] = value
    }
    cells[.field("name")] = newValue()
    return cells
  }

  /// A cell that entities of the type have, and something to write into it.
  private mutating func edit(of type: ExactString, _ alive: [Reference]) -> (CellAddress, Value) {
    let plain: [ExactString: [ExactString]] = ["article": ["title"], "quote": ["text"], "stance": ["value"]]
    let references: [ExactString: [ExactString]] = [
      "quote": ["article", "speaker"], "stance": ["quote", "claim"], "gadget": ["next"], "speaker": ["mergedInto"],
    ]
    switch random.next() % 10 {
    case 0, 1:
      return (CellAddress(field: "tags", place: .element(Element(.string(random.pick(["a", "b", "c"]))))), random.pick([.bool(true), .null]))
    case 2:
      return (CellAddress(field: "externalIDs", place: .key(random.pick(["x", "y", ""]))), random.pick([newValue(), .string("same"), .null]))
    case 3, 4:
      if let field = references[type]?.randomElement(using: &random), let target = target(for: field, of: type, alive) {
        return (.field(field), .reference(target))
      }
      return (.field("name"), newValue())
    case 5:
      guard let target = alive.randomElement(using: &random) else { return (.field("name"), newValue()) }
      return (CellAddress(field: "related", place: .element(Element(.reference(target)))), random.pick([.bool(true), .bool(true), .null]))
    case 6:
      var record = Record(["n": newValue(), "bytes": .bytes([0, 255])])
      if let target = alive.randomElement(using: &random) { record["who"] = .reference(target) }
      return (.field("fromTheFuture"), random.pick([.record(record), .list([.record(record), .text(TextHash(of: [1]))]), .null]))
    default:
      let field = plain[type]?.randomElement(using: &random) ?? "name"
      return (.field(field), random.pick([.string("same"), newValue(), newValue(), .null]))
    }
  }

  private mutating func target(for field: ExactString, of type: ExactString, _ alive: [Reference]) -> Reference? {
    let types: [ExactString: ExactString] = ["next": "gadget", "mergedInto": "speaker"]
    return alive.filter { $0.type == types[field] ?? field }.randomElement(using: &random)
  }

  private mutating func edits(at replica: MemoryReplica, _ alive: [Reference], isDraft: Bool) -> [Deed] {
    var deeds: [Deed] = []
    var rest = alive
    for _ in 0..<min(alive.count, random.pick([1, 1, 3])) {
      let entity = rest.remove(at: Int(random.next() % UInt64(rest.count)))
      let (address, value) = edit(of: entity.type, alive)
      if isDraft {
        // The form was opened when only some of the versions were there.
        let versions = (replica.states[entity]?.survivors(of: address) ?? []).compactMap { replica.id(of: $0.version) }
        let shown = Set(versions.sorted().filter { _ in random.happens(percent: 60) })
        deeds.append(Deed(entity, .set(address, value, over: shown)))
      } else {
        deeds += replica.setting(entity, [address: value])
      }
    }
    return deeds
  }

  /// What no honest program writes: edits of what nobody created, deletes under the feet of others and of the dead.
  private mutating func rudeDeeds(at replica: MemoryReplica, _ alive: [Reference]) -> [Deed] {
    let ghost = Reference(type: "claim", id: .sixteen(1 << 40 + random.next() % 3))
    let known = replica.states.keys.sorted()
    return switch random.next() % 4 {
    case 0: [Deed(ghost, .set(.field("name"), newValue()))]
    case 1: [Deed(random.pick(alive), .set(.field("related"), .reference(ghost)))]
    case 2: [Deed(ghost, .delete)]
    default: [Deed(random.pick(known), .delete)]
    }
  }

  // MARK: - What must hold

  private mutating func verifyOwnWrite(at replica: MemoryReplica, _ deeds: [Deed], isDraft: Bool, gone: [Reference], back: [Reference]) {
    let living = replica.living
    for deed in deeds where living.contains(deed.entity) && !isDraft {
      guard case .set(let address, let value, over: nil) = deed.kind else { continue }
      let shown = replica.states[deed.entity]?.shown[address] ?? .null
      check(shown == value, .noAcknowledgedEditLost, "\(replica.name) doesn't see its own edit of \(deed.entity.name).\(address)")
    }
    for entity in gone { check(!living.contains(entity), .noAcknowledgedEditLost, "\(replica.name) deleted \(entity.name) and it lives") }
    for entity in back { check(living.contains(entity), .noAcknowledgedEditLost, "\(replica.name) restored \(entity.name) and it is dead") }
  }

  private mutating func meetAll() throws {
    let must = Set(replicas.flatMap { $0.log.map(\.change.id) })
    var pairs = replicas.indices.flatMap { left in replicas.indices.filter { $0 < left }.map { (left, $0) } }
    for _ in 0..<3 {
      pairs.shuffle(using: &random)
      for (left, right) in pairs { try sync(left, right) }
    }
    for replica in replicas {
      check(must.allSatisfy(replica.holds), .noAcknowledgedEditLost, "a change that was there did not reach \(replica.name)")
    }
  }

  private mutating func verify() {
    guard findings.isEmpty else { return }
    let first = replicas[0]
    let portraits = compareWithModel(first)
    for replica in replicas.dropFirst() {
      check(replica.heads == first.heads, .convergence, "the heads of \(replica.name) and \(first.name) differ")
      check(replica.digest == first.digest, .convergence, "\(replica.name) and \(first.name) have equal heads and other digests")
      check(replica.portraits == portraits, .convergence, "\(replica.name) and \(first.name) have equal heads and other states")
      check(frontier(replica) == frontier(first), .convergence, "\(replica.name) and \(first.name) have equal heads and other frontiers")
    }
    for replica in replicas {
      check(replica.digest == replica.digestFromScratch, .convergence, "the digest of \(replica.name) isn't that of its states")
      verifyBytes(replica)
    }
    verifyAtomic(first)
    verifyCauses(first)
    verifyIdempotent(first)
    tally.histories = 1
    tally.changes = first.log.count
    tally.forks = first.branches.forkCount
    tally.conflicts = portraits.values.reduce(0) { $0 + $1.cells.values.count(where: \.isConflict) }
    tally.savedByOthers = portraits.values.count { $0.lives && !$0.tombstones.isEmpty }
    tally.dead = portraits.values.count { !$0.lives }
  }

  private func frontier(_ replica: MemoryReplica) -> [Head] {
    replica.branches.frontier(besides: nil).map(\.head)
  }

  @discardableResult
  private mutating func compareWithModel(_ replica: MemoryReplica) -> [Reference: Portrait] {
    let (portraits, applied) = (replica.portraits, model.applied(of: replica.log.map(\.change.id)))
    let expected = model.portraits(of: applied)
    for (entity, portrait) in expected where portraits[entity] != portrait {
      note(.noAcknowledgedEditLost, "\(replica.name) has \(entity.name) as\n  \(String(describing: portraits[entity]))\nnot as\n  \(portrait)")
    }
    check(portraits.count == expected.count, .noAcknowledgedEditLost, "\(replica.name) knows entities that nobody wrote")
    for (entity, portrait) in portraits where portrait.lives {
      for target in portrait.references {
        // What nobody created yet isn't dead; it is listed.
        let isDead = portraits[target].map { $0.isCreated && !$0.lives } ?? false
        check(!isDead, .noDanglingReference, "\(entity.name) lives and refers to \(target.name), which is dead")
      }
    }
    return portraits
  }

  private mutating func verifyAtomic(_ replica: MemoryReplica) {
    let applied = model.applied(of: replica.log.map(\.change.id))
    check(replica.appliedIDs == applied, .atomic, "half of a run is applied, or a complete one isn't")
    let shown = Set(replica.portraits.values.flatMap { $0.cells.values.flatMap(\.survivors.keys) })
    check(shown.isSubset(of: applied), .atomic, "a value is shown whose run isn't complete")
  }

  private mutating func verifyCauses(_ replica: MemoryReplica) {
    var before: Set<ChangeID> = []
    for held in replica.log {
      let causes = model.past(of: held.change.id)
      check(causes.isSubset(of: before), .causal, "a change stands in the log before something its writer knew")
      before.insert(held.change.id)
    }
  }

  /// Bytes are forwarded as they were written, whatever is in them; and there is only one encoding of what they say.
  private mutating func verifyBytes(_ replica: MemoryReplica) {
    for held in replica.log {
      let original = written[held.change.id]
      check(held.change == original, .unknownDataPreserved, "\(replica.name) holds other bytes than were written")
      check(held.body.bytes == original?.bodyBytes, .unknownDataPreserved, "decoded and encoded again, a body has other bytes")
    }
  }

  private mutating func verifyIdempotent(_ replica: MemoryReplica) {
    do {
      var again = replica
      check(try again.receive(Delivery(replica.log), from: "").received == 0, .idempotent, "a change was taken twice")
      check(again.digest == replica.digest && again.heads == replica.heads, .idempotent, "what was held already changed something")
      var fresh = MemoryReplica(name: "fresh", corpus: replica.corpus)
      try deliverInDisorder(replica.log, to: &fresh)
      check(fresh.heads == replica.heads, .idempotent, "another order of delivery gives other heads")
      check(fresh.digest == replica.digest, .idempotent, "another order of delivery gives another digest")
      check(fresh.portraits == replica.portraits, .idempotent, "another order of delivery gives other states")
    } catch {
      note(.idempotent, "what was taken once was refused: \(error)")
    }
  }

  /// Any order that is causal, in batches of any size, some of them twice.
  private mutating func deliverInDisorder(_ log: [MemoryReplica.Held], to fresh: inout MemoryReplica) throws {
    var waiting = log
    while !waiting.isEmpty {
      let ready = waiting.indices.filter { fresh.canTake(waiting[$0]) }
      guard let first = ready.randomElement(using: &random) else {
        note(.causal, "\(waiting.count) changes rest on nothing that ever comes")
        return
      }
      var batch = [waiting[first]]
      // What follows it on its branch in the log may come with it.
      if random.happens(percent: 60) {
        for next in waiting[(first + 1)...] where next.change.header.previous == batch.last?.change.id && next.lines.ends.count == 1 {
          batch.append(next)
        }
      }
      for _ in 0..<random.pick([1, 1, 2]) { try fresh.receive(Delivery(batch), from: "disorder") }
      waiting.removeAll { fresh.holds($0.change.id) }
    }
  }
}

extension Reference {
  /// The type and the number it was made of.
  fileprivate var name: String {
    "\(type)\(id.array.suffix(5).reduce(0) { $0 << 8 | Int($1) })"
  }
}

extension Value {
  fileprivate var brief: String {
    switch self {
    case .integer(let number): "\(number)"
    case .string(let string): "“\(string)”"
    case .reference(let reference): reference.name
    case .bool(let flag): "\(flag)"
    case .null: "null"
    default: "…"
    }
  }
}
