import ArgumentParser
import DictaModels
import DictaStorage

struct DeleteCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete an entity that nothing refers to.",
    discussion: "What is deleted can be restored. An edit made elsewhere meanwhile brings it back, for people to decide.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("The entity.", valueName: "id"))
  var id: String

  @Flag(help: "Also delete what it owns (an article's quotes, their stances) and clear other references to it.")
  var cascade = false

  func run(_ archive: Archive, _ output: Output) async throws {
    let deleted: [Reference]
    do {
      deleted = try await write(archive) { transaction in
        try transaction.delete(transaction.find(id), cascading: cascade)
      }
    } catch ArchiveError.deleted(let entity) {
      throw CommandFailure(.notFound, "\(entity) is deleted already")
    } catch ArchiveError.inUse(let entity, let users) {
      throw CommandFailure(
        .badData, "\(entity) is in use by \(users.count == 1 ? "another entity" : "\(users.count) others")",
        hint: "delete those first, or use --cascade", problems: users.map { ($0.description, .string($0.description)) })
    }
    let json = deleted.map {
      JSON.object(JSONObject([("type", .string($0.type.string)), ("id", .string(UUIDText.string($0.id)))]))
    }
    try output.print(.object(JSONObject([("deleted", .array(json))]))) {
      deleted.map { "deleted \($0.type) \(UUIDText.string($0.id).suffix(6))\n" }.joined()
    }
  }
}
