import DictaModels
import Foundation

/// Where a load is put on: a temporary folder, and the `demo-cli` that serves there.
struct Bench: Sendable {
  let folder: String
  let program: String

  /// Runs `body` in a folder of its own, which is removed if all went well.
  static func with(_ options: Options, _ body: @Sendable (Bench) async throws -> Void) async throws {
    raiseFileLimit()
    let place = options["in"] ?? NSTemporaryDirectory()
    let folder = URL(fileURLWithPath: place).appendingPathComponent("dicta-hub-load-\(ProcessInfo.processInfo.processIdentifier)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
      try await body(Bench(folder: folder, program: try options["program"] ?? programBeside()))
    } catch {
      HubLoad.complain("what is left is in \(folder)")
      throw error
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  private static func programBeside() throws -> String {
    guard let program = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("demo-cli").path,
      FileManager.default.isExecutableFile(atPath: program)
    else { throw Missing() }
    return program
  }

  private struct Missing: Error, CustomStringConvertible {
    var description: String { "there is no demo-cli beside this program: build it, or say program=FILE" }
  }

  /// A thousand watchers take a descriptor each, here and in the hub, which gets its limit from here.
  private static func raiseFileLimit() {
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    let resource = RLIMIT_NOFILE
    #endif
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 20_000)
    _ = setrlimit(resource, &limit)
  }

  var hubFolder: String { folder + "/hub" }

  /// Makes a token; the first one of a corpus makes it on the hub.
  func token(for corpus: CorpusID, role: String = "writer") async throws -> String {
    let json = try await run("hub", "token", "create", "--directory", hubFolder, "--corpus", "\(corpus)", "--role", role)
    guard let token = json.string("token") else { throw Silent(what: "a token") }
    return token
  }

  /// Runs a command of `demo-cli` to its end.
  @discardableResult
  func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> JSON {
    let (output, _) = try await ChildProcess.run(program, arguments + ["--json"], environment: environment)
    return try JSONReader.parse(Array(output.utf8))
  }

  struct Silent: Error, CustomStringConvertible {
    let what: String
    var description: String { "demo-cli didn't print \(what)" }
  }
}

extension JSON {
  func string(_ name: String) -> String? {
    if case .object(let object) = self, case .string(let text)? = object[name] { text } else { nil }
  }

  func number(_ name: String) -> Int? {
    if case .object(let object) = self, case .integer(let number)? = object[name] { Int(number) } else { nil }
  }
}
