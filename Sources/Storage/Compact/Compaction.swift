// Makes the file smaller, and leaves everything that the archive says as it is; when told to, without what was overwritten long ago.

import DictaModels
import Foundation
import GRDB

/// What ``Archive/compact(droppingSuperseded:)`` did.
public struct CompactionReport: Hashable, Sendable {
  /// Of the file and its write-ahead log.
  public var bytesBefore = 0
  public var bytesAfter = 0

  /// Changes that were put into packs.
  public var packedChanges = 0

  /// Texts that were compressed.
  public var compressedTexts = 0

  /// Changes of which something was dropped.
  public var droppedChanges = 0

  /// Changes of which something could be dropped, if ``waitsFor`` were known to hold them.
  public var waitingChanges = 0

  /// The origins that aren't known to hold some of those, sorted. A sync brings what they have written since; ``Archive/retire(_:)`` says of one
  /// that nobody writes under it any more.
  public var waitsFor: [Origin] = []

  init() {}
}

extension Archive {
  /// Packs the log, compresses texts, and gives the room back to the disk.
  ///
  /// 1. Changes that follow each other on a branch are compressed together. Ids, times and places in the log stay where they are found
  ///    without it, and what changes say stays byte for byte what was written: chains, signatures and syncs know no difference.
  /// 2. Texts are compressed, each by itself, but for very long ones.
  /// 3. What became free is given back, if that is much.
  ///
  /// When told to, it drops between the first step and the second what changes wrote and others have overwritten: values that nothing shows, of
  /// changes that every origin listed here has acknowledged, by writing something that rests on them. Chains, signatures and the digest stay
  /// as they are and can be verified as before. But ``ReadTransaction/history(of:)`` can't tell those values any more, and a replica that lacks
  /// such a change can't get it from here: it is told so, sends what it has, and has to take it from a replica that still holds it. One that
  /// holds nothing takes a snapshot. A replica that only ever read is listed nowhere, so it isn't waited for; nor is a copy of this archive
  /// that wasn't synced since. Two that each dropped what the other lacks can't be brought together: sync before you drop.
  ///
  /// Each step is a transaction of its own, so whoever ends the program leaves a sound archive, and the next call goes on from there. Others
  /// may read and write meanwhile; only the last step holds writers up for as long as it takes to write the file once more.
  ///
  /// - Parameter droppingSuperseded: whether something is dropped. What was dropped is gone for good.
  /// - Throws: ``ArchiveError/unproven(count:)`` if something is to be dropped from an archive that can't prove its last changes;
  ///   ``ArchiveError/diskFull(path:)`` where there is no room for the last step, which needs twice what the file will take. What
  ///   was done before stays done, and what became free is used by what is written next.
  /// - Complexity: O(bytes that aren't compressed yet), and O(bytes of the file) if there is much to give back. Memory: some megabytes.
  @discardableResult
  public func compact(droppingSuperseded: Bool = false) async throws -> CompactionReport {
    var report = CompactionReport()
    report.bytesBefore = byteCount
    try await ArchiveFile.mapping(path) {
      try await onWriter { [self] db in
        try db.setPageCache(kibibytes: PageCache.bulkKibibytes)
        pageCache.settle(db, wroteManyRows: true)
      }
      var packer = LogPacker(byteGoal: surroundings.packByteGoal)
      while !packer.isDone { packer = try await step(packer) }
      if droppingSuperseded {
        let dropper = try await drop()
        (report.droppedChanges, report.waitingChanges, report.waitsFor) = (dropper.changeCount, dropper.waitingCount, dropper.waitsFor.sorted())
      }
      var compressor = TextCompressor()
      while !compressor.isDone { compressor = try await step(compressor) }
      (report.packedChanges, report.compressedTexts) = (packer.changeCount, compressor.textCount)
      let isAll = report.droppedChanges > 0
      try await onWriter { try FreePages.giveBack($0, all: isAll) }
    }
    report.bytesAfter = byteCount
    return report
  }

  private func drop() async throws -> BodyDropper {
    let unproven = try await onWriter { [self] db in try Ledger(db, cache: currentCache.withoutTargets).unprovenCount() }
    if let unproven { throw ArchiveError.unproven(count: unproven) }
    var dropper = BodyDropper()
    // An older snapshot holds what is dropped. Whoever is in the middle of one goes on with the file that he has open.
    SnapshotFile.removeAll(beside: path)
    defer { if dropper.changeCount > 0 { SnapshotFile.removeAll(beside: path) } }
    var attempts = 0
    while !dropper.isDone {
      if attempts == 0 || dropper.isStalled {
        // Signs and publishes what isn't yet. Others may write all the time, and what was written under a key that is lost can't be proven.
        guard attempts < 100 else { break }
        attempts += 1
        _ = try await open(for: [])
      }
      dropper = try await step(dropper)
    }
    return dropper
  }

  private func step<Work: CompactionWork>(_ work: Work) async throws -> Work {
    try Task.checkCancellation()
    return try await onWriter { db in
      var work = work
      // What is packed now may be dropped one day: then nothing of it is to be found in free pages.
      try db.overwriteWhatIsDeleted(.always)
      defer { try? db.overwriteWhatIsDeleted(.whereItCostsNoPage) }
      try db.inTransaction(.immediate) {
        try work.step(db)
        return .commit
      }
      return work
    }
  }

  private var byteCount: Int {
    ["", "-wal"].reduce(0) { sum, suffix in
      sum + ((try? FileManager.default.attributesOfItem(atPath: path + suffix))?[.size] as? Int ?? 0)
    }
  }
}

/// Something that is done bit by bit.
protocol CompactionWork: Sendable {
  var isDone: Bool { get }

  /// Does some of it; a whole transaction.
  mutating func step(_ db: Database) throws
}

extension CompactionWork {
  /// How many bytes are read in one step: few enough that writers don't notice.
  static var stepByteLimit: Int { 1 << 20 }
}

enum FreePages {
  /// Below this part of the file it isn't worth writing the file once more.
  private static let leastPart = 16

  /// Writes the file anew without what is free in it, if there is much of that. A commit like any other, so it happens or it doesn't.
  ///
  /// - Parameter all: even if it is little. What was dropped may stand in pages that were free before.
  static func giveBack(_ db: Database, all isAll: Bool) throws {
    let (free, pages) = (try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0, try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0)
    if free > 0, isAll || free >= pages / leastPart {
      defer { try? db.execute(sql: "PRAGMA shrink_memory") }
      // An index of words grows in parts, which are smaller together.
      for index in WordIndex.allCases { try db.execute(sql: "INSERT INTO \(index.name) (\(index.name)) VALUES ('optimize')") }
      try db.execute(sql: "VACUUM")
    }
    // While somebody reads what was before, pages of the file can't be overwritten: then it is done later, by whoever closes it last.
    _ = try db.emptyWriteAheadLog(waitingMilliseconds: 1000)
  }
}
