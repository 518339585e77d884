import DictaStorage
import Foundation

/// What a device's disk holds: the archive, what SQLite keeps beside it, and the witness.
struct DeviceFiles: Sendable {
  private static let suffixes = ["", "-wal", "-witness"]

  private var contents: [String: Data] = [:]

  /// Reads them as they are now, while the archive may be open: as a program leaves them that ends without warning.
  init(at path: String) throws {
    for suffix in Self.suffixes where FileManager.default.fileExists(atPath: path + suffix) {
      contents[suffix] = try Data(contentsOf: URL(fileURLWithPath: path + suffix))
    }
  }

  mutating func removeWitness() {
    contents["-witness"] = nil
  }

  /// Puts them where nothing is, or in the place of what is there.
  ///
  /// - Parameter keepsFile: writes into the database's file that is there, which keeps its inode.
  func write(to path: String, keepsFile: Bool = false) throws {
    for suffix in Self.suffixes + ["-shm"] {
      let isKept = keepsFile && suffix.isEmpty
      // Moved away and not removed, so that no later file gets its inode.
      if !isKept, FileManager.default.fileExists(atPath: path + suffix) {
        try FileManager.default.moveItem(atPath: path + suffix, toPath: path + suffix + ".gone-\(UUID().uuidString)")
      }
      guard let data = contents[suffix] else { continue }
      if isKept {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: data)
        try handle.close()
      } else {
        try data.write(to: URL(fileURLWithPath: path + suffix))
      }
    }
  }

  /// Keeps the witness that is at the path.
  func withWitness(of other: DeviceFiles) -> DeviceFiles {
    var files = self
    files.contents["-witness"] = other.contents["-witness"]
    return files
  }
}

/// A folder for all that a history keeps, in memory where the system has such a place.
final class SimulationFolder: Sendable {
  let path: String

  /// - Parameter seed: stands in its name. If a history ends the program, the folder stays, and tells which one it was.
  init(seed: UInt64) throws {
    let memory = "/dev/shm"
    let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
    path = parent + "/dicta-simulation-\(seed)-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
