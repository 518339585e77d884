import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct DeleteTests {
  let folder = TemporaryFolder()

  // MARK: Deleting

  @Test func whatIsInUseIsNotDeleted() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    for (entity, users) in [
      (corpus.speaker.reference, [corpus.quote.reference]), (corpus.article.reference, [corpus.quote.reference]),
      (corpus.quote.reference, [corpus.stance.reference]), (corpus.claim.reference, [corpus.stance.reference]),
    ] {
      do {
        try await archive.write { try $0.delete(entity) }
        Issue.record("\(entity) was deleted")
      } catch ArchiveError.inUse(entity, let by) {
        #expect(by == users)
      }
    }
    #expect(try await archive.fingerprint() == before)
    #expect(ArchiveError.inUse(corpus.speaker.reference, by: [corpus.quote.reference]).description.contains(corpus.quote.id.description))
  }

  @Test func whatNobodyRefersToIsDeleted() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    #expect(try await archive.write { try $0.delete(corpus.stance.reference) } == [corpus.stance.reference])
    #expect(try await archive.write { try $0.delete(corpus.claim.reference) } == [corpus.claim.reference])
    try await archive.read { transaction throws in
      #expect(try transaction.entity(corpus.claim.id) == nil)
      #expect(try transaction.isDeleted(corpus.claim.reference))
      #expect(throws: ArchiveError.self) { try transaction.require(corpus.claim.id) }
      #expect(try transaction.list(Claim.self).isEmpty)
      #expect(try transaction.search("spring", type: .claim).isEmpty)
      #expect(try transaction.status().counts == [.article: 1, .speaker: 1, .quote: 1, .claim: 0, .stance: 0])
    }
    let isRefused = await refuses({ try await archive.write { try $0.update(corpus.claim.id) { $0.text = "again" } } }) {
      if case ArchiveError.deleted(corpus.claim.reference) = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func whatIsUpdatedDeletedAndRestoredIsAsItWas() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("before")
    try await archives[0].write { transaction in
      try transaction.update(id) { $0.text = "after" }
      try transaction.delete(id.reference)
      try transaction.restore(id.reference)
      #expect(try transaction.require(id).text == "after")
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.require(id).text } == "after")
      #expect(try await archive.check() == [])
    }
  }

  @Test(arguments: [false, true])
  func whatIsDeletedTwiceInATransactionThatReferredToItIsRestoredAsItWas(isSetBetween: Bool) async throws {
    let archives = try folder.archives(2)
    let (speaker, another) = (try await archives[0].writeSpeaker("one"), try await archives[0].writeClaim("another"))
    try await archives[0].write { transaction in
      try transaction.update(speaker) { $0.note = "before" }
      try transaction.delete(speaker.reference)
      var second = Speaker(id: transaction.newID(), name: "two", kind: .person)
      second.mergedInto = speaker
      try transaction.insert(second)
      // Settles who lives: the reference keeps the first speaker alive.
      try transaction.delete(another.reference)
      if isSetBetween { try transaction.update(speaker) { $0.note = "between" } }
      try transaction.delete(speaker.reference, cascading: true)
      try transaction.restore(speaker.reference)
    }
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].digest == archives[1].digest)
    for archive in archives {
      #expect(try await archive.read { try $0.require(speaker).note } == (isSetBetween ? "between" : "before"))
      #expect(try await archive.check() == [])
    }
  }

  @Test func whatIsAddedAgainAfterItsDeletionHasNoConflictsOfItsFormerLife() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "said by \(number)" } } }
    try await archives[0].sync(with: archives[1])
    let shown = try await archives[0].read { try $0.require(id).text }
    try await archives[0].write { try $0.delete(id.reference) }
    try await archives[0].write { try $0.insert(Claim(id: id, text: shown)) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.check() == [])
    }
  }

  @Test func countsWithinATransactionAreThoseOfWhatItWrote() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { transaction in
      try transaction.insert(Claim(id: transaction.newID(), text: "another"))
      #expect(try transaction.status().counts[.claim] == 2)
      try transaction.delete(corpus.stance.reference)
      #expect(try transaction.status().counts[.stance] == 0)
      try transaction.insert(Claim(id: transaction.newID(), text: "and one more"))
    }
    #expect(try await archive.read { try $0.status().counts[.claim] } == 3)
    #expect(try await archive.check() == [])
  }

  @Test func deletingWhatIsNotThereIsRefused() async throws {
    let archive = try folder.archive()
    let isRefused = await refuses({ try await archive.write { try $0.delete(.claim(1)) } }) {
      if case ArchiveError.noSuchEntity(.claim(1)) = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func aCascadeDeletesWhatIsOwned() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let voice = Stance(holder: .article(corpus.article.id), claimID: corpus.claim.id, position: .reports)
    try await archive.write { try $0.insert(voice) }
    let deleted = try await archive.write { try $0.delete(corpus.article.reference, cascading: true) }
    #expect(deleted.first == corpus.article.reference)
    #expect(Set(deleted) == [corpus.article.reference, corpus.quote.reference, corpus.stance.reference, voice.reference])
    #expect(try await archive.read { try $0.status().counts } == [.article: 0, .speaker: 1, .quote: 0, .claim: 1, .stance: 0])
    #expect(try await archive.check() == [])
  }

  @Test func aCascadeClearsOtherReferencesToWhatIsDeleted() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let other = try await archive.writeSpeaker("The harbour master")
    try await archive.write { transaction in
      try transaction.update(corpus.quote.id) { quote in
        quote.sources.append(Quote.Source(speakerID: other))
        quote.addressees = [Quote.Source(speakerID: corpus.speaker.id, roleAsStated: "engineer")]
      }
      try transaction.update(other) { $0.mergedInto = corpus.speaker.id }
    }
    #expect(try await archive.write { try $0.delete(corpus.speaker.reference, cascading: true) } == [corpus.speaker.reference])
    let quote = try await archive.read { try $0.require(corpus.quote.id) }
    #expect(quote.sources.map(\.speakerID) == [nil, other])
    // Only the reference goes; how the article puts it stays.
    #expect(quote.sources.first?.mention == corpus.quote.sources[0].mention)
    #expect(quote.addressees == [Quote.Source(roleAsStated: "engineer")])
    #expect(try await archive.read { try $0.require(other).mergedInto } == nil)
    #expect(try await archive.check() == [])
    let replica = try folder.archive("replica.dicta")
    try await archive.sync(with: replica)
    #expect(try await replica.digest == archive.digest)
    #expect(try await replica.read { try $0.isDeleted(corpus.speaker.reference) })
  }

  @Test func aCascadeClearsReferencesInSetsMapsAndUnknownFields() async throws {
    let archive = try folder.archive()
    let gone = try await archive.writeClaim("gone")
    let kept = try await archive.writeClaim("kept")
    let (reference, other) = (Value.reference(gone.reference), Value.reference(kept.reference))
    try await archive.write { transaction in
      let edits: [(CellAddress, Value)] = [
        (.element(reference, of: "seeAlso"), .bool(true)), (.element(other, of: "seeAlso"), .bool(true)),
        (.key("a", of: "links"), reference), (.key("b", of: "links"), .record(Record(["to": reference, "why": .string("because")]))),
        (.field("chain"), .list([reference, .list([reference, .integer(7)]), .string("end")])),
      ]
      try transaction.write(edits, to: .of("folder", 1).then { try transaction.insert($0, fields: Fields()) })
    }
    try await archive.write { _ = try $0.delete(gone.reference, cascading: true) }
    let fields = try await archive.read { try $0.fields(of: .of("folder", 1)) }
    #expect(fields.elements(of: "seeAlso") == [other])
    #expect(fields.entries(of: "links").map(\.value) == [.record(Record(["why": .string("because")]))])
    #expect(fields["chain"] == .list([.list([.integer(7)]), .string("end")]))
  }

  @Test func aCascadeWritesTheShownValueOverAConflictThatMerelyHoldsTheReference() async throws {
    for cleared in [0, 1] {
      let folder = TemporaryFolder()
      let archives = [try folder.archive("a.dicta", at: 20, seed: 1), try folder.archive("b.dicta", at: 10, seed: 2)]
      let targets = [try await archives[0].writeClaim("target 0"), try await archives[0].writeClaim("target 1")]
      let id = try await archives[0].writeClaim("holder")
      try await archives[0].sync(with: archives[1])
      for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.negationOf = targets[number] } } }
      try await archives[0].sync(with: archives[1])
      // The first one's value is shown; the second one's is only held.
      #expect(try await archives[0].read { try $0.require(id).negationOf } == targets[0])
      let isInUse = await refuses({ try await archives[0].write { try $0.delete(targets[cleared].reference) } }) {
        if case ArchiveError.inUse(_, [id.reference]) = $0 { true } else { false }
      }
      #expect(isInUse)
      try await archives[0].write { _ = try $0.delete(targets[cleared].reference, cascading: true) }
      #expect(try await archives[0].read { try $0.conflicts().count } == 0)
      #expect(try await archives[0].read { try $0.require(id).negationOf } == (cleared == 0 ? nil : targets[0]))
      try await archives[0].sync(with: archives[1])
      #expect(try await archives[1].digest == archives[0].digest)
      #expect(try await archives[1].read { try $0.isDeleted(targets[cleared].reference) })
      for archive in archives { #expect(try await archive.check() == []) }
    }
  }

  @Test func aCascadeOverARingOfQuotesEnds() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let ring = try await archive.write { transaction in
      let ids = (0..<3).map { _ in transaction.newID(Quote.self) }
      for (number, id) in ids.enumerated() {
        var quote = Quote(id: id, articleID: corpus.article.id, kind: .indirect, segments: corpus.quote.segments)
        quote.parentID = ids[(number + 1) % 3]
        quote.sameUtteranceAs = ids[(number + 2) % 3]
        quote.contentOfID = id
        try transaction.insert(quote)
      }
      return ids
    }
    let isInUse = await refuses({ try await archive.write { try $0.delete(ring[0].reference) } }) {
      if case ArchiveError.inUse = $0 { true } else { false }
    }
    #expect(isInUse)
    #expect(try await archive.write { try $0.delete(ring[0].reference, cascading: true) } == [ring[0].reference])
    let second = try await archive.read { try $0.require(ring[1]) }
    #expect(second.parentID == ring[2] && second.sameUtteranceAs == nil && second.contentOfID == ring[1])
    try await archive.write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    #expect(try await archive.read { try $0.list(Quote.self).isEmpty })
    #expect(try await archive.check() == [])
    let replica = try folder.archive("replica.dicta")
    try await archive.sync(with: replica)
    #expect(try await replica.digest == archive.digest)
    #expect(try await replica.read { try $0.status().counts } == archive.read { try $0.status().counts })
  }

  @Test func aRingIsDeletedByDeletingEachOfItWithWhatHangsOnIt() async throws {
    let archive = try folder.archive()
    let (first, second) = try await archive.write { transaction in
      var (first, second) = (Claim(id: transaction.newID(), text: "yes"), Claim(id: transaction.newID(), text: "no"))
      first.negationOf = second.id
      second.negationOf = first.id
      try transaction.insert(first)
      try transaction.insert(second)
      return (first.id, second.id)
    }
    try await archive.write { transaction in
      try transaction.delete(first.reference, cascading: true)
      try transaction.delete(second.reference, cascading: true)
    }
    #expect(try await archive.read { try $0.list(Claim.self).isEmpty })
    #expect(try await archive.check() == [])
  }

  // MARK: Restoring

  @Test func whatWasDeletedComesBackAsItWas() async throws {
    let archives = try folder.archives(2)
    let corpus = try await archives[0].writeSmallCorpus()
    let before = try await archives[0].document()
    try await archives[0].write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    try await archives[0].sync(with: archives[1])
    try await archives[1].write { transaction in
      for entity in [corpus.stance.reference, corpus.quote.reference, corpus.article.reference] { try transaction.restore(entity) }
    }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.document() == before)
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.check() == [])
      #expect(try await archive.digest == archives[0].digest)
    }
  }

  @Test func aQuoteIsNotRestoredWithoutItsArticle() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    let before = try await archive.fingerprint()
    let isRefused = await refuses({ try await archive.write { try $0.restore(corpus.quote.reference) } }) {
      if case ArchiveError.danglingReference(corpus.quote.reference, corpus.article.reference) = $0 { true } else { false }
    }
    #expect(isRefused)
    #expect(try await archive.fingerprint() == before)
  }

  @Test func restoringWhatLivesWritesNothing() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let before = try await archive.fingerprint()
    try await archive.write { try $0.restore(id.reference) }
    #expect(try await archive.fingerprint() == before)
    let isRefused = await refuses({ try await archive.write { try $0.restore(.claim(1)) } }) {
      if case ArchiveError.noSuchEntity(.claim(1)) = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func whatIsAddedAgainAfterItsDeletionHasTheseFieldsAndNoOthers() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].write { transaction in
      var claim = Claim(id: transaction.newID(), text: "one")
      claim.context = "old"
      claim.tags = ["old", "kept"]
      try transaction.insert(claim)
      return claim.id
    }
    try await archives[0].write { _ = try $0.delete(id.reference) }
    var claim = Claim(id: id, text: "two")
    claim.tags = ["kept", "new"]
    let again = claim
    try await archives[0].write { try $0.insert(again) }
    #expect(try await archives[0].read { try $0.require(id) } == again)
    #expect(try await archives[0].read { try $0.conflicts().count } == 0)
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].read { try $0.require(id) } == again)
    #expect(try await archives[1].digest == archives[0].digest)
    // And it can be deleted once more.
    try await archives[1].write { _ = try $0.delete(id.reference) }
    #expect(try await archives[1].read { try $0.isDeleted(id.reference) })
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[0].read { try $0.isDeleted(id.reference) })
    for archive in archives { #expect(try await archive.check() == []) }
  }

  // MARK: Several of these in one transaction

  @Test func whatATransactionDoesToALifeIsItsNetEffect() async throws {
    let stories: [(name: String, lives: Bool, story: @Sendable (WriteTransaction, Claim.ID) throws -> Void)] = [
      (
        "update, delete", false,
        { transaction, id in
          try transaction.update(id) { $0.text = "changed" }
          try transaction.delete(id.reference)
        }
      ),
      (
        "delete, restore", true,
        { transaction, id in
          try transaction.delete(id.reference)
          try transaction.restore(id.reference)
        }
      ),
      (
        "update, delete, restore", true,
        { transaction, id in
          try transaction.update(id) { $0.text = "changed" }
          try transaction.delete(id.reference)
          try transaction.restore(id.reference)
        }
      ),
      (
        "delete, insert", true,
        { transaction, id in
          try transaction.delete(id.reference)
          try transaction.insert(Claim(id: id, text: "again"))
        }
      ),
      (
        "delete, insert, update", true,
        { transaction, id in
          try transaction.delete(id.reference)
          try transaction.insert(Claim(id: id, text: "again"))
          try transaction.update(id) { $0.context = "and more" }
        }
      ),
      (
        "delete, insert, delete", false,
        { transaction, id in
          try transaction.delete(id.reference)
          try transaction.insert(Claim(id: id, text: "again"))
          try transaction.delete(id.reference)
        }
      ),
      (
        "delete, restore, update, delete, restore", true,
        { transaction, id in
          try transaction.delete(id.reference)
          try transaction.restore(id.reference)
          try transaction.update(id) { $0.text = "changed" }
          try transaction.delete(id.reference)
          try transaction.restore(id.reference)
        }
      ),
    ]
    for isDeletedBefore in [false, true] {
      for (name, lives, story) in stories {
        let folder = TemporaryFolder()
        let archives = try folder.archives(2)
        let id = try await archives[0].writeClaim("one")
        try await archives[0].sync(with: archives[1])
        if isDeletedBefore {
          try await archives[0].write { _ = try $0.delete(id.reference) }
          try await archives[0].write { transaction in
            try transaction.restore(id.reference)
            try story(transaction, id)
          }
        } else {
          try await archives[0].write { try story($0, id) }
        }
        let comment = Comment(rawValue: "\(name), deleted before: \(isDeletedBefore)")
        #expect(try await archives[0].read { try $0.entity(id) != nil } == lives, comment)
        #expect(try await archives[0].read { try $0.conflicts().count } == 0, comment)
        #expect(try await archives[0].check() == [], comment)
        try await archives[0].sync(with: archives[1])
        #expect(try await archives[1].digest == archives[0].digest, comment)
        #expect(try await archives[1].document() == archives[0].document(), comment)
        // Whoever comes later can still go on with it.
        try await archives[1].write { transaction in
          if lives { try transaction.delete(id.reference) } else { try transaction.restore(id.reference) }
        }
        try await archives[1].sync(with: archives[0])
        #expect(try await archives[0].read { try $0.entity(id) != nil } == !lives, comment)
        #expect(try await archives[0].digest == archives[1].digest, comment)
      }
    }
  }

  // MARK: Deleting here and writing there

  @Test func whatIsEditedWhileItIsDeletedElsewhereLivesAndPeopleDecide() async throws {
    for lives in [true, false] {
      let folder = TemporaryFolder()
      let archives = try folder.archives(2)
      let id = try await archives[0].writeClaim("one")
      try await archives[0].sync(with: archives[1])
      try await archives[0].write { _ = try $0.delete(id.reference) }
      try await archives[1].write { try $0.update(id) { $0.text = "two" } }
      try await archives[0].sync(with: archives[1])
      for archive in archives {
        #expect(try await archive.read { try $0.require(id).text } == "two")
        let conflict = try #require(try await archive.read { try $0.conflicts() }.first)
        #expect(conflict.entity == id.reference && conflict.address == nil && conflict.candidates.count == 1)
        #expect(try await archive.read { try $0.status().conflicts } == 1)
        #expect(try await archive.read { try $0.status().counts[.claim] } == 1)
        #expect(try await archive.check() == [])
      }
      try await archives[0].write { try $0.resolveLife(of: id.reference, lives: lives) }
      try await archives[0].sync(with: archives[1])
      for archive in archives {
        #expect(try await archive.read { try $0.entity(id) != nil } == lives)
        #expect(try await archive.read { try $0.conflicts().count } == 0)
        #expect(try await archive.digest == archives[0].digest)
      }
      let isDecided = await refuses({ try await archives[1].write { try $0.resolveLife(of: id.reference, lives: lives) } }) {
        if case ArchiveError.noConflict(id.reference, "life") = $0 { true } else { false }
      }
      #expect(isDecided)
    }
  }

  @Test func whatIsReferredToWhileItIsDeletedElsewhereLives() async throws {
    let archives = try folder.archives(2)
    let target = try await archives[0].writeClaim("target")
    let holder = try await archives[0].writeClaim("holder")
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { _ = try $0.delete(target.reference) }
    try await archives[1].write { try $0.update(holder) { $0.negationOf = target } }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.require(target).text } == "target")
      #expect(try await archive.read { try $0.conflicts().map(\.entity) } == [target.reference])
    }
    // It lives only by that reference, and is gone with it.
    try await archives[1].write { try $0.update(holder) { $0.negationOf = nil } }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.isDeleted(target.reference) })
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.check() == [])
      #expect(try await archive.digest == archives[0].digest)
    }
  }

  @Test func aLifeThatOnlyAReferenceKeepsIsNotEndedWhileTheReferenceStands() async throws {
    let archives = try folder.archives(2)
    let target = try await archives[0].writeClaim("target")
    let holder = try await archives[0].writeClaim("holder")
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { _ = try $0.delete(target.reference) }
    try await archives[1].write { try $0.update(holder) { $0.negationOf = target } }
    try await archives[0].sync(with: archives[1])
    let isInUse = await refuses({ try await archives[0].write { try $0.resolveLife(of: target.reference, lives: false) } }) {
      if case ArchiveError.inUse(target.reference, [holder.reference]) = $0 { true } else { false }
    }
    #expect(isInUse)
  }

  @Test func aDeletedRingThatOneEntityKeepsAliveDiesWithIt() async throws {
    let archives = try folder.archives(2)
    let (first, second, keeper) = try await archives[0].write { transaction in
      var (first, second) = (Claim(id: transaction.newID(), text: "1"), Claim(id: transaction.newID(), text: "2"))
      first.negationOf = second.id
      second.negationOf = first.id
      let keeper = Claim(id: transaction.newID(), text: "keeper")
      for claim in [first, second, keeper] { try transaction.insert(claim) }
      return (first.id, second.id, keeper.id)
    }
    try await archives[0].sync(with: archives[1])
    // Deleting the ring leaves its own references standing: tombstones are written over entities, not over fields.
    var forger = Forger(try await archives[0].corpus().id)
    let own = try #require(try await archives[0].heads().first)
    let seen = [VersionName(line: 1, sequence: 1)]
    let delivery = try forger.delivery(
      Group(entity: first.reference, action: .delete, seen: seen), Group(entity: second.reference, action: .delete, seen: seen), dependencies: [own])
    _ = try await archives[0].receive(delivery, from: "forger")
    #expect(try await archives[0].read { try $0.list(Claim.self).map(\.id) } == [keeper])
    try await archives[1].write { try $0.update(keeper) { $0.negationOf = first } }
    try await archives[0].sync(with: archives[1])
    for archive in archives { #expect(try await archive.read { try $0.list(Claim.self).count } == 3) }
    try await archives[0].write { try $0.update(keeper) { $0.negationOf = nil } }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.list(Claim.self).map(\.id) } == [keeper])
      #expect(try await archive.digest == archives[0].digest)
      #expect(try await archive.check() == [])
    }
  }

  @Test func whatIsDeletedTwiceAndRestoredOnceLives() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    for archive in archives { try await archive.write { _ = try $0.delete(id.reference) } }
    try await archives[0].sync(with: archives[1])
    for archive in archives { #expect(try await archive.read { try $0.isDeleted(id.reference) }) }
    try await archives[0].write { try $0.restore(id.reference) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.entity(id) != nil })
      #expect(try await archive.read { try $0.conflicts().count } == 0)
      #expect(try await archive.digest == archives[0].digest)
    }
  }

  @Test func theArticleThatIsAddedAgainElsewhereWhileItIsDeletedLives() async throws {
    let archives = try folder.archives(2)
    let article = Article(url: "https://example.org/a", title: "A", text: try ArticleText("Words"))
    for archive in archives { try await archive.write { try $0.insert(article) } }
    try await archives[0].write { _ = try $0.delete(article.reference) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      // The deletion hadn't seen that the other one had added it too.
      #expect(try await archive.read { try $0.entity(article.id) != nil })
      #expect(try await archive.read { try $0.conflicts().map(\.address) } == [nil])
      #expect(try await archive.digest == archives[0].digest)
    }
  }
}

extension Reference {
  fileprivate func then(_ body: (Reference) throws -> Void) rethrows -> Reference {
    try body(self)
    return self
  }
}
