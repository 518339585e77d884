import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

/// A body that would leave half of its page empty is compressed when it comes into the log, and is what it was to everybody who asks.
@Suite struct StoredBodyTests {
  let folder = TemporaryFolder()

  private func stored(_ archive: Archive) async throws -> [(isCompressed: Bool, byteCount: Int)] {
    try await archive.read { try $0.db.all("SELECT body FROM log ORDER BY position") { ($0.blob(0)[0] >= 0x80, $0.blob(0).count) } }
  }

  @Test func whatIsCompressedIsWhatWasWritten() async throws {
    let archives = try folder.archives(2)
    let ids = try await archives[0].write { transaction in
      try [10, 3_000, 40_000].map { count in
        let claim = Claim(id: transaction.newID(), text: "many words")
        try transaction.insert(claim)
        return (claim.id, count)
      }
    }
    for (id, count) in ids {
      try await archives[0].write { try $0.update(id) { $0.context = String(repeating: "word \(count) ", count: count / 8) } }
    }
    #expect(try await stored(archives[0]).map(\.isCompressed) == [false, false, true, false])
    #expect(try await stored(archives[0])[2].byteCount < 1_000)
    let bodies = try await archives[0].read { try $0.changes(after: 0).map(\.bodyBytes.count) }
    #expect(bodies[2] > 2_500 && bodies[3] > 35_000)
    for (id, _) in ids { #expect(try await archives[0].read { try $0.history(of: id.reference) }.last?.address == .field("context")) }
    #expect(try await archives[0].check() == [])
    // So it is where it is received.
    #expect(try await archives[1].sync(with: archives[0]).isEqual)
    #expect(try await stored(archives[1]).map(\.isCompressed) == [false, false, true, false])
    #expect(try await archives[1].read { try $0.changes(after: 0) } == archives[0].read { try $0.changes(after: 0) })
    #expect(try await archives[1].check() == [])
  }

  @Test func everySizeComesBack() throws {
    var random = SeededRandom(seed: 1)
    for count in [0, 1, 1_299, 1_300, 2_000, 11_999, 12_000, 12_001] {
      for kinds in [1, 3, 256] as [UInt64] {
        let body = [0x0a] + (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % kinds) }
        #expect(try StoredBody.body(from: StoredBody.bytes(of: body)) == body)
      }
    }
  }

  @Test func aDamagedOneIsRefused() throws {
    let bytes = StoredBody.bytes(of: [0x0a] + [UInt8](repeating: 7, count: 2_000))
    #expect(bytes.count < 100)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        // The window's size may be another one; else nothing may.
        let body = try? StoredBody.body(from: damaged)
        #expect(body == nil || body == [0x0a] + [UInt8](repeating: 7, count: 2_000) || damaged[0] < 0x80, "byte \(index), bit \(bit)")
      }
    }
    #expect(throws: MalformedBytes.self) { try StoredBody.body(from: [0x80]) }
    #expect(throws: MalformedBytes.self) { try StoredBody.body(from: Array(bytes.dropLast())) }
  }
}
