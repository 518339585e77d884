import Foundation

@testable import DictaModels

/// A file of test vectors in `Tests/Vectors`: an array of objects, each with a name and whether it is valid.
///
/// `DICTA_WRITE_VECTORS=1` writes the files anew instead of comparing with them.
struct VectorFile {
  let name: String

  private var url: URL {
    URL(filePath: #filePath).appending(path: "../../../Vectors/\(name)").standardizedFileURL
  }

  static var isWriting: Bool { ProcessInfo.processInfo.environment["DICTA_WRITE_VECTORS"] == "1" }

  /// The vectors as they are in the file; where they are to be written, as they were generated.
  func vectors(generated: [JSONObject]) throws -> [JSONObject] {
    if Self.isWriting {
      let json = JSON.array(generated.map { .object($0) })
      try Data(json.encoded(pretty: true) + [UInt8(ascii: "\n")]).write(to: url)
    }
    guard case .array(let elements) = try JSONReader.parse(Data(contentsOf: url)) else { return [] }
    return elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }
}

extension JSONObject {
  func string(_ key: String) -> String {
    if case .string(let string)? = self[key] { string } else { "" }
  }

  func integer(_ key: String) -> UInt64 {
    if case .integer(let integer)? = self[key] { UInt64(integer) } else { 0 }
  }

  func bytes(_ key: String) -> [UInt8] {
    Hex.bytes(string(key)) ?? []
  }

  func objects(_ key: String) -> [JSONObject] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  var isValid: Bool { self["valid"] == .bool(true) }
}

// MARK: - What things mean, for people who read the files

extension JSON {
  static func hex(_ bytes: [UInt8]) -> JSON { .string(Hex.string(bytes)) }

  static func number(_ number: UInt64) -> JSON { .integer(Int64(number)) }
}

extension Value {
  var meaning: JSON {
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
  var meaning: JSON { .object(["origin": .hex(origin.bytes), "sequence": .number(sequence), "id": .hex(id.bytes)]) }
}

extension VersionName {
  var meaning: JSON { .object(["line": .integer(Int64(line)), "sequence": .number(sequence)]) }
}

extension CellAddress {
  var meaning: [(String, JSON)] {
    switch place {
    case .field: [("field", .string(field.string))]
    case .element(let element): [("field", .string(field.string)), ("element", element.value.meaning)]
    case .key(let key): [("field", .string(field.string)), ("key", .string(key.string))]
    }
  }
}

extension Group {
  var meaning: JSON {
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
  var meaning: JSON {
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
  func meaning(_ name: (Version) -> JSON) -> [(String, JSON)] {
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
