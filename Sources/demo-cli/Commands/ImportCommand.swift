import ArgumentParser
import DictaModels
import DictaStorage
import Foundation

struct ImportCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Read a corpus document, all of it or nothing.",
    discussion: "Importing a document twice adds nothing the second time. With a problem anywhere, every problem is listed and nothing is imported.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("The document; - reads standard input.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("json or jsonl; without it the file's beginning tells.", valueName: "format"))
  var format: String?

  @Flag(help: "Import the rest, without what is invalid and what refers to it.")
  var skipInvalid = false

  func run(_ archive: Archive, _ output: Output) async throws {
    let documentFormat = try format.map(DocumentFormat.init(spelling:))
    let (path, isTemporary) = file == "-" ? (try spoolStandardInput(), true) : (file, false)
    defer { if isTemporary { try? FileManager.default.removeItem(atPath: path) } }
    let bar = ProgressBar("importing")
    defer { bar.finish() }
    let report: ImportReport
    do {
      report = try await archive.importDocument(
        at: path, format: documentFormat, skippingInvalid: skipInvalid, author: writing.authorName, note: writing.changeNote
      ) { bar.update($0, of: $1) }
    } catch ArchiveError.notFound(path) {
      throw CommandFailure(.notFound, "no file at \(file)", hint: "name a corpus document, or - for standard input")
    } catch ArchiveError.notAnArchive(path, let reason) {
      throw CommandFailure(.badData, "\(file) can't be imported: \(reason)")
    }
    bar.finish()
    try output.print(report.json) { report.text }
  }

  /// A document is read twice, so standard input goes into a file first.
  private func spoolStandardInput() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-import-\(UUID().uuidString)").path
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let spool = FileHandle(forWritingAtPath: path)
    else { throw CommandFailure(.other, "no temporary file can be made in \(FileManager.default.temporaryDirectory.path)") }
    defer { try? spool.close() }
    do {
      while let data = try FileHandle.standardInput.read(upToCount: 1 << 18), !data.isEmpty { try spool.write(contentsOf: data) }
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw CommandFailure(.tryAgain, "standard input can't be kept in \(path): \(error)")
    }
    return path
  }
}

extension DocumentFormat {
  init(spelling: String) throws {
    guard let format = DocumentFormat(rawValue: spelling) else {
      throw CommandFailure(
        .usage, "there is no format “\(spelling)”", hint: "formats are \(DocumentFormat.allCases.map(\.rawValue).joined(separator: " and "))")
    }
    self = format
  }
}

extension ImportReport {
  var json: JSON {
    func counts(_ counts: [EntityType: Int]) -> JSON {
      .object(JSONObject(EntityType.allCases.map { ($0.plural, .integer(counts[$0] ?? 0)) }))
    }
    return .object(
      JSONObject([
        ("created", counts(created)), ("updated", counts(updated)), ("unchanged", counts(unchanged)), ("skipped", counts(skipped)),
        ("problems", .array(problems.map(\.json))),
      ]))
  }

  var text: String {
    func line(_ label: String, _ counts: [EntityType: Int]) -> String {
      let parts = EntityType.allCases.compactMap { type in counts[type].map { "\($0) \($0 == 1 ? type.rawValue : type.plural)" } }
      return parts.isEmpty ? "" : "\(label) \(parts.joined(separator: ", "))\n"
    }
    let text = line("created  ", created) + line("updated  ", updated) + line("unchanged", unchanged) + line("skipped  ", skipped)
    return (text.isEmpty ? "The document is empty.\n" : text) + problems.map { "  \($0.line)\n" }.joined()
  }
}
