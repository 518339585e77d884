import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct CheckTests {
  let folder = TemporaryFolder()

  @Test func nothingIsWrongWithAnArchiveThatIsWhole() async throws {
    let archives = try folder.archives(2)
    #expect(try await archives[0].check() == [])
    let corpus = try await archives[0].writeSmallCorpus()
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    try await archives[1].write { try $0.update(corpus.quote.id) { $0.medium = "radio" } }
    try await archives[0].sync(with: archives[1])
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func everyProblemSaysWhereItIsAndWhatToDo() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { try $0.update(corpus.claim.id) { $0.text = "changed" } }
    try await archive.pool.writeWithoutTransaction { db in
      try db.execute(sql: "UPDATE text SET content = 'x'")
      try db.execute(sql: "UPDATE log SET id = zeroblob(32) WHERE position = 2")
      try db.execute(sql: "UPDATE entity SET state = x'0102' WHERE number = 2")
    }
    let problems = try await archive.check()
    #expect(Set(problems.map(\.code)).isSuperset(of: ["text", "chain", "row"]))
    let origin = try await archive.read { try $0.status().origin }
    #expect(problems.contains { $0.code == "chain" && $0.place == "origin \(origin), change 2" })
    #expect(problems.contains { $0.code == "text" && $0.place == "text \(corpus.article.text.hash)" })
    #expect(problems.contains { $0.code == "row" && $0.place == corpus.speaker.reference.description })
    for problem in problems where !problem.isHarmless { #expect(problem.message.contains("restore") || problem.code == "anchor") }
  }

  @Test func aPlaceThatNothingRefersToAnyMoreIsNothing() async throws {
    let archive = try folder.archive()
    var forger = Forger(try await archive.corpus().id)
    let holder = Reference.of("folder", 1)
    _ = try await archive.receive(
      try forger.delivery(Group(entity: holder, action: .create, ops: [Op(.field("points"), .reference(.claim(5)))])), from: "forger")
    #expect(try await archive.check().map(\.place) == [Reference.claim(5).description])
    #expect(try await archive.read { try $0.status().aside } == 1)
    let over = [VersionName(line: 0, sequence: 1)]
    _ = try await archive.receive(
      try forger.delivery(Group(entity: holder, action: .edit, ops: [Op(.field("points"), .null, overwrites: over)])), from: "forger")
    #expect(try await archive.check() == [])
    #expect(try await archive.read { try $0.status().aside } == 0)
  }
}
