import DictaModels
import DictaStorage
import Foundation
import Testing

/// `repair`: what it prints, and with which codes it ends.
@Suite struct RepairCommandTests {
  private func overwrite(_ file: String, _ range: Range<Int>, in desk: Desk) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: desk.folder + "/" + file))
    try handle.seek(toOffset: UInt64(range.lowerBound))
    try handle.write(contentsOf: Data(count: range.count))
    try handle.close()
  }

  private func files(_ desk: Desk) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: desk.folder).sorted()
  }

  /// Zeros where the words of a claim stand.
  private func lose(_ words: String, in desk: Desk) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/corpus.dicta"))
    while let range = data.range(of: Data(words.utf8)) { data.replaceSubrange(range, with: Data(count: range.count)) }
    try desk.file("corpus.dicta", bytes: [UInt8](data))
  }

  @Test func anArchiveThatCanNotBeOpenedIsMadeWholeFromItsOwnBytes() async throws {
    let desk = try Desk.withArchive()
    for text in ["One", "Two", "Three"] { try await desk.json("claim", "add", text) }
    let before = try await desk.json("status")
    try overwrite("corpus.dicta", 0..<4096, in: desk)
    #expect(try await desk.failure("status").status == 65)
    let damaged = try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/corpus.dicta"))
    #expect(try await desk.json("repair", "new.dicta").description == #"{"kept":3,"fetched":0,"lost":[]}"#)
    let after = try await desk.json("status", "--archive", "new.dicta")
    #expect(after["digest"] == before["digest"] && after["heads"] == before["heads"] && after["corpus"] == before["corpus"])
    #expect(after["device"]?.string == "desk")
    #expect(try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/corpus.dicta")) == damaged)
    #expect(try files(desk) == ["corpus.dicta", "corpus.dicta-witness", "new.dicta", "new.dicta-witness"])
    #expect(try await desk.json("check", "--archive", "new.dicta")["ok"] == .bool(true))
  }

  /// Opening the archive would throw away what `repair` still finds.
  @Test func aDamagedWriteAheadLogIsNamedBeforeAnythingOpensIt() async throws {
    let desk = try Desk.withArchive()
    let archive = try Archive(at: desk.folder + "/corpus.dicta")
    for number in 0..<6 { try await archive.write { try $0.insert(Claim(id: $0.newID(), text: "claim \(number)")) } }
    for suffix in ["", "-wal", "-witness"] {
      try FileManager.default.copyItem(atPath: archive.path + suffix, toPath: desk.folder + "/died.dicta" + suffix)
    }
    try archive.close()
    // As a program leaves it that died: sound, and nothing to complain of.
    try FileManager.default.copyItem(atPath: desk.folder + "/died.dicta-wal", toPath: desk.folder + "/kept-wal")
    #expect(try await desk.json("check", "--archive", "died.dicta")["ok"] == .bool(true))
    var log = [UInt8](try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/kept-wal")))
    log[300] ^= 4
    try desk.file("corpus.dicta-wal", bytes: log)
    let outcome = try await desk.run("check", "--json")
    #expect(outcome.status == 65 && outcome.stdout.contains(#""ok":false"#) && outcome.stdout.contains("Run `repair` first"))
    #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: desk.folder + "/corpus.dicta-wal"))) == log)
  }

  @Test func peopleReadWhatWasKeptAndWhatIsLost() async throws {
    let desk = try Desk.withArchive()
    for text in ["One", "A second claim", "Three"] { try await desk.json("claim", "add", text) }
    let whole = try await desk.run("repair", "whole.dicta")
    #expect(whole.status == 0 && whole.stdout == "Made whole.dicta: kept 3 changes of corpus.dicta.\nnothing is lost\n")
    try lose("A second claim", in: desk)
    let outcome = try await desk.run("repair", "new.dicta")
    #expect(outcome.status == 0)
    #expect(outcome.stdout.contains("kept 1 change of corpus.dicta"))
    #expect(outcome.stdout.contains("lost:") && outcome.stdout.contains("change 2 of origin") && outcome.stdout.contains("--from PEER"))
    let lost = try await desk.json("repair", "again.dicta")["lost"]
    #expect(lost?[0]?["kind"]?.string == "changes" && lost?[0]?["first"] == .integer(2) && lost?[0]?["last"] == .integer(2))
    #expect(lost?[0]?["origin"]?.string?.count == 32 && lost?[0]?["reason"]?.string?.contains("altered") == true)
    #expect(lost?[1]?["first"] == .integer(3) && lost?[1]?["reason"]?.string?.contains("follows change 2") == true)
  }

  @Test func whatIsLostHereIsFetchedFromAFileOrAProgram() async throws {
    let desk = try Desk.withArchive()
    for text in ["One", "A second claim"] { try await desk.json("claim", "add", text) }
    try await desk.json("sync", "corpus.dicta", "--archive", "peer.dicta")
    try await desk.json("claim", "add", "Only here")
    let before = try await desk.json("status")
    try lose("A second claim", in: desk)
    let program = "exec:\(try CLI.executable.path) serve --stdio --archive peer.dicta"
    for (number, peer) in ["peer.dicta", program].enumerated() {
      let report = try await desk.json("repair", "\(number).dicta", "--from", peer)
      #expect(report.description == #"{"kept":2,"fetched":1,"lost":[]}"#)
      #expect(try await desk.json("status", "--archive", "\(number).dicta")["digest"] == before["digest"])
    }
    let words = try await desk.run("repair", "words.dicta", "--from", "peer.dicta").stdout
    #expect(words == "Made words.dicta: kept 2 changes of corpus.dicta, fetched 1 change from peers.\nnothing is lost\n")
  }

  @Test func whateverFailsLeavesNothingBehind() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    try desk.file("garbage", bytes: [UInt8]((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
    let before = try files(desk)
    #expect(try await desk.failure("repair", "new.dicta", "--archive", "none.dicta").status == 66)
    #expect(try await desk.failure("repair", "corpus.dicta").status == 64)
    #expect(try await desk.failure("repair", "no/such/new.dicta").status == 66)
    let nothing = try await desk.failure("repair", "new.dicta", "--archive", "garbage")
    #expect(nothing.status == 65 && nothing.text.contains("--from"))
    #expect(try await desk.failure("repair", "new.dicta", "--from", "none.dicta").status == 69)
    #expect(try await desk.failure("repair", "new.dicta", "--from", "corpus.dicta").status == 64)
    #expect(try await desk.failure("repair", "new.dicta", "--from", "exec:false").status == 69)
    try await desk.json("init", "--archive", "other.dicta")
    try await desk.json("claim", "add", "Elsewhere", "--archive", "other.dicta")
    #expect(try await desk.failure("repair", "new.dicta", "--from", "other.dicta").status == 65)
    #expect(try files(desk) == (before + ["other.dicta", "other.dicta-witness"]).sorted())
  }

  @Test func ofAFileThatIsGoneButForItsWitnessAPeerGivesAll() async throws {
    let desk = try Desk.withArchive()
    for text in ["One", "Two"] { try await desk.json("claim", "add", text) }
    try await desk.json("sync", "corpus.dicta", "--archive", "peer.dicta")
    try desk.file("corpus.dicta", "")
    let report = try await desk.json("repair", "new.dicta", "--from", "peer.dicta")
    #expect(report.description == #"{"kept":0,"fetched":2,"lost":[]}"#)
  }
}
