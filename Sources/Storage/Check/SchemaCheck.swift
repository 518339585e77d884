import GRDB

extension Checker {
  /// The tables, indexes and settings are those of a new archive. A word of them decides what SQLite takes for true: which rows an index
  /// holds, or how words are told apart.
  mutating func checkSchema() throws {
    for fault in try Schema.faults(of: db) { report.add(.sqlite, "database", "\(fault): \(Advice.replace)") }
  }
}

extension Schema {
  /// What of a database isn't as in a new archive.
  static func faults(of db: Database) throws -> [String] {
    let new = try DatabaseQueue()
    try Schema.migrator.migrate(new)
    let expected = try new.inDatabase { try SchemaEntry.all($0) }
    let found = try SchemaEntry.all(db)
    var faults: [String] = []
    for name in Set(expected.keys).union(found.keys).sorted() where expected[name] != found[name] {
      let what =
        found[name] == nil ? "is missing" : expected[name] == nil ? "is no part of an archive" : "isn't defined as in a new archive"
      faults.append("`\(name)` \(what)")
    }
    for pragma in ["application_id", "user_version", "encoding", "auto_vacuum"] {
      let value = try String.fetchOne(db, sql: "PRAGMA \(pragma)")
      let usual = try new.inDatabase { try String.fetchOne($0, sql: "PRAGMA \(pragma)") }
      if value != usual { faults.append("its `\(pragma)` is \(value ?? "none") and should be \(usual ?? "none")") }
    }
    guard found["grdb_migrations"] != nil else { return faults }
    let migrations = try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations")
    if migrations != Schema.migrator.migrations { faults.append("it says that \(migrations) made its tables") }
    return faults
  }
}

/// A table or an index, as SQLite has written it down.
private struct SchemaEntry: Equatable {
  let type: String
  let table: String

  /// Of what SQLite, FTS5 and GRDB make without spaces and quotation marks: another version of them may set them otherwise.
  let sql: String
  let columns: [String]

  static func all(_ db: Database) throws -> [String: SchemaEntry] {
    let rows = try db.all("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'") { row in
      (type: row.text(0), name: row.text(1), table: row.text(2), sql: row.text(3))
    }
    var entries: [String: SchemaEntry] = [:]
    for row in rows {
      let isOurs = !["search_", "searchNote_", "grdb_", "sqlite_"].contains { row.name.hasPrefix($0) }
      let columns = try db.all(
        "SELECT name, upper(type), \"notnull\", pk FROM pragma_table_info(?)", .text(row.name)
      ) { (0..<4).map($0.text).joined(separator: " ") }
      entries[row.name] = SchemaEntry(
        type: row.type, table: row.table, sql: isOurs ? row.sql : row.sql.filter { !" \n\"'`".contains($0) }, columns: columns)
    }
    return entries
  }
}
