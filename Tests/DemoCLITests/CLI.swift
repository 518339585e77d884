import DictaModels
import DictaStorage
import Foundation
import Testing

/// The program, run as a process, as people and scripts run it.
enum CLI {
  /// What a run left behind.
  struct Outcome: Sendable {
    let status: Int32
    let stdout: String
    let stderr: String

    /// The one JSON value on standard output.
    var json: JSON {
      get throws { try JSONReader.parse(Array(stdout.utf8)) }
    }

    /// The error that `--json` puts on standard error: its code, message, where and hint.
    var error: JSON {
      get throws {
        guard case .object(let object) = try JSONReader.parse(Array(stderr.utf8)), let error = object["error"] else {
          throw Missing(what: "an error in “\(stderr)”")
        }
        return error
      }
    }
  }

  struct Missing: Error, CustomStringConvertible {
    let what: String
    var description: String { "missing: \(what)" }
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - folder: the working directory, in which `corpus.dicta` is the archive unless something else is said.
  ///   - input: what it reads from standard input.
  static func run(
    _ arguments: [String], in folder: String = NSTemporaryDirectory(), input: [UInt8] = [], environment: [String: String] = [:]
  ) async throws -> Outcome {
    let process = Process()
    process.executableURL = try executable
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DICTA_") }
    variables["NO_COLOR"] = "1"
    process.environment = variables.merging(environment) { $1 }

    // Files instead of pipes: nothing has to be read while the process runs.
    let name = "\(folder)/.run-\(UUID().uuidString)"
    let paths = ["in", "out", "err"].map { "\(name).\($0)" }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    try Data(input).write(to: URL(fileURLWithPath: paths[0]))
    for path in paths[1...] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardInput = FileHandle(forReadingAtPath: paths[0])
    process.standardOutput = FileHandle(forWritingAtPath: paths[1])
    process.standardError = FileHandle(forWritingAtPath: paths[2])
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    func text(_ path: String) throws -> String { String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self) }
    return Outcome(status: process.terminationStatus, stdout: try text(paths[1]), stderr: try text(paths[2]))
  }

  /// Built beside the test bundle, which depends on it.
  private static var executable: URL {
    get throws {
      final class Marker {}
      var folder = Bundle(for: Marker.self).bundleURL
      for _ in 0..<6 {
        let candidate = folder.appendingPathComponent("demo-cli")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        folder.deleteLastPathComponent()
      }
      throw Missing(what: "demo-cli beside \(Bundle.main.bundlePath)")
    }
  }
}

/// A folder with an archive in it, for one test; it goes when the test is done with it.
final class Desk: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-cli-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// A folder whose `corpus.dicta` is a new archive.
  static func withArchive() throws -> Desk {
    let desk = try Desk()
    try Archive(creatingAt: desk.folder + "/corpus.dicta", device: "desk").close()
    return desk
  }

  /// Writes a file and gives its path.
  @discardableResult
  func file(_ name: String, _ content: String) throws -> String {
    try file(name, bytes: Array(content.utf8))
  }

  @discardableResult
  func file(_ name: String, bytes: [UInt8]) throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> CLI.Outcome {
    try await CLI.run(arguments, in: folder, input: Array(input.utf8), environment: environment)
  }

  /// Runs a command that has to succeed and gives its JSON.
  @discardableResult
  func json(_ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
    let outcome = try await CLI.run(arguments + ["--json"], in: folder, input: Array(input.utf8))
    #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(arguments): \(outcome.stderr)", sourceLocation: sourceLocation)
    return try outcome.json
  }

  /// Runs a command that has to fail, and gives its exit code and its error's message with place and hint.
  func failure(_ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> (
    status: Int32, text: String
  ) {
    let outcome = try await CLI.run(arguments + ["--json"], in: folder, input: Array(input.utf8))
    #expect(outcome.status != 0 && outcome.stdout.isEmpty, "\(arguments) printed \(outcome.stdout)", sourceLocation: sourceLocation)
    return (outcome.status, try outcome.error.description)
  }
}

extension JSON {
  /// A member of an object, nil if there is none.
  subscript(_ key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// An element of an array, nil if there are fewer.
  subscript(_ index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }

  var string: String? {
    if case .string(let string) = self { string } else { nil }
  }

  var elements: [JSON] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// The `id` of an entity.
  var id: String { self["id"]?.string ?? "no id" }
}
