import ArgumentParser
import DictaModels
import DictaStorage

struct StatusCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(commandName: "status", abstract: "What the archive is, what it holds, what is open.")

  @OptionGroup var shared: SharedOptions

  func run(_ archive: Archive, _ output: Output) async throws {
    let status = try await archive.read { try $0.status() }
    try output.print(status.json) { status.text(path: shared.path) }
  }
}

extension ArchiveStatus {
  var json: JSON {
    .object(
      JSONObject([
        ("corpus", .string(corpus.description)), ("origin", .string(origin.description)), ("device", .string(device)),
        ("heads", .array(heads.map(\.json))), ("digest", .string(digest.description)),
        ("counts", .object(JSONObject(EntityType.allCases.map { ($0.plural, .integer(counts[$0] ?? 0)) }))),
        ("conflicts", .integer(conflicts)), ("aside", .integer(aside)), ("forks", .integer(forks)), ("unpublished", .integer(unpublished)),
      ]))
  }

  func text(path: String) -> String {
    let style = Style()
    func line(_ label: String, _ value: String) -> String {
      style.dim(label + String(repeating: " ", count: max(1, 13 - label.count))) + value + "\n"
    }
    let counted = EntityType.allCases.map { "\(counts[$0] ?? 0) \(counts[$0] == 1 ? $0.rawValue : $0.plural)" }.joined(separator: ", ")
    var text = style.bold(path) + "\n"
    text += line("holds", counted)
    text += line("corpus", corpus.description)
    text += line("device", "\(device) " + style.dim("(origin …\(origin.description.suffix(6)))"))
    let log = heads.map { "\($0.sequence) of …\($0.origin.description.suffix(6))" }.joined(separator: ", ")
    text += line("log", heads.isEmpty ? "no changes yet" : log)
    text += line("digest", String(digest.description.prefix(16)) + "…")
    text += line("conflicts", conflicts == 0 ? "none" : style.yellow("\(conflicts)") + style.dim("  see them with: demo-cli conflicts"))
    if aside > 0 { text += line("aside", "\(aside)" + style.dim("  held, and without effect here: see demo-cli check")) }
    if forks > 0 { text += line("forks", style.yellow("\(forks)") + style.dim("  two archives wrote under one origin; nothing is lost")) }
    if unpublished > 0 { text += line("to be synced", "\(unpublished) change\(unpublished == 1 ? "" : "s")") }
    return text
  }
}

extension Head {
  var json: JSON {
    .object(
      JSONObject([
        ("origin", .string(origin.description)), ("sequence", .integer(Int64(sequence))), ("id", .string(id.description)),
      ]))
  }
}
