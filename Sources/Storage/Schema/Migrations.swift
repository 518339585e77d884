// The tables of an archive. `Documentation/Storage.md` says what each is for.

import GRDB

enum Schema {
  /// Stands in the file's header, so that another program's database is told apart: "Dict".
  static let applicationID: Int64 = 0x4469_6374

  /// The newest schema this version knows. A file with a newer one is refused.
  static let version: Int64 = 5

  /// The oldest one that is brought up to date. Version 1 was never released: it kept no signatures, so what it held of others can't be
  /// proven to a peer.
  static let oldestVersion: Int64 = 2

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("2") { db in
      try db.execute(sql: tables)
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = 2")
    }
    migrator.registerMigration("3") { db in
      try db.execute(sql: packs)
      try db.execute(sql: "PRAGMA user_version = 3")
    }
    migrator.registerMigration("4") { db in
      try db.execute(sql: retired)
      try db.execute(sql: referencesByPlace)
      try db.execute(sql: fewerMerges)
      try db.execute(sql: "PRAGMA user_version = 4")
    }
    migrator.registerMigration("5") { db in
      try db.execute(sql: NotesApart.table)
      try NotesApart.move(db)
      try db.execute(sql: "PRAGMA user_version = 5")
    }
    return migrator
  }

  private static let tables = """
    -- One row: what this replica is, and the sums that every transaction keeps up to date.
    CREATE TABLE archive (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      corpus BLOB NOT NULL,
      origin BLOB NOT NULL,
      publicKey BLOB NOT NULL,
      nonce BLOB NOT NULL,
      device TEXT NOT NULL,
      branch INTEGER,             -- the origin's own branch, once it has written
      signed INTEGER NOT NULL,    -- the last sequence of the own branch that is signed
      unproven INTEGER,           -- the branch whose end was written here and can't be signed, because the key is lost
      position INTEGER NOT NULL,  -- of the last change in the log
      durable INTEGER NOT NULL,   -- of the last change in the log that is known to be synced to disk
      digest BLOB NOT NULL,
      revision INTEGER NOT NULL   -- counts transactions
    );

    -- Names of types, fields and record members, so that rows hold a number in their place.
    CREATE TABLE name (number INTEGER PRIMARY KEY, name TEXT NOT NULL);

    -- Each text once. `position` is that of the first change that names it: the text travels with that one.
    CREATE TABLE text (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, content TEXT NOT NULL,
      byteCount INTEGER NOT NULL, position INTEGER NOT NULL);
    CREATE INDEX textByPosition ON text (position);

    -- Every entity of every type, known or not. `state` holds its fields with their versions. `life`: 0 lives, 1 lives with a
    -- tombstone, 2 deleted, 3 created by no change that is held. `conflicts` counts its fields in conflict. `strange`: 1 if this version
    -- doesn't know the type, a field or a value of it.
    CREATE TABLE entity (
      number INTEGER PRIMARY KEY,
      type INTEGER NOT NULL,
      id BLOB NOT NULL,
      life INTEGER NOT NULL,
      conflicts INTEGER NOT NULL,
      strange INTEGER NOT NULL,
      state BLOB NOT NULL
    );
    CREATE UNIQUE INDEX entityByID ON entity (type, id);
    CREATE INDEX entityWithTombstone ON entity (number) WHERE life IN (1, 2);
    CREATE INDEX entityUncreated ON entity (number) WHERE life = 3;
    CREATE INDEX entityInConflict ON entity (number) WHERE conflicts > 0;
    CREATE INDEX entityStrange ON entity (number) WHERE strange > 0;

    -- Who refers to whom, by any surviving value.
    CREATE TABLE reference (target INTEGER NOT NULL, field INTEGER NOT NULL, source INTEGER NOT NULL,
      PRIMARY KEY (target, field, source)) WITHOUT ROWID;

    -- How many entities of a type live.
    CREATE TABLE tally (type INTEGER PRIMARY KEY, living INTEGER NOT NULL);

    CREATE TABLE branch (
      number INTEGER PRIMARY KEY,
      origin BLOB NOT NULL,
      parent INTEGER,
      firstSequence INTEGER NOT NULL,
      received INTEGER NOT NULL,
      receivedID BLOB NOT NULL,
      applied INTEGER NOT NULL,
      appliedID BLOB,
      published INTEGER NOT NULL, -- the last sequence that peers may be told of
      isFrontier INTEGER NOT NULL
    );

    -- One row per change, its key made of branch and sequence; `position` is the order of arrival, in which causes come first.
    CREATE TABLE log (key INTEGER PRIMARY KEY, position INTEGER NOT NULL, id BLOB NOT NULL, envelope BLOB NOT NULL, body BLOB NOT NULL);
    CREATE INDEX logByPosition ON log (position);

    -- Signatures of changes, by their key in the log. One that isn't fixed was never sent and gives way to the next.
    CREATE TABLE signature (key INTEGER PRIMARY KEY, signature BLOB NOT NULL, isFixed INTEGER NOT NULL);

    -- Heads that a peer and this replica held both: everything up to a position, but for what then lay on the own branch behind a sequence.
    CREATE TABLE meeting (
      number INTEGER PRIMARY KEY AUTOINCREMENT, heads BLOB NOT NULL UNIQUE, position INTEGER NOT NULL, branch INTEGER, sequence INTEGER NOT NULL
    );

    -- The words to search. Only the index is kept here: the words themselves are in rows and texts already.
    CREATE VIRTUAL TABLE search USING fts5 (words, content = '', tokenize = 'unicode61 remove_diacritics 2');
    """

  /// From here on `log.body` may be a pack's number in place of bytes, and `text.content` compressed bytes in place of words: SQLite keeps
  /// with each value of what type it is.
  private static let packs = """
    -- Changes that follow each other on a branch, from the one with that key in the log on, compressed together by `compact`.
    CREATE TABLE pack (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, changes BLOB NOT NULL);
    """

  /// From here on a pack may hold bodies of which groups were dropped; `log.body` is then the pack's number below zero.
  private static let retired = """
    -- Origins that nobody writes under any more: nothing waits for them to acknowledge what others wrote.
    CREATE TABLE retired (number INTEGER PRIMARY KEY, origin BLOB NOT NULL UNIQUE);
    """

  /// Before, `reference` had no `place`: to list a few of those who refer to something by their ids, all their rows had to be read.
  private static let referencesByPlace = """
    -- Who refers to whom, by any surviving value. `place` is the first half of the source's id, by which lists are ordered.
    CREATE TABLE referenceByPlace (target INTEGER NOT NULL, field INTEGER NOT NULL, place BLOB NOT NULL, source INTEGER NOT NULL,
      PRIMARY KEY (target, field, place, source)) WITHOUT ROWID;
    INSERT INTO referenceByPlace (target, field, place, source)
      SELECT target, field, substr(id, 1, 8), source FROM reference JOIN entity ON number = source ORDER BY 1, 2, 3, 4;
    DROP TABLE reference;
    ALTER TABLE referenceByPlace RENAME TO reference;
    """

  /// FTS5 writes the words of a transaction when it has so many bytes of them. With its own million, a large transaction writes many parts,
  /// which have to be merged.
  private static let fewerMerges = """
    INSERT INTO search (search, rank) VALUES ('hashsize', 4194304);
    """
}
