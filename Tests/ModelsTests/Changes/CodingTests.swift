import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct CodingTests {
  private static let speaker = Reference(type: "speaker", id: .sixteen(7))
  private static let text = TextHash(of: Array("abc".utf8))

  /// Every kind of value, and those at the edges of their kinds.
  static let values: [Value] = [
    .null, .bool(false), .bool(true), .integer(0), .integer(-1), .integer(1), .integer(.min), .integer(.max), .string(""), .string("caf\u{E9}"),
    .string("cafe\u{301}"), .string("\u{0}"), .bytes([]), .bytes([0, 255]), .reference(speaker), .text(text), .list([]), .record(Record()),
    .list([.null, .list([.reference(speaker)]), .text(text)]),
    .record(Record(["a": .null, "é": .integer(5), "z": .record(Record(["who": .reference(speaker)]))])),
  ]

  /// A body with every shape in it.
  static let sample = Body(
    groups: [
      Group(
        entity: Reference(type: "quote", id: .sixteen(1)), action: .create,
        ops: [
          Op(.field("text"), .string("words"), overwrites: [VersionName(line: 0, sequence: 3), VersionName(line: 2, sequence: 300)]),
          Op(CellAddress(field: "aliases", place: .element(Element(.string("L")))), .bool(true)),
          Op(CellAddress(field: "aliases", place: .element(Element(.reference(speaker)))), .null),
          Op(CellAddress(field: "externalIDs", place: .key("")), .integer(-7)),
          Op(.field("rest"), .list(values)),
        ]),
      Group(
        entity: speaker, action: .delete, overwrites: [VersionName(line: 1, sequence: 1)],
        seen: [VersionName(line: 0, sequence: 1), VersionName(line: 3, sequence: 9)]),
      Group(entity: Reference(type: "claim", id: .sixteen(2)), action: .restore, ops: [Op(.field("text"), .null)]),
      Group(entity: Reference(type: "claim", id: .sixteen(3)), action: .edit, ops: [Op(.field("text"), .bool(false))]),
    ], lines: [Head(origin: Origin(raw: .sixteen(4)), sequence: 9, id: ChangeID(raw: .thirtyTwo(5)))])

  static let envelope = Header.Envelope(
    dependencies: [Head(origin: Origin(raw: .sixteen(4)), sequence: 300, id: ChangeID(raw: .thirtyTwo(6)))], writtenAt: 1_700_000_000_000,
    author: "Ada", note: "", isContinued: true, birth: Header.Birth(publicKey: .thirtyTwo(1), nonce: .sixteen(2), device: "desk"))

  // MARK: - There and back

  @Test(arguments: values) func aValueIsReadAsItWasWritten(value: Value) throws {
    #expect(try Value(explicitBytes: value.explicitBytes) == value)
    #expect(value.explicitByteCount == value.explicitBytes.count)
    let body = Body(groups: [Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), value)])])
    #expect(try Body(bytes: body.bytes).groups == body.groups)
  }

  @Test func aBodyIsReadAsItWasWritten() throws {
    let read = try Body(bytes: Self.sample.bytes)
    #expect(read.groups == Self.sample.groups)
    #expect(read.lines == Self.sample.lines)
    #expect(read.texts == [Self.text])
    #expect(read.bytes == Self.sample.bytes)
  }

  @Test func anEnvelopeIsReadAsItWasWritten() throws {
    #expect(try Header.Envelope(bytes: Self.envelope.bytes) == Self.envelope)
    let least = Header.Envelope(writtenAt: 0)
    #expect(least.bytes == [0x28, 0])
    #expect(try Header.Envelope(bytes: least.bytes) == least)
  }

  @Test func stringsKeepTheirBytes() throws {
    let (composed, decomposed) = (Value.string("caf\u{E9}"), Value.string("cafe\u{301}"))
    #expect(composed.explicitBytes != decomposed.explicitBytes)
    #expect(Element(composed) != Element(decomposed))
  }

  @Test func whatAChangeSaysIsInItsIdDownToTheLastBit() throws {
    let body = Self.sample.bytes
    func id(_ sequence: UInt64 = 1, _ previous: ChangeID? = nil, _ envelope: Header.Envelope, _ body: [UInt8]) throws -> ChangeID {
      try Change(origin: Origin(raw: .sixteen(1)), sequence: sequence, previous: previous, envelope: envelope, bodyBytes: body).id
    }
    var ids = [try id(1, nil, Self.envelope, body), try id(2, nil, Self.envelope, body), try id(1, ChangeID(raw: .zero), Self.envelope, body)]
    for change: (inout Header.Envelope) -> Void in [
      { $0.author = "Bob" }, { $0.author = nil }, { $0.note = nil }, { $0.isContinued = false }, { $0.birth = nil }, { $0.writtenAt += 1 },
      { $0.dependencies = [] },
    ] {
      var envelope = Self.envelope
      change(&envelope)
      ids.append(try id(1, nil, envelope, body))
    }
    let other = Body(groups: Array(Self.sample.groups.dropLast()), lines: Self.sample.lines)
    ids.append(try id(1, nil, Self.envelope, other.bytes))
    #expect(Set(ids).count == ids.count)
  }

  // MARK: - Only one encoding

  /// What is accepted is the one encoding of what it says: encoded again, it is the same bytes.
  @Test func aFlippedBitIsRefusedOrSaysSomethingElseInItsOnlyEncoding() throws {
    var accepted = 0
    forEachFlippedBit(of: Self.sample.bytes) { bytes in
      guard let body = try? Body(bytes: bytes) else { return }
      accepted += 1
      #expect(body.bytes == bytes)
      #expect(body.groups != Self.sample.groups || body.lines != Self.sample.lines)
    }
    #expect(accepted > 0, "a flipped bit in a string is another string")
  }

  @Test func aFlippedBitOfAnEnvelopeIsRefusedOrSaysSomethingElse() throws {
    forEachFlippedBit(of: Self.envelope.bytes) { bytes in
      guard let envelope = try? Header.Envelope(bytes: bytes) else { return }
      #expect(envelope.bytes == bytes)
      #expect(envelope != Self.envelope)
    }
  }

  @Test(arguments: values) func aFlippedBitOfAValueIsRefusedOrSaysSomethingElse(value: Value) throws {
    forEachFlippedBit(of: value.explicitBytes) { bytes in
      guard let read = try? Value(explicitBytes: bytes) else { return }
      #expect(read.explicitBytes == bytes)
      #expect(read != value)
    }
  }

  @Test func bytesCutOffAnywhereAreRefused() throws {
    let (body, envelope) = (Self.sample.bytes, Self.envelope.bytes)
    // Even between two groups: the table announces what the last one needs.
    for end in body.indices {
      #expect(throws: MalformedBytes.self, "after \(end) bytes") { try Body(bytes: Array(body[..<end])) }
    }
    // Nothing behind the time is needed, so an envelope may end between two of its fields, but nowhere else.
    for end in envelope.indices {
      guard let read = try? Header.Envelope(bytes: Array(envelope[..<end])) else { continue }
      #expect(read.bytes == Array(envelope[..<end]))
    }
    for value in Self.values where value != .list([]) {
      let bytes = value.explicitBytes
      for end in bytes.indices.dropFirst() {
        #expect(throws: MalformedBytes.self, "\(value) after \(end) bytes") { try Value(explicitBytes: Array(bytes[..<end])) }
      }
    }
  }

  @Test func randomBytesAreRefusedOrTheOnlyEncoding() {
    for seed in UInt64(0)..<3000 {
      var random = SeededRandom(seed: seed)
      var bytes = random.happens(percent: 50) ? Self.sample.bytes : Self.envelope.bytes
      for _ in 0..<(1 + random.next() % 3) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
      }
      if let body = try? Body(bytes: bytes) { #expect(body.bytes == bytes, "seed \(seed)") }
      if let envelope = try? Header.Envelope(bytes: bytes) { #expect(envelope.bytes == bytes, "seed \(seed)") }
      if let value = try? Value(explicitBytes: bytes) { #expect(value.explicitBytes == bytes, "seed \(seed)") }
    }
  }

  @Test func aTableIsInTheOrderInWhichItsEntriesComeUp() throws {
    var table = CodingTable()
    _ = table.index(of: Self.speaker)
    let quote = Group(entity: Reference(type: "quote", id: .sixteen(1)), action: .create)
    let speaker = Group(entity: Self.speaker, action: .create)
    func body(_ groups: Group...) throws -> Body {
      var writer = BodyWriter(table: table)
      for group in groups { writer.append(group) }
      return try Body(bytes: writer.finish(lines: []).bytes)
    }
    #expect(throws: MalformedBytes.self, "the first entity isn't used") { try body(quote) }
    #expect(throws: MalformedBytes.self, "the first entity isn't used first") { try body(quote, speaker) }
    #expect(try body(speaker, quote).groups.map(\.entity) == [Self.speaker, quote.entity])
  }

  @Test func aTableHasNothingThatIsNotUsed() throws {
    var used = CodingTable()
    _ = used.index(of: Self.speaker)
    _ = used.names.index(of: "x")
    for add: (inout CodingTable) -> Void in [
      { _ = $0.index(of: Reference(type: "claim", id: .sixteen(9))) }, { _ = $0.names.index(of: "unused") }, { _ = $0.index(of: Self.text) },
    ] {
      var table = used
      for isUsed in [true, false] {
        if !isUsed { add(&table) }
        var writer = BodyWriter(table: table)
        writer.append(Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), .null)]))
        let bytes = writer.finish(lines: []).bytes
        #expect(((try? Body(bytes: bytes)) != nil) == isUsed)
      }
    }
  }

  // MARK: - What is refused

  @Test(arguments: [
    "80 00", "ff 80 00", "80 80 80 80 80 80 80 80 80 02", "ff ff ff ff ff ff ff ff ff ff 01", "80",
  ])
  func aNumberIsWrittenAsShortAsItCanBe(hex: String) {
    var reader = ByteReader(bytes(hex))
    #expect(throws: MalformedBytes.self) { try reader.varint() }
  }

  @Test(arguments: [UInt64(0), 1, 127, 128, 16_383, 16_384, 1 << 63, .max]) func everyNumberIsReadAsItWasWritten(number: UInt64) throws {
    var writer = ByteWriter()
    writer.varint(number)
    #expect(writer.bytes.count == ByteWriter.varintByteCount(number))
    var reader = ByteReader(writer.bytes)
    #expect(try reader.varint() == number)
    #expect(reader.isAtEnd)
  }

  @Test func aLengthBeyondTheEndIsRefusedBeforeAnythingIsAllocated() {
    for hex in ["22 ff ff ff ff ff ff ff ff 7f", "22 ff ff ff ff ff ff ff ff ff 01", "22 02 00", "3a 05 0a 03 18 01"] {
      #expect(throws: MalformedBytes.self) { try Value(explicitBytes: bytes(hex)) }
    }
  }

  @Test func aSecondPartIsRefused() {
    for value in Self.values where value != .null {
      #expect(throws: MalformedBytes.self) { try Value(explicitBytes: value.explicitBytes + Value.bool(true).explicitBytes) }
    }
    #expect(throws: MalformedBytes.self) { try Body(bytes: Self.sample.bytes + [0]) }
    #expect(throws: MalformedBytes.self) { try Header.Envelope(bytes: Self.envelope.bytes + [0]) }
  }

  @Test(arguments: [
    "", "30", "28 00 28 00", "28 80 00", "32 01 61", "40 01", "28 00 40 00", "28 00 40 02", "28 00 32 01 ff", "28 00 3a 00 32 00", "28 00 50 00",
    "28 00 58 00", "29 00", "2a 00",
  ])
  func anEnvelopeOutOfShapeIsRefused(hex: String) {
    #expect(throws: MalformedBytes.self) { try Header.Envelope(bytes: bytes(hex)) }
  }

  @Test(arguments: [
    "", "0a 00", "12 00", "0a 00 12 00", "0a 17 0a 14 08 00 12 10 00000000000000000000000000000001", "0a 02 12 00 12 04 08 00 10 01",
  ])
  func aBodyOutOfShapeIsRefused(hex: String) {
    #expect(throws: MalformedBytes.self) { try Body(bytes: bytes(hex)) }
  }

  @Test func whatAnActionHasNoUseForIsRefused() {
    let name = [VersionName(line: 0, sequence: 1)]
    let op = [Op(.field("x"), .null)]
    for group in [
      Group(entity: Self.speaker, action: .edit), Group(entity: Self.speaker, action: .edit, ops: op, overwrites: name),
      Group(entity: Self.speaker, action: .create, ops: op, seen: name), Group(entity: Self.speaker, action: .restore, seen: name),
      Group(entity: Self.speaker, action: .delete, ops: op),
      Group(entity: Self.speaker, action: .edit, ops: op + op),
      Group(entity: Self.speaker, action: .edit, ops: op + [Op(.field("y"), .null)] + op),
      Group(entity: Self.speaker, action: .edit, ops: [Op(.field("y"), .null)] + op + [Op(.field("y"), .null)]),
      Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), .null, overwrites: [VersionName(line: 0, sequence: 0)])]),
      Group(
        entity: Self.speaker, action: .edit, ops: [Op(CellAddress(field: "x", place: .element(Element(.string("a")))), .integer(1))]),
    ] {
      #expect(throws: MalformedBytes.self, "\(group)") { try Body(bytes: Body(groups: [group]).bytes) }
    }
    let twice = Group(entity: Self.speaker, action: .edit, ops: op)
    #expect(throws: MalformedBytes.self, "an entity has two groups") { try Body(bytes: Body(groups: [twice, twice]).bytes) }
    #expect(throws: MalformedBytes.self, "a change does nothing") { try Body(bytes: Body(groups: []).bytes) }
  }

  @Test func valuesAreNestedSixteenDeepAndNoDeeper() throws {
    func nested(_ depth: Int) -> Value { (0..<depth).reduce(Value.null) { value, _ in .list([value]) } }
    for (depth, fits) in [(Value.depthLimit, true), (Value.depthLimit + 1, false)] {
      let body = Body(groups: [Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), nested(depth))])])
      #expect(((try? Body(bytes: body.bytes)) != nil) == fits)
      #expect(((try? Value(explicitBytes: nested(depth).explicitBytes)) != nil) == fits)
      #expect(nested(depth).fitsInField == fits)
    }
  }

  @Test func aFieldIsAtMost64KiBHoweverItIsEncoded() throws {
    func isTaken(_ value: Value) -> Bool {
      let body = Body(groups: [Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), value)])])
      #expect(value.fitsInField == ((try? Body(bytes: body.bytes)) != nil))
      return value.fitsInField
    }
    #expect(isTaken(.bytes([UInt8](repeating: 0, count: Value.byteLimit - 4))))
    #expect(!isTaken(.bytes([UInt8](repeating: 0, count: Value.byteLimit - 3))))
    // Four bytes each in a body, forty in what is hashed.
    #expect(!isTaken(.list([Value](repeating: .reference(Self.speaker), count: 4000))))
    #expect(!isTaken(.list([Value](repeating: .text(Self.text), count: 4000))))
  }

  @Test func namesAreAtMostAKibibyteLong() throws {
    for (length, fits) in [(Body.nameByteLimit, true), (Body.nameByteLimit + 1, false)] {
      let name = ExactString(String(repeating: "n", count: length))
      for group in [
        Group(entity: Self.speaker, action: .edit, ops: [Op(.field(name), .null)]),
        Group(entity: Self.speaker, action: .edit, ops: [Op(CellAddress(field: "x", place: .key(name)), .null)]),
        Group(entity: Self.speaker, action: .edit, ops: [Op(.field("x"), .record(Record([name: .null])))]),
        Group(entity: Reference(type: name, id: .sixteen(1)), action: .create),
      ] {
        #expect(((try? Body(bytes: Body(groups: [group]).bytes)) != nil) == fits)
      }
      #expect(Value.record(Record([name: .null])).fitsInField == fits)
      #expect(Value.reference(Reference(type: name, id: .sixteen(1))).fitsInField == fits)
    }
  }

  @Test func aBodyIsAtMostAMebibyte() {
    let ops = (0..<17).map { Op(.field(ExactString("f\($0)")), .bytes([UInt8](repeating: 0, count: Value.byteLimit - 8))) }
    let bytes = Body(groups: [Group(entity: Self.speaker, action: .edit, ops: ops)]).bytes
    #expect(throws: MalformedBytes(offset: 0, reason: "a body is larger than 1048576 bytes")) { try Body(bytes: bytes) }
    #expect(throws: MalformedBytes.self) {
      try Change(origin: Origin(raw: .sixteen(1)), sequence: 1, previous: nil, envelope: Self.envelope, bodyBytes: bytes)
    }
  }

  @Test func membersOfARecordAreInOrderAndThereOnce() throws {
    // {b: null, a: null}, {a: null, a: null} in the explicit form.
    for hex in ["42 0e 0a 05 12 01 62 1a 00 0a 05 12 01 61 1a 00", "42 0e 0a 05 12 01 61 1a 00 0a 05 12 01 61 1a 00"] {
      #expect(throws: MalformedBytes.self) { try Value(explicitBytes: bytes(hex)) }
    }
    #expect(try Value(explicitBytes: bytes("42 0e 0a 05 12 01 61 1a 00 0a 05 12 01 62 1a 00")) == .record(Record(["a": .null, "b": .null])))
  }

  // MARK: -

  private func forEachFlippedBit(of bytes: [UInt8], _ body: ([UInt8]) -> Void) {
    for place in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[place] ^= 1 << bit
        body(flipped)
      }
    }
  }

  private func bytes(_ hex: String) -> [UInt8] {
    Hex.bytes(hex.filter { $0 != " " })!
  }
}
