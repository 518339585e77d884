// A value has two encodings of one shape. The explicit one spells out types, ids, text hashes and record keys: it is what is hashed, and
// what tells the elements of a set apart. The indexed one names them by their place in a table: it is what changes and rows hold.

/// Entities, names and texts that values refer to by their index.
package struct CodingTable: Sendable {
  package private(set) var entities: [Reference] = []
  package private(set) var texts: [TextHash] = []
  package var names: NameIndex

  /// Made where there are too many to look through.
  private var entityIndexes: [Reference: Int] = [:]
  private var textIndexes: [TextHash: Int] = [:]
  private static let fewCount = 12

  /// - Parameter names: those that are known already; a change's body begins with none.
  package init(names: NameIndex = NameIndex()) {
    self.names = names
  }

  package mutating func index(of entity: Reference) -> Int {
    if entities.count <= Self.fewCount {
      if let index = entities.firstIndex(of: entity) { return index }
    } else if let index = entityIndexes[entity] {
      return index
    }
    entities.append(entity)
    if entities.count == Self.fewCount + 1 {
      for (index, entity) in entities.enumerated() { entityIndexes[entity] = index }
    } else if entities.count > Self.fewCount {
      entityIndexes[entity] = entities.count - 1
    }
    return entities.count - 1
  }

  /// Whether anything in the body refers to it, or is it.
  package func names(_ entity: Reference) -> Bool {
    entities.count <= Self.fewCount ? entities.contains(entity) : entityIndexes[entity] != nil
  }

  package mutating func index(of text: TextHash) -> Int {
    if texts.count <= Self.fewCount {
      if let index = texts.firstIndex(of: text) { return index }
    } else if let index = textIndexes[text] {
      return index
    }
    texts.append(text)
    if texts.count == Self.fewCount + 1 {
      for (index, text) in texts.enumerated() { textIndexes[text] = index }
    } else if texts.count > Self.fewCount {
      textIndexes[text] = texts.count - 1
    }
    return texts.count - 1
  }

  /// The hashes of the texts, one after the other.
  package var textBytes: [UInt8] {
    var writer = ByteWriter()
    for text in texts { writer.raw(text.raw) }
    return writer.bytes
  }
}

/// What a reader looks indexes up in.
package struct CodingLists: Sendable {
  package var entities: [Reference] = []
  package var names: [ExactString] = []
  package var texts: [TextHash] = []

  /// Whether values spell everything out, so that nothing is looked up.
  fileprivate var isExplicit = false

  /// Whether entries must come up in the order of their lists, as a writer puts them there: so one meaning has one table.
  var isInOrderOfUse = false
  private var usedEntities = 0
  private var usedNames = 0
  private var usedTexts = 0

  package init() {}

  mutating func entity(from reader: inout ByteReader) throws(MalformedBytes) -> Reference {
    let index = try reader.count(below: entities.count, "entity")
    if isInOrderOfUse { try Self.use(index, &usedEntities, in: reader) }
    return entities[index]
  }

  mutating func name(from reader: inout ByteReader) throws(MalformedBytes) -> ExactString {
    let index = try reader.count(below: names.count, "name")
    try useName(index, in: reader)
    return names[index]
  }

  mutating func text(from reader: inout ByteReader) throws(MalformedBytes) -> TextHash {
    let index = try reader.count(below: texts.count, "text")
    if isInOrderOfUse { try Self.use(index, &usedTexts, in: reader) }
    return texts[index]
  }

  mutating func useName(_ index: Int, in reader: ByteReader) throws(MalformedBytes) {
    if isInOrderOfUse { try Self.use(index, &usedNames, in: reader) }
  }

  private static func use(_ index: Int, _ used: inout Int, in reader: ByteReader) throws(MalformedBytes) {
    guard index <= used else { throw reader.malformed("entry \(index) of the table comes up before entry \(used)") }
    if index == used { used += 1 }
  }

  /// - Throws: if the table has an entry that didn't come up.
  func finish(_ reader: ByteReader) throws(MalformedBytes) {
    guard !isInOrderOfUse || (usedEntities, usedNames, usedTexts) == (entities.count, names.count, texts.count) else {
      throw reader.malformed("a table has an entry that nothing uses")
    }
  }
}

extension Value {
  private enum Number {
    static let bool = 1
    static let integer = 2
    static let string = 3
    static let bytes = 4
    static let entity = 5
    static let text = 6
    static let list = 7
    static let record = 8
    static let reference = 9
    static let textHash = 10
  }

  /// How many bytes the explicit form takes.
  public var explicitByteCount: Int {
    func delimited(_ count: Int) -> Int { ByteWriter.delimitedByteCount(count) }
    return switch self {
    case .null: 0
    case .bool: 2
    case .integer(let number): 1 + ByteWriter.varintByteCount(UInt64(bitPattern: number << 1 ^ number >> 63))
    case .string(let string): delimited(string.string.utf8.count)
    case .bytes(let bytes): delimited(bytes.count)
    case .reference(let reference): delimited(delimited(reference.type.string.utf8.count) + delimited(16))
    case .text: delimited(32)
    case .list(let values): delimited(values.reduce(0) { $0 + delimited($1.explicitByteCount) })
    case .record(let record):
      delimited(
        record.members.reduce(0) { $0 + delimited(delimited($1.name.string.utf8.count) + delimited($1.value.explicitByteCount)) })
    }
  }

  /// Whether readers take it as a field's value: not too large, not nested too deep, and no name in it too long.
  public var fitsInField: Bool {
    var survey = ValueSurvey()
    return survey.add(self)
  }

  /// The encoding that means the same everywhere.
  public var explicitBytes: [UInt8] {
    var writer = ByteWriter()
    encodeExplicitly(into: &writer)
    return writer.bytes
  }

  package func encodeExplicitly(into writer: inout ByteWriter) {
    switch self {
    case .reference(let reference):
      writer.field(Number.reference) { writer in
        writer.field(1, string: reference.type.string)
        writer.field(2, bytes: reference.id)
      }
    case .text(let hash):
      writer.field(Number.textHash, bytes: hash.raw)
    case .list(let values):
      writer.field(Number.list) { writer in
        for value in values { writer.field(1) { value.encodeExplicitly(into: &$0) } }
      }
    case .record(let record):
      writer.field(Number.record) { writer in
        for member in record.members {
          writer.field(1) { writer in
            writer.field(2, string: member.name.string)
            writer.field(3) { member.value.encodeExplicitly(into: &$0) }
          }
        }
      }
    default:
      encodeScalar(into: &writer)
    }
  }

  package func encode(into writer: inout ByteWriter, table: inout CodingTable) {
    switch self {
    case .reference(let reference):
      writer.field(Number.entity, varint: UInt64(table.index(of: reference)))
    case .text(let hash):
      writer.field(Number.text, varint: UInt64(table.index(of: hash)))
    case .list(let values):
      writer.field(Number.list) { writer in
        for value in values { writer.field(1) { value.encode(into: &$0, table: &table) } }
      }
    case .record(let record):
      writer.field(Number.record) { writer in
        for member in record.members {
          writer.field(1) { writer in
            writer.field(1, varint: UInt64(table.names.index(of: member.name)))
            writer.field(3) { member.value.encode(into: &$0, table: &table) }
          }
        }
      }
    default:
      encodeScalar(into: &writer)
    }
  }

  private func encodeScalar(into writer: inout ByteWriter) {
    switch self {
    case .bool(let flag): writer.field(Number.bool, varint: flag ? 1 : 0)
    case .integer(let number): writer.field(Number.integer, varint: UInt64(bitPattern: number << 1 ^ number >> 63))
    case .string(let string): writer.field(Number.string, string: string.string)
    case .bytes(let bytes): writer.field(Number.bytes, bytes: bytes)
    case .null, .reference, .text, .list, .record: break
    }
  }

  /// A value in the indexed form.
  package init(from reader: inout ByteReader, lists: inout CodingLists, depth: Int = 0) throws(MalformedBytes) {
    guard depth <= Value.depthLimit else { throw reader.malformed("values are nested deeper than \(Value.depthLimit)") }
    guard let (number, isDelimited) = try reader.next() else {
      self = .null
      return
    }
    switch (number, isDelimited, lists.isExplicit) {
    case (Number.bool, false, _):
      self = .bool(try reader.count(below: 2, "a truth value of") == 1)
    case (Number.integer, false, _):
      let bits = try reader.varint()
      self = .integer(Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1))
    case (Number.string, true, _):
      self = .string(ExactString(try reader.string()))
    case (Number.bytes, true, _):
      self = .bytes(Array(try reader.delimited()))
    case (Number.entity, false, false):
      self = .reference(try lists.entity(from: &reader))
    case (Number.text, false, false):
      self = .text(try lists.text(from: &reader))
    case (Number.reference, true, true):
      self = .reference(try Value.reference(from: &reader))
    case (Number.textHash, true, true):
      self = .text(TextHash(raw: try reader.bytes32()))
    case (Number.list, true, _):
      var inner = try reader.message()
      var values: [Value] = []
      while let (number, isDelimited) = try inner.next() {
        guard number == 1, isDelimited else { throw inner.malformed("a list has no field \(number)") }
        var element = try inner.message()
        values.append(try Value(from: &element, lists: &lists, depth: depth + 1))
      }
      self = .list(values)
    case (Number.record, true, _):
      self = .record(try Value.record(from: &reader, lists: &lists, depth: depth))
    default:
      throw reader.malformed("a value here has no field \(number)")
    }
    guard reader.isAtEnd else { throw reader.malformed("a value has a second part") }
  }

  /// A value in the explicit form.
  public init(explicitBytes bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    var lists = CodingLists()
    lists.isExplicit = true
    try self.init(from: &reader, lists: &lists)
  }

  private static func reference(from reader: inout ByteReader) throws(MalformedBytes) -> Reference {
    var inner = try reader.message()
    guard let type = try inner.next(), type == (1, true) else { throw inner.malformed("a reference needs a type") }
    let name = try inner.string()
    guard let id = try inner.next(), id == (2, true) else { throw inner.malformed("a reference needs an id") }
    let reference = Reference(type: ExactString(name), id: try inner.bytes16())
    guard inner.isAtEnd else { throw inner.malformed("a reference has a third part") }
    return reference
  }

  private static func record(from reader: inout ByteReader, lists: inout CodingLists, depth: Int) throws(MalformedBytes) -> Record {
    var inner = try reader.message()
    // No member takes less than six bytes.
    var record = Record(reserving: min(4, inner.remaining / 6))
    var last: ExactString?
    while let (number, isDelimited) = try inner.next() {
      guard number == 1, isDelimited else { throw inner.malformed("a record has no field \(number)") }
      var member = try inner.message()
      let name: ExactString
      switch (try member.next(), lists.isExplicit) {
      case ((1, false)?, false): name = try lists.name(from: &member)
      case ((2, true)?, true): name = ExactString(try member.string())
      default: throw member.malformed("a record's member needs a name")
      }
      if let last, last >= name { throw member.malformed("a record's members are out of order") }
      last = name
      guard let value = try member.next(), value == (3, true) else { throw member.malformed("a record's member needs a value") }
      var content = try member.message()
      record.append(name, try Value(from: &content, lists: &lists, depth: depth + 1))
      guard member.isAtEnd else { throw member.malformed("a record's member has a third part") }
    }
    return record
  }
}
