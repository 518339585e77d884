import ArgumentParser
import DictaModels
import DictaStorage

struct HistoryCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Everything that was done to an entity, by whom, when and where; oldest first.")

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("The entity, deleted ones too.", valueName: "id"))
  var id: String

  func run(_ archive: Archive, _ output: Output) async throws {
    let (entity, entries) = try await archive.read { transaction in
      let entity = try transaction.find(id)
      return (entity, try transaction.history(of: entity))
    }
    let values = CellValues(entity)
    try output.print(.array(try entries.map { try $0.json(values) })) {
      try Self.text(entries, values)
    }
  }

  /// A heading for each change, and under it what it did.
  private static func text(_ entries: [HistoryEntry], _ values: CellValues) throws -> String {
    let style = Style()
    var text = ""
    var version: ChangeID?
    for entry in entries {
      if entry.version != version {
        let who = [entry.author, entry.device].compactMap(\.self).map(TextLayout.singleLine).joined(separator: " on ")
        let why = entry.note.map { ": \(TextLayout.singleLine($0))" } ?? ""
        text += (version == nil ? "" : "\n") + style.bold(isoTime(entry.writtenAt)) + "  \(who)\(why)\n"
        version = entry.version
      }
      let new = entry.isDropped ? "(dropped by compact)" : try values.text(entry.new, at: entry.address)
      let old = try entry.old.map { try values.text($0, at: entry.address) }.joined(separator: " and ")
      let words = [entry.action.rawValue, entry.address?.description ?? "", new].filter { !$0.isEmpty }.joined(separator: " ")
      for (index, line) in TextLayout.wrap(words, to: Terminal.width - 6).enumerated() { text += (index == 0 ? "  " : "      ") + line + "\n" }
      guard !old.isEmpty else { continue }
      for line in TextLayout.wrap("was \(old)", to: Terminal.width - 6) { text += "      " + style.dim(line) + "\n" }
    }
    return text
  }
}

/// Values of single cells, as the JSON of their entity would hold them.
struct CellValues: Sendable {
  private let type: EntityType?

  init(_ entity: Reference) {
    type = EntityType(entity.type)
  }

  func json(_ value: Value, at address: CellAddress?) throws -> JSON {
    guard let address else { return .null }
    return try EntityJSONWriter { _ in nil }.json(value, at: address, type: type)
  }

  func text(_ value: Value, at address: CellAddress?) throws -> String {
    switch try json(value, at: address) {
    case .null: address?.place == .field ? "–" : ""
    case .string(let string): "“\(string)”"
    case let json: json.short
    }
  }
}

extension HistoryEntry {
  func json(_ values: CellValues) throws -> JSON {
    .object(
      JSONObject([
        ("version", .string(version.description)), ("origin", .string(origin.description)), ("sequence", .integer(Int64(sequence))),
        ("at", .string(isoTime(writtenAt))), ("device", .string(device)), ("author", .optional(author)), ("note", .optional(note)),
        ("type", .string(values.typeName)), ("field", .optional(address?.description)), ("action", .string(action.rawValue)),
        ("old", .array(try old.map { try values.json($0, at: address) })), ("new", try values.json(new, at: address)),
        ("dropped", .bool(isDropped)),
      ]))
  }
}

extension CellValues {
  fileprivate var typeName: String { type?.rawValue ?? "" }
}
