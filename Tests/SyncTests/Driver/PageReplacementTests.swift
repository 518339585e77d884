import DictaModels
import DictaTestSupport
import Foundation
import Synchronization
import Testing

@testable import DictaStorage
@testable import DictaSync

/// A snapshot takes the place of an archive that holds nothing: with each page written once where nobody else has it open, and through the
/// write-ahead log else. Nobody can tell which.
@Suite struct PageReplacementTests {
  let folder: TestFolder
  let corpus = CorpusID("018bcfe5-6800-7000-8000-000000000001")
  private let surroundings: Surroundings

  init() throws {
    folder = try TestFolder()
    var surroundings = Surroundings.system
    surroundings.snapshotByteThreshold = 1
    self.surroundings = surroundings
  }

  // MARK: Which way

  @Test func eachPageIsWrittenOnceWhereNobodyElseHasItOpen() async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    // Connections that don't read just now don't count.
    #expect(try await empty.read { try $0.list(Claim.self).count } == 0)
    #expect(try await replace(empty, source))
    try await expectSame(empty, source)
    #expect(try await settings(of: empty) == ["wal", "1"])
  }

  @Test func whoHasItOpenMakesItGoThroughTheLog() async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    let other = try Archive(at: empty.path, surroundings: surroundings)
    #expect(try await !replace(empty, source))
    try await expectSame(other, source)
    #expect(try await settings(of: empty) == ["wal", "1"])
  }

  @Test func whoReadsMakesItGoThroughTheLogAndSeesNothingOfIt() async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    let isReading = Mutex(false)
    let mayEnd = Mutex(false)
    async let counts: [Int] = empty.read { transaction in
      let before = try transaction.list(Claim.self).count
      isReading.withLock { $0 = true }
      while !mayEnd.withLock({ $0 }) { usleep(1000) }
      return [before, try transaction.list(Claim.self).count]
    }
    while !isReading.withLock({ $0 }) { await Task.yield() }
    #expect(try await !replace(empty, source))
    mayEnd.withLock { $0 = true }
    #expect(try await counts == [0, 0])
    try await expectSame(empty, source)
  }

  @Test func whatWasWrittenIsNotReplacedEitherWay() async throws {
    let source = try await filled("source")
    for keepsLog in [true, false] {
      let empty = try replica("empty\(keepsLog)")
      try await empty.writeClaim("mine")
      await #expect(throws: NotWanted.self) {
        try await replace(empty, source, keepsLog: keepsLog)
      }
      #expect(try await empty.read { try $0.list(Claim.self).map(\.text) } == ["mine"])
      #expect(try await settings(of: empty) == ["wal", "1"])
      #expect(try await empty.check() == [])
    }
  }

  // MARK: By a sync

  @Test(arguments: [true, false]) func aSyncWritesEachPageOnceToo(isOverLine: Bool) async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    let report = isOverLine ? try await converse(empty, source).caller.get() : try await empty.sync(with: source)
    #expect(report.snapshotBytes > 0)
    #expect(empty.snapshots.withLock { $0.wasTakenInPlace })
    try await expectEqual(empty, source)
    #expect(try await settings(of: empty) == ["wal", "1"])
    // With somebody else it goes through the log.
    let watched = try replica("watched")
    let other = try Archive(at: watched.path, surroundings: surroundings)
    #expect(try await watched.sync(with: source).snapshotBytes > 0)
    #expect(!watched.snapshots.withLock { $0.wasTakenInPlace })
    try await expectSame(other, source)
  }

  @Test(arguments: [true, false]) func whoBeginsToReadMeanwhileSeesNothingOrAll(isOverLine: Bool) async throws {
    let source = try await filled("source")
    for round in 0..<5 {
      let empty = try replica("empty\(round)")
      let isOver = Mutex(false)
      async let counts: Set<Int> = {
        var counts: Set<Int> = []
        while !isOver.withLock({ $0 }) {
          counts.insert(try await empty.read { try $0.list(Claim.self).count })
          await Task.yield()
        }
        return counts
      }()
      let report = isOverLine ? try await converse(empty, source).caller.get() : try await empty.sync(with: source)
      #expect(report.snapshotBytes > 0)
      isOver.withLock { $0 = true }
      #expect(try await counts.isSubset(of: [0, 30]))
      try await expectEqual(empty, source)
    }
  }

  @Test func whoWatchesItIsToldOfItAndOfWhatComesLater() async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    var writes = try empty.writes().makeAsyncIterator()
    #expect(try await empty.sync(with: source).snapshotBytes > 0)
    try await writes.next()
    let other = try Archive(at: empty.path, surroundings: surroundings)
    let writing = Task {
      while !Task.isCancelled {
        try await other.writeClaim("later")
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    for _ in 0..<3 { try await writes.next() }
    writing.cancel()
    #expect(try await empty.read { try $0.list(Claim.self).count } > 30)
  }

  @Test func anArchiveThatLostItsWriteAheadLogGetsItAgain() async throws {
    let (source, empty) = (try await filled("source"), try replica("empty"))
    #expect(try await empty.sync(with: source).isEqual)
    try empty.close()
    let queue = try ArchiveFile.openForReading(empty.path)
    try queue.inDatabase { try $0.run("PRAGMA journal_mode = DELETE") }
    try queue.close()
    #expect(try await Archive(readingAt: empty.path).read { try $0.list(Claim.self).count } == 30)
    let reopened = try Archive(at: empty.path, surroundings: surroundings)
    #expect(try await settings(of: reopened) == ["wal", "1"])
    try await expectEqual(reopened, source)
  }

  // MARK: What is sent

  /// A bit may have flipped in it, or the power may have failed before it was on the disk.
  @Test func aSnapshotThatChangedSinceTheArchiveWasOpenIsMadeAnew() async throws {
    let (source, first) = (try await filled("source"), try replica("first"))
    #expect(try await converse(first, source).caller.get().snapshotBytes > 0)
    try source.close()
    let path = source.path + SnapshotFile.suffix
    for place in [20, 5000, 40_000] {
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[place] ^= 1
      try bytes.write(to: URL(filePath: path))
      let reopened = try Archive(at: source.path, surroundings: surroundings)
      let empty = try replica("empty\(place)")
      #expect(try await converse(empty, reopened).caller.get().snapshotBytes > 0)
      try await expectEqual(empty, reopened)
      try reopened.close()
    }
  }

  // MARK: -

  private struct NotWanted: Error {}

  /// - Returns: whether each page was written once.
  private func replace(_ archive: Archive, _ source: Archive, keepsLog: Bool = false) async throws -> Bool {
    _ = try await source.snapshot(for: SnapshotWish(schemaVersion: UInt64(Schema.version)))
    try FileManager.default.copyItem(atPath: source.path, toPath: "\(archive.path)-source")
    let copy = try ArchiveFile.openForReading("\(archive.path)-source")
    defer { try? copy.close() }
    let pool = archive.pool
    let isWrittenOnce = try await archive.onWriter { db in
      try copy.inDatabase { copy in
        try db.replacePages(with: copy, in: pool, keepsLog: keepsLog) { db in
          if try ArchiveInfo.read(db).position > 0 { throw NotWanted() }
        }
      }
    }
    archive.keep(.empty)
    return isWrittenOnce
  }

  /// How it is written: with a write-ahead log that is not synced at each commit.
  private func settings(of archive: Archive) async throws -> [String] {
    try await archive.onWriter { db in
      [try db.first("PRAGMA journal_mode") { $0.text(0) } ?? "", try db.first("PRAGMA synchronous") { $0.text(0) } ?? ""]
    }
  }

  private func replica(_ name: String) throws -> Archive {
    try Archive(creatingAt: "\(folder.path)/\(name).dicta", corpus: corpus, device: name, surroundings: surroundings)
  }

  private func filled(_ name: String) async throws -> Archive {
    let archive = try replica(name)
    for number in 0..<30 { try await archive.writeClaim("\(number) " + String(repeating: "x", count: 3000)) }
    return archive
  }

  private func expectEqual(_ one: Archive, _ other: Archive, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await expectSame(one, other, sourceLocation: sourceLocation)
    #expect(try await one.check() == [], sourceLocation: sourceLocation)
  }

  /// Whoever the two think they are.
  private func expectSame(_ one: Archive, _ other: Archive, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let (first, second) = (try await one.status, try await other.status)
    #expect(first.heads == second.heads && first.digest == second.digest, sourceLocation: sourceLocation)
    #expect(try await one.document == other.document, sourceLocation: sourceLocation)
  }
}
