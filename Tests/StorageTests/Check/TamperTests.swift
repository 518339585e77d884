import DictaModels
import Foundation
import Testing

@testable import DictaStorage

/// Whatever is changed by hand, in whatever column, check says that something is wrong, and what.
@Suite struct TamperTests {
  struct Tampering: Sendable, CustomStringConvertible {
    let code: String
    let sql: String

    init(_ code: String, _ sql: String) { (self.code, self.sql) = (code, sql) }

    var description: String { sql }
  }

  /// Makes a copy for each, changes one thing in it, and expects a problem of that code and none that hides it.
  private func expect(_ tamperings: [Tampering]) async throws {
    let folder = TemporaryFolder()
    let eventful = try await EventfulArchive(in: folder)
    for (number, tampering) in tamperings.enumerated() {
      let archive = try eventful.twin(number)
      let before = try await archive.fingerprintOfEverything()
      try await archive.tamper(tampering.sql)
      #expect(try await archive.fingerprintOfEverything() != before, "\(tampering) changes nothing")
      let problems = try await archive.check().filter { !$0.isHarmless }
      #expect(problems.contains { $0.code == tampering.code }, "\(tampering): \(problems.map { "\($0.code) \($0.place) \($0.message)" })")
      try archive.close()
      // And nothing that is opened, read or written takes the program down.
      if let again = try? Archive(at: archive.path) {
        _ = try? await again.check()
        try? again.close()
      }
      try folder.remove("\(number)-\(EventfulArchive.name)")
    }
  }

  /// The branch this archive writes, and the fork.
  private static let own = "(SELECT branch FROM archive)"
  private static let fork = "(SELECT max(number) FROM branch WHERE parent IS NOT NULL)"
  private static let ownKeys = "key BETWEEN (\(own) << 40) AND (\(own) << 40) + 1099511627775"

  @Test func theArchivesOwnRow() async throws {
    try await expect([
      Tampering("archive", "UPDATE archive SET corpus = randomblob(16)"), Tampering("archive", "UPDATE archive SET origin = randomblob(16)"),
      Tampering("archive", "UPDATE archive SET publicKey = randomblob(32)"), Tampering("archive", "UPDATE archive SET nonce = randomblob(16)"),
      Tampering("archive", "UPDATE archive SET device = 'elsewhere'"), Tampering("archive", "UPDATE archive SET branch = NULL"),
      Tampering("archive", "UPDATE archive SET branch = branch + 1"), Tampering("archive", "UPDATE archive SET branch = 77"),
      Tampering("archive", "UPDATE archive SET signed = signed - 1"), Tampering("archive", "UPDATE archive SET signed = signed + 1"),
      Tampering("archive", "UPDATE archive SET unproven = 0"), Tampering("archive", "UPDATE archive SET unproven = 99"),
      Tampering("archive", "UPDATE archive SET position = position + 1"), Tampering("archive", "UPDATE archive SET position = position - 1"),
      Tampering("archive", "UPDATE archive SET durable = position + 1"),
      Tampering("archive", "UPDATE archive SET revision = 0"), Tampering("digest", "UPDATE archive SET digest = randomblob(32)"),
    ])
  }

  @Test func namesAndTexts() async throws {
    try await expect([
      Tampering("name", "UPDATE name SET number = 1000 WHERE number = (SELECT max(number) FROM name)"),
      Tampering("name", "UPDATE name SET name = 'text' WHERE name = 'context'"),
      Tampering("row", "UPDATE name SET name = 'contexts' WHERE name = 'context'"),
      Tampering("row", "UPDATE name SET name = 'opinion' WHERE name = 'claim'"),
      Tampering("row", "DELETE FROM name WHERE number = (SELECT max(number) FROM name)"), Tampering("name", "DELETE FROM name WHERE number = 0"),
      Tampering("text", "UPDATE text SET content = content || '.'"), Tampering("text", "UPDATE text SET content = x'ff'"),
      Tampering("text", "UPDATE text SET hash = randomblob(32)"), Tampering("text", "UPDATE text SET byteCount = byteCount + 1"),
      Tampering("text", "UPDATE text SET position = position + 1"), Tampering("text", "UPDATE text SET position = 0"),
      Tampering("text", "DELETE FROM text"),
      Tampering("text", "INSERT INTO text (hash, content, byteCount, position) VALUES (randomblob(32), 'x', 1, 1)"),
    ])
  }

  @Test func entities() async throws {
    let living = "(SELECT number FROM entity WHERE life = 0 AND number > 3 LIMIT 1)"
    try await expect([
      Tampering("row", "UPDATE entity SET type = 999 WHERE number = \(living)"), Tampering("row", "UPDATE entity SET type = -1 WHERE number = 1"),
      Tampering("row", "UPDATE entity SET type = 0 WHERE number = \(living)"), Tampering("row", "UPDATE entity SET id = x'00' WHERE number = 2"),
      Tampering("row", "UPDATE entity SET id = randomblob(16) WHERE number = 2"), Tampering("row", "UPDATE entity SET life = 1 WHERE number = 1"),
      Tampering("row", "UPDATE entity SET life = 2 WHERE number = 1"), Tampering("row", "UPDATE entity SET life = 3 WHERE number = 1"),
      Tampering("row", "UPDATE entity SET life = -7 WHERE number = 1"), Tampering("row", "UPDATE entity SET life = 0 WHERE life = 1"),
      Tampering("row", "UPDATE entity SET life = 2 WHERE life = 1"), Tampering("row", "UPDATE entity SET life = 1 WHERE life = 2"),
      Tampering("row", "UPDATE entity SET life = 0 WHERE life = 2"), Tampering("row", "UPDATE entity SET life = 2 WHERE life = 3"),
      Tampering("row", "UPDATE entity SET conflicts = 0"), Tampering("row", "UPDATE entity SET conflicts = 2 WHERE number = 1"),
      Tampering("row", "UPDATE entity SET strange = 0"), Tampering("row", "UPDATE entity SET strange = 1 WHERE number = 1"),
      Tampering("row", "UPDATE entity SET state = x'ff' WHERE number = 2"), Tampering("row", "UPDATE entity SET state = x'' WHERE number = 2"),
      Tampering("row", "UPDATE entity SET state = x'3801' WHERE number = 2"),
      Tampering("row", "UPDATE entity SET state = (SELECT state FROM entity WHERE number = 1) WHERE number = 2"),
      Tampering("row", "DELETE FROM entity WHERE number = \(living)"), Tampering("row", "DELETE FROM entity WHERE life = 2"),
      Tampering("row", "DELETE FROM entity"), Tampering("reference", "DELETE FROM entity WHERE state = x'3801'"),
      Tampering("search", "UPDATE entity SET number = 1000 WHERE number = 2"),
      Tampering(
        "row",
        "INSERT INTO entity (type, id, life, conflicts, strange, state) SELECT type, randomblob(16), life, conflicts, strange, state FROM entity LIMIT 1"
      ),
    ])
  }

  @Test func whatFollowsFromEntities() async throws {
    try await expect([
      Tampering("reference", "DELETE FROM reference"),
      Tampering("reference", "DELETE FROM reference WHERE target = (SELECT min(target) FROM reference)"),
      Tampering("reference", "UPDATE reference SET target = 1 WHERE target <> 1"), Tampering("reference", "UPDATE reference SET field = field + 100"),
      Tampering("reference", "UPDATE reference SET place = zeroblob(8)"),
      Tampering("reference", "INSERT INTO reference SELECT target, field, x'ff', source FROM reference"),
      Tampering("reference", "UPDATE reference SET source = source + 1"),
      Tampering("reference", "INSERT INTO reference VALUES (1, 0, x'0102030405060708', 2)"),
      Tampering("reference", "INSERT INTO reference VALUES (-1, -1, x'', -1)"), Tampering("tally", "UPDATE tally SET living = living + 1"),
      Tampering("tally", "UPDATE tally SET living = -5"), Tampering("tally", "UPDATE tally SET type = type + 100"),
      Tampering("tally", "DELETE FROM tally"),
      Tampering("tally", "INSERT INTO tally VALUES (0, 7)"), Tampering("search", "INSERT INTO search (search) VALUES ('delete-all')"),
      Tampering("search", "INSERT INTO search (rowid, words) VALUES (1000, 'planted')"),
      Tampering("search", "INSERT INTO searchNote (searchNote) VALUES ('delete-all')"),
      Tampering("search", "INSERT INTO searchNote (rowid, words) VALUES (1000, 'planted')"),
      Tampering("search", "INSERT INTO searchNote (rowid, words) VALUES (2, 'planted')"),
    ])
  }

  @Test func branches() async throws {
    let (own, fork) = (Self.own, Self.fork)
    try await expect([
      Tampering("chain", "UPDATE branch SET number = 50 WHERE number = \(fork)"),
      Tampering("chain", "UPDATE branch SET number = -1 WHERE number = 1"),
      Tampering("chain", "UPDATE branch SET origin = randomblob(16) WHERE number = \(own)"),
      Tampering("chain", "UPDATE branch SET origin = randomblob(16) WHERE number = \(fork)"), Tampering("chain", "UPDATE branch SET origin = x'00'"),
      Tampering("chain", "UPDATE branch SET parent = NULL"), Tampering("chain", "UPDATE branch SET parent = 0 WHERE number = \(fork)"),
      Tampering("chain", "UPDATE branch SET parent = 77 WHERE number = \(fork)"),
      Tampering("chain", "UPDATE branch SET parent = -1 WHERE number = \(fork)"),
      Tampering("chain", "UPDATE branch SET parent = number"), Tampering("chain", "UPDATE branch SET firstSequence = firstSequence + 1"),
      Tampering("chain", "UPDATE branch SET firstSequence = -3"), Tampering("chain", "UPDATE branch SET received = received + 1"),
      Tampering("chain", "UPDATE branch SET received = received - 1"), Tampering("chain", "UPDATE branch SET received = -1"),
      Tampering("chain", "UPDATE branch SET received = 9223372036854775807"), Tampering("chain", "UPDATE branch SET receivedID = randomblob(32)"),
      Tampering("chain", "UPDATE branch SET receivedID = x''"), Tampering("chain", "UPDATE branch SET applied = applied - 1 WHERE number = \(own)"),
      Tampering("chain", "UPDATE branch SET applied = received"), Tampering("chain", "UPDATE branch SET applied = -1"),
      Tampering("chain", "UPDATE branch SET appliedID = randomblob(32)"),
      Tampering("chain", "UPDATE branch SET appliedID = NULL WHERE number = \(own)"),
      Tampering("signature", "UPDATE branch SET published = received + 1 WHERE number = 0"),
      Tampering("signature", "UPDATE branch SET published = -1"), Tampering("signature", "UPDATE branch SET published = 9223372036854775807"),
      Tampering("chain", "UPDATE branch SET isFrontier = 1 - isFrontier WHERE number = \(own)"),
      Tampering("chain", "UPDATE branch SET isFrontier = 0"),
      Tampering("chain", "UPDATE branch SET isFrontier = 1"), Tampering("chain", "UPDATE branch SET isFrontier = 17 WHERE isFrontier = 1"),
      Tampering("chain", "DELETE FROM branch"), Tampering("chain", "DELETE FROM branch WHERE number = \(fork)"),
      Tampering(
        "chain",
        "INSERT INTO branch SELECT number + 100, origin, parent, firstSequence, received, receivedID, applied, appliedID, published, isFrontier FROM branch"
      ),
    ])
  }

  @Test func theLog() async throws {
    let last = "(SELECT max(position) FROM log)"
    try await expect([
      Tampering("chain", "UPDATE log SET key = key + 100 WHERE position = 2"),
      Tampering("chain", "UPDATE log SET key = key + 100 WHERE position = \(last)"),
      Tampering("chain", "UPDATE log SET key = -key WHERE position = 3"),
      Tampering("chain", "UPDATE log SET key = key | (77 << 40) WHERE position = \(last)"),
      Tampering("chain", "UPDATE log SET position = 1000 WHERE position = 2"), Tampering("chain", "UPDATE log SET position = 0 WHERE position = 2"),
      Tampering("chain", "UPDATE log SET position = -1 WHERE position = 1"),
      Tampering("chain", "UPDATE log SET position = 9223372036854775807 WHERE position = 1"),
      Tampering("chain", "UPDATE log SET position = position + 1"), Tampering("chain", "UPDATE log SET position = 1"),
      Tampering("chain", "UPDATE log SET position = (CASE position WHEN 2 THEN 3 ELSE 2 END) WHERE position IN (2, 3)"),
      Tampering("chain", "UPDATE log SET id = randomblob(32) WHERE position = 1"), Tampering("chain", "UPDATE log SET id = x'' WHERE position = 2"),
      Tampering("chain", "UPDATE log SET id = randomblob(32) WHERE position = \(last)"),
      Tampering("chain", "UPDATE log SET envelope = x'' WHERE position = 2"),
      Tampering("chain", "UPDATE log SET envelope = envelope || x'4001' WHERE position = 2"),
      Tampering("chain", "UPDATE log SET envelope = (SELECT envelope FROM log WHERE position = 1) WHERE position = 2"),
      Tampering("chain", "UPDATE log SET envelope = (SELECT envelope FROM log WHERE position = 2) WHERE position = 1"),
      Tampering("chain", "UPDATE log SET body = x'00' WHERE position = 2"),
      Tampering("chain", "UPDATE log SET body = randomblob(100) WHERE position = 2"),
      Tampering("chain", "UPDATE log SET body = (SELECT body FROM log WHERE position = 3) WHERE position = 2"),
      Tampering("chain", "UPDATE log SET body = (SELECT body FROM log WHERE position = 2) WHERE position = \(last)"),
      Tampering("chain", "DELETE FROM log WHERE position = 1"), Tampering("chain", "DELETE FROM log WHERE position = 3"),
      Tampering("chain", "DELETE FROM log WHERE position = \(last)"), Tampering("chain", "DELETE FROM log"),
      Tampering("chain", "INSERT INTO log SELECT key + 1000, position + 1000, id, envelope, body FROM log WHERE position = \(last)"),
      Tampering("chain", "INSERT INTO log SELECT key + (100 << 40), position + 1000, id, envelope, body FROM log WHERE position = 1"),
    ])
  }

  @Test func signatures() async throws {
    let keys = Self.ownKeys
    try await expect([
      Tampering("signature", "UPDATE signature SET signature = randomblob(64) WHERE key = (SELECT min(key) FROM signature)"),
      Tampering("signature", "UPDATE signature SET signature = x'' WHERE key = (SELECT max(key) FROM signature)"),
      Tampering("signature", "UPDATE signature SET signature = (SELECT signature FROM signature LIMIT 1)"),
      Tampering("signature", "UPDATE signature SET key = key + 1000 WHERE key = (SELECT max(key) FROM signature)"),
      Tampering("signature", "UPDATE signature SET key = -key WHERE key = (SELECT max(key) FROM signature WHERE key > 1099511627776)"),
      Tampering("signature", "DELETE FROM signature"), Tampering("signature", "DELETE FROM signature WHERE key = (SELECT max(key) FROM signature)"),
      Tampering("archive", "DELETE FROM signature WHERE \(keys) AND isFixed = 0"),
      Tampering("signature", "UPDATE signature SET isFixed = 7"), Tampering("signature", "UPDATE signature SET isFixed = 0 WHERE \(keys)"),
      Tampering(
        "signature", "INSERT INTO signature SELECT key - 1, signature, isFixed FROM signature WHERE key - 1 NOT IN (SELECT key FROM signature)"),
      Tampering("signature", "INSERT INTO signature VALUES (99, zeroblob(64), 1)"),
    ])
  }

  @Test func valuesOfAnotherTypeThanTheirColumns() async throws {
    try await expect([
      Tampering("row", "UPDATE entity SET life = x'00' WHERE number = 1"), Tampering("row", "UPDATE entity SET conflicts = '' WHERE number = 1"),
      Tampering("row", "UPDATE entity SET strange = x'' WHERE number = 1"), Tampering("row", "UPDATE entity SET id = CAST(id AS TEXT)"),
      Tampering("tally", "UPDATE tally SET living = CAST(living AS BLOB)"), Tampering("text", "UPDATE text SET content = CAST(content AS BLOB)"),
      Tampering("text", "UPDATE text SET position = position + 0.5"), Tampering("chain", "UPDATE branch SET isFrontier = x''"),
      Tampering("chain", "UPDATE log SET position = position + 0.25"), Tampering("signature", "UPDATE signature SET isFixed = CAST(isFixed AS BLOB)"),
      Tampering("archive", "UPDATE archive SET revision = 9223372036854775807"), Tampering("archive", "UPDATE archive SET branch = ''"),
      Tampering("name", "UPDATE name SET name = CAST(name AS BLOB)"),
    ])
  }

  @Test func meetingsThatCannotBeRead() async throws {
    try await expect([
      Tampering("archive", "UPDATE meeting SET heads = x'00'"), Tampering("archive", "UPDATE meeting SET position = -1"),
      Tampering("archive", "UPDATE meeting SET branch = 99"), Tampering("archive", "UPDATE meeting SET sequence = 'x'"),
    ])
  }

  @Test func severalThingsAtOnceAreEachNamed() async throws {
    let folder = TemporaryFolder()
    let archive = try await EventfulArchive(in: folder).open()
    for sql in [
      "UPDATE text SET byteCount = 3", "UPDATE tally SET living = 9", "UPDATE archive SET digest = zeroblob(32)", "UPDATE entity SET conflicts = 5",
      "INSERT INTO reference VALUES (1, 0, x'0102030405060708', 2)",
      "UPDATE signature SET signature = zeroblob(64) WHERE key = (SELECT min(key) FROM signature)",
      "UPDATE archive SET device = 'x'",
    ] { try await archive.tamper(sql) }
    let codes = Set(try await archive.check().map(\.code))
    #expect(codes.isSuperset(of: ["text", "tally", "digest", "row", "reference", "signature", "archive"]))
    #expect(!codes.contains("chain"))
  }

  @Test func whereTheLogIsNotSoundRowsAreComparedWithThemselves() async throws {
    let folder = TemporaryFolder()
    let archive = try await EventfulArchive(in: folder).open()
    try await archive.tamper("UPDATE log SET body = (SELECT body FROM log WHERE position = 3) WHERE position = 2")
    let problems = try await archive.check().filter { $0.code != "aside" }
    #expect(Set(problems.map(\.code)) == ["chain", "skipped"])
    #expect(problems.count { $0.code == "chain" } == 1)
    try await archive.tamper("UPDATE tally SET living = 9; UPDATE entity SET conflicts = 5")
    #expect(Set(try await archive.check().map(\.code)).isSuperset(of: ["chain", "skipped", "tally", "row"]))
  }
}

extension Archive {
  /// All that stands in the tables that a check looks at.
  fileprivate func fingerprintOfEverything() async throws -> [String] {
    let tables = [
      "archive", "name", "text", "entity", "reference", "tally", "branch", "log", "signature", "meeting", "search_docsize", "searchNote_docsize",
    ]
    return try await pool.read { db in
      try tables.flatMap { table in
        let columns = try db.all("SELECT name FROM pragma_table_info('\(table)')") { $0.text(0) }
        let list = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
        return try db.all("SELECT \(list) FROM \(table)") { $0.text(0) }
      }
    }
  }
}
