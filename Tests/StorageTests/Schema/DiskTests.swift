import DictaModels
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// No room, no permission.
@Suite struct DiskTests {
  let folder = TemporaryFolder()

  static let isRoot = getuid() == 0

  @Test func aFullDiskKeepsNothingOfTheTransactionAndEverythingBeforeIt() async throws {
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    try await archive.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      let pages = try db.first("PRAGMA page_count") { $0.int(0) } ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + 8)")
    }
    let path = archive.path
    func isFull(_ error: any Error) -> Bool { if case ArchiveError.diskFull(path) = error { true } else { false } }
    #expect(
      await refuses(
        {
          try await archive.write { transaction in
            for number in 0..<2_000 { try transaction.insert(Claim(id: transaction.newID(), text: "claim \(number)")) }
          }
        }, isFull))
    #expect(try await archive.fingerprint() == before)

    let full = try folder.archive("full.dicta")
    try await full.write { transaction in
      for number in 0..<2_000 { try transaction.insert(Claim(id: transaction.newID(), text: "claim \(number)")) }
    }
    // The archives' corpora differ; what counts is that there is no room.
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: try await archive.corpus().id)
    try await other.write { transaction in
      for number in 0..<2_000 { try transaction.insert(Claim(id: transaction.newID(), text: "claim \(number)")) }
    }
    let delivery = try #require(try await other.deliveries().first)
    #expect(await refuses({ try await archive.receive(delivery, from: "other") }, isFull))
    #expect(try await archive.fingerprint() == before)

    try await archive.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    #expect(try await archive.receive(delivery, from: "other").received == 1)
    #expect(try await archive.check() == [])
  }

  @Test(.enabled(if: isRoot && canMount, "needs the right to mount a small file system"))
  func aDiskThatIsReallyFullIsReported() async throws {
    let disk = try #require(SmallDisk(at: folder.file("disk"), kibibytes: 1_536))
    let archive = try Archive(creatingAt: disk.path + "/corpus.dicta")
    let corpus = try await archive.writeSmallCorpus()
    let before = try await archive.fingerprint()
    for _ in 0..<2 {
      #expect(
        await refuses({
          try await archive.write { transaction in
            for number in 0..<20_000 { try transaction.insert(Claim(id: transaction.newID(), text: "claim \(number)")) }
          }
        }) { if case ArchiveError.diskFull = $0 { true } else { false } })
      #expect(try await archive.fingerprint() == before)
    }
    #expect(try await archive.read { try $0.require(corpus.claim.id) } == corpus.claim)
    #expect(try await archive.check() == [])
    // There is no room for another archive either, and nothing is left of it.
    disk.fill()
    #expect(throws: ArchiveError.self) { try Archive(creatingAt: disk.path + "/second.dicta") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).filter { $0.hasPrefix("second") } == [])
    try archive.close()
  }

  static let canMount: Bool = {
    let folder = TemporaryFolder()
    return SmallDisk(at: folder.file("trial"), kibibytes: 64) != nil
  }()

  @Test(.enabled(if: isRoot, "another user is needed, and only root can be one"))
  func whatMayOnlyBeReadIsReadAndNotWritten() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try archive.close()
    // As nobody, who may read the file and not its folder.
    for path in [folder.path, folder.file("corpus.dicta")] {
      let permissions = path == folder.path ? 0o755 : 0o644
      try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
    }
    let before = try folder.bytes(of: "corpus.dicta")
    let outcome = try await TestWriter.run([folder.file("corpus.dicta"), "1", "1", "nobody"], asNobody: true)
    #expect(outcome.status != 0)
    #expect(outcome.stderr.contains("can't be written"), "\(outcome.stderr)")
    #expect(try folder.bytes(of: "corpus.dicta") == before)
    let again = try Archive(at: folder.file("corpus.dicta"))
    #expect(try await again.read { try $0.require(corpus.claim.id) } == corpus.claim)
    let isRefused = try await TestWriter.run([folder.file("new.dicta"), "1", "1", "nobody"], asNobody: true)
    #expect(isRefused.status != 0)
  }
}

/// A file system in memory with little room, for as long as the value lives.
private final class SmallDisk {
  let path: String

  /// Nil where none can be mounted.
  init?(at path: String, kibibytes: Int) {
    self.path = path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard Self.run(["mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", path]) else { return nil }
  }

  deinit {
    _ = Self.run(["umount", "-l", path])
  }

  /// Takes the room that is left.
  func fill() {
    guard let file = fopen(path + "/filler", "w") else { return }
    defer { fclose(file) }
    setvbuf(file, nil, Int32(_IONBF), 0)
    let block = [UInt8](repeating: 1, count: 512)
    while fwrite(block, 1, block.count, file) == block.count {}
  }

  private static func run(_ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    do { try Launching.lock.withLock { _ in try process.run() } } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
