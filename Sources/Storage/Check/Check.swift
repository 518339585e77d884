import DictaModels
import GRDB

/// Something that is wrong with an archive, or strange.
public struct CheckProblem: Hashable, Sendable {
  /// A short name for scripts: `sqlite`, `chain`, `text`, `digest`, `anchor`, `row`, `search`, `skipped`, `aside`.
  public let code: String
  public let place: String

  /// What it is, and what to do.
  public let message: String
}

extension Archive {
  /// Looks for damage: SQLite's own check, the index of words, every chain from its first change, every text's hash, the digest, and every
  /// anchor.
  ///
  /// - Returns: nothing if all is well.
  /// - Complexity: O(everything).
  public func check() async throws -> [CheckProblem] {
    let search = try await checkSearch()
    return try await read { transaction in
      var problems = try transaction.checkSQLite()
      // What SQLite can't read can't be judged further.
      guard problems.isEmpty else { return problems }
      for part in [transaction.checkChains, transaction.checkTexts, transaction.checkRows] {
        do {
          problems += try part()
        } catch let error as MalformedBytes {
          problems.append(CheckProblem(code: "row", place: "archive", message: "\(error.reason): restore a copy, or sync into a new archive"))
        }
      }
      return problems + search
    }
  }

  /// FTS5 checks its index by a statement that only a writer may run. It doesn't wait for another one: a check only reads.
  private func checkSearch() async throws -> [CheckProblem] {
    do {
      try await pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(ArchiveFile.busySeconds * 1000))") }
        try db.execute(sql: "INSERT INTO search (search) VALUES ('integrity-check')")
      }
      return []
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      let message = "the index of words is damaged, and searches miss things: restore a copy, or sync into a new archive"
      return [CheckProblem(code: "search", place: "database", message: message)]
    } catch {
      let message = "the index of words wasn't checked (\(ArchiveFile.translate(error, path))): check again later"
      return [CheckProblem(code: "skipped", place: "database", message: message)]
    }
  }
}

extension ReadTransaction {
  fileprivate func checkSQLite() throws -> [CheckProblem] {
    let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check")
    return findings == ["ok"]
      ? [] : findings.map { CheckProblem(code: "sqlite", place: "database", message: "\($0): restore a copy, or sync into a new archive") }
  }

  fileprivate func checkChains() throws -> [CheckProblem] {
    var problems: [CheckProblem] = []
    for number in branches.all.indices {
      let branch = branches[number]
      func report(_ sequence: UInt64, _ message: String) {
        let place = "origin \(branch.origin), change \(sequence)"
        problems.append(CheckProblem(code: "chain", place: place, message: "\(message): restore a copy, or sync into a new archive"))
      }
      var previous = try branch.firstSequence == 1 ? nil : log.id(branches.version(on: number, at: branch.firstSequence - 1))
      var expected = branch.firstSequence
      let (first, last) = (Version(branch: number, sequence: branch.firstSequence), Version(branch: number, sequence: branch.received))
      let query = "SELECT key, id, envelope, body FROM log WHERE key BETWEEN ? AND ? ORDER BY key"
      try db.each(query, [.integer(first.key), .integer(last.key)]) { row in
        let sequence = Version(key: row.integer(0)).sequence
        guard sequence == expected else {
          report(expected, "it is missing")
          return false
        }
        expected += 1
        do {
          let change = try Change(
            origin: branch.origin, sequence: sequence, previous: previous, envelope: Header.Envelope(bytes: row.blob(2)), bodyBytes: row.blob(3))
          _ = try Body(bytes: change.bodyBytes)
          guard change.id == ChangeID(bytes: row.blob(1)) else {
            report(sequence, "it isn't what its id says")
            return false
          }
          previous = change.id
        } catch {
          report(sequence, "it can't be read (\(error))")
          return false
        }
        return true
      }
      if expected != branch.received + 1, problems.isEmpty { report(expected, "it is missing") }
      if previous != branch.receivedID, problems.isEmpty { report(branch.received, "the branch ends in another change") }
    }
    return problems
  }

  fileprivate func checkTexts() throws -> [CheckProblem] {
    var problems: [CheckProblem] = []
    try db.each("SELECT hash, content FROM text", []) { row in
      if TextHash(of: row.utf8(1)).bytes != row.blob(0) {
        let place = "text \(Hex.string(row.blob(0)))"
        problems.append(CheckProblem(code: "text", place: place, message: "its words aren't those that the hash stands for: restore a copy"))
      }
      return true
    }
    return problems
  }

  fileprivate func checkRows() throws -> [CheckProblem] {
    var problems: [CheckProblem] = []
    var sum = Digest.empty
    var texts: [TextHash: ArticleText] = [:]
    try db.each("SELECT type, id, life, state, number FROM entity", []) { row in
      guard let entity = try? row.reference(0, 1, names: names) else {
        problems.append(CheckProblem(code: "row", place: "entity", message: "its type or id is damaged: restore a copy"))
        return true
      }
      let state: EntityState
      do {
        state = try EntityState(bytes: row.blob(3), names: names)
      } catch {
        problems.append(CheckProblem(code: "row", place: entity.description, message: "its row can't be read (\(error)): restore a copy"))
        return true
      }
      sum += try state.digest(of: entity) { try branches.origin(of: $0).orDamaged("a version in the row of \(entity)") }
      if row.integer(2) == EntityRow.Life.uncreated.rawValue {
        // A place that nothing refers to any more is nothing.
        guard try state != EntityState() || isReferredTo(row.integer(4)) else { return true }
        problems.append(CheckProblem(code: "aside", place: entity.description, message: "no change that is held creates it; it is kept aside"))
      } else if row.integer(2) < 2 {
        problems += try checkAnchors(entity, state, &texts)
      }
      return true
    }
    if sum != currentInfo.digest {
      problems.append(CheckProblem(code: "digest", place: "archive", message: "the rows aren't those that the digest was kept for: restore a copy"))
    }
    return problems
  }

  private func isReferredTo(_ number: Int64) throws -> Bool {
    try db.first("SELECT 1 FROM reference WHERE target = ? LIMIT 1", .integer(number), read: { _ in true }) ?? false
  }

  private func checkAnchors(_ entity: Reference, _ state: EntityState, _ texts: inout [TextHash: ArticleText]) throws -> [CheckProblem] {
    guard entity.type == EntityType.quote.name else { return [] }
    guard let quote = try? Quote(id: Quote.ID(entity.id), fields: state.shown, texts: { _ in nil }) else {
      return [CheckProblem(code: "row", place: entity.description, message: "it lacks what a quote can't do without; it isn't shown")]
    }
    var problems: [CheckProblem] = []
    for anchor in quote.anchors {
      if texts[anchor.textHash] == nil {
        if texts.count >= 64 { texts = [:] }
        texts[anchor.textHash] = try text(anchor.textHash)
      }
      do {
        try texts[anchor.textHash]?.check(anchor)
      } catch {
        problems.append(CheckProblem(code: "anchor", place: entity.description, message: "\(error)"))
      }
    }
    return problems
  }
}

extension CheckProblem {
  /// Whether nothing is known to be damaged: it says only what is kept aside, what arrived with a bad anchor, or what wasn't looked at.
  public var isHarmless: Bool { ["aside", "anchor", "skipped"].contains(code) }
}
