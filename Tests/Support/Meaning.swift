// What things mean, for people who read the vector files, and for those who write other implementations.

import DictaModels

extension JSON {
  package static func hex(_ bytes: [UInt8]) -> JSON { .string(Hex.string(bytes)) }

  /// Numbers above 2⁶³ − 1 as digits in a string: JSON has no room for them here.
  package static func number(_ number: UInt64) -> JSON { Int64(exactly: number).map { .integer($0) } ?? .string("\(number)") }
}

extension Value {
  package var meaning: JSON {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .string(let string): .string(string.string)
    case .bytes(let bytes): .object(["bytes": .hex(bytes)])
    case .reference(let reference): .object(["reference": .string(reference.description)])
    case .text(let hash): .object(["text": .string(hash.description)])
    case .list(let values): .array(values.map(\.meaning))
    case .record(let record): .object(["record": .object(JSONObject(record.members.map { ($0.name.string, $0.value.meaning) }))])
    }
  }
}

extension Head {
  package var meaning: JSON { .object(["origin": .hex(origin.bytes), "sequence": .number(sequence), "id": .hex(id.bytes)]) }
}

extension VersionName {
  package var meaning: JSON { .object(["line": .integer(Int64(line)), "sequence": .number(sequence)]) }
}

extension CellAddress {
  package var meaning: [(String, JSON)] {
    switch place {
    case .field: [("field", .string(field.string))]
    case .element(let element): [("field", .string(field.string)), ("element", element.value.meaning)]
    case .key(let key): [("field", .string(field.string)), ("key", .string(key.string))]
    }
  }
}

extension Group {
  package var meaning: JSON {
    .object([
      "entity": .string(entity.description), "action": .string("\(action)"),
      "ops": .array(
        ops.map { op in
          .object(
            JSONObject(op.address.meaning + [("value", op.value.meaning), ("overwrites", .array(op.overwrites.map(\.meaning)))]))
        }), "overwrites": .array(overwrites.map(\.meaning)), "seen": .array(seen.map(\.meaning)),
    ])
  }
}

extension Header.Envelope {
  package var meaning: JSON {
    var object: JSONObject = ["dependencies": .array(dependencies.map(\.meaning)), "writtenAt": .number(writtenAt)]
    if let author { object.append("author", .string(author)) }
    if let note { object.append("note", .string(note)) }
    if isContinued { object.append("continued", .bool(true)) }
    if let birth {
      object.append(
        "birth", .object(["publicKey": .hex(birth.publicKey.array), "nonce": .hex(birth.nonce.array), "device": .string(birth.device)]))
    }
    return .object(object)
  }
}

extension EntityState {
  /// - Parameter name: how the file names a version.
  package func meaning(_ name: (Version) -> JSON) -> [(String, JSON)] {
    [
      ("created", .bool(isCreated)),
      (
        "cells",
        .array(
          cells.map { cell in
            .object(
              JSONObject(
                cell.address.meaning + [
                  ("shown", cell.shown.meaning),
                  ("survivors", .array(cell.survivors.map { .object(["version": name($0.version), "value": $0.value.meaning]) })),
                ]))
          })
      ),
      (
        "tombstones",
        .array(tombstones.map { .object(["version": name($0.version), "seen": .array($0.seen.map(name))]) })
      ),
      ("restores", .array(restores.map(name))),
    ]
  }
}
