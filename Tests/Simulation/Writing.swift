// What devices write: through the archive's own calls, each with what its writer means by it, deed by deed.

import DictaModels
import DictaStorage
import DictaTestSupport

extension Simulation {
  // MARK: One transaction

  /// Runs a transaction and records what it wrote.
  ///
  /// - Parameter body: writes, and says what it means to; nil if only the log can say it.
  func transact(_ index: Int, _ body: @Sendable @escaping (WriteTransaction) throws -> [Deed]?) async throws -> [Deed]? {
    try await devices[index].archive.write(author: devices[index].name, body)
  }

  /// A transaction that is expected to succeed, or to be refused for a reason that its writer could know.
  ///
  /// - Parameter mustSucceed: whether nothing that is known here stands against it.
  mutating func write(
    _ index: Int, _ what: String, mustSucceed: Bool = false, _ body: @Sendable @escaping (WriteTransaction) throws -> [Deed]?
  ) async throws {
    guard !devices[index].awaitsCorpus else { return }
    let before = devices[index].shadow
    let past = before.appliedIDs
    let meant: [Deed]?
    do {
      meant = try await transact(index, body)
    } catch ArchiveError.unproven where devices[index].mayBeUnproven {
      devices[index].isUnproven = true
      trace.append("\(devices[index].name) can't write: its last changes can't be proven")
      return try await expectNothing(of: index, since: before)
    } catch let error as ArchiveError where error.isRefusal {
      tally.refusedWrites += 1
      check(!mustSucceed, .writtenAsAsked, "\(devices[index].name) is refused to \(what): \(error)")
      trace.append("\(devices[index].name) is refused to \(what): \(error)")
      return try await expectNothing(of: index, since: before)
    } catch let error as UnreadableEntity {
      trace.append("\(devices[index].name) can't \(what): \(error)")
      return try await expectNothing(of: index, since: before)
    }
    let new = try await catchUp(index, isOwnWrite: true)
    trace.append(
      "\(devices[index].name) writes \(new.map { "\($0.header.origin.description.prefix(4))/\($0.header.sequence)" }.joined(separator: " ")): \(what)"
    )
    try record(new, meant: meant, past: past, at: index)
  }

  private mutating func expectNothing(of index: Int, since before: MemoryReplica) async throws {
    let new = try await catchUp(index, isOwnWrite: true)
    check(new.isEmpty, .atomic, "a transaction of \(devices[index].name) that failed left \(new.count) changes")
  }

  /// Tells the model what was written, and compares it with what was meant.
  private mutating func record(_ new: [Change], meant: [Deed]?, past: Set<ChangeID>, at index: Int) throws {
    var past = past
    var said: [Deed] = []
    for change in new {
      let deeds = try Body(bytes: change.bodyBytes).deeds
      said += deeds
      written[change.id] = change
      model.note(WrittenChange(change: change, deeds: deeds.map { deed in meant?.first { $0.says(deed) } ?? deed }), past: past)
      try checkPast(of: change, is: past)
      past.insert(change.id)
    }
    if new.count > 1 { tally.runs += 1 }
    guard let meant else { return }
    let missing = meant.filter { deed in !said.contains { deed.says($0) } }
    let made = said.filter { deed in !meant.contains { $0.says(deed) } }
    check(missing.isEmpty, .writtenAsAsked, "\(devices[index].name) didn't write \(missing.prefix(3))")
    check(made.isEmpty, .writtenAsAsked, "\(devices[index].name) wrote \(made.prefix(3)), which nobody asked for")
  }

  /// All of what its writer knew follows from `previous` and the dependencies.
  private mutating func checkPast(of change: Change, is past: Set<ChangeID>) throws {
    var closure: Set<ChangeID> = []
    for id in [change.header.previous].compactMap(\.self) + change.header.envelope.dependencies.map(\.id) {
      closure.formUnion(model.past(of: id))
      closure.insert(id)
    }
    check(closure == past, .causal, "the past of change \(change.header.sequence) of \(change.header.origin) isn't what its header says")
  }

  // MARK: What is written

  mutating func write(_ index: Int, _ random: inout SeededRandom) async throws {
    let shadow = devices[index].shadow
    let living = shadow.living
    let alive = living.sorted()
    let dead = shadow.states.keys.filter { !living.contains($0) }.sorted()
    let chance = random.next() % 100
    if chance < 28 || alive.isEmpty {
      try await writeStory(index, &random)
    } else if chance < 58 {
      try await edit(index, alive, &random)
    } else if chance < 70 {
      try await update(index, alive, &random)
    } else if chance < 78 {
      try await delete(index, alive, living, &random)
    } else if chance < 84 {
      guard let entity = dead.randomElement(using: &random) else { return }
      try await write(index, "restore \(entity)") { transaction in
        try transaction.restore(entity)
        return [Deed(entity, .restore)].filter { _ in shadow.states[entity]?.tombstones.isEmpty == false }
      }
    } else if chance < 90 {
      try await decide(index, &random)
    } else if chance < 94 {
      try await mergeSpeakers(index, alive, &random)
    } else {
      try await reviseText(index, alive, &random)
    }
  }

  /// An entity to write to: often one of a few, so that several write to it at the same time.
  private func pick(_ alive: [Reference], _ random: inout SeededRandom) -> Reference {
    let shift = Int(scenario.seed % 7)
    return random.happens(percent: 60) ? random.pick(alive.dropFirst(shift).prefix(3) + alive.prefix(1)) : random.pick(alive)
  }

  mutating func newID() -> Bytes16 {
    counter += 1
    return .sixteen(counter)
  }

  mutating func newWords(_ random: inout SeededRandom) -> String {
    counter += 1
    let words = ["dam", "river", "Minister", "“yes”", "naïve", "not", "l’été", "бюджет", "🌊", "2021", "said", "e\u{301}t"]
    return "\(counter) " + (0..<(1 + random.next() % 30)).map { _ in random.pick(words) }.joined(separator: " ")
  }

  /// An article with what is said in it; or something that others may be adding just now.
  private mutating func writeStory(_ index: Int, _ random: inout SeededRandom) async throws {
    let isShared = random.happens(percent: 30)
    let words = newWords(&random)
    var article = Article(
      url: isShared ? "https://example.org/\(random.next() % 3)" : "https://example.org/\(words)", text: try ArticleText(words + " end"))
    article.title = random.happens(percent: 50) ? newWords(&random) : nil
    article.tags = random.happens(percent: 30) ? ["a"] : []
    let speaker = Speaker(
      id: Speaker.ID(newID()), name: words, kind: random.pick([.person, .office, devices[index].isNewer ? .unknown("oracle") : .document]))
    var quote = Quote(
      id: Quote.ID(newID()), articleID: article.id, kind: .direct,
      segments: [Quote.Segment(Anchor(textHash: article.text.hash, start: 0, end: words.utf8.count))])
    quote.sources = [Quote.Source(speakerID: speaker.id)]
    let claim = Claim(id: Claim.ID(isShared ? .sixteen(1 << 40 + random.next() % 3) : newID()), text: words)
    let stance = Stance(holder: .quote(quote.id), claimID: claim.id, position: random.pick([.supports, .denies, .doubts]))
    let shadow = devices[index].shadow
    let living = shadow.living
    // An article that is there already has another text, in which these words don't stand.
    let isThere = living.contains(article.reference)
    let entities: [any Entity] =
      isThere ? [speaker, claim] : Array(([article, speaker, quote, claim, stance] as [any Entity]).prefix(random.pick([1, 3, 5, 5])))
    let isNewer = devices[index].isNewer && random.happens(percent: 40)
    let gadget = Reference(type: "gadget", id: newID())
    let (next, value) = (Reference(type: "gadget", id: newID()), newWords(&random))
    try await write(index, "a story of \(entities.count) parts\(isShared ? ", known to others" : "")\(isNewer ? ", and gadgets" : "")") {
      transaction in
      var deeds: [Deed] = []
      func insert(_ entity: some Entity) throws {
        guard !living.contains(entity.reference) else { return }
        try transaction.insert(entity)
        let cells = Dictionary(uniqueKeysWithValues: entity.fields.cells.map { ($0.address, $0.value) })
        deeds += shadow.inserting(entity.reference, cells)
      }
      for entity in entities { try insert(entity) }
      if isNewer {
        // A ring: each keeps the other alive.
        for (entity, target) in [(gadget, next), (next, gadget)] {
          var fields = Fields()
          fields["next"] = .reference(target)
          fields["shape"] = .string(ExactString(value))
          try transaction.insert(entity, fields: fields)
          deeds += shadow.inserting(entity, [.field("next"): .reference(target), .field("shape"): .string(ExactString(value))])
        }
      }
      return shadow.isPlain(deeds) ? deeds : nil
    }
  }

  /// Sets some cells, whatever the type.
  private mutating func edit(_ index: Int, _ alive: [Reference], _ random: inout SeededRandom) async throws {
    var edits: [(entity: Reference, address: CellAddress, value: Value)] = []
    for _ in 0..<random.pick([1, 1, 1, 2, 4]) {
      let entity = pick(alive, &random)
      let (address, value) = newCell(of: entity.type, alive, isNewer: devices[index].isNewer, &random)
      if !edits.contains(where: { $0.entity == entity }) { edits.append((entity, address, value)) }
    }
    let shadow = devices[index].shadow
    let work = edits
    try await write(index, "edit \(work.map { "\($0.entity.type) \($0.address)" }.joined(separator: ", "))") { transaction in
      for edit in work { try transaction.write([(edit.address, edit.value)], to: edit.entity) }
      return work.flatMap { shadow.setting($0.entity, [$0.address: $0.value]) }
    }
  }

  private mutating func newCell(
    of type: ExactString, _ alive: [Reference], isNewer: Bool, _ random: inout SeededRandom
  ) -> (CellAddress, Value) {
    let words = Value.string(ExactString(newWords(&random)))
    func target(_ type: ExactString) -> Value? {
      alive.filter { $0.type == type }.randomElement(using: &random).map { .reference($0) }
    }
    switch random.next() % (isNewer ? 11 : 8) {
    case 0, 1, 5:
      return (CellAddress(field: "tags", place: .element(Element(.string(random.pick(["a", "b"]))))), random.pick([.bool(true), .null]))
    case 2 where ["article", "speaker", "claim"].contains(type):
      return (CellAddress(field: "externalIDs", place: .key(random.pick(["x", "y"]))), random.pick([words, .string("same"), .null]))
    case 3:
      if type == "quote", let speaker = target("speaker") {
        return (.field("sources"), .list([.record(Record(["speakerID": speaker])), .record(Record(["roleAsStated": words]))]))
      }
    case 4:
      if type == "claim", let claim = target("claim") { return (.field("negationOf"), claim) }
      if type == "quote", let quote = target("quote") { return (.field("sameUtteranceAs"), random.pick([quote, .null])) }
      if type == "gadget", let gadget = target("gadget") { return (.field("next"), random.pick([gadget, .null])) }
    case 8:
      var record = Record(["n": .integer(Int64(counter)), "bytes": .bytes([0, 255])])
      if let entity = alive.randomElement(using: &random) { record["who"] = .reference(entity) }
      return (.field("fromTheFuture"), random.pick([.record(record), .list([.record(record)]), .null]))
    case 9:
      if let entity = alive.randomElement(using: &random) {
        return (CellAddress(field: "related", place: .element(Element(.reference(entity)))), random.pick([.bool(true), .bool(true), .null]))
      }
    // A known field with a value that this version doesn't know.
    case 10: return (.field("note"), .record(Record(["rich": words])))
    default: break
    }
    return (.field("note"), random.pick([words, words, .string("same"), .null]))
  }

  /// Changes an entity as programs do: by its properties. What this version doesn't know of it must stay.
  private mutating func update(_ index: Int, _ alive: [Reference], _ random: inout SeededRandom) async throws {
    let entity = pick(alive, &random)
    let words = newWords(&random)
    let isTagged = random.happens(percent: 50)
    let shadow = devices[index].shadow
    try await write(index, "update \(entity)") { transaction in
      func change<Subject: Entity>(_ id: Identifier<Subject>, _ change: (inout Subject) -> Void) throws -> [Deed] {
        let old: Subject = try transaction.require(id)
        let new = try transaction.update(id, change)
        let edits = new.fields.edits(from: old.fields)
        return edits.flatMap { shadow.setting(entity, [$0.address: $0.value]) }
      }
      switch entity.type {
      case "article":
        return try change(Article.ID(entity.id)) {
          $0.title = words
          if isTagged { $0.tags.formSymmetricDifference(["a", "b"]) }
        }
      case "speaker":
        return try change(Speaker.ID(entity.id)) {
          $0.aliases.insert(ExactString(words))
          if isTagged { $0.tenures = [Speaker.Tenure(role: words)] } else { $0.name = words }
        }
      case "quote":
        return try change(Quote.ID(entity.id)) {
          $0.medium = words
          if isTagged { $0.sources.append(Quote.Source(roleAsStated: words)) }
        }
      case "claim":
        return try change(Claim.ID(entity.id)) {
          $0.context = words
          if isTagged { $0.externalIDs["x"] = words }
        }
      case "stance":
        return try change(Stance.ID(entity.id)) {
          $0.isHedged.toggle()
          if isTagged { $0.position = .declines }
        }
      default: return []
      }
    }
  }

  // MARK: Deleting, deciding, merging, revising

  private mutating func delete(_ index: Int, _ alive: [Reference], _ living: Set<Reference>, _ random: inout SeededRandom) async throws {
    let entity = random.pick(alive)
    let shadow = devices[index].shadow
    if random.happens(percent: 30) {
      let users = living.filter { $0 != entity && shadow.states[$0]?.references.contains(entity) == true }
      let name = devices[index].name
      var wasDeleted = false
      let before = shadow.log.count
      try await write(index, "delete \(entity)", mustSucceed: users.isEmpty) { transaction in
        try transaction.delete(entity)
        return nil
      }
      wasDeleted = devices[index].shadow.log.count > before
      check(!wasDeleted || users.isEmpty, .noDanglingReference, "\(name) deleted \(entity), which \(users.count) refer to")
    } else {
      let deeds = shadow.cascading(from: entity, living)
      try await write(index, "delete \(entity) and what it owns", mustSucceed: true) { transaction in
        try transaction.delete(entity, cascading: true)
        return deeds
      }
    }
  }

  /// Ends a conflict.
  private mutating func decide(_ index: Int, _ random: inout SeededRandom) async throws {
    let conflicts = try await devices[index].archive.read { try $0.conflicts() }
    guard let conflict = conflicts.randomElement(using: &random) else { return }
    let lives = random.happens(percent: 50)
    guard let address = conflict.address, let kept = conflict.candidates.randomElement(using: &random) else {
      return try await write(index, "decide that \(conflict.entity) \(lives ? "lives" : "is dead")") { transaction in
        try transaction.resolveLife(of: conflict.entity, lives: lives)
        return lives ? [Deed(conflict.entity, .restore)] : nil
      }
    }
    try await write(index, "decide \(conflict.entity) \(address)") { transaction in
      try transaction.resolve(address, of: conflict.entity, keeping: kept.version)
      return [Deed(conflict.entity, .set(address, kept.value))]
    }
  }

  private mutating func mergeSpeakers(_ index: Int, _ alive: [Reference], _ random: inout SeededRandom) async throws {
    let speakers = alive.filter { $0.type == "speaker" }.map { Speaker.ID($0.id) }
    guard let one = speakers.randomElement(using: &random), let other = speakers.randomElement(using: &random) else { return }
    if random.happens(percent: 70), one != other {
      try await write(index, "merge speaker \(one) into \(other)") { transaction in
        let group = try transaction.merge(one, into: other)
        guard Set(group.members).isSuperset(of: [one, other]) else { throw Unexpected("the group of \(one) lacks \(other)") }
        return nil
      }
    } else {
      try await write(index, "split speaker \(one)") { transaction in
        let others = try transaction.group(of: one).members.filter { $0 != one }
        guard try transaction.split(one).members == [one] else { throw Unexpected("\(one) isn't alone after it was split off") }
        if let first = others.first, try Set(transaction.group(of: first).members) != Set(others) {
          throw Unexpected("the others of \(one) aren't one group any more")
        }
        return nil
      }
    }
  }

  /// Gives an article another text, and finds its quotes again in it.
  private mutating func reviseText(_ index: Int, _ alive: [Reference], _ random: inout SeededRandom) async throws {
    guard let entity = alive.filter({ $0.type == "article" }).randomElement(using: &random) else { return }
    let (id, before, after) = (Article.ID(entity.id), newWords(&random), newWords(&random))
    let isAppended = random.happens(percent: 50)
    try await write(index, "revise \(entity)") { transaction in
      let old = try transaction.require(id)
      let text = try ArticleText(isAppended ? before + " " + old.text.string : after)
      try transaction.update(id) { $0.text = text }
      var deeds = [Deed(entity, .set(.field("text"), .text(text.hash)))]
      var filter = EntityFilter()
      filter.article = id
      for quote in try transaction.list(Quote.self, where: filter) {
        guard let anchor = quote.segments.first?.anchor, let source = try transaction.text(anchor.textHash) else { continue }
        let placed = try text.place(quote.segments.map(\.anchor), from: source)
        let new = try transaction.update(quote.id) {
          $0.placements[ExactString(text.hash.description)] = Quote.Placing(
            placement: placed.placement, score: placed.score, segments: placed.anchors.map { Quote.Segment($0) })
        }
        deeds += new.fields.edits(from: quote.fields).map { Deed(quote.reference, .set($0.address, $0.value)) }
      }
      return deeds
    }
  }

  // MARK: Runs, refusals and forms

  mutating func writeRun(_ index: Int, _ random: inout SeededRandom) async throws {
    // A run can be cut in two only where a segment ends, which is after 256 changes.
    let isLong = devices[index].writesSmallChanges && random.happens(percent: 50)
    let count = isLong ? 290 : random.pick([8, 20, 60])
    let claims = (0..<count).map { _ in
      var claim = Claim(id: Claim.ID(newID()), text: isLong ? "short" : newWords(&random))
      claim.context = isLong ? nil : String(repeating: "context ", count: 40)
      return claim
    }
    let shadow = devices[index].shadow
    let alive = shadow.living.filter { $0.type == "speaker" }.sorted().prefix(5)
    try await write(index, "a run of \(count) claims") { transaction in
      var deeds: [Deed] = []
      for claim in claims {
        try transaction.insert(claim)
        deeds += shadow.inserting(claim.reference, Dictionary(uniqueKeysWithValues: claim.fields.cells.map { ($0.address, $0.value) }))
      }
      // What was set in a change that is sealed is set again.
      if let first = claims.first {
        try transaction.update(first.id) { $0.text = "set again" }
        deeds.removeAll { $0.entity == first.reference && $0.says(Deed(first.reference, .set(.field("text"), .string(ExactString(first.text))))) }
        deeds.append(Deed(first.reference, .set(.field("text"), .string("set again"))))
      }
      for speaker in alive {
        try transaction.write([(.field("note"), .string("in a run"))], to: speaker)
        deeds += shadow.setting(speaker, [.field("note"): .string("in a run")])
      }
      return deeds
    }
  }

  /// Writes notes over one another, long enough to be worth dropping.
  mutating func rewrite(_ index: Int, _ random: inout SeededRandom) async throws {
    let alive = devices[index].shadow.living.sorted()
    guard !alive.isEmpty else { return }
    let entity = pick(alive, &random)
    for _ in 0..<(2 + random.next() % 3) {
      let note = Value.string(ExactString(newWords(&random) + String(repeating: " and so on", count: 12)))
      let shadow = devices[index].shadow
      try await write(index, "rewrite the note of \(entity)") { transaction in
        try transaction.write([(.field("note"), note)], to: entity)
        return shadow.setting(entity, [.field("note"): note])
      }
    }
  }

  /// Does something, and then what is refused: nothing may stay of either.
  mutating func writeRefused(_ index: Int, _ random: inout SeededRandom) async throws {
    let (claim, kind) = (Claim(id: Claim.ID(newID()), text: newWords(&random)), random.next() % 3)
    let missing = Claim.ID(newID())
    let name = devices[index].name
    var isRefused = false
    let before = tally.refusedWrites
    try await write(index, "write what is refused") { transaction in
      try transaction.insert(claim)
      switch kind {
      case 0: try transaction.insert(claim)
      case 1: try transaction.update(claim.id) { $0.negationOf = missing }
      default: try transaction.update(missing) { $0.text = "there is none" }
      }
      return nil
    }
    isRefused = tally.refusedWrites > before || devices[index].isUnproven || devices[index].awaitsCorpus
    check(isRefused, .noDanglingReference, "\(name) wrote what can't be written")
  }

  mutating func openDraft(_ index: Int, _ random: inout SeededRandom) async throws {
    let shadow = devices[index].shadow
    guard let entity = shadow.living.filter({ $0.type == "claim" }).sorted().randomElement(using: &random) else { return }
    guard let draft = try? await devices[index].archive.read({ try $0.draft(Claim.ID(entity.id)) }) else { return }
    var shown: [CellAddress: Set<ChangeID>] = [:]
    for cell in shadow.states[entity]?.cells ?? [] { shown[cell.address] = Set(cell.survivors.compactMap { shadow.id(of: $0.version) }) }
    devices[index].drafts.append(OpenDraft(claim: draft, shown: shown))
    trace.append("\(devices[index].name) opens a form of \(entity)")
  }

  mutating func saveDraft(_ index: Int, _ random: inout SeededRandom) async throws {
    guard !devices[index].drafts.isEmpty else { return }
    let form = devices[index].drafts.removeFirst()
    var draft = form.claim
    let old = draft.value
    draft.value.text = newWords(&random)
    if random.happens(percent: 50) { draft.value.tags.formSymmetricDifference(["a", "c"]) }
    let saved = draft
    try await write(index, "save the form of \(saved.value.reference)") { transaction in
      try transaction.save(saved)
      return saved.value.fields.edits(from: old.fields).map { edit in
        Deed(saved.value.reference, .set(edit.address, edit.value, over: form.shown[edit.address] ?? []))
      }
    }
  }
}

/// Something that the archive says of itself, and that isn't so.
struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension ArchiveError {
  /// Whether it says that what was asked for can't be done to what is there.
  fileprivate var isRefusal: Bool {
    switch self {
    case .noSuchEntity, .exists, .deleted, .inUse, .danglingReference, .badAnchor, .missingText, .noConflict, .noSuchVersion: true
    default: false
    }
  }
}

extension Deed {
  /// Whether it is the same but for the versions that it is over.
  fileprivate func says(_ other: Deed) -> Bool {
    guard entity == other.entity else { return false }
    if case .set(let address, let value, _) = kind, case .set(let otherAddress, let otherValue, _) = other.kind {
      return address == otherAddress && value == otherValue
    }
    return kind == other.kind
  }
}

extension Body {
  /// What a change does, as it says itself.
  fileprivate var deeds: [Deed] {
    groups.flatMap { group -> [Deed] in
      let life: [Deed] =
        switch group.action {
        case .create: [Deed(group.entity, .create)]
        case .edit: []
        case .delete: [Deed(group.entity, .delete)]
        case .restore: [Deed(group.entity, .restore)]
        }
      return life + group.ops.map { Deed(group.entity, .set($0.address, $0.value)) }
    }
  }
}

extension MemoryReplica {
  /// Whether nothing is brought back that was held in conflict: then more is written than the deeds say.
  fileprivate func isPlain(_ deeds: [Deed]) -> Bool {
    deeds.allSatisfy { states[$0.entity]?.cells.allSatisfy { !$0.isConflict } ?? true }
  }

  /// What deleting an entity means for it, for what it owns and for what refers to either.
  fileprivate func cascading(from first: Reference, _ living: Set<Reference>) -> [Deed] {
    let owning: [ExactString: [ExactString]] = ["quote": ["articleID"], "stance": ["holder", "claimID"]]
    let living = living.sorted()
    var (gone, next) = ([first], 0)
    while next < gone.count {
      for entity in living where !gone.contains(entity) {
        let shown = states[entity]?.shown
        let isOwned = (owning[entity.type] ?? []).contains { shown?[$0]?.refers(to: gone[next]) ?? false }
        if isOwned { gone.append(entity) }
      }
      next += 1
    }
    var deeds: [Deed] = []
    for entity in living where !gone.contains(entity) {
      guard let state = states[entity], !state.references.isDisjoint(with: gone) else { continue }
      for cell in state.cells {
        if case .element(let element) = cell.address.place {
          if !cell.shown.isNull, element.value.removing(gone) != element.value { deeds.append(Deed(entity, .set(cell.address, .null))) }
        } else if cell.survivors.contains(where: { $0.value.removing(gone) != $0.value }) {
          deeds.append(Deed(entity, .set(cell.address, cell.shown.removing(gone))))
        }
      }
    }
    return deeds + gone.map { Deed($0, .delete) }
  }
}

extension Value {
  fileprivate func refers(to target: Reference) -> Bool {
    var isFound = false
    forEachReference { isFound = isFound || $0 == target }
    return isFound
  }

  fileprivate func removing(_ targets: [Reference]) -> Value {
    targets.reduce(self) { $0.removing(referencesTo: $1) }
  }
}
