import DictaModels
import DictaSync
import Foundation
import Testing

@testable import DictaStorage

/// The witness is written in place, one of its two lines at a time.
@Suite struct WitnessFileTests {
  let folder = TemporaryFolder()

  private var path: String { folder.file("1.dicta") }

  private func witness() throws -> Witness {
    let witness = try Witness.read(beside: path)
    return try #require(witness)
  }

  /// The lines of a witness after some syncs, each of which said something new.
  private func lines() async throws -> [[UInt8]] {
    let archives = try folder.archives(2)
    for text in ["one", "two", "three"] {
      try await archives[0].writeClaim(text)
      try await archives[0].sync(with: archives[1])
    }
    for archive in archives { try archive.close() }
    return try read()
  }

  private func read() throws -> [[UInt8]] {
    try folder.bytes(of: "1.dicta-witness").split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Array($0) }
  }

  private func write(_ lines: [[UInt8]]) throws {
    _ = try folder.file("1.dicta-witness", holding: lines.reduce(into: []) { $0 += $1 + [UInt8(ascii: "\n")] })
  }

  private func count(_ line: [UInt8]) throws -> Int {
    try #require(Int(String(decoding: line, as: UTF8.self).split(separator: " ").last ?? ""))
  }

  private func newest(_ lines: [[UInt8]]) throws -> Int {
    try count(lines[0]) > count(lines[1]) ? 0 : 1
  }

  private func origin() async throws -> Origin {
    let archive = try Archive(at: path)
    defer { try? archive.close() }
    return try await archive.read { try $0.status().origin }
  }

  @Test func aSyncWritesInPlaceWhatOnlyItsOwnerMayRead() async throws {
    let archives = try folder.archives(2)
    func file() throws -> [FileAttributeKey: Any] { try FileManager.default.attributesOfItem(atPath: path + "-witness") }
    let before = try file()
    for text in ["one", "two", "three"] {
      try await archives[0].writeClaim(text)
      #expect(try await archives[1].sync(with: archives[0]).isEqual)
      let head = try await archives[0].heads()[0]
      #expect(try witness().published == Witness.Published(sequence: head.sequence, id: head.id))
      #expect(try witness().synced == [head])
      #expect(try Witness.read(beside: folder.file("2.dicta"))?.synced == [head])
    }
    let after = try file()
    #expect(before[.systemFileNumber] as? NSNumber == after[.systemFileNumber] as? NSNumber)
    #expect(before[.size] as? NSNumber == after[.size] as? NSNumber)
    #expect((after[.posixPermissions] as? Int) == 0o600)
    for archive in archives { #expect(try await archive.check() == []) }
  }

  @Test func aLineThatWasNotWrittenToItsEndCountsForNothing() async throws {
    let sound = try await lines()
    let newest = try newest(sound)
    let before = try await origin()
    for length in [0, 1, 12, 100, sound[0].count / 2, sound[0].count - 1] {
      // The beginning of what came next, and the end of what stood there.
      let next = String(decoding: sound[newest], as: UTF8.self).replacing(#/"count":\d+/#) { _ in #""count":99"# }
      var torn = sound
      torn[newest] = Array(Array(next.utf8).prefix(length) + sound[newest].dropFirst(length))
      try write(torn)
      #expect(try witness().isWhole)
      #expect(try witness().published != nil)
      #expect(try await origin() == before, "after \(length) bytes")
    }
  }

  @Test func aNewestLineThatIsDamagedGivesANewOrigin() async throws {
    let sound = try await lines()
    let newest = try newest(sound)
    let before = try await origin()
    // The older one is of no consequence.
    var damaged = sound
    damaged[1 - newest][60] ^= 1
    try write(damaged)
    #expect(try witness().isWhole)
    #expect(try await origin() == before)
    damaged = sound
    damaged[newest][60] ^= 1
    try write(damaged)
    let read = try witness()
    #expect(!read.isWhole && read.published == nil && read.synced.isEmpty)
    // Its keys are known from the other line.
    #expect(read.identity.origin == before)
    #expect(try await origin() != before)
    #expect(try await Archive(at: path).check() == [])
  }

  @Test func theFormWithOneObjectIsReadAndWrittenAnew() async throws {
    let lines = try await lines()
    var witness = try witness()
    let before = try await origin()
    witness.count = 0
    try write([witness.json])
    #expect(try self.witness().isWhole && self.witness().published == witness.published)
    #expect(try await origin() == before)
    let archives = try [Archive(at: path), Archive(at: folder.file("2.dicta"))]
    try await archives[0].writeClaim("four")
    #expect(try await archives[0].sync(with: archives[1]).isEqual)
    #expect(try read().map(\.count) == lines.map(\.count))
    #expect(try self.witness().published?.sequence == 4)
    #expect(try await archives[0].read { try $0.status().origin } == before)
  }

  @Test func theLineThatIsOnTheDiskStaysUntilTheOtherOneIs() async throws {
    _ = try await lines()
    var file = WitnessFile()
    func written(isLasting: Bool) throws -> Int {
      let before = try read()
      try file.update(beside: path, isLasting: isLasting) { witness in
        witness.synced = []
        return true
      }
      let after = try read()
      return try #require([0, 1].first { before[$0] != after[$0] && before[1 - $0] == after[1 - $0] })
    }
    let lasting = try written(isLasting: true)
    for _ in 0..<3 { #expect(try written(isLasting: false) == 1 - lasting) }
    #expect(try written(isLasting: true) == 1 - lasting)
    #expect(try written(isLasting: false) == lasting)
  }

  @Test func whatAnotherProcessWroteIsSeen() async throws {
    _ = try await lines()
    var (one, other) = (WitnessFile(), WitnessFile())
    for number in 1...5 {
      try one.update(beside: path, isLasting: true) { witness in
        witness.published = Witness.Published(sequence: UInt64(2 * number), id: witness.published?.id ?? ChangeID(raw: .zero))
        return true
      }
      try other.update(beside: path, isLasting: false) { witness in
        #expect(witness.published?.sequence == UInt64(2 * number))
        witness.published = witness.published.map { Witness.Published(sequence: $0.sequence + 1, id: $0.id) }
        return true
      }
      #expect(try one.read(beside: path)?.published?.sequence == UInt64(2 * number + 1))
    }
  }

  @Test func aWitnessThatOutgrowsItsLineGetsALongerOne() async throws {
    let short = try await lines()
    var file = WitnessFile()
    let id = try #require(try witness().published?.id)
    let heads = (1...100).map { Head(origin: Origin(raw: Bytes16(high: 0, low: UInt64($0))), sequence: 1, id: id) }
    try file.update(beside: path, isLasting: true) { witness in
      witness.synced = heads
      return true
    }
    #expect(try read()[0].count > short[0].count)
    #expect(try witness().synced == heads && witness().isWhole)
    let attributes = try FileManager.default.attributesOfItem(atPath: path + "-witness")
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
  }
}
