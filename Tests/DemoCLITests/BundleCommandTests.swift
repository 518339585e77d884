import DictaModels
import DictaStorage
import DictaSync
import Foundation
import Testing

/// `bundle export` and `bundle import`.
@Suite struct BundleCommandTests {
  /// An archive with an article in the first bundle and an edit of it in the second.
  private func desk() async throws -> (desk: Desk, article: String) {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", input: "“It is full,” he said.").id
    #expect(try await desk.json("bundle", "export", "one.bundle")["changes"] == .integer(1))
    try await desk.json("edit", article, "title=Full")
    let second = try await desk.json("bundle", "export", "two.bundle", "--since", "one.bundle")
    #expect(second["changes"] == .integer(1) && second["texts"] == .integer(0))
    try await desk.json("init", "--archive", "other.dicta")
    return (desk, article)
  }

  private func take(_ desk: Desk, _ bundle: String) async throws -> JSON {
    try await desk.json("bundle", "import", bundle, "--archive", "other.dicta")
  }

  @Test func inOrderOnceAndTwice() async throws {
    let (desk, _) = try await desk()
    let file = try FileManager.default.attributesOfItem(atPath: desk.folder + "/one.bundle")[.size] as? Int
    try FileManager.default.copyItem(atPath: desk.folder + "/one.bundle", toPath: desk.folder + "/old.bundle")
    let all = try await desk.json("bundle", "export", "one.bundle", "--since", "old.bundle")
    #expect(all["changes"] == .integer(1) && all["bytes"] != file.map { .integer(Int64($0)) }, "a bundle is replaced")
    let first = try await take(desk, "old.bundle")
    #expect(first["applied"] == .integer(1) && first["missing"] == .integer(0) && first["needs"] == nil)
    #expect(try await take(desk, "old.bundle")["known"] == .integer(1))
    #expect(try await take(desk, "two.bundle")["applied"] == .integer(1))
    let again = try await take(desk, "two.bundle")
    #expect(again == (try JSONReader.parse(Array(#"{"applied":0,"known":1,"missing":0,"aside":0}"#.utf8))))
    try await desk.expectEqual("corpus.dicta", "other.dicta")
  }

  @Test func outOfOrderNamesWhatComesFirst() async throws {
    let (desk, _) = try await desk()
    let early = try await take(desk, "two.bundle")
    let head = try await desk.json("status")["heads"]?[0]
    #expect(early["applied"] == .integer(0) && early["missing"] == .integer(1))
    #expect(early["needs"]?[0]?["origin"] == head?["origin"] && early["needs"]?[0]?["sequence"] == .integer(1))
    let words = try await desk.run("bundle", "import", "two.bundle", "--archive", "other.dicta")
    #expect(words.status == 0 && words.stdout.contains("change 1 of origin \(head?["origin"]?.string ?? "?")"), "\(words.stdout)")
    #expect(try await desk.json("check", "--archive", "other.dicta")["ok"] == .bool(true))
    #expect(try await take(desk, "one.bundle")["applied"] == .integer(1))
    #expect(try await take(desk, "two.bundle")["applied"] == .integer(1))
    try await desk.expectEqual("corpus.dicta", "other.dicta")
  }

  /// Two writers; what lacks its causes is left out, the rest of the same bundle isn't.
  @Test func onlyWhatLacksItsCausesIsLeftOut() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    try await desk.json("sync", "corpus.dicta", "--archive", "writer.dicta")
    try await desk.json("sync", "corpus.dicta", "--archive", "reader.dicta")
    try await desk.json("claim", "add", "Early", "--archive", "writer.dicta")
    try desk.file("early.json", try await desk.json("status", "--archive", "writer.dicta").description)
    // The writer's next change rests on what the bundle leaves out; the article doesn't.
    let article = try await desk.json("article", "add", "-", input: "“It is full,” he said.").id
    try await desk.json("claim", "add", "Late", "--archive", "writer.dicta")
    try await desk.json("sync", "writer.dicta")
    let written = try await desk.json("bundle", "export", "late.bundle", "--since", "early.json")
    #expect(written["changes"] == .integer(2))
    let receipt = try await desk.json("bundle", "import", "late.bundle", "--archive", "reader.dicta")
    #expect(receipt["applied"] == .integer(1) && receipt["missing"] == .integer(1))
    #expect(try await desk.json("article", "show", article, "--archive", "reader.dicta").id == article)
    // The heads alone tell as much as the whole of `status`.
    try desk.file("heads.json", try await desk.json("status", "--archive", "reader.dicta")["heads"]?.description ?? "")
    try await desk.json("bundle", "export", "rest.bundle", "--since", "heads.json")
    #expect(try await desk.json("bundle", "import", "rest.bundle", "--archive", "reader.dicta")["missing"] == .integer(0))
    try await desk.expectEqual("corpus.dicta", "reader.dicta")
  }

  @Test func headsThatTheWriterNeverSawLeaveNothingOut() async throws {
    let (desk, _) = try await desk()
    _ = try await take(desk, "one.bundle")
    try await desk.json("claim", "add", "There", "--archive", "other.dicta")
    try desk.file("heads.json", try await desk.json("status", "--archive", "other.dicta").description)
    #expect(try await desk.json("bundle", "export", "rest.bundle", "--since", "heads.json")["changes"] == .integer(1))
    #expect(try await take(desk, "rest.bundle")["applied"] == .integer(1))
  }

  @Test func aDamagedBundleIsRefusedAndHarmsNothing() async throws {
    let (desk, _) = try await desk()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/one.bundle")))
    func refused(_ bytes: [UInt8], _ words: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
      try desk.file("bad.bundle", bytes: bytes)
      let failure = try await desk.failure("bundle", "import", "bad.bundle", "--archive", "other.dicta", sourceLocation: sourceLocation)
      #expect(failure.status == 65 && failure.text.contains(words), "\(failure)", sourceLocation: sourceLocation)
    }
    try await refused([], "it is empty")
    try await refused(Array("GET / HTTP".utf8), "this is no bundle")
    try await refused(Array(bytes.dropLast()), "cut off after \(bytes.count - 1) bytes")
    try await refused(Array(bytes.prefix(8)), "cut off after 8 bytes")
    try await refused(bytes + [0], "something stands behind its end")
    try await refused(bytes + bytes, "something stands behind its end")
    var flipped = bytes
    flipped[bytes.count / 2] ^= 1
    try await refused(flipped, "at byte ")
    #expect(try await desk.json("check", "--archive", "other.dicta")["ok"] == .bool(true))
  }

  @Test func everyPrefixIsRefusedWithoutHarm() async throws {
    let (desk, _) = try await desk()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/one.bundle")))
    let archive = try Archive(at: desk.folder + "/other.dicta")
    for count in 0..<bytes.count {
      await #expect(throws: BundleError.self, "\(count) bytes") {
        var rest: [UInt8]? = Array(bytes.prefix(count))
        _ = try await archive.readBundle("a file") {
          defer { rest = nil }
          return rest.flatMap { $0.isEmpty ? nil : $0 }
        }
      }
    }
    try archive.close()
    #expect(try await desk.json("check", "--archive", "other.dicta")["ok"] == .bool(true))
  }

  @Test func anotherCorpusIsRefused() async throws {
    let (desk, _) = try await desk()
    try await desk.json("claim", "add", "Else", "--archive", "other.dicta")
    #expect(try await desk.failure("bundle", "import", "one.bundle", "--archive", "other.dicta").status == 65)
    #expect(try await desk.failure("bundle", "export", "x.bundle", "--since", "one.bundle", "--archive", "other.dicta").status == 65)
    #expect(try await desk.failure("bundle", "import", "one.bundle", "--archive", "nowhere.dicta").status == 66)
    #expect(try await desk.failure("bundle", "import", "nowhere.bundle").status == 66)
    #expect(try await desk.failure("bundle", "export", "x.bundle", "--since", "nowhere.json").status == 66)
  }

  @Test func onlyABundleIsReplaced() async throws {
    let (desk, _) = try await desk()
    try desk.file("notes.txt", "mine")
    for file in ["notes.txt", "corpus.dicta", "corpus.dicta-witness", "."] {
      #expect(try await desk.failure("bundle", "export", file).status == 64, "\(file)")
    }
    #expect(try String(contentsOfFile: desk.folder + "/notes.txt", encoding: .utf8) == "mine")
    #expect(try await desk.failure("bundle", "export", "nowhere/x.bundle").status == 77)
    for heads in ["[]]", "{}", #"{"heads":[{"origin":"0","sequence":1,"id":"0"}]}"#, "3"] {
      try desk.file("heads.json", heads)
      #expect(try await desk.failure("bundle", "export", "x.bundle", "--since", "heads.json").status == 65, "\(heads)")
    }
    #expect(!FileManager.default.fileExists(atPath: desk.folder + "/x.bundle"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder).allSatisfy { !$0.hasSuffix(".new") })
  }
}
