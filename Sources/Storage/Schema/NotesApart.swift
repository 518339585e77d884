// Before schema 5 the note of an entity stood behind its other words in one document of `search`.

import DictaModels
import GRDB

enum NotesApart {
  /// The words of notes, apart from the others: to set a note touches nothing but what it says.
  static let table = definition(of: .notes)

  private static func definition(of index: WordIndex) -> String {
    """
    CREATE VIRTUAL TABLE \(index.name) USING fts5 (words, content = '', tokenize = 'unicode61 remove_diacritics 2');
    INSERT INTO \(index.name) (\(index.name), rank) VALUES ('hashsize', 4194304);
    """
  }

  /// Takes the notes out of `search` and puts them where they belong now.
  ///
  /// - Complexity: O(entities), and of those that have a note their words and texts are read. Memory doesn't grow with it.
  static func move(_ db: Database) throws {
    do {
      try forEachEntity(in: db, moveNote)
      // FTS5 writes here what it would write, and find damaged, at the commit.
      try db.execute(sql: "SAVEPOINT words; RELEASE words")
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_CONSTRAINT].contains(error.resultCode) {
      // The index is damaged. It holds nothing that isn't elsewhere, and an archive has to be opened for `check` to name what else is damaged.
      for index in WordIndex.allCases { try db.execute(sql: "DROP TABLE \(index.name); \(definition(of: index))") }
      try forEachEntity(in: db, index)
    }
  }

  /// What is known of an entity's row, and how to get at the rest.
  private struct Entry {
    let number: Int64
    let type: EntityType
    let state: EntityState
    let texts: TransactionTexts
    let statements: HotStatements

    var note: String { SearchWords.note(state) }

    /// Nil without the text that they stand in.
    var words: String? {
      get throws {
        do {
          return try SearchWords.of(type, state, text: texts.text)
        } catch  where error is MalformedBytes || error is TextError {
          return nil
        }
      }
    }

    func put(_ words: String, into index: WordIndex) throws {
      guard !words.isEmpty else { return }
      switch index {
      case .words: try statements.run("INSERT INTO search (rowid, words) VALUES (?, ?)", .integer(number), .text(words))
      case .notes: try statements.run("INSERT INTO searchNote (rowid, words) VALUES (?, ?)", .integer(number), .text(words))
      }
    }
  }

  private static func forEachEntity(in db: Database, _ body: (Entry) throws -> Void) throws {
    let names = NameIndex(try db.all("SELECT name FROM name ORDER BY number") { ExactString($0.text(0)) })
    let texts = TransactionTexts(db)
    let statements = HotStatements(db)
    try db.each("SELECT number, type, id, state FROM entity ORDER BY number", []) { row in
      do {
        guard let type = EntityType(try row.reference(1, 2, names: names).type) else { return true }
        let state = try EntityState(bytes: row.blob(3), names: names)
        try body(Entry(number: row.integer(0), type: type, state: state, texts: texts, statements: statements))
      } catch is MalformedBytes {
        // Nobody can read the row, and `check` says so.
      }
      return true
    }
  }

  private static func moveNote(of entry: Entry) throws {
    let note = entry.note
    guard !note.isEmpty else { return }
    try entry.put(note, into: .notes)
    // Without the text it isn't known what to take out of the index. Searches find too much then; `check` names the text, and this too.
    guard let words = try entry.words else { return }
    // A line between them or none is the same to the tokenizer.
    try entry.statements.run(
      "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", .integer(entry.number), .text("\(words)\n\(note)"))
    try entry.put(words, into: .words)
  }

  private static func index(_ entry: Entry) throws {
    try entry.put(entry.note, into: .notes)
    try entry.put(entry.words ?? "", into: .words)
  }
}
