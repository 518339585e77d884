import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct UpdateTests {
  let folder = TemporaryFolder()

  @Test func anUpdateWritesOnlyWhatChanged() async throws {
    let archive = try folder.archive()
    let id = try await archive.write { transaction in
      var claim = Claim(id: transaction.newID(), text: "one")
      claim.context = "about numbers"
      claim.tags = ["a", "b"]
      claim.externalIDs = ["k": "1", "l": "2"]
      try transaction.insert(claim)
      return claim.id
    }
    try await archive.write { transaction in
      try transaction.update(id) { claim in
        claim.text = "two"
        claim.tags = ["b", "c"]
        claim.externalIDs["l"] = "3"
      }
    }
    let group = try #require(try await archive.bodies.last?.groups.first)
    #expect(group.action == .edit && group.entity == id.reference)
    #expect(
      group.ops == [
        Op(.key("l", of: "externalIDs"), .string("3"), overwrites: [VersionName(line: 0, sequence: 1)]),
        Op(.element(.string("a"), of: "tags"), .null, overwrites: [VersionName(line: 0, sequence: 1)]),
        Op(.element(.string("c"), of: "tags"), .bool(true)),
        Op(.field("text"), .string("two"), overwrites: [VersionName(line: 0, sequence: 1)]),
      ])
  }

  @Test func anUpdateThatChangesNothingWritesNothing() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    try await archive.write { transaction in
      try transaction.update(corpus.article.id) { _ in }
      try transaction.update(corpus.claim.id) { $0.text = "The bridge opens in spring" }
      try transaction.save(transaction.draft(corpus.quote.id))
    }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func whatIsChangedAndChangedBackWritesNothing() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let before = try await archive.fingerprint()
    try await archive.write { transaction in
      try transaction.update(id) { claim in
        claim.text = "two"
        claim.tags = ["t"]
      }
      try transaction.update(id) { claim in
        claim.text = "one"
        claim.tags = []
      }
    }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aFieldThatIsChangedTwiceIsSetOnce() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    try await archive.write { transaction in
      try transaction.update(id) { $0.text = "two" }
      try transaction.update(id) { $0.text = "three" }
    }
    #expect(try await archive.bodies.last?.groups.flatMap(\.ops).map(\.value) == [.string("three")])
    #expect(try await archive.read { try $0.require(id).text } == "three")
  }

  @Test func anUpdateWritesOverEveryVersion() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("one")
    for archive in archives[1...] { try await archives[0].sync(with: archive) }
    for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
    for archive in archives[1...] { try await archives[0].sync(with: archive) }
    #expect(try await archives[0].read { try $0.conflicts().first?.candidates.count } == 3)
    try await archives[0].write { try $0.update(id) { $0.text = "text of all" } }
    #expect(try await archives[0].bodies.last?.groups.first?.ops.first?.overwrites.count == 3)
    for archive in archives[1...] { try await archives[0].sync(with: archive) }
    for archive in archives {
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.digest == archives[0].digest)
      #expect(try await archive.check() == [])
    }
  }

  @Test func anUpdateWithTheShownValueOfAConflictEndsIt() async throws {
    let (archives, id) = try await conflict()
    let shown = try await archives[0].read { try $0.require(id).text }
    // Nothing changed that the caller can see, so nothing is written: ending a conflict takes a decision.
    try await archives[0].write { try $0.update(id) { $0.text = shown } }
    #expect(try await archives[0].read { try $0.conflicts().count } == 1)
    try await archives[0].write { try $0.write([(.field("text"), .string(shown))], to: id.reference) }
    #expect(try await archives[0].read { try $0.conflicts().count } == 0)
  }

  @Test func theValueShownIsTheOneWrittenLast() async throws {
    for (times, expected) in [([20, 10], "text 0"), ([10, 20], "text 1")] as [([UInt64], String)] {
      let folder = TemporaryFolder()
      let archives = [try folder.archive("a.dicta", at: times[0], seed: 1), try folder.archive("b.dicta", at: times[1], seed: 2)]
      let id = try await archives[0].writeClaim("one")
      try await archives[0].sync(with: archives[1])
      for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
      try await archives[0].sync(with: archives[1])
      for archive in archives { #expect(try await archive.read { try $0.require(id).text } == expected) }
    }
  }

  @Test func equalTimesShowTheSameValueEverywhere() async throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let folder = TemporaryFolder()
      let archives = try (0..<3).map { try folder.archive("\($0).dicta", at: 10, seed: seed * 10 + $0) }
      let id = try await archives[0].writeClaim("one")
      for archive in archives[1...] { try await archives[0].sync(with: archive) }
      for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
      for _ in 0..<2 { for archive in archives[1...] { try await archives[0].sync(with: archive) } }
      var texts: Set<String> = []
      for archive in archives { texts.insert(try await archive.read { try $0.require(id).text }) }
      #expect(texts.count == 1, "seed \(seed)")
    }
  }

  @Test func resolvingKeepsTheValueChosen() async throws {
    let (archives, id) = try await conflict()
    let conflict = try #require(try await archives[0].read { try $0.conflicts().first })
    let hidden = try #require(conflict.candidates.last)
    #expect(!hidden.isShown)
    try await archives[0].write { try $0.resolve(.field("text"), of: id.reference, keeping: hidden.version) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { Value.string(try $0.require(id).text) } == hidden.value)
      #expect(try await archive.read { try $0.conflicts().count } == 0)
    }
    let noConflict = await refuses({ try await archives[0].write { try $0.resolve(.field("text"), of: id.reference, keeping: hidden.version) } }) {
      if case ArchiveError.noConflict(id.reference, "text") = $0 { true } else { false }
    }
    #expect(noConflict)
  }

  @Test func resolvingToAVersionThatIsNotThereIsRefused() async throws {
    let (archives, id) = try await conflict()
    let unknown = try #require(ChangeID(bytes: [UInt8](repeating: 1, count: 32)))
    let isRefused = await refuses({ try await archives[0].write { try $0.resolve(.field("text"), of: id.reference, keeping: unknown) } }) {
      if case ArchiveError.noSuchVersion(id.reference, "text") = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  // MARK: Drafts

  @Test func whatArrivesWhileAFormIsOpenStaysBesideWhatIsSaved() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    var draft = try await archives[0].read { try $0.draft(id) }
    try await archives[1].write { try $0.update(id) { $0.text = "theirs" } }
    try await archives[0].sync(with: archives[1])
    draft.value.text = "ours"
    let saved = draft
    try await archives[0].write { try $0.save(saved) }
    let conflict = try #require(try await archives[0].read { try $0.conflicts().first })
    #expect(Set(conflict.candidates.map(\.value)) == [.string("ours"), .string("theirs")])
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].digest == archives[1].digest)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func whatAFormDidNotTouchKeepsWhatArrived() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    var draft = try await archives[0].read { try $0.draft(id) }
    try await archives[1].write { try $0.update(id) { $0.context = "theirs" } }
    try await archives[0].sync(with: archives[1])
    draft.value.text = "ours"
    let saved = draft
    try await archives[0].write { try $0.save(saved) }
    let claim = try await archives[0].read { try $0.require(id) }
    #expect(claim.text == "ours" && claim.context == "theirs")
    #expect(try await archives[0].read { try $0.conflicts().count } == 0)
  }

  @Test func aFormSavedBesideItsOwnTransactionKeepsBothValues() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    var draft = try await archive.read { try $0.draft(id) }
    draft.value.text = "from the form"
    let saved = draft
    try await archive.write { try $0.update(id) { $0.text = "from elsewhere" } }
    try await archive.write { try $0.save(saved) }
    #expect(try await archive.read { try $0.conflicts().first?.candidates.count } == 2)
    #expect(try await archive.check() == [])
  }

  @Test func aFormOpenedInTheTransactionThatWroteWhatItShowsOverwritesThat() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].write { transaction in
      try transaction.update(id) { $0.text = "two" }
      var draft = try transaction.draft(id)
      draft.value.text = "three"
      try transaction.save(draft)
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.require(id).text } == "three")
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.check() == [])
    }
  }

  @Test func aConflictIsListedAndResolvedInTheTransactionThatMadeIt() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    var draft = try await archive.read { try $0.draft(id) }
    draft.value.text = "from the form"
    let saved = draft
    try await archive.write { try $0.update(id) { $0.text = "from elsewhere" } }
    try await archive.write(author: "Ada") { transaction in
      try transaction.save(saved)
      let candidates = try #require(try transaction.conflicts().first).candidates
      #expect(Set(candidates.map(\.value)) == [.string("from the form"), .string("from elsewhere")])
      let own = try #require(candidates.first { $0.value == .string("from the form") })
      #expect(own.version == ChangeID(raw: .zero) && own.author == "Ada" && own.device == "corpus.dicta")
      let other = try #require(candidates.first { $0.value == .string("from elsewhere") })
      try transaction.resolve(.field("text"), of: id.reference, keeping: other.version)
      #expect(try transaction.conflicts().isEmpty)
    }
    #expect(try await archive.read { try $0.require(id).text } == "from elsewhere")
    #expect(try await archive.check() == [])
  }

  @Test func whatAFormDidNotShowOfAConflictSurvivesIt() async throws {
    let (archives, id) = try await conflict()
    var draft = try await archives[0].read { try $0.draft(id) }
    draft.value.text = "decided"
    let saved = draft
    try await archives[1].write { try $0.update(id) { $0.text = "decided otherwise" } }
    try await archives[0].write { try $0.save(saved) }
    // The form showed both values of the conflict, so both are overwritten.
    #expect(try await archives[0].read { try $0.conflicts().count } == 0)
    try await archives[0].sync(with: archives[1])
    let conflict = try #require(try await archives[0].read { try $0.conflicts().first })
    #expect(Set(conflict.candidates.map(\.value)) == [.string("decided"), .string("decided otherwise")])
  }

  // MARK: Sets and maps

  @Test func ofAConcurrentAddAndRemoveTheAddWinsWithoutConflict() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("one")
    for archive in archives[1...] { try await archives[0].sync(with: archive) }
    try await archives[0].write { try $0.update(id) { $0.tags = ["t"] } }
    try await archives[0].sync(with: archives[1])
    // One removes it, another adds it without knowing that it is there.
    try await archives[1].write { try $0.update(id) { $0.tags = [] } }
    try await archives[2].write { try $0.update(id) { $0.tags = ["t", "u"] } }
    for _ in 0..<2 { for archive in archives[1...] { try await archives[0].sync(with: archive) } }
    for archive in archives {
      #expect(try await archive.read { try $0.require(id).tags } == ["t", "u"])
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.digest == archives[0].digest)
    }
  }

  @Test func keysOfAMapMergeOneByOne() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      var claim = Claim(id: transaction.newID(), text: "one")
      claim.externalIDs = ["both": "0", "gone": "0"]
      try transaction.insert(claim)
      return claim.id
    }
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { transaction in
      try transaction.update(id) { claim in
        claim.externalIDs = ["both": "1", "left": "1"]
      }
    }
    try await archives[1].write { transaction in
      try transaction.update(id) { claim in
        claim.externalIDs["both"] = "2"
        claim.externalIDs["right"] = "2"
      }
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      let ids = try await archive.read { try $0.require(id).externalIDs }
      #expect(ids.keys.sorted() == ["both", "left", "right"])
      #expect(try await archive.read { try $0.conflicts().map(\.address) } == [.key("both", of: "externalIDs")])
    }
  }

  private func conflict() async throws -> (archives: [Archive], id: Claim.ID) {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
    try await archives[0].sync(with: archives[1])
    return (archives, id)
  }
}
