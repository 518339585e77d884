import DictaModels
import DictaStorage
import Foundation
import Subprocess
import SystemPackage
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
    var variables: [Environment.Key: String] = [:]
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DICTA_") }
    for (name, value) in inherited { variables[Environment.Key(stringLiteral: name)] = value }
    variables["NO_COLOR"] = "1"
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    // A file rather than a pipe: a program that doesn't read it to its end must not break ours.
    let inputPath = "\(folder)/.input-\(UUID().uuidString)"
    try Data(input).write(to: URL(fileURLWithPath: inputPath))
    defer { try? FileManager.default.removeItem(atPath: inputPath) }
    let inputFile = try FileDescriptor.open(FilePath(inputPath), .readOnly)
    // Not Foundation's `Process`: started from many threads at once, it crashes on Linux.
    let result = try await Subprocess.run(
      .path(FilePath(try executable.path)), arguments: Arguments(arguments), environment: .custom(variables), workingDirectory: FilePath(folder),
      input: .fileDescriptor(inputFile, closeAfterSpawningProcess: true), output: .bytes(limit: 1 << 26), error: .bytes(limit: 1 << 26))
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return Outcome(
      status: status, stdout: String(decoding: result.standardOutput, as: UTF8.self), stderr: String(decoding: result.standardError, as: UTF8.self))
  }

  /// Built beside the test bundle, which depends on it.
  static var executable: URL {
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
