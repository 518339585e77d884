// Origins that nobody writes under any more, as far as this archive is told. It is this replica's own opinion and doesn't travel.

import DictaModels
import GRDB

extension Archive {
  /// Says that nobody writes under an origin any more: its device is gone, or begins anew. ``compact(droppingSuperseded:)`` doesn't wait for it
  /// then.
  ///
  /// If it is still in use and lacks what is dropped here, it can send what it wrote, but not take what it lacks: not from this archive. Then
  /// the way back is to sync it once, so that what it wrote is here, and to begin anew with an empty archive, which takes a snapshot. If it
  /// has dropped what this archive lacks, neither can send anything to the other: only a replica that holds all of it brings them together.
  ///
  /// - Throws: ``ArchiveError/noSuchOrigin(_:)``; ``ArchiveError/ownOrigin(_:)`` for the one that this archive writes under.
  public func retire(_ origin: Origin) async throws {
    try await withLedger { ledger in
      guard origin != ledger.info.identity.origin else { throw ArchiveError.ownOrigin(origin) }
      guard !ledger.branches.numbers(of: origin).isEmpty else { throw ArchiveError.noSuchOrigin(origin) }
      try ledger.db.run("INSERT OR IGNORE INTO retired (origin) VALUES (?)", .blob(origin.bytes))
    }
  }

  /// Takes it back that an origin is retired. What was dropped meanwhile stays so.
  public func unretire(_ origin: Origin) async throws {
    try await withLedger { ledger in
      guard try Retired.origins(in: ledger.db).contains(origin) else { throw ArchiveError.noSuchOrigin(origin) }
      try ledger.db.run("DELETE FROM retired WHERE origin = ?", .blob(origin.bytes))
    }
  }
}

extension ReadTransaction {
  /// Those that ``Archive/retire(_:)`` was told of, sorted.
  public var retiredOrigins: [Origin] {
    get throws { try Retired.origins(in: db) }
  }

  /// What an origin calls its device; nil for one that isn't listed here.
  public func device(of origin: Origin) throws -> String? {
    try branches.numbers(of: origin).first.map(device)
  }
}

enum Retired {
  static func origins(in db: Database) throws -> [Origin] {
    try db.all("SELECT origin FROM retired") { Origin(bytes: $0.blob(0)) }.compactMap(\.self).sorted()
  }
}

extension Checker {
  /// Whoever is retired has written something.
  mutating func checkRetired(against branches: [BranchRow]) throws {
    let listed = Set(branches.compactMap(\.origin))
    try db.each("SELECT number, origin FROM retired ORDER BY number", []) { row in
      if Origin(bytes: row.blob(1)).map(listed.contains) != true {
        report.add(.archive, "retired origin \(row.integer(0))", "nothing was written under it, so it retires nobody: \(Advice.replace)")
      }
      return true
    }
  }
}
