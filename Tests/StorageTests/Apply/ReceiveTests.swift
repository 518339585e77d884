import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

/// What an archive makes of changes that come from elsewhere, good ones and bad ones.
@Suite struct ReceiveTests {
  let folder = TemporaryFolder()

  @Test func aDeliveryThatComesTwiceDoesNothingTheSecondTime() async throws {
    let archives = try folder.archives(2)
    _ = try await archives[0].writeSmallCorpus()
    let deliveries = try await archives[0].deliveries()
    var receipt = Receipt()
    receipt.received = 1
    receipt.texts = 1
    for delivery in deliveries { #expect(try await archives[1].receive(delivery, from: "1") == receipt) }
    let before = try await archives[1].fingerprint()
    for delivery in deliveries { #expect(try await archives[1].receive(delivery, from: "1").received == 0) }
    #expect(try await archives[1].fingerprint() == before)
  }

  @Test func deliveriesThatOverlapAreTakenOnce() async throws {
    let archives = try folder.archives(2)
    for number in 0..<6 {
      try await archives[0].writeClaim("claim \(number)")
      _ = try await archives[0].open(for: [])
    }
    let single = try await archives[0].deliveries(byteLimit: 1)
    let whole = try #require(try await archives[0].deliveries().first)
    #expect(single.count == 6)
    for delivery in single.prefix(3) { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].receive(whole, from: "1").received == 3)
    #expect(try await archives[1].digest == archives[0].digest)
    #expect(try await archives[1].check() == [])
  }

  @Test func anAlteredByteAnywhereIsRefused() async throws {
    let archives = try folder.archives(2)
    let article = Article(url: "https://e.org", text: try ArticleText("Words"))
    try await archives[0].write(author: "A") { try $0.insert(article) }
    try await archives[0].write { try $0.update(article.id) { $0.title = "T" } }
    let delivery = try #require(try await archives[0].deliveries().first)
    let segment = try #require(delivery.segments.first)
    #expect(delivery.segments.count == 1 && segment.parcels.count == 2)
    let before = try await archives[1].fingerprint()

    func expectRefused(_ altered: Delivery, _ comment: Comment) async throws {
      do {
        _ = try await archives[1].receive(altered, from: "mallory")
        Issue.record(comment)
      } catch let error as RefusedDelivery {
        #expect(error.sender == "mallory" && error.description.contains("mallory"), comment)
      }
    }
    for index in segment.parcels.indices {
      for part in [\Segment.Parcel.envelope, \Segment.Parcel.body] {
        for place in segment.parcels[index][keyPath: part].indices {
          for bit in [0x01, 0x80] as [UInt8] {
            var bytes = segment.parcels[index][keyPath: part]
            bytes[place] ^= bit
            let old = segment.parcels[index]
            let isEnvelope = part == \Segment.Parcel.envelope
            let parcel = Segment.Parcel(envelope: isEnvelope ? bytes : old.envelope, body: isEnvelope ? old.body : bytes)
            let altered = delivery.replacing(parcel, at: index)
            try await expectRefused(altered, "parcel \(index), byte \(place) of the \(isEnvelope ? "envelope" : "body"), bit \(bit)")
          }
        }
      }
    }
    for place in delivery.texts[0].indices {
      var altered = delivery
      altered.texts[0][place] ^= 0x01
      try await expectRefused(altered, "byte \(place) of the text")
    }
    for place in 0..<16 {
      var origin = segment.origin.bytes
      origin[place] ^= 0x01
      try await expectRefused(delivery.replacing(origin: Origin(bytes: origin)!), "byte \(place) of the origin")
    }
    for place in 0..<64 {
      var signature = segment.signature.bytes
      signature[place] ^= 0x01
      try await expectRefused(delivery.replacing(signature: HeadSignature(bytes: signature)!), "byte \(place) of the signature")
    }
    #expect(try await archives[1].fingerprint() == before)
    // The true one is still taken.
    #expect(try await archives[1].receive(delivery, from: "1").received == 2)
    #expect(try await archives[1].digest == archives[0].digest)
  }

  @Test func truncatedAndSwappedPartsAreRefused() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    for text in ["two", "three"] { try await archives[0].write { try $0.update(id) { $0.text = text } } }
    let delivery = try #require(try await archives[0].deliveries().first)
    let segment = delivery.segments[0]
    let before = try await archives[1].fingerprint()
    func isRefused(_ altered: Delivery) async -> Bool {
      await refuses({ try await archives[1].receive(altered, from: "mallory") }) { ($0 as? RefusedDelivery)?.sender == "mallory" }
    }
    for index in 0..<3 {
      for count in segment.parcels[index].body.indices {
        let cut = Segment.Parcel(envelope: segment.parcels[index].envelope, body: Array(segment.parcels[index].body.prefix(count)))
        #expect(await isRefused(delivery.replacing(cut, at: index)), "body of \(index) cut at \(count)")
      }
      for count in segment.parcels[index].envelope.indices {
        let cut = Segment.Parcel(envelope: Array(segment.parcels[index].envelope.prefix(count)), body: segment.parcels[index].body)
        #expect(await isRefused(delivery.replacing(cut, at: index)), "envelope of \(index) cut at \(count)")
      }
    }
    #expect(await isRefused(delivery.replacing(segment.parcels[2], at: 1)))
    #expect(await isRefused(delivery.replacing(origin: segment.origin, parcels: [segment.parcels[1], segment.parcels[0], segment.parcels[2]])))
    #expect(await isRefused(delivery.replacing(origin: segment.origin, parcels: [segment.parcels[0], segment.parcels[2]])))
    #expect(try await archives[1].fingerprint() == before)
  }

  @Test func sequencesThatCannotBeAreRefused() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    let delivery = try #require(try await archive.deliveries().first)
    let segment = delivery.segments[0]
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: try await archive.corpus().id)
    for sequence in [0, 2, 1 << 39, 1 << 40, 1 << 63, .max] as [UInt64] {
      for previous in [nil, try await archive.heads()[0].id] {
        let altered = Delivery(segments: [
          Segment(
            origin: segment.origin, firstSequence: sequence, previous: previous, parcels: [segment.parcels[0], segment.parcels[0]],
            signature: segment.signature)
        ])
        #expect(await refuses({ try await other.receive(altered, from: "mallory") }) { $0 is RefusedDelivery }, "\(sequence)")
      }
    }
  }

  @Test func aChangeWhoseCauseIsMissingIsRefusedWithAllThatCameWithIt() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    try await archives[1].write { try $0.update(id) { $0.text = "two" } }
    let all = try await archives[1].deliveries(byteLimit: 1)
    let cause = try #require(try await archives[0].heads().first)
    let before = try await archives[2].fingerprint()
    await #expect(throws: RefusedDelivery(sender: "2", origin: all[1].segments[0].origin, sequence: 1, reason: .missingCause(cause))) {
      try await archives[2].receive(all[1], from: "2")
    }
    var forger = Forger(try await archives[0].corpus().id)
    var mixed = try forger.delivery(Group(entity: .claim(1), action: .create))
    mixed.segments += all[1].segments
    #expect(await refuses({ try await archives[2].receive(mixed, from: "2") }) { $0 is RefusedDelivery })
    #expect(try await archives[2].fingerprint() == before)
  }

  @Test func aGapInAChainIsRefused() async throws {
    let archives = try folder.archives(2)
    for number in 0..<3 {
      try await archives[0].writeClaim("\(number)")
      _ = try await archives[0].open(for: [])
    }
    let all = try await archives[0].deliveries(byteLimit: 1)
    _ = try await archives[1].receive(all[0], from: "1")
    let before = try await archives[1].fingerprint()
    #expect(
      await refuses({ try await archives[1].receive(all[2], from: "1") }) { error in
        if case .missingCause(let head)? = (error as? RefusedDelivery)?.reason { head.sequence == 2 } else { false }
      })
    #expect(try await archives[1].fingerprint() == before)
  }

  @Test func aChangeWhoseTextIsMissingIsRefused() async throws {
    let archives = try folder.archives(2)
    let corpus = try await archives[0].writeSmallCorpus()
    var delivery = try #require(try await archives[0].deliveries().first)
    let before = try await archives[1].fingerprint()
    let texts = delivery.texts
    for wrong in [[], [Array("Other words".utf8)], [[0xFF, 0xFE]]] as [[[UInt8]]] {
      delivery.texts = wrong
      let altered = delivery
      #expect(
        await refuses({ try await archives[1].receive(altered, from: "1") }) { error in
          switch (error as? RefusedDelivery)?.reason {
          case .missingText(let hash): hash == corpus.article.text.hash
          case .malformed: wrong == [[0xFF, 0xFE]]
          default: false
          }
        })
    }
    #expect(try await archives[1].fingerprint() == before)
    // What nothing names isn't kept.
    delivery.texts = texts + [Array("Advertising".utf8)]
    _ = try await archives[1].receive(delivery, from: "1")
    #expect(try await archives[1].textCount == 1)
  }

  @Test func aFirstChangeThatDoesNotProveItsOriginIsRefused() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.corpus().id
    let group = Group(entity: .claim(1), action: .create)
    let before = try await archive.fingerprint()
    func isWrongBirth(_ delivery: Delivery) async -> Bool {
      await refuses({ try await archive.receive(delivery, from: "mallory") }) { ($0 as? RefusedDelivery)?.reason == .wrongBirth }
    }
    var nameless = Forger(corpus)
    #expect(await isWrongBirth(try nameless.delivery(group, birth: .some(nil))))
    var other = Forger(corpus)
    #expect(await isWrongBirth(try other.delivery(group, birth: .some(Forger(corpus, seed: 8).birth))))
    var stranger = Forger(CorpusID("01234567-89ab-7def-8123-456789abcdef")!)
    #expect(await isWrongBirth(try stranger.delivery(group)))
    var reborn = Forger(corpus)
    _ = try reborn.delivery(group)
    let second = try reborn.delivery(Group(entity: .claim(2), action: .create), birth: .some(reborn.birth))
    #expect(await isWrongBirth(second))
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aChangeThatNamesALineOrVersionThatIsNotThereIsRefused() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let own = try #require(try await archive.heads().first)
    let before = try await archive.fingerprint()
    let names = [
      VersionName(line: 0, sequence: 1), VersionName(line: 2, sequence: 1), VersionName(line: 1, sequence: 2), VersionName(line: 1, sequence: .max),
      VersionName(line: 1 << 30, sequence: 1),
    ]
    for name in names {
      for group in [
        Group(entity: id.reference, action: .edit, ops: [Op(.field("text"), .string("x"), overwrites: [name])]),
        Group(entity: id.reference, action: .delete, seen: [name]), Group(entity: id.reference, action: .delete, overwrites: [name]),
        Group(entity: id.reference, action: .restore, overwrites: [name]),
      ] {
        var forger = Forger(try await archive.corpus().id)
        let delivery = try forger.delivery(group, dependencies: [own])
        #expect(
          await refuses({ try await archive.receive(delivery, from: "mallory") }) { error in
            if case .malformed? = (error as? RefusedDelivery)?.reason { true } else { false }
          }, "\(name) in \(group.action)")
      }
    }
    // A further line must be held too.
    var forger = Forger(try await archive.corpus().id)
    let unknown = Head(origin: own.origin, sequence: 1, id: ChangeID(bytes: [UInt8](repeating: 3, count: 32))!)
    let delivery = try forger.delivery(Group(entity: id.reference, action: .edit, ops: [Op(.field("note"), .string("x"))]), lines: [unknown])
    #expect(await refuses({ try await archive.receive(delivery, from: "mallory") }) { ($0 as? RefusedDelivery)?.reason == .missingCause(unknown) })
    #expect(try await archive.fingerprint() == before)
  }

  @Test func whatIsLargerThanTheFormatAllowsIsRefused() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.corpus().id
    let before = try await archive.fingerprint()
    var deep = Value.bool(true)
    for _ in 0...Value.depthLimit { deep = .list([deep]) }
    let name = ExactString(String(repeating: "n", count: 1_025))
    let values: [Value] = [.string(String(repeating: "x", count: Value.byteLimit)), deep, .record(Record([name: .bool(true)]))]
    for value in values {
      var forger = Forger(corpus)
      let delivery = try forger.delivery(Group(entity: .claim(1), action: .create, ops: [Op(.field("note"), value)]))
      #expect(await refuses({ try await archive.receive(delivery, from: "mallory") }) { $0 is RefusedDelivery })
    }
    var forger = Forger(corpus)
    let groups = (0..<20).map { number in
      Group(entity: .claim(UInt8(number)), action: .create, ops: [Op(.field("note"), .string(String(repeating: "x", count: 60_000)))])
    }
    #expect(throws: MalformedBytes.self) { try forger.change(Body(groups: groups).bytes) }
    #expect(try await archive.fingerprint() == before)
  }

  @Test func aClockThatIsWrongIsNobodysFault() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let own = try #require(try await archive.heads().first)
    for (seed, time) in zip([1, 2, 3] as [UInt64], [0, 1 << 62, .max] as [UInt64]) {
      var forger = Forger(try await archive.corpus().id, seed: seed)
      let delivery = try forger.delivery(
        Group(entity: id.reference, action: .edit, ops: [Op(.field("text"), .string("at \(time)"), overwrites: [VersionName(line: 1, sequence: 1)])]),
        dependencies: [own], writtenAt: time)
      _ = try await archive.receive(delivery, from: "forger")
    }
    #expect(try await archive.read { try $0.require(id).text } == "at \(UInt64.max)")
    #expect(try await archive.read { try $0.history(of: id.reference).count } == 5)
    #expect(try await archive.read { try $0.conflicts().first?.candidates.map(\.writtenAt) } == [.max, 1 << 62, 0])
  }

  // MARK: Entities that nobody created

  @Test func whatNoChangeCreatesIsKeptAsideUntilOneDoes() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.corpus().id
    var forger = Forger(corpus)
    let edit = Group(entity: .claim(1), action: .edit, ops: [Op(.field("note"), .string("early")), Op(.field("basedOn"), .reference(.claim(2)))])
    _ = try await archive.receive(try forger.delivery(edit), from: "forger")
    try await archive.read { transaction throws in
      #expect(try transaction.entity(Claim.ID(Reference.claim(1).id)) == nil)
      #expect(try transaction.list(Claim.self).isEmpty)
      #expect(try transaction.status().aside == 2)
      #expect(try transaction.status().counts[.claim] == 0)
      #expect(try transaction.entities(endingIn: "0001").isEmpty)
      #expect(try transaction.search("early").isEmpty)
    }
    #expect(try await archive.check().map(\.code) == ["aside", "aside"])
    #expect(try await archive.check().allSatisfy { $0.isHarmless })

    var other = Forger(corpus, seed: 8)
    _ = try await archive.receive(
      try other.delivery(Group(entity: .claim(1), action: .create, ops: [Op(.field("text"), .string("late"))])), from: "other")
    let claim = try await archive.read { try $0.require(Claim.ID(Reference.claim(1).id)) }
    #expect(claim.text == "late" && claim.note == "early")
    // One is still created by nobody; of the other one field means nothing to this version.
    #expect(try await archive.read { try $0.status().aside } == 2)
    #expect(try await archive.read { try $0.search("early").count } == 1)
  }

  @Test func whatWasDeletedBeforeAnybodyCreatedItLivesOnceSomebodyDoes() async throws {
    for isReferredTo in [false, true] {
      let folder = TemporaryFolder()
      let archive = try folder.archive()
      let corpus = try await archive.corpus().id
      if isReferredTo {
        var first = Forger(corpus, seed: 5)
        let ops = [Op(.field("negationOf"), .reference(.claim(1))), Op(.field("text"), .string("refers"))]
        _ = try await archive.receive(try first.delivery(Group(entity: .claim(3), action: .create, ops: ops)), from: "first")
      }
      var forger = Forger(corpus)
      _ = try await archive.receive(try forger.delivery(Group(entity: .claim(1), action: .delete)), from: "forger")
      var other = Forger(corpus, seed: 8)
      _ = try await archive.receive(
        try other.delivery(Group(entity: .claim(1), action: .create, ops: [Op(.field("text"), .string("late"))])), from: "other")
      #expect(try await archive.read { try $0.require(Claim.ID(Reference.claim(1).id)).text } == "late")
      #expect(try await archive.read { try $0.conflicts().map(\.entity) } == [.claim(1)])
      #expect(try await archive.check() == [])
    }
  }

  @Test func anEntityThatLacksWhatItsTypeNeedsIsKeptAndLeftOut() async throws {
    let archive = try folder.archive()
    var forger = Forger(try await archive.corpus().id)
    let groups = [
      Group(entity: .of("claim", 1), action: .create, ops: [Op(.field("note"), .string("no text"))]),
      Group(entity: .of("quote", 2), action: .create, ops: [Op(.field("note"), .string("nothing"))]),
      Group(entity: .of("stance", 3), action: .create, ops: [Op(.field("holder"), .string("not a record"))]),
      Group(entity: .of("speaker", 4), action: .create, ops: [Op(.field("name"), .integer(7))]),
      Group(entity: .of("article", 5), action: .create, ops: [Op(.field("text"), .string("not a hash"))]),
    ]
    for group in groups { _ = try await archive.receive(try forger.delivery(group), from: "forger") }
    try await archive.read { transaction throws in
      #expect(try transaction.list(Claim.self).isEmpty && transaction.list(Quote.self).isEmpty && transaction.list(Stance.self).isEmpty)
      #expect(try transaction.list(Speaker.self).isEmpty && transaction.list(Article.self).isEmpty)
      #expect(throws: UnreadableEntity.self) { try transaction.require(Claim.ID(Reference.claim(1).id)) }
      #expect(try transaction.status().counts[.claim] == 1)
      #expect(try transaction.search("nothing").count == 1)
    }
    let replica = try folder.archive("replica.dicta")
    try await archive.sync(with: replica)
    #expect(try await replica.digest == archive.digest)
    #expect(try await archive.check().allSatisfy { ["unreadable", "aside"].contains($0.code) })
  }

  @Test func aBadAnchorThatArrivesIsKeptAndListedByCheck() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let own = try #require(try await archive.heads().first)
    var forger = Forger(try await archive.corpus().id)
    let anchor = Record(["end": .integer(4), "start": .integer(1), "textHash": .text(corpus.article.text.hash)])
    let segments = Value.list([.record(Record(["anchor": .record(anchor)]))])
    let op = Op(.field("segments"), segments, overwrites: [VersionName(line: 1, sequence: 1)])
    _ = try await archive.receive(
      try forger.delivery(Group(entity: corpus.quote.reference, action: .edit, ops: [op]), dependencies: [own]), from: "f")
    #expect(try await archive.read { try $0.require(corpus.quote.id).segments.first?.anchor.start } == 1)
    let problems = try await archive.check()
    #expect(problems.map(\.code) == ["anchor"] && problems[0].place == corpus.quote.reference.description && problems[0].isHarmless)
    #expect(try await archive.document().count > 0)
  }
}

extension Delivery {
  /// The same with another parcel in its only segment.
  fileprivate func replacing(_ parcel: Segment.Parcel, at index: Int) -> Delivery {
    var parcels = segments[0].parcels
    parcels[index] = parcel
    return replacing(origin: segments[0].origin, parcels: parcels)
  }

  fileprivate func replacing(
    origin: Origin? = nil, signature: HeadSignature? = nil, parcels: [Segment.Parcel]? = nil
  ) -> Delivery {
    let old = segments[0]
    let segment = Segment(
      origin: origin ?? old.origin, firstSequence: old.firstSequence, previous: old.previous, parcels: parcels ?? old.parcels,
      signature: signature ?? old.signature)
    return Delivery(texts: texts, segments: [segment])
  }
}
