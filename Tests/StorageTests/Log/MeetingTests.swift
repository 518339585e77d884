import DictaModels
import Testing

@testable import DictaStorage

@Suite struct MeetingTests {
  /// A hub hears that a client holds the same when other clients have written long since.
  @Test func whatAPeerHeldIsRememberedAlsoWhereMoreWasWrittenMeanwhile() async throws {
    let folder = TemporaryFolder()
    let archive = try folder.archive("here")
    let claim = try await archive.writeClaim("one")
    let told = try await archive.open(for: []).heads
    try await archive.write { try $0.update(claim) { $0.context = "two" } }
    #expect(try await archive.open(for: []).heads != told)
    try await archive.remember(told)
    #expect(try await archive.open(for: []).remembered == [told])
    // What nobody was told of here means nothing.
    let strange = try #require(HeadsHash(bytes: [UInt8](repeating: 7, count: 32)))
    try await archive.remember(strange)
    #expect(try await archive.open(for: [strange]).remembered == [told])
    #expect(try await archive.check().isEmpty)
    try archive.close()
  }
}
