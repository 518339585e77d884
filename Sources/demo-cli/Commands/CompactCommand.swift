import ArgumentParser
import DictaModels
import DictaStorage

struct CompactCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Make the file smaller; everything it holds stays as it is.",
    discussion: """
      The log and the texts are compressed, and the room is given back to the disk. Others may go on with the archive meanwhile. If it is
      interrupted, call it again: it goes on from where it was.
      """)

  @OptionGroup var shared: SharedOptions

  func run() async throws {
    let archive = try Archive(at: shared.path)
    do {
      try await run(archive, shared.output)
    } catch {
      try? archive.close()
      throw error
    }
    try archive.close()
  }

  func run(_ archive: Archive, _ output: Output) async throws {
    let report = try await archive.compact()
    let json = JSON.object(
      JSONObject([
        ("bytesBefore", .integer(Int64(report.bytesBefore))), ("bytesAfter", .integer(Int64(report.bytesAfter))), ("dropped", .integer(0)),
        ("packed", .integer(Int64(report.packedChanges))), ("compressed", .integer(Int64(report.compressedTexts))),
      ]))
    try output.print(json) {
      let style = Style()
      func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
      return "\(count(report.packedChanges, "change")) packed, \(count(report.compressedTexts, "text")) compressed\n"
        + "\(report.bytesBefore) bytes before, " + style.bold("\(report.bytesAfter)") + " now\n"
    }
  }
}
