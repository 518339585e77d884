import DictaModels
import GRDB

/// Puts changes that follow each other on a branch into packs. What is left over at the end of a branch stays as it is until there is more.
///
/// No row of the log changes once it is committed, so it doesn't matter whether a change was signed or sent.
struct LogPacker: CompactionWork {
  let byteGoal: Int
  private(set) var isDone = false
  private(set) var changeCount = 0

  /// The key of the last change that was looked at and is settled.
  private var key: Int64 = 0

  init(byteGoal: Int) {
    self.byteGoal = byteGoal
  }

  mutating func step(_ db: Database) throws {
    var packs: [Draft] = []
    var open: Draft?
    var byteCount = 0
    var isAtEnd = true
    func close(_ draft: Draft?) {
      if let draft, draft.byteCount >= byteGoal / Pack.leastPart { packs.append(draft) }
    }
    let query = "SELECT key, envelope, body, position, id FROM log WHERE key > ? AND typeof(body) = 'blob' ORDER BY key"
    try db.each(query, [.integer(key)]) { row in
      let (next, parcel) = (row.integer(0), Segment.Parcel(envelope: row.blob(1), body: try StoredBody.body(from: row.blob(2))))
      if open?.isFollowed(by: next, byteGoal: byteGoal) != true {
        close(open)
        open = nil
        // The next step begins with this one.
        guard byteCount < Self.stepByteLimit else {
          isAtEnd = false
          return false
        }
      }
      open = open ?? Draft(firstKey: next)
      open?.add(parcel, position: row.integer(3), id: row.blob(4))
      byteCount += parcel.byteCount
      key = next
      return true
    }
    close(open)
    for pack in packs {
      try pack.write(db)
      changeCount += pack.parcels.count
    }
    isDone = isAtEnd
  }

  /// A pack that is being filled.
  private struct Draft {
    let firstKey: Int64
    private(set) var parcels: [Segment.Parcel] = []
    private(set) var byteCount = 0
    private var outlines: [(position: Int64, id: [UInt8])] = []

    init(firstKey: Int64) {
      self.firstKey = firstKey
    }

    func isFollowed(by key: Int64, byteGoal: Int) -> Bool {
      key == firstKey + Int64(parcels.count) && byteCount < byteGoal
    }

    mutating func add(_ parcel: Segment.Parcel, position: Int64, id: [UInt8]) {
      parcels.append(parcel)
      outlines.append((position, id))
      byteCount += parcel.byteCount
    }

    func write(_ db: Database) throws {
      try db.run("INSERT INTO pack (key, changes) VALUES (?, ?)", .integer(firstKey), .blob(Pack.deflate(parcels)))
      let number = db.lastInsertedRowID
      // SQLite joins pages that become empty when rows are deleted, but not when they are updated.
      try db.run("DELETE FROM log WHERE key BETWEEN ? AND ?", .integer(firstKey), .integer(firstKey + Int64(parcels.count) - 1))
      for (index, (outline, parcel)) in zip(outlines, parcels).enumerated() {
        try db.run(
          "INSERT INTO log (key, position, id, envelope, body) VALUES (?, ?, ?, ?, ?)", .integer(firstKey + Int64(index)),
          .integer(outline.position), .blob(outline.id), .blob(parcel.envelope), .integer(number))
      }
    }
  }
}
