import DictaModels
import Foundation

/// Where in a document something stands.
public struct ImportPlace: Hashable, Sendable {
  /// Counts from 1.
  public let line: Int

  /// In its array, or among the lines of its type, from 0.
  public let index: Int?
  public let type: String?
}

/// What is wrong with something in a document.
public struct ImportProblem: Sendable {
  public let place: ImportPlace

  /// As the document spells it.
  public let id: String?
  public let field: String?
  public let found: JSON?
  public let message: String

  init(place: ImportPlace, id: String? = nil, field: String? = nil, found: JSON? = nil, message: String) {
    self.place = place
    self.id = id
    self.field = field
    self.found = found
    self.message = message
  }
}

/// What an import did.
public struct ImportReport: Sendable {
  public var created: [EntityType: Int] = [:]
  public var updated: [EntityType: Int] = [:]
  public var unchanged: [EntityType: Int] = [:]
  public var skipped: [EntityType: Int] = [:]
  public var problems: [ImportProblem] = []
}

/// A document with problems; nothing of it was imported.
public struct ImportFailure: Error, Sendable, CustomStringConvertible {
  public let problems: [ImportProblem]

  public var description: String {
    "\(problems.count == 1 ? "a problem" : "\(problems.count) problems") in the document; nothing was imported"
  }
}

extension Archive {
  /// Reads a corpus document into the archive, as one transaction.
  ///
  /// An entity whose id exists is updated: absent keys stay as they are, null clears. References may point forwards.
  ///
  /// - Parameters:
  ///   - format: nil looks at the file's beginning.
  ///   - skippingInvalid: imports the rest, without what refers to something skipped.
  ///   - progress: called now and then with the bytes read and those there are.
  /// - Throws: ``ImportFailure`` with every problem; nothing is kept.
  public func importDocument(
    at path: String, format: DocumentFormat? = nil, skippingInvalid: Bool = false, author: String? = nil, note: String? = nil,
    progress: @Sendable @escaping (Int, Int) -> Void = { _, _ in }
  ) async throws -> ImportReport {
    let document: DocumentReader
    do {
      document = try DocumentReader(path: path, format: format)
    } catch let error as DocumentError {
      throw ImportFailure(problems: [ImportProblem(place: ImportPlace(line: error.line, index: nil, type: nil), message: error.message)])
    }
    var skipped: [ImportPlace: ImportProblem] = [:]
    while true {
      let known = skipped
      do {
        return try await write(author: author, note: note) { transaction in
          var importer = Importer(transaction, document, skipped: known, skippingInvalid: skippingInvalid)
          return try importer.run { progress($0, document.byteCount) }
        }
      } catch let error as SkipAndRepeat {
        // What refers to something skipped was written before that was known: begin again without it.
        for problem in error.problems { skipped[problem.place] = problem }
      }
    }
  }
}

/// Entities that turned out to refer to what isn't there.
private struct SkipAndRepeat: Error {
  let problems: [ImportProblem]
}

/// One pass over a document.
private struct Importer {
  private let transaction: WriteTransaction
  private let document: DocumentReader
  private let skipped: [ImportPlace: ImportProblem]
  private let skippingInvalid: Bool

  private var report = ImportReport()
  private var isNewer = false

  /// What could not be read yet: it may refer to something further down.
  private var waiting: [DocumentReader.Item] = []

  /// Where entities stand whose references have to be proved at the end.
  private var places: [Reference: (place: ImportPlace, id: String?)] = [:]

  /// Ids of articles and stances that the document names locally, and how it spells other local ones.
  private var localIDs: [String: Bytes16] = [:]
  private var spellings: [Bytes16: String] = [:]

  init(_ transaction: WriteTransaction, _ document: DocumentReader, skipped: [ImportPlace: ImportProblem], skippingInvalid: Bool) {
    self.transaction = transaction
    self.document = document
    self.skipped = skipped
    self.skippingInvalid = skippingInvalid
  }

  mutating func run(progress: (Int) -> Void) throws -> ImportReport {
    var newer = false
    var lineProblems: [ImportProblem] = []
    do {
      try document.read(newer: { newer = true }, problem: { lineProblems.append($0) }, progress: progress) { item in
        isNewer = newer
        if try !take(item).isEmpty { waiting.append(item) }
      }
    } catch let error as DocumentError {
      throw ImportFailure(problems: [ImportProblem(place: ImportPlace(line: error.line, index: nil, type: nil), message: error.message)])
    }
    report.problems += lineProblems
    var isProgressing = true
    while isProgressing, !waiting.isEmpty {
      let before = waiting.count
      waiting = try waiting.filter { try !take($0).isEmpty }
      isProgressing = waiting.count < before
    }
    for item in waiting {
      report.problems += try take(item)
      count(item, .skipped)
    }
    for (place, problem) in skipped {
      report.problems.append(problem)
      if let type = place.type.flatMap(EntityType.init(rawValue:)) { report.skipped[type, default: 0] += 1 }
    }
    let dangling = try transaction.danglingReferences().map { problem(source: $0.source, target: $0.target) }
    if skippingInvalid, !dangling.isEmpty { throw SkipAndRepeat(problems: dangling) }
    report.problems += dangling
    report.problems.sort { ($0.place.line, $0.place.index ?? 0) < ($1.place.line, $1.place.index ?? 0) }
    guard report.problems.isEmpty || skippingInvalid else { throw ImportFailure(problems: report.problems) }
    return report
  }

  private enum Outcome { case created, updated, unchanged, skipped }

  private mutating func count(_ item: DocumentReader.Item, _ outcome: Outcome) {
    guard let type = EntityType(rawValue: item.type) else { return }
    switch outcome {
    case .created: report.created[type, default: 0] += 1
    case .updated: report.updated[type, default: 0] += 1
    case .unchanged: report.unchanged[type, default: 0] += 1
    case .skipped: report.skipped[type, default: 0] += 1
    }
  }

  private func problem(source: Reference, target: Reference) -> ImportProblem {
    let place = places[source]
    let spelling = spellings[target.id] ?? UUIDText.string(target.id)
    return ImportProblem(
      place: place?.place ?? ImportPlace(line: 0, index: nil, type: source.type.string), id: place?.id, field: nil, found: .string(spelling),
      message: "it refers to \(target.type) \(spelling), which is neither in the document nor in the archive")
  }

  /// Writes an item.
  ///
  /// - Returns: what is wrong with it; then nothing of it was written.
  private mutating func take(_ item: DocumentReader.Item) throws -> [ImportProblem] {
    guard skipped[item.place] == nil else { return [] }
    guard let type = EntityType(rawValue: item.type) else { return try takeText(item) }
    let (draft, problems) = try read(item, type)
    func problem(_ field: String?, _ message: String, found: JSON? = nil) -> ImportProblem {
      ImportProblem(place: item.place, id: draft.spelledID, field: field, found: found, message: message)
    }
    guard problems.isEmpty else { return problems.map { problem($0.field, $0.message, found: $0.found) } }
    guard let id = id(of: draft) else { return [problem("id", "an id is a UUID, or # and a name", found: draft.spelledID.map { .string($0) })] }
    let entity = Reference(type: type.name, id: id)
    if let spelled = draft.spelledID, spelled.hasPrefix("#") { localIDs[type.rawValue + spelled] = id }
    do {
      if let row = try transaction.row(entity), row.life.isLiving {
        let new = draft.applied(to: row.state.shown)
        let cleared = draft.mentioned.filter { type.requires($0) && new.cells(of: $0).isEmpty }
        guard cleared.isEmpty else { return cleared.sorted().map { problem($0.string, "a \(type) can't do without it") } }
        let edits = new.edits(from: row.state.shown)
        try transaction.write(edits, to: entity, texts: draft.texts)
        count(item, edits.isEmpty ? .unchanged : .updated)
      } else {
        guard draft.missing.isEmpty else { return draft.missing.map { problem($0.string, "a new \(type) needs it") } }
        try transaction.insert(entity, fields: draft.fields, texts: draft.texts)
        count(item, .created)
      }
    } catch let error as ArchiveError {
      switch error {
      case .tooLarge(_, let field, let byteLimit): return [problem(field, "it is larger than \(byteLimit) bytes, or nested too deep")]
      case .missingText(_, let hash): return [problem(nil, "it names text \(hash), which is neither in the document nor in the archive")]
      default: throw error
      }
    }
    if transaction.hasUnproven(from: entity) { places[entity] = (item.place, draft.spelledID) }
    return []
  }

  private mutating func takeText(_ item: DocumentReader.Item) throws -> [ImportProblem] {
    func problem(_ field: String, _ message: String, found: JSON? = nil) -> [ImportProblem] {
      [ImportProblem(place: item.place, field: field, found: found, message: message)]
    }
    guard case .string(let content)? = item.object["text"] else { return problem("text", "a text has its words") }
    do {
      let text = try ArticleText(content)
      guard item.object["hash"] == .string(text.hash.description) else {
        return problem("hash", "the words' hash is \(text.hash)", found: item.object["hash"])
      }
      try transaction.add(text)
      return []
    } catch let error as TextError {
      return problem("text", "\(error)")
    }
  }

  private mutating func read(_ item: DocumentReader.Item, _ type: EntityType) throws -> (draft: EntityDraft, problems: [FieldProblem]) {
    var used: [(Bytes16, String)] = []
    var reader = EntityJSONReader(
      keepsUnknown: isNewer, defaultText: try defaultText(item, type), text: transaction.text,
      resolve: { [self] spelling, type in
        guard let id = resolve(spelling, type) else { return nil }
        used.append((id, spelling))
        return id
      })
    let result = try reader.read(item.object, as: type)
    for (id, spelling) in used { spellings[id] = spelling }
    return result
  }

  /// A quote's anchors are in its article's text unless they say otherwise.
  private func defaultText(_ item: DocumentReader.Item, _ type: EntityType) throws -> TextHash? {
    guard type == .quote, case .string(let spelling)? = item.object["articleID"],
      let id = UUIDText.bytes(spelling) ?? resolve(spelling, .article), let article = try transaction.row(Article.ID(id).reference),
      case .text(let hash)? = article.state.shown["text"]
    else { return nil }
    return hash
  }

  /// The id that a spelling local to the document stands for; nil if it is none, or not known yet.
  private func resolve(_ spelling: String, _ type: EntityType) -> Bytes16? {
    guard spelling.hasPrefix("#"), spelling.utf8.count > 1 else { return nil }
    // These derive their ids from what they are, which is known once they were read.
    if type == .article || type == .stance { return localIDs[type.rawValue + spelling] }
    return IDs.derived("document", from: [document.hash.bytes, Array(type.rawValue.utf8), Array(spelling.utf8)])
  }

  private func id(of draft: EntityDraft) -> Bytes16? {
    if let spelled = draft.spelledID, !spelled.hasPrefix("#") { return UUIDText.bytes(spelled) }
    switch draft.type {
    case .article:
      guard case .text(let hash)? = draft.fields["text"] else { return draft.spelledID.flatMap { localIDs["article" + $0] } ?? .zero }
      func string(_ field: ExactString) -> String? {
        if case .string(let string)? = draft.fields[field] { string.string } else { nil }
      }
      return Article.ID.derived(url: string("url"), outlet: string("outlet"), text: hash).bytes
    case .stance:
      guard let stance = try? Stance(id: Stance.ID(.zero), fields: draft.fields, texts: { _ in nil }) else { return .zero }
      return Stance.ID.derived(holder: stance.holder, claimID: stance.claimID).bytes
    default:
      return draft.spelledID.map { resolve($0, draft.type) } ?? transaction.newID(Claim.self).bytes
    }
  }
}
