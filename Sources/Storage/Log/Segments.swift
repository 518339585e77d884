// Where the log falls into segments, and what they hold.

import DictaModels
import GRDB

extension ReadTransaction {
  /// The segments that a range of a branch falls into, each with the position of its first change.
  ///
  /// - Complexity: O(segments).
  func segments(_ range: ClosedRange<Version>) throws -> [(position: Int64, place: Shipment.Place)] {
    let branch = range.lowerBound.branch
    var next = range.lowerBound.sequence
    // What the branch left behind unsigned when it forked is proven by its own first signature.
    if next == branches[branch].firstSequence { next = branches.published(before: branch) + 1 }
    let ends = try db.all(
      "SELECT key FROM signature WHERE key BETWEEN ? AND ? ORDER BY key", .integer(range.lowerBound.key), .integer(range.upperBound.key)
    ) { Version(key: $0.integer(0)).sequence }
    var segments: [(position: Int64, place: Shipment.Place)] = []
    for end in ends {
      segments.append((try log.position(branches.version(on: branch, at: next)), Shipment.Place(branch: branch, sequences: next...end)))
      next = end + 1
    }
    return segments
  }

  /// How many of these changes were reduced.
  func reducedCount(at places: [Shipment.Place]) throws -> Int {
    try places.reduce(0) { count, place in
      let ends = [place.sequences.lowerBound, place.sequences.upperBound].map { branches.version(on: place.branch, at: $0) }
      return try count + log.reducedCount(from: ends[0], to: ends[1])
    }
  }

  /// A segment, and the texts that its changes are the first here to name.
  ///
  /// - Throws: ``ArchiveError/dropped(changes:)`` if one of them was reduced.
  func segment(at place: Shipment.Place) throws -> (texts: [[UInt8]], segment: Segment) {
    let first = place.sequences.lowerBound
    let last = branches.version(on: place.branch, at: place.sequences.upperBound)
    let previous = first == 1 ? nil : try log.id(branches.version(on: place.branch, at: first - 1))
    let signature = try db.first("SELECT signature FROM signature WHERE key = ?", .integer(last.key)) { HeadSignature(bytes: $0.blob(0)) }
    var texts: [[UInt8]] = []
    var parcels: [Segment.Parcel] = []
    for sequence in place.sequences {
      let row = try log.row(branches.version(on: place.branch, at: sequence))
      texts += try db.all("SELECT content, hash FROM text WHERE position = ?", .integer(Int64(row.position))) { columns in
        let text = try columns.words(0)
        guard TextHash(of: text).bytes == columns.blob(1) else {
          throw MalformedBytes(offset: 0, reason: "text \(Hex.string(columns.blob(1))) isn't what its hash says")
        }
        return text
      }
      parcels.append(Segment.Parcel(envelope: row.envelope, body: try row.body))
    }
    let segment = Segment(
      origin: branches[place.branch].origin, firstSequence: first, previous: previous, parcels: parcels,
      signature: try signature.flatMap(\.self).orDamaged("the signature of change \(last.sequence) of branch \(last.branch)"))
    return (texts, segment)
  }
}
