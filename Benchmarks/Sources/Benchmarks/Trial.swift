import DictaModels
import Foundation

/// One run, in a process and a folder of its own.
struct Trial {
  /// How many articles or updates are made ready at a time. Making them isn't measured, and they aren't all in memory at once.
  static let batchCount = 1000

  let corpus: SampleCorpus
  let folder: String
  /// Fewer updates: SQLite waits for the disk at each transaction.
  var isQuick = false

  /// Where the corpus is, as a contender keeps it.
  func basePath(_ contender: Contender) -> String { "\(folder)/\(contender.rawValue)-\(corpus.articleCount)" }

  /// The corpus as a document.
  var documentPath: String { "\(folder)/document-\(corpus.articleCount).jsonl" }

  // MARK: What is updated

  var updateCount: Int { isQuick ? corpus.articleCount : min(corpus.articleCount * 10, 100_000) }

  /// The number of a quote that is updated; some are more than once.
  ///
  /// - Parameter index: which update it is, from 0.
  func updatedQuote(_ index: Int, seed: UInt64) -> Int {
    var random = SeededRandom(seed: seed << 40 | UInt64(index))
    return Int(random.next() % UInt64(corpus.quoteCount))
  }

  /// The number of a quote that either of two replicas updates: a tenth are the same.
  func exchangedQuote(_ index: Int, isThere: Bool) -> Int {
    updatedQuote(index, seed: isThere && index % 10 != 0 ? 12 : 11)
  }

  /// Numbers from 0, in as many groups as are needed.
  static func groups(of size: Int, upTo count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  // MARK: Files

  /// A place for files of this run, which is empty.
  func scratch() throws -> String {
    let path = "\(folder)/run-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  func byteCount(of path: String) -> Int {
    ["", "-wal", "-journal"].reduce(0) { sum, suffix in
      sum + ((try? FileManager.default.attributesOfItem(atPath: path + suffix)[.size] as? Int) ?? 0)
    }
  }
}
