import GRDB

/// A private database for what a check has to keep, in a temporary file that SQLite makes when its cache is full, and removes.
struct Scratch {
  let db: Database

  static func with<Result>(_ body: (Scratch) throws -> Result) throws -> Result {
    var configuration = Configuration()
    configuration.label = "dicta.check"
    // SQLite takes an empty path for a database of its own that has no name.
    let queue = try DatabaseQueue(path: "", configuration: configuration)
    return try queue.inDatabase { db in
      try db.execute(
        sql: """
          PRAGMA journal_mode = OFF;
          PRAGMA synchronous = OFF;
          PRAGMA cache_size = -16384;
          CREATE TABLE shadow (number INTEGER PRIMARY KEY, state BLOB NOT NULL);
          CREATE TABLE naming (text INTEGER PRIMARY KEY, position INTEGER NOT NULL);
          """)
      return try body(Scratch(db: db))
    }
  }
}
