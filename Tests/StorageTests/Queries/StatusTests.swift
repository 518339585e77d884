import GRDB
import Synchronization
import Testing

@testable import DictaStorage

@Suite struct StatusTests {
  let folder = TemporaryFolder()

  /// What SQLite says it looks through for each statement that `body` reads.
  private func plans(_ archive: Archive, _ body: @Sendable @escaping (ReadTransaction) throws -> Void) async throws -> [String] {
    let cache = archive.currentCache
    return try await archive.onReader { db in
      let statements = Mutex<[String]>([])
      let transaction = try ReadTransaction(db, cache: cache)
      db.trace { event in if case .statement(let statement) = event { statements.withLock { $0.append(statement.expandedSQL) } } }
      try body(transaction)
      db.trace(options: [], nil)
      return try statements.withLock { $0 }.flatMap { try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \($0)").map { $0["detail"] as String } }
    }
  }

  @Test func statusAndConflictsLookThroughNoTable() async throws {
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let plans = try await plans(archive) { transaction in
      _ = try transaction.status()
      _ = try transaction.conflicts()
      _ = try transaction.conflicts(entityLimit: 10)
    }
    #expect(plans.contains { $0.contains("entityInConflict") })
    #expect(plans.filter { $0.hasPrefix("SCAN entity") && !$0.contains("USING INDEX") } == [])
  }
}
