import DictaModels
import GRDB

/// The states of all entities as they come out when the log is merged anew.
///
/// Those at work are kept in memory, some megabytes of them; the others wait in the scratch database, encoded as rows are, so that most
/// can be compared with their rows without being decoded.
final class ShadowStates {
  private static let byteLimit = 4 << 20
  private static let countLimit = 20_000

  private let db: Database
  private let scratch: Scratch
  private var names: NameIndex
  private var atWork: [Reference: Entry] = [:]
  private var byteCount = 0

  /// The greatest number that is in the scratch database: most entities are new when they come up.
  private var lastNumber: Int64 = 0

  /// Of what the log speaks and no row is there; no more than a report names.
  private(set) var missing: Set<Reference> = []

  private struct Entry {
    let number: Int64
    var state: EntityState
  }

  init(_ db: Database, _ scratch: Scratch, names: NameIndex) {
    self.db = db
    self.scratch = scratch
    self.names = names
  }

  /// Merges what a change says.
  func apply(
    _ body: Body, byteCount: Int, as version: Version, naming: (VersionName) throws -> Version, rank: (Version) throws -> Rank
  ) throws {
    self.byteCount += byteCount
    for group in body.groups {
      guard var entry = try take(group.entity) else { continue }
      try entry.state.apply(group, as: version, naming: naming, rank: rank)
      atWork[group.entity] = entry
    }
    if self.byteCount > Self.byteLimit || atWork.count > Self.countLimit { try flush() }
  }

  private func take(_ entity: Reference) throws -> Entry? {
    if let entry = atWork.removeValue(forKey: entity) { return entry }
    let type = names.find(entity.type) ?? -1
    guard let number = try db.first("SELECT number FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id), read: { $0.integer(0) })
    else {
      if missing.count < CheckReport.limit { missing.insert(entity) }
      return nil
    }
    return Entry(number: number, state: try number > lastNumber ? EntityState() : find(number).map(decode) ?? EntityState())
  }

  /// Writes down what is in memory.
  func flush() throws {
    for entry in atWork.values.sorted(by: { $0.number < $1.number }) {
      try scratch.db.run(
        "INSERT OR REPLACE INTO shadow (number, state) VALUES (?, ?)", .integer(entry.number), .blob(entry.state.bytes(names: &names)))
      lastNumber = max(lastNumber, entry.number)
    }
    atWork = [:]
    byteCount = 0
  }

  /// The state that belongs into the row with this number, encoded as it is there; nil if no change speaks of it. Only after ``flush()``.
  func find(_ number: Int64) throws -> [UInt8]? {
    try scratch.db.first("SELECT state FROM shadow WHERE number = ?", .integer(number)) { $0.blob(0) }
  }

  func decode(_ bytes: [UInt8]) throws -> EntityState {
    try EntityState(bytes: bytes, names: names)
  }
}
