import DictaTestSupport
import Foundation
import Testing

/// The power fails at any moment, and no promise is broken: what a peer was told of is still there, no number is given twice, what was acknowledged
/// is safe, and what only this machine knew may be lost.
///
/// It happens in processes of its own, `dicta-test-power`, because the way to the file system is replaced in a whole process.
@Suite struct PowerTests {
  @Test(arguments: [UInt64(1), 41]) func noPromiseIsBrokenByAPowerCut(_ firstSeed: UInt64) async throws {
    let outcome = try await PowerProgram.run(["\(firstSeed)", "40"])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("40 histories, 0 broken"), "\(outcome.output)")
  }

  @Test func disksThatLieAboutSyncingAreFoundOut() async throws {
    let outcome = try await PowerProgram.run(["1", "5", "lie"])
    #expect(outcome.status == 1 && outcome.output.contains("told a peer of"), "\(outcome.output)")
  }
}

/// The program `dicta-test-power`, run as a process of its own.
private enum PowerProgram {
  static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = try Launching.executable("dicta-test-power")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try Launching.lock.withLock { _ in try process.run() }
    let output = await Task.detached { (try? pipe.fileHandleForReading.readToEnd()) ?? Data() }.value
    await Task.detached { process.waitUntilExit() }.value
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
