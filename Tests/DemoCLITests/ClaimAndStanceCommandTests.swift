import DictaModels
import Testing

@Suite struct ClaimAndStanceCommandTests {
  @Test func aClaimHasWhatItWasGiven() async throws {
    let desk = try Desk.withArchive()
    let claim = try await desk.json(
      "claim", "add", "The dam was full", "--context", "In spring", "--period", "2021-03..", "--external-id", "k=v", "--note", "n", "--tag", "t")
    #expect(
      claim.description == """
        {"context":"In spring","externalIDs":{"k":"v"},"id":"\(claim.id)","note":"n","period":{"from":"2021-03"},"tags":["t"],\
        "text":"The dam was full"}
        """)
    let negation = try await desk.json("claim", "add", "It was empty", "--negation-of", claim.id, "--period", "2021")
    #expect(negation["negationOf"]?.string == claim.id)
    #expect(negation["period"]?.description == #"{"from":"2021","to":"2021"}"#)
    #expect(try await desk.failure("claim", "add", "x", "--period", "..").status == 64)
    #expect(try await desk.failure("claim", "add", "x", "--negation-of", "abcdef12").status == 66)
    #expect(try await desk.failure("claim", "add").status == 64)
  }

  @Test func aStanceIsSetOnceForAHolderAndAClaim() async throws {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", "--outlet", "Gazette", "--published", "2021", input: "“It is full,” he said.").id
    let quote = try await desk.json("quote", "add", "--article", article, "--text", "It is full").id
    let claim = try await desk.json("claim", "add", "The dam was full").id
    let set = try await desk.json("stance", "set", "--quote", quote, "--claim", claim, "--position", "supports", "--hedged", "--tag", "a")
    #expect(
      set.description
        == #"{"claimID":"\#(claim)","hedged":true,"holder":{"quoteID":"\#(quote)"},"id":"\#(set.id)","position":"supports","tags":["a"]}"#)
    let heads = try await desk.json("status")["heads"]
    #expect(try await desk.json("stance", "set", "--quote", quote, "--claim", claim, "--position", "supports", "--hedged") == set)
    #expect(try await desk.json("status")["heads"] == heads)
    let changed = try await desk.json("stance", "set", "--quote", quote, "--claim", claim, "--position", "doubts", "--tag", "b")
    #expect(changed.id == set.id && changed["position"]?.string == "doubts" && changed["hedged"] == nil && changed["tags"]?.elements.count == 2)
    let voice = try await desk.json("stance", "set", "--article", article, "--claim", claim, "--position", "denies")
    #expect(voice["holder"]?.description == #"{"articleID":"\#(article)"}"#)

    #expect(try await desk.failure("stance", "set", "--claim", claim, "--position", "denies").status == 64)
    #expect(
      try await desk.failure("stance", "set", "--quote", quote, "--article", article, "--claim", claim, "--position", "denies").status == 64)
    #expect(try await desk.failure("stance", "set", "--quote", quote, "--claim", claim, "--position", "agrees").status == 64)
    #expect(try await desk.failure("stance", "set", "--quote", quote, "--claim", quote, "--position", "denies").status == 66)

    let page = try await desk.run("claim", "show", claim).stdout
    for words in ["denies 1, doubts 1", "“It is full”", "in its own voice"] { #expect(page.contains(words)) }
    #expect(try await desk.json("stance", "list", "--position", "denies").elements.map(\.id) == [voice.id])
    #expect(try await desk.run("stance", "show", voice.id).stdout.hasPrefix("Gazette denies: The dam was full"))
  }
}
