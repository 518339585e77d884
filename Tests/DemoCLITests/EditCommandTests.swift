import DictaModels
import DictaStorage
import Testing

@Suite struct EditCommandTests {
  private func desk() async throws -> (desk: Desk, quote: String, article: String) {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", input: "“It is full,” he said. “It is empty,” she said.").id
    return (desk, try await desk.json("quote", "add", "--article", article, "--text", "It is full").id, article)
  }

  @Test func stringsAreTakenAsTheyAre() async throws {
    let (desk, quote, _) = try await desk()
    for note in ["x=y", #"{"a":1}"#, "null", "[1]", "caf\u{E9} cafe\u{301}", " "] {
      #expect(try await desk.json("edit", quote, "note=\(note)")["note"] == .string(note))
    }
    #expect(try await desk.json("edit", String(quote.suffix(5)), "note=")["note"] == nil)
  }

  @Test func setsGrowAndShrinkAndAreReplaced() async throws {
    let (desk, quote, _) = try await desk()
    #expect(try await desk.json("edit", quote, "tags+=b", "tags+=a", "tags+=[c]")["tags"]?.description == #"["[c]","a","b"]"#)
    #expect(try await desk.json("edit", quote, "tags-=b", "tags-=nothing")["tags"]?.description == #"["[c]","a"]"#)
    #expect(try await desk.json("edit", quote, #"tags=["x"]"#)["tags"]?.description == #"["x"]"#)
    #expect(try await desk.json("edit", quote, "tags=")["tags"] == nil)
    let wrong = try await desk.failure("edit", quote, "tags=x")
    #expect(wrong.status == 65 && wrong.text.contains("tags+=VALUE"))
    let speaker = try await desk.json("speaker", "add", "Orr").id
    let tenure = #"{"role":"Mayor","from":"2019"}"#
    #expect(try await desk.json("edit", speaker, "tenures+=\(tenure)")["tenures"]?.elements.count == 1)
    #expect(try await desk.json("edit", speaker, "tenures-=\(tenure)")["tenures"] == nil)
  }

  @Test func mapsAreEditedEntryByEntry() async throws {
    let (desk, _, article) = try await desk()
    let edited = try await desk.json("edit", article, "externalIDs.wikidata=Q1", "externalIDs.a.b==2", #"bylines=["Orr","Ore"]"#)
    #expect(edited["externalIDs"]?.description == #"{"a.b":"=2","wikidata":"Q1"}"#)
    #expect(edited["bylines"]?.description == #"["Orr","Ore"]"#)
    #expect(try await desk.json("edit", article, "externalIDs.a.b=")["externalIDs"]?.description == #"{"wikidata":"Q1"}"#)
    #expect(try await desk.json("edit", article, #"externalIDs={"k":"v"}"#)["externalIDs"]?.description == #"{"k":"v"}"#)
    #expect(try await desk.failure("edit", article, "externalIDs+=x").status == 65)
    #expect(try await desk.failure("edit", article, "title.x=1").status == 65)
  }

  @Test func referencesMayBeEndingsAndMustLead() async throws {
    let (desk, quote, article) = try await desk()
    let other = try await desk.json("quote", "add", "--article", article, "--text", "It is empty").id
    #expect(try await desk.json("edit", quote, "parentID=\(other.suffix(6))")["parentID"]?.string == other)
    #expect(try await desk.failure("edit", quote, "parentID=ffffffff").status == 66)
    #expect(try await desk.failure("edit", quote, "parentID=01a1fc8e-9ad7-7452-9abe-04d3515bf1e5").status == 66)
    #expect(try await desk.failure("edit", quote, "parentID=\(quote)").status == 65)
    #expect(try await desk.failure("edit", quote, "parentID=\(article)").status == 66)
    let speaker = try await desk.json("speaker", "add", "Orr").id
    let sources = try await desk.json("edit", quote, #"sources=[{"speakerID":"Orr","mention":{"exact":"he"}}]"#)["sources"]
    #expect(sources?[0]?["speakerID"]?.string == speaker && sources?[0]?["mention"]?["start"] == .integer(18))
    #expect(try await desk.json("edit", quote, "parentID=", "sources=")["sources"] == nil)
  }

  @Test func badValuesSayWhereAndWhy() async throws {
    let (desk, quote, _) = try await desk()
    for (edit, words) in [
      ("kind=direkt", "direct, indirect, mixed, scare"), ("saidOn=2013-02-30", "a date is"), ("kind=", "can't do without"),
      ("segments=[]", "can't do without"), ("segments=[{}]", "missing"), ("colour=red", "known are addressees"), ("id=1", "ids never change"),
      (#"cue={"start":0,"end":9999}"#, "no part of a text"), (#"cue={"start":1,"end":4}"#, "in the midst of a character"),
      (#"cue={"exact":"shouted"}"#, "does not contain"), (#"cue={"start":3,"end":5,"exact":"is"}"#, "stands at 3…5"), ("cue=said", "no JSON"),
      (#"sources=[{"role":"x"}]"#, "no such member"),
    ] {
      let failure = try await desk.failure("edit", quote, "note=kept?", edit)
      #expect(failure.status == 65 && failure.text.contains(words), "\(edit): \(failure.text)")
    }
    #expect(try await desk.failure("edit", quote, "note").status == 64)
    #expect(try await desk.failure("edit", quote).status == 64)
    #expect(try await desk.failure("edit", "ffffffff", "note=x").status == 66)
    #expect(try await desk.failure("edit", "no", "note=x").status == 66)
    #expect(try await desk.json("quote", "show", quote)["note"] == nil)
    let cue = try await desk.json("edit", quote, #"cue={"exact":"said"}"#)["cue"]
    #expect(cue?["start"] == .integer(21))
  }

  @Test func whatChangesNothingWritesNothing() async throws {
    let (desk, quote, _) = try await desk()
    try await desk.json("edit", quote, "note=x", "tags+=a")
    let heads = try await desk.json("status")["heads"]
    try await desk.json("edit", quote, "note=x", "tags+=a", "tags-=b", "medium=", "kind=direct")
    #expect(try await desk.json("status")["heads"] == heads)
    let told = try await desk.run("edit", quote, "note=x")
    #expect(told.stdout.hasPrefix("kept quote \(quote.suffix(6)) (nothing changed)"))
  }

  @Test func aNewTextPlacesTheQuotes() async throws {
    let (desk, quote, article) = try await desk()
    let text = "Today: “It is full,” he said."
    #expect(try await desk.json("edit", article, "text=\(text)")["text"]?.string == text)
    let placements = try await desk.json("quote", "show", quote)["placements"]
    #expect(placements?[try ArticleText(text).hash.description]?["placement"]?.string == "moved")
    // What stands beside the quote is looked for in the text it was taken from.
    let cue = try await desk.json("edit", quote, #"cue={"exact":"he said"}"#)["cue"]
    #expect(cue?["start"] == .integer(18))
  }

  @Test func settingTheValueShownEndsAConflict() async throws {
    let desk = try Desk.withArchive()
    let claim = try await desk.json("claim", "add", "one").id
    let (first, second) = (try Archive(at: desk.folder + "/corpus.dicta"), try Archive(creatingAt: desk.folder + "/other.dicta"))
    try await first.sync(with: second)
    let id = try #require(Claim.ID(claim))
    try await first.write { try $0.update(id) { $0.text = "two" } }
    try await second.write { try $0.update(id) { $0.text = "three" } }
    try await first.sync(with: second)
    try first.close()
    try second.close()
    #expect(try await desk.json("status")["conflicts"] == .integer(1))
    let shown = try #require(try await desk.json("claim", "show", claim)["text"]?.string)
    #expect(try await desk.run("claim", "show", claim).stdout.contains("In conflict"))
    try await desk.json("edit", claim, "text=\(shown)")
    #expect(try await desk.json("status")["conflicts"] == .integer(0))
  }
}
