import DictaTestSupport
import Foundation

/// The program `dicta-test-writer`, run as a process of its own.
enum TestWriter {
  struct Outcome: Sendable {
    let status: Int32
    let stderr: String
  }

  /// A run that goes on.
  final class Run: Sendable {
    let process: Process
    let output: FileHandle
    private let errors: FileHandle

    fileprivate init(_ process: Process, _ output: FileHandle, _ errors: FileHandle) {
      (self.process, self.output, self.errors) = (process, output, errors)
    }

    /// Waits for its end.
    func outcome() async -> Outcome {
      let stderr = await Task.detached { [errors] in (try? errors.readToEnd()) ?? Data() }.value
      await Task.detached { [process] in process.waitUntilExit() }.value
      return Outcome(status: process.terminationStatus, stderr: String(decoding: stderr, as: UTF8.self))
    }
  }

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: ARCHIVE TRANSACTIONS ENTITIES-PER-TRANSACTION LABEL
  ///   - asNobody: as a user who owns nothing; for that one has to be root.
  ///   - isHeard: whether what it prints can be read from `output`; otherwise it is thrown away.
  static func start(_ arguments: [String], asNobody: Bool = false, isHeard: Bool = false) throws -> Run {
    let process = Process()
    if asNobody {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try Launching.executable("dicta-test-writer").path] + arguments
    } else {
      process.executableURL = try Launching.executable("dicta-test-writer")
      process.arguments = arguments
    }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = isHeard ? output : FileHandle.nullDevice
    process.standardError = errors
    try Launching.lock.withLock { _ in try process.run() }
    return Run(process, output.fileHandleForReading, errors.fileHandleForReading)
  }

  static func run(_ arguments: [String], asNobody: Bool = false) async throws -> Outcome {
    try await start(arguments, asNobody: asNobody).outcome()
  }
}
