import ArgumentParser
import DictaModels
import DictaStorage

struct RestoreCommand: WritingCommand {
  static let configuration = CommandConfiguration(commandName: "restore", abstract: "Bring a deleted entity back as it was.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("The entity.", valueName: "id"))
  var id: String

  func run(_ archive: Archive, _ output: Output) async throws {
    let (entity, json) = try await write(archive) { transaction in
      let entity = try transaction.find(id)
      guard try transaction.hasTombstone(entity) else {
        throw CommandFailure(.badData, "\(entity) isn't deleted", hint: "there is nothing to restore")
      }
      try transaction.restore(entity)
      return (entity, try transaction.json(entity))
    }
    try output.print(.object(json)) { "Restored \(entity.type) \(UUIDText.string(entity.id).suffix(6))." }
  }
}
