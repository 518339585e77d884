import DictaModels
import DictaTestSupport
import Testing

@testable import DictaStorage

@Suite struct CheckTests {
  let folder = TemporaryFolder()

  @Test func nothingIsWrongWithAnArchiveThatIsWhole() async throws {
    let archives = try folder.archives(2)
    #expect(try await archives[0].check() == [])
    let corpus = try await archives[0].writeSmallCorpus()
    try await archives[0].hand(to: archives[1])
    try await archives[0].write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    try await archives[1].write { try $0.update(corpus.quote.id) { $0.medium = "radio" } }
    try await archives[0].hand(to: archives[1])
    try await archives[1].hand(to: archives[0])
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test(arguments: [nil, 1_700_000_000_000 as UInt64]) func whateverHappenedAWholeArchiveIsNotDamaged(clock: UInt64?) async throws {
    let eventful = try await EventfulArchive(in: folder, at: clock)
    let archive = try eventful.open()
    let problems = try await archive.check()
    #expect(Set(problems.map(\.code)) == ["aside"])
    let status = try await archive.read { try $0.status() }
    #expect(problems.reduce(0) { $0 + $1.count } == status.aside)
    #expect(status.forks == 1 && status.conflicts == 2)
    // A copy finds the same, though it has no witness.
    try await archive.backup(to: folder.file("copy.dicta"))
    #expect(try await Archive(at: folder.file("copy.dicta")).check() == problems)
    #expect(try await Archive(readingAt: folder.file(EventfulArchive.name)).check() == problems)
  }

  @Test func longRunsAreSound() async throws {
    let archives = try folder.archives(2)
    let long = String(repeating: "w", count: 60_000)
    let ids = try await archives[0].write { transaction in
      try (0..<40).map { number in
        let claim = Claim(id: transaction.newID(), text: "\(number) \(long)")
        try transaction.insert(claim)
        // Set again after it was sealed.
        if number > 30 { try transaction.update(claim.id) { $0.text = "\(number)" } }
        return claim.id
      }
    }
    try await archives[0].write { transaction in for id in ids { try transaction.update(id) { $0.text = "again" } } }
    try await archives[0].hand(to: archives[1], byteLimit: 1)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test(arguments: 0..<12) func randomArchivesAreSound(seed: Int) async throws {
    var random = SeededRandom(seed: UInt64(seed))
    let archives = try (0..<3).map { number in
      let surroundings = seed.isMultiple(of: 3) ? Surroundings.frozen(at: 1_700_000_000_000, seed: UInt64(seed * 8 + number)) : .system
      return try Archive(
        creatingAt: folder.file("\(number).dicta"), corpus: CorpusID(raw: .sixteen(UInt64(seed))), device: "\(number)", surroundings: surroundings)
    }
    for _ in 0..<40 {
      let archive = random.pick(archives)
      if random.happens(percent: 25) {
        try await archive.hand(to: random.pick(archives.filter { $0 !== archive }), byteLimit: random.pick([1, 2_000, 1 << 20]))
      } else {
        try await archive.writeSomething(&random)
      }
    }
    for archive in archives {
      let problems = try await archive.check()
      #expect(problems.filter { !$0.isHarmless } == [], "seed \(seed)")
      #expect(try await archive.read { try $0.status().aside } == problems.reduce(0) { $0 + ($1.code == "aside" ? $1.count : 0) }, "seed \(seed)")
    }
  }

  @Test func everyProblemSaysWhereItIsAndWhatToDo() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { try $0.update(corpus.claim.id) { $0.text = "changed" } }
    try await archive.tamper("UPDATE text SET content = 'x'")
    try await archive.tamper("UPDATE log SET id = zeroblob(32) WHERE position = 2")
    try await archive.tamper("UPDATE entity SET state = x'0102' WHERE number = 2")
    let problems = try await archive.check()
    #expect(Set(problems.map(\.code)).isSuperset(of: ["text", "chain", "row", "skipped"]))
    let origin = try await archive.read { try $0.status().origin }
    #expect(problems.contains { $0.code == "chain" && $0.place == "origin \(origin), change 2" })
    #expect(problems.contains { $0.code == "text" && $0.place == "text \(corpus.article.text.hash)" })
    #expect(problems.contains { $0.code == "row" && $0.place == corpus.speaker.reference.description })
    for problem in problems where !problem.isHarmless { #expect(problem.message.contains("restore")) }
  }

  @Test func aRowThatIsNotWhatTheLogSaysIsNamedWithItsField() async throws {
    let archive = try folder.archive()
    let (first, second) = (try await archive.writeClaim("one"), try await archive.writeClaim("two"))
    try await archive.tamper("UPDATE entity SET state = (SELECT state FROM entity WHERE number = 2) WHERE number = 1")
    let problems = try await archive.check()
    #expect(problems.map(\.code) == ["row"])
    #expect(problems.first?.place == first.reference.description)
    #expect(problems.first?.message.contains("field `text`") == true)
    #expect(problems.first?.message.contains("the log is sound") == true)
    #expect(!problems.contains { $0.place == second.reference.description })
  }

  @Test func whatIsShownFirstIsCompared() async throws {
    let eventful = try await EventfulArchive(in: folder)
    let archive = try eventful.open()
    let id = eventful.conflicting.reference
    try await archive.pool.writeWithoutTransaction { db in
      let names = try ArchiveCache.read(db, revision: 0).names
      var state = try EntityState(bytes: db.first("SELECT state FROM entity WHERE id = ?", .blob(id.id)) { $0.blob(0) } ?? [], names: names)
      state.put(state.survivors(of: .field("text")).reversed(), at: .field("text"))
      var known = names
      try db.run("UPDATE entity SET state = ? WHERE id = ?", .blob(state.bytes(names: &known)), .blob(id.id))
    }
    let problems = try await archive.check().filter { !$0.isHarmless }
    #expect(problems.map(\.place) == [id.description])
    #expect(problems.first?.message.contains("which value of `text` is shown") == true)
  }

  @Test func ofALongListAThousandAreNamedAndTheRestCounted() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction in
      for number in 0..<1_200 { try transaction.insert(Claim(id: transaction.newID(), text: "\(number)")) }
    }
    try await archive.tamper("UPDATE entity SET conflicts = 1; UPDATE tally SET living = 3")
    let problems = try await archive.check()
    #expect(problems.count { $0.code == "row" } == 1_001)
    #expect(problems.last { $0.code == "row" }?.count == 200)
    #expect(problems.contains { $0.code == "tally" })
  }
}

extension Archive {
  /// One write, of whatever kind chance gives.
  func writeSomething(_ random: inout SeededRandom) async throws {
    let numbers = (0..<4).map { _ in random.next() }
    do {
      try await write { transaction in
        let claims = try transaction.list(Claim.self)
        let quotes = try transaction.list(Quote.self)
        switch numbers[0] % 8 {
        case 0: _ = try SmallCorpus(in: transaction, url: "https://example.org/\(numbers[1] % 3)")
        case 1: try transaction.insert(Claim(id: transaction.newID(), text: "claim \(numbers[1] % 100)"))
        case 2 where !claims.isEmpty:
          try transaction.delete(claims[Int(numbers[1] % UInt64(claims.count))].reference, cascading: true)
        case 3 where !claims.isEmpty:
          let dead = try transaction.db.all("SELECT type, id FROM entity WHERE life = 2") { try $0.reference(0, 1, names: transaction.names) }
          for entity in dead.prefix(2) { try transaction.restore(entity) }
        case 4 where !quotes.isEmpty:
          try transaction.update(quotes[Int(numbers[1] % UInt64(quotes.count))].id) { $0.tags.formSymmetricDifference(["a"]) }
        default:
          for claim in claims where numbers[2] % 3 > 0 {
            try transaction.update(claim.id) {
              $0.text = "text \(numbers[1] % 1_000)"
              $0.externalIDs = ["x": "\(numbers[3] % 3)"]
              $0.negationOf = numbers[3].isMultiple(of: 4) ? claims.first { $0.id != claim.id }?.id : nil
            }
          }
        }
      }
    } catch is ArchiveError {
      // Chance may ask for what isn't allowed.
    }
  }
}
