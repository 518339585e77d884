import ArgumentParser
import DictaModels
import DictaStorage
import Foundation

struct ExportCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the corpus as a canonical document.",
    discussion: "The same corpus gives the same bytes, on every replica. Without FILE the document goes to standard output.")

  @OptionGroup var shared: SharedOptions

  @Argument(help: ArgumentHelp("Where to write; a file that is there is replaced when the new one is complete.", valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("json or jsonl; without it the file's ending tells, else json.", valueName: "format"))
  var format: String?

  func run(_ archive: Archive, _ output: Output) async throws {
    let documentFormat = try format.map(DocumentFormat.init(spelling:)) ?? self.formatOfEnding()
    guard let file else {
      _ = try await archive.read { try $0.export(documentFormat) { try Terminal.write($0) } }
      return
    }
    let target = try target(of: file, archive)
    let counts = try await write(archive, documentFormat, to: target)
    let json = JSON.object(
      JSONObject([
        ("path", .string(file)), ("counts", .object(JSONObject(EntityType.allCases.map { ($0.plural, .integer(counts[$0] ?? 0)) }))),
      ]))
    try output.print(json) {
      let parts = EntityType.allCases.map { "\(counts[$0] ?? 0) \(counts[$0] == 1 ? $0.rawValue : $0.plural)" }
      return "Wrote \(parts.joined(separator: ", ")) to \(file)."
    }
  }

  /// The file to replace: what a link leads to, and never the archive itself, its companions, or what is no plain file.
  private func target(of file: String, _ archive: Archive) throws -> String {
    let target = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
    let own = URL(fileURLWithPath: archive.path).resolvingSymlinksInPath().path
    guard !["", "-wal", "-shm", "-witness"].contains(where: { own + $0 == target }) else {
      throw CommandFailure(.usage, "\(file) belongs to the archive itself", hint: "choose another file")
    }
    guard FileManager.default.fileExists(atPath: target) else { return target }
    let type = try FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
    guard type == .typeRegular else {
      throw CommandFailure(.usage, "\(file) is not a plain file", hint: "choose another, or leave it out for standard output")
    }
    if (try? Archive(readingAt: target).close()) != nil {
      throw CommandFailure(.usage, "\(file) is an archive", hint: "choose another file; an archive is never written over")
    }
    return target
  }

  /// The format that the file's ending stands for; without one it is json.
  private func formatOfEnding() throws -> DocumentFormat {
    let name = (file ?? "").split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return .json }
    switch name[dot...].lowercased() {
    case ".json": return .json
    case ".jsonl", ".ndjson": return .jsonl
    case let ending: throw CommandFailure(.usage, "no format is known by the ending \(ending)", hint: "say --format json or --format jsonl")
    }
  }

  private func write(_ archive: Archive, _ format: DocumentFormat, to file: String) async throws -> [EntityType: Int] {
    let temporary = "\(file).\(ProcessInfo.processInfo.processIdentifier).new"
    guard FileManager.default.createFile(atPath: temporary, contents: nil), let handle = FileHandle(forWritingAtPath: temporary) else {
      throw CommandFailure(.notAllowed, "\(file) can't be written", hint: "check that its folder is there and yours")
    }
    do {
      let counts = try await archive.read { transaction in
        try transaction.export(format) { bytes in
          do {
            try handle.write(contentsOf: Data(bytes))
          } catch {
            throw CommandFailure(.tryAgain, "\(file) can't be written on", hint: "there may be no room left on the disk")
          }
        }
      }
      try handle.close()
      guard rename(temporary, file) == 0 else {
        throw CommandFailure(.notAllowed, "\(file) can't be replaced", hint: "it may be a directory, or not yours")
      }
      return counts
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }
}
