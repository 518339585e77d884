/// Notes that a transaction has set and that aren't in their index yet.
///
/// They are put there together, in the order of their rows: FTS5 writes a part of the index whenever it is given a row that stands before the
/// last one, and parts have to be merged later.
struct PendingNotes {
  /// More than this isn't kept in memory.
  static let byteLimit = 1 << 20

  /// What a note takes beside its words.
  private static let overhead = 64

  /// What the index holds, and what it is to hold; empty stands for no note. By the entity's row.
  private var notes: [Int64: (before: String, after: String)] = [:]
  private(set) var byteCount = 0

  /// - Parameter old: the note before this one.
  mutating func set(_ note: String, replacing old: String, of number: Int64) {
    guard let pending = notes[number] else {
      notes[number] = (old, note)
      byteCount += old.utf8.count + note.utf8.count + Self.overhead
      return
    }
    notes[number] = (pending.before, note)
    byteCount += note.utf8.count - pending.after.utf8.count
  }

  /// Puts them into the index. What it threw at, and what comes behind that, is still to be put there.
  mutating func write(_ statements: HotStatements) throws {
    guard !notes.isEmpty else { return }
    for (number, note) in notes.sorted(by: { $0.key < $1.key }) where !note.before.isExactly(note.after) {
      if !note.before.isEmpty {
        try statements.run("INSERT INTO searchNote (searchNote, rowid, words) VALUES ('delete', ?, ?)", .integer(number), .text(note.before))
        notes[number]?.before = ""
      }
      if !note.after.isEmpty { try statements.run("INSERT INTO searchNote (rowid, words) VALUES (?, ?)", .integer(number), .text(note.after)) }
      notes[number] = nil
    }
    (notes, byteCount) = ([:], 0)
  }
}
