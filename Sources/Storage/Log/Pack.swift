// Changes compressed together. `compact` makes packs; `LogTable` reads them for everybody else.

import DictaModels
import GRDB

/// Changes that follow each other on a branch: of each its envelope, which stands in its row of the log as well, and its body, or what is left
/// of that, which doesn't.
struct Pack {
  let first: Version
  private let parcels: [Segment.Parcel]

  /// The fewest bytes of changes that are worth a pack, as a part of ``Surroundings/packByteGoal``.
  static let leastPart = 4

  /// No pack inflates to more: the largest goal, and one change on top of it.
  private static let byteLimit = 1 << 20 + Header.byteLimit + Body.byteLimit + 64

  /// - Throws: for bytes that are no pack.
  init(first: Version, deflated: [UInt8]) throws(MalformedBytes) {
    try self.init(first: first, inflated: Self.inflate(deflated))
  }

  init(first: Version, inflated: [UInt8]) throws(MalformedBytes) {
    self.first = first
    var reader = ByteReader(inflated)
    var parcels: [Segment.Parcel] = []
    while !reader.isAtEnd {
      try reader.expect(1)
      let envelope = Array(try reader.delimited())
      guard let field = try reader.next(), field == (2, true) || field == (3, true) else { throw reader.malformed("a pack lacks a body") }
      let held = HeldBody(bytes: Array(try reader.delimited()), isReduced: field.number == 3)
      parcels.append(Segment.Parcel(envelope: envelope, held: held))
    }
    guard !parcels.isEmpty else { throw reader.malformed("a pack is empty") }
    guard first.sequence > 0, UInt64(parcels.count) < 1 << 40 - first.sequence else { throw reader.malformed("a pack begins at no change") }
    self.parcels = parcels
  }

  static func inflate(_ deflated: [UInt8]) throws(MalformedBytes) -> [UInt8] {
    try Compression.inflate(deflated, byteLimit: byteLimit)
  }

  /// What stands in a row for these changes, in their order.
  static func deflate(_ parcels: [Segment.Parcel]) -> [UInt8] {
    var writer = ByteWriter()
    for parcel in parcels {
      writer.field(1, bytes: parcel.envelope)
      writer.field(parcel.held.isReduced ? 3 : 2, bytes: parcel.body)
    }
    return Compression.deflate(writer.bytes)
  }

  var changes: [(version: Version, parcel: Segment.Parcel)] {
    parcels.enumerated().map { (Version(branch: first.branch, sequence: first.sequence + UInt64($0)), $1) }
  }

  var byteCount: Int { parcels.reduce(0) { $0 + $1.byteCount } }

  func parcel(of version: Version) throws(MalformedBytes) -> Segment.Parcel {
    guard version.branch == first.branch, version.sequence >= first.sequence, version.sequence - first.sequence < UInt64(parcels.count) else {
      throw MalformedBytes(offset: 0, reason: "change \(version.sequence) of branch \(version.branch) isn't in its pack")
    }
    return parcels[Int(version.sequence - first.sequence)]
  }
}

/// Which pack a change is in, as its row of the log says it: a number, and below zero if groups of its body were dropped. So those are found
/// without inflating anything.
struct PackPlace: Hashable {
  let number: Int64
  let isReduced: Bool

  init(number: Int64, isReduced: Bool) {
    (self.number, self.isReduced) = (number, isReduced)
  }

  init(column: Int64) {
    self.init(number: Int64(clamping: column.magnitude), isReduced: column < 0)
  }

  var column: Int64 { isReduced ? -number : number }

  /// Whether the change of a row is reduced, in SQL.
  static let isReducedInSQL = "typeof(body) = 'integer' AND body < 0"
}

/// Packs that were inflated lately. What is asked for next is mostly in one of them.
final class PackShelf {
  private static let byteLimit = 4 << 20

  private var packs: [Int64: Pack] = [:]
  private var byteCount = 0

  func pack(_ number: Int64, in db: Database) throws -> Pack {
    if let pack = packs[number] { return pack }
    let found = try db.first("SELECT key, changes FROM pack WHERE number = ?", .integer(number)) { row in
      try Pack(first: Version(key: row.integer(0)), deflated: row.blob(1))
    }
    guard let pack = found else { throw MalformedBytes(offset: 0, reason: "pack \(number) is missing") }
    if byteCount > Self.byteLimit { (packs, byteCount) = ([:], 0) }
    packs[number] = pack
    byteCount += pack.byteCount
    return pack
  }
}

extension [UInt8] {
  /// Whether these bytes stand anywhere in it.
  func holds(_ bytes: Bytes16) -> Bool {
    let wanted = bytes.array
    return withUnsafeBufferPointer { all in
      wanted.withUnsafeBufferPointer { wanted in
        guard all.count >= wanted.count else { return false }
        for start in 0...all.count - wanted.count where all[start] == wanted[0] {
          if (1..<wanted.count).allSatisfy({ all[start + $0] == wanted[$0] }) { return true }
        }
        return false
      }
    }
  }
}
