import Foundation

// Reports and growth as tables, in Markdown.

extension Report {
  var table: String {
    let hasSession = Operation.allCases.contains { figures($0, .session) != nil }
    var lines = ["## \(entityCount) entities (\(articleCount) articles), \(runCount == 1 ? "one run" : "medians of \(runCount)")", ""]
    let compared = Operation.allCases.filter { figures($0, .plain) != nil }
    lines += Table.rows(
      [
        "CPU", "plain SQLite", "time-ordered ids", "session", "Dicta", "words", "Dicta without words", "goal", "", "µs each, SQLite",
        "µs each, Dicta",
      ],
      compared.map { operation in
        let limit = operation.ratioLimit
        return [
          operation.rawValue, Table.number(figures(operation, .plain)?.cpuSeconds, " s"), Table.number(ratio(operation, .plainOrdered)),
          Table.number(ratio(operation, .session)), Table.number(ratio(operation, .dicta)), Table.number(ratio(operation, .words)),
          Table.number(ratioWithoutWords(operation)), limit.map { "≤ \(Table.number($0))" } ?? "", Table.verdict(ratioWithoutWords(operation), limit),
          Table.number(figures(operation, .plain)?.cpuMicrosecondsOfUnit), Table.number(figures(operation, .dicta)?.cpuMicrosecondsOfUnit),
        ]
      })
    if !compared.isEmpty, !hasSession { lines += ["", "There is no column for the session extension: this SQLite has none, or it was left out."] }
    lines += [""]
    lines += Table.rows(
      ["", "who", "CPU", "wall", "written", "pages written, each", "memory at most", "disk, an entity", "on the wire, each", "uncompressed"],
      Operation.allCases.flatMap { operation in
        [Contender.plain, .session, .dicta].compactMap { contender in
          figures(operation, contender).map { sizes($0, operation, contender) }
        }
      })
    lines += [""]
    lines += Table.rows(
      ["readers meanwhile", "reads", "longest wait", "99th percentile"],
      Operation.allCases.compactMap { operation in
        figures(operation, .dicta)?.waits.map {
          [operation.rawValue, "\($0.count)", Table.number($0.longestSeconds * 1e3, " ms"), Table.number($0.seconds99 * 1e3, " ms")]
        }
      })
    lines += [""]
    lines += Table.rows(
      ["goal", "measured", "limit", "", ""],
      verdicts.map { [$0.what, Table.number($0.value), Table.number($0.limit), $0.unit, $0.isMet ? "ok" : "**missed**"] })
    if let signature = reads[Read.signature.rawValue] {
      lines += ["", "One signature and one verification take \(Table.number(signature * 1e6)) µs."]
    }
    if !reads.isEmpty, statusSeconds == nil { lines += ["", "`demo-cli status` wasn't measured: there is no such program built."] }
    return lines.joined(separator: "\n") + "\n"
  }

  private func sizes(_ figures: Figures, _ operation: Operation, _ contender: Contender) -> [String] {
    func each(_ bytes: Int) -> String { bytes > 0 ? Table.number(Double(bytes) / Double(figures.unitCount), " B") : "" }
    return [
      operation.rawValue, contender.rawValue, Table.number(figures.cpuSeconds, " s"), Table.number(figures.wallSeconds, " s"),
      Table.number(Double(figures.bytesWritten) / 1e6, " MB"), Table.number(figures.pagesWritten / Double(max(1, figures.unitCount))),
      Table.number(Double(figures.peakMemoryBytes) / 1e6, " MB"),
      figures.diskBytes > 0 ? Table.number(Double(figures.diskBytes) / Double(entityCount), " B") : "", each(figures.wireBytes),
      each(figures.uncompressedWireBytes),
    ]
  }
}

extension Growth {
  var table: String {
    let sizes = lines.first?.dictaCosts.map(\.entityCount) ?? []
    let rows = Table.rows(
      ["CPU of one, µs"] + sizes.map { "\($0) entities" } + ["grew", "log n grew", "faster than log n?"],
      lines.map { line in
        [line.operation.rawValue] + line.dictaCosts.map { Table.number($0.microseconds) }
          + ["× \(Table.number(line.factor))", "× \(Table.number(line.logarithmFactor))", line.isFasterThanLogarithm ? "**yes**" : "no"]
      })
    let single = singleFactor.map { factor in
      let verdict = Table.verdict(factor, Self.singleFactorLimit)
      return [
        "", "One synced change at 175,200 entities: × \(Table.number(factor)) of 17,520, goal ≤ \(Table.number(Self.singleFactorLimit)): \(verdict)",
      ]
    }
    return (["## Growth", ""] + rows + (single ?? [])).joined(separator: "\n") + "\n"
  }
}

enum Table {
  /// Columns in which nothing stands are left out.
  static func rows(_ titles: [String], _ rows: [[String]]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let kept = titles.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    func line(_ cells: [String]) -> String { "| " + kept.map { cells[$0] }.joined(separator: " | ") + " |" }
    return [line(titles), "|" + kept.map { _ in "---|" }.joined()] + rows.map(line)
  }

  /// Three digits that count.
  static func number(_ value: Double?, _ unit: String = "") -> String {
    guard let value else { return "" }
    let digits =
      switch abs(value) {
      case 100...: 0
      case 10...: 1
      case 0.1...: 2
      case 0.01...: 3
      default: value == 0 ? 0 : 4
      }
    return value.formatted(.number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX"))) + unit
  }

  static func verdict(_ value: Double?, _ limit: Double?) -> String {
    guard let value, let limit else { return "" }
    return value <= limit ? "ok" : "**missed**"
  }
}
