// Makes first inputs of the test vectors.

import Foundation

@testable import DictaModels
@testable import DictaStorage
@testable import DictaSync

enum Seeds {
  /// Writes seeds to the folder that the environment names, and ends the program.
  static func writeIfAsked(_ seeds: () throws -> [[UInt8]]) {
    guard let folder = ProcessInfo.processInfo.environment["DICTA_FUZZ_SEEDS"] else { return }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for (number, seed) in try seeds().enumerated() {
        try Data(seed).write(to: URL(filePath: folder).appending(path: "seed-\(number)"))
      }
    } catch {
      fatalError("no seeds: \(error)")
    }
    exit(0)
  }

  private static func vectors(_ name: String) throws -> [JSONObject] {
    try VectorFile(name: name).vectors(generated: [])
  }

  private static func fields(_ fields: [(number: Int, bytes: [UInt8])]) -> [UInt8] {
    var writer = ByteWriter()
    for field in fields { writer.field(field.number, bytes: field.bytes) }
    return writer.bytes
  }

  // MARK: - Frames

  static func frames() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for vector in try vectors("frames.json") {
      let options = FrameProperties.Option.allowsCompression
      seeds.append([options, UInt8(seeds.count & 255)] + vector.bytes("hex"))
      for (choice, isDeflated) in [
        (FrameProperties.Option.isMended, false), (FrameProperties.Option.isMended | FrameProperties.Option.isDeflated, true),
      ] {
        let messages = vector.objects("messages").map { (kind: $0.integer("type"), bytes: $0.bytes("content")) }
        var writer = ByteWriter()
        for message in messages {
          if isDeflated { writer.field(1, varint: 0x40) }
          writer.field(Int(message.kind), bytes: message.bytes)
        }
        if !messages.isEmpty { seeds.append([options | choice | FrameProperties.Option.writesCompressed, UInt8(seeds.count & 255)] + writer.bytes) }
      }
    }
    // Whole sessions: the shortest message of each kind, in several orders.
    let messages = try vectors("messages.json").filter(\.isValid).map { (number: Int($0.integer("type")), bytes: $0.bytes("hex")) }
    func shortest(_ kind: Int) -> (number: Int, bytes: [UInt8]) {
      messages.filter { $0.number == kind }.min { $0.bytes.count < $1.bytes.count } ?? (kind, [])
    }
    for order in [[1, 2, 4, 5, 6], [1, 2, 3, 4, 5, 6], [1, 2, 4, 4, 6, 5], [1, 2, 3, 3, 5, 6], [1, 2, 4, 3, 5, 6], [1, 7]] {
      for choice in [0, 1, 32, 33, 64, 129] as [UInt8] {
        seeds.append([FrameProperties.Option.isMended, choice] + fields(order.map(shortest)))
      }
    }
    for vector in try vectors("messages.json") {
      seeds.append([FrameProperties.Option.isContent, UInt8(vector.integer("type"))] + vector.bytes("hex"))
    }
    return seeds
  }

  // MARK: - Changes

  static func changes() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    func add(_ shape: ChangeProperties.Shape, _ bytes: [UInt8]) { seeds.append([shape.rawValue] + bytes) }
    for vector in try vectors("values.json") { add(.value, vector.bytes("hex")) }
    for vector in try vectors("bodies.json") { add(.body, vector.bytes("hex")) }
    for vector in try vectors("headers.json") {
      add(.envelope, vector.bytes("hex"))
      add(.change, fields([(1, vector.bytes("hex")), (2, vector.bytes("body"))]))
    }
    for vector in try vectors("merges.json") {
      for change in vector.objects("changes") { add(.change, fields([(1, change.bytes("envelope")), (2, change.bytes("body"))])) }
    }
    for state in rows() { add(.state, state) }
    return seeds
  }

  private static func rows() -> [[UInt8]] {
    let versions = (1...3).map { Version(branch: 0, sequence: $0) }
    let target = Value.reference(Reference(type: "claim", id: .zero))
    func cell(_ place: CellAddress.Place, _ values: Value...) -> EntityState.Cell {
      EntityState.Cell(
        address: CellAddress(field: "text", place: place),
        survivors: zip(versions, values).map { EntityState.Survivor(version: $0, value: $1) })
    }
    let states = [
      EntityState(), EntityState(isCreated: true, cells: [cell(.field, .string("a"), .text(TextHash(of: [])), target)]),
      EntityState(
        isCreated: true,
        cells: [cell(.field, .list([.record(Record(["from": target]))])), cell(.element(Element(.integer(1))), .bool(true)), cell(.key("k"), .null)],
        tombstones: [EntityState.Tombstone(version: versions[1], seen: [versions[0]])], restores: [versions[2]]),
    ]
    return states.map { state in
      var names = ChangeProperties.names
      return state.bytes(names: &names)
    }
  }

  // MARK: - Deliveries

  /// Merges, by writers whose keys are known.
  static func deliveries() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for vector in try vectors("merges.json") {
      var origins: [[UInt8]] = []
      let changes = vector.objects("changes")
      for change in changes where !origins.contains(change.bytes("origin")) { origins.append(change.bytes("origin")) }
      func renamed(_ bytes: [UInt8]) -> [UInt8] {
        zip(origins, SigningForger.writers).reduce(bytes) { $0.replacing($1.0, with: $1.1.origin.bytes) }
      }
      let segments = changes.map { change in
        Segment(
          origin: Origin(bytes: renamed(change.bytes("origin"))) ?? SigningForger.writers[0].origin, firstSequence: change.integer("sequence"),
          previous: ChangeID(bytes: change.bytes("previous")),
          parcels: [Segment.Parcel(envelope: renamed(change.bytes("envelope")), body: renamed(change.bytes("body")))],
          signature: HeadSignature(bytes: [UInt8](repeating: 0, count: HeadSignature.byteCount)) ?? { preconditionFailure("64 bytes are 64") }())
      }
      let all = [Message.changes(Delivery(segments: segments)).content]
      let single = segments.map { Message.changes(Delivery(segments: [$0])).content }
      for contents in [all, single] { seeds.append(fields(contents.map { (ReceiveProperties.Field.changes, $0) })) }
      var bundle = ByteWriter()
      for content in single { bundle.field(ReceiveProperties.Field.changes, bytes: content) }
      bundle.field(ReceiveProperties.Field.options, varint: ReceiveProperties.Option.isBundle)
      seeds.append(bundle.bytes)
    }
    for delivery in Samples.deliveries { seeds.append(fields([(ReceiveProperties.Field.changes, Message.changes(delivery).content)])) }
    let hello = Hello(
      corpus: SigningForger.corpus, mayAdopt: false, heads: HeadsHash(of: []), nonce: .zero, takesCompression: false, remembered: [])
    let names = SigningForger.writers.map { HeadName(origin: $0.origin, sequence: 3, prefix: .zero) }.sorted()
    seeds.append(
      fields([
        (ReceiveProperties.Field.message, [1] + Message.hello(hello).content),
        (ReceiveProperties.Field.message, [2] + Message.heads(PeerHeads(names: names)).content),
        (ReceiveProperties.Field.message, [0x44] + Message.changes(Samples.deliveries[0]).content),
      ]))
    return seeds
  }
}
