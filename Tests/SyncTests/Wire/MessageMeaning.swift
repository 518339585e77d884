import DictaModels
import DictaSync
import DictaTestSupport

// What messages mean, for people who read the vector files.

extension HeadName {
  var meaning: JSON { .object(["origin": .hex(origin.bytes), "sequence": .number(sequence), "prefix": .hex(prefix.array)]) }
}

extension Segment {
  var meaning: JSON {
    .object([
      "origin": .hex(origin.bytes), "firstSequence": .number(firstSequence), "previous": previous.map { .hex($0.bytes) } ?? .null,
      "changes": .array(parcels.map { .object(["envelope": .hex($0.envelope), "body": .hex($0.body)]) }), "signature": .hex(signature.bytes),
    ])
  }
}

extension Message {
  var meaning: JSON {
    switch self {
    case .hello(let hello):
      .object([
        "oldestVersion": .number(hello.oldestVersion), "newestVersion": .number(hello.newestVersion),
        "corpus": .string(hello.corpus.description), "mayAdopt": .bool(hello.mayAdopt), "heads": .hex(hello.heads.bytes),
        "nonce": .hex(hello.nonce.array), "takesCompression": .bool(hello.takesCompression),
        "remembered": .array(hello.remembered.map { .hex($0.bytes) }),
      ])
    case .heads(let heads): .object(["base": heads.base.map { .hex($0.bytes) } ?? .null, "names": .array(heads.names.map(\.meaning))])
    case .rungs(let names): .object(["names": .array(names.map(\.meaning))])
    case .changes(let delivery):
      .object([
        "texts": .array(delivery.texts.map { .string(String(decoding: $0, as: UTF8.self)) }), "segments": .array(delivery.segments.map(\.meaning)),
      ])
    case .end: .object([:])
    case .ack(let ack): .object(["changes": .integer(Int64(ack.changes)), "texts": .integer(Int64(ack.texts)), "heads": .hex(ack.heads.bytes)])
    case .refusal(let refusal): .object(["code": .number(refusal.code.rawValue), "message": .string(refusal.message)])
    }
  }
}
