import ArgumentParser
import DictaModels
import DictaStorage

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "init", abstract: "Make a new archive.")

  @OptionGroup var shared: SharedOptions

  @Option(help: ArgumentHelp("Make it a replica of this corpus, to be synced with others of it.", valueName: "id"))
  var corpus: String?

  @Option(help: ArgumentHelp("What the history calls this device (else the computer's name).", valueName: "label"))
  var device: String?

  func run() async throws {
    let corpusID = try corpus.map { spelling in
      guard let id = CorpusID(spelling) else {
        throw CommandFailure(.usage, "“\(spelling)” is not the id of a corpus", hint: "give a UUID as `status` prints it, or leave it out")
      }
      return id
    }
    let archive = try Archive(creatingAt: shared.path, corpus: corpusID, device: device)
    let status = try await archive.read { try $0.status() }
    try archive.close()
    let json = JSON.object(
      JSONObject([
        ("corpus", .string(status.corpus.description)), ("origin", .string(status.origin.description)), ("path", .string(shared.path)),
      ]))
    try shared.output.print(json) {
      let style = Style()
      return "Made \(style.bold(shared.path)), \(corpusID == nil ? "a new corpus" : "an empty replica of corpus \(status.corpus)").\n"
        + style.dim("Next: demo-cli article add FILE, or demo-cli import FILE")
    }
  }
}
