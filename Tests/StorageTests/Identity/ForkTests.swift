import DictaModels
import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaStorage

/// Two copies that write as one, because the witness was defeated.
@Suite struct ForkTests {
  let folder: TemporaryFolder

  /// Copies an archive so that the copy doesn't notice that it is one.
  private func clone(_ name: String, to copy: String) throws -> Archive {
    try folder.copy(name, to: copy)
    try folder.copy(name + "-witness", to: copy + "-witness")
    let path = folder.file(copy)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let mark = "\(attributes[.systemNumber]!)/\(attributes[.systemFileNumber]!)"
    let content = String(decoding: try folder.bytes(of: copy + "-witness"), as: UTF8.self)
    let old = try FileManager.default.attributesOfItem(atPath: folder.file(name))
    _ = try folder.file(
      copy + "-witness", holding: content.replacingOccurrences(of: "\(old[.systemNumber]!)/\(old[.systemFileNumber]!)", with: mark))
    return try Archive(at: path)
  }

  private func twins() async throws -> (original: Archive, copy: Archive, id: Claim.ID) {
    let original = try folder.archive("original.dicta")
    let id = try await original.writeClaim("one")
    try original.close()
    let copy = try clone("original.dicta", to: "copy.dicta")
    let again = try Archive(at: folder.file("original.dicta"))
    #expect(try await again.read { try $0.status().origin } == copy.read { try $0.status().origin })
    return (again, copy, id)
  }

  @Test func bothBranchesOfAForkAreKeptAndReported() async throws {
    let (original, copy, id) = try await twins()
    try await original.write { try $0.update(id) { $0.text = "by the original" } }
    try await original.writeClaim("only in the original")
    try await copy.write { try $0.update(id) { $0.text = "by the copy" } }
    let forked = try await copy.read { try $0.status().origin }
    let other = try folder.archive("other.dicta")
    try await other.sync(with: original)
    try await other.sync(with: copy)
    #expect(try await other.read { try $0.status().forks } == 1)
    #expect(try await other.heads().filter { $0.origin == forked }.map(\.sequence).sorted() == [2, 3])
    try await other.sync(with: original)
    #expect(try await original.sync(with: copy).isEqual)
    for archive in [original, copy, other] {
      #expect(try await archive.digest == other.digest)
      #expect(try await archive.document() == other.document())
      #expect(try await archive.check() == [])
      #expect(try await archive.read { try $0.list(Claim.self).count } == 2)
      #expect(try await archive.read { try $0.conflicts().first?.candidates.count } == 2)
      #expect(try await archive.read { try $0.status().forks } == 1)
    }
    // Both noticed, and neither goes on as the other.
    let origins = [try await original.read { try $0.status().origin }, try await copy.read { try $0.status().origin }]
    #expect(Set(origins + [forked]).count == 3)
  }

  @Test func forksOfEqualLengthAreNoticed() async throws {
    let (original, copy, id) = try await twins()
    for archive in [original, copy] { for _ in 0..<5 { try await archive.writeClaim("the same number of changes") } }
    let report = try await original.sync(with: copy)
    #expect(report.sent == 5 && report.received == 5 && report.isEqual)
    #expect(try await original.digest == copy.digest)
    #expect(try await original.read { try $0.list(Claim.self).count } == 11)
    #expect(try await copy.read { try $0.require(id).text } == "one")
  }

  @Test func ofALongForkOnlyWhatLiesBehindItIsSent() async throws {
    let original = try folder.archive("original.dicta")
    for number in 0..<40 { try await original.writeClaim("\(number)") }
    try original.close()
    let copy = try clone("original.dicta", to: "copy.dicta")
    let again = try Archive(at: folder.file("original.dicta"))
    for _ in 0..<3 { try await again.writeClaim("original") }
    for _ in 0..<7 { try await copy.writeClaim("copy") }
    let report = try await again.sync(with: copy)
    // Places one, two, four, eight steps back are compared, so at most as much again is sent as lies behind the fork.
    #expect(report.sent == 3 && report.received == 7 && report.isEqual)
    #expect(report.bytesSent < 4_000 && report.bytesReceived < 8_000)
    #expect(try await again.digest == copy.digest)
  }

  /// The reader's branch is the longer one, so its head could be one that follows what is held here.
  @Test func aBundleSinceAHeadOfALongerBranchLeavesNothingOut() async throws {
    let original = try folder.archive("original.dicta")
    for number in 0..<30 { try await original.writeClaim("\(number)") }
    try original.close()
    let copy = try clone("original.dicta", to: "copy.dicta")
    let again = try Archive(at: folder.file("original.dicta"))
    for _ in 0..<10 { try await again.writeClaim("original") }
    for _ in 0..<20 { try await copy.writeClaim("copy") }
    _ = try await copy.open(for: [])
    var bundle: [UInt8] = []
    let heads = try await copy.heads(sinceAnyOf: []).names
    #expect(heads.map(\.sequence) == [50])
    #expect(try await again.writeBundle(since: heads) { bundle += $0 }.changes == 40)
    var rest: [UInt8]? = bundle
    let receipt = try await copy.readBundle("a bundle") {
      defer { rest = nil }
      return rest
    }
    #expect(receipt.applied == 10 && receipt.known == 30 && receipt.missing == 0)
    #expect(try await copy.read { try $0.list(Claim.self).count } == 60)
  }

  @Test func aForkInTheMidstOfARunIsMergedRunByRun() async throws {
    let (original, copy, id) = try await twins()
    let long = String(repeating: "w", count: 60_000)
    for (name, archive) in [("original", original), ("copy", copy)] {
      try await archive.write { transaction in
        try transaction.update(id) { $0.text = "by the \(name)" }
        for number in 0..<20 { try transaction.insert(Claim(id: transaction.newID(), text: "\(name) \(number)" + long)) }
      }
    }
    #expect(try await original.sync(with: copy).isEqual)
    for archive in [original, copy] {
      #expect(try await archive.read { try $0.status().aside } == 0)
      #expect(try await archive.read { try $0.list(Claim.self).count } == 41)
      #expect(try await archive.digest == original.digest)
      #expect(try await archive.check() == [])
    }
  }

  @Test func copiesOfCopiesConverge() async throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      let folder = TemporaryFolder()
      var random = SeededRandom(seed: seed)
      let tests = ForkTests(folder: folder)
      let first = try folder.archive("0.dicta")
      let id = try await first.writeClaim("one")
      try first.close()
      var names = ["0.dicta"]
      var archives: [Archive] = []
      for number in 1...3 {
        // Each is a clone of any before it, with what that had written so far.
        let source = random.pick(names)
        let copy = try tests.clone(source, to: "\(number).dicta")
        for _ in 0..<(1 + random.next() % 3) { try await copy.write { try $0.update(id) { $0.text += " \(number)" } } }
        try copy.close()
        names.append("\(number).dicta")
      }
      archives = try names.map { try Archive(at: folder.file($0)) }
      for _ in 0..<3 {
        for left in archives.indices {
          for right in archives.indices where left < right { try await archives[left].sync(with: archives[right]) }
        }
      }
      for archive in archives {
        #expect(try await archive.heads() == archives[0].heads(), "seed \(seed)")
        #expect(try await archive.digest == archives[0].digest, "seed \(seed)")
        #expect(try await archive.document() == archives[0].document(), "seed \(seed)")
        #expect(try await archive.check() == [], "seed \(seed)")
      }
    }
  }

  private init(folder: TemporaryFolder) {
    self.folder = folder
  }

  init() {
    folder = TemporaryFolder()
  }
}
