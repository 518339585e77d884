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
    guard let all = ratio(operation, .dicta) else { return nil }
    // Of a snapshot and of one change, words aren't measured apart: no index is made.
    return operation.contenders.contains(.words) ? ratio(operation, .words).map { all - $0 } : all
  }

  func diskRatio(_ operation: Operation, _ contender: Contender = .dicta) -> Double? {
    guard let bytes = figures(operation, contender)?.diskBytes, let plain = figures(operation, .plain)?.diskBytes, plain > 0 else { return nil }
    return Double(bytes) / Double(plain)
  }

  // MARK: As JSON

  private enum CodingKeys: CodingKey { case articleCount, entityCount, runCount, operations, reads, statusSeconds, goals }

  /// For each entity, update or change; disk for each entity of the corpus.
  private struct Each: Encodable {
    let cpuMicroseconds: Double
    let pagesWritten: Double
    let diskBytes: Double
    let wireBytes: Double
    let uncompressedWireBytes: Double

    init(_ figures: Figures, entityCount: Int) {
      let count = Double(max(1, figures.unitCount))
      (cpuMicroseconds, pagesWritten) = (figures.cpuMicrosecondsOfUnit, figures.pagesWritten / count)
      diskBytes = Double(figures.diskBytes) / Double(entityCount)
      (wireBytes, uncompressedWireBytes) = (Double(figures.wireBytes) / count, Double(figures.uncompressedWireBytes) / count)
    }
  }

  private struct Row: Encodable {
    let figures: [String: Figures]
    let each: [String: Each]
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
        figures: Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) }),
        each: Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, Each($0.value, entityCount: entityCount)) }),
        ratios: Dictionary(uniqueKeysWithValues: ratios),
        ratioWithoutWords: ratioWithoutWords(operation), diskRatio: diskRatio(operation))
      return (operation.rawValue, row)
    }
    try container.encode(Dictionary(uniqueKeysWithValues: rows), forKey: .operations)
    try container.encode(reads, forKey: .reads)
    try container.encodeIfPresent(statusSeconds, forKey: .statusSeconds)
    try container.encode(verdicts, forKey: .goals)
  }
}
