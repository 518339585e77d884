// The bytes of headers and bodies, written and read by hand. `Documentation/dicta.proto` describes the same shapes.

extension Header {
  package static let byteLimit = 1 << 20
  package static let labelByteLimit = 256
  package static let noteByteLimit = 4096

  /// The name of the change: the hash of all of its header.
  public var changeID: ChangeID {
    var writer = ByteWriter()
    writer.field(1, bytes: origin.raw)
    writer.field(2, varint: sequence)
    if let previous { writer.field(3, bytes: previous.raw) }
    envelope.encode(into: &writer)
    writer.field(10, bytes: bodyHash.raw)
    return ChangeID(raw: writer.withBytes { TaggedHash.of($0, .change) })
  }
}

extension Header.Envelope {
  /// The header without what a reader computes or is sent once per segment.
  public var bytes: [UInt8] {
    var writer = ByteWriter()
    encode(into: &writer)
    return writer.bytes
  }

  func encode(into writer: inout ByteWriter) {
    for dependency in dependencies { writer.field(4) { dependency.encode(into: &$0) } }
    writer.field(5, varint: writtenAt)
    if let author { writer.field(6, string: author) }
    if let note { writer.field(7, string: note) }
    if isContinued { writer.field(8, varint: 1) }
    if let birth {
      writer.field(9) { writer in
        writer.field(1, bytes: birth.publicKey)
        writer.field(2, bytes: birth.nonce)
        writer.field(3, string: birth.device)
      }
    }
  }

  public init(bytes: [UInt8]) throws(MalformedBytes) {
    guard bytes.count <= Header.byteLimit else { throw MalformedBytes(offset: 0, reason: "a header is larger than \(Header.byteLimit) bytes") }
    var reader = ByteReader(bytes)
    var order = FieldOrder()
    var writtenAt: UInt64?
    self.init(writtenAt: 0)
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: number == 4, in: reader)
      switch (number, isDelimited) {
      case (4, true):
        var inner = try reader.message()
        dependencies.append(try Head(from: &inner))
      case (5, false): writtenAt = try reader.varint()
      case (6, true): author = try reader.label(Header.labelByteLimit)
      case (7, true): note = try reader.label(Header.noteByteLimit)
      case (8, false):
        guard try reader.varint() == 1 else { throw reader.malformed("a header's `continued` is 1 or left out") }
        isContinued = true
      case (9, true):
        var inner = try reader.message()
        birth = try Header.Birth(from: &inner)
      default: throw reader.malformed("a header has no field \(number) here")
      }
    }
    guard let writtenAt else { throw reader.malformed("a header needs a time") }
    self.writtenAt = writtenAt
  }
}

extension Header.Birth {
  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1)
    let publicKey = try reader.bytes32()
    guard publicKey.canBePublicKey else { throw reader.malformed("a public key isn't the canonical encoding of a key") }
    try reader.expect(2)
    let nonce = try reader.bytes16()
    try reader.expect(3)
    self.init(publicKey: publicKey, nonce: nonce, device: try reader.label(Header.labelByteLimit))
    try reader.finish()
  }
}

extension Head {
  package func encode(into writer: inout ByteWriter) {
    writer.field(1, bytes: origin.raw)
    writer.field(2, varint: sequence)
    writer.field(3, bytes: id.raw)
  }

  package init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1)
    let origin = Origin(raw: try reader.bytes16())
    try reader.expect(2, isDelimited: false)
    let sequence = try reader.varint()
    guard sequence > 0 else { throw reader.malformed("sequences count from 1") }
    try reader.expect(3)
    self.init(origin: origin, sequence: sequence, id: ChangeID(raw: try reader.bytes32()))
    try reader.finish()
  }
}

extension Body {
  public var bytes: [UInt8] {
    var writer = BodyWriter()
    for group in groups { writer.append(group) }
    return writer.finish(lines: lines).bytes
  }

  /// The bytes of the table and of each group, for their hashes.
  static func parts(of bytes: [UInt8]) throws(MalformedBytes) -> (table: ArraySlice<UInt8>, groups: [ArraySlice<UInt8>]) {
    guard bytes.count <= byteLimit else { throw MalformedBytes(offset: 0, reason: "a body is larger than \(byteLimit) bytes") }
    var reader = ByteReader(bytes)
    try reader.expect(1)
    let table = try reader.delimited()
    var groups: [ArraySlice<UInt8>] = []
    while !reader.isAtEnd {
      try reader.expect(2)
      groups.append(try reader.delimited())
    }
    return (table, groups)
  }

  /// - Throws: for anything but the one encoding of a body that keeps its rules: an entity in one group, a cell in one op.
  public init(bytes: [UInt8]) throws(MalformedBytes) {
    guard bytes.count <= Body.byteLimit else { throw MalformedBytes(offset: 0, reason: "a body is larger than \(Body.byteLimit) bytes") }
    var reader = ByteReader(bytes)
    try reader.expect(1)
    var table = try reader.message()
    var lists = CodingLists()
    lists.isInOrderOfUse = true
    let (lines, types) = try lists.readTable(from: &table)
    self.lines = lines
    groups = []
    texts = lists.texts
    var entities = Set<Reference>(minimumCapacity: lists.entities.count)
    while !reader.isAtEnd {
      try reader.expect(2)
      var inner = try reader.message()
      let group = try Group(from: &inner, lists: &lists)
      guard entities.insert(group.entity).inserted else { throw reader.malformed("\(group.entity) has two groups") }
      groups.append(group)
    }
    guard !groups.isEmpty else { throw reader.malformed("a change does nothing") }
    // A writer adds the names of types last, when it knows the entities.
    for type in types { try lists.useName(type, in: reader) }
    try lists.finish(reader)
  }
}

extension CodingLists {
  /// - Returns: the further lines, and the names of types by their indexes.
  mutating func readTable(from reader: inout ByteReader) throws(MalformedBytes) -> (lines: [Head], types: [Int]) {
    var order = FieldOrder()
    var runs: [(type: Int, ids: ArraySlice<UInt8>)] = []
    var lines: [Head] = []
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: number != 3, in: reader)
      switch (number, isDelimited) {
      case (1, true):
        var inner = try reader.message()
        try inner.expect(1, isDelimited: false)
        let type = try inner.count(below: Body.byteLimit, "a type's name")
        try inner.expect(2)
        let ids = try inner.delimited()
        guard !ids.isEmpty, ids.count % 16 == 0 else { throw inner.malformed("ids of entities take 16 bytes each") }
        guard runs.last?.type != type else { throw inner.malformed("neighbouring entities of one type belong together") }
        try inner.finish()
        runs.append((type, ids))
      case (2, true): names.append(ExactString(try reader.label(Body.nameByteLimit)))
      case (3, true):
        let hashes = try reader.delimited()
        guard !hashes.isEmpty, hashes.count % 32 == 0 else { throw reader.malformed("hashes of texts take 32 bytes each") }
        for start in stride(from: hashes.startIndex, to: hashes.endIndex, by: 32) {
          if let hash = TextHash(bytes: hashes[start..<start + 32]) { texts.append(hash) }
        }
      case (4, true):
        var inner = try reader.message()
        lines.append(try Head(from: &inner))
      default: throw reader.malformed("a table has no field \(number)")
      }
    }
    for run in runs {
      guard run.type < names.count else { throw reader.malformed("a type is name \(run.type) and there are \(names.count)") }
      for start in stride(from: run.ids.startIndex, to: run.ids.endIndex, by: 16) {
        if let id = Bytes16(run.ids[start..<start + 16]) { entities.append(Reference(type: names[run.type], id: id)) }
      }
    }
    guard Set(names).count == names.count, Set(texts).count == texts.count, Set(entities).count == entities.count else {
      throw reader.malformed("a table names something twice")
    }
    return (lines, runs.map(\.type))
  }
}

extension Body {
  /// The most bytes in the name of a type, a field, a record's member or a map's key.
  package static let nameByteLimit = 1024
}

extension Group {
  init(from reader: inout ByteReader, lists: inout CodingLists) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let entity = try lists.entity(from: &reader)
    try reader.expect(2, isDelimited: false)
    guard let action = Action(rawValue: try reader.varint()) else { throw reader.malformed("a group has no such action") }
    self.init(entity: entity, action: action)
    var order = FieldOrder()
    // Made where ops don't come in order, as they nearly always do.
    var addresses: Set<CellAddress>?
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: number == 3, in: reader)
      switch (number, isDelimited) {
      case (3, true) where action != .delete:
        var inner = try reader.message()
        let op = try Op(from: &inner, lists: &lists)
        // None takes less than six bytes.
        if ops.isEmpty { ops.reserveCapacity(1 + min(7, reader.remaining / 6)) }
        if addresses == nil, let last = ops.last, !(last.address < op.address) { addresses = Set(ops.map(\.address)) }
        guard addresses?.insert(op.address).inserted ?? true else { throw reader.malformed("\(op.address) is set twice") }
        ops.append(op)
      case (4, true) where action == .delete || action == .restore: overwrites = try reader.versionNames()
      case (5, true) where action == .delete: seen = try reader.versionNames()
      default: throw reader.malformed("a group that does \(action) has no field \(number)")
      }
    }
    guard action != .edit || !ops.isEmpty else { throw reader.malformed("an edit sets nothing") }
  }
}

extension Op {
  fileprivate init(from reader: inout ByteReader, lists: inout CodingLists) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let field = try lists.name(from: &reader)
    var order = FieldOrder()
    var place = CellAddress.Place.field
    var value: Value?
    var overwrites: [VersionName] = []
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, in: reader)
      switch (number, isDelimited) {
      case (2, true): place = .element(Element(try reader.value(&lists)))
      case (3, true) where place == .field: place = .key(ExactString(try reader.label(Body.nameByteLimit)))
      case (4, true): value = try reader.value(&lists)
      case (5, true): overwrites = try reader.versionNames()
      default: throw reader.malformed("an op has no field \(number) here")
      }
    }
    guard let value else { throw reader.malformed("an op needs a value") }
    if case .element = place, value != .null, value != .bool(true) { throw reader.malformed("an element is true or null") }
    self.init(CellAddress(field: field, place: place), value, overwrites: overwrites)
  }
}

extension ByteReader {
  package mutating func expect(_ number: Int, isDelimited: Bool = true) throws(MalformedBytes) {
    guard let field = try next(), field == (number, isDelimited) else { throw malformed("field \(number) is missing") }
  }

  package func finish() throws(MalformedBytes) {
    guard isAtEnd else { throw malformed("\(remaining) bytes too many") }
  }

  fileprivate mutating func label(_ byteLimit: Int) throws(MalformedBytes) -> String {
    let start = position
    let string = try string()
    guard string.utf8.count <= byteLimit else { throw MalformedBytes(offset: start, reason: "a name or note is longer than \(byteLimit) bytes") }
    return string
  }

  /// A value of a field. Its size is limited in the explicit form, whatever the table makes of it.
  fileprivate mutating func value(_ lists: inout CodingLists) throws(MalformedBytes) -> Value {
    var inner = try message()
    let value = try Value(from: &inner, lists: &lists)
    guard value.explicitByteCount <= Value.byteLimit else { throw malformed("a field is larger than \(Value.byteLimit) bytes") }
    return value
  }

  fileprivate mutating func versionNames() throws(MalformedBytes) -> [VersionName] {
    let numbers = try packed()
    guard numbers.count.isMultiple(of: 2) else { throw malformed("versions are pairs of line and sequence") }
    var names: [VersionName] = []
    for index in stride(from: 0, to: numbers.count, by: 2) {
      guard numbers[index] < 1 << 31, numbers[index + 1] > 0 else { throw malformed("there is no such version") }
      let name = VersionName(line: Int(numbers[index]), sequence: numbers[index + 1])
      if let last = names.last, last >= name { throw malformed("versions are out of order or there twice") }
      names.append(name)
    }
    return names
  }
}
