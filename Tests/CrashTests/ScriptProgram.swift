import DictaTestSupport
import Foundation

/// The program `dicta-test-script`, run as a process of its own.
enum ScriptProgram {
  /// - Returns: what it prints.
  static func run(_ arguments: [String]) async throws -> String {
    let process = Process()
    process.executableURL = try Launching.executable("dicta-test-script")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try Launching.lock.withLock { _ in try process.run() }
    let output = await Task.detached { (try? pipe.fileHandleForReading.readToEnd()) ?? Data() }.value
    await Task.detached { process.waitUntilExit() }.value
    return String(decoding: output, as: UTF8.self)
  }
}
