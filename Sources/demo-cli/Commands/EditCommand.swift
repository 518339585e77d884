import ArgumentParser
import DictaModels
import DictaStorage

struct EditCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change fields of any entity.",
    discussion: """
      FIELD=VALUE sets a field, FIELD= clears it. Words, dates, choices and ids stand as they are; lists, records, sets and maps are JSON. \
      FIELD+=VALUE and FIELD-=VALUE add to a set and take from it, and FIELD.KEY=VALUE sets an entry of a map:

        demo-cli edit 3f9a2c kind=office aliases+="The Quai" externalIDs.wikidata=Q1

      An anchor may be given by its words alone, {"exact":"said"}. A field in conflict is settled by setting it, be it to the value it shows. \
      A new text of an article places its quotes, as `article revise` does.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("Its id, or how that ends.", valueName: "id"))
  var id: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "field=value"))
  var assignments: [String]

  func run(_ archive: Archive, _ output: Output) async throws {
    let assignments = try assignments.map { try FieldAssignment($0) }
    try await output.print(
      write(archive) { transaction in
        let entity = try transaction.find(id)
        let before = try transaction.fields(of: entity)
        var edits = try FieldEdits(of: entity, in: transaction)
        for assignment in assignments { try edits.apply(assignment) }
        try edits.write(to: transaction)
        return try output.answer(json: .object(transaction.json(entity))) {
          let after = try transaction.fields(of: entity)
          var changed: [String] = []
          for edit in after.edits(from: before) where changed.last != edit.address.field.string { changed.append(edit.address.field.string) }
          let detail = changed.isEmpty ? "nothing changed" : changed.joined(separator: ", ")
          return try transaction.card(of: entity, changed.isEmpty ? "kept" : "edited", detail: detail)
        }
      })
  }
}

extension ReadTransaction {
  /// What was done to an entity of any type, and what it is.
  fileprivate func card(of entity: Reference, _ deed: String, detail: String) throws -> String {
    let view = CorpusView(self)
    func card<Subject: Presentable>(_: Subject.Type) throws -> String {
      try view.card(require(Identifier<Subject>(entity.id)), deed, detail: detail)
    }
    switch EntityType(entity.type) {
    case .article: return try card(Article.self)
    case .speaker: return try card(Speaker.self)
    case .quote: return try card(Quote.self)
    case .claim: return try card(Claim.self)
    case .stance: return try card(Stance.self)
    case nil: return entity.description
    }
  }
}
