import DictaModels
import GRDB

extension Checker {
  /// Every pack can be read, and holds the changes of the log that say they are in it, and no others. That bodies are what was written is
  /// told by the ids of their changes.
  mutating func checkPacks() throws {
    try db.each("SELECT number, key, changes FROM pack ORDER BY number", []) { row in
      let number = row.integer(0)
      func wrong(_ message: String) { report.add(.chain, "pack \(number)", "\(message): \(Advice.restore)") }
      let changes: [(version: Version, parcel: Segment.Parcel)]
      do {
        changes = try Pack(first: Version(key: row.integer(1)), deflated: row.blob(2)).changes
      } catch let error as MalformedBytes {
        wrong("it can't be read (\(error.reason))")
        return true
      }
      let rows = try db.all(
        "SELECT key, envelope FROM log WHERE key BETWEEN ? AND ? AND typeof(body) = 'integer' AND abs(body) = ? ORDER BY key",
        .integer(changes[0].version.key), .integer(changes[changes.count - 1].version.key), .integer(number)
      ) { (key: $0.integer(0), envelope: $0.blob(1)) }
      if rows.map(\.key) != changes.map(\.version.key) {
        wrong("it holds \(changes.count) changes, and the log takes \(rows.count) from it")
      } else if let (row, _) = zip(rows, changes).first(where: { $0.envelope != $1.parcel.envelope }) {
        wrong("it says something else of change \(Version(key: row.key).sequence) than the log")
      }
      return true
    }
  }
}
