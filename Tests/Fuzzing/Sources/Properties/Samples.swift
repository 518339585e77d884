// Entities of every type, as their writers would insert them: the merges among the test vectors know only claims.

@testable import DictaModels

enum Samples {
  private static func id(_ number: UInt64) -> Bytes16 { Bytes16(high: 0, low: number) }
  private static func entity(_ type: ExactString, _ number: UInt64) -> Reference { Reference(type: type, id: id(number)) }
  private static let text = Array("The dam holds, the minister said.\n\"Naïve\", said others.".utf8)
  private static let unsigned = HeadSignature(bytes: [UInt8](repeating: 0, count: HeadSignature.byteCount))

  private static func record(_ members: KeyValuePairs<ExactString, Value>) -> Value { .record(Record(members)) }

  private static func anchor(_ start: Int64, _ end: Int64) -> Value {
    record(["end": .integer(end), "start": .integer(start), "textHash": .text(TextHash(of: text))])
  }

  private static func op(_ field: ExactString, _ value: Value, over overwrites: [VersionName] = []) -> Op {
    Op(CellAddress(field: field), value, overwrites: overwrites)
  }

  private static func element(_ field: ExactString, _ element: Value, _ value: Value = .bool(true)) -> Op {
    Op(CellAddress(field: field, place: .element(Element(element))), value)
  }

  private static func key(_ field: ExactString, _ key: ExactString, _ value: Value) -> Op {
    Op(CellAddress(field: field, place: .key(key)), value)
  }

  private static let groups: [Group] = [
    Group(
      entity: entity("article", 1), action: .create,
      ops: [
        op("text", .text(TextHash(of: text))), op("title", .string("Dam")), op("bylines", .list([.string("A"), .string("B")])),
        op("publishedOn", record(["basis": .string("printed"), "date": .string("2013-09-17T14:05+04:00")])), op("retrievedOn", .string("2014")),
        key("externalIDs", "x", .string("1")), element("tags", .string("water")),
      ]),
    Group(
      entity: entity("speaker", 2), action: .create,
      ops: [
        op("name", .string("Minister")), op("kind", .string("office")), element("aliases", .string("M")),
        element("tenures", record(["from": .string("2010"), "organization": .string("State"), "role": .string("minister")])),
        op("mergedInto", .reference(entity("speaker", 3))),
      ]),
    Group(entity: entity("speaker", 3), action: .create, ops: [op("name", .string("Person")), op("kind", .string("person"))]),
    Group(
      entity: entity("quote", 4), action: .create,
      ops: [
        op("articleID", .reference(entity("article", 1))), op("kind", .string("direct")),
        op("segments", .list([record(["anchor": anchor(0, 13), "verbatim": .bool(false)])])),
        op(
          "sources",
          .list([
            record([
              "mention": anchor(15, 27), "mentionKind": .string("nominal"), "roleAsStated": .string("minister"),
              "speakerID": .reference(entity("speaker", 2)),
            ])
          ])), op("cue", anchor(28, 32)), op("saidOn", .string("2013-09")),
        key(
          "placements", ExactString(TextHash(of: text).description),
          record(["placement": .string("exact"), "score": .integer(1000), "segments": .list([record(["anchor": anchor(0, 13)])])])),
      ]),
    Group(
      entity: entity("claim", 5), action: .create,
      ops: [op("text", .string("The dam holds.")), op("period", record(["from": .string("2010"), "to": .string("2013")]))]),
    Group(
      entity: entity("stance", 6), action: .create,
      ops: [
        op("holder", record(["quoteID": .reference(entity("quote", 4))])), op("claimID", .reference(entity("claim", 5))),
        op("position", .string("supports")), op("hedged", .bool(true)),
      ]),
  ]

  private static func segment(
    _ writer: Int, _ first: UInt64, dependencies: [Head] = [], _ bodies: [Body], isRun: Bool = false, previous: UInt8 = 0
  ) -> Segment {
    let origin = SigningForger.writers[writer]
    guard let unsigned else { preconditionFailure("64 bytes are 64") }
    return Segment(
      origin: origin.origin, firstSequence: first, previous: first == 1 ? nil : ChangeID(bytes: [previous] + [UInt8](repeating: 0, count: 31)),
      parcels: bodies.enumerated().map { index, body in
        let envelope = Header.Envelope(
          dependencies: index == 0 ? dependencies : [], writtenAt: 1_700_000_000_000 + first, author: "Ada",
          isContinued: isRun && index < bodies.count - 1, birth: first + UInt64(index) == 1 ? origin.birth : nil)
        return Segment.Parcel(envelope: envelope.bytes, body: body.bytes)
      }, signature: unsigned)
  }

  private static func head(_ writer: Int, _ sequence: UInt64, _ choice: UInt8 = 0) -> Head {
    guard let id = ChangeID(bytes: [choice] + [UInt8](repeating: 0, count: 31)) else { preconditionFailure("32 bytes are 32") }
    return Head(origin: SigningForger.writers[writer].origin, sequence: sequence, id: id)
  }

  private static func edit(_ value: String, line: Int, _ sequence: UInt64) -> Body {
    Body(groups: [
      Group(
        entity: entity("claim", 5), action: .edit,
        ops: [op("text", .string(value), over: [VersionName(line: line, sequence: sequence)])])
    ])
  }

  static let deliveries: [Delivery] = [
    Delivery(texts: [text], segments: [segment(0, 1, [Body(groups: groups)])]),
    // A run, and two that write on top of it without each other: a conflict; then a fork of one of them.
    Delivery(
      texts: [text],
      segments: [
        segment(0, 1, groups.map { Body(groups: [$0]) }, isRun: true), segment(1, 1, dependencies: [head(0, 6)], [edit("A", line: 1, 5)]),
        segment(2, 1, dependencies: [head(0, 6)], [edit("B", line: 1, 5)]), segment(2, 2, [edit("C", line: 0, 1)]),
        segment(2, 2, [edit("D", line: 0, 1)]),
        segment(
          1, 2, dependencies: [head(2, 2), head(2, 2, 1)],
          [
            Body(groups: [
              Group(
                entity: entity("claim", 5), action: .delete,
                seen: [VersionName(line: 0, sequence: 1), VersionName(line: 1, sequence: 2), VersionName(line: 2, sequence: 2)])
            ])
          ]),
      ]),
    Delivery(
      texts: [text],
      segments: [
        segment(0, 1, [Body(groups: groups)]),
        segment(
          0, 2,
          [
            Body(groups: [Group(entity: entity("claim", 5), action: .delete, seen: [VersionName(line: 0, sequence: 1)])]),
            Body(groups: [
              Group(entity: entity("claim", 5), action: .restore, ops: [], overwrites: [VersionName(line: 0, sequence: 2)])
            ]),
            Body(groups: [
              Group(
                entity: entity("stance", 6), action: .edit,
                ops: [op("claimID", .null, over: [VersionName(line: 0, sequence: 1)]), op("colour", .integer(-1))]),
              Group(entity: entity("planet", 1), action: .create, ops: [op("text", .bytes([1, 2]))]),
            ]),
          ]),
        segment(
          1, 1, [Body(groups: [Group(entity: entity("quote", 4), action: .delete, seen: [VersionName(line: 1, sequence: 1)])], lines: [head(0, 1)])]),
      ]),
  ]
}
