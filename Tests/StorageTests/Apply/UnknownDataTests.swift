import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

/// An archive written by a newer version syncs through this one unharmed, value for value, and takes effect in a newer one.
///
/// `newer` and `third` know what ``NewerSpeaker`` and ``Interview`` know; `older` in the middle knows what this version does, and is the only one
/// that both sync with.
@Suite struct UnknownDataTests {
  let folder = TemporaryFolder()

  /// What the newer version has written.
  private struct World: Sendable {
    let small: SmallCorpus
    let interview: Interview
    let guest: Identifier<NewerSpeaker>
    let agent: Identifier<NewerSpeaker>

    var everything: [Reference] { small.references + [interview.reference, guest.reference, agent.reference] }
  }

  private static let transcript = "“You are early,” she said.\n“I am late,” he said."

  private func write(to archive: Archive) async throws -> World {
    try await archive.write(author: "a newer version") { transaction in
      let small = try SmallCorpus(in: transaction)
      var guest = NewerSpeaker(id: transaction.newID(), name: "The choir", kind: "choir")
      let agent = NewerSpeaker(id: transaction.newID(), name: "Ada", kind: "person")
      guest.pronunciation = "kwaɪə"
      guest.agent = agent.id
      guest.voices = ["alto", "tenor"]
      try transaction.insert(agent)
      try transaction.insert(guest)
      let transcript = try ArticleText(Self.transcript)
      let interview = Interview(1, guest: guest.reference, quotes: [small.quote.reference], transcript: transcript.hash)
      try transaction.insert(interview.reference, fields: interview.fields, texts: [transcript])
      for entity in [small.quote.reference, guest.reference, interview.reference] {
        try transaction.write(UnknownFields.values(small.speaker.reference, transcript.hash), to: entity)
      }
      try transaction.write(UnknownFields.misshapen(small.speaker.reference), to: small.claim.reference)
      return World(small: small, interview: interview, guest: guest.id, agent: agent.id)
    }
  }

  private func fields(_ archive: Archive, _ entities: [Reference]) async throws -> [Reference: Fields] {
    try await archive.read { transaction in
      Dictionary(uniqueKeysWithValues: try entities.map { ($0, try transaction.fields(of: $0)) })
    }
  }

  /// Both hold the same, byte for byte.
  private func expectSame(_ one: Archive, _ other: Archive, _ comment: Comment? = nil) async throws {
    let (left, right) = (try await one.read { try $0.status() }, try await other.read { try $0.status() })
    #expect(left.heads == right.heads, comment)
    #expect(left.digest == right.digest, comment)
    #expect((left.aside, left.conflicts) == (right.aside, right.conflicts), comment)
    #expect(left.counts == right.counts, comment)
    func changes(_ archive: Archive) async throws -> [ChangeID: Segment] {
      Dictionary(uniqueKeysWithValues: try await archive.log.map { ($0.id, $0.segment) })
    }
    #expect(try await changes(one) == changes(other), comment)
    #expect(try await one.document() == other.document(), comment)
    for archive in [one, other] { #expect(try await archive.check().filter { !$0.isHarmless } == [], comment) }
  }

  private func pass(_ archives: [Archive]) async throws {
    try await archives[0].sync(with: archives[1])
    try await archives[1].sync(with: archives[2])
    try await archives[0].sync(with: archives[1])
  }

  // MARK: On its way

  @Test func everyValuePassesThroughAnOlderVersion() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    let written = try await fields(archives[0], world.everything)
    for (address, value) in UnknownFields.values(world.small.speaker.reference, world.interview.transcript) {
      #expect(written[world.interview.reference]?[address] == value, "\(address)")
    }
    try await pass(archives)
    for archive in archives[1...] {
      #expect(try await fields(archive, world.everything) == written)
      try await expectSame(archives[0], archive)
    }
    #expect(try await archives[2].read { try $0.text(world.interview.transcript)?.string } == Self.transcript)
  }

  @Test func aNewerVersionBehindAnOlderOneReadsItTyped() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    try await archives[1].write { try $0.update(Speaker.ID(world.guest.bytes)) { $0.note = "heard twice" } }
    try await archives[1].sync(with: archives[2])
    let guest = try await archives[2].read { try $0.require(world.guest) }
    #expect(guest.kind == "choir" && guest.pronunciation == "kwaɪə" && guest.agent == world.agent)
    #expect(guest.voices == ["alto", "tenor"] && guest.note == "heard twice")
    let fields = try await archives[2].read { try $0.fields(of: world.interview.reference) }
    #expect(Interview(world.interview.reference, fields) == world.interview)
    // It goes on writing what the one in the middle doesn't know.
    try await archives[2].write { transaction in
      try transaction.update(world.guest) { speaker in
        speaker.voices.remove("tenor")
        speaker.agent = nil
        speaker.kind = "orchestra"
      }
    }
    try await archives[2].sync(with: archives[1])
    try await archives[1].sync(with: archives[0])
    let changed = try await archives[0].read { try $0.require(world.guest) }
    #expect(changed.voices == ["alto"] && changed.agent == nil && changed.kind == "orchestra" && changed.note == "heard twice")
    #expect(try await archives[1].read { try $0.require(Speaker.ID(world.guest.bytes)).kind } == .unknown("orchestra"))
    try await expectSame(archives[0], archives[2])
  }

  // MARK: What the older one does beside it

  @Test func editsOfWhatIsKnownTouchNothingElse() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    let before = try await fields(archives[1], world.everything)
    try await archives[1].write { transaction in
      try transaction.update(Speaker.ID(world.guest.bytes)) { $0.name = "A choir" }
      try transaction.update(world.small.quote.id) { $0.medium = "radio" }
      try transaction.update(world.small.claim.id) { $0.text = "The bridge opens" }
      try transaction.update(world.small.article.id) { $0.tags = ["bridges"] }
    }
    try await pass(archives)
    let after = try await fields(archives[2], world.everything)
    let edits = world.everything.flatMap { entity in
      (after[entity] ?? Fields()).edits(from: before[entity] ?? Fields()).map { "\(entity.type).\($0.address.field)" }
    }
    #expect(edits.sorted() == ["article.tags", "claim.text", "quote.medium", "speaker.name"])
    try await expectSame(archives[0], archives[2])
  }

  @Test func whatWasDeletedAndRestoredComesBackWhole() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    let before = try await fields(archives[1], world.everything)
    // The interview refers to the quote, so it goes first; nobody in the middle knows more of it than that.
    try await archives[1].write { try $0.delete(world.interview.reference) }
    try await archives[1].write { try $0.delete(world.small.quote.reference, cascading: true) }
    try await pass(archives)
    for archive in archives {
      #expect(try await archive.read { try $0.isDeleted(world.interview.reference) })
      #expect(try await archive.read { try $0.isDeleted(world.small.quote.reference) })
    }
    try await archives[1].write { transaction in
      for entity in [world.small.quote.reference, world.small.stance.reference, world.interview.reference] { try transaction.restore(entity) }
    }
    try await pass(archives)
    for archive in archives { #expect(try await fields(archive, world.everything) == before) }
    try await expectSame(archives[0], archives[2])
  }

  @Test func addedAgainWhereItIsOnlyPartlyKnownItLosesTheRest() async throws {
    // Adding again sets the fields it is added with and no others: what the older version doesn't know is cleared, and the log keeps it.
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    try await archives[1].write { try $0.delete(world.interview.reference) }
    let guest = Speaker.ID(world.guest.bytes)
    try await archives[1].write { try $0.delete(guest.reference) }
    try await archives[1].write { try $0.insert(Speaker(id: guest, name: "A choir", kind: .collective)) }
    try await pass(archives)
    for archive in archives {
      #expect(try await archive.read { try $0.fields(of: guest.reference).names } == ["kind", "name"])
      #expect(try await archive.read { try $0.history(of: guest.reference).contains { $0.new == .string("kwaɪə") } })
    }
    try await expectSame(archives[0], archives[2])
  }

  // MARK: Documents

  @Test(arguments: DocumentFormat.allCases) func itPassesThroughADocumentThatAnOlderVersionWrites(_ format: DocumentFormat) async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await archives[0].write { transaction in
      for entity in [world.small.quote.reference, world.guest.reference, world.small.claim.reference] {
        try transaction.write(UnknownFields.ofOtherKinds.map { ($0, .null) }, to: entity)
      }
    }
    try await pass(archives)
    let document = try await archives[1].document(format)
    let copy = try Archive(creatingAt: folder.file("copy-\(format).dicta"), device: "copy")
    _ = try await copy.importDocument(at: try folder.file("corpus.\(format)", holding: document))
    // Documents have the five types that this version knows, and no others.
    let known = world.everything.filter { $0 != world.interview.reference }
    #expect(try await fields(copy, known) == fields(archives[0], known))
    #expect(await refuses({ try await fields(copy, [world.interview.reference]) }) { if case ArchiveError.noSuchEntity = $0 { true } else { false } })
    #expect(try await copy.document(format) == document)
    // Imported where it is held already, it says nothing new.
    let count = try await archives[1].changeCount
    _ = try await archives[1].importDocument(at: folder.file("corpus.\(format)"))
    #expect(try await archives[1].changeCount == count)
  }

  @Test func aDocumentThatCannotSayEverythingTakesNothingAwayWhereItCameFrom() async throws {
    let archive = try folder.archive()
    let world = try await write(to: archive)
    let before = try await fields(archive, world.everything)
    let document = try folder.file("corpus.json", holding: try await archive.document())
    _ = try await archive.importDocument(at: document)
    let after = try await fields(archive, world.everything)
    withKnownIssue("of a field that has cells of several kinds a document says one kind, and importing it clears the others") {
      #expect(after == before)
    }
  }

  // MARK: Conflicts

  @Test func conflictsInUnknownFieldsSurviveAnOlderVersion() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    let entity = world.guest.reference
    try await archives[0].write { try $0.write([(.field("mood"), .string("glad")), (.key("fr", of: "names"), .string("Le chœur"))], to: entity) }
    try await archives[2].write { try $0.write([(.field("mood"), .integer(3)), (.key("fr", of: "names"), .string("La chorale"))], to: entity) }
    try await pass(archives)
    for archive in archives {
      let conflicts = try await archive.read { try $0.conflicts() }
      #expect(conflicts.compactMap(\.address).sorted() == [.field("mood"), .key("fr", of: "names")])
    }
    // An edit of what the older version knows doesn't end them.
    try await archives[1].write { try $0.update(Speaker.ID(world.guest.bytes)) { $0.name = "A choir" } }
    try await pass(archives)
    for archive in archives { #expect(try await archive.read { try $0.conflicts().count } == 2) }
    // It can end one, even though it doesn't know what it is about.
    try await archives[1].write { transaction in
      let conflict = try transaction.conflicts().first { $0.address == .field("mood") }
      let glad = try #require(conflict?.candidates.first { $0.value == .string("glad") })
      try transaction.resolve(.field("mood"), of: entity, keeping: glad.version)
    }
    try await pass(archives)
    for archive in archives {
      #expect(try await archive.read { try $0.conflicts().compactMap(\.address) } == [.key("fr", of: "names")])
      #expect(try await archive.read { try $0.fields(of: entity)["mood"] } == .string("glad"))
    }
    try await expectSame(archives[0], archives[2])
  }

  @Test func aFormOfAnOlderVersionOverwritesNothingItDidNotShow() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    let guest = Speaker.ID(world.guest.bytes)
    var draft = try await archives[1].read { try $0.draft(guest) }
    draft.value.note = "from the form"
    try await archives[0].write { try $0.update(world.guest) { $0.pronunciation = "ˈkwaɪə" } }
    try await archives[0].sync(with: archives[1])
    let saved = draft
    try await archives[1].write { try $0.save(saved) }
    try await pass(archives)
    let speaker = try await archives[2].read { try $0.require(world.guest) }
    #expect(speaker.pronunciation == "ˈkwaɪə" && speaker.note == "from the form")
    #expect(try await archives[2].read { try $0.conflicts().isEmpty })
  }

  // MARK: Who lives

  @Test func whoeverOnlyAnUnknownTypeRefersToCannotBeDeletedAnywhere() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    for archive in archives {
      #expect(
        await refuses({ try await archive.write { try $0.delete(world.guest.reference) } }) {
          if case ArchiveError.inUse(world.guest.reference, let users) = $0 { users.contains(world.interview.reference) } else { false }
        })
    }
  }

  @Test func whoeverWasDeletedMeanwhileLivesByAnUnknownReference() async throws {
    let archives = try folder.archives(3)
    let speaker = try await archives[1].writeSpeaker("Ada")
    try await pass(archives)
    // The newer one interviews her; the older one, which hasn't heard of it, deletes her.
    let transcript = try ArticleText(Self.transcript)
    let interview = Interview(1, guest: speaker.reference, quotes: [], transcript: transcript.hash)
    try await archives[0].write { try $0.insert(interview.reference, fields: interview.fields, texts: [transcript]) }
    try await archives[1].write { try $0.delete(speaker.reference) }
    try await pass(archives)
    for archive in archives {
      #expect(try await archive.read { try $0.entity(speaker)?.name } == "Ada")
      #expect(try await archive.read { try $0.conflicts().map(\.address) } == [nil])
    }
    // She dies with the interview, everywhere.
    try await archives[2].write { try $0.delete(interview.reference) }
    try await pass([archives[2], archives[1], archives[0]])
    for archive in archives { #expect(try await archive.read { try $0.entity(speaker) } == nil) }
    try await expectSame(archives[0], archives[2])
  }

  @Test func cascadingClearsUnknownReferencesAndNothingElse() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    let gone = world.small.speaker.reference
    let before = try await fields(archives[1], [world.interview.reference])[world.interview.reference] ?? Fields()
    try await archives[1].write { try $0.delete(gone, cascading: true) }
    try await pass(archives)
    let after = try await fields(archives[2], [world.interview.reference])[world.interview.reference] ?? Fields()
    var expected = before
    for cell in before.cells {
      if case .element(let element) = cell.address.place {
        if element.value.refers(to: gone) { expected[cell.address] = nil }
      } else if cell.value.refers(to: gone) {
        #expect(after[cell.address]?.refers(to: gone) != true, "\(cell.address)")
        expected[cell.address] = after[cell.address]
      }
    }
    #expect(after == expected)
    #expect(try await archives[2].read { try $0.isDeleted(gone) })
    try await expectSame(archives[0], archives[2])
  }

  // MARK: What is said of it

  @Test func whatIsKeptAsideIsCountedAndListedUntilItIsGone() async throws {
    let archives = try folder.archives(3)
    let world = try await write(to: archives[0])
    try await pass(archives)
    // The quote, the claim, the choir and the interview; the agent and the rest are known through and through.
    let strange = [world.small.quote.reference, world.small.claim.reference, world.guest.reference, world.interview.reference]
    for archive in archives {
      #expect(try await archive.read { try $0.status().aside } == strange.count)
      let aside = try await archive.check().filter { $0.code == "aside" }
      #expect(Set(aside.map(\.place)) == Set(strange.map(\.description)) && aside.reduce(0) { $0 + $1.count } == strange.count)
    }
    try await archives[0].write { transaction in
      try transaction.delete(world.interview.reference)
      for entity in [world.small.quote.reference, world.guest.reference] {
        let known = EntityType(entity.type).map { $0 == .quote ? Set(["kind", "articleID", "segments", "sources"]) : ["name", "kind"] } ?? []
        let strange = try transaction.fields(of: entity).cells.filter { !known.contains($0.address.field.string) }
        try transaction.write(strange.map { ($0.address, .null) }, to: entity)
      }
      try transaction.update(Speaker.ID(world.guest.bytes)) { $0.kind = .collective }
    }
    try await pass(archives)
    let counts = try await [archives[0].read { try $0.status().aside }, archives[2].read { try $0.status().aside }]
    #expect(counts[0] == counts[1])
    let aside = try await archives[1].check().filter { $0.code == "aside" }
    #expect(aside.reduce(0) { $0 + $1.count } == counts[0])
    // What is left: values of an unexpected shape in the claim, and cells that only hold null now.
    #expect(aside.contains { $0.place == world.small.claim.reference.description })
  }

  // MARK: By chance

  @Test func anythingPassesWhateverHappensOnTheWay() async throws {
    for seed in UInt64(1)...12 {
      var random = SeededRandom(seed: seed)
      let folder = TemporaryFolder()
      let archives = try folder.archives(3)
      let world = try await write(to: archives[0])
      try await pass(archives)
      for _ in 0..<12 {
        let newer = random.pick([archives[0], archives[2]])
        let entity = random.pick(world.everything)
        let edits = [(CellAddress.field(random.pick(["mood", "context", "gaze"])), randomValue(&random, world, depth: 0))]
        if try await newer.read({ try !$0.isDeleted(entity) }) { try await newer.write { try $0.write(edits, to: entity) } }
        let note = "note \(random.next() % 4)"
        switch random.next() % 5 {
        case 0: try await archives[1].write { try $0.update(Speaker.ID(world.guest.bytes)) { $0.note = note } }
        case 1: try await archives[1].write { try $0.update(world.small.claim.id) { $0.tags = [ExactString(note)] } }
        case 2: try await archives[0].sync(with: archives[1])
        case 3: try await archives[2].sync(with: archives[1])
        default:
          let document = try folder.file("document", holding: try await archives[1].document())
          _ = try await archives[1].importDocument(at: document)
        }
      }
      try await pass(archives)
      let written = try await fields(archives[0], world.everything)
      #expect(try await fields(archives[2], world.everything) == written, "seed \(seed)")
      try await expectSame(archives[0], archives[2], "seed \(seed)")
    }
  }

  private func randomValue(_ random: inout SeededRandom, _ world: World, depth: Int) -> Value {
    switch random.next() % (depth > 3 ? 7 : 9) {
    case 0: .null
    case 1: .bool(random.happens(percent: 50))
    case 2: .integer(Int64(bitPattern: random.next()))
    case 3: .string(random.pick(["", "é", "e\u{301}", "words", "\u{0}"]))
    case 4: .bytes((0..<random.next() % 5).map { UInt8($0) })
    case 5: .reference(random.pick([world.small.speaker.reference, world.agent.reference, world.small.claim.reference]))
    case 6: .text(world.interview.transcript)
    case 7: .list((0..<random.next() % 3).map { _ in randomValue(&random, world, depth: depth + 1) })
    default: .record(Record(["a": randomValue(&random, world, depth: depth + 1), "b": randomValue(&random, world, depth: depth + 1)]))
    }
  }
}

extension Value {
  fileprivate func refers(to target: Reference) -> Bool {
    var found = false
    forEachReference { found = found || $0 == target }
    return found
  }
}
