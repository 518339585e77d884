import DictaModels
import Foundation
import Testing

/// The inputs that fuzzers found keep their properties; see Tests/Fuzzing/README.md.
@Suite struct CorpusTests {
  private static let folder = URL(filePath: #filePath).appending(path: "../../../Fuzzing/Corpus").standardizedFileURL

  private func inputs(_ fuzzer: String) throws -> [(name: String, bytes: [UInt8])] {
    let files = try FileManager.default.contentsOfDirectory(at: Self.folder.appending(path: fuzzer), includingPropertiesForKeys: nil)
    let inputs = try files.sorted { $0.path < $1.path }.map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    try #require(!inputs.isEmpty)
    return inputs
  }

  @Test func framesAndMessages() throws {
    for input in try inputs("frames") {
      #expect(throws: Never.self, "frames/\(input.name)") { try FrameProperties.check(input.bytes) }
    }
  }

  @Test func changes() throws {
    for input in try inputs("changes") {
      #expect(throws: Never.self, "changes/\(input.name)") { try ChangeProperties.check(input.bytes) }
    }
  }

  @Test func whatAnArchiveReceives() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dicta-corpus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let archives = try ReceiveProperties(in: folder.path)
    var changeCount = 0
    for input in try inputs("receive") {
      await #expect(throws: Never.self, "receive/\(input.name)") { changeCount += try await archives.check(input.bytes) }
    }
    // Else the forger has lost its touch, and everything is refused before it is looked at.
    #expect(changeCount > 50)
  }
}
