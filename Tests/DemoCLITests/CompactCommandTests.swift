import DictaModels
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

  @Test func whereNoArchiveIsItSaysSo() async throws {
    let desk = try Desk()
    #expect(try await desk.failure("compact").status == 66)
  }
}
