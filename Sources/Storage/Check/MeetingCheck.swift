// Meetings are only hints: one that names nothing is of no use and does no harm. But one that says more than the peer held would keep from it
// for ever what it lacks, and one that can't be read, or a number too large to count on from, would end every sync.

import DictaModels
import GRDB

/// The meetings that are remembered, by the position in the log at which they were.
struct MeetingCheck {
  private struct Entry {
    let number: Int64
    let heads: HeadsHash
    let own: Version?
  }

  private var entries: [UInt64: [Entry]] = [:]

  init(_ db: Database) throws {
    try db.each("SELECT number, heads, position, branch, sequence FROM meeting", []) { row in
      guard let heads = HeadsHash(bytes: row.blob(1)), let position = UInt64(exactly: row.integer(2)),
        let sequence = UInt64(exactly: row.integer(4))
      else { return true }
      let own = row.isNull(3) ? nil : Version(branch: row.int(3), sequence: sequence)
      entries[position, default: []].append(Entry(number: row.integer(0), heads: heads, own: own))
      return true
    }
  }

  /// Compares the meetings at a position with what the log held then.
  ///
  /// - Parameter tips: the ends of all branches, given what of the own one could be told.
  mutating func check(at position: UInt64, _ report: inout CheckReport, tips: (Version?) throws -> [Head]) throws {
    for entry in entries.removeValue(forKey: position) ?? [] {
      let held = try tips(entry.own)
      if HeadsHash(of: held.sorted()) != entry.heads { Self.report(entry, "isn't what was held here then", &report) }
    }
  }

  /// Names those that are said to have been at no position of the log.
  func finish(_ report: inout CheckReport) {
    for (_, entries) in entries.sorted(by: { $0.key < $1.key }) {
      for entry in entries { Self.report(entry, "is of a position that the log doesn't have", &report) }
    }
  }

  private static func report(_ entry: Entry, _ what: String, _ report: inout CheckReport) {
    report.add(.archive, "meeting \(entry.number)", "what is remembered of a sync \(what): \(Advice.rebuild)")
  }
}

extension Checker {
  /// Meetings can be read, and counted on.
  mutating func checkMeetings(against table: [BranchRow]) throws {
    let known = Set(table.map(\.number))
    let sequences = try db.all("SELECT name, seq FROM sqlite_sequence") { (name: $0.text(0), last: $0.integer(1)) }
    let last = sequences.first { $0.name == "meeting" }?.last
    if sequences.contains(where: { $0.name != "meeting" }) || sequences.count > 1 || last.map({ $0 < 0 || $0 > 1 << 48 }) ?? false {
      report.add(.archive, "meetings", "SQLite's count of them is wrong: \(Advice.rebuild)")
    }
    try db.each("SELECT number, length(heads), position, branch, sequence FROM meeting ORDER BY number", []) { row in
      if row.integer(1) != 32 || row.integer(2) < 0 || row.integer(4) < 0 || !(row.isNull(3) || known.contains(row.integer(3))) {
        report.add(.archive, "meeting \(row.integer(0))", "what is remembered of a sync can't be read: \(Advice.rebuild)")
      }
      if row.integer(0) < 1 || row.integer(0) > last ?? 0 {
        report.add(.archive, "meeting \(row.integer(0))", "SQLite has counted only to \(last ?? 0): \(Advice.rebuild)")
      }
      return true
    }
  }
}
