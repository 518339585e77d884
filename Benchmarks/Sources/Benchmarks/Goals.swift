/// What was aimed at, and whether it was reached.
struct Verdict: Encodable {
  let what: String
  let value: Double
  let limit: Double
  let unit: String

  var isMet: Bool { value <= limit }

  private enum CodingKeys: CodingKey { case what, value, limit, unit, isMet }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(what, forKey: .what)
    try container.encode(value, forKey: .value)
    try container.encode(limit, forKey: .limit)
    try container.encode(unit, forKey: .unit)
    try container.encode(isMet, forKey: .isMet)
  }
}

extension Operation {
  /// How many times the CPU of plain SQLite with random keys an archive may take, full-text indexing measured apart.
  var ratioLimit: Double? {
    switch self {
    case .write1, .write1000: 0.75
    case .update1: 1.3
    case .update1000, .first: 1.0
    case .exchange: 0.9
    case .snapshot, .snapshotAgain, .snapshotOverWire: 0.25
    default: nil
    }
  }

  /// How many times the disk of plain SQLite an archive may take, with its full history as it was written.
  var diskRatioLimit: Double? {
    switch self {
    case .write1, .write1000, .first: 1.6
    case .compact: 1.3
    default: nil
    }
  }

  /// Compressed, for an entity or an update.
  var wireByteLimit: Double? {
    switch self {
    case .firstOverWire: 115
    case .exchangeOverWire: 40
    default: nil
    }
  }

  /// At 1.75 million entities, of each process. Where both replicas are in one, it isn't asked for.
  var memoryByteLimit: Double? {
    switch self {
    case .importDocument, .exportDocument, .firstApart: 150e6
    default: nil
    }
  }
}

extension Read {
  var microsecondLimit: Double? {
    switch self {
    case .entity: 15
    case .pageOfQuotes: 300
    case .positions: 1000
    case .search: 5000
    case .open: 10_000
    case .signature: nil
    }
  }
}

extension Report {
  /// Of one synced change, besides one signature and one verification.
  static let singleMicrosecondLimit = 150.0
  static let statusMillisecondLimit = 60.0

  var verdicts: [Verdict] {
    var verdicts: [Verdict] = []
    for operation in Operation.allCases {
      func add(_ what: String, _ value: Double?, _ limit: Double?, _ unit: String) {
        guard let value, let limit else { return }
        verdicts.append(Verdict(what: "\(operation.rawValue): \(what)", value: value, limit: limit, unit: unit))
      }
      let figures = figures(operation, .dicta)
      add("CPU, without words", ratioWithoutWords(operation), operation.ratioLimit, "× plain SQLite")
      add("disk", diskRatio(operation), operation.diskRatioLimit, "× plain SQLite")
      if let figures, operation == .one, let signature = reads[Read.signature.rawValue] {
        add("CPU, besides signature and verification", figures.cpuMicrosecondsOfUnit - signature * 1e6, Self.singleMicrosecondLimit, "µs")
      }
      add("compressed", figures.map { Double($0.wireBytes) / Double($0.unitCount) }, operation.wireByteLimit, "bytes")
      let memoryLimit = operation.memoryByteLimit.map { $0 / 1e6 }
      add("memory at most", figures.map { Double($0.peakMemoryBytes) / 1e6 }, memoryLimit, "MB")
      add("memory of the other side", figures?.peerPeakMemoryBytes.map { Double($0) / 1e6 }, memoryLimit, "MB")
    }
    for read in Read.allCases {
      guard let seconds = reads[read.rawValue], let limit = read.microsecondLimit else { continue }
      verdicts.append(Verdict(what: "read: \(read.rawValue)", value: seconds * 1e6, limit: limit, unit: "µs"))
    }
    if let statusSeconds {
      verdicts.append(Verdict(what: "demo-cli status, wall", value: statusSeconds * 1e3, limit: Self.statusMillisecondLimit, unit: "ms"))
    }
    return verdicts
  }
}
