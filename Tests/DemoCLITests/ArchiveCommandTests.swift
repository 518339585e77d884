import DictaModels
import Foundation
import Testing

/// `init`, `status`, `check`, and what every command says when its archive isn't one.
@Suite struct ArchiveCommandTests {
  @Test func aNewArchiveIsEmptyAndSaysWhatItIs() async throws {
    let desk = try Desk()
    let made = try await desk.json("init", "--device", "desk")
    #expect(made["path"]?.string == "corpus.dicta")
    #expect(made["corpus"]?.string?.count == 36 && made["origin"]?.string?.count == 32)
    let status = try await desk.json("status")
    #expect(status["corpus"] == made["corpus"] && status["origin"] == made["origin"] && status["device"]?.string == "desk")
    #expect(status["heads"]?.elements == [] && status["conflicts"] == .integer(0) && status["unpublished"] == .integer(0))
    #expect(status["counts"]?.description == #"{"articles":0,"speakers":0,"quotes":0,"claims":0,"stances":0}"#)
    #expect(try await desk.json("check").description == #"{"ok":true,"problems":[]}"#)
  }

  @Test func theLastProcessLeavesTheArchiveWholeInItsFile() async throws {
    let desk = try Desk()
    try await desk.json("init")
    try await desk.json("claim", "add", "One")
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder).sorted() == ["corpus.dicta", "corpus.dicta-witness"])
    let witness = try FileManager.default.attributesOfItem(atPath: desk.folder + "/corpus.dicta-witness")
    #expect((witness[.posixPermissions] as? Int) == 0o600)
  }

  @Test func nothingIsOverwritten() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    let failure = try await desk.failure("init")
    #expect(failure.status == 64 && failure.text.contains("is there already"))
    #expect(try await desk.json("status")["counts"]?["claims"] == .integer(1))
  }

  @Test func whereNoArchiveIsEveryCommandSaysSo() async throws {
    let desk = try Desk()
    for command in [["status"], ["claim", "list"], ["search", "x"], ["export"], ["check"], ["conflicts"]] {
      let outcome = try await CLI.run(command, in: desk.folder)
      #expect(outcome.status == 66 && outcome.stdout.isEmpty && outcome.stderr.contains("no archive at corpus.dicta"), "\(command)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder) == [])
  }

  @Test func theArchiveComesFromTheOptionOrElseTheEnvironment() async throws {
    let desk = try Desk()
    try await desk.json("init", "--archive", "a.dicta")
    try await desk.json("init", "--archive", "b.dicta")
    let a = try await desk.json("status", "--archive", "a.dicta")["corpus"]?.string
    let fromEnvironment = try await desk.run("status", "--json", environment: ["DICTA_ARCHIVE": "a.dicta"])
    #expect(try fromEnvironment.json["corpus"]?.string == a)
    let both = try await desk.run("status", "--json", "--archive", "b.dicta", environment: ["DICTA_ARCHIVE": "a.dicta"])
    #expect(try both.json["corpus"]?.string != a)
  }

  @Test func whatIsNoArchiveIsRefusedAndLeftAsItIs() async throws {
    let desk = try Desk()
    let garbage = [UInt8]((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    for (name, bytes) in [("empty", []), ("garbage", garbage), ("text", Array("a letter".utf8))] {
      try desk.file(name, bytes: bytes)
      let failure = try await desk.failure("status", "--archive", name)
      #expect(failure.status == 65 && failure.text.contains("is not a Dicta archive"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/" + name)) == Data(bytes))
    }
    #expect(try await desk.failure("status", "--archive", ".").text.contains("a directory"))
  }

  @Test func wrongUsageIsSaidInOneLineAndInJSON() async throws {
    let desk = try Desk.withArchive()
    let people = try await desk.run("search")
    #expect(people.status == 64 && people.stdout.isEmpty && people.stderr.hasPrefix("error: "))
    let scripts = try await desk.run("status", "--nonsense", "--json")
    #expect(scripts.status == 64 && scripts.stdout.isEmpty)
    #expect(try scripts.error["code"]?.string == "usage")
    #expect(try await desk.run("--help").status == 0)
    #expect(try await desk.run("--version").stdout.contains("."))
  }

  @Test func aPipeGetsNoColours() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    let outcome = try await desk.run("claim", "list", environment: ["TERM": "xterm-256color"])
    #expect(!outcome.stdout.contains("\u{1b}"))
  }
}
