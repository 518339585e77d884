import DictaModels
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

/// Archives of earlier schemas are brought up to date when they are opened. `CompactTests` has one of schema 2.
@Suite struct MigrationsTests {
  let folder = TemporaryFolder()

  @Test func referencesGetTheirPlaces() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.writeClaim("in dispute, too")
    try await archive.returnToSchema(3)
    try archive.close()
    let opened = try Archive(at: archive.path)
    #expect(try await opened.check() == [])
    let quotes = try await opened.read { transaction in
      var filter = EntityFilter()
      filter.speaker = corpus.speaker.id
      return try transaction.list(Quote.self, where: filter)
    }
    #expect(quotes == [corpus.quote])
    try opened.close()
  }

  // MARK: Notes have an index to themselves since schema 5

  /// A small corpus in which everything has a note, one of them is deleted, and a claim has none.
  private func notedCorpus(in archive: Archive) async throws -> SmallCorpus {
    let corpus = try await archive.writeSmallCorpus()
    let deleted = try await archive.writeClaim("soon gone, like spring")
    try await archive.write { transaction in
      try transaction.update(corpus.article.id) { $0.note = "clipped by hand" }
      try transaction.update(corpus.speaker.id) { $0.note = "spoke in spring" }
      try transaction.update(corpus.quote.id) { $0.note = "Doubtful, like spring" }
      try transaction.update(corpus.claim.id) { $0.note = "spring of which year?" }
      try transaction.update(corpus.stance.id) { $0.note = "by hand" }
      try transaction.update(deleted) { $0.note = "a spring" }
      try transaction.delete(deleted.reference)
    }
    try await archive.writeClaim("in spring, without a note")
    return corpus
  }

  @Test(arguments: 2...4) func whoHasANoteIsFoundByItAsBefore(schemaVersion: Int) async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    let queries = ["spring", "hand", "bridge hand", "bridge spring doubtful", "mara spoke", "\"which year\"", "gone"]
    func answers(_ archive: Archive) async throws -> [[String]] {
      try await archive.read { transaction in
        try queries.map { try transaction.search($0).map { "\($0.entity) \($0.score) \($0.snippet)" } }
      }
    }
    let before = try await answers(archive)
    #expect(before.map(\.count) == [5, 2, 1, 1, 1, 1, 0])
    try await archive.returnToSchema(schemaVersion)
    try archive.close()
    let opened = try Archive(at: archive.path)
    #expect(try await opened.check() == [])
    #expect(try await answers(opened) == before)
    try await opened.write { transaction in
      try transaction.update(corpus.quote.id) { $0.note = "sure" }
      try transaction.update(corpus.article.id) { $0.text = try ArticleText("Nothing of the kind") }
    }
    #expect(try await opened.read { try $0.search("doubtful").isEmpty })
    #expect(try await opened.read { try $0.search("hand kind").map(\.entity) } == [corpus.article.reference])
    #expect(try await opened.check() == [])
    try opened.close()
  }

  @Test func whoOnlyReadsBringsItUpToDateToo() async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    try await archive.returnToSchema(4)
    try archive.close()
    let reader = try Archive(readingAt: archive.path)
    #expect(try await reader.read { try $0.search("doubtful bridge").map(\.entity) } == [corpus.quote.reference])
    try reader.close()
  }

  /// All of them look for what is to be done before one of them does it.
  @Test(arguments: [2, 4]) func whoOpensItWhileAnotherOneBringsItUpToDateFindsItDone(schemaVersion: Int) async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    try await archive.returnToSchema(schemaVersion)
    try archive.close()
    let path = archive.path
    let opened = Mutex<[Result<Archive, any Error>]>([])
    let other = try ArchiveFile.open(path)
    try await other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      for _ in 0..<3 {
        Thread.detachNewThread {
          let result = Result { try Archive(at: path) }
          opened.withLock { $0.append(result) }
        }
      }
      // Until they wait for the lock. Those that come later find the work done, and show nothing.
      Thread.sleep(forTimeInterval: 0.5)
      try db.execute(sql: "COMMIT")
    }
    try other.close()
    while opened.withLock({ $0.count }) < 3 { try await Task.sleep(for: .milliseconds(10)) }
    for result in opened.withLock({ $0 }) {
      let archive = try result.get()
      #expect(try await archive.read { try $0.search("doubtful bridge").map(\.entity) } == [corpus.quote.reference])
      #expect(try await archive.check() == [])
      try archive.close()
    }
  }

  @Test func aTextOrARowThatIsDamagedIsNamedAndTheOthersAreFound() async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    try await archive.returnToSchema(4)
    try await archive.tamper("UPDATE text SET content = 'x'; UPDATE entity SET state = x'0102' WHERE number = 2")
    try archive.close()
    let opened = try Archive(at: archive.path)
    let problems = try await opened.check()
    #expect(Set(problems.map(\.code)).isSuperset(of: ["text", "row"]), "\(problems)")
    let found = try await opened.pool.read { db in
      try db.all("SELECT rowid FROM searchNote WHERE searchNote MATCH 'doubtful OR hand OR year' ORDER BY rowid") { $0.integer(0) }
    }
    #expect(found.count == 4)
    #expect(try await opened.read { try $0.search("\"which year\"").map(\.entity) } == [corpus.claim.reference])
    try opened.close()
  }

  @Test func aDamagedIndexOfWordsIsMadeAnew() async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    try await archive.returnToSchema(4)
    try await archive.tamper("UPDATE search_data SET block = x'00' WHERE id = 10")
    try archive.close()
    let opened = try Archive(at: archive.path)
    #expect(try await opened.read { try $0.search("doubtful bridge").map(\.entity) } == [corpus.quote.reference])
    #expect(try await opened.check() == [])
    try opened.close()
  }

  @Test func aWriterNoticesThatAnotherVersionHasBroughtTheFileUpToDate() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("before")
    let known = Int(Schema.version)
    try await archive.tamper("PRAGMA user_version = \(known + 1)")
    let isNewer: (any Error) -> Bool = {
      if case ArchiveError.newerSchema(_, schemaVersion: known + 1, known: known) = $0 { true } else { false }
    }
    #expect(await refuses({ try await archive.writeClaim("after") }, isNewer))
    try await archive.tamper("PRAGMA user_version = \(known)")
    try await archive.writeClaim("after")
    #expect(try await archive.check() == [])
  }

  @Test func whatFailsOnTheWayLeavesTheArchiveOfTheSchemaBefore() async throws {
    let archive = try folder.archive()
    let corpus = try await notedCorpus(in: archive)
    try await archive.returnToSchema(4)
    // The last thing that is written on the way.
    try await archive.tamper("CREATE TRIGGER stop BEFORE INSERT ON grdb_migrations BEGIN SELECT RAISE(ABORT, 'stopped'); END")
    try archive.close()
    #expect(await refuses({ try Archive(at: archive.path) }) { if case ArchiveError.damaged = $0 { true } else { false } })
    let file = try ArchiveFile.openForReading(archive.path)
    try await file.write { db in
      #expect(try db.first("PRAGMA user_version", read: { $0.integer(0) }) == 4)
      #expect(try db.first("SELECT count(*) FROM sqlite_master WHERE name LIKE 'searchNote%'", read: { $0.integer(0) }) == 0)
      try db.execute(sql: "DROP TRIGGER stop")
    }
    try file.close()
    let opened = try Archive(at: archive.path)
    #expect(try await opened.read { try $0.search("doubtful bridge").map(\.entity) } == [corpus.quote.reference])
    #expect(try await opened.check() == [])
    try opened.close()
  }
}

extension Archive {
  /// Makes of it what a program that knew this schema, and none after it, would have left.
  func returnToSchema(_ version: Int) async throws {
    try await pool.write { db in
      let transaction = try ReadTransaction(db, cache: .empty)
      if version < 5 {
        let rows = try db.all("SELECT number, type, id, state FROM entity ORDER BY number") { row in
          (row.integer(0), try row.reference(1, 2, names: transaction.names), try EntityState(bytes: row.blob(3), names: transaction.names))
        }
        for (number, entity, state) in rows {
          guard let type = EntityType(entity.type), case let note = SearchWords.note(state), !note.isEmpty else { continue }
          let words = try SearchWords.of(type, state, text: transaction.text)
          if !words.isEmpty { try db.run("INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", .integer(number), .text(words)) }
          let all = words.isEmpty ? note : words + "\n" + note
          try db.run("INSERT INTO search (rowid, words) VALUES (?, ?)", .integer(number), .text(all))
        }
        try db.execute(sql: "DROP TABLE searchNote")
      }
      if version < 4 {
        try db.execute(
          sql: """
            CREATE TABLE old (target INTEGER NOT NULL, field INTEGER NOT NULL, source INTEGER NOT NULL,
              PRIMARY KEY (target, field, source)) WITHOUT ROWID;
            INSERT INTO old SELECT target, field, source FROM reference;
            DROP TABLE reference;
            ALTER TABLE old RENAME TO reference;
            DROP TABLE retired;
            """)
      }
      if version < 3 { try db.execute(sql: "DROP TABLE pack") }
      try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier > '\(version)'; PRAGMA user_version = \(version)")
    }
  }
}
