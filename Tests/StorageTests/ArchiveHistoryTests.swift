import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

/// The histories that replicas in memory live through, lived by real archives: their rows, digests and lives must be what the naive model
/// makes of what each writer knew.
@Suite struct ArchiveHistoryTests {
  @Test(arguments: 0..<60) func realArchivesKeepThePromises(seed: Int) async throws {
    var history = ArchiveHistory(seed: UInt64(seed))
    try await history.live()
    try await history.meetAll()
    try await history.verify()
  }
}

/// A history of a few archives, repeatable by its seed but for the keys that their origins are made of.
private struct ArchiveHistory {
  /// An archive, and a replica in memory that is told everything it holds.
  private struct Member {
    var archive: Archive
    var shadow: MemoryReplica
  }

  private let folder = TemporaryFolder()
  private let seed: UInt64
  private var random: SeededRandom
  private var members: [Member] = []
  private var model = NaiveModel()
  private var trace: [String] = []
  private var entityCount: UInt64 = 0
  private var valueCount: Int64 = 0
  private var fileCount = 0

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
  }

  private var context: Comment { "seed \(seed):\n  \(trace.joined(separator: "\n  "))" }

  // MARK: What happens

  mutating func live() async throws {
    let corpus = CorpusID(raw: .sixteen(seed))
    for index in 0..<Int(2 + random.next() % 3) {
      fileCount += 1
      let archive = try Archive(
        creatingAt: folder.file("\(fileCount).dicta"), corpus: corpus, device: "device \(index)", surroundings: surroundings())
      members.append(Member(archive: archive, shadow: MemoryReplica(name: "\(index)", corpus: corpus)))
    }
    for _ in 0..<(15 + random.next() % 16) {
      let chance = random.next() % 100
      if chance < 8 {
        try await copy()
      } else if chance < 40 {
        try await meet()
      } else {
        try await write(by: Int(random.next() % UInt64(members.count)))
      }
    }
  }

  /// A clock that stands still in every fifth history, so that every time is a tie; chance follows the seed.
  private mutating func surroundings() -> Surroundings {
    let generator = Mutex(SeededRandom(seed: random.next()))
    let ticks = Mutex(UInt64(1_700_000_000_000) + random.pick([0, 0, 1000]))
    let step: UInt64 = seed % 5 == 1 ? 0 : 1
    return Surroundings(
      now: {
        ticks.withLock { ticks in
          ticks += step
          return ticks
        }
      },
      random: { generator.withLock { $0.next() } })
  }

  private mutating func meet() async throws {
    let left = Int(random.next() % UInt64(members.count))
    let right = (left + 1 + Int(random.next() % UInt64(members.count - 1))) % members.count
    trace.append("\(left) syncs with \(right)")
    try await members[left].archive.sync(with: members[right].archive, options: .handing(random.pick([1, 300, 1 << 20])))
    try await tellShadow(of: left)
    try await tellShadow(of: right)
  }

  /// The file alone is copied, or a backup is made, and runs as another replica.
  private mutating func copy() async throws {
    guard members.count < 5 else { return }
    let index = Int(random.next() % UInt64(members.count))
    fileCount += 1
    let path = folder.file("\(fileCount).dicta")
    try await members[index].archive.backup(to: path)
    let before = try await members[index].archive.read { try $0.status().origin }
    let copy = try Archive(at: path, surroundings: surroundings())
    let after = try await copy.read { try $0.status().origin }
    #expect(before != after, context)
    trace.append("a copy of \(index) runs as \(members.count)")
    members.append(Member(archive: copy, shadow: members[index].shadow.copy(named: "\(members.count)")))
  }

  private mutating func tellShadow(of index: Int) async throws {
    // From the log, not through a session: so that what isn't published yet is told, and stays unpublished.
    for (id, segment) in try await members[index].archive.log where !members[index].shadow.holds(id) {
      try members[index].shadow.receive(Delivery(segments: [segment]), from: "archive \(index)")
    }
  }

  // MARK: What is written

  private mutating func write(by index: Int) async throws {
    let shadow = members[index].shadow
    let living = shadow.living
    let alive = living.sorted()
    let dead = shadow.states.keys.filter { !living.contains($0) }.sorted()
    let chance = random.next() % 100
    var deeds: [Deed]
    var doomed: Reference?
    if chance < 35 || alive.isEmpty {
      deeds = inserts(at: shadow, alive)
    } else if chance < 75 {
      let entity = random.pick(alive)
      let (address, value) = edit(of: entity.type, alive)
      deeds = shadow.setting(entity, [address: value])
    } else if chance < 90 || dead.isEmpty {
      let entity = random.pick(alive)
      doomed = entity
      deeds = shadow.deleting(entity, living: living)
    } else {
      let entity = random.pick(dead)
      deeds = [Deed(entity, .restore)]
      // What it refers to may be dead as well, and a restore that leaves a reference dangling is refused.
      let targets = shadow.states[entity]?.references ?? []
      guard targets.allSatisfy(living.contains) else { return }
    }
    guard !deeds.isEmpty else { return }
    let past = shadow.appliedIDs
    let held = Set(shadow.log.map(\.change.id))
    let (work, target) = (deeds, doomed)
    try await members[index].archive.write { transaction in
      if let target {
        _ = try transaction.delete(target, cascading: true)
      } else {
        try Self.carryOut(work, transaction)
      }
    }
    try await tellShadow(of: index)
    let new = members[index].shadow.log.map(\.change).filter { !held.contains($0.id) }
    trace.append("\(index) writes \(deeds.count) deeds: \(deeds.prefix(3).map { "\($0.entity.type) \($0.kind)" }.joined(separator: ", "))")
    #expect(new.count == 1, context)
    if let change = new.first { model.note(WrittenChange(change: change, deeds: deeds), past: past) }
  }

  private static func carryOut(_ deeds: [Deed], _ transaction: WriteTransaction) throws {
    var created: [Reference: Fields] = [:]
    for deed in deeds {
      switch deed.kind {
      case .create: created[deed.entity] = Fields()
      case .restore: try transaction.restore(deed.entity)
      case .delete: break
      case .set(let address, let value, _):
        if created[deed.entity] != nil {
          created[deed.entity]?[address] = value
        } else {
          try transaction.write([(address, value)], to: deed.entity)
        }
      }
    }
    for (entity, fields) in created.sorted(by: { $0.key < $1.key }) { try transaction.insert(entity, fields: fields) }
  }

  private mutating func newEntity(_ type: ExactString) -> Reference {
    entityCount += 1
    return Reference(type: type, id: .sixteen(entityCount))
  }

  private mutating func newValue() -> Value {
    valueCount += 1
    return .string("value \(valueCount)")
  }

  private mutating func inserts(at shadow: MemoryReplica, _ alive: [Reference]) -> [Deed] {
    if random.happens(percent: 25) {
      // Two archives may add the same.
      let claim = Reference(type: "claim", id: .sixteen(1 << 40 + random.next() % 3))
      return shadow.states[claim] == nil ? shadow.inserting(claim, [.field("text"): newValue(), .field("note"): newValue()]) : []
    }
    let (article, speaker, quote) = (newEntity("article"), newEntity("speaker"), newEntity("quote"))
    let (claim, stance) = (newEntity("claim"), newEntity("stance"))
    let source = Value.record(Record(["speakerID": .reference(speaker), "roleAsStated": newValue()]))
    return shadow.inserting(article, [.field("title"): newValue()])
      + shadow.inserting(speaker, [.field("name"): newValue(), .field("kind"): .string("person")])
      + shadow.inserting(quote, [.field("articleID"): .reference(article), .field("kind"): .string("direct"), .field("sources"): .list([source])])
      + shadow.inserting(claim, [.field("text"): newValue()])
      + shadow.inserting(stance, [.field("holder"): .reference(quote), .field("claimID"): .reference(claim), .field("position"): newValue()])
  }

  private mutating func edit(of type: ExactString, _ alive: [Reference]) -> (CellAddress, Value) {
    switch random.next() % 8 {
    case 0, 1:
      return (CellAddress(field: "tags", place: .element(Element(.string(random.pick(["a", "b"]))))), random.pick([.bool(true), .null]))
    case 2: return (CellAddress(field: "externalIDs", place: .key(random.pick(["x", "y"]))), random.pick([newValue(), .null]))
    case 3, 4:
      let speakers = alive.filter { $0.type == "speaker" }
      if type == "quote", let speaker = speakers.randomElement(using: &random) {
        return (.field("sources"), .list([.record(Record(["speakerID": .reference(speaker)])), .record(Record(["roleAsStated": newValue()]))]))
      }
      return (.field("note"), newValue())
    case 5: return (.field("fromTheFuture"), .record(Record(["n": .integer(1), "v": newValue()])))
    default: return (.field("note"), random.pick([newValue(), newValue(), .null]))
    }
  }

  // MARK: What must hold

  mutating func meetAll() async throws {
    for _ in 0..<3 {
      for left in members.indices {
        for right in members.indices where right < left {
          try await members[left].archive.sync(with: members[right].archive)
        }
      }
    }
    for index in members.indices { try await tellShadow(of: index) }
  }

  func verify() async throws {
    let first = members[0].shadow
    let expected = model.portraits(of: model.applied(of: first.log.map(\.change.id)))
    #expect(first.portraits == expected, context)
    var document: [UInt8]?
    for member in members {
      let status = try await member.archive.read { try $0.status() }
      #expect(status.heads == first.heads, context)
      #expect(status.digest == first.digest, context)
      #expect(try await member.archive.check().filter { !$0.isHarmless } == [], context)
      let rows = try await member.archive.read { transaction in
        var rows: [Reference: (fields: Fields, lives: Bool)] = [:]
        for entity in expected.keys {
          if let row = try transaction.row(entity) { rows[entity] = (row.state.shown, row.life.isLiving) }
        }
        return rows
      }
      for (entity, portrait) in expected {
        #expect(rows[entity]?.lives == portrait.lives, context)
        let shown = Dictionary(uniqueKeysWithValues: (rows[entity]?.fields.cells ?? []).map { ($0.address, $0.value) })
        #expect(shown == portrait.cells.mapValues(\.shown).filter { !$0.value.isNull }, context)
      }
      let bytes = try await exported(member.archive)
      #expect(document == nil || bytes == document, context)
      document = bytes
      try member.archive.close()
    }
  }

  private func exported(_ archive: Archive) async throws -> [UInt8] {
    try await archive.read { transaction in
      var bytes: [UInt8] = []
      try withoutActuallyEscaping({ bytes += $0 }) { _ = try transaction.export(.json, to: $0) }
      return bytes
    }
  }
}
