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

  /// Makes an archive for a corpus, unless there is one.
  public func addCorpus(_ corpus: CorpusID) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard !holds(corpus) else { return }
    do {
      try Archive(creatingAt: archivePath(corpus), corpus: corpus, device: "hub").close()
    } catch ArchiveError.alreadyThere {
      // Another program was first.
    }
  }
}
