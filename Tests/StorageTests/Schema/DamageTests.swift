import DictaModels
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// A damaged file is refused, or what is wrong with it is named; it never takes the program down.
@Suite struct DamageTests {
  let folder = TemporaryFolder()

  private func wholeFile() async throws -> [UInt8] {
    let archive = try folder.archive()
    for number in 0..<6 { try await archive.write { _ = try SmallCorpus(in: $0, url: "https://example.org/\(number)") } }
    try archive.close()
    return try folder.bytes(of: "corpus.dicta")
  }

  /// Reads all there is to read.
  ///
  /// - Returns: what check says; nil if the archive or a part of it can't be read at all.
  private func readEverything(_ name: String) async throws -> [CheckProblem]? {
    do {
      let archive = try Archive(at: folder.file(name))
      defer { try? archive.close() }
      let problems = try await archive.check()
      for read: @Sendable (ReadTransaction) throws -> Void in [
        { _ = try $0.status() }, { _ = try $0.list(Quote.self) }, { _ = try $0.list(Article.self) }, { _ = try $0.search("spring") },
        { _ = try $0.conflicts() }, { _ = try $0.entities(endingIn: "0") }, { try $0.export(.json) { _ in } },
        { transaction in for claim in try transaction.list(Claim.self) { _ = try transaction.positions(on: claim.id) } },
        { transaction in for quote in try transaction.list(Quote.self) { _ = try transaction.draft(quote.id) } },
        { transaction in for claim in try transaction.list(Claim.self) { _ = try transaction.history(of: claim.reference) } },
      ] {
        do { try await archive.read(read) } catch { try expectClear(error) }
      }
      do { _ = try await archive.deliveries() } catch { try expectClear(error) }
      for write: @Sendable (WriteTransaction) throws -> Void in [
        { transaction in for claim in try transaction.list(Claim.self) { try transaction.update(claim.id) { $0.text += "." } } },
        { transaction in for article in try transaction.list(Article.self) { try transaction.delete(article.reference, cascading: true) } },
        { _ = try SmallCorpus(in: $0) },
      ] {
        do { try await archive.write(write) } catch { try expectClear(error) }
      }
      return problems
    } catch {
      try expectClear(error)
      return nil
    }
  }

  private func expectClear(_ error: any Error) throws {
    switch error {
    case ArchiveError.damaged, ArchiveError.notAnArchive, ArchiveError.readOnly, ArchiveError.newerSchema, is UnreadableEntity: break
    case ArchiveError.noSuchEntity, ArchiveError.deleted, ArchiveError.exists, ArchiveError.danglingReference, ArchiveError.inUse: break
    case ArchiveError.missingText, ArchiveError.badAnchor: break
    default: throw error
    }
  }

  @Test func aTruncatedFileIsRefusedOrNamedByCheck() async throws {
    let bytes = try await wholeFile()
    for count in [100, 512, 1_000, 4_096, 5_000, 8_192, bytes.count / 2, bytes.count - 4_096, bytes.count - 1] {
      let cut = Array(bytes.prefix(count))
      _ = try folder.file("cut-\(count)", holding: cut)
      let problems = try await readEverything("cut-\(count)")
      #expect(problems?.isEmpty != true, "\(count) of \(bytes.count) bytes")
    }
  }

  @Test func aFlippedByteIsSurvivedWhereverItIs() async throws {
    let bytes = try await wholeFile()
    var random = SeededRandom(seed: 3)
    var found = 0
    let count = 120
    for number in 0..<count {
      var altered = bytes
      // Pages are half empty; what holds something is hit nearly as often as not.
      var place = Int(random.next() % UInt64(bytes.count))
      while altered[place] == 0, random.happens(percent: 90) { place = Int(random.next() % UInt64(bytes.count)) }
      altered[place] ^= UInt8(1 << (random.next() % 8))
      let name = "flip-\(number)"
      _ = try folder.file(name, holding: altered)
      let problems = try await readEverything(name)
      if problems?.isEmpty != true { found += 1 }
      try? folder.remove(name)
    }
    // What is left are places that hold nothing, and indexes that can be made anew.
    #expect(found > count / 5 * 2, "\(found) of \(count)")
  }

  @Test func overwrittenPagesAreSurvived() async throws {
    let bytes = try await wholeFile()
    for page in 1..<(bytes.count / 4_096) {
      for filler in [0x00, 0xFF, 0x41] as [UInt8] {
        var altered = bytes
        altered.replaceSubrange(page * 4_096..<(page + 1) * 4_096, with: [UInt8](repeating: filler, count: 4_096))
        _ = try folder.file("page", holding: altered)
        _ = try await readEverything("page")
        try folder.remove("page")
      }
    }
  }

  @Test func damageToAnyRowIsNamedByCheck() async throws {
    let bytes = try await wholeFile()
    let damages: [(sql: String, code: String?)] = [
      ("UPDATE log SET body = substr(body, 1, length(body) - 1) || x'00' WHERE position = 3", "chain"),
      ("UPDATE log SET envelope = envelope || x'00' WHERE position = 3", "chain"),
      ("UPDATE log SET id = zeroblob(32) WHERE position = 3", "chain"), ("DELETE FROM log WHERE position = 3", "chain"),
      ("DELETE FROM log WHERE position = (SELECT max(position) FROM log)", "chain"),
      ("UPDATE branch SET receivedID = zeroblob(32)", "chain"), ("UPDATE text SET content = content || ' and more'", "text"),
      ("UPDATE entity SET state = x'ff' WHERE number = 3", "row"), ("UPDATE entity SET id = x'00' WHERE number = 3", "row"),
      ("UPDATE entity SET type = 999 WHERE number = 3", "row"), ("DELETE FROM entity WHERE number = 3", "row"),
      ("UPDATE entity SET state = (SELECT state FROM entity WHERE number = 4) WHERE number = 3", "row"),
      ("UPDATE archive SET digest = zeroblob(32)", "digest"), ("UPDATE branch SET parent = 77, firstSequence = 3", "chain"),
      ("UPDATE branch SET applied = -1", "chain"), ("DELETE FROM branch", "chain"), ("DELETE FROM name WHERE number > 3", "row"),
      ("UPDATE archive SET branch = 9", "archive"), ("UPDATE archive SET position = -1", nil), ("UPDATE archive SET unproven = 99", "archive"),
      ("UPDATE archive SET revision = 9223372036854775807", "archive"), ("UPDATE log SET key = -5 WHERE position = 3", "chain"),
      ("UPDATE signature SET signature = zeroblob(64)", "signature"), ("DELETE FROM signature", "archive"),
      ("UPDATE tally SET living = 77", "tally"), ("DELETE FROM reference", "reference"), ("UPDATE entity SET life = 2 WHERE number = 3", "row"),
      ("UPDATE entity SET life = 17 WHERE number = 3", "row"), ("UPDATE entity SET conflicts = 2 WHERE number = 3", "row"),
    ]
    for (number, damage) in damages.enumerated() {
      _ = try folder.file("damage-\(number)", holding: bytes)
      let archive = try Archive(at: folder.file("damage-\(number)"))
      try await archive.pool.writeWithoutTransaction { try $0.execute(sql: damage.sql) }
      try archive.close()
      let problems = try await readEverything("damage-\(number)")
      guard let problems, let code = damage.code else { continue }
      #expect(problems.contains { $0.code == code }, "\(damage.sql): \(problems)")
    }
  }

  @Test func aMissingPartOfTheArchivesOwnRowIsDamage() async throws {
    _ = try await wholeFile()
    for (number, sql) in ["DELETE FROM archive", "UPDATE archive SET origin = x'00'", "UPDATE archive SET digest = x''"].enumerated() {
      try folder.copy("corpus.dicta", to: "own-\(number)")
      let archive = try Archive(at: folder.file("own-\(number)"))
      try await archive.pool.writeWithoutTransaction { try $0.execute(sql: sql) }
      try archive.close()
      #expect(throws: ArchiveError.self) { try Archive(at: folder.file("own-\(number)")) }
    }
  }
}
