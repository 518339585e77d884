import DictaModels
import Testing

@testable import DictaStorage

@Suite struct SearchTests {
  let folder = TemporaryFolder()

  /// An archive with these claims.
  private func archive(_ claims: String...) async throws -> Archive {
    let archive = try folder.archive()
    for claim in claims { try await archive.writeClaim(claim) }
    return archive
  }

  /// The claims found, best first.
  private func found(_ words: String, in archive: Archive) async throws -> [String] {
    try await archive.read { transaction in
      try transaction.search(words).compactMap { try transaction.entity(Claim.ID($0.entity.id))?.text }
    }
  }

  @Test func wordsAreFoundWhateverTheirCaseAndDiacritics() async throws {
    let archive = try await archive("Le Café était fermé", "STRASSE und Straße", "Ångström, smørrebrød, žluťoučký", "An İstanbul ferry")
    for words in ["cafe", "CAFÉ", "café", "cafe\u{301}", "etait ferme"] {
      #expect(try await found(words, in: archive) == ["Le Café était fermé"], "\(words)")
    }
    #expect(try await found("angstrom zlutoucky", in: archive).count == 1)
    #expect(try await found("strasse", in: archive) == ["STRASSE und Straße"])
    #expect(try await found("Straße", in: archive) == ["STRASSE und Straße"])
    #expect(try await found("istanbul", in: archive).count == 1)
    #expect(try await found("İSTANBUL", in: archive).count == 1)
  }

  @Test func decomposedWordsAreFoundByComposedOnesAndTheOtherWayRound() async throws {
    let archive = try await archive("re\u{301}sume\u{301} here", "r\u{E9}sum\u{E9} there")
    for words in ["re\u{301}sume\u{301}", "r\u{E9}sum\u{E9}", "resume"] { #expect(try await found(words, in: archive).count == 2, "\(words)") }
  }

  @Test func allWordsMustOccurAndPhrasesInTheirOrder() async throws {
    let archive = try await archive("the dam opens in spring", "in spring the dam opens", "the dam")
    #expect(try await found("dam spring", in: archive).count == 2)
    #expect(try await found("\"dam opens in spring\"", in: archive) == ["the dam opens in spring"])
    #expect(try await found("\"spring the dam\" opens", in: archive) == ["in spring the dam opens"])
    #expect(try await found("dam winter", in: archive).isEmpty)
  }

  @Test func aPrefixFindsWordsThatBeginWithIt() async throws {
    let archive = try await archive("governor", "government", "govern", "misgovern")
    #expect(Set(try await found("govern*", in: archive)) == ["governor", "government", "govern"])
    #expect(try await found("govern", in: archive) == ["govern"])
    #expect(try await found("governm*", in: archive) == ["government"])
    let phrases = try await self.archive2("the water level rises", "the water levels fall", "level water")
    #expect(try await found("\"water lev*\"", in: phrases).count == 2)
  }

  private func archive2(_ claims: String...) async throws -> Archive {
    let archive = try folder.archive("second.dicta")
    for claim in claims { try await archive.writeClaim(claim) }
    return archive
  }

  @Test func nothingThatIsTypedIsTakenForAnOperator() async throws {
    let archive = try await archive("and or not near a b", "plain words")
    let typed = [
      "a AND (", "a OR", "NOT", "NEAR(a b)", "\"", "\"\"", "\"a", "a\"b", "*", "**", "a*b", "-a", "a^2", "words:a", "{a b}", "col : a", "(", ")",
      "a + b",
      "'; DROP TABLE entity; --", "\u{0}", "a\u{0}b", "\\", "%", "_", "…", "“a”", "🌊", "\n\t", String(repeating: "a ", count: 2_000),
      String(repeating: "\"", count: 999), String(repeating: "x", count: 100_000),
    ]
    for words in typed {
      _ = try await archive.read { try $0.search(words) }
    }
    #expect(try await found("NOT near", in: archive) == ["and or not near a b"])
    #expect(try await found("a AND b", in: archive) == ["and or not near a b"])
    #expect(try await found("-plain", in: archive) == ["plain words"])
    #expect(try await found("", in: archive).isEmpty)
    #expect(try await found(" * … ", in: archive).isEmpty)
    #expect(try await archive.check() == [])
  }

  @Test func wordsOfOtherScriptsAreFound() async throws {
    let archive = try await archive(
      "다리는 봄에 열린다", "橋は 春に 開く がんばる", "桥 春天 开放", "Мост откроется весной, ёлка", "η γέφυρα ανοίγει", "الجسر يفتح", "הגשר ייפתח", "पुल खुलेगा", "สะพานจะเปิด")
    for (words, count) in [
      ("봄에", 1), ("다리는 열린다", 1), ("다리*", 1), ("春に", 1), ("がんばる", 1), ("がん*", 1), ("春天", 1), ("春*", 2), ("весной", 1), ("ВЕСНОЙ", 1), ("Ёлка", 1),
      ("γέφυρα", 1), ("ΓΈΦΥΡΑ", 1), ("الجسر", 1), ("הגשר", 1), ("पुल", 1), ("खुलेगा", 1), ("สะพานจะเปิด", 1),
    ] {
      #expect(try await found(words, in: archive).count == count, "\(words)")
    }
  }

  @Test func everythingIsInOneRanking() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.write { transaction in
      try transaction.update(corpus.speaker.id) { speaker in
        speaker.aliases = ["The bridge lady"]
        speaker.note = "speaks of nothing but the bridge"
      }
      try transaction.update(corpus.claim.id) { $0.context = "whether the bridge is a bridge" }
      try transaction.update(corpus.stance.id) { $0.note = "bridge" }
    }
    let hits = try await archive.read { try $0.search("bridge") }
    #expect(
      Set(hits.map(\.entity)) == [
        corpus.article.reference, corpus.speaker.reference, corpus.quote.reference, corpus.claim.reference, corpus.stance.reference,
      ])
    #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
    #expect(hits.allSatisfy { $0.score >= 0 })
    #expect(try await archive.read { try $0.search("bridge", type: .claim).map(\.entity) } == [corpus.claim.reference])
    #expect(try await archive.read { try $0.search("bridge", limit: 2).map(\.entity) } == hits.prefix(2).map(\.entity))
  }

  @Test func theIndexFollowsWhatIsWritten() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    func count(_ words: String) async throws -> Int { try await archive.read { try $0.search(words).count } }
    #expect(try await count("spring") == 3)
    try await archive.write { try $0.update(corpus.claim.id) { $0.text = "The bridge opens in autumn" } }
    #expect(try await count("spring") == 2)
    #expect(try await count("autumn") == 1)
    try await archive.write { transaction in
      try transaction.update(corpus.article.id) { $0.text = try ArticleText("Nothing of the kind") }
    }
    // The quote keeps the words of the text it is anchored in.
    #expect(try await count("spring") == 1)
    #expect(try await count("kind") == 1)
    try await archive.write { _ = try $0.delete(corpus.claim.reference, cascading: true) }
    #expect(try await count("autumn") == 0)
    try await archive.write { try $0.restore(corpus.claim.reference) }
    #expect(try await count("autumn") == 1)
    #expect(try await archive.check() == [])
  }

  @Test func whatArrivesIsFoundAndWhatGoesIsNot() async throws {
    let archives = try folder.archives(2)
    let corpus = try await archives[0].writeSmallCorpus()
    for delivery in try await archives[0].deliveries() { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].read { try $0.search("spring").count } == 3)
    try await archives[0].write { _ = try $0.delete(corpus.article.reference, cascading: true) }
    for delivery in try await archives[0].deliveries(for: archives[1].heads()) { _ = try await archives[1].receive(delivery, from: "1") }
    #expect(try await archives[1].read { try $0.search("spring").map(\.entity) } == [corpus.claim.reference])
    #expect(try await archives[1].check() == [])
  }

  // MARK: Snippets

  @Test func aSnippetMarksEveryMatch() async throws {
    let archive = try await archive("Spring, spring and springs: the CAFÉ opens")
    func snippet(_ words: String) async throws -> String? { try await archive.read { try $0.search(words).first?.snippet } }
    #expect(try await snippet("spring") == "⟦Spring⟧, ⟦spring⟧ and springs: the CAFÉ opens")
    #expect(try await snippet("spring*") == "⟦Spring⟧, ⟦spring⟧ and ⟦springs⟧: the CAFÉ opens")
    #expect(try await snippet("cafe spring") == "⟦Spring⟧, ⟦spring⟧ and springs: the ⟦CAFÉ⟧ opens")
    #expect(try await snippet("\"the cafe\"") == "Spring, spring and springs: ⟦the CAFÉ⟧ opens")
  }

  @Test func aSnippetIsAStretchAroundTheMatches() async throws {
    let before = (0..<60).map { "before\($0)" }.joined(separator: " ")
    let after = (0..<60).map { "after\($0)" }.joined(separator: " ")
    let archive = try await archive("\(before) the needle\nand the thread \(after)")
    let snippet = try #require(try await archive.read { try $0.search("thread needle").first?.snippet })
    #expect(snippet.hasPrefix("…before") && snippet.hasSuffix("…"))
    #expect(snippet.contains("the ⟦needle⟧ and the ⟦thread⟧ after0"))
    #expect(!snippet.contains("\n") && snippet.count < 300)
  }

  @Test func theMatchAtTheEndOfATextStandsNearTheBeginningOfItsSnippet() async throws {
    let archive = try await archive((0..<60).map { "before\($0)" }.joined(separator: " ") + " needle")
    let snippet = try #require(try await archive.read { try $0.search("needle").first?.snippet })
    #expect(snippet == "…before53 before54 before55 before56 before57 before58 before59 ⟦needle⟧")
  }

  @Test func aSnippetOfOverlappingPhrasesMarksThemOnce() async throws {
    let archive = try await archive("one two three four")
    let snippet = try #require(try await archive.read { try $0.search("\"one two\" \"two three\" two").first?.snippet })
    #expect(snippet.filter { $0 == "⟦" }.count == snippet.filter { $0 == "⟧" }.count)
    #expect(snippet.filter { $0 != "⟦" && $0 != "⟧" } == "one two three four")
  }

  // MARK: Endings of ids

  @Test func anEntityIsFoundByAnyEndingOfItsID() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let id = corpus.claim.id.description
    for ending in [
      String(id.suffix(6)), String(id.suffix(13)), id, id.uppercased(), String(id.suffix(20).drop { $0 == "-" }), id.filter { $0 != "-" },
    ] {
      #expect(try await archive.read { try $0.entities(endingIn: ending) } == [corpus.claim.reference], "\(ending)")
    }
    for ending in ["", "-", "xyz", id + "0", "%", String(repeating: "0", count: 40)] {
      #expect(try await archive.read { try $0.entities(endingIn: ending).isEmpty }, "\(ending)")
    }
    #expect(try await archive.read { try $0.entities(endingIn: id, type: .speaker).isEmpty })
    // Of a kind, one digit is enough for several; deleted ones count too.
    for _ in 0..<40 { try await archive.writeClaim("more") }
    #expect(try await archive.read { try $0.entities(endingIn: "5", limit: 2).count } <= 2)
    try await archive.write { _ = try $0.delete(corpus.stance.reference) }
    #expect(try await archive.read { try $0.entities(endingIn: corpus.stance.id.description) } == [corpus.stance.reference])
  }
}
