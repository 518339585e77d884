import DictaStorage
import Foundation

/// A folder for one test's archives, removed when the test is done with it.
final class WorkFolder: Sendable {
  let path: String

  init() throws {
    // In memory where the system has such a place: thousands of archives are written into it.
    let memory = "/dev/shm"
    let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
    path = parent + "/dicta-damage-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }
}

/// An archive's files as a program leaves them that ends without warning: the database, its write-ahead log, the witness.
struct ArchiveFiles: Sendable {
  enum Part: String, CaseIterable, Sendable {
    case database = ""
    case log = "-wal"
    case witness = "-witness"
  }

  private(set) var contents: [Part: [UInt8]] = [:]

  init(at path: String) throws {
    for part in Part.allCases where FileManager.default.fileExists(atPath: path + part.rawValue) {
      contents[part] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + part.rawValue)))
    }
  }

  subscript(part: Part) -> [UInt8] {
    get { contents[part] ?? [] }
    set { contents[part] = newValue }
  }

  mutating func remove(_ part: Part) {
    contents[part] = nil
  }

  /// Puts them in the place of those that are there. The database keeps its inode, so the witness takes it for the one it belongs to.
  func write(to path: String) throws {
    for suffix in ["-wal", "-shm", "-witness"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.removeItem(atPath: path + suffix)
    }
    for (part, bytes) in contents {
      let name = path + part.rawValue
      if !FileManager.default.fileExists(atPath: name) { try Data().write(to: URL(fileURLWithPath: name)) }
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: name))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(bytes))
      try handle.close()
    }
  }

  /// Goes on as if it were the original: its witness names this file.
  static func twin(of path: String, at twin: String) throws {
    func mark(_ path: String) throws -> String {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return "\(attributes[.systemNumber] ?? 0)/\(attributes[.systemFileNumber] ?? 0)"
    }
    var files = try ArchiveFiles(at: path)
    try files.write(to: twin)
    let witness = String(decoding: files[.witness], as: UTF8.self)
    files[.witness] = Array(witness.replacingOccurrences(of: try mark(path), with: try mark(twin)).utf8)
    try files.write(to: twin)
  }
}
