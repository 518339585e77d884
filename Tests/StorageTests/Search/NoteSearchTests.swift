import DictaModels
import Testing

@testable import DictaStorage

/// An entity's words and its note are two documents, and a search finds what stands in them together.
@Suite struct NoteSearchTests {
  let folder = TemporaryFolder()

  private func found(_ words: String, in archive: Archive) async throws -> Set<Reference> {
    Set(try await archive.read { try $0.search(words).map(\.entity) })
  }

  @Test func wordsAreFoundWhereverTheyStand() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { transaction in
      try transaction.update(corpus.quote.id) { $0.note = "Doubtful: see the CAFÉ interview" }
      try transaction.update(corpus.claim.id) { $0.note = "spring of which year?" }
      try transaction.update(corpus.stance.id) { $0.note = "spring, café" }
    }
    let (quote, claim, stance, article) = (corpus.quote.reference, corpus.claim.reference, corpus.stance.reference, corpus.article.reference)
    for (words, expected) in [
      ("doubtful", [quote]), ("bridge doubtful", [quote]), ("interv* spring", [quote]), ("\"cafe interview\" \"open in spring\"", [quote]),
      ("spring", [quote, claim, stance, article]), ("spring year", [claim]), ("cafe spring", [quote, stance]), ("the", [quote, claim, article]),
      ("bridge cafe spring see", [quote]), ("doubtful year", []), ("nobody doubtful", []), ("sp* ca* bri*", [quote]),
    ] { #expect(try await found(words, in: archive) == Set(expected), "\(words)") }
    #expect(try await archive.check() == [])
  }

  @Test func aPhraseStandsInOneOfTheTwo() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("the dam opens")
    try await archive.write { try $0.update(id) { $0.note = "in spring" } }
    #expect(try await found("\"dam opens\" \"in spring\"", in: archive) == [id.reference])
    #expect(try await found("\"opens in\"", in: archive) == [])
  }

  @Test func bothDocumentsScore() async throws {
    let archive = try folder.archive()
    let (words, note, both) = (
      try await archive.writeClaim("a bridge"), try await archive.writeClaim("a ferry"), try await archive.writeClaim("a bridge")
    )
    for number in 0..<20 {
      let other = try await archive.writeClaim("a boat")
      try await archive.write { try $0.update(other) { $0.note = "number \(number)" } }
    }
    try await archive.write { transaction in
      for id in [note, both] { try transaction.update(id) { $0.note = "no bridge" } }
    }
    let hits = try await archive.read { try $0.search("bridge") }
    let scores = Dictionary(uniqueKeysWithValues: hits.map { ($0.entity, $0.score) })
    let (ofWords, ofNote) = (try #require(scores[words.reference]), try #require(scores[note.reference]))
    #expect(hits.first?.entity == both.reference && abs(hits[0].score - ofWords - ofNote) <= 1)
    #expect(ofWords > 0 && ofNote > 0)
  }

  @Test func aSnippetShowsTheMatchInANote() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim(String(repeating: "all about nothing ", count: 1000))
    try await archive.write { try $0.update(id) { $0.note = "but for one bridge" } }
    for words in ["bridge", "one bridge"] {
      for byteLimit in [Int.max, 300] {
        let hit = try #require(try await archive.read { try $0.search(words, snippetByteLimit: byteLimit).first })
        #expect(hit.snippet.contains("⟦bridge⟧"), "\(hit.snippet)")
      }
    }
    // Of two that are far from each other one is shown.
    let hit = try #require(try await archive.read { try $0.search("nothing bridge").first })
    #expect(hit.snippet.contains("⟦"), "\(hit.snippet)")
  }

  @Test func typesPagesAndTheDeletedAreAsInOtherSearches() async throws {
    let archive = try folder.archive()
    var claims: [Claim.ID] = []
    for number in 0..<60 {
      let id = try await archive.writeClaim("number \(number)")
      let note = number.isMultiple(of: 3) ? "a bridge over \(number % 4) rivers" : "a bridge"
      try await archive.write { try $0.update(id) { $0.note = note } }
      claims.append(id)
    }
    let speaker = try await archive.writeSpeaker("Bridge Keeper")
    let (gone, back) = (claims[1], claims[2])
    try await archive.write { transaction in
      for id in [gone, back] { _ = try transaction.delete(id.reference) }
      try transaction.restore(back.reference)
    }
    let all = try await archive.read { try $0.search("bridge", limit: -1).map(\.entity) }
    #expect(Set(all) == Set((claims.filter { $0 != gone }).map(\.reference) + [speaker.reference]) && all.count == 60)
    for (skipping, limit) in [(0, 20), (20, 20), (40, 20), (59, 20), (60, 5), (100, 1), (0, 0), (3, .max)] {
      let page = try await archive.read { try $0.search("bridge", skipping: skipping, limit: limit).map(\.entity) }
      #expect(page == Array(all.dropFirst(skipping).prefix(limit)), "\(limit) behind \(skipping)")
    }
    #expect(try await archive.read { try $0.search("bridge", type: .speaker).map(\.entity) } == [speaker.reference])
    #expect(try await archive.read { try $0.search("bridge", type: .article) }.isEmpty)
  }

  @Test func theIndexFollowsNotes() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let quote = corpus.quote.id
    func note(_ note: String?) async throws { try await archive.write { try $0.update(quote) { $0.note = note } } }
    try await note("first")
    #expect(try await found("first spring", in: archive) == [quote.reference])
    try await note("second")
    #expect(try await found("first", in: archive) == [])
    #expect(try await found("second bridge", in: archive) == [quote.reference])
    for empty in ["", "…", nil] {
      try await note("third")
      try await note(empty)
      #expect(try await found("third", in: archive) == [])
      #expect(try await archive.check() == [])
    }
    try await note("fourth")
    try await archive.write { try $0.update(corpus.claim.id) { $0.text = "no bridge any more" } }
    try await archive.write { _ = try $0.delete(quote.reference, cascading: true) }
    #expect(try await found("fourth", in: archive) == [])
    try await archive.write { try $0.restore(quote.reference) }
    #expect(try await found("fourth", in: archive) == [quote.reference])
    #expect(try await archive.check() == [])
  }

  @Test func aTransactionFindsTheNotesItHasSet() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { transaction in
      try transaction.update(corpus.quote.id) { $0.note = "first" }
      #expect(try transaction.search("first").count == 1)
      try transaction.update(corpus.quote.id) { $0.note = "second" }
      try transaction.update(corpus.quote.id) { $0.note = "third" }
      try transaction.update(corpus.claim.id) { $0.note = "third, too" }
      #expect(try transaction.search("first").isEmpty && transaction.search("second").isEmpty)
      #expect(try transaction.search("third").count == 2)
      try transaction.update(corpus.claim.id) { $0.note = nil }
    }
    #expect(try await found("third", in: archive) == [corpus.quote.reference])
    #expect(try await archive.check() == [])
  }

  @Test func aTransactionThatIsTakenBackLeavesNoNote() async throws {
    struct Enough: Error {}
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    for searches in [false, true] {
      let isRefused = await refuses({
        try await archive.write { transaction in
          try transaction.update(corpus.quote.id) { $0.note = "first" }
          if searches { _ = try transaction.search("first") }
          throw Enough()
        }
      }) { $0 is Enough }
      #expect(isRefused)
    }
    #expect(try await found("first", in: archive) == [])
    #expect(try await archive.check() == [])
  }

  @Test func moreNotesThanAreKeptInMemoryAreFound() async throws {
    let archive = try folder.archive()
    let ids = try await archive.write { transaction in
      try (0..<60).map { number in
        var claim = Claim(id: transaction.newID(), text: "number \(number)")
        claim.note = "before"
        try transaction.insert(claim)
        return claim.id
      }
    }
    let long = String(repeating: "long ", count: 10_000)
    #expect(60 * long.utf8.count > 2 * PendingNotes.byteLimit)
    try await archive.write { transaction in
      for id in ids.reversed() { try transaction.update(id) { $0.note = long } }
      for id in ids.prefix(3) { try transaction.update(id) { $0.note = "after" } }
    }
    #expect(try await archive.read { try $0.search("long", limit: 100) }.count == 57)
    #expect(try await found("after number", in: archive) == Set(ids.prefix(3).map(\.reference)))
    #expect(try await found("before", in: archive) == [])
    #expect(try await archive.check() == [])
  }

  @Test func settingANoteReadsNoText() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.tamper("UPDATE text SET content = x'ff00'")
    try await archive.write { try $0.update(corpus.quote.id) { $0.note = "set" } }
    try await archive.write { try $0.write([(.field("note"), .string("set, too"))], to: corpus.article.reference) }
    let count = try await archive.pool.read { try $0.first("SELECT count(*) FROM searchNote WHERE searchNote MATCH 'set'") { $0.integer(0) } }
    #expect(count == 2)
    // What does read it says what is wrong with it.
    let isRefused = await refuses({ try await archive.write { try $0.update(corpus.quote.id) { $0.segments = [] } } }) { error in
      if case ArchiveError.damaged = error { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func nothingThatIsTypedIsTakenForAnOperatorWhereNotesHaveTheWords() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("plain words")
    let letters = (0..<2_000).compactMap { Unicode.Scalar(0x4E00 + $0) }.map { String($0) }
    try await archive.write { transaction in
      try transaction.update(id) { $0.note = "and or not near a b x col words \(letters.joined(separator: " "))" }
    }
    for words in [
      "a AND (", "a OR", "NOT", "NEAR(a b)", "a\"b", "a*b", "-a", "a^2", "words:a", "{a b}", "col : a", "a + b", "'; DROP TABLE searchNote; --",
      "a\u{0}b", "a%", "“a”", String(repeating: "a ", count: 2_000), String(repeating: "x", count: 100_000),
    ] { _ = try await archive.read { try $0.search(words) } }
    for words in ["NOT near plain", "a AND b", "plain OR", "a a a a", letters.joined(separator: " ") + " plain", letters.joined(separator: "* ")] {
      #expect(try await found(words, in: archive) == [id.reference], "\(words.prefix(40))")
    }
    #expect(try await found(letters.joined(separator: " ") + " missing", in: archive) == [])
    #expect(try await archive.check() == [])
  }
}
