import DictaSync
import DictaTestSupport
import Foundation
import Testing

@testable import DictaModels
@testable import DictaStorage

/// What the fuzzers found, by name.
@Suite struct FindingTests {
  @Test func aSegmentMayEndInTheLastSequenceThereIs() throws {
    let signature = try #require(HeadSignature(bytes: [UInt8](repeating: 0, count: HeadSignature.byteCount)))
    let segment = Segment(
      origin: Origin(raw: .sixteen(1)), firstSequence: .max, previous: ChangeID(raw: .thirtyTwo(1)),
      parcels: [Segment.Parcel(envelope: [], body: [])], signature: signature)
    let message = Message.changes(Delivery(segments: [segment]))
    #expect(try Message(kind: .changes, content: message.content) == message)
    // This trapped: the sum went beyond 64 bits before 1 was taken from it.
    #expect(segment.lastSequence == .max)
  }

  @Test func aReferenceToNothingOfAnUnknownTypeIsNoDamage() async throws {
    let writer = SigningForger.writers[0]
    let planet = Reference(type: "planet", id: .sixteen(1))
    let body = Body(groups: [
      Group(
        entity: Reference(type: "claim", id: .sixteen(2)), action: .create,
        ops: [Op(.field("text"), .string("words")), Op(.field("context"), .reference(planet))])
    ])
    let segment = Segment(
      origin: writer.origin, firstSequence: 1, previous: nil,
      parcels: [Segment.Parcel(envelope: Header.Envelope(writtenAt: 1, birth: writer.birth).bytes, body: body.bytes)],
      signature: try #require(HeadSignature(bytes: [UInt8](repeating: 0, count: HeadSignature.byteCount))))
    var forger = SigningForger(except: [])

    let path = FileManager.default.temporaryDirectory.appending(path: "dicta-finding-\(UUID().uuidString).dicta").path
    defer { for suffix in ["", "-wal", "-shm", "-witness"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let archive = try Archive(creatingAt: path, corpus: SigningForger.corpus)
    #expect(try await archive.receive(forger.complete(Delivery(segments: [segment])), from: "a fuzzer").received == 1)
    // The row that was made for the planet, so that it can be found, said that its type is known; the check said that the row is damaged.
    let codes = try await archive.check().map(\.code)
    #expect(Set(codes) == ["aside"])
  }
}
