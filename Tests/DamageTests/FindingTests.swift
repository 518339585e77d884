import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// What `check` once didn't notice, each as it was found or thought of.
@Suite struct FindingTests {
  let folder: WorkFolder

  init() throws {
    folder = try WorkFolder()
  }

  private var path: String { folder.file("corpus.dicta") }

  /// Two archives that met, of which the first wrote first.
  private func pair() async throws -> (Archive, Archive) {
    let one = try Archive(creatingAt: path, device: "one")
    one.setSigningPause(nil)
    let other = try Archive(creatingAt: folder.file("other.dicta"), device: "other")
    try await one.write { transaction in
      var claim = Claim(id: transaction.newID(), text: "The bridge opens in Élan")
      claim.note = "heard there"
      try transaction.insert(claim)
    }
    try await one.sync(with: other)
    return (one, other)
  }

  /// Codes of what `check` says after the tables were changed behind the archive's back.
  private func problems(after sql: String...) async throws -> [[String]] {
    let (one, _) = try await pair()
    try await one.write { try $0.insert(Speaker(id: $0.newID(), name: "Mara Quist", kind: .person)) }
    #expect(try await one.check() == [])
    try one.close()
    let files = try ArchiveFiles(at: path)
    var found: [[String]] = []
    for sql in sql {
      try files.write(to: path)
      let archive = try Archive(at: path)
      try await archive.pool.writeWithoutTransaction { try $0.execute(sql: sql) }
      found.append(try await archive.check().map(\.code))
      try archive.close()
    }
    return found
  }

  /// What `check` says after some bytes of the file were replaced by as many others.
  private func problems(replacing old: String, by new: String) async throws -> [CheckProblem] {
    let (one, _) = try await pair()
    try one.close()
    var files = try ArchiveFiles(at: path)
    var bytes = files[.database]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: old.utf8) })
    bytes.replaceSubrange(place..<place + old.utf8.count, with: new.utf8)
    files[.database] = bytes
    try files.write(to: path)
    return try await Archive(at: path).check()
  }

  // MARK: What was acknowledged and is gone

  @Test func whatWasReceivedAndAcknowledgedIsMissedUntilItIsBack() async throws {
    let (one, other) = try await pair()
    try one.close()
    let before = try ArchiveFiles(at: path)
    let again = try Archive(at: path)
    let origin = try await again.read { try $0.status().origin }
    try await other.write { try $0.insert(Claim(id: $0.newID(), text: "from elsewhere")) }
    try await again.sync(with: other)
    // The end of the write-ahead log is gone: the witness is all that knows.
    var files = try ArchiveFiles(at: path)
    try again.close()
    files[.log] = []
    files[.database] = before[.database]
    try files.write(to: path)
    let damaged = try Archive(at: path)
    let head = try #require(try await other.read { try $0.status().heads }.first { $0.origin != origin })
    let problems = try await damaged.check()
    #expect(problems.map(\.code) == ["missing"])
    #expect(problems.first?.place == "origin \(head.origin), change 1" && problems.first?.isHarmless == true)
    // Nothing of its own is lost, so it goes on as it is.
    #expect(try await damaged.read { try $0.status().origin } == origin)
    #expect(try await damaged.sync(with: other).isEqual)
    #expect(try await damaged.check() == [])
  }

  @Test func whatWasToldAndIsGoneIsMissedAlsoUnderANewOrigin() async throws {
    let (one, other) = try await pair()
    try one.close()
    let before = try ArchiveFiles(at: path)
    let again = try Archive(at: path)
    try await again.write { try $0.insert(Claim(id: $0.newID(), text: "told")) }
    try await again.sync(with: other)
    var files = try ArchiveFiles(at: path)
    try again.close()
    let origin = try await other.read { try $0.status().heads[0].origin }
    (files[.log], files[.database]) = ([], before[.database])
    try files.write(to: path)
    for _ in 0..<2 {
      // Whoever opens it next finds the same.
      let damaged = try Archive(at: path)
      #expect(try await damaged.read { try $0.status().origin } != origin)
      #expect(try await damaged.check().map(\.place) == ["origin \(origin), change 2"])
      try damaged.close()
    }
    let damaged = try Archive(at: path)
    try await damaged.write { try $0.insert(Claim(id: $0.newID(), text: "written meanwhile")) }
    // A bundle is a promise too, and doesn't make it forget.
    _ = try await damaged.writeBundle(to: { _ in })
    #expect(try await damaged.check().map(\.code) == ["missing"])
    #expect(try await damaged.sync(with: other).isEqual)
    #expect(try await damaged.check() == [])
  }

  @Test func aCopyWithoutAWitnessMissesNothing() async throws {
    let (one, _) = try await pair()
    try one.close()
    var files = try ArchiveFiles(at: path)
    files.remove(.witness)
    let copy = folder.file("copy.dicta")
    try files.write(to: copy)
    #expect(try await Archive(at: copy).check() == [])
  }

  @Test func whatNobodyWasToldOfIsNotMissed() async throws {
    let (one, other) = try await pair()
    try one.close()
    let before = try ArchiveFiles(at: path)
    let again = try Archive(at: path)
    try await again.write { try $0.insert(Claim(id: $0.newID(), text: "nobody knows")) }
    try again.close()
    var files = try ArchiveFiles(at: path)
    files[.database] = before[.database]
    try files.write(to: path)
    let restored = try Archive(at: path)
    #expect(try await restored.check() == [])
    #expect(try await restored.sync(with: other).isEqual)
  }

  // MARK: The witness

  @Test func aKeyThatIsNotTheOriginsSignsNothing() async throws {
    let (one, other) = try await pair()
    try await one.write { try $0.insert(Claim(id: $0.newID(), text: "not signed yet")) }
    var files = try ArchiveFiles(at: path)
    try one.close()
    let witness = String(decoding: files[.witness], as: UTF8.self)
    files[.witness] = Array(witness.replacing(/("privateKey": *")([0-9a-f])/) { "\($0.output.1)\($0.output.2 == "0" ? "1" : "0")" }.utf8)
    try files.write(to: path)
    let damaged = try Archive(at: path)
    // What was written last can't be proven any more, and that is said before anybody is sent what they would have to refuse.
    #expect(try await damaged.check().map(\.code) == ["unproven"])
    try await damaged.sync(with: other)
    #expect(try await other.check() == [])
  }

  @Test func aWitnessThatKnowsOfWhatNeverWasIsNotBelieved() async throws {
    let (one, other) = try await pair()
    try one.close()
    var files = try ArchiveFiles(at: path)
    let witness = String(decoding: files[.witness], as: UTF8.self)
    #expect(witness.contains(/"synced"/))
    files[.witness] = Array(
      witness.replacing(/("synced"[^\]]*"id": *")([0-9a-f])/) { "\($0.output.1)\($0.output.2 == "0" ? "1" : "0")" }.utf8)
    try files.write(to: path)
    let damaged = try Archive(at: path)
    #expect(try await damaged.check() == [])
    #expect(try await damaged.sync(with: other).isEqual)
  }

  @Test func aWitnessThatIsDamagedWhileTheArchiveIsOpenIsSaidToBe() async throws {
    let (one, _) = try await pair()
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path + "-witness"))
    let problems = try await one.check()
    #expect(problems.map(\.code) == ["skipped"] && problems.first?.place == "witness")
  }

  @Test func aDeviceLabelThatNoChangeSaysYetIsCompared() async throws {
    let archive = try Archive(creatingAt: path, device: "one")
    #expect(try await archive.check() == [])
    try await archive.pool.writeWithoutTransaction { try $0.execute(sql: "UPDATE archive SET device = 'ond'") }
    #expect(try await archive.check().map(\.code) == ["archive"])
  }

  // MARK: The words to search

  @Test func anAlteredIndexOfWordsIsNamed() async throws {
    let found = try await problems(
      after: "UPDATE search_docsize SET sz = x'07' WHERE id = 1", "UPDATE search_data SET block = x'0309' WHERE id = 1",
      "UPDATE search_data SET block = x'' WHERE id = 1", "INSERT INTO search (search, rowid, words) VALUES ('delete', 1, 'bridge')")
    for codes in found { #expect(codes.contains("search"), "\(found)") }
  }

  @Test func anAlteredIndexOfNotesIsNamed() async throws {
    let found = try await problems(
      after: "UPDATE searchNote_docsize SET sz = x'07'", "UPDATE searchNote_data SET block = x'0309' WHERE id = 1",
      "UPDATE searchNote_data SET block = x'' WHERE id = 1", "DELETE FROM searchNote_docsize", "DELETE FROM searchNote_data WHERE id > 10",
      "INSERT INTO searchNote (searchNote, rowid, words) VALUES ('delete', 1, 'heard there')",
      "INSERT INTO searchNote (searchNote, rowid, words) VALUES ('delete', 1, 'heard')",
      "INSERT INTO searchNote (rowid, words) VALUES (2, 'planted')")
    for codes in found { #expect(codes.contains("search"), "\(found)") }
  }

  @Test(arguments: [("0bridge", "0bridgf"), ("0heard", "0hears")]) func aWordThatIsAnotherOneInAnIndexIsNamed(word: String, other: String)
    async throws
  {
    // FTS5 writes a word of its main index behind a zero.
    let problems = try await problems(replacing: word, by: other)
    #expect(problems.map(\.code) == ["search"])
  }

  @Test func anotherTokenizerIsNamed() async throws {
    let problems = try await problems(replacing: "remove_diacritics 2", by: "remove_diacritics 0")
    #expect(problems.contains { $0.code == "sqlite" && $0.message.contains("search") })
  }

  // MARK: What SQLite keeps beside

  @Test func tablesThatAreNotThoseOfAnArchiveAreNamed() async throws {
    let found = try await problems(
      after: "DROP INDEX entityStrange", "CREATE INDEX mine ON entity (life)", "PRAGMA user_version = 0",
      "UPDATE grdb_migrations SET identifier = '6' WHERE identifier = '5'",
      "CREATE TRIGGER mine AFTER INSERT ON tally BEGIN UPDATE tally SET living = 0; END")
    #expect(found.allSatisfy { $0.contains("sqlite") }, "\(found)")
  }

  /// SQLite takes a table of this name for its own only if it is spelled like this, and without it no sync could be remembered.
  @Test func aLetterOfAnotherCaseInADefinitionIsNamed() async throws {
    let problems = try await problems(replacing: "TABLE sqlite_sequence", by: "TABLE sqlite_sEquence")
    #expect(problems.map(\.code) == ["sqlite"])
  }

  @Test func statisticsAreNoDamage() async throws {
    #expect(try await problems(after: "ANALYZE") == [[]])
  }

  // MARK: Meetings

  @Test func aMeetingThatSaysMoreThanWasIsNamed() async throws {
    let found = try await problems(
      after: "UPDATE meeting SET position = 0", "UPDATE meeting SET position = 999",
      "UPDATE meeting SET sequence = 0", "UPDATE meeting SET branch = NULL, position = 2", "UPDATE meeting SET heads = randomblob(32)",
      "UPDATE meeting SET number = number + 1", "UPDATE sqlite_sequence SET seq = 9223372036854775807",
      "UPDATE sqlite_sequence SET name = 'meetinf'", "INSERT INTO sqlite_sequence VALUES ('meeting', 7)")
    #expect(found.allSatisfy { $0.contains("archive") }, "\(found)")
  }
}
