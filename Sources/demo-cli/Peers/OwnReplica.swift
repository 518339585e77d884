import DictaModels
import DictaStorage
import DictaSync

/// This side of a sync: the archive at a path, or a new one where none is.
enum OwnReplica {
  /// Runs `body` with the archive. One that was made for it goes again if `body` fails before anything was received: changes, a part of a
  /// snapshot, or one that was refused, so that the next sync does without.
  ///
  /// - Parameter corpus: what a new one will be a replica of; nil leaves that to the peer.
  static func with<Value: Sendable>(
    at path: String, corpus: CorpusID? = nil, _ body: (Archive) async throws -> Value
  ) async throws -> Value {
    let (archive, isNew) = try open(path, corpus)
    do {
      let value = try await body(archive)
      try archive.close()
      return value
    } catch {
      // Even if this task was cancelled.
      let heads = await Task { try? await archive.read { try $0.status().heads } }.value
      try? archive.close()
      if isNew, heads == [], !archive.hasSnapshotPart { Archive.removeAll(at: archive.path) }
      throw error
    }
  }

  private static func open(_ path: String, _ corpus: CorpusID?) throws -> (Archive, isNew: Bool) {
    do {
      return (try Archive(at: path), false)
    } catch ArchiveError.notFound {
      return (try Archive(creatingAt: path, corpus: corpus), true)
    }
  }
}
