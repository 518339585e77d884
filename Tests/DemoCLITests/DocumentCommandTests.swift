import DictaModels
import Foundation
import Testing

/// `import`, `export` and `search`.
@Suite struct DocumentCommandTests {
  private let document = """
    {"format":"dicta.corpus","version":1}
    {"type":"quote","id":"#q","articleID":"#a","kind":"direct","segments":[{"anchor":{"start":3,"end":13,"exact":"It is full"}}],"sources":[{"speakerID":"#s"}]}
    {"type":"article","id":"#a","outlet":"Gazette","text":"“It is full,” Ångström\\u00a0said.\\r\\nCafé, cafe\\u0301 👩‍🚀"}
    {"type":"speaker","id":"#s","name":"Åsa Ångström","kind":"person","aliases":["b","a"],"externalIDs":{"wikidata":"Q1"}}
    {"type":"claim","id":"#c","text":"The lake is full","tags":["water"]}
    {"type":"stance","holder":{"quoteID":"#q"},"claimID":"#c","position":"supports"}

    """

  @Test func whatIsExportedIsImportedAndExportedTheSame() async throws {
    let desk = try Desk.withArchive()
    let report = try await desk.json("import", "-", input: document)
    #expect(report["created"]?.description == #"{"articles":1,"speakers":1,"quotes":1,"claims":1,"stances":1}"#)
    let again = try await desk.json("import", "-", input: document)
    #expect(again["unchanged"] == report["created"] && again["created"] != report["created"])
    for format in ["json", "jsonl"] {
      let first = try await desk.run("export", "--format", format)
      try desk.file("first", first.stdout)
      try await desk.json("init", "--archive", "\(format).dicta")
      try await desk.json("import", "first", "--archive", "\(format).dicta")
      #expect(try await desk.run("export", "--format", format, "--archive", "\(format).dicta").stdout == first.stdout)
      let digests = [try await desk.json("export", "x.\(format)")["counts"]?["quotes"], .integer(1)]
      #expect(digests[0] == digests[1])
      #expect(try String(contentsOfFile: desk.folder + "/x.\(format)", encoding: .utf8).utf8.elementsEqual(first.stdout.utf8))
    }
  }

  @Test func everyProblemIsNamedAndNothingIsImported() async throws {
    let desk = try Desk.withArchive()
    let bad = """
      {"format":"dicta.corpus","version":1}
      {"type":"speaker","name":"Orr","kind":"perhaps"}
      {"type":"claim","txt":"?"}
      {"type":"claim","text":"Fine"}
      {"type":"stance","holder":{"quoteID":"0198c2f4-0000-7000-8000-000000000001"},"claimID":"#none","position":"supports"}
      {"type":"article","text":"a
      {"type":"article","text":"b","publishedOn":{"date":"2013-02-30","basis":"printed"}}
      """
    let outcome = try await desk.run("import", "-", "--json", input: bad)
    #expect(outcome.status == 65 && outcome.stdout.isEmpty)
    let problems = try outcome.error["problems"]?.elements ?? []
    #expect(problems.map { $0["line"] } == [2, 3, 5, 5, 6, 7].map { .integer($0) })
    #expect(problems[0]["field"]?.string == "kind" && problems[0]["found"]?.string == "perhaps")
    #expect(problems[5]["field"]?.string == "publishedOn.date")
    #expect(try await desk.json("status")["heads"]?.elements == [])
    let rest = try await desk.json("import", "-", "--skip-invalid", input: bad)
    #expect(rest["created"]?["claims"] == .integer(1) && rest["created"]?["articles"] == .integer(0))
  }

  @Test func aFileThatIsNoneIsSaidToBe() async throws {
    let desk = try Desk.withArchive()
    #expect(try await desk.failure("import", "nowhere").status == 66)
    #expect(try await desk.failure("import", ".").status == 65)
    try desk.file("empty", "")
    #expect(try await desk.failure("import", "empty").text.contains("empty"))
    try desk.file("cut", String(document.prefix(300)))
    let cut = try await desk.failure("import", "cut")
    #expect(cut.status == 65 && cut.text.contains(#""line":3"#), "\(cut)")
    #expect(try await desk.failure("export", "no/such/folder/x").status == 77)
    #expect(try await desk.failure("export", "x", "--format", "pdf").status == 64)
  }

  @Test func anArchiveIsNeverWrittenOver() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    for target in ["corpus.dicta", "./corpus.dicta", "other.dicta", "corpus.dicta-witness"] {
      let failure = try await desk.failure("export", target, "--format", "json")
      #expect(failure.status == 64, "\(target): \(failure.text)")
    }
    #expect(try await desk.json("claim", "list").elements.count == 1)
    #expect(try await desk.json("claim", "list", "--archive", "other.dicta").elements.count == 1)
    #expect(try await desk.failure("export", "x.csv").text.contains("--format"))
  }

  @Test func wordsAreFoundWhateverTheirAccents() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("import", "-", input: document)
    let hits = try await desk.json("search", "angstrom").elements
    #expect(Set(hits.compactMap { $0["type"]?.string }) == ["speaker", "article"])
    #expect(hits.allSatisfy { $0["snippet"]?.string?.contains("⟦Ångström⟧") ?? false })
    #expect(try await desk.json("search", "lake", "ful*").elements.count == 1)
    #expect(try await desk.json("search", #""is full""#, "--type", "quote").elements.count == 1)
    #expect(try await desk.json("search", #"AND ( NEAR " *"#).elements == [])
    #expect(try await desk.failure("search", "x", "--type", "stance").status == 64)
  }
}
