import DictaModels
import DictaTestSupport
import Testing

@testable import DictaStorage

@Suite struct AsideTests {
  let folder = TemporaryFolder()

  @Test func whatIsKeptAsideIsListedAndCountedAlike() async throws {
    let eventful = try await EventfulArchive(in: folder)
    let archive = try eventful.open()
    let problems = try await archive.check()
    func message(_ place: String) -> String? { problems.first { $0.place == place && $0.code == "aside" }?.message }
    #expect(message("gadget/\(UUIDText.string(Reference.claim(1).id))")?.contains("the type gadget") == true)
    #expect(message(Reference.claim(8).description)?.contains("`mood`, `tags.x`") == true)
    #expect(message(Reference.claim(7).description)?.contains("no change that is held creates it") == true)
    #expect(message(Reference.claim(9).description)?.contains("no change that is held creates it") == true)
    let run = problems.first { $0.place == "origin \(eventful.forger), changes 1 to 3" }
    #expect(run?.count == 3)
    #expect(problems.count == 5)
    #expect(try await archive.read { try $0.status().aside } == 7)
    #expect(problems.filter { !$0.isHarmless } == [])
  }

  @Test func aPlaceThatNothingRefersToAnyMoreIsNothing() async throws {
    let archive = try folder.archive()
    var forger = Forger(try await archive.corpus().id)
    let holder = Reference.claim(1)
    _ = try await archive.receive(
      try forger.delivery(
        Group(entity: holder, action: .create, ops: [Op(.field("text"), .string("one")), Op(.field("negationOf"), .reference(.claim(5)))])),
      from: "forger")
    #expect(try await archive.check().map(\.place) == [Reference.claim(5).description])
    #expect(try await archive.read { try $0.status().aside } == 1)
    let over = [VersionName(line: 0, sequence: 1)]
    _ = try await archive.receive(
      try forger.delivery(Group(entity: holder, action: .edit, ops: [Op(.field("negationOf"), .null, overwrites: over)])), from: "forger")
    #expect(try await archive.check() == [])
    #expect(try await archive.read { try $0.status().aside } == 0)
  }

  @Test func anEntityThatIsNotShownSaysWhatItLacks() async throws {
    let archive = try folder.archive()
    var forger = Forger(try await archive.corpus().id)
    _ = try await archive.receive(
      try forger.delivery(Group(entity: .claim(1), action: .create, ops: [Op(.field("note"), .string("no text"))])), from: "forger")
    let problems = try await archive.check()
    #expect(problems.map(\.code) == ["unreadable"])
    #expect(problems[0].message.contains("`text`") && problems[0].isHarmless)
  }

  @Test func anAnchorFromElsewhereIsListedAlsoThatOfAPlacement() async throws {
    let archive = try folder.archive()
    let small = try await archive.writeSmallCorpus()
    let hash = small.article.text.hash
    func anchor(_ end: Int64) -> Value { .record(Record(["textHash": .text(hash), "start": .integer(0), "end": .integer(end)])) }
    func segments(_ end: Int64) -> Value { .list([.record(Record(["anchor": anchor(end)]))]) }
    var forger = Forger(try await archive.corpus().id)
    let quote = Reference.of("quote", 1)
    let placing = Value.record(Record(["placement": .string("exact"), "score": .integer(1000), "segments": segments(7_000)]))
    _ = try await archive.receive(
      try forger.delivery(
        Group(
          entity: quote, action: .create,
          ops: [
            Op(.field("articleID"), .reference(small.article.reference)), Op(.field("kind"), .string("direct")),
            Op(.field("segments"), segments(9_000)), Op(.key(ExactString(hash.description), of: "placements"), placing),
          ])), from: "forger")
    let problems = try await archive.check()
    #expect(problems.map(\.code) == ["anchor", "anchor"])
    #expect(problems.allSatisfy { $0.place == quote.description && $0.isHarmless })
  }

  @Test func changesThatCannotBeProvenAreNamed() async throws {
    let archive = try folder.archive()
    archive.setSigningPause(.seconds(3600))
    try await archive.writeClaim("signed")
    _ = try await archive.open(for: [])
    // While they are written, a copy is made of the file alone, before the last ones are signed.
    for number in 0..<3 { try await archive.writeClaim("not signed \(number)") }
    try await archive.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
    let count = try await archive.read { transaction in
      transaction.branches[0].received - transaction.currentInfo.signed
    }
    #expect(count > 0)
    try folder.copy("corpus.dicta", to: "copy.dicta")
    let copy = try Archive(at: folder.file("copy.dicta"))
    let problems = try await copy.check()
    try #require(problems.map(\.code) == ["unproven"])
    #expect(problems[0].count == Int(count) && problems[0].isHarmless)
    #expect(problems[0].message.contains("Sync the original"))
    #expect(try await archive.check() == [])
    try await archive.hand(to: copy)
    #expect(try await copy.check() == [])
  }
}
