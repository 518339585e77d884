import DictaModels
import Foundation
import Testing

/// `sync`, `conflicts`, `resolve`, `history`, `delete` and `restore`: what several people do to one corpus.
@Suite struct SyncCommandTests {
  /// Two replicas that hold one claim.
  private func replicas() async throws -> (desk: Desk, claim: String) {
    let desk = try Desk.withArchive()
    let claim = try await desk.json("claim", "add", "One", "--author", "Ada").id
    let report = try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    #expect(report["received"] == .integer(1) && report["equal"] == .bool(true))
    return (desk, claim)
  }

  private func digests(_ desk: Desk) async throws -> [String?] {
    [try await desk.json("status")["digest"]?.string, try await desk.json("status", "--archive", "other.dicta")["digest"]?.string]
  }

  @Test func aConflictIsKeptShownAndDecided() async throws {
    let (desk, claim) = try await replicas()
    try await desk.json("edit", claim, "text=Two", "--author", "Ada")
    try await desk.json("edit", claim, "text=Three", "--archive", "other.dicta", "--author", "Bo")
    let report = try await desk.json("sync", "other.dicta")
    #expect(report["sent"] == .integer(1) && report["received"] == .integer(1) && report["conflicts"] == .integer(1))
    let conflict = try await desk.json("conflicts")[0]
    #expect(conflict?["field"]?.string == "text" && conflict?["id"]?.string == claim)
    let values = conflict?["values"]?.elements ?? []
    #expect(Set(values.compactMap { $0["value"]?.string }) == ["Two", "Three"])
    #expect(values.filter { $0["shown"] == .bool(true) }.count == 1)
    let kept = try #require(values.first { $0["value"]?.string == "Two" }?["version"]?.string)
    #expect(try await desk.json("resolve", claim, "text", "--keep", String(kept.prefix(8)))["text"]?.string == "Two")
    #expect(try await desk.json("conflicts").elements == [])
    try await desk.json("sync", "other.dicta")
    #expect(try await desk.json("claim", "show", claim, "--archive", "other.dicta")["text"]?.string == "Two")
    let equal = try await digests(desk)
    #expect(equal[0] == equal[1])
    let history = try await desk.json("history", claim).elements
    #expect(history.first?["action"]?.string == "create" && history.last?["old"]?.elements.count == 2)
    #expect(Set(history.compactMap { $0["author"]?.string }) == ["Ada", "Bo"])
    #expect(history.allSatisfy { $0["at"]?.string?.hasSuffix("Z") ?? false })
  }

  @Test func anEditBringsBackWhatSomebodyElseDeleted() async throws {
    let (desk, claim) = try await replicas()
    #expect(try await desk.json("delete", claim)["deleted"]?[0]?["id"]?.string == claim)
    try await desk.json("edit", claim, "text=Two", "--archive", "other.dicta")
    try await desk.json("sync", "other.dicta")
    let conflict = try await desk.json("conflicts")[0]
    #expect(conflict?["field"]?.string == "life")
    #expect(conflict?["values"]?.elements.map { $0["value"]?.string } == ["deleted", "living"])
    #expect(try await desk.failure("resolve", claim, "life", "--value", "asleep").status == 64)
    try await desk.json("resolve", claim, "life", "--value", "deleted")
    #expect(try await desk.json("claim", "list").elements == [])
    try await desk.json("sync", "other.dicta")
    #expect(try await desk.json("claim", "list", "--archive", "other.dicta").elements == [])
    #expect(try await desk.json("restore", claim)["text"]?.string == "Two")
  }

  @Test func aSecondSyncHasNothingToDo() async throws {
    let (desk, _) = try await replicas()
    let report = try await desk.json("sync", "other.dicta")
    #expect(report["sent"] == .integer(0) && report["received"] == .integer(0) && report["roundTrips"] == .integer(1))
    #expect(try await desk.run("sync", "other.dicta").stdout.contains("Nothing to do"))
    #expect(try await desk.json("status")["unpublished"] == .integer(0))
    try await desk.json("claim", "add", "Another")
    #expect(try await desk.json("status")["unpublished"] == .integer(1))
  }

  @Test func anEmptyArchiveAdoptsAndOtherCorporaRefuse() async throws {
    let (desk, _) = try await replicas()
    try await desk.json("init", "--archive", "empty.dicta")
    #expect(try await desk.json("sync", "corpus.dicta", "--archive", "empty.dicta")["equal"] == .bool(true))
    let corpus = try await desk.json("status")["corpus"]
    #expect(try await desk.json("status", "--archive", "empty.dicta")["corpus"] == corpus)
    try await desk.json("init", "--archive", "stranger.dicta")
    try await desk.json("claim", "add", "Else", "--archive", "stranger.dicta")
    let failure = try await desk.failure("sync", "stranger.dicta")
    #expect(failure.status == 65 && failure.text.contains("different corpora"))
  }

  @Test func peersThatCannotBeReachedAreNamed() async throws {
    let desk = try Desk.withArchive()
    #expect(try await desk.failure("sync", "nowhere.dicta").status == 69)
    #expect(try await desk.failure("sync", "corpus.dicta").text.contains("the archive itself"))
    #expect(try await desk.failure("sync", "https://example.org/x").text.contains("names no corpus"))
    #expect(try await desk.failure("sync", "nowhere.dicta", "--archive", "new.dicta").status == 69)
    #expect(try await desk.failure("sync", "other.dicta", "--timeout", "-1").status == 64)
    #expect(try await desk.failure("sync", "other.dicta", "--remote-command", "x").status == 64)
    #expect(!FileManager.default.fileExists(atPath: desk.folder + "/new.dicta"))
  }

  @Test func whatIsInUseIsNotDeletedUnlessTold() async throws {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", input: "“It is full,” he said.").id
    let quote = try await desk.json("quote", "add", "--article", article, "--text", "It is full").id
    let failure = try await desk.failure("delete", article)
    #expect(failure.status == 65 && failure.text.contains(quote) && failure.text.contains("--cascade"))
    #expect(try await desk.json("delete", article, "--cascade")["deleted"]?.elements.count == 2)
    #expect(try await desk.json("status")["counts"]?["quotes"] == .integer(0))
    #expect(try await desk.failure("quote", "show", quote).text.contains("was deleted"))
    let failed = try await desk.failure("restore", quote)
    #expect(failed.status == 65 && failed.text.contains("refers to"))
    try await desk.json("restore", article)
    #expect(try await desk.json("restore", quote)["kind"]?.string == "direct")
    #expect(try await desk.json("conflicts").elements == [])
  }

  @Test func idsThatFitNothingOrSeveralAreRefused() async throws {
    let desk = try Desk.withArchive()
    #expect(try await desk.failure("history", "xyz").status == 66)
    #expect(try await desk.failure("delete", "0000").status == 66)
    #expect(try await desk.failure("resolve", "00000000", "text", "--keep", "00000000").status == 66)
  }
}
