import DictaModels
import DictaStorage
import Testing

@testable import DictaSync

/// Sessions between real archives, over lines that behave and lines that don't.
@Suite struct SyncTests {
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
  }

  private func expectEqual(_ archives: [Archive], sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let first = try await archives[0].status
    for archive in archives.dropFirst() {
      let status = try await archive.status
      #expect(status.heads == first.heads && status.digest == first.digest, sourceLocation: sourceLocation)
      #expect(try await archive.document == archives[0].document, sourceLocation: sourceLocation)
    }
  }

  @Test func equalReplicasSayOneMessageEachAndStop() async throws {
    let archives = try folder.archives("one", "two")
    try await archives[0].writeClaim("one")
    #expect(!(await converse(archives[0], archives[1])).hasFailed)
    let outcome = await converse(archives[0], archives[1])
    let report = try outcome.caller.get()
    #expect(report.isEqual && report.roundTrips == 1 && report.sent == 0 && report.received == 0)
    #expect(outcome.messages.caller.map(\.kind) == [.hello] && outcome.messages.answerer.map(\.kind) == [.hello])
    #expect(outcome.byteCount < 500)
  }

  @Test func whatBothWroteIsOnBothAfterTwoRoundTrips() async throws {
    let archives = try folder.archives("one", "two")
    for (number, archive) in archives.enumerated() { for text in ["a", "b"] { try await archive.writeClaim("\(number)\(text)") } }
    let outcome = await converse(archives[0], archives[1])
    let report = try outcome.caller.get()
    #expect(report.isEqual && report.roundTrips == 2 && report.sent == 2 && report.received == 2)
    #expect(outcome.messages.caller.map(\.kind) == [.hello, .heads, .changes, .end, .ack])
    let other = try outcome.answerer.get()
    #expect(other.isEqual && other.sent == 2 && other.received == 2)
    #expect(report.bytesSent == other.bytesReceived && report.bytesReceived == other.bytesSent)
    #expect(report.bytesSent + report.bytesReceived == outcome.byteCount)
    try await expectEqual(archives)
  }

  @Test func aSessionThatIsCutAtAnyByteIsGoneOnWithByTheNext() async throws {
    let text = try ArticleText("The dam was finished in 2021, the minister said.")
    var isWhole = false
    var place = 0
    while !isWhole {
      let folder = try TestFolder()
      let archives = try folder.archives("one", "two")
      try await archives[0].write { try $0.insert(Article(url: "https://example.org/dam", text: text)) }
      try await archives[1].writeClaim("The dam was never finished")
      let before = try await [archives[0].status.unpublished, archives[1].status.unpublished]
      #expect(before == [1, 1])
      let outcome = await converse(archives[0], archives[1], TestLine.Trouble(cutAfter: place, portion: 7), isCompressed: place.isMultiple(of: 2))
      isWhole = !outcome.hasFailed
      if place.isMultiple(of: 4) { for archive in archives { #expect(try await archive.check() == [], "cut after \(place)") } }
      let report = try await archives[place % 2].sync(with: archives[1 - place % 2])
      #expect(report.isEqual, "cut after \(place)")
      try await expectEqual(archives)
      place += 17
    }
    #expect(place > 500)
  }

  @Test func aChangedByteAnywhereIsNoticed() async throws {
    func session(_ trouble: TestLine.Trouble) async throws -> (TestFolder, [Archive], SessionOutcome) {
      let folder = try TestFolder()
      let archives = try folder.archives("one", "two")
      try await archives[0].write { try $0.insert(Article(url: "https://example.org/dam", text: ArticleText("The dam holds."))) }
      return (folder, archives, await converse(archives[0], archives[1], trouble, isCompressed: false))
    }
    let sound = try await session(TestLine.Trouble()).2
    for side in 0...1 {
      let lengths = lengthFields(in: sound.written[side])
      // A frame that seems longer than it is makes both wait for each other; that is what time limits are for.
      for place in stride(from: side, to: sound.written[side].count, by: 17) where !lengths.contains(place) {
        let (folder, archives, outcome) = try await session(TestLine.Trouble(corrupted: (side, place)))
        #expect(outcome.hasFailed, "side \(side), byte \(place)")
        #expect(try await archives[0].sync(with: archives[1]).isEqual, "side \(side), byte \(place)")
        try await expectEqual(archives)
        withExtendedLifetime(folder) {}
      }
    }
  }

  /// Where the lengths of frames stand in a stream.
  private func lengthFields(in bytes: [UInt8]) -> Set<Int> {
    var places: Set<Int> = []
    var place = Frame.preface.count
    while place + 9 <= bytes.count {
      places.formUnion(place..<place + 4)
      place += 9 + bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    return places
  }

  @Test func eachTextTravelsOnce() async throws {
    let archives = try folder.archives("one", "two", "three")
    let texts = try (0..<5).map { try ArticleText("Text \($0) " + String(repeating: "words ", count: 50)) }
    for text in texts { try await archives[0].write { try $0.insert(Article(outlet: "A", text: text)) } }
    // Both have the same article before they meet.
    try await archives[1].write { try $0.insert(Article(outlet: "A", text: texts[0])) }
    func textsIn(_ messages: [Message]) -> [[UInt8]] {
      messages.flatMap { message in if case .changes(let delivery) = message { delivery.texts } else { [[UInt8]]() } }
    }
    let first = await converse(archives[0], archives[1])
    #expect(Set(textsIn(first.messages.caller)).count == textsIn(first.messages.caller).count)
    let second = await converse(archives[1], archives[2], deliveryByteLimit: 1)
    let sent = textsIn(second.messages.caller)
    #expect(sent.count == 5 && Set(sent) == Set(texts.map { Array($0.string.utf8) }))
    try await archives[0].write { try $0.update(try $0.list(Article.self)[0].id) { $0.title = "Title" } }
    #expect(textsIn((await converse(archives[0], archives[2])).messages.caller).isEmpty)
    try await archives[1].sync(with: archives[2])
    try await expectEqual(archives)
  }

  @Test func onlyWhatMovedSinceTheLastMeetingIsCompared() async throws {
    let archives = try folder.archives("hub", "one", "two")
    for number in 0..<30 {
      // Thirty origins: each archive is left after one change.
      let writer = try Archive(creatingAt: "\(folder.path)/writer\(number).dicta", corpus: await archives[0].status.corpus, device: "w")
      try await writer.writeClaim("\(number)")
      try await writer.sync(with: archives[0])
      try writer.close()
    }
    for archive in archives.dropFirst() { try await archive.sync(with: archives[0]) }
    func headsIn(_ messages: [Message]) -> [PeerHeads] {
      messages.compactMap { if case .heads(let heads) = $0 { heads } else { nil } }
    }
    try await archives[1].writeClaim("new")
    let outcome = await converse(archives[1], archives[0])
    #expect(headsIn(outcome.messages.caller).first?.names.count == 1)
    #expect(headsIn(outcome.messages.caller).first?.base != nil)
    #expect(headsIn(outcome.messages.answerer).first.map { $0.names.count <= 1 && $0.base != nil } == true)
    #expect(try outcome.caller.get().isEqual)
    // The second one has slept through this, and remembers an older meeting.
    try await archives[2].writeClaim("newer")
    let later = await converse(archives[2], archives[0])
    #expect(headsIn(later.messages.answerer).first.map { $0.names.count == 1 && $0.base != nil } == true)
    #expect(try later.caller.get().isEqual && later.caller.get().received == 1)
    try await archives[1].sync(with: archives[0])
    try await expectEqual(archives)
  }

  @Test func whatIsWrittenDuringASessionGoesWithTheNext() async throws {
    let archives = try folder.archives("one", "two")
    for number in 0..<200 { try await archives[0].writeClaim("\(number)") }
    async let outcome = converse(archives[0], archives[1], TestLine.Trouble(portion: 1 << 10), deliveryByteLimit: 1)
    async let writing: Void = {
      for number in 0..<50 { try await archives[1].writeClaim("meanwhile \(number)") }
    }()
    #expect(!(await outcome).hasFailed)
    try await writing
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
    try await expectEqual(archives)
    #expect(try await archives[0].status.counts[.claim] == 250)
  }

  @Test func severalSessionsOfOneArchiveAtOnceDoNotDisturbEachOther() async throws {
    let archives = try folder.archives("hub", "one", "two", "three", "four")
    for (number, archive) in archives.enumerated() { for text in 0..<10 { try await archive.writeClaim("\(number) \(text)") } }
    for _ in 0..<2 {
      await withTaskGroup(of: Bool.self) { group in
        for archive in archives.dropFirst() { group.addTask { (await converse(archive, archives[0])).hasFailed } }
        for await hasFailed in group { #expect(!hasFailed) }
      }
    }
    for archive in archives.dropFirst() { #expect(try await archive.sync(with: archives[0]).isEqual) }
    for archive in archives.dropFirst() { try await archive.sync(with: archives[0]) }
    try await expectEqual(archives)
  }

  @Test func aPeerThatRefusesIsHeard() async throws {
    let one = try folder.archives("one")[0]
    let other = try Archive(creatingAt: "\(folder.path)/other.dicta")
    for archive in [one, other] { try await archive.writeClaim("one") }
    let outcome = await converse(one, other)
    #expect(throws: ProtocolViolation.otherCorpus(ours: try await one.status.corpus, theirs: try await other.status.corpus)) {
      try outcome.caller.get()
    }
  }

  @Test func aPeerThatSaysNothingIsGivenUp() async throws {
    let archives = try folder.archives("one", "two")
    let (here, _) = TestLine.pair()
    var options = SyncOptions()
    options.stallLimit = .milliseconds(50)
    await #expect(throws: LineError.stalled(.milliseconds(50))) {
      try await archives[0].sync(over: here, as: .caller, with: "nobody", options: options)
    }
  }
}
