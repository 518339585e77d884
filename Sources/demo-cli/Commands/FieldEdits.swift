import DictaModels
import DictaStorage

/// Changes of an entity's fields, gathered before they are written together.
///
/// Every cell that an assignment names is written, whether its value is another one or not: setting a field to the value it shows ends a
/// conflict. What was settled stays as it is.
struct FieldEdits {
  private let entity: Reference
  private let type: EntityType
  private let transaction: ReadTransaction
  private var fields: Fields
  private var touched: Set<CellAddress> = []
  private var texts: [ArticleText] = []

  init(of entity: Reference, in transaction: ReadTransaction) throws {
    guard let type = EntityType(entity.type) else { throw ArchiveError.noSuchEntity(entity) }
    self.entity = entity
    self.type = type
    self.transaction = transaction
    fields = try transaction.fields(of: entity)
  }

  mutating func apply(_ assignment: FieldAssignment) throws {
    let form = try form(of: assignment)
    switch (form.arrangement, assignment.operation, assignment.key) {
    case (.single, .set, nil), (.set, .set, nil), (.map, .set, nil): try replace(assignment, form)
    case (.set, .add, nil), (.set, .remove, nil): try change(element: assignment, form)
    case (.map, .set, let key?): try set(entry: key, assignment, form)
    case (.single, _, _):
      throw CommandFailure(.badData, "it is a single value", place: assignment.place, hint: "write \(assignment.field)=VALUE")
    case (.set, _, _):
      let field = assignment.field
      throw CommandFailure(.badData, "it is a set", place: assignment.place, hint: "write \(field)+=VALUE, \(field)-=VALUE or \(field)=[…]")
    case (.map, _, _):
      throw CommandFailure(.badData, "it is a map", place: assignment.place, hint: "write \(assignment.field).KEY=VALUE or \(assignment.field)={…}")
    }
  }

  /// Writes what was gathered; an article that gets a new text has its quotes placed in it.
  func write(to transaction: WriteTransaction) throws {
    for field in Set(touched.map(\.field)).sorted() where type.form(of: field)?.isRequired == true && fields.cells(of: field).isEmpty {
      throw CommandFailure(.badData, "\(type.rawValue.withArticle) can't do without it", place: field.string)
    }
    try transaction.write(touched.sorted().map { ($0, fields[$0] ?? .null) }, to: entity, texts: texts)
    if type == .article, !texts.isEmpty { try transaction.placeQuotes(of: transaction.require(Article.ID(entity.id))) }
  }

  // MARK: By arrangement

  /// `FIELD=VALUE`, which replaces all there is of the field.
  private mutating func replace(_ assignment: FieldAssignment, _ form: FieldForm) throws {
    let json: JSON
    if assignment.value.isEmpty {
      json = .null
    } else if form.arrangement == .single, form.spelling == .verbatim {
      json = .string(assignment.value)
    } else {
      let field = assignment.field
      let hint = form.arrangement == .set ? "write \(field)+=VALUE, \(field)-=VALUE or \(field)=[…]" : "words in JSON stand between quotation marks"
      json = try FieldReading.json(assignment.value, place: assignment.place, hint: hint)
    }
    let read = try read(json, assignment.field)
    touched.formUnion(fields.cells(of: assignment.field).map(\.address))
    touched.formUnion(read.cells.map(\.address))
    if form.arrangement == .single { touched.insert(CellAddress(field: assignment.field)) }
    fields.removeAll(of: assignment.field)
    for cell in read.cells { fields[cell.address] = cell.value }
  }

  /// `FIELD+=VALUE` or `FIELD-=VALUE` of a set.
  private mutating func change(element assignment: FieldAssignment, _ form: FieldForm) throws {
    guard !assignment.value.isEmpty else {
      throw CommandFailure(.badData, "an element of a set isn't empty", place: assignment.place, hint: "\(assignment.field)= clears the set")
    }
    let json = form.spelling == .verbatim ? JSON.string(assignment.value) : try FieldReading.json(assignment.value, place: assignment.place)
    for cell in try read(.array([json]), assignment.field).cells {
      touched.insert(cell.address)
      fields[cell.address] = assignment.operation == .add ? cell.value : nil
    }
  }

  /// `FIELD.KEY=VALUE` of a map.
  private mutating func set(entry key: ExactString, _ assignment: FieldAssignment, _ form: FieldForm) throws {
    guard !key.string.isEmpty else { throw CommandFailure(.badData, "a key isn't empty", place: assignment.place) }
    let address = CellAddress(field: assignment.field, place: .key(key))
    touched.insert(address)
    guard !assignment.value.isEmpty else {
      fields[address] = nil
      return
    }
    let json = form.spelling == .verbatim ? JSON.string(assignment.value) : try FieldReading.json(assignment.value, place: assignment.place)
    fields[address] = try read(.object(JSONObject([(key.string, json)])), assignment.field)[address]
  }

  // MARK: Reading

  private func form(of assignment: FieldAssignment) throws -> FieldForm {
    if let form = type.form(of: assignment.field) { return form }
    let known = type.fieldNames.map(\.string).joined(separator: ", ")
    let message = assignment.field == "id" ? "ids never change" : "\(type.rawValue.withArticle) has no such field"
    throw CommandFailure(.badData, message, place: assignment.field.string, hint: "known are \(known)")
  }

  private mutating func read(_ json: JSON, _ field: ExactString) throws -> Fields {
    let text = try defaultText(for: field)
    var json = json
    if let text {
      let segments = field == "segments" ? [] : Quote.segments(of: fields).map(\.anchor).filter { $0.textHash == text.hash }
      json = try AnchorCompletion(text: text, segments: segments).complete(json, place: field.string, areSegments: field == "segments")
    }
    let (cells, texts) = try FieldReading(transaction, type, defaultText: text?.hash).read(json, as: field)
    for cell in cells.cells {
      if case .reference(entity) = cell.value {
        throw CommandFailure(.badData, "\(type.rawValue.withArticle) can't refer to itself", place: field.string)
      }
    }
    self.texts += texts
    return cells
  }

  /// The text that a quote's segments are in, for what stands beside them; the article's for the segments themselves.
  private func defaultText(for field: ExactString) throws -> ArticleText? {
    guard type == .quote, ["segments", "sources", "addressees", "cue"].contains(field.string),
      case .reference(let article)? = fields["articleID"]
    else { return nil }
    let hashes = Set(Quote.segments(of: fields).map(\.anchor.textHash))
    if field != "segments", hashes.count == 1, let hash = hashes.first, let text = try transaction.text(hash) { return text }
    return try transaction.require(Article.ID(article.id)).text
  }
}
