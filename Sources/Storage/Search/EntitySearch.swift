// How entities are found by their words. The words of an entity and its note are documents of two indexes, and FTS5 knows only whether one
// document has all terms. Who has some of them here and some there is worked out from the rows that either index gives.

import DictaModels
import GRDB

/// An entity that has what was searched for.
struct FoundEntity {
  let entity: Reference
  let state: EntityState

  /// As FTS5 has it: less is better.
  let rank: Double
}

struct EntitySearch {
  private typealias Term = SearchQuery.Term

  /// As many rows, or fewer, are looked for one by one; for more, all places of a term are looked through. So are those of a prefix in any case:
  /// FTS5 gathers them all before it looks at the first one.
  private static let lookupLimit = 32

  private let db: Database
  private let query: SearchQuery
  private let names: NameIndex

  init(_ db: Database, _ query: SearchQuery, names: NameIndex) {
    (self.db, self.query, self.names) = (db, query, names)
  }

  /// The entities that live and have all terms, best first; equally good ones in the order of their ids.
  ///
  /// Rows are read only of those that are good enough to be among them.
  ///
  /// - Parameter type: only of this one; nil stands for all.
  func best(of type: Int?, skipping: Int, limit: Int) throws -> [FoundEntity] {
    // As SQLite takes numbers below zero.
    let skipping = max(skipping, 0)
    let end = limit < 0 ? Int.max : skipping + min(limit, Int.max - skipping)
    var rest = try ranks().sorted { $0.rank < $1.rank }[...]
    var best: [(number: Int64, entity: Reference, rank: Double)] = []
    while let first = rest.first, best.count < end {
      let equals = rest.prefix { $0.rank <= first.rank }
      rest = rest.dropFirst(max(equals.count, 1))
      best += try equals.compactMap { found in try living(found.number, type).map { (found.number, $0, found.rank) } }
        .sorted { $0.entity.id < $1.entity.id }
    }
    return try best.prefix(end).dropFirst(skipping).compactMap { found in
      let state = try db.first("SELECT state FROM entity WHERE number = ?", .integer(found.number)) { row in
        try EntityState(bytes: row.blob(0), names: names)
      }
      return state.map { FoundEntity(entity: found.entity, state: $0, rank: found.rank) }
    }
  }

  private func living(_ number: Int64, _ type: Int?) throws -> Reference? {
    let type = type.map { Argument.integer($0) } ?? .null
    return try db.first(
      "SELECT type, id FROM entity WHERE number = ? AND life < 2 AND (? IS NULL OR type = ?)", .integer(number), type, type
    ) { try $0.reference(0, 1, names: names) }
  }

  // MARK: Who has all terms

  /// Of each entity that has all terms the sum of what its documents rank.
  private func ranks() throws -> [(number: Int64, rank: Double)] {
    // A term that is typed twice counts twice.
    let byWords = try ranks(in: .words, query.terms.expression(joining: .all))
    let any = query.terms.expression(joining: .any)
    let isInNotes = try db.first("SELECT 1 FROM searchNote WHERE searchNote MATCH ? LIMIT 1", .text(any)) { _ in true } ?? false
    guard isInNotes else { return byWords }
    let others = try spread().subtracting(RowNumbers(byWords.map(\.number)))
    let found = RowNumbers(byWords.map(\.number)).union(others)
    var sums = Dictionary(found.list.map { ($0, 0.0) }) { first, _ in first }
    for entry in try byWords + ranks(in: .words, any, among: others) + ranks(in: .notes, any, among: found) {
      sums[entry.number]? += entry.rank
    }
    return sums.map { ($0.key, $0.value) }
  }

  /// The entities that have at least one of the terms in the note and the others there or in their words.
  private func spread() throws -> RowNumbers {
    var known: Set<Term> = []
    let terms = query.terms.filter { known.insert($0).inserted }
    var candidates = RowNumbers()
    var inNotes: [(term: Term, count: Int)] = []
    for term in terms {
      let rows = try rows(in: .notes, [term])
      candidates = candidates.union(rows)
      if !rows.isEmpty { inNotes.append((term, rows.count)) }
    }
    // What no note has must be among the words.
    let others = terms.filter { term in !inNotes.contains { $0.term == term } }
    if !others.isEmpty { candidates = try rows(in: .words, others, among: candidates) }
    // The seldom ones first: they leave the least to be looked at.
    for (term, _) in inNotes.sorted(by: { $0.count < $1.count }) where !candidates.isEmpty {
      let lacking = candidates.subtracting(try rows(in: .notes, [term]))
      candidates = candidates.subtracting(lacking.subtracting(try rows(in: .words, [term], among: lacking)))
    }
    return candidates
  }

  // MARK: What FTS5 says

  /// The rows of which the document in this index has all of these terms.
  private func rows(in index: WordIndex, _ terms: [Term]) throws -> RowNumbers {
    RowNumbers(
      try db.all("SELECT rowid FROM \(index.name) WHERE \(index.name) MATCH ? ORDER BY rowid", .text(terms.expression(joining: .all))) {
        $0.integer(0)
      })
  }

  private func rows(in index: WordIndex, _ terms: [Term], among rows: RowNumbers) throws -> RowNumbers {
    guard let first = rows.list.first, let last = rows.list.last else { return rows }
    let expression = Argument.text(terms.expression(joining: .all))
    let query = "SELECT rowid FROM \(index.name) WHERE \(index.name) MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
    guard rows.count > Self.lookupLimit || terms.contains(where: \.isPrefix) else {
      return RowNumbers(
        try rows.list.filter { try db.first(query, expression, .integer($0), .integer($0), read: { _ in true }) ?? false })
    }
    return rows.intersection(RowNumbers(try db.all(query, expression, .integer(first), .integer(last)) { $0.integer(0) }))
  }

  /// What documents of an index rank.
  private func ranks(in index: WordIndex, _ expression: String) throws -> [(number: Int64, rank: Double)] {
    try db.all("SELECT rowid, bm25(\(index.name)) FROM \(index.name) WHERE \(index.name) MATCH ? ORDER BY rowid", .text(expression)) {
      ($0.integer(0), $0.double(1))
    }
  }

  /// What the documents of these rows rank, if they have any of the terms.
  private func ranks(in index: WordIndex, _ expression: String, among rows: RowNumbers) throws -> [(number: Int64, rank: Double)] {
    guard let first = rows.list.first, let last = rows.list.last else { return [] }
    // The sign keeps SQLite from looking for each row by itself, for which FTS5 would count anew how often every term occurs.
    return try db.all(
      """
      SELECT rowid, bm25(\(index.name)) FROM \(index.name)
      WHERE \(index.name) MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))
      """, .text(expression), .integer(first), .integer(last), .text("[\(rows.list.map(String.init).joined(separator: ","))]")
    ) { ($0.integer(0), $0.double(1)) }
  }
}
