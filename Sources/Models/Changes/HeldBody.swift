// What a replica holds of a body: all of it, or what is left where groups were dropped. The second form is the replica's own and never
// travels; `Documentation/Storage.md` describes it.

/// What is held of a change's body.
///
/// A group may be dropped when nothing that it wrote survives. In its place stay its hash, so that the change still proves itself and its
/// chain, and its skeleton: the group with null for its values. Merging a skeleton gives the same as merging the group, for a value that is
/// overwritten shows nowhere. Nothing proves a skeleton, so nobody takes one from somebody else.
package struct HeldBody: Hashable, Sendable {
  package let bytes: [UInt8]

  /// Whether groups were dropped.
  package let isReduced: Bool

  package init(bytes: [UInt8], isReduced: Bool = false) {
    (self.bytes, self.isReduced) = (bytes, isReduced)
  }

  /// The most bytes it may take: more than were there, if a skeleton and a hash took more than their group.
  package static let byteLimit = Body.byteLimit

  /// How many bytes a skeleton and a hash must be shorter than their group.
  ///
  /// A pack compresses words to about two fifths and a hash not at all: below this a dropped group frees next to nothing.
  package static let leastSaving = 64
}

extension HeldBody {
  /// One group, in its place.
  private enum Part {
    case kept(ArraySlice<UInt8>)
    case dropped(hash: Bytes32, skeleton: ArraySlice<UInt8>)
  }

  private func parts() throws(MalformedBytes) -> (table: ArraySlice<UInt8>, parts: [Part]) {
    guard isReduced else {
      let (table, groups) = try Body.parts(of: bytes)
      return (table, groups.map { .kept($0) })
    }
    guard bytes.count <= Self.byteLimit else { throw MalformedBytes(offset: 0, reason: "a body is larger than \(Self.byteLimit) bytes") }
    var reader = ByteReader(bytes)
    try reader.expect(1)
    let table = try reader.delimited()
    var parts: [Part] = []
    var isReduced = false
    while let field = try reader.next() {
      switch (field.number, field.isDelimited) {
      case (2, true): parts.append(.kept(try reader.delimited()))
      case (3, true):
        var inner = try reader.message()
        try inner.expect(1)
        let hash = try inner.bytes32()
        try inner.expect(2)
        parts.append(.dropped(hash: hash, skeleton: try inner.delimited()))
        try inner.finish()
        isReduced = true
      default: throw reader.malformed("a reduced body has no field \(field.number)")
      }
    }
    guard isReduced else { throw reader.malformed("of a reduced body nothing is dropped") }
    return (table, parts)
  }

  /// What stands in the change's header: the same, whatever was dropped.
  package func hash() throws(MalformedBytes) -> BodyHash {
    let (table, parts) = try parts()
    return BodyHash(
      table: TaggedHash.of(table, .table),
      groups: parts.map { part in
        switch part {
        case .kept(let bytes): TaggedHash.of(bytes, .group)
        case .dropped(let hash, _): hash
        }
      })
  }

  /// The body, in which groups that were dropped have null for their values.
  package func content() throws(MalformedBytes) -> Body {
    guard isReduced else { return try Body(bytes: bytes) }
    let (tableBytes, parts) = try parts()
    var lists = CodingLists()
    var table = ByteReader(tableBytes)
    var body = Body(groups: [], lines: try lists.readTable(from: &table).lines)
    body.texts = lists.texts
    var entities: Set<Reference> = []
    for part in parts {
      var reader: ByteReader
      var isDropped = false
      switch part {
      case .kept(let bytes): reader = ByteReader(bytes)
      case .dropped(_, let skeleton): (reader, isDropped) = (ByteReader(skeleton), true)
      }
      var group = try Group(from: &reader, lists: &lists)
      group.isDropped = isDropped
      guard entities.insert(group.entity).inserted else { throw reader.malformed("\(group.entity) has two groups") }
      body.groups.append(group)
    }
    return body
  }

  /// The same without the groups of which nothing survives.
  ///
  /// - Parameter isSuperseded: whether nothing of what a group wrote survives. Asked only of edits that are worth dropping.
  /// - Returns: nil if nothing is to be dropped.
  package func dropping(where isSuperseded: (Group) throws -> Bool) throws -> HeldBody? {
    var (table, parts) = try parts()
    var skeletons: [Int: [UInt8]] = [:]
    for (index, part) in parts.enumerated() {
      guard case .kept(let bytes) = part, let skeleton = try Group.skeleton(of: bytes) else { continue }
      // Three more lengths and tags, and the hash.
      if skeleton.count + 40 + Self.leastSaving <= bytes.count { skeletons[index] = skeleton }
    }
    guard !skeletons.isEmpty else { return nil }
    let groups = try content().groups
    var isChanged = false
    for (index, skeleton) in skeletons where try isSuperseded(groups[index]) {
      guard case .kept(let bytes) = parts[index] else { continue }
      parts[index] = .dropped(hash: TaggedHash.of(bytes, .group), skeleton: skeleton[...])
      isChanged = true
    }
    return isChanged ? HeldBody(table, parts) : nil
  }

  private init(_ table: ArraySlice<UInt8>, _ parts: [Part]) {
    var writer = ByteWriter()
    writer.field(1, bytes: Array(table))
    for part in parts {
      switch part {
      case .kept(let bytes): writer.field(2, bytes: Array(bytes))
      case .dropped(let hash, let skeleton):
        writer.field(3) { writer in
          writer.field(1, bytes: hash)
          writer.field(2, bytes: Array(skeleton))
        }
      }
    }
    self.init(bytes: writer.bytes, isReduced: true)
  }
}

extension Group {
  /// A group's bytes with null for its values; nil if it isn't an edit. What an element of a set is stands in its address, so it stays.
  fileprivate static func skeleton(of bytes: ArraySlice<UInt8>) throws(MalformedBytes) -> [UInt8]? {
    var reader = ByteReader(bytes)
    try reader.expect(1, isDelimited: false)
    var writer = ByteWriter()
    writer.field(1, varint: try reader.varint())
    try reader.expect(2, isDelimited: false)
    let action = try reader.varint()
    guard action == Action.edit.rawValue else { return nil }
    writer.field(2, varint: action)
    while !reader.isAtEnd {
      try reader.expect(3)
      var inner = try reader.message()
      writer.field(3, bytes: try Op.skeleton(from: &inner))
    }
    return writer.bytes
  }
}

extension Op {
  fileprivate static func skeleton(from reader: inout ByteReader) throws(MalformedBytes) -> [UInt8] {
    var writer = ByteWriter()
    var isElement = false
    while let (number, isDelimited) = try reader.next() {
      guard isDelimited else {
        writer.field(number, varint: try reader.varint())
        continue
      }
      let content = try reader.delimited()
      if number == 2 { isElement = true }
      // Null takes no bytes.
      writer.field(number, bytes: number == 4 && !isElement ? [] : Array(content))
    }
    return writer.bytes
  }
}
