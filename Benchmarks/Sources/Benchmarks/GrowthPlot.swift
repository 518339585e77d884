import Foundation

/// A picture of how costs grow, as SVG: both axes logarithmic, a line for each operation, and behind it, faint, the same of plain SQLite.
struct GrowthPlot {
  let growth: Growth

  private static let (width, height) = (960.0, 640.0)
  private static let (left, right, top, bottom) = (72.0, 780.0, 84.0, 572.0)

  /// A color for each line, on light and on dark ground.
  private static let colors = [
    ("#1d4ed8", "#7aa2ff"), ("#0e7490", "#4dd0e1"), ("#b45309", "#ffb454"), ("#a16207", "#e6c34a"), ("#15803d", "#5fd38d"), ("#7e22ce", "#c792ff"),
    ("#be123c", "#ff7b93"), ("#4d7c0f", "#a6d854"), ("#9d4edd", "#e0aaff"), ("#334155", "#cbd5e1"), ("#92400e", "#d9a37a"), ("#0f766e", "#6ee7d8"),
  ]

  var svg: String {
    let parts = [head, style, frame, plainLines, dictaLines, labels]
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  // MARK: Scales

  private var entityCounts: [Int] { growth.lines[0].dictaCosts.map(\.entityCount) }

  /// Powers of ten around all costs.
  private var decades: ClosedRange<Int> {
    let all = growth.lines.flatMap { $0.dictaCosts + $0.plainCosts }.map { log10($0.microseconds) }
    let (low, high) = (Int((all.min() ?? 0).rounded(.down)), Int((all.max() ?? 1).rounded(.up)))
    return low...max(high, low + 1)
  }

  private func x(_ entityCount: Int) -> Double {
    let (low, high) = (log(Double(entityCounts[0])), log(Double(entityCounts[entityCounts.count - 1])))
    let inset = 24.0
    return Self.left + inset + (log(Double(entityCount)) - low) / max(high - low, 1e-9) * (Self.right - Self.left - 2 * inset)
  }

  private func y(_ microseconds: Double) -> Double {
    let part = (log10(microseconds) - Double(decades.lowerBound)) / Double(decades.count - 1)
    return Self.bottom - part * (Self.bottom - Self.top)
  }

  // MARK: Parts

  private var head: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(Self.width)) \(Self.number(Self.height))" role="img" aria-labelledby="title about">
    <title id="title">How costs grow with the corpus</title>
    <desc id="about">CPU of one entity, update or change, over the number of entities. Both axes are logarithmic.</desc>
    """
  }

  private var style: String {
    func rules(_ color: ((String, String)) -> String) -> String {
      Self.colors.enumerated().map { ".c\($0.offset){color:\(color($0.element))}" }.joined()
    }
    return """
      <style>
      svg{color:#1f2328;font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-size:13px}.ground{fill:#ffffff}.grid{stroke:#d8dee4}
      \(rules(\.0))
      @media (prefers-color-scheme:dark){svg{color:#e6edf3}.ground{fill:#0d1117}.grid{stroke:#30363d}\(rules(\.1))}
      text{fill:currentColor}.title{font-size:17px;font-weight:600}
      .grid{stroke-width:1}
      .dicta{fill:none;stroke:currentColor;stroke-width:2.5;stroke-linejoin:round}.dot{fill:currentColor}
      .plain{fill:none;stroke:currentColor;stroke-width:1.5;stroke-dasharray:4 4;opacity:.45}
      .label{fill:currentColor;font-weight:600}.leader{stroke:currentColor;stroke-width:1;opacity:.5}
      </style>
      <rect class="ground" width="100%" height="100%"/>
      """
  }

  private var frame: String {
    var lines = [
      Self.text("How costs grow with the corpus", Self.left, 30, "title"),
      Self.text("CPU of one entity, update or change, in µs", Self.left, 54),
    ]
    let legend = Self.right - 210
    lines += [
      #"<g class="sample">"#, Self.line([(legend, 49), (legend + 28, 49)], "dicta"), Self.line([(legend + 90, 49), (legend + 118, 49)], "plain"),
      "</g>",
      Self.text("Dicta", legend + 36, 54), Self.text("plain SQLite", legend + 126, 54),
    ]
    for decade in decades {
      let place = y(pow(10, Double(decade)))
      lines.append(Self.line([(Self.left, place), (Self.right, place)], "grid"))
      lines.append(
        Self.text(decade < 0 ? "\(pow(10, Double(decade)))" : "1" + String(repeating: "0", count: decade), Self.left - 10, place + 4, anchor: "end"))
    }
    for count in entityCounts {
      lines.append(Self.line([(x(count), Self.top), (x(count), Self.bottom)], "grid"))
      lines.append(Self.text(Self.grouped(count), x(count), Self.bottom + 24, anchor: "middle"))
    }
    lines.append(Self.text("entities in the corpus", (Self.left + Self.right) / 2, Self.bottom + 50, anchor: "middle"))
    return lines.joined(separator: "\n")
  }

  private var plainLines: String {
    growth.lines.enumerated().map { number, line in
      line.plainCosts.isEmpty ? "" : #"<g class="\#(Self.color(number))">"# + Self.line(line.plainCosts.map(point), "plain") + "</g>"
    }.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var dictaLines: String {
    growth.lines.enumerated().map { number, line in
      let points = line.dictaCosts.map(point)
      let dots = points.map { #"<circle class="dot" cx="\#(Self.number($0.0))" cy="\#(Self.number($0.1))" r="3.5"/>"# }
      return #"<g class="\#(Self.color(number))">"# + Self.line(points, "dicta") + dots.joined() + "</g>"
    }.joined(separator: "\n")
  }

  /// Beside where the lines end, moved apart where they would cover each other.
  private var labels: String {
    let space = 18.0
    var labels = growth.lines.enumerated().map { number, line in
      let cost = line.dictaCosts[line.dictaCosts.count - 1]
      let name = line.operation.rawValue + (line.isFasterThanLogarithm ? " ▲" : "")
      return (number: number, name: name, end: point(cost), place: point(cost).1)
    }.sorted { $0.place < $1.place }
    for index in labels.indices.dropFirst() { labels[index].place = max(labels[index].place, labels[index - 1].place + space) }
    // What was pushed out below goes up again, and pushes the others.
    var lowest = Self.bottom
    for index in labels.indices.reversed() {
      labels[index].place = min(labels[index].place, lowest)
      lowest = labels[index].place - space
    }
    var lines = labels.map { label in
      let begin = Self.right + 12
      return #"<g class="\#(Self.color(label.number))">"# + Self.line([(label.end.0 + 6, label.end.1), (begin - 4, label.place)], "leader")
        + Self.text(label.name, begin, label.place + 4, "label") + "</g>"
    }
    if growth.lines.contains(where: \.isFasterThanLogarithm) {
      lines.append(Self.text("▲ faster than log n", Self.right + 12, Self.bottom + 50))
    }
    return lines.joined(separator: "\n")
  }

  // MARK: Elements

  private func point(_ cost: Growth.Cost) -> (Double, Double) { (x(cost.entityCount), y(cost.microseconds)) }

  private static func color(_ number: Int) -> String { "c\(number % colors.count)" }

  private static func line(_ points: [(Double, Double)], _ style: String) -> String {
    #"<polyline class="\#(style)" points="\#(points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " "))"/>"#
  }

  private static func text(_ words: String, _ x: Double, _ y: Double, _ style: String = "", anchor: String = "start") -> String {
    #"<text x="\#(number(x))" y="\#(number(y))" text-anchor="\#(anchor)"\#(style.isEmpty ? "" : #" class="\#(style)""#)>\#(words)</text>"#
  }

  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }

  /// 1,752,000
  private static func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : grouped(number / 1000) + "," + String("\(1000 + number % 1000)".dropFirst())
  }
}
