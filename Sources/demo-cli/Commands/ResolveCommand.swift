import ArgumentParser
import DictaModels
import DictaStorage

struct ResolveCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Decide a conflict, over every value there is.",
    discussion: "FIELD is as `conflicts` prints it. Of a `life` the values are deleted and living.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("The entity.", valueName: "id"))
  var id: String

  @Argument(help: ArgumentHelp("The field in conflict.", valueName: "field"))
  var field: String

  @Option(help: ArgumentHelp("Keep what this version wrote: a unique beginning of 8 digits or more.", valueName: "version"))
  var keep: String?

  @Option(help: ArgumentHelp("Write this instead.", valueName: "value"))
  var value: String?

  func run(_ archive: Archive, _ output: Output) async throws {
    guard (keep == nil) != (value == nil) else { throw CommandFailure(.usage, "give either --keep or --value") }
    let (entity, json) = try await write(archive) { transaction in
      let entity = try transaction.find(id)
      try resolve(entity, transaction)
      return (entity, try transaction.isDeleted(entity) ? nil : transaction.json(entity))
    }
    let name = "\(entity.type) \(UUIDText.string(entity.id).suffix(6))"
    try output.print(json.map { .object($0) } ?? .object(JSONObject([("id", .string(UUIDText.string(entity.id))), ("deleted", .bool(true))]))) {
      "Decided \(field) of \(name)."
    }
  }

  private func resolve(_ entity: Reference, _ transaction: WriteTransaction) throws {
    let conflicts = try transaction.conflicts().filter { $0.entity == entity }
    guard let conflict = conflicts.first(where: { $0.field == field }) else {
      let fields = conflicts.map(\.field).joined(separator: ", ")
      throw CommandFailure(
        .notFound, "\(entity) has no conflict in \(field)", hint: fields.isEmpty ? "it has none at all" : "it has some in \(fields)")
    }
    guard let address = conflict.address else {
      guard let value, ["deleted", "living"].contains(value) else {
        throw CommandFailure(.usage, "a life is decided with --value deleted or --value living")
      }
      return try transaction.resolveLife(of: entity, lives: value == "living")
    }
    if let keep {
      let found = conflict.candidates.filter { $0.version.description.hasPrefix(keep.lowercased()) }
      guard keep.utf8.count >= 8, found.count == 1, let version = found.first?.version else {
        throw CommandFailure(.notFound, "“\(keep)” is not the beginning of exactly one of the versions", hint: "see them with `conflicts`")
      }
      try transaction.resolve(address, of: entity, keeping: version)
    } else if let value {
      try transaction.write([(address, try parse(value, at: address, of: entity, transaction))], to: entity)
    }
  }

  /// The value as the field takes it: a string as it is, everything else as JSON.
  private func parse(_ typed: String, at address: CellAddress, of entity: Reference, _ transaction: WriteTransaction) throws -> Value {
    guard let type = EntityType(entity.type) else { throw ArchiveError.noSuchEntity(entity) }
    let json = (try? JSONReader.parse(Array(typed.utf8))) ?? .string(typed)
    var problem: FieldProblem?
    // What looks like JSON may still be meant as words: `2013` is a date.
    for candidate in [JSON.string(typed), json] {
      var reader = EntityJSONReader(text: transaction.text) { spelling, type in try? transaction.find(spelling, type).id }
      var value = candidate
      if case .key(let key) = address.place { value = .object(JSONObject([(key.string, candidate)])) }
      let (draft, problems) = try reader.read(field: address.field, value, as: type)
      if problems.isEmpty { return draft.fields[address] ?? .null }
      problem = problem ?? problems.first
    }
    throw CommandFailure(.badData, "“\(typed)” doesn't fit \(address): \(problem?.message ?? "")")
  }
}
