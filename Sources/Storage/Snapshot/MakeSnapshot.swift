// How an archive makes a snapshot of itself. Pages are copied, not rows: reading, encoding, verifying and merging every change again costs
// many times more than the bytes do.

import DictaModels
import Foundation
import GRDB

extension Archive {
  public func snapshot(for wish: SnapshotWish) async throws -> (any SnapshotSource)? {
    guard wish.schemaVersion == UInt64(Schema.version), pool is DatabasePool else { return nil }
    let (threshold, byteLimit, headLimit) = (
      surroundings.snapshotByteThreshold, surroundings.snapshotByteLimit, surroundings.snapshotHeadLimit
    )
    let (info, isWorthIt) = try await read { transaction in
      let (info, byteCount) = (transaction.currentInfo, try transaction.db.byteCount())
      // Whoever is sent a manifest that can't be one ends the session, and never gets the log.
      guard byteCount <= byteLimit, transaction.branches.all.count <= headLimit else { return (info, false) }
      // What was dropped can't be sent as changes, however few there are.
      return (info, try byteCount >= threshold || transaction.log.hasReduced(behind: 0))
    }
    guard info.position > 0, isWorthIt, let key = try deviceKey(of: info.identity) else { return nil }
    let deadline = ContinuousClock.now + .seconds(60)
    while deadline > .now {
      if let file = try await latestSnapshot(for: wish, info) {
        file.touch()
        return file
      }
      do {
        // Another session may be at it.
        if let file = try await makeSnapshot(info, key) { return file }
      } catch is ArchiveError {
        // No room, or a folder that can't be written: the log takes longer and needs nothing.
        return nil
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    return nil
  }

  /// The snapshot that was made before, unless too much has been written since: the log of that is cheaper than a new one, up to a point.
  ///
  /// One that was made before this archive was opened is verified once, as the power may have failed since, or a bit flipped.
  private func latestSnapshot(for wish: SnapshotWish, _ info: ArchiveInfo) async throws -> SnapshotFile? {
    guard let file = SnapshotFile.open(path + SnapshotFile.suffix), file.manifest.corpus == info.corpus,
      file.manifest.schemaVersion == UInt64(Schema.version)
    else { return nil }
    // Whoever took it would need what came since.
    let position = file.manifest.changeCount
    if try await read({ try $0.log.hasReduced(behind: position) }) { return nil }
    let isFresh = file.manifest.changeCount <= info.position && info.position - file.manifest.changeCount <= file.manifest.changeCount / 3
    // To go on with an older one is cheaper still.
    guard isFresh || wish.held?.id == file.manifest.id else { return nil }
    if snapshots.withLock({ $0.verified }) == file.manifest.id { return file }
    guard file.rightChunkCount == file.manifest.chunkHashes.count else {
      if file.isInPlace { unlink(file.path) }
      return nil
    }
    snapshots.withLock { $0.verified = file.manifest.id }
    return file
  }

  /// - Returns: nil if another one is being made, or somebody writes all the time.
  private func makeSnapshot(_ info: ArchiveInfo, _ key: DeviceKey) async throws -> SnapshotFile? {
    let draft = path + SnapshotFile.draftSuffix
    guard let descriptor = try SnapshotFile.create(draft) else {
      // Whoever was making it ended in the middle of it.
      if let age = SnapshotFile.secondsSinceWritten(draft), age > 600 { SnapshotFile.removeDraft(draft) }
      return nil
    }
    // What somebody left behind would be taken for this one's, and bring back pages of another copy.
    SnapshotFile.removeJournal(of: draft)
    var file: SnapshotFile?
    defer {
      if file == nil {
        // Another session's draft is left to it.
        if SnapshotFile.isInPlace(draft, descriptor) { SnapshotFile.removeDraft(draft) }
        Foundation.close(descriptor)
      }
    }
    for _ in 0..<3 {
      // Signs, publishes and syncs what isn't yet.
      _ = try await open(for: [])
      try await copyPages(to: descriptor, at: draft)
      // A compaction may have removed the draft, and another session begun its own. SQLite opens what the path leads to.
      guard SnapshotFile.isInPlace(draft, descriptor) else { return nil }
      guard let outline = try ArchiveFile.mapping(draft, { try SnapshotOutline.strip(draft) }) else { continue }
      let manifest = try manifest(outline, descriptor, draft, info.identity.nonce, key)
      let finished = try SnapshotFile.finish(draft, descriptor, manifest)
      file = finished
      // It isn't synced to the disk: who finds it after a power cut verifies it.
      guard finished.isInPlace else { return nil }
      guard rename(draft, path + SnapshotFile.suffix) == 0 else {
        let code = errno
        SnapshotFile.removeDraft(draft)
        throw ArchiveError.system(code, path: draft)
      }
      snapshots.withLock { $0.verified = manifest.id }
      return finished
    }
    return nil
  }

  private func manifest(
    _ outline: SnapshotOutline, _ descriptor: Int32, _ draft: String, _ nonce: Bytes16, _ key: DeviceKey
  ) throws -> SnapshotManifest {
    let hashes = try SnapshotFile.chunkHashes(ofFirst: outline.byteCount, in: descriptor, of: draft)
    return SnapshotManifest(
      corpus: outline.corpus, schemaVersion: UInt64(Schema.version), byteCount: outline.byteCount, changeCount: outline.changeCount,
      digest: outline.digest, heads: outline.heads, chunkHashes: hashes, nonce: nonce, key: key.key)
  }

  // MARK: Copying

  /// Copies the database at one moment, while others read and, nearly always, write. If the path leads elsewhere by now, perhaps nothing.
  private func copyPages(to descriptor: Int32, at draft: String) async throws {
    let isCopied = try await ArchiveFile.mapping(path) {
      try await onWriter { [path] db in
        guard try db.emptyWriteAheadLog() else { return false }
        var isCopied = false
        // Nobody else writes meanwhile, and everything is in the one file if nobody has just before.
        try db.inTransaction(.immediate) {
          var information = stat()
          guard stat(path + "-wal", &information) != 0 || information.st_size == 0 else { return .rollback }
          try db.copyFile(to: descriptor, at: draft)
          isCopied = true
          return .rollback
        }
        return isCopied
      }
    }
    if isCopied { return }
    guard SnapshotFile.isInPlace(draft, descriptor) else { return }
    // A reader is at an older moment, so the write-ahead log can't be emptied. SQLite copies page by page then, which takes four times as long.
    guard ftruncate(descriptor, 0) == 0 else { throw ArchiveError.system(errno, path: draft) }
    try ArchiveFile.mapping(path) {
      let queue = try DatabaseQueue(path: draft)
      try pool.backup(to: queue)
      try ArchiveFile.gather(queue)
      try queue.close()
    }
  }
}

extension Database {
  /// Brings the write-ahead log into the file, unless readers are at an older moment.
  ///
  /// - Returns: whether it was done.
  func emptyWriteAheadLog(waitingMilliseconds: Int32 = 100) throws -> Bool {
    try unlessBusy(waitingMilliseconds: waitingMilliseconds) { _ = try checkpoint(.truncate) } != nil
  }

  fileprivate func copyFile(to descriptor: Int32, at path: String) throws {
    let (file, byteCount) = (try DatabaseFile(of: self), try byteCount())
    let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { portion.deallocate() }
    for start in stride(from: 0, to: byteCount, by: portion.count) {
      let part = UnsafeMutableRawBufferPointer(rebasing: portion.prefix(byteCount - start))
      try file.read(into: part, at: start)
      try SnapshotFile.write(UnsafeRawBufferPointer(part), to: descriptor, at: start, of: path)
    }
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw ArchiveError.system(errno, path: path) }
  }
}
