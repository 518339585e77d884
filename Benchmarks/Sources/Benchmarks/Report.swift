/// The medians of one size of the corpus.
struct Report: Encodable {
  let articleCount: Int
  let entityCount: Int
  /// How often each operation was run.
  let runCount: Int
  private var medians: [Operation: [Contender: Figures]] = [:]
  /// CPU seconds, by the raw value of ``Read``.
  var reads: [String: Double] = [:]
  /// What `demo-cli status` takes; nil where it isn't built.
  var statusSeconds: Double?

  init(corpus: SampleCorpus, runCount: Int) {
    (articleCount, entityCount, self.runCount) = (corpus.articleCount, corpus.entityCount, runCount)
  }

  mutating func add(_ figures: Figures, _ operation: Operation, _ contender: Contender) {
    medians[operation, default: [:]][contender] = figures
  }

  func figures(_ operation: Operation, _ contender: Contender) -> Figures? { medians[operation]?[contender] }

  // MARK: Ratios to plain SQLite with random keys

  func ratio(_ operation: Operation, _ contender: Contender) -> Double? {
    guard let figures = figures(operation, contender), let plain = self.figures(operation, .plain) else { return nil }
    return figures.cpuSeconds / plain.cpuSeconds
  }

  /// The archive's ratio, without what SQLite's index of the same words takes.
  func ratioWithoutWords(_ operation: Operation) -> Double? {
    guard let all = ratio(operation, .dicta), let words = ratio(operation, .words) else { return nil }
    return all - words
  }

  func diskRatio(_ operation: Operation, _ contender: Contender = .dicta) -> Double? {
    guard let bytes = figures(operation, contender)?.diskBytes, let plain = figures(operation, .plain)?.diskBytes, plain > 0 else { return nil }
    return Double(bytes) / Double(plain)
  }

  // MARK: As JSON

  private enum CodingKeys: CodingKey { case articleCount, entityCount, runCount, operations, reads, statusSeconds, goals }

  private struct Row: Encodable {
    let figures: [String: Figures]
    let ratios: [String: Double]
    let ratioWithoutWords: Double?
    let diskRatio: Double?
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(articleCount, forKey: .articleCount)
    try container.encode(entityCount, forKey: .entityCount)
    try container.encode(runCount, forKey: .runCount)
    let rows = medians.map { operation, figures in
      let ratios = figures.keys.compactMap { contender in ratio(operation, contender).map { (contender.rawValue, $0) } }
      let row = Row(
        figures: Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) }), ratios: Dictionary(uniqueKeysWithValues: ratios),
        ratioWithoutWords: ratioWithoutWords(operation), diskRatio: diskRatio(operation))
      return (operation.rawValue, row)
    }
    try container.encode(Dictionary(uniqueKeysWithValues: rows), forKey: .operations)
    try container.encode(reads, forKey: .reads)
    try container.encodeIfPresent(statusSeconds, forKey: .statusSeconds)
    try container.encode(verdicts, forKey: .goals)
  }
}
