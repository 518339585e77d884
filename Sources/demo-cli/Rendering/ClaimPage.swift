import DictaModels
import DictaStorage

extension Claim: Presentable {
  static let headings = ["ABOUT", "CLAIM", "POSITIONS"]

  func cells(_ view: CorpusView) throws -> [Table.Cell] {
    var filter = EntityFilter()
    filter.claim = id
    let positions = try view.transaction.list(Stance.self, where: filter).map(\.position)
    let look: (String) -> String = if Self.isContested(positions) { view.style.yellow } else { view.style.plain }
    return [
      Table.Cell(text: period.flatMap { periodText($0.from, $0.to) } ?? "–"), Table.Cell(text: text),
      Table.Cell(text: Self.tally(positions), look: look),
    ]
  }

  func summary(_ view: CorpusView) throws -> [String] {
    let negated = try negationOf.flatMap { try view.transaction.entity($0) }.map { "says that this is false: \($0.text) (\($0.id.short))" }
    let facts = [period.flatMap { periodText($0.from, $0.to) }, context, negated].compactMap(\.self)
    return [text] + (facts.isEmpty ? [] : [facts.joined(separator: " · ")])
  }

  func page(_ view: CorpusView) throws -> Page {
    var page = Page(text)
    page.fact("context", context)
    page.fact("about", period.flatMap { periodText($0.from, $0.to) })
    page.fact("negates", try negationOf.flatMap { try view.transaction.entity($0) }.map { "\($0.text) (\($0.id.short))" })
    page.fact("known as", each: externalIDs.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
    let positions = try view.transaction.positions(on: id)
    let all = positions.map(\.stance.position)
    page.fact("positions", positions.isEmpty ? "none yet" : Self.tally(all) + (Self.isContested(all) ? ": contested" : ""))
    page.remarks(of: self)
    guard !positions.isEmpty else { return page }

    page.section("Who holds what, in time")
    var table = Table("ID", "DATE", "WHO", "POSITION", "WORDS", "OUTLET")
    for held in positions {
      let words = try held.quote.map { try view.line(of: $0) } ?? "in its own voice"
      table.add([
        Table.Cell(text: held.stance.id.short, look: view.style.dim), Table.Cell(text: held.date?.description ?? "–"),
        Table.Cell(text: try held.speaker?.name ?? held.quote.map(view.heard) ?? held.article.outlet ?? "the article"),
        Table.Cell(text: held.stance.positionText, look: held.stance.position.look(view.style)), Table.Cell(text: words),
        Table.Cell(text: held.article.outlet ?? ""),
      ])
    }
    page.table(table)
    return page
  }

  /// `supports 3, denies 1`
  private static func tally(_ positions: [Stance.Position]) -> String {
    var counts: [(name: String, count: Int)] = []
    for position in positions {
      if let index = counts.firstIndex(where: { $0.name.isExactly(position.rawValue) }) {
        counts[index].count += 1
      } else {
        counts.append((position.rawValue, 1))
      }
    }
    let order = Stance.Position.known.map(\.rawValue)
    func rank(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
    return counts.sorted { rank($0.name) < rank($1.name) }.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
  }

  /// Whether somebody supports it and somebody denies it.
  private static func isContested(_ positions: [Stance.Position]) -> Bool {
    positions.contains(.supports) && positions.contains(.denies)
  }
}

extension Stance.Position {
  func look(_ style: Style) -> (String) -> String {
    switch self {
    case .supports: style.green
    case .denies: style.red
    case .doubts: style.yellow
    default: style.plain
    }
  }
}
