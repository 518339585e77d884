import DictaModels
import Testing

@Suite struct QuoteCommandTests {
  /// A report with everything that makes anchoring hard.
  static let text = """
    The minister then spoke to the press.\r
    “We have lost time,” the minister said, “and time, he knows, is water.” He said no more.\r
    “We have lost time” was all that 10\u{A0}000 people in the cafe\u{301} heard 🕊. Venn and Pell said “we agree”.
    """

  private func desk() async throws -> (desk: Desk, article: String) {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", "--outlet", "Gazette", "--published", "2021-03-04", input: Self.text)
    return (desk, article.id)
  }

  @Test func aSplitQuotationIsOneQuoteWithItsSource() async throws {
    let (desk, article) = try await desk()
    let speaker = try await desk.json("speaker", "add", "Ilvény").id
    let quote = try await desk.json(
      "quote", "add", "--article", String(article.suffix(6)), "--text", "We have lost time", "--text", "time", "--speaker", "Ilvény",
      "--mention", "the minister", "--mention-kind", "nominal", "--role", "minister", "--cue", "said", "--said-on", "2021-03-03",
      "--medium", "a briefing", "--addressee", speaker, "--kind", "mixed", "--assertion", "attitude", "--not-verbatim", "--note", "n", "--tag", "t")
    let text = try ArticleText(Self.text)
    let segments = try #require(quote["segments"]).elements
    #expect(segments.map { $0["anchor"]?["exact"]?.string } == ["We have lost time", "time"])
    #expect(segments.map { $0["verbatim"] } == [.bool(false), .bool(false)])
    #expect(segments[1]["anchor"]?["start"] == .integer(Int64(text.occurrences(of: "time")[1])))
    let source = try #require(quote["sources"]?[0])
    #expect(source["speakerID"]?.string == speaker && source["roleAsStated"]?.string == "minister" && source["mentionKind"]?.string == "nominal")
    // The mention and the cue between the segments, not those before them.
    #expect(source["mention"]?["start"] == .integer(Int64(text.occurrences(of: "the minister")[0])))
    #expect(quote["cue"]?["start"] == .integer(Int64(text.occurrences(of: "said")[0])))
    #expect(quote["addressees"]?[0]?["speakerID"]?.string == speaker)
    #expect(quote["kind"]?.string == "mixed" && quote["assertion"]?.string == "attitude" && quote["saidOn"]?.string == "2021-03-03")
    #expect(quote["articleID"]?.string == article && quote["medium"]?.string == "a briefing" && quote["tags"] == .array([.string("t")]))
    #expect(try await desk.json("quote", "show", quote.id) == quote)
  }

  @Test func aMentionIsAWholeWordOutsideTheQuotedWords() async throws {
    let (desk, article) = try await desk()
    let text = try ArticleText(Self.text)
    let quote = try await desk.json("quote", "add", "--article", article, "--text", "and time, he knows, is water", "--mention", "He")
    #expect(quote["sources"]?[0]?["mention"]?["start"] == .integer(Int64(text.occurrences(of: "He")[0])))
    let inside = try await desk.failure("quote", "add", "--article", article, "--text", "and time, he knows, is water", "--mention", "knows")
    #expect(inside.status == 65 && inside.text.contains("only inside the quoted words"))
    let cue = try await desk.failure("quote", "add", "--article", article, "--text", "we agree", "--cue", "shouted")
    #expect(cue.status == 65 && cue.text.contains(#""where":"--cue""#))
  }

  @Test func occurrencesCountFromOne() async throws {
    let (desk, article) = try await desk()
    let text = try ArticleText(Self.text)
    let second = try await desk.json("quote", "add", "--article", article, "--text", "We have lost time", "--occurrence", "2")
    #expect(second["segments"]?[0]?["anchor"]?["start"] == .integer(Int64(text.occurrences(of: "We have lost time")[1])))
    let third = try await desk.failure("quote", "add", "--article", article, "--text", "We have lost time", "--occurrence", "3")
    #expect(third.status == 65 && third.text.contains("2 times"))
    #expect(try await desk.failure("quote", "add", "--article", article, "--text", "x", "--occurrence", "0").status == 64)
    let told = try await desk.run("quote", "add", "--article", article, "--text", "We have lost time")
    #expect(told.stdout.contains("2 times; this is the first"))
  }

  @Test func wordsThatAreNotThereShowTheNearestPlace() async throws {
    let (desk, article) = try await desk()
    func near(_ words: String...) async throws -> String {
      var arguments = ["quote", "add", "--article", article, "--json"]
      for words in words { arguments += ["--text", words] }
      let outcome = try await CLI.run(arguments, in: desk.folder)
      #expect(outcome.status == 65)
      return try outcome.error["message"]?.string ?? ""
    }
    #expect(try await near("caf\u{E9}").contains("normalisation"))
    #expect(try await near("10 000 people").contains("white space"))
    #expect(try await near("\"We have lost time,\"").contains("quotation marks"))
    #expect(try await near("the press.\n“We").contains("white space"))
    #expect(try await near("zebra").contains("nor anything near it"))
    #expect(try await near("is water", "We have lost time,").contains("does not stand behind"))
    #expect(try await near("").contains("at least one character"))
    #expect(try await desk.json("quote", "list") == .array([]))
  }

  @Test func emojiAndNoBreakSpacesAreFoundAsTheyStand() async throws {
    let (desk, article) = try await desk()
    let quote = try await desk.json("quote", "add", "--article", article, "--text", "10\u{A0}000 people in the cafe\u{301} heard 🕊")
    #expect(quote["segments"]?[0]?["anchor"]?["exact"]?.string?.utf8.count == 39)
  }

  @Test func sourcesMayBeJSON() async throws {
    let (desk, article) = try await desk()
    let venn = try await desk.json("speaker", "add", "Venn").id
    let pell = #"{"mention":{"exact":"Pell"},"mentionKind":"name","roleAsStated":"envoy"}"#
    let quote = try await desk.json(
      "quote", "add", "--article", article, "--text", "we agree", "--speaker", venn, "--mention", "Venn", "--source", pell, "--source",
      #"{"speakerID":"\#(venn.suffix(6))"}"#)
    let sources = try #require(quote["sources"]).elements
    #expect(sources.map { $0["speakerID"]?.string } == [venn, nil, venn])
    #expect(sources.map { $0["mention"]?["exact"]?.string } == ["Venn", "Pell", nil])
    func failing(_ source: String) async throws -> (status: Int32, text: String) {
      try await desk.failure("quote", "add", "--article", article, "--text", "we agree", "--source", source)
    }
    let kind = try await failing(#"{"mentionKind":"nick"}"#)
    #expect(kind.status == 65 && kind.text.contains(#""where":"--source[0].mentionKind""#))
    #expect(try await failing("{").status == 65)
    #expect(try await failing(#"{"spekerID":"x"}"#).text.contains("known are mention"))
    #expect(try await failing(#"{"speakerID":"ffffffff"}"#).status == 66)
    #expect(try await failing(#"{"mention":{"exact":"Zoe"}}"#).text.contains("--source[0].mention"))
    #expect(try await failing(#"{"mention":{"start":0,"end":3,"exact":"Pell"}}"#).status == 65)
  }

  @Test func speakersAreNamedExactlyAndUniquely() async throws {
    let (desk, article) = try await desk()
    let one = try await desk.json("speaker", "add", "Ana Ilvény", "--alias", "Ilvény").id
    let two = try await desk.json("speaker", "add", "Radu Ilvény", "--alias", "Ilvény").id
    func add(_ speaker: String) async throws -> CLI.Outcome {
      try await desk.run("quote", "add", "--article", article, "--text", "we agree", "--speaker", speaker, "--json")
    }
    let several = try await add("Ilvény")
    #expect(several.status == 66)
    #expect(try several.error["problems"]?.elements.map { $0["id"]?.string } == [one, two])
    #expect(try several.error["code"]?.string == "ambiguous")
    let unknown = try await add("ilveny")
    #expect(unknown.status == 66)
    #expect(try unknown.error["problems"]?.elements.count == 2)
    #expect(try await add("Ana Ilve\u{301}ny").json["sources"]?[0]?["speakerID"]?.string == one)
    try await desk.json("speaker", "merge", two, one)
    #expect(try await add("Ilvény").json["sources"]?[0]?["speakerID"]?.string == one)
  }

  @Test func quotesReferToEachOther() async throws {
    let (desk, article) = try await desk()
    let outer = try await desk.json("quote", "add", "--article", article, "--text", "We have lost time").id
    let inner = try await desk.json(
      "quote", "add", "--article", article, "--text", "agree", "--parent", outer, "--content-of", String(outer.suffix(6)),
      "--same-utterance-as", outer)
    #expect([inner["parentID"], inner["contentOfID"], inner["sameUtteranceAs"]].map { $0?.string } == [outer, outer, outer])
    #expect(try await desk.failure("quote", "add", "--article", article, "--text", "agree", "--parent", article).status == 66)
    #expect(try await desk.failure("quote", "add", "--article", outer, "--text", "agree").status == 66)
    #expect(try await desk.failure("quote", "add", "--article", article).status == 64)
    let page = try await desk.run("quote", "show", inner.id).stdout
    for words in ["reported in", "speaks of", "same utterance", "⟦agree⟧"] { #expect(page.contains(words)) }
    #expect(try await desk.run("quote", "show", outer).stdout.contains("reports"))
  }
}
