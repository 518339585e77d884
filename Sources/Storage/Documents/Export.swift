import DictaModels
import GRDB

/// The forms a corpus document has.
public enum DocumentFormat: String, CaseIterable, Sendable {
  /// One object, one entity per line.
  case json
  /// A head, then one object per line with its type.
  case jsonl
}

extension ReadTransaction {
  /// Writes the corpus as a canonical document: the same corpus gives the same bytes.
  ///
  /// Entities that lack what their type can't do without are left out.
  ///
  /// - Parameter write: takes the document piece by piece; no more than one entity is held at a time.
  /// - Returns: how many entities of each type there are.
  @discardableResult
  public func export(_ format: DocumentFormat, to write: @escaping ([UInt8]) throws -> Void) throws -> [EntityType: Int] {
    let survey = try survey()
    var writer = DocumentWriter(format, isNewer: survey.isNewer, write: write)
    for hash in survey.texts {
      guard let text = try text(hash) else { continue }
      try writer.add(JSONObject([("hash", .string(hash.description)), ("text", .string(text.string))]), to: "text")
    }
    var counts: [EntityType: Int] = [:]
    let json = EntityJSONWriter(text: cachedText())
    for type in EntityType.allCases {
      counts[type] = 0
      try forEachState(of: type) { id, fields in
        guard type.isComplete(fields) else { return }
        try writer.add(json.json(type: type, id: id, fields: fields), to: type.rawValue)
        counts[type, default: 0] += 1
      }
    }
    try writer.finish()
    return counts
  }

  /// What has to be known before the first line: texts that only anchors name, and whether anything is newer than this version.
  private func survey() throws -> (texts: [TextHash], isNewer: Bool) {
    var named: Set<TextHash> = []
    var current: Set<TextHash> = []
    var isNewer = false
    // In the order in which the rows lie: that of the ids goes to and fro, and here it doesn't matter.
    try db.each("SELECT type, state FROM entity WHERE life < 2", []) { row in
      guard names.list.indices.contains(row.int(0)), let type = EntityType(names.list[row.int(0)]) else { return true }
      let fields = try EntityState(bytes: row.blob(1), names: names).shown
      isNewer = isNewer || EntityJSONWriter.hasUnknownData(type: type, fields: fields)
      for cell in fields.cells {
        if case .text(let hash) = cell.value, type == .article, cell.address == CellAddress(field: "text") {
          current.insert(hash)
        } else {
          cell.value.forEachText { named.insert($0) }
        }
      }
      return true
    }
    return (named.subtracting(current).sorted(), isNewer)
  }

  private func forEachState(of type: EntityType, _ body: (Bytes16, Fields) throws -> Void) throws {
    guard let number = names.find(type.name) else { return }
    try db.each("SELECT id, state FROM entity WHERE type = ? AND life < 2 ORDER BY id", [.integer(number)]) { row in
      try body(try Bytes16(row.blob(0)).orDamaged("an entity's id"), try EntityState(bytes: row.blob(1), names: names).shown)
      return true
    }
  }

  /// Texts on demand; the last few are kept, for quotes of one article tend to follow each other.
  package func cachedText() -> (TextHash) throws -> ArticleText? {
    var cache: [TextHash: ArticleText] = [:]
    return { [self] hash in
      if let text = cache[hash] { return text }
      if cache.count >= 64 { cache = [:] }
      cache[hash] = try text(hash)
      return cache[hash]
    }
  }
}

/// Puts entities into a document, in the order in which they come.
private struct DocumentWriter {
  private let format: DocumentFormat
  private let write: ([UInt8]) throws -> Void
  private var json = JSONWriter()
  private var section: String?

  init(_ format: DocumentFormat, isNewer: Bool, write: @escaping ([UInt8]) throws -> Void) {
    self.format = format
    self.write = write
    json.write(verbatim: #"{"format":"dicta.corpus","version":1"# + (isNewer ? #","newer":true"# : ""))
    if format == .jsonl { json.write(verbatim: "}\n") }
  }

  mutating func add(_ entity: JSONObject, to type: String) throws {
    switch format {
    case .jsonl:
      json.write(.object(JSONObject([("type", .string(type))] + entity.members.map { ($0.key, $0.value) })))
      json.write(verbatim: "\n")
    case .json:
      if section == type {
        json.write(verbatim: ",\n")
      } else {
        json.write(verbatim: (section == nil ? "" : "\n]") + ",\"\(type)s\":[\n")
        section = type
      }
      json.write(.object(entity))
    }
    if json.bytes.count > 1 << 16 { try write(json.takeBytes()) }
  }

  mutating func finish() throws {
    if format == .json { json.write(verbatim: section == nil ? "}\n" : "\n]}\n") }
    try write(json.takeBytes())
  }
}
