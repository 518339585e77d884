import DictaModels
import Testing

@Suite struct ListAndShowTests {
  @Test func filtersNarrowWhatTheyApplyTo() async throws {
    let desk = try Desk.withArchive()
    let gazette = try await desk.json(
      "article", "add", "-", "--outlet", "Gazette", "--published", "2020-05-01", "--tag", "dam", input: "“One,” said Orr. “Two,” said Venn."
    ).id
    let post = try await desk.json("article", "add", "-", "--outlet", "Post", "--published", "2021", input: "“Three,” said Orr.").id
    let orr = try await desk.json("speaker", "add", "Orr").id
    let venn = try await desk.json("speaker", "add", "Venn", "--kind", "office").id
    let one = try await desk.json("quote", "add", "--article", gazette, "--text", "One", "--speaker", orr).id
    let two = try await desk.json("quote", "add", "--article", gazette, "--text", "Two", "--speaker", venn, "--kind", "scare", "--tag", "t").id
    let three = try await desk.json("quote", "add", "--article", post, "--text", "Three", "--speaker", orr, "--said-on", "2019").id
    let claim = try await desk.json("claim", "add", "Numbers rise", "--period", "2020..2021").id
    try await desk.json("stance", "set", "--quote", one, "--claim", claim, "--position", "supports")
    try await desk.json("stance", "set", "--article", post, "--claim", claim, "--position", "denies")

    func ids(_ arguments: String...) async throws -> [String] {
      let outcome = try await CLI.run(arguments + ["--json"], in: desk.folder)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      return try outcome.json.elements.map(\.id)
    }
    #expect(try await ids("quote", "list") == [one, two, three])
    #expect(try await ids("quote", "list", "--speaker", "Orr") == [one, three])
    #expect(try await ids("quote", "list", "--article", gazette, "--kind", "scare") == [two])
    #expect(try await ids("quote", "list", "--outlet", "Gazette", "--from", "2020-05", "--to", "2020-05-01") == [one, two])
    #expect(try await ids("quote", "list", "--to", "2019") == [three])
    #expect(try await ids("quote", "list", "--tag", "t") == [two])
    #expect(try await ids("quote", "list", "--claim", claim) == [one])
    #expect(try await ids("quote", "list", "--limit", "1", "--after", one) == [two])
    #expect(try await ids("quote", "list", "--placement", "moved") == [])
    #expect(try await ids("article", "list", "--speaker", venn) == [gazette])
    #expect(try await ids("article", "list", "--outlet", "Post") == [post])
    #expect(try await ids("article", "list", "--tag", "dam") == [gazette])
    #expect(try await ids("article", "list", "--from", "2020-06") == [post])
    #expect(try await ids("speaker", "list", "--kind", "office") == [venn])
    #expect(try await ids("speaker", "list", "--article", post) == [orr])
    #expect(try await ids("claim", "list", "--from", "2022") == [])
    #expect(try await ids("claim", "list", "--speaker", orr) == [claim])
    #expect(try await ids("stance", "list", "--kind", "denies").count == 1)
    #expect(try await ids("stance", "list", "--speaker", "Orr").count == 1)

    for wrong in [
      ["article", "list", "--kind", "direct"], ["speaker", "list", "--outlet", "Post"], ["claim", "list", "--placement", "moved"],
      ["quote", "list", "--kind", "loud"], ["quote", "list", "--limit", "0"], ["quote", "list", "--from", "2021", "--to", "2020"],
      ["quote", "list", "--from", "soon"],
    ] {
      #expect(try await CLI.run(wrong, in: desk.folder).status == 64, "\(wrong)")
    }
    #expect(try await desk.failure("quote", "list", "--speaker", "Nobody").status == 66)
    #expect(try await desk.failure("quote", "list", "--article", one).status == 66)
  }

  @Test func peopleGetTablesWithTheEndsOfIds() async throws {
    let desk = try Desk.withArchive()
    #expect(try await desk.run("quote", "list").stdout == "no quotes yet\n")
    let article = try await desk.json("article", "add", "-", input: "\n\n  “One”, “two”\nand so on").id
    let one = try await desk.json("quote", "add", "--article", article, "--text", "One", "--mention", "so on").id
    let two = try await desk.json("quote", "add", "--article", article, "--text", "“two”").id
    #expect(
      try await desk.run("quote", "list").stdout == """
        ID      DATE  WHO      WORDS  KIND    OUTLET
        \(one.suffix(6))  –     “so on”  “One”  direct  –
        \(two.suffix(6))  –     –        “two”  direct  –
        2 quotes

        """)
    let cut = try await desk.run("quote", "list", "--limit", "1").stdout
    #expect(cut.hasSuffix("1 quote; there are more: --after \(one.suffix(6))\n"))
    #expect(try await desk.run("quote", "list", "--tag", "x").stdout == "no quotes like that\n")
    #expect(try await desk.run("article", "list").stdout.contains("““One”, “two””"))
  }

  @Test func anArticlesPageMarksItsQuotes() async throws {
    let desk = try Desk.withArchive()
    let text = "“We said that they ‘lost time’,” she said."
    let article = try await desk.json("article", "add", "-", "--title", "Time", "--published", "2021", "--basis", "unknown", input: text).id
    try await desk.json("quote", "add", "--article", article, "--text", "lost time")
    try await desk.json("quote", "add", "--article", article, "--text", "We said that they ‘lost time’")
    let page = try await desk.run("article", "show", article).stdout
    #expect(page.contains("  “⟦We said that they ‘⟦lost time⟧²’⟧¹,” she said.\n"))
    #expect(page.hasPrefix("Time\n") && page.contains("2021 (basis unknown)") && page.contains(article))
  }

  @Test func everyTypeShowsItselfAndOnlyItself() async throws {
    let desk = try Desk.withArchive()
    let claim = try await desk.json("claim", "add", "x")
    #expect(try await desk.json("claim", "show", claim.id) == claim)
    for type in ["article", "speaker", "quote", "stance"] { #expect(try await desk.failure(type, "show", claim.id).status == 66) }
    #expect(try await desk.failure("claim", "show").status == 64)
  }

  @Test func authorAndReasonAreKept() async throws {
    let desk = try Desk.withArchive()
    let outcome = try await desk.run("claim", "add", "x", "--author", "Ada", "--change-note", "first", "--json")
    let history = try await desk.json("history", try outcome.json.id)
    #expect(history[0]?["author"]?.string == "Ada" && history[0]?["note"]?.string == "first")
    let other = try await desk.run("claim", "add", "y", "--json", environment: ["DICTA_AUTHOR": "Bo"])
    #expect(try await desk.json("history", try other.json.id)[0]?["author"]?.string == "Bo")
  }
}
