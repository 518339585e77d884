import DictaModels
import DictaSync
import Foundation

@testable import DictaStorage

/// A folder for one test's archives, removed when the test is done with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-test-\(UUID().uuidString)").path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// A new archive in the folder.
  func archive(_ name: String = "corpus.dicta", device: String? = nil) throws -> Archive {
    try Archive(creatingAt: file(name), device: device ?? name)
  }

  /// An archive whose clock stands still and whose chance comes from a seed.
  func archive(_ name: String, at milliseconds: UInt64, seed: UInt64 = 1) throws -> Archive {
    try Archive(creatingAt: file(name), device: name, surroundings: .frozen(at: milliseconds, seed: seed))
  }

  /// Several new archives of one corpus.
  func archives(_ count: Int) throws -> [Archive] {
    let corpus = CorpusID(random: .system)
    return try (1...count).map { try Archive(creatingAt: file("\($0).dicta"), corpus: corpus, device: "device \($0)") }
  }

  /// Writes a file and gives its path.
  func file(_ name: String, holding content: String) throws -> String {
    try file(name, holding: Array(content.utf8))
  }

  func file(_ name: String, holding bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  /// Copies a file within the folder.
  ///
  /// - Parameter keepingFile: writes into the file that is there, which keeps its inode, as restoring with `cp` does.
  func copy(_ source: String, to destination: String, keepingFile: Bool = false) throws {
    if keepingFile {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file(destination)))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(bytes(of: source)))
      try handle.close()
    } else {
      try FileManager.default.copyItem(atPath: file(source), toPath: file(destination))
    }
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: file(name))
  }
}

extension Surroundings {
  static func frozen(at milliseconds: UInt64, seed: UInt64) -> Surroundings {
    let chance = Chance(seed: seed)
    return Surroundings(now: { milliseconds }, random: { chance.next() })
  }
}

extension SyncOptions {
  /// Hands over, and commits, so many bytes at a time.
  static func handing(_ byteLimit: Int) -> SyncOptions {
    var options = SyncOptions()
    options.deliveryByteLimit = byteLimit
    return options
  }
}
