import DictaModels
import DictaStorage

extension Speaker: Presentable {
  static let headings = ["NAME", "KIND", "ALSO", "LAST OFFICE"]

  func cells(_ view: CorpusView) throws -> [Table.Cell] {
    [
      Table.Cell(text: name), Table.Cell(text: kind.rawValue), Table.Cell(text: aliasText),
      Table.Cell(text: sortedTenures.last.map { $0.officeText } ?? ""),
    ]
  }

  func summary(_ view: CorpusView) throws -> [String] {
    let also = aliases.isEmpty ? nil : "also \(aliasText)"
    return [name, [kind.rawValue, also].compactMap(\.self).joined(separator: " · ")] + sortedTenures.map(\.description)
  }

  func page(_ view: CorpusView) throws -> Page {
    var page = Page(name)
    page.fact("kind", kind.rawValue)
    page.fact("also", aliasText)
    page.fact("known as", each: externalIDs.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
    page.fact("offices", each: sortedTenures.map(\.description))
    let group = try view.transaction.group(of: id)
    let others = try group.members.filter { $0 != id }.compactMap { try view.speaker($0) }
    page.fact("one with", each: others.map { "\($0.name) (\($0.id.short))" + ($0.id == group.representative ? ", who stands for all" : "") })
    page.remarks(of: self)
    try addStatements(to: &page, view)
    return page
  }

  private func addStatements(to page: inout Page, _ view: CorpusView) throws {
    var filter = EntityFilter()
    filter.speaker = id
    var statements: [(date: PartialDate?, quote: Quote)] = []
    try view.transaction.forEach(where: filter) { (quote: Quote) in
      statements.append((try quote.saidOn ?? view.article(quote.articleID)?.publishedOn?.date, quote))
      return true
    }
    guard !statements.isEmpty else { return }
    // Undated ones last, as nobody knows where they belong.
    statements.sort { left, right in
      switch (left.date, right.date) {
      case (let one?, let other?) where one != other: one < other
      case (nil, _?): false
      case (_?, nil): true
      default: left.quote.id < right.quote.id
      }
    }
    let members = try Set(view.transaction.group(of: id).members)
    page.section("What is reported of them, in time")
    let roles = statements.map { statement in
      statement.quote.sources.first { $0.speakerID.map(members.contains) ?? false }?.roleAsStated
    }
    // A column only where an article says something.
    let hasRoles = roles.contains { $0 != nil }
    var table = Table(headings: ["ID", "DATE", "WORDS"] + (hasRoles ? ["AS"] : []) + ["OUTLET"])
    for ((date, quote), role) in zip(statements, roles) {
      table.add(
        [
          Table.Cell(text: quote.id.short, look: view.style.dim), Table.Cell(text: date?.description ?? "–"),
          Table.Cell(text: try view.line(of: quote)),
        ] + (hasRoles ? [Table.Cell(text: role ?? "")] : []) + [Table.Cell(text: try view.article(quote.articleID)?.outlet ?? "")])
    }
    page.table(table)
  }

  private var aliasText: String { aliases.sorted().map(\.string).joined(separator: ", ") }

  /// By when they began, as far as it is known.
  private var sortedTenures: [Tenure] {
    func key(_ tenure: Tenure) -> (Int, Int, ExactString) {
      (tenure.from?.firstDay ?? tenure.to?.firstDay ?? 0, tenure.to?.lastDay ?? .max, ExactString(tenure.officeText))
    }
    return tenures.sorted { key($0) < key($1) }
  }
}

extension Speaker.Tenure {
  /// `Foreign Minister, Belmora`
  var officeText: String { role + (organization.map { ", \($0)" } ?? "") }

  /// `Foreign Minister, Belmora, 2018-05-14 to 2023-06-30`
  var description: String { [officeText, periodText(from, to)].compactMap(\.self).joined(separator: ", ") }
}
