import ArgumentParser
import DictaModels
import DictaStorage

struct SearchCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find articles, quotes, claims and speakers by their words, best first.",
    discussion: "All words must occur. Case and accents don't matter; \"several words\" is a phrase, word* a beginning.")

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("What to look for.", valueName: "words"))
  var words: [String]

  @Option(help: ArgumentHelp("Only article, speaker, quote or claim.", valueName: "type"))
  var type: String?

  @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
  var limit = 20

  func run(_ archive: Archive, _ output: Output) async throws {
    let entityType = try type.map { name in
      guard let type = EntityType(rawValue: name), type != .stance else {
        throw CommandFailure(.usage, "“\(name)” can't be searched", hint: "types are article, speaker, quote and claim")
      }
      return type
    }
    guard limit > 0 else { throw CommandFailure(.usage, "--limit is a number from 1") }
    let typed = words.joined(separator: " ")
    guard !typed.allSatisfy(\.isWhitespace) else { throw CommandFailure(.usage, "there are no words to look for") }
    let hits = try await archive.read { try $0.search(typed, type: entityType, limit: limit) }
    try output.print(.array(hits.map(\.json))) {
      guard !hits.isEmpty else { return "Nothing has all of these words: \(typed)" }
      let style = Style()
      var table = Table("id", "type", "where")
      for hit in hits {
        table.add([
          Table.Cell(text: String(UUIDText.string(hit.entity.id).suffix(6)), look: style.dim), Table.Cell(text: hit.entity.type.string),
          Table.Cell(text: hit.snippet),
        ])
      }
      return table.text()
    }
  }
}

extension SearchHit {
  var json: JSON {
    .object(
      JSONObject([
        ("type", .string(entity.type.string)), ("id", .string(UUIDText.string(entity.id))), ("snippet", .string(snippet)),
        ("score", .integer(score)),
      ]))
  }
}
