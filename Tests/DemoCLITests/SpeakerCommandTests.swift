import DictaModels
import Testing

@Suite struct SpeakerCommandTests {
  @Test func addingPrintsTheSpeaker() async throws {
    let desk = try Desk.withArchive()
    let speaker = try await desk.json(
      "speaker", "add", "Radu Ilvény", "--alias", "Ilvény", "--alias", "Ilve\u{301}ny", "--tenure", "Minister: Water@Belmora:2018-05..2023",
      "--tenure", "Envoy", "--tenure", "Mediator@Basin Commission", "--tenure", "Observer:..1999", "--external-id", "wikidata=Q1=2", "--tag", "t")
    #expect(
      speaker.description == """
        {"aliases":["Ilve\u{301}ny","Ilvény"],"externalIDs":{"wikidata":"Q1=2"},"id":"\(speaker.id)","kind":"person","name":"Radu Ilvény",\
        "tags":["t"],"tenures":[{"from":"2018-05","organization":"Belmora","role":"Minister: Water","to":"2023"},\
        {"organization":"Basin Commission","role":"Mediator"},{"role":"Envoy"},{"role":"Observer","to":"1999"}]}
        """)
    #expect(speaker["aliases"]?.elements.count == 2)
    let office = try await desk.json("speaker", "add", "The Court", "--kind", "office")
    #expect(office["kind"]?.string == "office")
    let told = try await desk.run("speaker", "add", "Ilvény")
    #expect(told.stdout.hasPrefix("added speaker") && told.stdout.contains("\(speaker.id.suffix(6)) is called so too"))
  }

  @Test func wrongOptionsAreWrongUsage() async throws {
    let desk = try Desk.withArchive()
    for option in [
      ["--kind", "persn"], ["--tenure", "@Belmora"], ["--tenure", "Envoy:2019..2018"], ["--tenure", "Envoy:2019-13..2020"], ["--kind"], ["--what"],
    ] {
      let outcome = try await CLI.run(["speaker", "add", "X", "--json"] + option, in: desk.folder)
      #expect(outcome.status == 64 && outcome.stdout.isEmpty)
      #expect(try outcome.error["code"]?.string == "usage")
    }
    #expect(try await desk.failure("speaker", "add", " ").status == 64)
    #expect(try await desk.json("speaker", "list") == .array([]))
  }

  @Test func mergedSpeakersAreOneGroupUntilOneIsSplitOff() async throws {
    let desk = try Desk.withArchive()
    var ids: [String] = []
    for name in ["Lavois", "S. Lavois", "Serge Lavois", "Lavoix"] { ids.append(try await desk.json("speaker", "add", name).id) }
    let two = try await desk.json("speaker", "merge", ids[1], ids[0])
    #expect(two.description == #"{"representative":"\#(ids[0])","members":["\#(ids[0])","\#(ids[1])"]}"#)
    // Merged once more, into somebody else: all three belong together.
    let three = try await desk.json("speaker", "merge", ids[1], String(ids[2].suffix(6)))
    #expect(three["members"]?.elements.map(\.string) == ids.prefix(3).map { $0 })
    let again = try await desk.json("speaker", "merge", ids[2], ids[0])
    #expect(again == three)
    let alone = try await desk.json("speaker", "split", ids[0])
    #expect(alone["members"]?.elements.map(\.string) == [ids[0]])
    let rest = try await desk.json("speaker", "merge", ids[3], ids[1])
    #expect(rest["members"]?.elements.map(\.string) == ids.dropFirst().map { $0 })
  }

  @Test func mergingIntoOneselfOrIntoNobodyIsRefused() async throws {
    let desk = try Desk.withArchive()
    let id = try await desk.json("speaker", "add", "Orr").id
    let itself = try await desk.failure("speaker", "merge", id, String(id.suffix(4)))
    #expect(itself.status == 64 && itself.text.contains("into itself"))
    #expect(try await desk.failure("speaker", "merge", id, "ffffffff").status == 66)
    #expect(try await desk.failure("speaker", "split", "nobody at all").status == 66)
    #expect(try await desk.json("speaker", "split", id)["members"]?.elements.count == 1)
  }

  @Test func aSpeakersPageTellsOfficesGroupAndStatements() async throws {
    let desk = try Desk.withArchive()
    let article = try await desk.json(
      "article", "add", "-", "--outlet", "Gazette", "--published", "2020", input: "“Late,” he said. “Later,” she said.")
    let orr = try await desk.json("speaker", "add", "Orr", "--tenure", "Mayor@Varlin:2019..").id
    let ore = try await desk.json("speaker", "add", "Ore").id
    try await desk.json("speaker", "merge", ore, orr)
    try await desk.json("quote", "add", "--article", article.id, "--text", "Late", "--speaker", "Orr", "--role", "Governor")
    try await desk.json("quote", "add", "--article", article.id, "--text", "Later", "--speaker", "Ore", "--said-on", "2019-12-31")
    let page = try await desk.run("speaker", "show", "Orr").stdout
    for words in ["Mayor, Varlin, from 2019", "Ore (\(ore.suffix(6)))", "“Late”", "Governor", "Gazette"] { #expect(page.contains(words)) }
    let (later, late) = (page.firstRange(of: "“Later”"), page.firstRange(of: "“Late”"))
    #expect(try #require(later).lowerBound < #require(late).lowerBound)
    #expect(try await desk.json("quote", "list", "--speaker", "Ore").elements.count == 2)
  }
}
