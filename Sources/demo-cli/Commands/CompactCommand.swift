import ArgumentParser
import DictaModels
import DictaStorage

struct CompactCommand: ArchiveCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Make the file smaller; everything it holds stays as it is.",
    discussion: """
      The log and the texts are compressed, and the room is given back to the disk. Others may go on with the archive meanwhile. If it is
      interrupted, call it again: it goes on from where it was.

      With --drop-superseded the log also loses long values that were overwritten, of changes that every origin in the archive has acknowledged by
      writing on top of them. What the corpus says stays, and every change can still be verified; `history` can't tell those values any more. A
      replica that lacks such a change can't get it from here then: it sends what it has, and takes the rest from a replica that still holds it,
      or begins anew with an empty archive, which takes a snapshot. Replicas that only read, and copies that were never synced, are listed nowhere
      and aren't waited for. Two of which each dropped what the other lacks can't be brought together any more: sync before you drop.

      An origin whose device is gone would be waited for for ever: --retire it.
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Also drop values that were overwritten, where everybody holds the change that wrote them. They are gone for good.")
  var dropSuperseded = false

  @Option(help: ArgumentHelp("Wait no more for this origin: nobody writes under it any longer. May be given several times.", valueName: "origin"))
  var retire: [String] = []

  @Option(help: ArgumentHelp("Wait for it again.", valueName: "origin"))
  var unretire: [String] = []

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
    let (listed, retired) = try await archive.read { (Set(try $0.status().heads.map(\.origin)), Set(try $0.retiredOrigins)) }
    // All of them before the first is carried out.
    let (retiring, unretiring) = (try retire.map { try listed.find($0) }, try unretire.map { try retired.find($0) })
    for origin in retiring { try await archive.retire(origin) }
    for origin in unretiring { try await archive.unretire(origin) }
    let report = try await archive.compact(droppingSuperseded: dropSuperseded)
    let (waitsFor, nowRetired) = try await archive.read { transaction in
      func replica(_ origin: Origin) throws -> Replica { Replica(origin: origin, device: try transaction.device(of: origin) ?? "") }
      return (try report.waitsFor.map(replica), try transaction.retiredOrigins.map(replica))
    }
    try output.print(report.json(waitsFor: waitsFor, retired: nowRetired)) {
      text(report, waitsFor: waitsFor, retired: nowRetired)
    }
  }

  private func text(_ report: CompactionReport, waitsFor: [Replica], retired: [Replica]) -> String {
    let style = Style()
    func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
    var text = "\(count(report.packedChanges, "change")) packed, \(count(report.compressedTexts, "text")) compressed"
    if dropSuperseded { text += ", overwritten values of \(count(report.droppedChanges, "change")) dropped" }
    text += "\n\(report.bytesBefore) bytes before, " + style.bold("\(report.bytesAfter)") + " now\n"
    if report.waitingChanges > 0 {
      text += "\(count(report.waitingChanges, "change")) more could lose overwritten values, once these are known to hold them:\n"
      for replica in waitsFor { text += "  \(replica.text)\n" }
      text += style.dim("  sync with them after they have written something; or, if one is gone for good, say --retire ORIGIN:") + "\n"
      text += style.dim("  should it come back, it can send what it wrote unless it has dropped something too, and then has to begin anew") + "\n"
    }
    if dropSuperseded || !retire.isEmpty || !unretire.isEmpty, !retired.isEmpty {
      text += "retired: " + retired.map(\.text).joined(separator: ", ") + "\n"
    }
    return text
  }
}

/// An origin, as people know it.
private struct Replica {
  let origin: Origin
  let device: String

  var json: JSON { .object(JSONObject([("origin", .string(origin.description)), ("device", .string(device))])) }
  var text: String { "\(origin) \(TextLayout.singleLine(device))" }
}

extension CompactionReport {
  fileprivate func json(waitsFor: [Replica], retired: [Replica]) -> JSON {
    .object(
      JSONObject([
        ("bytesBefore", .integer(Int64(bytesBefore))), ("bytesAfter", .integer(Int64(bytesAfter))), ("dropped", .integer(Int64(droppedChanges))),
        ("packed", .integer(Int64(packedChanges))), ("compressed", .integer(Int64(compressedTexts))), ("waiting", .integer(Int64(waitingChanges))),
        ("waitsFor", .array(waitsFor.map(\.json))), ("retired", .array(retired.map(\.json))),
      ]))
  }
}

extension Set<Origin> {
  /// The origin that is spelled so, or that alone ends so.
  fileprivate func find(_ spelling: String) throws -> Origin {
    guard spelling.utf8.count >= 4, spelling.allSatisfy(\.isHexDigit) else {
      throw CommandFailure(.usage, "\(spelling) is no origin", hint: "give its 32 hexadecimal digits, or the last 4 or more of them")
    }
    let found = filter { $0.description.hasSuffix(spelling.lowercased()) }.sorted()
    guard let origin = found.first else {
      throw CommandFailure(.notFound, "there is no origin that ends in \(spelling)", hint: "`status --json` lists those that have written")
    }
    guard found.count == 1 else {
      throw CommandFailure(.ambiguous, "\(found.count) origins end in \(spelling)", hint: "give more of its digits")
    }
    return origin
  }
}
