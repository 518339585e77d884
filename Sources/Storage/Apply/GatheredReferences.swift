// References are gathered while a transaction writes its rows, and written in the order of their table: the places where those of one entity
// belong lie far apart, and those of a thousand entities beside each other.

import DictaModels
import GRDB

/// Rows of `reference` that aren't written yet.
struct GatheredReferences {
  /// A row, ordered as in its table.
  private struct Row {
    let target: Int64
    let field: Int64
    /// The first half of the source's id.
    let place: UInt64
    let source: Int64

    static func < (left: Self, right: Self) -> Bool {
      (left.target, left.field, left.place, left.source) < (right.target, right.field, right.place, right.source)
    }
  }

  private var rows: [Row] = []

  /// Half a megabyte of them. A transaction may write millions.
  private static let rowLimit = 16_384

  /// How many rows one statement writes; the last ones take smaller statements.
  private static let statements = [32, 8, 1].map { count in
    (
      count,
      sql: "INSERT OR IGNORE INTO reference (target, field, place, source) VALUES (?, ?, ?, ?)"
        + String(repeating: ", (?, ?, ?, ?)", count: count - 1)
    )
  }

  var isEmpty: Bool { rows.isEmpty }
  var isFull: Bool { rows.count >= Self.rowLimit }

  mutating func add(target: Int64, field: Int, source: Int64, _ id: Bytes16) {
    rows.append(Row(target: target, field: Int64(field), place: id.firstHalf, source: source))
  }

  /// Writes all of them; one that is there already stays as it is.
  mutating func write(to db: Database) throws {
    rows.sort(by: <)
    var rest = rows[...]
    for (count, sql) in Self.statements {
      while rest.count >= count {
        var arguments: [Argument] = []
        arguments.reserveCapacity(4 * count)
        for row in rest.prefix(count) {
          arguments.append(.integer(row.target))
          arguments.append(.integer(row.field))
          arguments.append(.place(Bytes16(high: row.place, low: 0)))
          arguments.append(.integer(row.source))
        }
        try db.each(sql, arguments) { _ in false }
        rest = rest.dropFirst(count)
      }
    }
    rows.removeAll(keepingCapacity: true)
  }
}
