import DictaModels
import DictaStorage
import Foundation

/// The folder of a hub: an archive for each corpus, the tokens, and a lock while a hub runs.
public struct HubFolder: Sendable {
  public let path: String
  public var tokens: TokenStore { TokenStore(directory: path) }

  public init(_ path: String) {
    self.path = path
  }

  /// Where a corpus is, or would be.
  func archivePath(_ corpus: CorpusID) -> String {
    path + "/\(corpus).dicta"
  }

  func holds(_ corpus: CorpusID) -> Bool {
    FileManager.default.fileExists(atPath: archivePath(corpus))
  }

  /// Makes the folder, if it isn't there. What is in it is nobody else's on the machine.
  static func create(_ path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// Makes an archive for a corpus, unless there is one.
  public func addCorpus(_ corpus: CorpusID) throws {
    try HubFolder.create(path)
    guard !holds(corpus) else { return }
    do {
      try Archive(creatingAt: archivePath(corpus), corpus: corpus, device: "hub").close()
    } catch ArchiveError.alreadyThere {
      // Another program was first.
    }
  }
}
