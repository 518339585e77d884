import Foundation
import Testing

/// A script of two hundred steps in a process of its own, with a fault at one of its system calls that change a file. Nothing that was
/// acknowledged is lost, `check` is content, nothing hangs, and the next sync brings everybody together.
///
/// Here it is done for some of the calls; `make crashes` does it for each of them.
@Suite(.serialized, .enabled(if: isLinux, "system calls can be intercepted on Linux only"))
struct CrashTests {
  @Test(arguments: ["kill", "tear"]) func aKilledProcessLosesNothingThatWasAcknowledged(_ fault: String) async throws {
    try await expectKept(["faults=\(fault)", "every=4000", "offset=2186"])
  }

  /// One of these trials has a fault every 300 calls.
  @Test(arguments: ["full", "long"]) func aFullDiskIsSaidClearlyAndTheArchiveGoesOn(_ fault: String) async throws {
    try await expectKept(["faults=\(fault)", "every=300", "offset=137"])
  }

  @Test func anInputOutputErrorIsSaidClearlyAndTheArchiveGoesOn() async throws {
    try await expectKept(["faults=io", "every=300", "offset=137"])
  }

  @Test func anArchiveThatIsBeingMadeIsWholeOrAbsent() async throws {
    try await expectKept(["faults=kill,full", "upTo=180", "every=18", "offset=8"])
  }

  /// SQLite doesn't say that there was no room for what it moves from its log into the file when it closes it: once, half an archive was given
  /// its name.
  @Test func anArchiveIsNotMadeOfAFileThatCouldNotBeCompleted() async throws {
    try await expectKept(["faults=full", "from=100", "upTo=140", "every=5"])
  }

  /// It is taken whole or not at all, by whoever has the file to itself.
  @Test(arguments: ["kill", "tear", "full", "io"]) func aSnapshotIsTakenWholeOrNotAtAll(_ fault: String) async throws {
    try await expectKept(["faults=\(fault)", "every=41", "offset=3"], of: "snapshots")
  }

  private func expectKept(_ options: [String], of campaign: String = "all") async throws {
    let output = try await ScriptProgram.run([campaign] + options)
    #expect(output.hasSuffix(" 0 broken\n"), "\(options): \(output)")
  }
}

#if os(Linux)
private let isLinux = true
#else
private let isLinux = false
#endif
