import DictaModels
import Testing

@testable import DictaStorage

/// Archives of earlier schemas are brought up to date when they are opened. `CompactTests` has one of schema 2.
@Suite struct MigrationsTests {
  let folder = TemporaryFolder()

  @Test func referencesGetTheirPlaces() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.writeClaim("in dispute, too")
    try await archive.tamper(
      """
      CREATE TABLE old (target INTEGER NOT NULL, field INTEGER NOT NULL, source INTEGER NOT NULL,
        PRIMARY KEY (target, field, source)) WITHOUT ROWID;
      INSERT INTO old SELECT target, field, source FROM reference;
      DROP TABLE reference;
      ALTER TABLE old RENAME TO reference;
      DROP TABLE retired;
      DELETE FROM grdb_migrations WHERE identifier = '4';
      PRAGMA user_version = 3;
      """)
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
}
