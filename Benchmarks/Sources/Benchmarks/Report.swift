import Foundation

/// The medians of one size of the corpus.
struct Report: Encodable {
  let articleCount: Int
  let entityCount: Int
  private var medians: [String: [String: Figures]] = [:]
  var reads: [String: Double] = [:]

  init(corpus: SampleCorpus) {
    (articleCount, entityCount) = (corpus.articleCount, corpus.entityCount)
  }

  mutating func add(_ figures: Figures, _ operation: Operation, _ contender: Contender) {
    medians[operation.rawValue, default: [:]][contender.rawValue] = figures
  }

  private func figures(_ operation: Operation, _ contender: Contender) -> Figures? { medians[operation.rawValue]?[contender.rawValue] }

  // MARK: As a table

  var table: String {
    var lines = [
      "## \(entityCount) entities (\(articleCount) articles)", "",
      "| CPU | plain SQLite | with time-ordered ids | Dicta | µs for each | goal |", "|---|---|---|---|---|---|",
    ]
    lines += Operation.allCases.compactMap(line)
    lines += ["", "| | plain SQLite | Dicta |", "|---|---|---|"] + Operation.allCases.compactMap(sizeLine)
    lines += ["", "| read | µs | goal |", "|---|---|---|"]
    lines += reads.sorted { $0.key < $1.key }.map { "| \($0.key) | \(Self.number($0.value * 1e6)) | \(Self.readGoals[$0.key] ?? "") |" }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let readGoals = ["entity": "15", "pageOfQuotes": "300", "positions": "1000", "search": "5000", "open": "10000"]

  private static let goals: [Operation: String] = [
    .write1: "≤ 0.75, without words", .write1000: "≤ 0.75, without words", .update1: "≤ 1.3", .update1000: "≤ 1.0", .first: "≤ 1.0, without words",
    .exchange: "≤ 0.9", .one: "≤ 150 µs and a signature",
  ]

  private func line(_ operation: Operation) -> String? {
    guard let figures = figures(operation, .dicta) ?? figures(operation, .plain) else { return nil }
    let plain = self.figures(operation, .plain)
    let ordered = ratio(self.figures(operation, .plainOrdered), plain)
    var dicta = ratio(self.figures(operation, .dicta), plain)
    if [.write1, .write1000, .first].contains(operation), let words = self.figures(.words, .plain), let all = self.figures(operation, .dicta),
      let plain
    {
      dicta += " (without words \(Self.number((all.cpuSeconds - words.cpuSeconds) / plain.cpuSeconds)))"
    }
    let each = Self.number(figures.cpuSeconds * 1e6 / Double(max(1, figures.unitCount)))
    return
      "| \(operation.rawValue) | \(plain.map { Self.number($0.cpuSeconds) + " s" } ?? "") | \(ordered) | \(dicta) | \(each) | \(Self.goals[operation] ?? "") |"
  }

  private func sizeLine(_ operation: Operation) -> String? {
    guard let figures = figures(operation, .dicta) else { return nil }
    func words(_ figures: Figures?) -> String {
      guard let figures else { return "" }
      var parts = [
        "\(Self.number(figures.wallSeconds)) s wall", "\(figures.bytesWritten >> 20) MiB written", "\(figures.peakMemoryBytes >> 20) MiB of memory",
      ]
      if figures.diskBytes > 0 { parts.append("\(Self.number(Double(figures.diskBytes) / Double(entityCount))) B of disk an entity") }
      if figures.wireBytes > 0 { parts.append("\(Self.number(Double(figures.wireBytes) / Double(figures.unitCount))) B on the wire for each") }
      return parts.joined(separator: ", ")
    }
    return "| \(operation.rawValue) | \(words(self.figures(operation, .plain))) | \(words(figures)) |"
  }

  private func ratio(_ figures: Figures?, _ plain: Figures?) -> String {
    guard let figures, let plain else { return "" }
    return Self.number(figures.cpuSeconds / plain.cpuSeconds)
  }

  /// Three digits that count.
  private static func number(_ value: Double) -> String {
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    return value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
  }
}
