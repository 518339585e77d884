import DictaModels
import GRDB

extension Checker {
  /// The tables, and what a problem in one of them is.
  private static let tables: [(name: String, code: CheckProblem.Code)] = [
    ("archive", .archive), ("name", .name), ("text", .text), ("entity", .row), ("reference", .reference), ("tally", .tally), ("branch", .chain),
    ("log", .chain), ("signature", .signature), ("meeting", .archive), ("pack", .chain), ("retired", .archive),
  ]

  /// Where values of a second type may stand: the number of the pack that a body is in, and the bytes of a compressed text.
  private static let secondTypes = ["log.body": "integer", "text.content": "blob"]

  /// Every value is of its column's type. SQLite takes any other, reads it as a number or as bytes, and compares it as what it is: an
  /// entity whose `life` is no number would be read as a living one and be missing from every list.
  mutating func checkTypes() throws {
    for table in Self.tables {
      let columns = try db.all("SELECT name, lower(type), \"notnull\" FROM pragma_table_info('\(table.name)')") { row in
        (name: row.text(0), type: row.text(1), mayBeNull: row.integer(2) == 0)
      }
      let sums = columns.map { column in
        let types = [column.type, column.mayBeNull ? "null" : nil, Self.secondTypes["\(table.name).\(column.name)"]].compactMap(\.self)
        return "total(typeof(\(column.name)) NOT IN (\(types.map { "'\($0)'" }.joined(separator: ", "))))"
      }
      let counts = try db.first("SELECT \(sums.joined(separator: ", ")) FROM \(table.name)") { row in
        columns.indices.map { row.int(Int32($0)) }
      }
      for (column, count) in zip(columns, counts ?? []) where count > 0 {
        report.add(
          table.code, "table \(table.name)", "`\(column.name)` isn't of the type \(column.type) in \(count) of its rows: \(Advice.replace)",
          count: count)
      }
    }
  }
}
