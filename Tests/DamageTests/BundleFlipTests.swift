import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Testing

/// A damaged bundle is refused and leaves nothing behind that isn't sound, or it says what it said before.
@Suite struct BundleFlipTests {
  @Test(.timeLimit(.minutes(60))) func flipsInABundleAreRefusedOrChangeNothing() async throws {
    let folder = try WorkFolder()
    let original = try await Original(.closed, in: folder, seed: Flips.firstSeed)
    let writer = try Archive(at: original.path)
    let bundles = [try await Self.bundle(of: writer, isCompressed: false), try await Self.bundle(of: writer, isCompressed: true)]
    let expected = try await Portrait(of: writer).ofAnyReplica
    try writer.close()
    let fresh = folder.file("fresh.dicta")
    try Archive(creatingAt: fresh).close()
    let readers = [(fresh, try ArchiveFiles(at: fresh)), (original.halfPath, try ArchiveFiles(at: original.halfPath))]

    var counts: [Outcome: Int] = [:]
    for seed in (0..<Flips.count).map({ Flips.firstSeed + UInt64($0) }) {
      var random = SeededRandom(seed: seed)
      let bundle = random.pick(bundles)
      let (path, files) = random.pick(readers)
      let damage = Damage(to: bundle, &random)
      do {
        try files.write(to: path)
        let archive = try Archive(at: path)
        defer { try? archive.close() }
        counts[try await outcome(of: damage.bytes, in: archive, whole: bundle, expected), default: 0] += 1
      } catch {
        Issue.record("seed \(seed), bundle into \(path): \(damage): \(error)")
      }
    }
    Flips.report("bundle", counts)
    #expect(counts[.named] ?? 0 > 0)
  }

  private static func bundle(of log: some ChangeLog, isCompressed: Bool) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    _ = try await log.writeBundle(isCompressed: isCompressed) { bytes += $0 }
    return bytes
  }

  private func read(_ bytes: [UInt8], into archive: Archive) async throws -> BundleReceipt {
    var rest = bytes[...]
    return try await archive.readBundle("a bundle") {
      defer { rest = rest.dropFirst(4_000) }
      return rest.isEmpty ? nil : Array(rest.prefix(4_000))
    }
  }

  private func outcome(of bytes: [UInt8], in archive: Archive, whole: [UInt8], _ expected: Portrait) async throws -> Outcome {
    var outcome = Outcome.unchanged
    do {
      let receipt = try await read(bytes, into: archive)
      guard receipt.missing == 0 else { throw Silence(description: "\(receipt.missing) changes were left out") }
    } catch is BundleError {
      outcome = .named
      let problems = try await archive.check().filter { $0.code != "aside" }
      guard problems.isEmpty else { throw Silence(description: "what is left of it isn't sound: \(problems)") }
      _ = try await read(whole, into: archive)
    }
    let differences = try await Portrait(of: archive).ofAnyReplica.differences(from: expected)
    guard differences.isEmpty else { throw Silence(description: "\(outcome), and it differs in \(differences)") }
    return outcome
  }
}
