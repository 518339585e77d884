// Settings of the connection that writes.
//
// How many pages of the file it keeps in memory: where pages changed places in a transaction, as they do in most, SQLite looks at every page that
// it keeps when it commits. With four thousand of them that is a twentieth of a small transaction. One that writes many rows comes back to the
// same pages again and again, and is better off with more.

import GRDB
import Synchronization

/// The size of the writer's cache. It grows in a transaction that writes many rows, and shrinks with the next one that doesn't.
final class PageCache: Sendable {
  /// What small transactions get.
  static let kibibytes = 4096

  /// What those get that write many rows.
  static let bulkKibibytes = 16_384

  /// How many rows are many: they lie on about as many pages as a quarter of the small cache holds.
  static let manyRows = 256

  private let isLarge = Mutex(false)

  /// Fits the cache to a transaction that is over.
  func settle(_ db: Database, wroteManyRows: Bool) {
    isLarge.withLock { isLarge in
      if isLarge, !wroteManyRows { try? db.setPageCache(kibibytes: Self.kibibytes) }
      isLarge = wroteManyRows
    }
  }
}

/// When what is deleted is overwritten with zeros.
enum Overwriting: String {
  case always = "ON"
  case whereItCostsNoPage = "FAST"
}

extension Database {
  func overwriteWhatIsDeleted(_ when: Overwriting) throws {
    try execute(sql: "PRAGMA secure_delete = \(when.rawValue)")
  }

  func setPageCache(kibibytes: Int) throws {
    try execute(sql: "PRAGMA cache_size = -\(kibibytes)")
  }
}
