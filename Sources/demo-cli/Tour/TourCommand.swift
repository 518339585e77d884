import ArgumentParser
import DictaModels

struct TourCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour", abstract: "Show the main job step by step, in a temporary folder.",
    discussion: "Three news reports become a corpus; two replicas of it are edited offline, synced, and made equal. It leaves nothing behind.")

  @Flag(name: .long, help: "Print exactly one JSON value.")
  var json = false

  func run() async throws {
    var told: [JSON] = []
    let page = TourPage(width: min(Terminal.width, 120), style: Style())
    if !json { try Terminal.write(page.opening) }
    let ending = try await TourFolder.use { folder in
      try await Tour.run(in: folder) { step in
        told.append(step.json)
        if !json { try Terminal.write("\n" + page.text(step, number: told.count)) }
      }
    }
    if json {
      try Terminal.write(
        JSON.object(["steps": .array(told), "equal": .bool(ending.isEqual), "digest": .string(ending.digest.description)]).encodedLine)
    } else {
      try Terminal.write("\n" + page.closing)
    }
  }
}
