import DictaModels

/// A snapshot that comes in during a sync.
struct SnapshotIntake: Sendable {
  private var target: (any SnapshotTarget)?
  private var manifest: SnapshotManifest?

  var byteCount: Int { manifest?.byteCount ?? 0 }

  /// - Returns: what came of it, if all of it had come in a sync before.
  mutating func begin(_ manifest: SnapshotManifest, _ log: some ChangeLog, _ peer: String) async throws -> Receipt? {
    // There is one at most in a session.
    guard self.manifest == nil else { throw RefusedSnapshot(sender: peer, origin: manifest.origin, reason: .unasked) }
    target = try await log.take(manifest, from: peer)
    self.manifest = manifest
    return try await finish()
  }

  /// - Returns: what came of it, with the last chunk.
  mutating func take(_ chunk: SnapshotChunk, _ peer: String) async throws -> Receipt? {
    guard let target else {
      throw RefusedSnapshot(sender: peer, origin: manifest?.origin ?? Origin(raw: .zero), reason: .wrongChunk(chunk.number))
    }
    try await target.take(chunk)
    return try await finish()
  }

  private mutating func finish() async throws -> Receipt? {
    guard let target, target.isWhole else { return nil }
    self.target = nil
    return try await target.install()
  }
}
