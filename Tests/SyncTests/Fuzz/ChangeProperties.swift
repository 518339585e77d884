// What must hold of any bytes that are read as a change or a part of one: what is accepted is the only encoding of what it says, and can
// be merged, kept in a row and read from it.

@testable import DictaModels
@testable import DictaStorage

enum ChangeProperties {
  /// What an input is, by its first byte. A change is two fields: envelope and body.
  enum Shape: UInt8, CaseIterable {
    case value, envelope, body, change, state
  }

  static func check(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    switch Shape(rawValue: input.byte() % UInt8(Shape.allCases.count)) {
    case .value: try checkValue(Array(input.rest))
    case .envelope: _ = try checkEnvelope(Array(input.rest))
    case .body: _ = try checkBody(Array(input.rest))
    case .change:
      var fields = ByteReader(input.rest)
      var parts: [Int: [UInt8]] = [:]
      while let (number, isDelimited) = try? fields.next(), isDelimited, let content = try? fields.delimited() { parts[number] = Array(content) }
      try checkChange(envelope: parts[1] ?? [], body: parts[2] ?? [])
    case .state, nil: try checkState(Array(input.rest))
    }
  }

  // MARK: - Values

  private static func checkValue(_ bytes: [UInt8]) throws {
    guard let value = try? Value(explicitBytes: bytes) else { return }
    try expect(value.explicitBytes == bytes, "\(value) has another encoding")
    try check(value)
  }

  private static func check(_ value: Value) throws {
    let bytes = value.explicitBytes
    try expect(value.explicitByteCount == bytes.count, "\(value) takes \(bytes.count) bytes, not \(value.explicitByteCount)")
    try expect(try Value(explicitBytes: bytes) == value, "\(value) is another one when it is read again")
    var (references, texts) = (Set<Reference>(), Set<TextHash>())
    value.forEachReference { references.insert($0) }
    value.forEachText { texts.insert($0) }
    for target in references {
      var isLeft = false
      value.removing(referencesTo: target).forEachReference { isLeft = isLeft || $0 == target }
      try expect(!isLeft, "\(value) still refers to \(target)")
    }
    var table = CodingTable()
    var writer = ByteWriter()
    value.encode(into: &writer, table: &table)
    try expect(Set(table.entities) == references && Set(table.texts) == texts, "the table of \(value) holds something else")
    var lists = CodingLists()
    (lists.entities, lists.names, lists.texts) = (table.entities, table.names.list, table.texts)
    var reader = ByteReader(writer.bytes)
    try expect(try Value(from: &reader, lists: &lists) == value, "\(value) is another one in the indexed form")
  }

  // MARK: - Changes

  private static func checkEnvelope(_ bytes: [UInt8]) throws -> Header.Envelope? {
    guard let envelope = try? Header.Envelope(bytes: bytes) else { return nil }
    try expect(envelope.bytes == bytes, "\(envelope) has another encoding")
    return envelope
  }

  private static func checkBody(_ bytes: [UInt8]) throws -> Body? {
    guard let body = try? Body(bytes: bytes) else { return nil }
    try expect(body.bytes == bytes, "\(body) has another encoding")
    try expect(!body.groups.isEmpty && Set(body.groups.map(\.entity)).count == body.groups.count, "\(body) has two groups of an entity, or none")
    var texts: Set<TextHash> = []
    for op in body.groups.flatMap(\.ops) {
      var values = [op.value]
      if case .element(let element) = op.address.place { values.append(element.value) }
      for value in values {
        try expect(value.fitsInField, "\(value) doesn't fit in a field")
        try check(value)
        value.forEachText { texts.insert($0) }
      }
    }
    try expect(texts == Set(body.texts), "\(body) names other texts than it lists")
    try checkMerge(of: body)
    return body
  }

  private static func checkChange(envelope envelopeBytes: [UInt8], body bodyBytes: [UInt8]) throws {
    let body = try checkBody(bodyBytes)
    guard let envelope = try checkEnvelope(envelopeBytes) else { return }
    let origin = Origin(raw: Bytes16(high: 1, low: 2))
    let previous = envelope.birth == nil ? ChangeID(raw: .zero) : nil
    do {
      let change = try Change(
        origin: origin, sequence: previous == nil ? 1 : 2, previous: previous, envelope: envelope, bodyBytes: bodyBytes)
      try expect(change.id == change.header.changeID && change.bodyBytes == bodyBytes, "a change isn't what it was made of")
    } catch let error as MalformedBytes {
      try expect(body == nil, "a body that can be read doesn't fall into parts: \(error)")
    }
  }

  // MARK: - States

  /// Two writers do the same, and an order of arrival leaves no trace.
  private static func checkMerge(of body: Body) throws {
    let versions = [Version(branch: 0, sequence: 300), Version(branch: 1, sequence: 200)]
    func state(_ order: [Version], of group: Group) throws -> EntityState {
      var state = EntityState()
      for version in order {
        try state.apply(
          group, as: version, naming: { Version(branch: $0.line & 7, sequence: 1 + $0.sequence & 127) },
          rank: { Rank(writtenAt: $0.sequence, id: ChangeID(raw: .zero)) })
      }
      return state
    }
    for group in body.groups {
      let (one, other) = (try state(versions, of: group), try state(versions.reversed(), of: group))
      try expect(one == other, "the order of arrival shows: \(one), and \(other)")
      try checkRow(one)
      _ = one.digest(of: group.entity) { Origin(raw: Bytes16(high: 3, low: UInt64($0.branch))) }
      _ = (one.conflicts, one.shown, one.livesByItself, one.isUnderstood(of: group.entity.type))
    }
  }

  /// What an archive's table of names might hold.
  static let names = NameIndex(["text", "claim", "tags", "note", "from", "to", "stance", "x"])

  private static func checkState(_ bytes: [UInt8]) throws {
    guard let state = try? EntityState(bytes: bytes, names: names) else { return }
    try checkRow(state)
  }

  private static func checkRow(_ state: EntityState) throws {
    var names = NameIndex(["claim"])
    let bytes = state.bytes(names: &names)
    let again = try EntityState(bytes: bytes, names: names)
    try expect(again == state, "a row keeps \(again) for \(state)")
    try expect(again.bytes(names: &names) == bytes, "\(state) has two encodings")
  }
}
