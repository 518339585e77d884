import Foundation

/// What one entity, update or change costs as the corpus grows.
struct Growth: Encodable {
  struct Cost: Encodable {
    let entityCount: Int
    /// CPU.
    let microseconds: Double
  }

  struct Line: Encodable {
    let operation: Operation
    let dictaCosts: [Cost]
    /// Of plain SQLite with random keys; empty where there is nothing to compare with.
    let plainCosts: [Cost]

    /// How many times what it was the cost is, from the smallest corpus to the largest.
    var factor: Double { dictaCosts[dictaCosts.count - 1].microseconds / dictaCosts[0].microseconds }

    /// The same of the logarithm of the number of entities.
    var logarithmFactor: Double { log(Double(dictaCosts[dictaCosts.count - 1].entityCount)) / log(Double(dictaCosts[0].entityCount)) }

    /// With a tenth allowed for chance.
    var isFasterThanLogarithm: Bool { factor > logarithmFactor * 1.1 }

    private enum CodingKeys: CodingKey { case operation, dictaCosts, plainCosts, factor, logarithmFactor, isFasterThanLogarithm }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(operation, forKey: .operation)
      try container.encode(dictaCosts, forKey: .dictaCosts)
      try container.encode(plainCosts, forKey: .plainCosts)
      try container.encode(factor, forKey: .factor)
      try container.encode(logarithmFactor, forKey: .logarithmFactor)
      try container.encode(isFasterThanLogarithm, forKey: .isFasterThanLogarithm)
    }
  }

  let lines: [Line]

  /// How many times what it is at 17,520 entities one synced change may cost at 175,200.
  static let singleFactorLimit = 1.5

  /// How many times that is; nil unless both were measured.
  var singleFactor: Double? {
    let costs = lines.first { $0.operation == .one }?.dictaCosts ?? []
    guard let small = costs.first(where: { $0.entityCount == 17_520 }), let large = costs.first(where: { $0.entityCount == 175_200 }) else {
      return nil
    }
    return large.microseconds / small.microseconds
  }

  /// - Parameter reports: of several sizes; nil of fewer than two.
  init?(_ reports: [Report]) {
    let reports = reports.sorted { $0.entityCount < $1.entityCount }
    guard reports.count >= 2 else { return nil }
    // What is measured for something else than its CPU is left out.
    let operations = Operation.allCases.filter { $0 != .writeWhileRead && $0 != .firstApart }
    lines = operations.compactMap { operation in
      func costs(_ contender: Contender) -> [Cost] {
        reports.compactMap { report in
          report.figures(operation, contender).map { Cost(entityCount: report.entityCount, microseconds: max($0.cpuMicrosecondsOfUnit, 0.001)) }
        }
      }
      let line = Line(operation: operation, dictaCosts: costs(.dicta), plainCosts: costs(.plain))
      return line.dictaCosts.count == reports.count ? line : nil
    }
    if lines.isEmpty { return nil }
  }
}
