import Crypto
import DictaModels
import DictaStorage
import Foundation

/// What is read.
enum Read: String, CaseIterable, Codable {
  /// An entity by its id; fifty quotes of a speaker; the positions on a claim; a search for two words, best twenty with snippets. All inside an
  /// open read.
  case entity, pageOfQuotes, positions, search
  /// An archive is opened and closed.
  case open
  /// No read: one signature and one verification, which the goal for one synced change allows besides.
  case signature
}

/// What reading an archive takes, each on average of many.
struct Reads {
  let trial: Trial

  /// CPU seconds of one.
  func run() async throws -> [String: Double] {
    let path = trial.basePath(.dicta)
    let corpus = trial.corpus
    var seconds: [Read: Double] = [:]
    seconds[.open] = try average(20) { _ in try Archive(readingAt: path).close() }
    let archive = try Archive(at: path)
    let quotes = (0..<10_000).map { SampleCorpus.quoteID(trial.updatedQuote($0, seed: 20)) }
    let words = try pairsOfWords(50)
    seconds.merge(
      try await archive.read { transaction in
        [
          .entity: try average(quotes.count) { _ = try transaction.require(quotes[$0]) },
          .pageOfQuotes: try average(100) { number in
            var filter = EntityFilter()
            filter.speaker = SampleCorpus.speakerID(number * 7 % corpus.speakerCount)
            _ = try transaction.list(Quote.self, where: filter, limit: 50)
          },
          .positions: try average(200) { _ = try transaction.positions(on: SampleCorpus.claimID($0 * 11 % corpus.claimCount)) },
          .search: try average(words.count) { _ = try transaction.search(words[$0], limit: 20) },
        ]
      }
    ) { $1 }
    try archive.close()
    let key = Curve25519.Signing.PrivateKey()
    seconds[.signature] = try average(1000) { number in
      let message = Data("head \(number)".utf8)
      guard key.publicKey.isValidSignature(try key.signature(for: message), for: message) else { throw DictaTrial.NotEqual() }
    }
    return Dictionary(uniqueKeysWithValues: seconds.map { ($0.key.rawValue, $0.value) })
  }

  /// Two words of an article each: seldom enough that they are in few.
  private func pairsOfWords(_ count: Int) throws -> [String] {
    try (0..<count).map { number in
      let text = try trial.corpus.part(number * 13 % trial.corpus.articleCount).article.text.string
      let long = text.split(whereSeparator: { !$0.isLetter }).filter { $0.count >= 6 }
      return "\(long[number % 20]) \(long[20 + number % 20])"
    }
  }

  private func average(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    let begin = Meter.cpuSeconds
    for number in 0..<count { try body(number) }
    return (Meter.cpuSeconds - begin) / Double(count)
  }
}
