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

extension SnapshotWish {
  var meaning: JSON {
    .object([
      "schemaVersion": .number(schemaVersion), "id": held.map { .hex($0.id.array) } ?? .null,
      "chunks": held.map { .integer(Int64($0.chunkCount)) } ?? .null,
    ])
  }
}

extension SnapshotManifest {
  var meaning: JSON {
    .object([
      "corpus": .string(corpus.description), "schemaVersion": .number(schemaVersion), "byteCount": .integer(Int64(byteCount)),
      "changes": .number(changeCount), "digest": .hex(digest.bytes),
      "heads": .array(
        heads.map { .object(["origin": .hex($0.origin.bytes), "sequence": .number($0.sequence), "id": .hex($0.id.bytes)]) }),
      "chunkHashes": .array(chunkHashes.map { .hex($0.array) }), "publicKey": .hex(publicKey.array), "nonce": .hex(nonce.array),
      "signature": .hex(signature), "id": .hex(id.array), "isSigned": .bool(isSigned),
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
        "remembered": .array(hello.remembered.map { .hex($0.bytes) }), "snapshot": hello.snapshotWish?.meaning ?? .null,
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
    case .snapshot(let manifest): manifest.meaning
    case .chunk(let chunk): .object(["number": .integer(Int64(chunk.number)), "content": .hex(chunk.bytes)])
    }
  }
}
