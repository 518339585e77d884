import DictaModels
import DictaSync
import Synchronization
import Testing

@testable import DictaStorage

@Suite struct InsertTests {
  let folder = TemporaryFolder()

  @Test func anEntityThatLivesCannotBeInsertedAgain() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let before = try await archive.fingerprint()
    let isRefused = await refuses({ try await archive.write { try $0.insert(Claim(id: id, text: "two")) } }) {
      if case ArchiveError.exists(id.reference) = $0 { true } else { false }
    }
    #expect(isRefused)
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aTransactionThatThrowsLeavesNoTrace() async throws {
    struct Interruption: Error {}
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    await #expect(throws: Interruption.self) {
      try await archive.write { transaction in
        _ = try SmallCorpus(in: transaction, url: "https://example.org/other")
        try transaction.insert("thing/1", ["newName": .string("a name that no row had")])
        throw Interruption()
      }
    }
    #expect(try await archive.fingerprint() == before)
    #expect(try await archive.check() == [])
    // What the transaction had in memory isn't taken for what is there.
    _ = try await archive.writeClaim("afterwards")
    #expect(try await archive.check() == [])
  }

  @Test func whatIsInsertedAndDeletedInOneTransactionLeavesNothing() async throws {
    let archive = try folder.archive()
    let before = try await archive.fingerprint()
    try await archive.write { transaction in
      let claim = Claim(id: transaction.newID(), text: "never mind")
      try transaction.insert(claim)
      try transaction.delete(claim.reference)
    }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func whatIsInsertedAndDeletedBesideSomethingElseIsInNoChange() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction in
      let corpus = try SmallCorpus(in: transaction)
      try transaction.delete(corpus.article.reference, cascading: true)
    }
    let groups = try await archive.bodies.flatMap(\.groups)
    #expect(Set(groups.map(\.entity.type)) == ["speaker", "claim"])
    #expect(try await archive.textCount == 0)
    #expect(try await archive.check() == [])
    #expect(try await archive.read { try $0.status().aside } == 0)
    let other = try folder.archive("other.dicta")
    try await archive.sync(with: other)
    #expect(try await other.digest == archive.digest)
  }

  @Test func idsOfOneTransactionAscend() async throws {
    let archive = try folder.archive()
    let ids = try await archive.write { transaction in (0..<10_000).map { _ in transaction.newID(Claim.self) } }
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func idsOfOneArchiveAscendThoughItsClockIsSetBack() async throws {
    let times = Mutex<[UInt64]>([1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000, 1_700_000_000_000])
    let system = Surroundings.system
    let surroundings = Surroundings(now: { times.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }, random: system.random)
    let archive = try Archive(creatingAt: folder.file("corpus.dicta"), surroundings: surroundings)
    var ids: [Claim.ID] = []
    for number in 0..<20 { ids.append(try await archive.writeClaim("\(number)")) }
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func idsOfOneMillisecondDifferBetweenReplicas() async throws {
    let first = try folder.archive("1.dicta", at: 1_700_000_000_000, seed: 1)
    let second = try folder.archive("2.dicta", at: 1_700_000_000_000, seed: 2)
    var ids: Set<Claim.ID> = []
    for archive in [first, second] { ids.formUnion(try await archive.write { transaction in (0..<1_000).map { _ in transaction.newID() } }) }
    #expect(ids.count == 2_000)
  }

  @Test func theSameArticleAddedTwiceIsOneArticle() async throws {
    let archives = try folder.archives(2)
    for archive in archives {
      try await archive.write { try $0.insert(Article(url: "HTTPS://Example.org:443/a#b", title: "A", text: try ArticleText("Words"))) }
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.list(Article.self).count } == 1)
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.textCount == 1)
      #expect(try await archive.check() == [])
    }
  }

  // MARK: References

  @Test func aReferenceToNothingIsRefused() async throws {
    let archive = try folder.archive()
    let before = try await archive.fingerprint()
    let isRefused = await refuses({
      try await archive.write { transaction in
        var claim = Claim(id: transaction.newID(), text: "not so")
        claim.negationOf = transaction.newID()
        try transaction.insert(claim)
      }
    }) { if case ArchiveError.danglingReference(_, let target) = $0 { target.type == "claim" } else { false } }
    #expect(isRefused)
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aReferenceToWhatWasDeletedIsRefused() async throws {
    let archive = try folder.archive()
    let gone = try await archive.writeClaim("gone")
    let there = try await archive.writeClaim("there")
    try await archive.write { _ = try $0.delete(gone.reference) }
    let before = try await archive.fingerprint()
    let isRefused = await refuses({ try await archive.write { try $0.update(there) { $0.negationOf = gone } } }) {
      if case ArchiveError.danglingReference(there.reference, gone.reference) = $0 { true } else { false }
    }
    #expect(isRefused)
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aReferenceToWhatIsRestoredInTheSameTransactionIsTaken() async throws {
    let archive = try folder.archive()
    let gone = try await archive.writeClaim("gone")
    let there = try await archive.writeClaim("there")
    try await archive.write { _ = try $0.delete(gone.reference) }
    try await archive.write { transaction in
      try transaction.update(there) { $0.negationOf = gone }
      try transaction.restore(gone.reference)
    }
    #expect(try await archive.read { try $0.require(there).negationOf } == gone)
    #expect(try await archive.read { try $0.conflicts().count } == 0)
  }

  @Test func aReferenceMayPointForwardsInATransaction() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction in
      let (first, second) = (transaction.newID(Claim.self), transaction.newID(Claim.self))
      var claim = Claim(id: first, text: "not so")
      claim.negationOf = second
      try transaction.insert(claim)
      try transaction.insert(Claim(id: second, text: "so"))
    }
    #expect(try await archive.check() == [])
  }

  @Test func aReferenceInASetOrAnUnknownFieldIsProvedToo() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("there")
    for address in [CellAddress.element(.reference(.claim(9)), of: "seeAlso"), .field("basedOn"), .key("x", of: "links")] {
      let value: Value = if case .element = address.place { .bool(true) } else { .list([.record(Record(["a": .reference(.claim(9))]))]) }
      let isRefused = await refuses({ try await archive.write { try $0.write([(address, value)], to: id.reference) } }) {
        if case ArchiveError.danglingReference(id.reference, .claim(9)) = $0 { true } else { false }
      }
      #expect(isRefused, "\(address)")
    }
  }

  // MARK: Anchors and limits

  @Test func anAnchorThatIsNoPlaceInItsTextIsRefused() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let hash = corpus.article.text.hash
    let before = try await archive.fingerprint()
    let length = corpus.article.text.utf8Count
    // “ takes three bytes.
    for (start, end) in [(1, 4), (3, 3), (3, 1), (-1, 3), (0, length + 1), (0, 2)] {
      let anchor = Anchor(textHash: hash, start: start, end: end)
      for change in [\Quote.segments[0].anchor, \Quote.sources[0].mention!] {
        let isRefused = await refuses({
          try await archive.write { transaction in try transaction.update(corpus.quote.id) { $0[keyPath: change] = anchor } }
        }) {
          if case ArchiveError.badAnchor(corpus.quote.reference, _) = $0 { true } else { false }
        }
        #expect(isRefused, "\(start)..<\(end)")
      }
      let isRefused = await refuses({ try await archive.write { try $0.update(corpus.quote.id) { $0.cue = anchor } } }) {
        if case ArchiveError.badAnchor(corpus.quote.reference, _) = $0 { true } else { false }
      }
      #expect(isRefused, "\(start)..<\(end)")
    }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func anAnchorOfAPlacementIsCheckedLikeAnyOther() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let hash = corpus.article.text.hash
    let isRefused = await refuses({
      try await archive.write { transaction in
        try transaction.update(corpus.quote.id) { quote in
          let segments = [Quote.Segment(Anchor(textHash: hash, start: 1, end: 4))]
          quote.placements[ExactString(hash.description)] = Quote.Placing(placement: .moved, score: 1, segments: segments)
        }
      }
    }) { if case ArchiveError.badAnchor(corpus.quote.reference, _) = $0 { true } else { false } }
    #expect(isRefused)
  }

  @Test func anAnchorInATextThatIsNotHereIsRefused() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let other = try ArticleText("Other words")
    let isRefused = await refuses({
      try await archive.write { try $0.update(corpus.quote.id) { $0.cue = Anchor(textHash: other.hash, start: 0, end: 5) } }
    }) { if case ArchiveError.missingText(corpus.quote.reference, other.hash) = $0 { true } else { false } }
    #expect(isRefused)
  }

  @Test func whatNoReaderWouldTakeIsRefused() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("there")
    let before = try await archive.fingerprint()
    let long = String(repeating: "x", count: Value.byteLimit)
    let name = ExactString(String(repeating: "n", count: 1_025))
    var deep = Value.bool(true)
    for _ in 0...Value.depthLimit { deep = .list([deep]) }
    let edits: [(CellAddress, Value)] = [
      (.field("note"), .string(long)), (.element(.string(long), of: "tags"), .bool(true)), (.key("k", of: "externalIDs"), .string(long)),
      (.field(name), .bool(true)), (.key(name, of: "externalIDs"), .string("v")), (.field("deep"), deep),
      (.field("wide"), .record(Record([name: .bool(true)]))), (.element(deep, of: "deepSet"), .bool(true)),
      (.element(.record(Record([name: .bool(true)])), of: "wideSet"), .bool(true)),
      (.field("manyBytes"), .bytes([UInt8](repeating: 0, count: Value.byteLimit))),
    ]
    for (address, value) in edits {
      let isRefused = await refuses({ try await archive.write { try $0.write([(address, value)], to: id.reference) } }) {
        if case ArchiveError.tooLarge(id.reference, _, _) = $0 { true } else { false }
      }
      #expect(isRefused, "\(address.field.string.prefix(20))")
    }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aTypeWhoseNameNoReaderWouldTakeIsRefused() async throws {
    let archive = try folder.archive()
    let entity = Reference.of(ExactString(String(repeating: "t", count: 1_025)), 1)
    let isRefused = await refuses({ try await archive.write { try $0.insert(entity, fields: Fields()) } }) {
      if case ArchiveError.tooLarge = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func theLargestValuesAreTaken() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("there")
    // A tag and a length of three bytes come before the words.
    let long = String(repeating: "x", count: Value.byteLimit - 4)
    let name = ExactString(String(repeating: "n", count: 1_024))
    try await archive.write { try $0.write([(.field("note"), .string(long)), (.key(name, of: "externalIDs"), .string(long))], to: id.reference) }
    let other = try folder.archive("other.dicta")
    try await archive.sync(with: other)
    #expect(try await other.read { try $0.require(id).externalIDs[name]?.utf8.count } == long.utf8.count)
    #expect(try await other.check() == [])
  }

  @Test func anErrorThatIsCaughtLeavesNothingOfItsEntity() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("there")
    try await archive.write { transaction in
      var fields = Fields()
      fields["context"] = .string("this one is all right")
      fields["text"] = .string(String(repeating: "x", count: Value.byteLimit))
      #expect(throws: ArchiveError.self) { try transaction.insert(.claim(1), fields: fields) }
      let edits: [(CellAddress, Value)] = [(.field("context"), .string("and this")), (.field("text"), fields["text"]!)]
      #expect(throws: ArchiveError.self) { try transaction.write(edits, to: id.reference) }
      try transaction.insert(Claim(id: transaction.newID(), text: "another"))
    }
    #expect(try await archive.check() == [])
    let other = try folder.archive("other.dicta")
    try await archive.sync(with: other)
    #expect(try await other.digest == archive.digest)
    #expect(try await other.read { try $0.list(Claim.self).map(\.text) } == ["there", "another"])
  }

  // MARK: Strings are bytes

  @Test func twoNormalisationsOfAWordAreTwoWords() async throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      var speaker = Speaker(id: transaction.newID(), name: composed, kind: .person)
      speaker.aliases = [ExactString(composed), ExactString(decomposed)]
      speaker.externalIDs = [ExactString(composed): "1", ExactString(decomposed): "2"]
      try transaction.insert(speaker)
      return speaker.id
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      let speaker = try await archive.read { try $0.require(id) }
      #expect(Set(speaker.aliases.map { Array($0.string.utf8) }) == [Array(composed.utf8), Array(decomposed.utf8)])
      #expect(speaker.externalIDs.count == 2 && speaker.externalIDs[ExactString(decomposed)] == "2")
    }
    try await archives[0].write { try $0.update(id) { $0.name = decomposed } }
    #expect(try await archives[0].read { Array(try $0.require(id).name.utf8) } == Array(decomposed.utf8))
    // Written over each other's heads they are in conflict, though Swift calls them equal.
    try await archives[1].write { try $0.update(id) { $0.name = "caf\u{E9}s" } }
    try await archives[1].write { try $0.update(id) { $0.name = composed } }
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].read { try $0.conflicts().map(\.address) } == [.field("name")])
  }
}

extension WriteTransaction {
  /// Adds an entity of a type that this version doesn't know.
  fileprivate func insert(_ name: String, _ members: KeyValuePairs<ExactString, Value>) throws {
    var fields = Fields()
    for (name, value) in members { fields[name] = value }
    try insert(.of(ExactString(String(name.prefix { $0 != "/" })), 1), fields: fields)
  }
}
