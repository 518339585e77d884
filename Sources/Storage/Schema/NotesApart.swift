// Before schema 5 the note of an entity stood behind its other words in one document of `search`.

import DictaModels
import GRDB

enum NotesApart {
  static let table = """
    -- The words of notes, apart from the others: to set a note touches nothing but what it says.
    CREATE VIRTUAL TABLE searchNote USING fts5 (words, content = '', tokenize = 'unicode61 remove_diacritics 2');
    INSERT INTO searchNote (searchNote, rank) VALUES ('hashsize', 4194304);
    """

  /// Takes the notes out of `search` and puts them where they belong now.
  ///
  /// - Complexity: O(entities), and of those that have a note their words and texts are read. Memory doesn't grow with it.
  static func move(_ db: Database) throws {
    let names = NameIndex(try db.all("SELECT name FROM name ORDER BY number") { ExactString($0.text(0)) })
    let texts = TextStore(db)
    let statements = HotStatements(db)
    try db.each("SELECT number, type, id, state FROM entity ORDER BY number", []) { row in
      do {
        guard let type = EntityType(try row.reference(1, 2, names: names).type) else { return true }
        let state = try EntityState(bytes: row.blob(3), names: names)
        try move(SearchWords.note(state), of: row.integer(0), type, state, texts, statements)
      } catch is MalformedBytes {
        // Nobody can read the row, and `check` says so.
      }
      return true
    }
  }

  private static func move(
    _ note: String, of number: Int64, _ type: EntityType, _ state: EntityState, _ texts: TextStore, _ statements: HotStatements
  ) throws {
    guard !note.isEmpty else { return }
    try statements.run("INSERT INTO searchNote (rowid, words) VALUES (?, ?)", .integer(number), .text(note))
    let words: String
    do {
      words = try SearchWords.of(type, state, text: texts.text)
    } catch  where error is MalformedBytes || error is TextError {
      // Without the text it isn't known what to take out of the index. Searches find too much then; `check` names the text, and this too.
      return
    }
    // A line between them or none is the same to the tokenizer.
    try statements.run("INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", .integer(number), .text("\(words)\n\(note)"))
    if !words.isEmpty { try statements.run("INSERT INTO search (rowid, words) VALUES (?, ?)", .integer(number), .text(words)) }
  }
}
