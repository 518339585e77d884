import DictaSync
import Foundation
import Subprocess
import SystemPackage
import Testing

/// `serve --stdio`, by itself.
@Suite struct ServeTests {
  @Test func aCallerThatSaysNothingIsToldSo() async throws {
    let desk = try Desk.withArchive()
    let outcome = try await desk.run("serve", "--stdio")
    #expect(outcome.status == 75 && outcome.stderr.hasPrefix("error: the caller hung up before it said anything"), "\(outcome)")
    #expect(Frame.preface.count == 8 && outcome.stdout.utf8.count <= 10, "nothing but the beginning of a stream")
  }

  @Test func whatIsNoSyncIsRefused() async throws {
    let desk = try Desk.withArchive()
    let outcome = try await desk.run("serve", "--stdio", input: "GET / HTTP/1.1\r\n\r\n")
    #expect(outcome.status == 65 && outcome.stderr.contains("what comes on standard input is no sync"), "\(outcome)")
  }

  @Test func wrongUsageIsSaid() async throws {
    let desk = try Desk.withArchive()
    #expect(try await desk.run("serve").status == 64)
    #expect(try await desk.run("serve", "--stdio", "--json").status == 64)
    #expect(try await desk.run("serve", "--stdio", "--archive", "nowhere.dicta").status == 66)
  }

  @Test func aTerminalIsNoCaller() async throws {
    let desk = try Desk.withArchive()
    // Each opening makes a new terminal.
    let terminal = try FileDescriptor.open("/dev/ptmx", .readWrite)
    let result = try await Subprocess.run(
      .path(FilePath(try CLI.executable.path)), arguments: ["serve", "--stdio"], workingDirectory: FilePath(desk.folder),
      input: .fileDescriptor(terminal, closeAfterSpawningProcess: true), output: .bytes(limit: 4096), error: .string(limit: 4096))
    #expect(result.terminationStatus == .exited(64) && result.standardOutput.isEmpty)
    #expect(result.standardError.contains("not to a terminal"))
  }

  @Test func aSignalEndsItAndLeavesTheArchiveWhole() async throws {
    let desk = try Desk.withArchive()
    let folder = desk.folder
    let (input, writingEnd) = try FileDescriptor.pipe()
    defer { try? writingEnd.close() }
    let result = try await Subprocess.run(
      .path(FilePath(try CLI.executable.path)), arguments: ["serve", "--stdio"], workingDirectory: FilePath(folder),
      input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .bytes(limit: 4096), error: .string(limit: 4096)
    ) { process in
      try await poll { FileManager.default.fileExists(atPath: folder + "/corpus.dicta-wal") }
      try process.send(signal: .terminate)
    }
    #expect(result.terminationStatus == .signaled(SIGTERM))
    #expect(try await desk.json("check")["ok"] == .bool(true))
  }
}
