// Makes the file smaller, and leaves everything that the archive says as it is.

import DictaModels
import Foundation
import GRDB

/// What ``Archive/compact()`` did.
public struct CompactionReport: Hashable, Sendable {
  /// Of the file and its write-ahead log.
  public var bytesBefore = 0
  public var bytesAfter = 0

  /// Changes that were put into packs.
  public var packedChanges = 0

  /// Texts that were compressed.
  public var compressedTexts = 0

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
  /// Each step is a transaction of its own, so whoever ends the program leaves a sound archive, and the next call goes on from there. Others
  /// may read and write meanwhile; only the last step holds writers up for as long as it takes to write the file once more.
  ///
  /// - Throws: ``ArchiveError/diskFull(path:)`` where there is no room for the last step, which needs twice what the file will take. What
  ///   was done before stays done, and what became free is used by what is written next.
  /// - Complexity: O(bytes that aren't compressed yet), and O(bytes of the file) if there is much to give back. Memory: some megabytes.
  @discardableResult
  public func compact() async throws -> CompactionReport {
    var report = CompactionReport()
    report.bytesBefore = byteCount
    try await ArchiveFile.mapping(path) {
      var packer = LogPacker(byteGoal: surroundings.packByteGoal)
      while !packer.isDone { packer = try await step(packer) }
      var compressor = TextCompressor()
      while !compressor.isDone { compressor = try await step(compressor) }
      (report.packedChanges, report.compressedTexts) = (packer.changeCount, compressor.textCount)
      try await onWriter(FreePages.giveBack)
    }
    report.bytesAfter = byteCount
    return report
  }

  private func step<Work: CompactionWork>(_ work: Work) async throws -> Work {
    try Task.checkCancellation()
    return try await onWriter { db in
      var work = work
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
  static func giveBack(_ db: Database) throws {
    let (free, all) = (try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0, try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0)
    if free > 0, free >= all / leastPart {
      defer { try? db.execute(sql: "PRAGMA shrink_memory") }
      // The index of words grows in parts, which are smaller together.
      try db.execute(sql: "INSERT INTO search (search) VALUES ('optimize')")
      try db.execute(sql: "VACUUM")
    }
    // While somebody reads what was before, pages of the file can't be overwritten: then it is done later, by whoever closes it last.
    try db.execute(sql: "PRAGMA busy_timeout = 1000")
    defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(ArchiveFile.busySeconds * 1000))") }
    _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
  }
}
