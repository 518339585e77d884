// Writes bodies: the hot path of every local write. What reads them is in ChangeCoding.swift.

/// A body on its way into bytes: groups are encoded and hashed one after the other, then the table that they need is put before them.
package struct BodyWriter {
  /// A body as it is stored and sent, and the hash of it that stands in its change's header.
  package struct Encoded {
    package let bytes: [UInt8]
    package let hash: BodyHash
    package let texts: [TextHash]
  }

  package private(set) var table: CodingTable
  private var groups = ByteWriter()
  private var groupHashes: [Bytes32] = []

  /// The last one, as it was encoded.
  package private(set) var group = ByteWriter()

  package init(table: CodingTable = CodingTable()) {
    self.table = table
  }

  package var isEmpty: Bool { groupHashes.isEmpty }

  package mutating func append(_ group: Group) {
    append(group.entity, group.action, overwrites: group.overwrites, seen: group.seen) { writer in
      for op in group.ops { writer.appendOp(op.address, op.value, overwrites: op.overwrites) }
    }
  }

  /// - Parameter ops: appends them, ascending.
  package mutating func append(
    _ entity: Reference, _ action: Group.Action, overwrites: [VersionName] = [], seen: [VersionName] = [], ops: (inout BodyWriter) throws -> Void
  ) rethrows {
    group.removeAll()
    group.field(1, varint: UInt64(table.index(of: entity)))
    group.field(2, varint: action.rawValue)
    try ops(&self)
    group.field(4, packed: overwrites.flat)
    group.field(5, packed: seen.flat)
    groupHashes.append(group.withBytes { TaggedHash.of($0, .group) })
    groups.field(2, writtenBy: group)
  }

  /// Adds an op to the group that is being appended.
  package mutating func appendOp(_ address: CellAddress, _ value: Value, overwrites: [VersionName]) {
    group.field(3) { writer in
      writer.field(1, varint: UInt64(table.names.index(of: address.field)))
      switch address.place {
      case .field: break
      case .element(let element): writer.field(2) { element.value.encode(into: &$0, table: &table) }
      case .key(let key): writer.field(3, string: key.string)
      }
      writer.field(4) { value.encode(into: &$0, table: &table) }
      if !overwrites.isEmpty { writer.field(5, packed: overwrites.flat) }
    }
  }

  package mutating func finish(lines: [Head]) -> Encoded {
    let content = table.content(lines: lines)
    var writer = ByteWriter(reserving: content.count + groups.byteCount + 8)
    writer.field(1, bytes: content)
    writer.raw(writtenBy: groups)
    let hash = BodyHash(table: TaggedHash.of(content[...], .table), groups: groupHashes)
    return Encoded(bytes: writer.finish(), hash: hash, texts: table.texts)
  }
}

extension CodingTable {
  /// The table as it stands before the groups that need it.
  fileprivate mutating func content(lines: [Head]) -> [UInt8] {
    // The index of a type's name must be in the table before the table is written.
    let runs = entityRuns()
    var writer = ByteWriter()
    for run in runs {
      writer.field(1) { writer in
        writer.field(1, varint: UInt64(run.type))
        writer.field(2, bytes: run.ids)
      }
    }
    for name in names.list { writer.field(2, string: name.string) }
    if !texts.isEmpty { writer.field(3, bytes: textBytes) }
    for line in lines { writer.field(4) { line.encode(into: &$0) } }
    return writer.bytes
  }

  /// Neighbouring entities of one type share its name.
  fileprivate mutating func entityRuns() -> [(type: Int, ids: [UInt8])] {
    var runs: [(type: Int, ids: [UInt8])] = []
    for entity in entities {
      let type = names.index(of: entity.type)
      if runs.last?.type == type {
        entity.id.withBytes { runs[runs.count - 1].ids.append(contentsOf: $0) }
      } else {
        runs.append((type, entity.id.array))
      }
    }
    return runs
  }
}

extension [VersionName] {
  /// In ascending order, each once.
  fileprivate var flat: [UInt64] {
    if count < 2 { return first.map { [UInt64($0.line), $0.sequence] } ?? [] }
    return Set(self).sorted().flatMap { [UInt64($0.line), $0.sequence] }
  }
}
