import DictaModels
import DictaSync
import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import DictaStorage
@testable import demo_cli

/// How peers are named, and what is made of their words.
@Suite struct PeerAddressTests {
  private func words(_ spelling: String, remoteCommand: String? = nil, mayAsk: Bool = true) throws -> [String] {
    guard case .program(let program) = try PeerAddress(spelling, remoteCommand: remoteCommand, mayAsk: mayAsk) else { return [] }
    return program.words
  }

  @Test func aPathIsAFileAndExecIsSplitAtSpaces() throws {
    #expect(try PeerAddress("over there.dicta", remoteCommand: nil, mayAsk: true) == .file("over there.dicta"))
    #expect(try words("exec:demo-cli  serve --stdio $HOME;ls") == ["demo-cli", "serve", "--stdio", "$HOME;ls"])
    #expect(throws: CommandFailure.self) { try words("exec: ") }
    #expect(throws: CommandFailure.self) { try words("http://example.org/x") }
    #expect(throws: CommandFailure.self) { try words("exec:cat", remoteCommand: "demo-cli") }
  }

  @Test func secureShellGetsItsArgumentsOneByOne() throws {
    #expect(try words("ssh://host/a.dicta") == ["ssh", "-T", "--", "host", "demo-cli serve --stdio --archive /a.dicta"])
    #expect(
      try words("ssh://ada@host.example:2222/~/my%20corpus.dicta", mayAsk: false) == [
        "ssh", "-T", "-p", "2222", "-l", "ada", "-o", "BatchMode=yes", "--", "host.example",
        "demo-cli serve --stdio --archive 'my corpus.dicta'",
      ])
    #expect(try words("ssh://[fe80::1%25eth0]:22/x").suffix(2) == ["fe80::1%25eth0", "demo-cli serve --stdio --archive /x"])
    #expect(try words("ssh://host/it's").last == #"demo-cli serve --stdio --archive '/it'\''s'"#)
    #expect(try words("ssh://host/~/-x").last == "demo-cli serve --stdio --archive ./-x")
    #expect(try words("ssh://host/x", remoteCommand: "~/bin/demo-cli -v; ls").last == "./bin/demo-cli '-v;' ls serve --stdio --archive /x")
  }

  @Test(arguments: [
    "ssh://", "ssh:///x", "ssh://host", "ssh://host/", "ssh://host/~/", "ssh://-oProxyCommand=ls/x", "ssh://-l@host/x", "ssh://@host/x",
    "ssh://host:/x", "ssh://host:0/x", "ssh://host:65536/x", "ssh://host:+22/x", "ssh://ho st/x", "ssh://$(ls)@host/x", "ssh://`ls`/x",
    "ssh://host/%", "ssh://host/%+1", "ssh://host/%00", "ssh://host/%0a", "ssh://host/%ff", "ssh://[::1/x",
  ]) func anAddressThatIsNoneIsRefused(spelling: String) {
    #expect { try words(spelling) } throws: { ($0 as? CommandFailure)?.kind == .usage }
  }

  @Test func aShellTakesQuotedWordsAsTheyAre() async throws {
    let words = ["", "a b", "it's", "$HOME", "`ls`", "\\", "\"", "a\nb", "*", "~", "-x", "é", "'", "!x", "&;|<>(){}[]#"]
    let result = try await Subprocess.run(
      .name("sh"), arguments: ["-c", "printf '%s\\000' " + ShellQuoting.line(words)], output: .bytes(limit: 4096))
    let printed = result.standardOutput.split(separator: 0, omittingEmptySubsequences: false).dropLast()
    #expect(printed.map { String(decoding: $0, as: UTF8.self) } == words)
  }
}

@Suite struct PeerWordsTests {
  @Test func linesComeWithoutWhatMovesACursor() {
    let words = PeerWords()
    words.take(Array("one\r\n\r\n  \n\u{1b}[31mtwo\u{7}\nth".utf8))
    words.take(Array("ree".utf8))
    #expect(words.lines == ["one", "�[31mtwo�"])
    words.finish()
    #expect(words.lines.last == "three")
  }

  @Test func onlyTheEndIsKept() {
    let words = PeerWords()
    for number in 0..<10_000 { words.take(Array("line \(number)\n".utf8)) }
    #expect(words.lines.last == "line 9999" && words.lines.reduce(0) { $0 + $1.utf8.count } <= PeerWords.byteLimit)
    words.take([UInt8](repeating: UInt8(ascii: "x"), count: 100_000))
    #expect(words.lines.allSatisfy { $0.count <= 1024 })
  }
}

/// `sync exec:…`: programs that answer, and programs that don't.
@Suite struct ProgramPeerTests {
  @Test func bothSidesGetWhatTheOtherHolds() async throws {
    let desk = try Desk.withArchive()
    let article = try await desk.json("article", "add", "-", input: "“It is full,” he said.").id
    // The archive that isn't there yet adopts the peer's corpus.
    let first = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "other.dicta")
    #expect(first["received"] == .integer(1) && first["texts"] == .integer(1) && first["equal"] == .bool(true))
    try await desk.json("edit", article, "title=Here")
    try await desk.json("claim", "add", "There", "--archive", "other.dicta")
    let second = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "other.dicta")
    #expect(second["sent"] == .integer(1) && second["received"] == .integer(1) && second["equal"] == .bool(true))
    try await desk.expectEqual("corpus.dicta", "other.dicta")
    let again = try await desk.json("sync", try desk.serving("other.dicta"))
    #expect(again["roundTrips"] == .integer(1) && again["sent"] == .integer(0))
  }

  @Test func aCallerWithChangesTurnsAnEmptyPeerIntoItsReplica() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    try await desk.json("init", "--archive", "empty.dicta")
    let report = try await desk.json("sync", try desk.serving("empty.dicta"))
    #expect(report["sent"] == .integer(1) && report["equal"] == .bool(true))
    try await desk.expectEqual("corpus.dicta", "empty.dicta")
  }

  @Test func anotherCorpusIsRefusedOnBothSides() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    try await desk.json("init", "--archive", "stranger.dicta")
    try await desk.json("claim", "add", "Else", "--archive", "stranger.dicta")
    let outcome = try await desk.run("sync", try desk.serving("stranger.dicta"))
    #expect(outcome.status == 65 && outcome.stderr.contains("\nerror: the archives belong to different corpora"), "\(outcome.stderr)")
    #expect(outcome.stderr.hasPrefix("peer: error: "), "\(outcome.stderr)")
  }

  @Test(arguments: [
    ("nonexistent-program", 69, "nonexistent-program can't be run"), ("/etc/hostname", 69, "/etc/hostname can't be run"),
    ("cat", 69, "sends back what it is sent"), ("true", 69, "ended without answering (exit code 0)"),
    ("false", 69, "ended without answering (exit code 1)"), ("yes", 69, "it says “y”"), ("ls", 69, "it says “a file”"),
    ("sleep 100", 75, "said nothing for 1 second"), ("cat /dev/zero", 69, "is no peer"),
  ]) func whatIsNoPeerIsNamed(command: String, status: Int32, words: String) async throws {
    let desk = try Desk()
    try desk.file("a file", "")
    let failure = try await desk.failure("sync", "exec:\(command)", "--timeout", "1")
    #expect(failure.status == status && failure.text.contains(words), "\(failure)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder) == ["a file"], "the new archive goes again")
  }

  @Test func whatThePeerSaysOfItsTroubleIsShown() async throws {
    let desk = try Desk.withArchive()
    let shown = try await desk.run("sync", try desk.serving("nowhere.dicta"))
    #expect(shown.status == 69 && shown.stderr.hasPrefix("peer: error: no archive at nowhere.dicta"), "\(shown.stderr)")
    let failure = try await desk.failure("sync", try desk.serving("nowhere.dicta"))
    #expect(failure.text.contains(#""problems":["error: no archive at nowhere.dicta"#))
    try desk.program("loud", "printf 'a\\033[2Jb\\n' >&2; exit 3")
    let loud = try await desk.run("sync", "exec:./loud")
    #expect(loud.stderr.contains("peer: a�[2Jb\n") && !loud.stderr.contains("\u{1b}") && loud.stderr.contains("exit code 3"))
  }

  @Test func aTroubledPeerBesideTheLineDoesNotHurt() async throws {
    let desk = try Desk.withArchive()
    try await desk.json("claim", "add", "One")
    // More on standard error than any pipe holds, before and after the sync.
    try desk.program(
      "noisy", "seq 1 50000 >&2; '\(try CLI.executable.path)' serve --stdio --archive corpus.dicta; seq 1 50000 >&2")
    let report = try await desk.json("sync", "exec:./noisy", "--archive", "other.dicta")
    #expect(report["received"] == .integer(1) && report["equal"] == .bool(true))
  }

  @Test func aSyncThatIsCutGoesOnLater() async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 3)
    try desk.program("cut", "'\(try CLI.executable.path)' serve --stdio --archive corpus.dicta | dd bs=1k count=700 2>/dev/null")
    let failure = try await desk.failure("sync", "exec:./cut", "--archive", "other.dicta")
    #expect(failure.status == 75 && failure.text.contains("broke off") && failure.text.contains("nothing was lost"), "\(failure)")
    #expect(try await desk.json("check", "--archive", "other.dicta")["ok"] == .bool(true))
    let report = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "other.dicta")
    #expect(report["equal"] == .bool(true))
    try await desk.expectEqual("corpus.dicta", "other.dicta")
  }

  /// The peer dies in the middle, and so does the caller.
  @Test(arguments: [true, false]) func killedInTheMiddleOfALargeSync(isPeerTheSource: Bool) async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 48)
    let (own, peer) = isPeerTheSource ? ("target.dicta", "corpus.dicta") : ("corpus.dicta", "target.dicta")
    // It holds something, so it is sent the log and no snapshot.
    let corpus = try await Archive.corpus(at: desk.folder + "/corpus.dicta")
    let target = try Archive(creatingAt: desk.folder + "/target.dicta", corpus: corpus)
    try await target.write { try $0.insert(Claim(id: $0.newID(), text: "Mine")) }
    try target.close()
    try desk.program("peer", "echo $$ > pid; exec '\(try CLI.executable.path)' serve --stdio --archive \(peer)")
    let folder = desk.folder
    let outcome = try await desk.run(["sync", "exec:./peer", "--archive", own, "--json"]) { _ in
      try await poll { try await Archive.changeCount(at: folder + "/target.dicta") > 1 }
      let pid = try #require(Int32(String(contentsOfFile: folder + "/pid", encoding: .utf8).filter(\.isNumber)))
      #expect(kill(pid, SIGKILL) == 0)
    }
    #expect(outcome.status == 75 && outcome.stderr.contains("broke off (ended by signal 9)"), "\(outcome)")
    let count = try await Archive.changeCount(at: folder + "/target.dicta")
    #expect((2..<49).contains(count))
    for archive in [own, peer] { #expect(try await desk.json("check", "--archive", archive)["ok"] == .bool(true)) }
    let report = try await desk.json("sync", try desk.serving(peer), "--archive", own)
    #expect(report["equal"] == .bool(true))
    #expect(report[isPeerTheSource ? "received" : "sent"] == .integer(Int64(49 - count)))
    try await desk.expectEqual(own, peer)
  }

  /// The same to a replica that holds nothing and gets a snapshot.
  @Test(arguments: [true, false]) func killedInTheMiddleOfASnapshot(isPeerTheSource: Bool) async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 48)
    let (own, peer) = isPeerTheSource ? ("target.dicta", "corpus.dicta") : ("corpus.dicta", "target.dicta")
    try Archive(creatingAt: desk.folder + "/target.dicta").close()
    try desk.program("peer", "echo $$ > pid; exec '\(try CLI.executable.path)' serve --stdio --archive \(peer)")
    let folder = desk.folder
    let outcome = try await desk.run(["sync", "exec:./peer", "--archive", own, "--json"]) { _ in
      try await poll { FileManager.default.fileExists(atPath: folder + "/target.dicta-snapshot-part") }
      let pid = try #require(Int32(String(contentsOfFile: folder + "/pid", encoding: .utf8).filter(\.isNumber)))
      #expect(kill(pid, SIGKILL) == 0)
    }
    #expect(outcome.status == 75 && outcome.stderr.contains("broke off (ended by signal 9)"), "\(outcome)")
    #expect(try await Archive.changeCount(at: folder + "/target.dicta") == 0)
    for archive in [own, peer] { #expect(try await desk.json("check", "--archive", archive)["ok"] == .bool(true)) }
    let report = try await desk.json("sync", try desk.serving(peer), "--archive", own)
    #expect(report["equal"] == .bool(true) && report[isPeerTheSource ? "received" : "sent"] == .integer(48))
    #expect((report["snapshotBytes"] == .integer(0)) == !isPeerTheSource)
    try await desk.expectEqual(own, peer)
  }

  /// The archive was made for the sync, and holds nothing yet but a part of the snapshot.
  @Test func aNewArchiveGoesOnWithASnapshotThatWasCut() async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 48)
    let whole = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "whole.dicta")
    guard case .integer(let byteCount)? = whole["bytesReceived"], byteCount > 10_000_000 else {
      Issue.record("too little was sent: \(whole)")
      return
    }
    try desk.program("cut", "'\(try CLI.executable.path)' serve --stdio --archive corpus.dicta | dd bs=1k count=9000 2>/dev/null")
    let failure = try await desk.failure("sync", "exec:./cut", "--archive", "new.dicta")
    #expect(failure.status == 75 && failure.text.contains("nothing was lost"), "\(failure)")
    #expect(FileManager.default.fileExists(atPath: desk.folder + "/new.dicta-snapshot-part"))
    let report = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "new.dicta")
    #expect(report["equal"] == .bool(true) && report["snapshotBytes"] == whole["snapshotBytes"])
    guard case .integer(let rest)? = report["bytesReceived"] else { return }
    #expect(rest < byteCount - 8_000_000)
    try await desk.expectEqual("corpus.dicta", "new.dicta")
    #expect(try !FileManager.default.contentsOfDirectory(atPath: desk.folder).contains { $0.hasPrefix("new.dicta-snapshot") })
  }

  @Test func aNewArchiveGetsTheLogOnceItHasRefusedASnapshot() async throws {
    let desk = try Desk.withArchive()
    try await desk.fill("corpus.dicta", articles: 32)
    let source = try Archive(at: desk.folder + "/corpus.dicta")
    try await source.onWriter { try $0.run("CREATE VIEW sly AS SELECT 1") }
    try source.close()
    let failure = try await desk.failure("sync", try desk.serving("corpus.dicta"), "--archive", "new.dicta")
    #expect(failure.text.contains("the log is sent instead"), "\(failure)")
    let report = try await desk.json("sync", try desk.serving("corpus.dicta"), "--archive", "new.dicta")
    #expect(report["equal"] == .bool(true) && report["snapshotBytes"] == .integer(0) && report["received"] == .integer(32))
    #expect(try await desk.json("check", "--archive", "new.dicta")["ok"] == .bool(true))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func aSignalEndsASyncInOrder(signal: Int32) async throws {
    let desk = try Desk()
    try desk.program("silent", "touch begun; exec sleep 100")
    let folder = desk.folder
    let outcome = try await desk.run(["sync", "exec:./silent", "--archive", "new.dicta", "--json"]) { process in
      try await poll { FileManager.default.fileExists(atPath: folder + "/begun") }
      try process(Signal(rawValue: signal))
    }
    #expect(outcome.status == 128 + signal)
    #expect(try outcome.error["code"] == .string("tryAgain"))
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == ["silent", "begun"])
  }
}

// MARK: - What these tests need

extension Desk {
  /// A peer's name: the program itself, answering for an archive.
  func serving(_ archive: String) throws -> String {
    "exec:\(try CLI.executable.path) serve --stdio --archive \(archive)"
  }

  /// Writes a shell script that can be run.
  func program(_ name: String, _ script: String) throws {
    let path = try file(name, "#!/bin/sh\n\(script)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  /// Adds articles of 600 kB each, a change each, that hardly compress.
  func fill(_ archive: String, articles: Int) async throws {
    let archive = try Archive(at: folder + "/" + archive)
    var chance = SystemRandomNumberGenerator()
    for number in 0..<articles {
      // Few and long words: each of a large number of different ones would be looked up by `check`.
      let words = (0..<200).map { _ in (0..<250).map { _ in String(chance.next(), radix: 36) }.joined() }
      let text = try ArticleText(String(words.joined(separator: " ").prefix(600_000)))
      try await archive.write { try $0.insert(Article(outlet: "Outlet \(number)", text: text)) }
    }
    try archive.close()
  }

  func expectEqual(_ one: String, _ other: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let (left, right) = (try await json("status", "--archive", one), try await json("status", "--archive", other))
    for key in ["corpus", "heads", "digest", "counts"] { #expect(left[key] == right[key], "\(key)", sourceLocation: sourceLocation) }
    for name in [one, other] {
      #expect(try await json("check", "--archive", name)["ok"] == .bool(true), sourceLocation: sourceLocation)
    }
  }

  /// Runs the program, and does something to it meanwhile.
  func run(_ arguments: [String], meanwhile: @Sendable (_ send: (Signal) throws -> Void) async throws -> Void) async throws -> CLI.Outcome {
    let result = try await Subprocess.run(
      .path(FilePath(try CLI.executable.path)), arguments: Arguments(arguments), workingDirectory: FilePath(folder), input: .none,
      output: .bytes(limit: 1 << 20), error: .bytes(limit: 1 << 20)
    ) { process in
      try await meanwhile { try process.send(signal: $0) }
    }
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return CLI.Outcome(
      status: status, stdout: String(decoding: result.standardOutput, as: UTF8.self), stderr: String(decoding: result.standardError, as: UTF8.self))
  }
}

extension Archive {
  fileprivate static func corpus(at path: String) async throws -> CorpusID {
    let archive = try Archive(readingAt: path)
    defer { try? archive.close() }
    return try await archive.read { try $0.status().corpus }
  }

  fileprivate static func changeCount(at path: String) async throws -> Int {
    let archive = try Archive(readingAt: path)
    defer { try? archive.close() }
    return try await archive.read { try $0.status().heads.reduce(0) { $0 + Int($1.sequence) } }
  }
}

/// Looks until something is so.
func poll(_ condition: @Sendable () async throws -> Bool) async throws {
  for _ in 0..<6000 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("it didn't come about within a minute")
}
