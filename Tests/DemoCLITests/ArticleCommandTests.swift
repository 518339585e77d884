import DictaModels
import Foundation
import Testing

@Suite struct ArticleCommandTests {
  @Test func addingPrintsTheArticleAndAddingAgainLeavesIt() async throws {
    let desk = try Desk.withArchive()
    let path = try desk.file("dam.txt", "The dam is “nearly full”, she said.\n")
    let added = try await desk.json(
      "article", "add", path, "--title", "The dam", "--outlet", "Gazette", "--byline", "A. Orr", "--byline", "B. Orr", "--published", "2021-03",
      "--dateline", "VARLIN", "--language", "en", "--url", "https://Example.org:443/dam#top", "--archived-url", "https://a.example/1",
      "--retrieved-on", "2021-04-01", "--external-id", "wikidata=Q5", "--note", "-- seen", "--tag", "water", "--tag", "dam")
    #expect(
      added.description == """
        {"archivedURL":"https://a.example/1","bylines":["A. Orr","B. Orr"],"dateline":"VARLIN","externalIDs":{"wikidata":"Q5"},\
        "id":"\(added.id)","language":"en","note":"-- seen","outlet":"Gazette","publishedOn":{"basis":"printed","date":"2021-03"},\
        "retrievedOn":"2021-04-01","tags":["dam","water"],"text":"The dam is “nearly full”, she said.\\n","title":"The dam",\
        "url":"https://Example.org:443/dam#top","existed":false}
        """)
    let other = try desk.file("other.txt", "Another text")
    let again = try await desk.json("article", "add", other, "--url", "HTTPS://example.org/dam", "--title", "Other")
    #expect(again["existed"] == .bool(true) && again.id == added.id && again["title"]?.string == "The dam")
    #expect(try await desk.json("article", "show", added.id)["text"]?.string == "The dam is “nearly full”, she said.\n")
    let told = try await desk.run("article", "add", other, "--url", "https://example.org/dam")
    #expect(told.stdout.hasPrefix("kept article \(added.id.suffix(6))\n") && told.stdout.contains("article revise"))
  }

  @Test func twoMachinesAddTheSameThing() async throws {
    let (first, second) = (try Desk.withArchive(), try Desk.withArchive())
    let one = try await first.json("article", "add", "-", "--outlet", "Gazette", input: "Same text")
    let two = try await second.json("article", "add", "-", "--outlet", "Gazette", input: "Same text")
    #expect(one == two)
  }

  @Test func textsAreKeptByteForByte() async throws {
    let desk = try Desk.withArchive()
    let text = "\u{FEFF}Line one\r\nLine two\r“caf\u{E9}” “cafe\u{301}” 10\u{A0}000\u{202F}€ 🕊\u{FE0F}👩‍👩‍👧\n\n"
    let article = try await desk.json("article", "add", "-", input: text)
    #expect(article["text"] == .string(text))
  }

  @Test func whatIsNoTextIsRefused() async throws {
    let desk = try Desk.withArchive()
    let empty = try desk.file("empty.txt", "")
    #expect(try await desk.failure("article", "add", empty).status == 65)
    #expect(try await desk.failure("article", "add", "-", input: " \r\n\t").status == 65)
    let latin = try await desk.failure("article", "add", try desk.file("latin.txt", bytes: [0x63, 0x61, 0x66, 0xE9, 0x2E]))
    #expect(latin.status == 65 && latin.text.contains("not UTF-8 from byte 3 on"))
    let folder = try await desk.failure("article", "add", desk.folder)
    #expect(folder.status == 65 && folder.text.contains("is a folder"))
    let missing = try await desk.failure("article", "add", "nothing.txt")
    #expect(missing.status == 66 && missing.text.contains("no file nothing.txt"))
    let long = try await desk.failure("article", "add", try desk.file("long.txt", bytes: Array(repeating: 0x61, count: (16 << 20) + 1)))
    #expect(long.status == 65 && long.text.contains("16 MiB"))
    #expect(try await desk.json("article", "list") == .array([]))
  }

  @Test func wrongOptionsAreWrongUsage() async throws {
    let desk = try Desk.withArchive()
    let date = try await desk.failure("article", "add", "-", "--published", "2021-02-30", input: "x")
    #expect(date.status == 64 && date.text.contains("not in the calendar"))
    let basis = try await desk.failure("article", "add", "-", "--published", "2021", "--basis", "guessed", input: "x")
    #expect(basis.status == 64 && basis.text.contains("printed, inferred, imported, unknown"))
    #expect(try await desk.failure("article", "add", "-", "--basis", "printed", input: "x").status == 64)
    #expect(try await desk.failure("article", "add", "-", "--external-id", "Q5", input: "x").status == 64)
    #expect(try await desk.failure("article", "add", "-", "--external-id", "a=1", "--external-id", "a=2", input: "x").status == 64)
  }

  @Test func revisingPlacesQuotes() async throws {
    let desk = try Desk.withArchive()
    let text = "“The water is rising,” Venn said. “We were late,” he added. “Never again,” said Pell."
    let article = try await desk.json("article", "add", "-", "--outlet", "Gazette", input: text)
    var quotes: [String] = []
    for words in ["The water is rising", "We were late", "Never again"] {
      quotes.append(try await desk.json("quote", "add", "--article", article.id, "--text", words).id)
    }
    let new = "“The water is rising,” Venn said.\r\nLater: “We were late,” he added. “Not again,” said Pell."
    let revised = try await desk.json("article", "revise", String(article.id.suffix(8)), "-", input: new)
    #expect(revised["article"]?["text"] == .string(new) && revised["article"]?.id == article.id)
    #expect(revised["placements"]?.elements.map { $0["placement"]?.string } == ["exact", "moved", "orphaned"])
    #expect(revised["placements"]?.elements.map { $0["score"] } == [.integer(1000), .integer(1000), .integer(0)])
    #expect(revised["placements"]?.elements.map { $0["quoteID"]?.string } == quotes)
    let hash = try ArticleText(new).hash.description
    let moved = try await desk.json("quote", "show", quotes[1])["placements"]?[hash]
    #expect(moved?["segments"]?[0]?["anchor"]?["exact"]?.string == "We were late")
    #expect(moved?["segments"]?[0]?["anchor"]?["start"] == .integer(49))

    let history = try await desk.json("status")["heads"]
    #expect(try await desk.json("article", "revise", article.id, "-", input: new)["placements"] == revised["placements"])
    #expect(try await desk.json("status")["heads"] == history)
    #expect(try await desk.json("quote", "list", "--placement", "orphaned").elements.map(\.id) == [quotes[2]])
    let back = try await desk.json("article", "revise", article.id, "-", input: text)
    #expect(back["placements"]?.elements.map { $0["placement"]?.string } == ["exact", "exact", "exact"])
  }

  @Test func whatAPersonAcceptedStays() async throws {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", input: "“Never again,” said Pell.")
    let quote = try await desk.json("quote", "add", "--article", article.id, "--text", "Never again")
    let new = "“Not ever again,” said Pell."
    let hash = try ArticleText(new).hash.description
    try await desk.json("article", "revise", article.id, "-", input: new)
    let accepted = #"{"placement":"changed","score":900,"accepted":true,"segments":[{"anchor":{"textHash":"\#(hash)","start":3,"end":17}}]}"#
    try await desk.json("edit", quote.id, "placements.\(hash)=\(accepted)")
    let again = try await desk.json("article", "revise", article.id, "-", input: new)
    #expect(again["placements"]?[0]?["placement"]?.string == "changed")
    #expect(try await desk.json("quote", "show", quote.id)["placements"]?[hash]?["accepted"] == .bool(true))
  }
}
