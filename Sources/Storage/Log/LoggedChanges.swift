import DictaModels
import GRDB

extension ReadTransaction {
  /// What of ``status()`` takes no query.
  package var standing: (corpus: CorpusID, origin: Origin, heads: [Head], digest: Digest) {
    (currentInfo.corpus, currentInfo.identity.origin, branches.heads, currentInfo.digest)
  }

  /// How many packs the log is in, beside what isn't in any.
  package var packCount: Int {
    get throws { try db.first("SELECT count(*) FROM pack") { $0.int(0) } ?? 0 }
  }

  /// The changes held, told or not, in the order in which they came: causes first.
  ///
  /// - Parameter count: how many of the first are left out.
  /// - Throws: if one of them isn't what its id says.
  package func changes(after count: Int) throws -> [Change] {
    let versions = try db.all("SELECT key FROM log ORDER BY position LIMIT -1 OFFSET ?", .integer(Int64(count))) { Version(key: $0.integer(0)) }
    return try versions.map { version in
      let row = try log.row(version)
      let previous = row.version.sequence == 1 ? nil : try log.id(branches.version(on: row.version.branch, at: row.version.sequence - 1))
      let change = try Change(
        origin: branches[row.version.branch].origin, sequence: row.version.sequence, previous: previous,
        envelope: Header.Envelope(bytes: row.envelope), held: row.held)
      guard change.id == row.id else { throw MalformedBytes(offset: 0, reason: "a change isn't what its id says") }
      return change
    }
  }
}
