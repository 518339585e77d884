import ArgumentParser
import DictaModels
import DictaStorage

/// `quote show ID`, `claim show ID`, …
struct ShowCommand<Subject: Presentable>: ArchiveCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "show", abstract: "Show \(Subject.type.rawValue.withArticle) and what belongs to it.")
  }

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("The id, or how that ends\(Subject.type == .speaker ? ", or the name" : "").", valueName: "id"))
  var id: String

  func run(_ archive: Archive, _ output: Output) async throws {
    try await output.print(
      archive.read { transaction in
        let id = try transaction.find(Subject.self, called: id)
        return try output.answer(json: .object(transaction.json(id.reference))) {
          let view = CorpusView(transaction)
          var page = try transaction.require(id).page(view)
          let fields = try transaction.conflicts().filter { $0.entity == id.reference }.map { $0.address?.description ?? "life" }
          if !fields.isEmpty {
            page.section("In conflict")
            page.paragraph(fields.joined(separator: ", ") + ": see `conflicts`", look: view.style.yellow)
          }
          return page.text(width: view.width, style: view.style)
        }
      })
  }
}

extension ReadTransaction {
  /// By id; speakers by name, too.
  fileprivate func find<Subject: Entity>(_: Subject.Type, called spelling: String) throws -> Identifier<Subject> {
    Subject.type == .speaker ? Identifier(try findSpeaker(spelling).bytes) : try find(spelling)
  }
}
