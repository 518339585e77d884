import ArgumentParser
import DictaModels
import DictaStorage

struct ConflictsCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts", abstract: "What several people wrote without knowing of each other, and nobody has decided.")

  @OptionGroup var shared: SharedOptions

  func run(_ archive: Archive, _ output: Output) async throws {
    let conflicts = try await archive.read { try $0.conflicts() }
    try output.print(.array(try conflicts.map { try $0.json() })) {
      guard !conflicts.isEmpty else { return "No conflicts." }
      let style = Style()
      return try conflicts.map { conflict in
        let id = UUIDText.string(conflict.entity.id).suffix(6)
        var text = "\(conflict.entity.type) \(style.bold(String(id)))  \(style.yellow(conflict.field))\n"
        var table = Table("version", "when", "device", "by", "shown", "value")
        for candidate in conflict.candidates {
          let value = conflict.address == nil ? "deleted" : try CellValues(conflict.entity).text(candidate.value, at: conflict.address)
          table.add([
            Table.Cell(text: String(candidate.version.description.prefix(8))), Table.Cell(text: isoTime(candidate.writtenAt), look: style.dim),
            Table.Cell(text: candidate.device), Table.Cell(text: candidate.author ?? ""),
            Table.Cell(text: candidate.isShown ? "*" : ""), Table.Cell(text: value),
          ])
        }
        if conflict.address == nil { table.add("", "", "", "", "*", "living: somebody edited it, or refers to it") }
        text += table.text(wrapping: true)
        let example = conflict.address == nil ? "--value living|deleted" : "--keep \(conflict.candidates[0].version.description.prefix(8))"
        return text + style.dim("decide with: demo-cli resolve \(id) \(conflict.spelledField) \(example)") + "\n"
      }.joined(separator: "\n")
    }
  }
}

extension Conflict {
  var field: String { address?.description ?? "life" }

  /// As a shell takes it.
  fileprivate var spelledField: String { field.contains { " \"'$`\\".contains($0) } ? "'\(field)'" : field }

  func json() throws -> JSON {
    let values = CellValues(entity)
    var candidates = try self.candidates.map { candidate in
      JSON.object(
        JSONObject([
          ("version", .string(candidate.version.description)), ("at", .string(isoTime(candidate.writtenAt))),
          ("device", .string(candidate.device)), ("author", .optional(candidate.author)),
          ("value", address == nil ? .string("deleted") : try values.json(candidate.value, at: address)), ("shown", .bool(candidate.isShown)),
        ]))
    }
    if address == nil {
      candidates.append(
        .object(
          JSONObject([("version", .null), ("at", .null), ("device", .null), ("author", .null), ("value", .string("living")), ("shown", .bool(true))]))
      )
    }
    return .object(
      JSONObject([
        ("type", .string(entity.type.string)), ("id", .string(UUIDText.string(entity.id))), ("field", .string(field)),
        ("values", .array(candidates)),
      ]))
  }
}
