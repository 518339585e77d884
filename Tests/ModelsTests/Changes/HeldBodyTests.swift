import DictaTestSupport
import Testing

@testable import DictaModels

/// What is left of a body where groups were dropped.
@Suite struct HeldBodyTests {
  private static func claim(_ number: UInt8) -> Reference { Reference(type: "claim", id: .sixteen(UInt64(number))) }
  private static let words = String(repeating: "It will open in spring. ", count: 20)
  private static let text = TextHash(of: Array("abc".utf8))

  private static let body = Body(
    groups: [
      Group(entity: claim(1), action: .create, ops: [Op(.field("text"), .string(ExactString(words)))]),
      Group(
        entity: claim(2), action: .edit,
        ops: [
          Op(.field("note"), .string(ExactString(words)), overwrites: [VersionName(line: 0, sequence: 3), VersionName(line: 1, sequence: 9)]),
          Op(CellAddress(field: "tags", place: .element(Element(.string("spring")))), .bool(true)),
          Op(CellAddress(field: "rest", place: .key("who")), .list([.reference(claim(9)), .text(text), .string(ExactString(words))])),
        ]),
      Group(entity: claim(3), action: .edit, ops: [Op(.field("note"), .string("short"))]),
      Group(entity: claim(4), action: .edit, ops: [Op(.field("note"), .string(ExactString(words)))]),
    ], lines: [Head(origin: Origin(raw: .sixteen(4)), sequence: 9, id: ChangeID(raw: .thirtyTwo(5)))])

  private let whole = HeldBody(bytes: body.bytes)

  @Test func onlyLargeEditsAreAskedFor() throws {
    var asked: [Reference] = []
    #expect(
      try whole.dropping {
        asked.append($0.entity); return false
      } == nil)
    #expect(Set(asked) == [Self.claim(2), Self.claim(4)])
  }

  @Test func theHashStaysAndTheValuesGo() throws {
    let once = try #require(try whole.dropping { $0.entity == Self.claim(2) })
    let twice = try #require(try once.dropping { _ in true })
    #expect(once.isReduced && twice.bytes.count < once.bytes.count && once.bytes.count < whole.bytes.count)
    for held in [once, twice] { #expect(try held.hash() == whole.hash()) }
    #expect(try twice.dropping { _ in true } == nil)
    let content = try twice.content()
    #expect(content.groups.map(\.isDropped) == [false, true, false, true])
    #expect(content.groups.map(\.entity) == Self.body.groups.map(\.entity))
    #expect(content.groups.map { $0.ops.map(\.address) } == Self.body.groups.map { $0.ops.map(\.address) })
    #expect(content.groups.map { $0.ops.map(\.overwrites) } == Self.body.groups.map { $0.ops.map(\.overwrites) })
    #expect(content.groups[1].ops.map(\.value) == [.null, .bool(true), .null])
    #expect(content.groups[2] == Self.body.groups[2])
    #expect(content.lines == Self.body.lines && content.texts == [Self.text])
  }

  @Test func aChangeKeepsItsID() throws {
    let envelope = Header.Envelope(writtenAt: 1)
    let origin = Origin(raw: .sixteen(1))
    let change = try Change(origin: origin, sequence: 2, previous: ChangeID(raw: .thirtyTwo(1)), envelope: envelope, bodyBytes: whole.bytes)
    let held = try #require(try whole.dropping { _ in true })
    #expect(try Change(origin: origin, sequence: 2, previous: ChangeID(raw: .thirtyTwo(1)), envelope: envelope, held: held).id == change.id)
  }

  /// As a peer would send it.
  @Test func asABodyItIsMalformed() throws {
    let held = try #require(try whole.dropping { _ in true })
    #expect(throws: MalformedBytes.self) { try Body(bytes: held.bytes) }
    #expect(throws: MalformedBytes.self) {
      try Change(origin: Origin(raw: .sixteen(1)), sequence: 1, previous: nil, envelope: Header.Envelope(writtenAt: 1), bodyBytes: held.bytes)
    }
    // And one of which nothing is dropped isn't what is left of one.
    #expect(throws: MalformedBytes.self) { try HeldBody(bytes: whole.bytes, isReduced: true).hash() }
  }

  @Test func whateverIsAlteredNothingTraps() throws {
    let held = try #require(try whole.dropping { _ in true })
    var random = SeededRandom(seed: 1)
    for offset in held.bytes.indices {
      var bytes = held.bytes
      bytes[offset] ^= 1 << UInt8(random.next() % 8)
      let altered = HeldBody(bytes: bytes, isReduced: true)
      _ = try? altered.hash()
      _ = try? altered.content()
      _ = try? altered.dropping { _ in true }
      let cut = HeldBody(bytes: Array(held.bytes[..<offset]), isReduced: true)
      #expect((try? cut.content().groups.count) != 4, "after \(offset) bytes")
    }
  }
}
