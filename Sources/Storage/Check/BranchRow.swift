import DictaModels
import GRDB

/// A row of the table of branches as it stands there, whether it can be true or not.
struct BranchRow {
  let number: Int64
  let origin: Origin?
  let parent: Int64?
  let firstSequence: Int64
  let received: Int64
  let receivedID: [UInt8]
  let applied: Int64
  let appliedID: [UInt8]?
  let published: Int64
  let isFrontier: Int64

  static func all(_ db: Database) throws -> [BranchRow] {
    try db.all(
      """
      SELECT number, origin, parent, firstSequence, received, receivedID, applied, appliedID, published, isFrontier FROM branch ORDER BY number
      """
    ) { row in
      BranchRow(
        number: row.integer(0), origin: Origin(bytes: row.blob(1)), parent: row.isNull(2) ? nil : row.integer(2), firstSequence: row.integer(3),
        received: row.integer(4), receivedID: row.blob(5), applied: row.integer(6), appliedID: row.isNull(7) ? nil : row.blob(7),
        published: row.integer(8), isFrontier: row.integer(9))
    }
  }

  /// The columns that say something else than the branch that the log makes. `published` isn't among them: it follows from signatures.
  func columns(unlike branch: Branches.Branch) -> [String] {
    var columns: [String] = []
    if origin != branch.origin { columns.append("origin") }
    if parent != branch.parent.map(Int64.init) { columns.append("parent") }
    if firstSequence != Int64(branch.firstSequence) { columns.append("firstSequence") }
    if received != Int64(branch.received) { columns.append("received") }
    if receivedID != branch.receivedID.bytes { columns.append("receivedID") }
    if applied != Int64(branch.applied) { columns.append("applied") }
    if appliedID != branch.appliedID?.bytes { columns.append("appliedID") }
    if isFrontier != (branch.isFrontier ? 1 : 0) { columns.append("isFrontier") }
    return columns
  }
}
