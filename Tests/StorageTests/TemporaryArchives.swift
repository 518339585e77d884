import DictaModels
import DictaStorage
import Foundation

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
}
