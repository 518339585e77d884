import DictaTestSupport
import Foundation

/// The program `dicta-test-script`, run as a process of its own.
enum ScriptProgram {
  struct Missing: Error {}

  /// - Returns: what it prints.
  static func run(_ arguments: [String]) async throws -> String {
    let process = Process()
    process.executableURL = try executable
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try Launching.lock.withLock { _ in try process.run() }
    let output = await Task.detached { (try? pipe.fileHandleForReading.readToEnd()) ?? Data() }.value
    await Task.detached { process.waitUntilExit() }.value
    return String(decoding: output, as: UTF8.self)
  }

  /// Built beside the test bundle, which depends on it.
  private static var executable: URL {
    get throws {
      final class Marker {}
      var folder = Bundle(for: Marker.self).bundleURL
      for _ in 0..<6 {
        let candidate = folder.appendingPathComponent("dicta-test-script")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        folder.deleteLastPathComponent()
      }
      throw Missing()
    }
  }
}
