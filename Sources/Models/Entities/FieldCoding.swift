// Between the typed properties of entities and the values that are stored, merged and sent. Whatever a reader doesn't take stays behind
// and is written back as it came.

/// Takes known fields out of an entity's fields.
struct FieldReader {
  let entity: Reference
  private let fields: Fields
  private var taken = TakenPlaces()

  /// Where the next one is, if they are taken in order.
  private var cursor = 0

  init(_ entity: Reference, _ fields: Fields) {
    self.entity = entity
    self.fields = fields
  }

  /// What was left behind.
  var rest: Fields {
    taken.count == fields.cells.count ? Fields() : Fields(sorted: taken.rest(of: fields.cells))
  }

  /// The value of a field if `convert` makes something of it; otherwise it stays behind.
  mutating func take<Content>(_ field: ExactString, _ convert: (Value) -> Content?) -> Content? {
    guard let index = index(of: field), let content = convert(fields.cells[index].value) else { return nil }
    taken.insert(index)
    return content
  }

  private mutating func index(of field: ExactString) -> Int? {
    if cursor < fields.cells.count {
      let address = fields.cells[cursor].address
      if address.field == field, case .field = address.place {
        cursor += 1
        return cursor - 1
      }
      if field < address.field, cursor == 0 || fields.cells[cursor - 1].address.field < field { return nil }
    } else if fields.cells.last.map({ $0.address.field < field }) ?? true {
      return nil
    }
    guard let index = fields.place(of: CellAddress(field: field)) else { return nil }
    cursor = index + 1
    return index
  }

  /// Takes the cells of a set or a map.
  private mutating func takeCells(of field: ExactString, _ take: (Fields.Cell) -> Bool) {
    let range = fields.cells(of: field).indices
    for index in range where take(fields.cells[index]) { taken.insert(index) }
    if !range.isEmpty { cursor = range.upperBound }
  }

  mutating func string(_ field: ExactString) -> String? {
    take(field) { $0.asString }
  }

  mutating func date(_ field: ExactString) -> PartialDate? {
    take(field) { $0.asDate }
  }

  mutating func choice<Choice: OpenEnum>(_ field: ExactString) -> Choice? {
    take(field) { $0.asString.map(Choice.init(rawValue:)) }
  }

  mutating func id<Subject: Entity>(_ field: ExactString) -> Identifier<Subject>? {
    take(field) { $0.asID() }
  }

  mutating func record<Content: RecordConvertible>(_ field: ExactString) -> Content? {
    take(field) { Content($0) }
  }

  mutating func list<Content: RecordConvertible>(_ field: ExactString) -> [Content] {
    take(field) { Content.list($0) } ?? []
  }

  mutating func strings(_ field: ExactString) -> [String] {
    take(field) { value in
      guard case .list(let values) = value else { return nil }
      let strings = values.compactMap(\.asString)
      return strings.count == values.count ? strings : nil
    } ?? []
  }

  mutating func set<Content: Hashable>(_ field: ExactString, _ convert: (Value) -> Content?) -> Set<Content> {
    var set: Set<Content> = []
    takeCells(of: field) { cell in
      guard case .element(let element) = cell.address.place, let content = convert(element.value) else { return false }
      set.insert(content)
      return true
    }
    return set
  }

  mutating func stringSet(_ field: ExactString) -> Set<ExactString> {
    set(field) { if case .string(let string) = $0 { string } else { nil } }
  }

  mutating func map<Content>(_ field: ExactString, _ convert: (Value) -> Content?) -> [ExactString: Content] {
    var map: [ExactString: Content] = [:]
    takeCells(of: field) { cell in
      guard case .key(let key) = cell.address.place, let content = convert(cell.value) else { return false }
      map[key] = content
      return true
    }
    return map
  }

  func missing(_ field: ExactString) -> UnreadableEntity {
    UnreadableEntity(entity: entity, field: field)
  }
}

extension Fields {
  mutating func set(_ field: ExactString, _ string: String?) {
    if let string { self[field] = .string(string) }
  }

  mutating func set(_ field: ExactString, _ date: PartialDate?) {
    if let date { self[field] = .string(date.description) }
  }

  mutating func set(_ field: ExactString, _ choice: (some OpenEnum)?) {
    if let choice { self[field] = .string(choice.rawValue) }
  }

  mutating func set(_ field: ExactString, _ id: Identifier<some Entity>?) {
    if let id { self[field] = .reference(id.reference) }
  }

  mutating func set(_ field: ExactString, _ record: (some RecordConvertible)?) {
    if let record, record.value != .record(Record()) { self[field] = record.value }
  }

  mutating func set(_ field: ExactString, list: [some RecordConvertible]) {
    if !list.isEmpty { self[field] = .list(list.map(\.value)) }
  }

  mutating func set(_ field: ExactString, list: [String]) {
    if !list.isEmpty { self[field] = .list(list.map { .string($0) }) }
  }

  mutating func set(_ field: ExactString, elements: Set<ExactString>) {
    for element in elements { insert(.string(element), into: field) }
  }

  mutating func set(_ field: ExactString, entries: [ExactString: String]) {
    for (key, value) in entries { self[CellAddress(field: field, place: .key(key))] = .string(value) }
  }
}

/// Which of a few things in a row were taken.
private struct TakenPlaces {
  private var first: UInt64 = 0
  private var others: Set<Int> = []

  var count: Int { first.nonzeroBitCount + others.count }

  mutating func insert(_ place: Int) {
    if place < 64 { first |= 1 << UInt64(place) } else { others.insert(place) }
  }

  private func contains(_ place: Int) -> Bool {
    place < 64 ? first & 1 << UInt64(place) != 0 : others.contains(place)
  }

  func rest<Element>(of elements: [Element]) -> [Element] {
    elements.indices.filter { !contains($0) }.map { elements[$0] }
  }
}

/// A part of a field that has members of its own.
protocol RecordConvertible {
  /// What this version doesn't know of it.
  var other: Record { get set }

  /// Nil if a member that it can't do without is missing.
  init?(reading reader: inout RecordReader)

  /// Adds the known members.
  func write(to record: inout Record)
}

extension RecordConvertible {
  init?(_ value: Value) {
    guard case .record(let record) = value else { return nil }
    var reader = RecordReader(record)
    self.init(reading: &reader)
    other = reader.rest
  }

  var value: Value {
    var record = other
    write(to: &record)
    return .record(record)
  }

  static func list(_ value: Value) -> [Self]? {
    guard case .list(let values) = value else { return nil }
    let contents = values.compactMap { Self($0) }
    return contents.count == values.count ? contents : nil
  }
}

/// Takes known members out of a record.
struct RecordReader {
  private let record: Record
  private var taken = TakenPlaces()

  init(_ record: Record) {
    self.record = record
  }

  /// What was left behind.
  var rest: Record {
    taken.count == record.members.count ? Record() : Record(sorted: taken.rest(of: record.members))
  }

  mutating func take<Content>(_ name: ExactString, _ convert: (Value) -> Content?) -> Content? {
    guard let index = record.members.firstIndex(where: { $0.name == name }), let content = convert(record.members[index].value) else { return nil }
    taken.insert(index)
    return content
  }

  mutating func string(_ name: ExactString) -> String? {
    take(name) { $0.asString }
  }

  mutating func integer(_ name: ExactString) -> Int? {
    take(name) { if case .integer(let number) = $0 { Int(exactly: number) } else { nil } }
  }

  mutating func flag(_ name: ExactString) -> Bool? {
    take(name) { if case .bool(let flag) = $0 { flag } else { nil } }
  }

  mutating func date(_ name: ExactString) -> PartialDate? {
    take(name) { $0.asDate }
  }

  mutating func choice<Choice: OpenEnum>(_ name: ExactString) -> Choice? {
    take(name) { $0.asString.map(Choice.init(rawValue:)) }
  }

  mutating func id<Subject: Entity>(_ name: ExactString) -> Identifier<Subject>? {
    take(name) { $0.asID() }
  }

  mutating func record<Content: RecordConvertible>(_ name: ExactString) -> Content? {
    take(name) { Content($0) }
  }

  mutating func list<Content: RecordConvertible>(_ name: ExactString) -> [Content] {
    take(name) { Content.list($0) } ?? []
  }
}

extension Value {
  var asString: String? {
    if case .string(let string) = self { string.string } else { nil }
  }

  var asDate: PartialDate? {
    asString.flatMap(PartialDate.init)
  }

  func asID<Subject: Entity>() -> Identifier<Subject>? {
    guard case .reference(let reference) = self, reference.type == Subject.type.name else { return nil }
    return Identifier(reference.id)
  }
}
