import ArgumentParser
import DictaModels
import DictaStorage

/// `quote list`, `claim list`, …: a table for people, an array for scripts.
struct ListCommand<Subject: Presentable>: ArchiveCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "list", abstract: "List \(Subject.type.plural) by id, all of them or those that every filter lets through.")
  }

  @OptionGroup var shared: SharedOptions
  @OptionGroup var filter: FilterOptions<Subject>

  @Option(name: .long, help: ArgumentHelp("No more than so many.", valueName: "n"))
  var limit: Int?

  @Option(name: .long, help: ArgumentHelp("Only those that come after this one.", valueName: "id"))
  var after: String?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is a number from 1") }
  }

  func run(_ archive: Archive, _ output: Output) async throws {
    try await output.print(
      archive.read { transaction in
        let after: Identifier<Subject>? = try after.map { try transaction.find($0) }
        let narrowed = try filter.filter(in: transaction)
        return output.isJSON ? .json(try array(transaction, narrowed, after)) : .text(try table(transaction, narrowed, after))
      })
  }

  private func array(_ transaction: ReadTransaction, _ filter: EntityFilter, _ after: Identifier<Subject>?) throws -> JSON {
    let writer = EntityJSONWriter(text: transaction.cachedText())
    var elements: [JSON] = []
    try transaction.forEach(where: filter, after: after) { (entity: Subject) in
      elements.append(.object(try writer.json(entity)))
      return elements.count < limit ?? .max
    }
    return .array(elements)
  }

  private func table(_ transaction: ReadTransaction, _ filter: EntityFilter, _ after: Identifier<Subject>?) throws -> String {
    let view = CorpusView(transaction)
    var table = Table(headings: ["ID"] + Subject.headings)
    var count = 0
    var last: Identifier<Subject>?
    var isCut = false
    try transaction.forEach(where: filter, after: after) { (entity: Subject) in
      guard count < limit ?? .max else {
        isCut = true
        return false
      }
      table.add([Table.Cell(text: entity.id.short, look: view.style.dim)] + (try entity.cells(view)))
      last = entity.id
      count += 1
      return true
    }
    guard count > 0 else { return view.style.dim("no \(Subject.type.plural)\(self.filter.isEmpty ? " yet" : " like that")") }
    let rest = isCut ? last.map { "; there are more: --after \($0.short)" } : nil
    return table.text(width: view.width, style: view.style) + view.style.dim(view.count(count, Subject.type.rawValue) + (rest ?? ""))
  }
}
