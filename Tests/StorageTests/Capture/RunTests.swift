import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

/// Transactions larger than one change may be.
@Suite struct RunTests {
  let folder = TemporaryFolder()

  /// Long enough for some eight claims to fill a change.
  static let longWords = String(repeating: "w", count: 60_000)

  @Test func aTransactionOfAHundredThousandOpsIsOneRun() async throws {
    let archives = try folder.archives(2)
    let first = try await archives[0].write(note: "all of it") { transaction in
      var first: Claim.ID?
      for number in 0..<10_000 {
        var fields = Fields()
        fields["text"] = .string("claim \(number)")
        for key in 1..<10 { fields[.key(ExactString("\(key)"), of: "externalIDs")] = .string("\(number)") }
        let id = transaction.newID(Claim.self)
        first = first ?? id
        try transaction.insert(id.reference, fields: fields)
      }
      return first
    }
    let bodies = try await archives[0].bodies
    #expect(bodies.count > 2)
    #expect(bodies.flatMap(\.groups).flatMap(\.ops).count == 100_000)
    #expect(bodies.allSatisfy { $0.bytes.count <= Body.byteLimit })
    #expect(try await archives[0].continuations == Array(repeating: true, count: bodies.count - 1) + [false])
    let report = try await archives[0].sync(with: archives[1])
    #expect(report.sent == bodies.count && report.isEqual)
    #expect(try await archives[1].digest == archives[0].digest)
    #expect(try await archives[1].read { try $0.status().counts[.claim] } == 10_000)
    #expect(try await archives[1].read { try $0.status().aside } == 0)
    let id = try #require(first)
    let entry = try #require(try await archives[1].read { try $0.history(of: id.reference).first })
    #expect(entry.action == .create && entry.note == "all of it")
  }

  @Test func whatIsTakenBackFillsNoChange() async throws {
    let archives = try folder.archives(2)
    let ids = try await archives[0].write { transaction in
      try (0..<12).map { number in
        let claim = Claim(id: transaction.newID(), text: "claim \(number)")
        try transaction.insert(claim)
        return claim.id
      }
    }
    let count = try await archives[0].changeCount
    try await archives[0].write { transaction in
      for id in ids {
        try transaction.update(id) { $0.context = Self.longWords }
        try transaction.update(id) { $0.context = nil }
      }
      try transaction.update(ids[0]) { $0.text = "kept" }
    }
    #expect(try await archives[0].changeCount == count + 1)
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
    #expect(try await archives[1].read { try $0.require(ids[0]).text } == "kept")
  }

  @Test func manySmallEditsFillAChangeNoFurtherThanItMayBe() async throws {
    let archives = try folder.archives(2)
    let ids = try await archives[0].write { transaction in
      try (0..<20_000).map { _ in
        var fields = Fields()
        fields["n"] = .bool(true)
        let id = transaction.newID(Claim.self)
        try transaction.insert(id.reference, fields: fields)
        return id
      }
    }
    try await archives[0].write { transaction in for id in ids { try transaction.write([(.field("n"), .null)], to: id.reference) } }
    // Far from the limit, for what is amended later has to fit too.
    for body in try await archives[0].bodies { #expect(body.bytes.count <= Body.byteLimit * 2 / 3) }
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].digest == archives[0].digest)
  }

  @Test func anEntityLargerThanAChangeIsSpreadOverSeveral() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      var claim = Claim(id: transaction.newID(), text: "large")
      for number in 0..<30 { claim.externalIDs[ExactString("\(number)")] = Self.longWords }
      try transaction.insert(claim)
      return claim.id
    }
    let groups = try await archives[0].bodies.flatMap(\.groups)
    #expect(groups.count > 2 && groups.map(\.action) == [.create] + Array(repeating: .edit, count: groups.count - 1))
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].read { try $0.require(id).externalIDs.count } == 30)
    #expect(try await archives[1].digest == archives[0].digest)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func aCellThatIsSetOnBothSidesOfASealIsSetOnceInTheRun() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("before")
    try await archives[0].write { transaction in
      try transaction.update(id) { claim in
        claim.text = "first"
        claim.tags = ["kept", "dropped"]
        claim.externalIDs = ["a": "1"]
      }
      try fill(transaction)
      try transaction.update(id) { claim in
        claim.text = "second"
        claim.context = "set only now"
        claim.tags = ["kept", "added"]
        claim.externalIDs = ["a": "2"]
      }
      try fill(transaction)
      try transaction.update(id) { $0.text = "third" }
    }
    let ops = try await archives[0].bodies.dropFirst().flatMap(\.groups).filter { $0.entity == id.reference }.flatMap(\.ops)
    #expect(Set(ops.map(\.address)).count == ops.count)
    #expect(ops.first { $0.address == .field("text") } == Op(.field("text"), .string("third"), overwrites: [VersionName(line: 0, sequence: 1)]))
    try await expectEqual(archives)
    let claim = try await archives[1].read { try $0.require(id) }
    #expect(claim.text == "third" && claim.tags == ["added", "kept"] && claim.context == "set only now" && claim.externalIDs == ["a": "2"])
  }

  @Test func manyCellsThatAreSetAgainAfterASealFitInTheRun() async throws {
    let archives = try folder.archives(2)
    let ids = try await archives[0].write { transaction in
      let ids = try (0..<3_000).map { number in
        let claim = Claim(id: transaction.newID(), text: "claim \(number)")
        try transaction.insert(claim)
        return claim.id
      }
      try fill(transaction)
      for id in ids { try transaction.update(id) { $0.text += String(repeating: " and more", count: 10) } }
      return ids
    }
    try await expectEqual(archives)
    #expect(try await archives[1].read { try $0.require(ids[2_999]).text.utf8.count } == 10 + 90)
    for body in try await archives[0].bodies { #expect(body.bytes.count <= Body.byteLimit) }
  }

  @Test func whatIsWrittenBackAfterASealIsStillOneSetting() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("before")
    try await archives[0].write { transaction in
      try transaction.update(id) { $0.text = "changed" }
      try fill(transaction)
      try transaction.update(id) { $0.text = "before" }
    }
    try await expectEqual(archives)
    #expect(try await archives[1].read { try $0.require(id).text } == "before")
  }

  @Test func whatIsUpdatedBeforeASealAndDeletedAfterItIsDeleted() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("before")
    try await archives[0].write { transaction in
      try transaction.update(id) { $0.text = "changed" }
      try fill(transaction)
      try transaction.delete(id.reference)
    }
    try await expectEqual(archives)
    for archive in archives { #expect(try await archive.read { try $0.isDeleted(id.reference) }) }
  }

  @Test func whatIsChangedAndDeletedAfterASealIsInTheLogAsInItsRow() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      let claim = Claim(id: transaction.newID(), text: "before")
      try transaction.insert(claim)
      try fill(transaction)
      try transaction.update(claim.id) { $0.text = "changed" }
      try transaction.delete(claim.reference)
      return claim.id
    }
    try await expectEqual(archives)
    for archive in archives { #expect(try await archive.read { try $0.isDeleted(id.reference) }) }
    try await archives[0].write { try $0.restore(id.reference) }
    #expect(try await archives[0].read { try $0.entity(id)?.text } == "changed")
    try await expectEqual(archives)
  }

  @Test func whatIsInsertedBeforeASealAndDeletedAfterItIsDeleted() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      let claim = Claim(id: transaction.newID(), text: "short-lived")
      try transaction.insert(claim)
      try fill(transaction)
      try transaction.delete(claim.reference)
      return claim.id
    }
    try await expectEqual(archives)
    for archive in archives { #expect(try await archive.read { try $0.entity(id) == nil }) }
  }

  @Test func lifeAndDeathAcrossSealsIsTheLastWord() async throws {
    for ends in ["deleted", "restored", "inserted", "updated"] {
      let folder = TemporaryFolder()
      let archives = try folder.archives(2)
      let id = try await archives[0].writeClaim("before")
      try await archives[0].write { transaction in
        try transaction.update(id) { $0.text = "first" }
        try fill(transaction)
        try transaction.delete(id.reference)
        try fill(transaction)
        if ends == "inserted" { try transaction.insert(Claim(id: id, text: "again")) } else { try transaction.restore(id.reference) }
        try fill(transaction)
        if ends == "deleted" { try transaction.delete(id.reference) }
        if ends == "updated" { try transaction.update(id) { $0.text = "second" } }
      }
      try await expectEqual(archives)
      let expected = ["deleted": nil, "restored": "first", "inserted": "again", "updated": "second"] as [String: String?]
      for archive in archives { #expect(try await archive.read { try $0.entity(id)?.text } == expected[ends]!, "\(ends)") }
      #expect(try await archives[1].read { try $0.conflicts().count } == 0)
    }
  }

  @Test func aConflictWithSealedChangesShowsTheSameEverywhere() async throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      let folder = TemporaryFolder()
      let archives = [try folder.archive("a.dicta", at: 10, seed: seed), try folder.archive("b.dicta", at: 10, seed: seed + 100)]
      let id = try await archives[0].writeClaim("before")
      try await archives[0].sync(with: archives[1])
      var draft = try await archives[0].read { try $0.draft(id) }
      draft.value.text = "from the form"
      let saved = draft
      try await archives[1].write { try $0.update(id) { $0.text = "theirs" } }
      try await archives[0].sync(with: archives[1])
      try await archives[0].write { transaction in
        try transaction.save(saved)
        try fill(transaction)
        try transaction.update(id) { $0.context = "beside it" }
      }
      try await expectEqual(archives)
      #expect(try await archives[0].read { try $0.conflicts().count } == 1)
      #expect(try await archives[0].read { try $0.require(id).text } == archives[1].read { try $0.require(id).text }, "seed \(seed)")
    }
  }

  // MARK: Dependencies

  @Test func aChangeDependsOnNoMoreThanAHeaderHoldsAndTheNextOneOnTheRest() async throws {
    var surroundings = Surroundings.system
    surroundings.dependencyLimit = 2
    let corpus = CorpusID(random: .system)
    let archive = try Archive(creatingAt: folder.file("own"), corpus: corpus, device: "own", surroundings: surroundings)
    let peers = try (0..<5).map { try Archive(creatingAt: folder.file("peer \($0)"), corpus: corpus, device: "peer \($0)") }
    let id = try await peers[0].writeClaim("of the first")
    var ids = [id]
    for peer in peers.dropFirst() { ids.append(try await peer.writeClaim("of another")) }
    for peer in peers { try await archive.sync(with: peer) }
    // What is overwritten is named, whether the change depends on it or not.
    for (number, id) in ids.enumerated() { try await archive.write { try $0.update(id) { $0.text = "edited \(number)" } } }
    let counts = try await archive.read { transaction in
      let own = try #require(transaction.currentInfo.branch)
      return try (1...5 as ClosedRange<UInt64>).map {
        try transaction.log.envelope(transaction.branches.version(on: own, at: $0)).dependencies.count
      }
    }
    #expect(counts == [2, 2, 1, 0, 0])
    for peer in peers { try await archive.sync(with: peer) }
    for peer in peers { try await archive.sync(with: peer) }
    #expect(try await archive.check() == [])
    for peer in peers {
      #expect(try await peer.digest == archive.digest)
      #expect(try await peer.read { try $0.conflicts().count } == 0)
      #expect(try await peer.check() == [])
    }
  }

  // MARK: Texts

  @Test func textsNamedAcrossSealsArriveWhereverTheDeliveriesAreCut() async throws {
    let archives = try folder.archives(2)
    let texts = try (0..<4).map { try ArticleText("Text \($0)") }
    let article = Article(url: "https://example.org/a", text: texts[0])
    try await archives[0].write { transaction in
      try transaction.insert(article)
      try fill(transaction)
      // Named first by a later change, then by the one that was sealed.
      try transaction.insert(Article(url: "https://example.org/b", text: texts[1]))
      try fill(transaction)
      try transaction.update(article.id) { $0.text = texts[2] }
      try transaction.update(article.id) { $0.text = texts[1] }
      try transaction.insert(Article(url: "https://example.org/c", text: texts[3]))
    }
    for delivery in try await archives[0].deliveries(byteLimit: 1) { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].digest == archives[0].digest)
    // Texts that nothing names in the end are nowhere.
    for archive in archives { #expect(try await archive.textCount == 2) }
    // One of them is named only now, and travels now.
    try await archives[0].write { try $0.update(article.id) { $0.text = texts[0] } }
    try await expectEqual(archives)
    #expect(try await archives[1].read { try $0.require(article.id).text } == texts[0])
  }

  // MARK: Partial runs

  @Test(arguments: 1...40 as ClosedRange<UInt64>) func whateverIsDoneToWhatATransactionCreatesItsNetEffectIsWritten(seed: UInt64) async throws {
    var surroundings = Surroundings.frozen(at: 1_700_000_000_000, seed: seed)
    // With every other seed the transaction becomes a run of several changes.
    if seed % 2 == 0 { surroundings.changeByteGoal = 600 }
    let archive = try Archive(creatingAt: folder.file("net-\(seed).dicta"), device: "Ferry desk", surroundings: surroundings)
    let earlier = try await archive.writeClaim("written before")
    let expected = try await archive.write { transaction in
      var random = SeededRandom(seed: seed)
      var claims = [earlier: try #require(try transaction.entity(earlier))]
      var deleted: Set<Claim.ID> = []
      for step in 0..<60 {
        let known = claims.keys.sorted { $0.bytes < $1.bytes }
        switch random.next() % 8 {
        case 0, 1, 2, 3:
          var claim = Claim(id: transaction.newID(), text: "claim \(step)")
          claim.tags = ["made", ExactString("step \(step)")]
          try transaction.insert(claim)
          claims[claim.id] = claim
        case 4, 5:
          guard !known.isEmpty else { continue }
          let id = random.pick(known)
          claims[id] = try transaction.update(id) { claim in
            claim.note = random.happens(percent: 30) ? nil : "note \(step)"
            claim.tags.remove("made")
          }
        case 6:
          guard !known.isEmpty else { continue }
          let id = random.pick(known)
          try transaction.delete(id.reference)
          claims[id] = nil
          deleted.insert(id)
        default:
          guard let id = deleted.min(by: { $0.bytes < $1.bytes }) else { continue }
          let claim = Claim(id: id, text: "again \(step)")
          try transaction.insert(claim)
          deleted.remove(id)
          claims[id] = claim
        }
      }
      return claims
    }
    let written = try await archive.read { try $0.list(Claim.self) }
    #expect(Dictionary(uniqueKeysWithValues: written.map { ($0.id, $0) }) == expected, "seed \(seed)")
    #expect(try await archive.check() == [], "seed \(seed)")
    let other = try folder.archive("other-\(seed).dicta")
    try await archive.sync(with: other)
    #expect(try await other.digest == archive.digest, "seed \(seed)")
    let groups = try await archive.bodies.dropFirst().flatMap(\.groups)
    let entities = Set(groups.map(\.entity))
    if seed % 2 == 1 { #expect(entities.count == groups.count, "seed \(seed)") }
  }

  @Test func aPartialRunIsHeldAndRelayedButNotApplied() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("before")
    for archive in archives[1...] { try await archives[0].sync(with: archive) }
    let before = try await archives[1].digest
    try await archives[0].write { transaction in
      try transaction.update(id) { $0.text = "after" }
      for _ in 0..<6 { try fill(transaction) }
    }
    let deliveries = try await archives[0].deliveries(for: archives[1].heads(), byteLimit: 1)
    let heldCount = deliveries.dropLast().reduce(0) { $0 + $1.changeCount }
    #expect(deliveries.count > 3 && heldCount > 3)
    for delivery in deliveries.dropLast() { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].digest == before)
    #expect(try await archives[1].read { try $0.require(id).text } == "before")
    #expect(try await archives[1].read { try $0.status().aside } == heldCount)
    #expect(try await archives[1].read { try $0.history(of: id.reference).count } == 2)
    #expect(try await archives[1].check().map(\.code) == ["aside"])
    #expect(try await archives[1].check().map(\.count) == [heldCount])

    // Nothing depends on it, and what comes later doesn't wait for it.
    try await archives[1].write { try $0.update(id) { $0.context = "meanwhile" } }
    #expect(try await archives[1].read { try $0.require(id).context } == "meanwhile")

    // It is handed on as far as it is held.
    try await archives[1].sync(with: archives[2])
    #expect(try await archives[2].read { try $0.status().aside } == heldCount)
    #expect(try await archives[2].read { try $0.require(id).text } == "before")
    #expect(try await archives[2].read { try $0.require(id).context } == "meanwhile")
    #expect(try await archives[2].digest == archives[1].digest)

    // And complete once the rest is there, from whomever.
    _ = try await archives[2].receive(deliveries.last!, from: "1")
    #expect(try await archives[2].read { try $0.status().aside } == 0)
    #expect(try await archives[2].read { try $0.require(id).text } == "after")
    try await archives[2].sync(with: archives[1])
    try await archives[1].sync(with: archives[0])
    for archive in archives {
      #expect(try await archive.digest == archives[0].digest)
      #expect(try await archive.check() == [])
    }
  }

  @Test func nothingMayRestOnAPartialRun() async throws {
    let archives = try folder.archives(2)
    try await archives[0].write { transaction in for _ in 0..<2 { try fill(transaction) } }
    let first = try #require(try await archives[0].deliveries(byteLimit: 1).first)
    _ = try await archives[1].receive(first, from: "1")
    let head = try #require(try await archives[1].heads().first)
    let before = try await archives[1].fingerprint()
    var forger = Forger(try await archives[1].corpus().id)
    let delivery = try forger.delivery(Group(entity: .claim(1), action: .create), dependencies: [head])
    await #expect(throws: RefusedDelivery(sender: "forger", origin: forger.origin, sequence: 1, reason: .missingCause(head))) {
      try await archives[1].receive(delivery, from: "forger")
    }
    #expect(try await archives[1].fingerprint() == before)
  }

  @Test func whatAWriterWritesAfterItsOwnRunFollowsIt() async throws {
    let archives = try folder.archives(2)
    try await archives[0].write { transaction in for _ in 0..<2 { try fill(transaction) } }
    let id = try await archives[0].writeClaim("afterwards")
    for delivery in try await archives[0].deliveries(byteLimit: 1) { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].read { try $0.require(id).text } == "afterwards")
    #expect(try await archives[1].digest == archives[0].digest)
  }

  private func expectEqual(_ archives: [Archive], sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].digest == archives[0].digest, sourceLocation: sourceLocation)
    #expect(try await archives[1].document() == archives[0].document(), sourceLocation: sourceLocation)
    for archive in archives { #expect(try await archive.check() == [], sourceLocation: sourceLocation) }
  }
}

/// Writes more than fits in a change, so that it is sealed.
private func fill(_ transaction: WriteTransaction) throws {
  for number in 0..<9 { try transaction.insert(Claim(id: transaction.newID(), text: "\(number)" + RunTests.longWords)) }
}

extension Archive {
  /// Whether each change in the log is continued by the next one.
  fileprivate var continuations: [Bool] {
    get async throws {
      try await read { try $0.db.all("SELECT envelope FROM log ORDER BY position") { try Header.Envelope(bytes: $0.blob(0)).isContinued } }
    }
  }
}
