#if Hub && HTTP

import DictaTestSupport
import Foundation
import Subprocess
import SystemPackage
import Testing

/// A small load of `dicta-hub-load`; `make hub-load` puts on a real one.
struct HubLoadTests {
  @Test func whatAHubAcknowledgedIsOnEveryClientHoweverOftenItWasKilled() async throws {
    let output = try await load("writers", "clients=6", "seconds=6", "kills=4", "seed=\(UInt16.random(in: 1...999))")
    #expect(output.contains("\"kills\":5"), "\(output)")
  }

  /// - Returns: what it prints; the seed is in there.
  private func load(_ arguments: String...) async throws -> String {
    let result = try await Subprocess.run(
      .path(FilePath(try Launching.executable("dicta-hub-load").path)), arguments: Arguments(arguments + ["program=\(try CLI.executable.path)"]),
      input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    let output = result.standardOutput + result.standardError
    #expect(result.terminationStatus == .exited(0), "\(output)")
    return output
  }
}

#endif
