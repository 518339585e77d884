import DictaModels
import DictaStorage

/// Reads the values of single fields, and says of what is wrong with them in which field it is.
struct FieldReading {
  private let transaction: ReadTransaction
  private let type: EntityType
  private let defaultText: TextHash?

  /// - Parameter defaultText: the text that anchors are in unless they name another.
  init(_ transaction: ReadTransaction, _ type: EntityType, defaultText: TextHash?) {
    self.transaction = transaction
    self.type = type
    self.defaultText = defaultText
  }

  /// The field's cells and the texts to be stored for them; none for null, which clears it.
  ///
  /// Ids may be cut to their ends, and speakers named. What is referred to must be there.
  func read(_ json: JSON, as field: ExactString, place: String? = nil) throws -> (cells: Fields, texts: [ArticleText]) {
    let unresolved = Unresolved()
    var reader = EntityJSONReader(
      defaultText: defaultText, text: transaction.text,
      resolve: { spelling, type in
        do {
          return type == .speaker ? try transaction.findSpeaker(spelling).bytes : try transaction.find(spelling, type).id
        } catch {
          unresolved.error = unresolved.error ?? error
          return nil
        }
      })
    let (draft, problems) = try reader.read(field: field, json, as: type)
    if let error = unresolved.error { throw error }
    guard let problem = problems.first else {
      for cell in draft.fields.cells { try proveReferences(in: cell) }
      return (draft.fields, draft.texts)
    }
    guard problems.count > 1 else {
      throw CommandFailure(.badData, problem.sentence, place: place.map { $0 + problem.field.dropFirst(field.string.count) } ?? problem.field)
    }
    throw CommandFailure(
      .badData, "\(problems.count) things are wrong", place: place ?? field.string,
      problems: problems.map { ("\($0.field): \($0.sentence)", .object(["field": .string($0.field), "message": .string($0.sentence)])) })
  }

  /// JSON as a value is spelled on the command line.
  ///
  /// - Parameter hint: what else there is to write.
  static func json(_ spelling: String, place: String, hint: String? = nil) throws -> JSON {
    do {
      return try JSONReader.parse(Array(spelling.utf8))
    } catch {
      throw CommandFailure(.badData, "“\(spelling.shortened)” is no JSON: \(error.message) (column \(error.column))", place: place, hint: hint)
    }
  }

  private func proveReferences(in cell: Fields.Cell) throws {
    var targets: [Reference] = []
    cell.value.forEachReference { targets.append($0) }
    if case .element(let element) = cell.address.place { element.value.forEachReference { targets.append($0) } }
    for target in targets { _ = try transaction.fields(of: target) }
  }

  /// Why an id stands for nothing, or for several things; the reader only hears that it stands for nothing.
  private final class Unresolved {
    var error: (any Error)?
  }
}

extension FieldProblem {
  fileprivate var sentence: String {
    guard let found, found != .null else { return message }
    return "\(message), found \(found.short)"
  }
}

extension String {
  fileprivate var shortened: String { TextLayout.cut(TextLayout.singleLine(self), to: 40) }
}
