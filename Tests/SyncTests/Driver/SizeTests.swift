import Crypto
import DictaModels
import DictaStorage
import DictaTestSupport
import Testing

@testable import DictaSync

/// How many bytes a session takes. What it costs in time is measured, not tested.
@Suite struct SizeTests {
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
  }

  /// The first change of a new origin, which creates a claim.
  private func firstChange(in corpus: CorpusID, _ number: UInt64) throws -> Segment {
    let key = Curve25519.Signing.PrivateKey()
    let publicKey = try #require(Bytes32(Array(key.publicKey.rawRepresentation)))
    let nonce = Bytes16(high: 0, low: number)
    let origin = Origin(corpus: corpus, publicKey: publicKey, nonce: nonce)
    let claim = Reference(type: "claim", id: Bytes16(high: 1, low: number))
    let body = Body(groups: [Group(entity: claim, action: .create, ops: [Op(.field("text"), .string("claim \(number)"))])]).bytes
    let envelope = Header.Envelope(writtenAt: 1, birth: Header.Birth(publicKey: publicKey, nonce: nonce, device: "desk"))
    let change = try Change(origin: origin, sequence: 1, previous: nil, envelope: envelope, bodyBytes: body)
    return Segment(
      origin: origin, firstSequence: 1, previous: nil, parcels: [Segment.Parcel(envelope: envelope.bytes, body: body)],
      signature: HeadSignature(of: Head(origin: origin, sequence: 1, id: change.id), in: corpus, by: key))
  }

  @Test func tenDifferencesAmongTenThousandOriginsTakeLittle() async throws {
    let archives = try folder.archives("one", "two")
    let corpus = try await archives[0].status.corpus
    var number: UInt64 = 0
    func meetStrangers(_ count: Int, _ archive: Archive) async throws {
      let segments = try (0..<count).map { _ in
        number += 1
        return try firstChange(in: corpus, number)
      }
      _ = try await archive.receive(Delivery(segments: segments), from: "strangers")
    }
    for _ in 0..<20 { try await meetStrangers(500, archives[0]) }
    #expect(!(await converse(archives[1], archives[0])).hasFailed)
    for archive in archives { try await meetStrangers(5, archive) }
    let outcome = await converse(archives[0], archives[1])
    let report = try outcome.caller.get()
    #expect(report.isEqual && report.sent == 5 && report.received == 5)
    #expect(outcome.byteCount < 64 << 10, "\(outcome.byteCount) bytes")
    #expect(try await archives[0].status.heads.count == 10_010)
  }

  @Test func aThousandUpdatesOfAFieldTakeFewBytesEach() async throws {
    let archives = try folder.archives("one", "two")
    let ids = try await archives[0].write { transaction in
      try (0..<1000).map { number in
        let claim = Claim(id: transaction.newID(), text: "claim \(number)")
        try transaction.insert(claim)
        return claim.id
      }
    }
    try await archives[0].sync(with: archives[1])
    for (number, id) in ids.enumerated() {
      try await archives[0].write { try $0.update(id) { $0.text = "The text of claim \(number), said anew" } }
    }
    let report = try (await converse(archives[0], archives[1])).caller.get()
    #expect(report.sent == 1000)
    #expect(report.bytesSent <= 40 * 1000, "\(report.bytesSent) bytes")
  }
}
