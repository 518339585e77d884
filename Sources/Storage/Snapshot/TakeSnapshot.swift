// How an archive that holds nothing takes a snapshot: chunk by chunk into a file beside it, each verified when it comes; the whole in one
// step.

import DictaModels
import Foundation
import GRDB
import Synchronization

/// What an archive remembers of snapshots while it is open.
struct SnapshotState {
  /// What a peer was told to be held: so far the file was verified.
  var told: SnapshotWish.Held?

  /// The one that is sent from here, once all of it was verified, or written by this process: ``SnapshotManifest/id``.
  var verified: Bytes32?

  /// How many bytes the one would have taken that was refused for want of room. The part says so to the next process, if there was room for that.
  var lackingByteCount: Int?

  /// Whether the pages of the one that was taken were written once, and not through the write-ahead log.
  var wasTakenInPlace = false

  /// Whether all pages were replaced, and this archive's identity wasn't given to them yet.
  var lacksIdentity = false
}

extension Archive {
  /// What a sync that was cut leaves behind.
  var partPath: String { path + SnapshotFile.partSuffix }

  /// What is told to peers; nil if no snapshot is wanted.
  ///
  /// - Complexity: O(bytes of what a cut sync left behind).
  func snapshotWish(_ info: ArchiveInfo) -> SnapshotWish? {
    guard info.position == 0, info.branch == nil, surroundings.takesSnapshots, pool is DatabasePool, !wasSnapshotRefused else { return nil }
    let part = SnapshotFile.open(partPath)
    let held = part.map { SnapshotWish.Held(id: $0.manifest.id, chunkCount: $0.rightChunkCount) }
    let lackingByteCount = snapshots.withLock { state in
      state.told = held
      return state.lackingByteCount
    }
    // As long as there is no room for it, the log does.
    if let part, let held, !hasRoom(for: part.manifest, holding: held.chunkCount) { return nil }
    if let lackingByteCount, lackingByteCount > freeByteCount { return nil }
    return SnapshotWish(schemaVersion: UInt64(Schema.version), held: held)
  }

  /// A file without a byte says so, to the next process too.
  var wasSnapshotRefused: Bool {
    var information = stat()
    return stat(partPath, &information) == 0 && information.st_size == 0
  }

  /// Whether there is something that the next sync needs, though nothing is held here yet: what came of a snapshot, or that one was refused.
  package var hasSnapshotPart: Bool { access(partPath, F_OK) == 0 }

  fileprivate func noteSnapshotRefused() {
    unlink(partPath)
    if let descriptor = try? SnapshotFile.create(partPath) { Foundation.close(descriptor) }
  }

  public func take(_ manifest: SnapshotManifest, from sender: String) async throws -> any SnapshotTarget {
    func refused(_ reason: RefusedSnapshot.Reason) -> RefusedSnapshot {
      RefusedSnapshot(sender: sender, origin: manifest.origin, reason: reason)
    }
    let info = try await read { $0.currentInfo }
    guard pool is DatabasePool, surroundings.takesSnapshots, !wasSnapshotRefused else { throw refused(.unasked) }
    // Another sync may have been faster.
    guard info.position == 0 else { throw ArchiveError.locked(path: path) }
    do {
      guard manifest.corpus == info.corpus else { throw refused(.otherCorpus(manifest.corpus)) }
      guard manifest.schemaVersion == UInt64(Schema.version) else { throw refused(.otherSchema(manifest.schemaVersion)) }
      guard manifest.isSigned else { throw refused(.wrongSignature) }
    } catch {
      noteSnapshotRefused()
      throw error
    }
    if let held = snapshots.withLock({ $0.told }), held.id == manifest.id, let file = SnapshotFile.open(partPath), file.manifest.id == held.id {
      // What is held stays, until there is room.
      guard hasRoom(for: manifest, holding: held.chunkCount) else { throw refused(.noRoom(byteCount: manifest.byteCount)) }
      return SnapshotTaking(self, file, from: held.chunkCount, sender: sender)
    }
    // Never written over: another process may be at it.
    unlink(partPath)
    guard hasRoom(for: manifest, holding: 0) else {
      snapshots.withLock { $0.lackingByteCount = 2 * manifest.byteCount }
      // The manifest takes next to nothing, and tells the next process how much is lacking.
      _ = try? begin(manifest)
      throw refused(.noRoom(byteCount: manifest.byteCount))
    }
    return SnapshotTaking(self, try begin(manifest), from: 0, sender: sender)
  }

  /// A part in which no chunk is yet.
  private func begin(_ manifest: SnapshotManifest) throws -> SnapshotFile {
    guard let descriptor = try SnapshotFile.create(partPath) else { throw ArchiveError.locked(path: path) }
    do {
      return try SnapshotFile.finish(partPath, descriptor, manifest)
    } catch {
      // Without a byte it would say that a snapshot was refused.
      unlink(partPath)
      Foundation.close(descriptor)
      throw error
    }
  }

  /// Whether there is room for what hasn't come yet, and for all of it once more in the archive.
  private func hasRoom(for manifest: SnapshotManifest, holding chunkCount: Int) -> Bool {
    let heldByteCount = min(chunkCount * SnapshotManifest.chunkByteCount, manifest.byteCount)
    return manifest.byteCount - heldByteCount + manifest.byteCount <= freeByteCount
  }

  public func noteDropped() {
    snapshots.withLock { $0.lackingByteCount = nil }
    // What was refused may have been another peer's, or there may be room by now.
    if wasSnapshotRefused || SnapshotFile.open(partPath)?.holdsNothing == true { unlink(partPath) }
  }

  /// On the disk of the archive.
  var freeByteCount: Int {
    if let freeByteCount = surroundings.freeByteCount { return freeByteCount() }
    var room = statvfs()
    guard statvfs(ArchiveFile.folder(of: path), &room) == 0 else { return 0 }
    let (bytes, isTooMany) = Int(clamping: room.f_bavail).multipliedReportingOverflow(by: Int(clamping: room.f_frsize))
    return isTooMany ? .max : bytes
  }

  // MARK: Installing

  /// Makes the database in a verified file this archive's, with its identity as it was.
  ///
  /// - Throws: ``ArchiveError/locked(path:)`` if somebody has written here meanwhile.
  fileprivate func install(_ source: DatabaseQueue, _ corpus: CorpusID) async throws {
    try await replacingPages { [self] db in
      try source.inDatabase { source in
        _ = try install(into: db, of: corpus, leftBy: SnapshotOutline.nobody(in: corpus), SnapshotOutline.revision) { isWanted in
          // Who watches the write-ahead log would watch one that is gone.
          let isInPlace = try watchers.withLock { watcherCount in
            try db.replacePages(with: source, in: pool, keepsLog: watcherCount > 0, ifWanted: isWanted)
          }
          snapshots.withLock { $0.wasTakenInPlace = isInPlace }
          return true
        }
      }
    }
  }

  /// Runs on the writer what replaces all pages, to its end even if the task is cancelled meanwhile: between the pages and the identity that they
  /// are given then, nobody could write.
  func replacingPages<Result: Sendable>(_ body: @Sendable @escaping (Database) throws -> Result) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try Task.checkCancellation()
      do {
        return try await Task { try await onWriter(body) }.value
      } catch {
        // If it got no further than the pages, this archive gets an identity as a copy does when it is opened.
        if snapshots.withLock({ $0.lacksIdentity }) { try? ensureIdentity() }
        throw error
      }
    }
  }

  /// Has all pages replaced by those of another archive, and gives this archive's identity to what is there then.
  ///
  /// If the process ends in between, the witness doesn't fit, and whoever opens the archive next gives it a new origin: as that of any copy.
  ///
  /// - Parameters:
  ///   - corpus: what the pages are of. Another sync may have adopted another one meanwhile.
  ///   - identity: who the pages say they belong to, in that revision.
  ///   - replace: does it, if the closure that it is given doesn't throw once nobody else can write any more; or returns false, and has done nothing.
  /// - Returns: what `replace` returned.
  /// - Throws: ``ArchiveError/locked(path:)`` if somebody has written here meanwhile.
  func install(
    into db: Database, of corpus: CorpusID, leftBy identity: ReplicaIdentity, _ revision: UInt64,
    by replace: ((Database) throws -> Void) throws -> Bool
  ) throws -> Bool {
    var own: ArchiveInfo?
    releaseSessionReader()
    // Every page is written once: to keep them in memory only makes it slower.
    try db.setPageCache(kibibytes: 2048)
    defer { try? db.setPageCache(kibibytes: PageCache.kibibytes) }
    let isReplaced = try replace { db in
      let found = try ArchiveInfo.read(db)
      guard found.position == 0, found.corpus == corpus else { throw ArchiveError.locked(path: path) }
      own = found
    }
    guard isReplaced, let own else { return false }
    snapshots.withLock { $0.lacksIdentity = true }
    db.clearSchemaCache()
    var cache: ArchiveCache?
    // What was the other one's own is overwritten.
    try db.overwriteWhatIsDeleted(.always)
    defer { try? db.overwriteWhatIsDeleted(.whereItCostsNoPage) }
    try db.inTransaction(.immediate) {
      let ledger = try Ledger(db, cache: .empty)
      // Another process has opened it in between, and taken a new origin: that does as well.
      guard ledger.info.identity == identity, ledger.info.revision == revision else { return .rollback }
      try SnapshotOutline.removeOwnRows(db)
      (ledger.info.identity, ledger.info.revision) = (own.identity, own.revision)
      (ledger.info.branch, ledger.info.signed, ledger.info.durable) = (nil, 0, 0)
      if !ledger.branches.numbers(of: own.identity.origin).isEmpty { try takeNewOrigin(ledger) }
      try ledger.finish()
      try db.notifyChanges(in: Table("entity"))
      cache = ledger.handOver()
      return .commit
    }
    snapshots.withLock { $0.lacksIdentity = false }
    if let cache { keep(cache) }
    // A file as large as the archive would stay beside it. What can't be done now is done when the archive is closed.
    _ = try? db.emptyWriteAheadLog()
    return true
  }
}

/// A snapshot that is on its way into an archive.
private final class SnapshotTaking: SnapshotTarget {
  private let archive: Archive
  private let file: SnapshotFile
  private let sender: String
  private let next: Mutex<Int>

  init(_ archive: Archive, _ file: SnapshotFile, from first: Int, sender: String) {
    (self.archive, self.file, self.sender) = (archive, file, sender)
    next = Mutex(first)
  }

  var isWhole: Bool { next.withLock { $0 } == file.manifest.chunkHashes.count }

  func take(_ chunk: SnapshotChunk) async throws {
    try next.withLock { next in
      guard chunk.number == next, file.manifest.holds(chunk.bytes, asChunk: next) else { throw refused(.wrongChunk(chunk.number)) }
      try SnapshotFile.write(chunk.bytes, to: file.descriptor, at: file.manifest.range(ofChunk: next).lowerBound, of: file.path)
      next += 1
    }
  }

  func install() async throws -> Receipt {
    precondition(isWhole, "a snapshot is installed when all chunks have come")
    var configuration = Configuration()
    configuration.readonly = true
    configuration.label = "dicta.snapshot"
    let queue: DatabaseQueue
    do {
      try checkHeader()
      queue = try DatabaseQueue(path: file.path, configuration: configuration)
    } catch let error as DatabaseError {
      throw refused(.unfit(error.message ?? "SQLite can't read it"))
    }
    // Another process that began anew has put its own there.
    guard file.isInPlace else { throw ArchiveError.locked(path: archive.path) }
    try await installed(from: queue)
    try queue.close()
    unlink(file.path)
    var receipt = Receipt()
    receipt.received = Int(file.manifest.changeCount)
    return receipt
  }

  private func installed(from queue: DatabaseQueue) async throws {
    let fault: String?
    do {
      fault = try await queue.read { [file] in try SnapshotOutline.fault(in: $0, manifest: file.manifest) }
    } catch let error as MalformedBytes {
      throw refused(.unfit(error.reason))
    } catch let error as DatabaseError {
      throw refused(.unfit(error.message ?? "SQLite can't read it"))
    }
    if let fault { throw refused(.unfit(fault)) }
    try await archive.install(queue, file.manifest.corpus)
  }

  /// What SQLite would otherwise act upon when it opens the file.
  private func checkHeader() throws {
    let header = try SnapshotFile.read(100, from: file.descriptor, at: 0, of: file.path)
    guard header.starts(with: Array("SQLite format 3\0".utf8)), header[18] == 1, header[19] == 1, header[20] == 0 else {
      throw refused(.unfit("it is no database, or one with a write-ahead log"))
    }
  }

  private func refused(_ reason: RefusedSnapshot.Reason) -> RefusedSnapshot {
    archive.noteSnapshotRefused()
    return RefusedSnapshot(sender: sender, origin: file.manifest.origin, reason: reason)
  }
}
