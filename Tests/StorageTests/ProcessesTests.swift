import DictaModels
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

/// Several processes on one archive.
@Suite(.timeLimit(.minutes(8))) struct ProcessesTests {
  let folder = TemporaryFolder()

  @Test func twoProcessesWriteOneArchiveAtOnceWhileAThirdReads() async throws {
    let (transactionCount, entityCount) = (1_000, 2)
    let archive = try folder.archive()
    let writers = try ["ann", "bob"].map { try TestWriter.start([archive.path, "\(transactionCount)", "\(entityCount)", $0]) }
    let isWritten = Mutex(false)
    let reading = Task {
      var reads = 0
      var last = 0
      while !isWritten.withLock(\.self) {
        let count = try await archive.read { transaction throws in
          let listed = try transaction.list(Claim.self).count
          #expect(try transaction.status().counts[.claim] == listed)
          return listed
        }
        // What was there stays there, and transactions are whole.
        #expect(count >= last && count.isMultiple(of: entityCount))
        (last, reads) = (count, reads + 1)
      }
      return reads
    }
    for writer in writers {
      let outcome = await writer.outcome()
      #expect(outcome.status == 0, "\(outcome.stderr)")
    }
    isWritten.withLock { $0 = true }
    #expect(try await reading.value > 0)

    let total = 2 * transactionCount
    #expect(try await archive.heads().map(\.sequence) == [UInt64(total)])
    #expect(try await archive.changeCount == total)
    #expect(try await archive.sequences == Array(1...UInt64(total)))
    #expect(try await archive.read { try $0.status().counts[.claim] } == total * entityCount)
    for label in ["ann", "bob"] {
      let count = try await archive.read { transaction in
        var filter = EntityFilter()
        filter.tag = label
        return try transaction.list(Claim.self, where: filter).count
      }
      #expect(count == transactionCount * entityCount)
    }
    #expect(try await archive.check() == [])
  }

  /// Whoever closes a file lets go of all locks that its process has on it. Then another process that closes the archive takes itself for the last
  /// one, and removes the write-ahead log that this one goes on writing into.
  @Test func whoOpensItTwiceInOneProcessHoldsItStill() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("first")
    for _ in 0..<2 {
      let again = try Archive(at: archive.path)
      let reading = try Archive(readingAt: archive.path)
      let outcome = await (try TestWriter.start([archive.path, "1", "1", "ann"])).outcome()
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(FileManager.default.fileExists(atPath: archive.path + "-wal"))
      try await again.writeClaim("again")
      try reading.close()
      try again.close()
    }
    let outcome = await (try TestWriter.start([archive.path, "1", "1", "bob"])).outcome()
    #expect(outcome.status == 0, "\(outcome.stderr)")
    #expect(FileManager.default.fileExists(atPath: archive.path + "-wal"))
    try await archive.writeClaim("last")
    #expect(try await archive.read { try $0.list(Claim.self).count } == 7)
    try archive.close()
    #expect(try await Archive(at: archive.path).read { try $0.list(Claim.self).count } == 7)
  }

  @Test func writersThatAreKilledLeaveWholeTransactions() async throws {
    let archive = try folder.archive()
    let entityCount = 40
    var known = 0
    for round in 1...4 {
      let writer = try TestWriter.start([archive.path, "100000", "\(entityCount)", "round \(round)"], isHeard: true)
      // What it said it committed must be there, however it ends.
      var heard: [UInt8] = []
      while heard.count(where: { $0 == UInt8(ascii: "\n") }) < 3 * round, let data = try writer.output.read(upToCount: 64) { heard += data }
      kill(writer.process.processIdentifier, SIGKILL)
      if let rest = try writer.output.readToEnd() { heard += rest }
      _ = await writer.outcome()
      known += heard.count { $0 == UInt8(ascii: "\n") }
      let count = try await archive.read { try $0.list(Claim.self).count }
      #expect(count.isMultiple(of: entityCount) && count / entityCount >= known)
      #expect(try await archive.changeCount == count / entityCount)
      #expect(try await archive.check() == [])
      known = count / entityCount
    }
    try await archive.writeClaim("afterwards")
    #expect(try await archive.heads().map(\.sequence) == [UInt64(known + 1)])
  }

  @Test func anArchiveWhoseOnlyWriterWasKilledIsOpenedAsItWas() async throws {
    let path = folder.file("corpus.dicta")
    try folder.archive().close()
    let writer = try TestWriter.start([path, "100000", "5", "only"], isHeard: true)
    var heard: [UInt8] = []
    while heard.count(where: { $0 == UInt8(ascii: "\n") }) < 10, let data = try writer.output.read(upToCount: 64) { heard += data }
    kill(writer.process.processIdentifier, SIGKILL)
    _ = await writer.outcome()
    // Its write-ahead log stayed behind and is taken up.
    let archive = try Archive(at: path)
    #expect(try await archive.changeCount >= 10)
    #expect(try await archive.check() == [])
    #expect(try await archive.heads().count == 1)
  }
}

extension Archive {
  /// The sequences in the log, whatever the origin.
  fileprivate var sequences: [UInt64] {
    get async throws { try await read { try $0.db.all("SELECT key FROM log ORDER BY key") { Version(key: $0.integer(0)).sequence } } }
  }
}
