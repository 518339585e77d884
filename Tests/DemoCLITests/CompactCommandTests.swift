import DictaModels
import DictaStorage
import Foundation
import Testing

/// `compact`: what it prints, and with which codes it ends.
@Suite struct CompactCommandTests {
  @Test func aLargeArchiveBecomesSmallerAndSaysTheSame() async throws {
    let desk = try Desk.withArchive()
    for number in 0..<30 {
      // Too long to be compressed when it is written.
      let words = (0..<400).map { "Paragraph \($0) of \(number): nobody had seen it." }.joined(separator: "\n")
      try await desk.json("article", "add", try desk.file("\(number).txt", words), "--url", "https://example.org/\(number)")
    }
    let before = (try await desk.json("status"), try await desk.run("export").stdout)
    let report = try await desk.json("compact")
    #expect(report["compressed"] == .integer(30) && report["dropped"] == .integer(0))
    guard case .integer(let first)? = report["bytesBefore"], case .integer(let last)? = report["bytesAfter"] else {
      Issue.record("no sizes: \(report)")
      return
    }
    #expect(last < first)
    #expect(try FileManager.default.attributesOfItem(atPath: desk.folder + "/corpus.dicta")[.size] as? Int64 == last)
    let after = (try await desk.json("status"), try await desk.run("export").stdout)
    #expect(after.0["digest"] == before.0["digest"] && after.0["heads"] == before.0["heads"] && after.1 == before.1)
    #expect(try await desk.json("check")["ok"] == .bool(true))
    #expect(try await desk.run("compact").stdout.contains("0 changes packed, 0 texts compressed"))
  }

  // MARK: Dropping

  /// Writes long notes over one another.
  private static func writeNotes(_ count: Int, in path: String, of claim: Claim.ID? = nil) async throws -> Claim.ID {
    let archive = try Archive(at: path)
    let claim =
      if let claim { claim } else {
        try await archive.write { transaction in
          let claim = Claim(id: transaction.newID(), text: "The bridge opens in spring")
          try transaction.insert(claim)
          return claim.id
        }
      }
    for number in 0..<count {
      let note = (0..<20).map { "Somebody said \($0 * 7919 % 1009) in note \(number), and nobody heard it." }.joined(separator: " ")
      try await archive.write { try $0.update(claim) { $0.note = note } }
    }
    try archive.close()
    return claim
  }

  @Test func whatWasOverwrittenIsDroppedAndHistorySaysSo() async throws {
    let desk = try Desk.withArchive()
    let claim = try await Self.writeNotes(40, in: desk.folder + "/corpus.dicta")
    let before = (try await desk.json("status"), try await desk.run("export").stdout)
    let report = try await desk.json("compact", "--drop-superseded")
    #expect(report["dropped"] == .integer(39) && report["waiting"] == .integer(0) && report["waitsFor"] == .array([]))
    let after = (try await desk.json("status"), try await desk.run("export").stdout)
    #expect(after.0["digest"] == before.0["digest"] && after.0["heads"] == before.0["heads"] && after.1 == before.1)
    #expect(try await desk.json("check")["ok"] == .bool(true))
    guard case .array(let entries) = try await desk.json("history", claim.description) else {
      Issue.record("no history")
      return
    }
    #expect(entries.count(where: { $0["dropped"] == .bool(true) && $0["new"] == .null && $0["field"] == .string("note") }) == 39)
    #expect(entries.count(where: { $0["dropped"] == .bool(false) }) == entries.count - 39)
    #expect(try await desk.run("history", claim.description).stdout.contains("set note (dropped by compact)"))
    #expect(try await desk.run("compact", "--drop-superseded").stdout.contains("values of 0 changes dropped"))
  }

  @Test func whoIsWaitedForIsNamedUntilItIsRetired() async throws {
    let desk = try Desk.withArchive()
    let claim = try await Self.writeNotes(0, in: desk.folder + "/corpus.dicta")
    try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    try await desk.json("claim", "add", "From elsewhere", "--archive", "other.dicta")
    try await desk.json("sync", "corpus.dicta", "--archive", "other.dicta")
    guard case .string(let other)? = try await desk.json("status", "--archive", "other.dicta")["origin"] else {
      Issue.record("no origin")
      return
    }
    _ = try await Self.writeNotes(40, in: desk.folder + "/corpus.dicta", of: claim)
    let waiting = try await desk.json("compact", "--drop-superseded")
    #expect(waiting["dropped"] == .integer(0) && waiting["waiting"] == .integer(39))
    guard case .array(let replicas)? = waiting["waitsFor"], replicas.count == 1 else {
      Issue.record("\(waiting)")
      return
    }
    #expect(replicas[0]["origin"] == .string(other))
    let text = try await desk.run("compact", "--drop-superseded").stdout
    #expect(text.contains("39 changes more") && text.contains(other) && text.contains("--retire"))
    // Who is nobody, and who is this archive itself.
    guard case .string(let own)? = try await desk.json("status")["origin"] else { return }
    for (spelling, status) in [("12", 64), ("no digits", 64), (String(repeating: "0", count: 32), 66), (own, 77)] as [(String, Int32)] {
      #expect(try await desk.failure("compact", "--retire", spelling).status == status, "\(spelling)")
    }
    #expect(try await desk.failure("compact", "--unretire", other).status == 66)
    let retired = try await desk.json("compact", "--drop-superseded", "--retire", String(other.suffix(8)))
    #expect(retired["dropped"] == .integer(39) && retired["retired"] == .array(replicas))
    #expect(try await desk.json("compact", "--unretire", other)["retired"] == .array([]))
    // It is told why it gets nothing, on either side.
    let refused = try await desk.failure("sync", "corpus.dicta", "--archive", "other.dicta")
    #expect(refused.status == 65 && refused.text.contains("39 changes") && refused.text.contains("snapshot"))
    #expect(try await desk.failure("sync", "other.dicta").status == 65)
    #expect(try await desk.failure("bundle", "export", "all.bundle").text.contains("39 changes"))
    // Another one begins anew.
    let fresh = try await desk.json("sync", "corpus.dicta", "--archive", "fresh.dicta")
    #expect(fresh["equal"] == .bool(true))
    #expect(try await desk.json("check", "--archive", "fresh.dicta")["ok"] == .bool(true))
  }

  @Test func whereNoArchiveIsItSaysSo() async throws {
    let desk = try Desk()
    #expect(try await desk.failure("compact").status == 66)
  }
}
