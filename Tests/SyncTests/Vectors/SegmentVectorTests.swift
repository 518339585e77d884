import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Testing

/// Signed segments and what a replica that holds something makes of them: the same in memory as in an archive.
@Suite struct SegmentVectorTests {
  /// What a delivery comes to, in words.
  private struct Outcome: Equatable {
    var refusal: [(String, JSON)] = []
    var receipt: [(String, JSON)] = []
    let state: [(String, JSON)]

    init(refusal: [(String, JSON)] = [], receipt: [(String, JSON)] = [], heads: [Head], digest: Digest) {
      (self.refusal, self.receipt) = (refusal, receipt)
      state = [("heads", .hex(HeadsHash(of: heads).bytes)), ("digest", .hex(digest.bytes))]
    }

    var members: [(String, JSON)] { refusal + receipt + state }

    static func == (left: Self, right: Self) -> Bool { JSONObject(left.members) == JSONObject(right.members) }
  }

  private func deliver(_ before: [[UInt8]], _ content: [UInt8], to log: some ChangeLog, state: () async throws -> (heads: [Head], digest: Digest))
    async throws
    -> Outcome
  {
    for content in before {
      guard case .changes(let delivery) = try Message(kind: .changes, content: content) else { continue }
      _ = try await log.receive(delivery, from: "a file")
    }
    var (refusal, receipt) = ([(String, JSON)](), [(String, JSON)]())
    do {
      guard case .changes(let delivery) = try Message(kind: .changes, content: content) else { throw CutStream() }
      let taken = try await log.receive(delivery, from: "a file")
      receipt = [
        ("received", .integer(Int64(taken.received))), ("known", .integer(Int64(taken.known))), ("texts", .integer(Int64(taken.texts))),
      ]
    } catch let error as RefusedDelivery {
      refusal = [("refused", .string(error.reason.word)), ("sequence", .number(error.sequence))]
    } catch is MalformedBytes {
      refusal = [("refused", .string("unreadable")), ("sequence", .integer(0))]
    }
    let (heads, digest) = try await state()
    return Outcome(refusal: refusal, receipt: receipt, heads: heads, digest: digest)
  }

  private func inMemory(_ before: [[UInt8]], _ content: [UInt8]) async throws -> Outcome {
    let log = MemoryLog(name: "reader", corpus: SegmentVectors.corpus, seed: 1)
    return try await deliver(before, content, to: log) { (log.archive.replica.heads, log.archive.replica.digest) }
  }

  private func inArchive(_ before: [[UInt8]], _ content: [UInt8], _ folder: TestFolder, _ name: String) async throws -> Outcome {
    let archive = try Archive(creatingAt: "\(folder.path)/\(name).dicta", corpus: SegmentVectors.corpus, device: "reader")
    let outcome = try await deliver(before, content, to: archive) {
      let status = try await archive.status
      return (status.heads, status.digest)
    }
    try archive.close()
    return outcome
  }

  @Test func segments() async throws {
    let cases = try SegmentVectors.all()
    var generated: [JSONObject] = []
    for one in cases {
      let outcome = try await inMemory(one.before.map(\.content), one.delivery.content)
      if let (reason, sequence) = one.refusal {
        #expect(JSONObject(outcome.refusal) == ["refused": .string(reason), "sequence": .number(sequence)], "\(one.name)")
      } else {
        #expect(outcome.refusal.isEmpty, "\(one.name): \(outcome.refusal)")
      }
      generated.append(
        JSONObject(
          [
            ("name", .string(one.name)), ("corpus", .string(SegmentVectors.corpus.description)),
            ("before", .array(one.before.map { .hex($0.content) })),
            ("hex", .hex(one.delivery.content)),
          ] + outcome.members + [("valid", .bool(one.refusal == nil))]))
    }
    let vectors = try VectorFile(name: "segments.json").vectors(generated: generated)
    #expect(vectors.map { $0.string("name") } == generated.map { $0.string("name") })
    #expect(Set(vectors.map { $0.string("name") }).count == vectors.count, "names are unique")
    let folder = try TestFolder()
    for (number, (vector, expected)) in zip(vectors, generated).enumerated() {
      let name = vector.string("name")
      if SigningKey.areSignaturesRepeatable { #expect(vector == expected, "\(name) is not what is generated") }
      let before = vector.hexes("before")
      let outcome = try await inMemory(before, vector.bytes("hex"))
      for (key, value) in outcome.members { #expect(vector[key] == value, "\(name), \(key), in memory") }
      let archived = try await inArchive(before, vector.bytes("hex"), folder, "\(number)")
      for (key, value) in archived.members { #expect(vector[key] == value, "\(name), \(key), in an archive") }
    }
  }
}

extension RefusedDelivery.Reason {
  /// The reason without what it is about.
  var word: String {
    switch self {
    case .malformed: "malformed"
    case .wrongSignature: "wrongSignature"
    case .brokenChain: "brokenChain"
    case .missingCause: "missingCause"
    case .missingText: "missingText"
    case .wrongBirth: "wrongBirth"
    }
  }
}

extension JSONObject {
  /// Bytes in a list.
  func hexes(_ key: String) -> [[UInt8]] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements.compactMap { if case .string(let hex) = $0 { Hex.bytes(hex) } else { nil } }
  }
}
