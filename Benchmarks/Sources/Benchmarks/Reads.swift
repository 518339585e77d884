import DictaModels
import DictaStorage
import Foundation

/// What reading an archive takes, each on average of many.
struct Reads {
  let trial: Trial

  /// CPU seconds of one, by name.
  func run() async throws -> [String: Double] {
    let path = trial.basePath(.dicta)
    let corpus = trial.corpus
    var seconds: [String: Double] = [:]
    seconds["open"] = try await average(20) { _ in try Archive(readingAt: path).close() }
    let archive = try Archive(at: path)
    let quotes = trial.updatedQuotes(10_000, seed: 20)
    let words = try await pairsOfWords(50, in: archive)
    seconds.merge(
      try await archive.read { transaction in
        [
          "entity": try average(quotes.count) { _ = try transaction.require(quotes[$0]) },
          "pageOfQuotes": try average(100) { number in
            var filter = EntityFilter()
            filter.speaker = SampleCorpus.speakerID(number * 7 % corpus.speakerCount)
            _ = try transaction.list(Quote.self, where: filter, limit: 50)
          },
          "positions": try average(200) { _ = try transaction.positions(on: SampleCorpus.claimID($0 * 11 % corpus.claimCount)) },
          "search": try average(words.count) { _ = try transaction.search(words[$0], limit: 20) },
        ]
      }
    ) { $1 }
    try archive.close()
    return seconds
  }

  /// Two words of an article each: seldom enough that they are in few.
  private func pairsOfWords(_ count: Int, in archive: Archive) async throws -> [String] {
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

  private func average(_ count: Int, _ body: (Int) async throws -> Void) async rethrows -> Double {
    let begin = Meter.cpuSeconds
    for number in 0..<count { try await body(number) }
    return (Meter.cpuSeconds - begin) / Double(count)
  }
}
