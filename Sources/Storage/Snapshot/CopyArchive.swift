// How an archive that holds nothing takes all of another one that is open in the same program: page by page, from file to file. No line is
// in between that could change or cut anything, and the file is there to be looked at: so nothing is hashed, signed, sent, or kept for a later
// sync. To verify what a copy that was cut left behind would take longer than to begin anew.

import DictaModels
import Foundation
import GRDB

extension Archive {
  public func takeAll(of peer: some ChangeLog) async throws -> WholeCopy? {
    guard let source = peer as? Archive, pool is DatabasePool, source.pool is DatabasePool else { return nil }
    // Nobody empties an archive.
    guard surroundings.takesSnapshots, !wasSnapshotRefused, currentCache.branches.all.isEmpty else { return nil }
    let info = try await read { $0.currentInfo }
    guard info.position == 0, info.branch == nil else { return nil }
    guard let (corpus, byteCount) = try await source.sizeWorthACopy(), byteCount <= freeByteCount / 2 else { return nil }
    if info.corpus != corpus { try await adopt(corpus) }
    for _ in 0..<3 {
      // Signs, publishes and syncs what isn't yet: nothing is shown that could be taken back.
      _ = try await source.open(for: [])
      let view = try ArchiveFile.openForReading(source.path)
      defer { try? view.close() }
      switch try await takePages(of: view) {
      case .taken(let copy):
        // What a sync that was cut left behind.
        unlink(partPath)
        return copy
      case .untold: continue
      case .unfit: return nil
      }
    }
    return nil
  }

  /// Nil if a sync does better with changes.
  private func sizeWorthACopy() async throws -> (CorpusID, byteCount: Int)? {
    let threshold = surroundings.snapshotByteThreshold
    return try await read { transaction in
      let (info, byteCount) = (transaction.currentInfo, try transaction.db.byteCount())
      // What was dropped can't be sent as changes, however few there are.
      guard info.position > 0, try byteCount >= threshold || transaction.log.hasReduced(behind: 0) else { return nil }
      return (info.corpus, byteCount)
    }
  }

  private enum Taking {
    case taken(WholeCopy)
    /// Something was written in the source meanwhile, and nobody may be told of it yet.
    case untold
    /// This archive is open elsewhere, or holds something by now; or the source isn't as an archive has to be, which a sync has words for.
    case unfit
  }

  private func takePages(of source: DatabaseQueue) async throws -> Taking {
    try await replacingPages { [self] db in
      // What is looked over is what is copied: all of it is of one moment.
      try source.inDatabase { try $0.snapshot { try takePages(of: $0, into: db) } }
    }
  }

  private func takePages(of source: Database, into db: Database) throws -> Taking {
    let theirs: ArchiveInfo
    do {
      guard try SnapshotOutline.faultOfTables(in: source) == nil else { return .unfit }
      let (info, branches) = try SnapshotOutline.contents(of: source)
      guard SnapshotOutline.mayBeTold(info, branches) else { return .untold }
      guard try SnapshotOutline.faultOfHeads(in: source, info, branches) == nil else { return .unfit }
      theirs = info
    } catch is MalformedBytes {
      return .unfit
    } catch is DatabaseError {
      return .unfit
    }
    let byteCount = try source.byteCount()
    let isTaken = try install(into: db, of: theirs.corpus, leftBy: theirs.identity, theirs.revision) { isWanted in
      // Where something else is remembered of the same revision, it would be taken for fresh.
      guard try ArchiveInfo.read(db).revision < theirs.revision else { return false }
      return try watchers.withLock { watcherCount in
        guard watcherCount == 0 else { return false }
        do {
          return try db.replacePagesInPlace(with: source, in: pool, ifWanted: isWanted)
        } catch ArchiveError.locked {
          return false
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
          // Somebody has come in between. What was begun was taken back.
          return false
        }
      }
    }
    guard isTaken else { return .unfit }
    snapshots.withLock { $0.wasTakenInPlace = true }
    return .taken(WholeCopy(changeCount: Int(theirs.position), byteCount: byteCount))
  }
}
