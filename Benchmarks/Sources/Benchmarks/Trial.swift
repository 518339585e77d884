import DictaModels
import DictaStorage
import DictaSync
import Foundation

/// What is measured. `Documentation/Performance.md` says how to read it.
enum Operation: String, CaseIterable, Codable {
  /// The corpus is written: a transaction for each article with what is said in it, or for a thousand.
  case write1, write1000
  /// Notes are set on quotes: a transaction each, or for a thousand.
  case update1, update1000
  /// An empty replica gets everything.
  case first
  /// Two replicas, each with as many new updates as there are articles, a tenth of them on the same quotes.
  case exchange
  /// One update gets from one replica to another.
  case one
  /// As `first` and `exchange`, with both sides' messages compressed.
  case firstOverWire, exchangeOverWire
  /// Only the index of words, by SQLite alone. Nothing else has one here.
  case words
}

/// Who does it.
enum Contender: String, CaseIterable, Codable {
  case plain, plainOrdered, dicta
}

/// What one run of an operation took.
struct Figures: Codable {
  var cpuSeconds = 0.0
  var wallSeconds = 0.0
  /// Handed to the system, to whatever file.
  var bytesWritten = 0
  var peakMemoryBytes = 0
  /// Of all files, when it was over.
  var diskBytes = 0
  /// Over the line, both ways.
  var wireBytes = 0
  /// Entities, updates or changes.
  var unitCount = 0

  init(_ meter: Meter, unitCount: Int) {
    (cpuSeconds, wallSeconds, bytesWritten) = (meter.cpuSeconds, meter.wallSeconds, meter.bytesWritten)
    (peakMemoryBytes, self.unitCount) = (Meter.peakMemoryBytes, unitCount)
  }
}

/// One run, in a process and a folder of its own.
struct Trial {
  let corpus: SampleCorpus
  let folder: String

  /// Where the corpus is, as a contender keeps it.
  func basePath(_ contender: Contender) -> String { "\(folder)/\(contender.rawValue)-\(corpus.articleCount)" }

  var updateCount: Int { corpus.articleCount * 10 }

  /// The quotes that are updated, some of them more than once.
  func updatedQuotes(_ count: Int, seed: UInt64) -> [Quote.ID] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      SampleCorpus.quoteID(Int(random.next() % UInt64(corpus.articleCount * SampleCorpus.quotesOfArticle)))
    }
  }

  /// What either of two replicas updates: a tenth the same.
  func exchangedQuotes() -> (here: [Quote.ID], there: [Quote.ID]) {
    let (here, there) = (updatedQuotes(corpus.articleCount, seed: 11), updatedQuotes(corpus.articleCount, seed: 12))
    return (here, there.enumerated().map { $0.offset % 10 == 0 ? here[$0.offset] : $0.element })
  }

  /// The numbers of articles, in as many groups as there are transactions.
  func groups(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: corpus.articleCount, by: size).map { $0..<min($0 + size, corpus.articleCount) }
  }

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
