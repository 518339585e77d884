import DictaTestSupport
import Testing

@testable import DictaModels

/// The formats, pinned down by files that other implementations can read. A vector that changes is a format that changed.
@Suite struct VectorTests {
  private func invalid(_ name: String, _ hex: String) -> JSONObject {
    ["name": .string(name), "hex": .string(hex.filter { $0 != " " }), "valid": .bool(false)]
  }

  // MARK: - Values

  @Test func values() throws {
    let names = [
      "null", "false", "true", "zero", "minus one", "one", "least integer", "greatest integer", "empty string", "composed é", "decomposed é",
      "a zero byte in a string", "no bytes", "bytes", "reference", "text", "empty list", "empty record", "nested list", "nested record",
    ]
    let valid = zip(names, CodingTests.values).map { name, value -> JSONObject in
      ["name": .string(name), "value": value.meaning, "hex": .hex(value.explicitBytes), "valid": .bool(true)]
    }
    let malformed = [
      invalid("truth value 2", "08 02"), invalid("longer number than needed", "10 80 00"), invalid("string that is not UTF-8", "1a 01 ff"),
      invalid("two values", "08 01 08 01"), invalid("members out of order", "42 0e 0a 05 12 01 62 1a 00 0a 05 12 01 61 1a 00"),
      invalid("length beyond the end", "22 05 00"), invalid("index in the explicit form", "28 00"), invalid("reference without id", "4a 03 0a 01 71"),
    ]
    try checkVectors("values.json", valid + malformed) { vector in
      let value = try Value(explicitBytes: vector.bytes("hex"))
      #expect(value.meaning == vector["value"])
      #expect(value.explicitBytes == vector.bytes("hex"))
    }
  }

  // MARK: - Bodies

  private func body(_ name: String, _ body: Body) throws -> JSONObject {
    let (table, groups) = try Body.parts(of: body.bytes)
    return [
      "name": .string(name), "groups": .array(body.groups.map(\.meaning)), "lines": .array(body.lines.map(\.meaning)),
      "hash": .hex(BodyHash(table: table, groups: groups).raw.array), "hex": .hex(body.bytes), "valid": .bool(true),
    ]
  }

  @Test func bodies() throws {
    let (quote, claim) = (Reference(type: "quote", id: .sixteen(1)), Reference(type: "claim", id: .sixteen(2)))
    let name = VersionName(line: 1, sequence: 300)
    let line = Head(origin: Origin(raw: .sixteen(4)), sequence: 9, id: ChangeID(raw: .thirtyTwo(5)))
    let valid = [
      try body("create", Body(groups: [Group(entity: quote, action: .create, ops: [Op(.field("text"), .string("words"))])])),
      try body("create nothing", Body(groups: [Group(entity: quote, action: .create)])),
      try body("edit over a version", Body(groups: [Group(entity: quote, action: .edit, ops: [Op(.field("text"), .null, overwrites: [name])])])),
      try body("delete", Body(groups: [Group(entity: quote, action: .delete, overwrites: [name], seen: [name])])),
      try body("restore", Body(groups: [Group(entity: quote, action: .restore, ops: [Op(.field("text"), .null)], overwrites: [name])])),
      try body(
        "neighbours of one type",
        Body(groups: [Group(entity: quote, action: .create), Group(entity: Reference(type: "quote", id: .sixteen(3)), action: .create)])),
      try body(
        "reference to another entity",
        Body(groups: [Group(entity: quote, action: .edit, ops: [Op(.field("claim"), .reference(claim))])], lines: [line])),
      try body("everything", CodingTests.sample),
    ]
    let id = "00000000000000000000000000000001"
    let malformed = [
      invalid("no group", "0a 00"), invalid("no table", "12 04 08 00 10 01"),
      invalid("unused name", "0a 1c 0a 14 08 00 12 10 \(id) 12 01 71 12 01 72 12 04 08 00 10 01"),
      invalid("entity beyond the table", "0a 19 0a 14 08 00 12 10 \(id) 12 01 71 12 04 08 01 10 01"),
      invalid("unknown action", "0a 19 0a 14 08 00 12 10 \(id) 12 01 71 12 04 08 00 10 05"),
      invalid("edit that sets nothing", "0a 19 0a 14 08 00 12 10 \(id) 12 01 71 12 04 08 00 10 02"),
      invalid("two groups of one entity", "0a 19 0a 14 08 00 12 10 \(id) 12 01 71 12 04 08 00 10 01 12 04 08 00 10 01"),
    ]
    try checkVectors("bodies.json", valid + malformed) { vector in
      let body = try Body(bytes: vector.bytes("hex"))
      #expect(JSON.array(body.groups.map(\.meaning)) == vector["groups"])
      #expect(body.bytes == vector.bytes("hex"))
    }
  }

  // MARK: - Headers

  private func header(_ name: String, _ sequence: UInt64, _ previous: ChangeID?, _ envelope: Header.Envelope) throws -> JSONObject {
    let corpus = CorpusID(raw: .sixteen(9))
    let birth = Header.Birth(publicKey: .thirtyTwo(1), nonce: .sixteen(2), device: "desk")
    let origin = Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce)
    var envelope = envelope
    if sequence == 1 { envelope.birth = birth }
    let body = CodingTests.sample.bytes
    let change = try Change(origin: origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: body)
    return [
      "name": .string(name), "corpus": .string(corpus.description), "origin": .hex(origin.bytes), "sequence": .number(sequence),
      "previous": previous.map { .hex($0.bytes) } ?? .null, "envelope": envelope.meaning, "hex": .hex(envelope.bytes), "body": .hex(body),
      "bodyHash": .hex(change.header.bodyHash.raw.array), "id": .hex(change.id.bytes), "valid": .bool(true),
    ]
  }

  @Test func headers() throws {
    let previous = ChangeID(raw: .thirtyTwo(8))
    let valid = [
      try header("first change", 1, nil, Header.Envelope(writtenAt: 0)),
      try header("second change", 2, previous, Header.Envelope(writtenAt: 1_700_000_000_000)),
      try header("author and note", 3, previous, Header.Envelope(writtenAt: 1, author: "Ada", note: "")),
      try header("part of a run", 300, previous, Header.Envelope(writtenAt: 1, isContinued: true)),
      try header("dependencies", 4, previous, Header.Envelope(dependencies: CodingTests.envelope.dependencies, writtenAt: 1)),
      try header("everything", 1, nil, CodingTests.envelope),
    ]
    let malformed = [
      invalid("no time", ""), invalid("time twice", "28 00 28 00"), invalid("continued 0", "28 00 40 00"),
      invalid("author after note", "28 00 3a 00 32 00"), invalid("unknown field", "28 00 58 00"),
    ]
    try checkVectors("headers.json", valid + malformed) { vector in
      let envelope = try Header.Envelope(bytes: vector.bytes("hex"))
      let change = try Change(
        origin: Origin(bytes: vector.bytes("origin"))!, sequence: vector.integer("sequence"), previous: ChangeID(bytes: vector.bytes("previous")),
        envelope: envelope, bodyBytes: vector.bytes("body"))
      #expect(Hex.string(change.id.bytes) == vector.string("id"))
      #expect(Hex.string(change.header.bodyHash.raw.array) == vector.string("bodyHash"))
      if let birth = envelope.birth {
        let origin = Origin(corpus: CorpusID(vector.string("corpus"))!, publicKey: birth.publicKey, nonce: birth.nonce)
        #expect(Hex.string(origin.bytes) == vector.string("origin"))
      }
    }
  }

  // MARK: - States

  @Test func states() throws {
    let origins = [Origin(raw: .sixteen(1)), Origin(raw: .sixteen(2))]
    let claim = Reference(type: "claim", id: .sixteen(1))
    func version(_ branch: Int, _ sequence: UInt64) -> Version { Version(branch: branch, sequence: sequence) }
    func cell(_ address: CellAddress, _ survivors: (Version, Value)...) -> EntityState.Cell {
      EntityState.Cell(address: address, survivors: survivors.map { EntityState.Survivor(version: $0.0, value: $0.1) })
    }
    func vector(_ name: String, _ state: EntityState) -> JSONObject {
      let meaning = state.meaning { .object(["origin": .hex(origins[$0.branch].bytes), "sequence": .number($0.sequence)]) }
      let digest = state.digest(of: claim) { origins[$0.branch] }
      return JSONObject(
        [("name", .string(name)), ("entity", .string(claim.description))] + meaning + [("hex", .hex(digest.bytes)), ("valid", .bool(true))])
    }
    let tombstones = [
      EntityState.Tombstone(version: version(0, 7), seen: []),
      EntityState.Tombstone(version: version(1, 3), seen: [version(0, 1), version(1, 2)]),
    ]
    let generated = [
      vector("only referred to", EntityState()), vector("created without fields", EntityState(isCreated: true)),
      vector("one field", EntityState(isCreated: true, cells: [cell(.field("text"), (version(0, 1), .string("words")))])),
      vector(
        "conflict",
        EntityState(isCreated: true, cells: [cell(.field("text"), (version(1, 2), .string("b")), (version(0, 1), .string("a")))])),
      vector(
        "set and map",
        EntityState(
          isCreated: true,
          cells: [
            cell(CellAddress(field: "externalIDs", place: .key("x")), (version(0, 1), .null)),
            cell(CellAddress(field: "tags", place: .element(Element(.string("a")))), (version(0, 1), .bool(true)), (version(1, 1), .null)),
          ])),
      vector("tombstones", EntityState(isCreated: true, cells: [cell(.field("text"), (version(0, 1), .null))], tombstones: tombstones)),
      vector("restored", EntityState(isCreated: true, restores: [version(0, 2), version(1, 9)])),
    ]
    // The states can't be invalid; that each file gives these digests is all there is to check.
    try checkVectors("states.json", generated) { _ in }
  }
}
