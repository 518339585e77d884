import Crypto
import DictaModels
import Foundation

/// Reads a corpus document from a file, an entity at a time.
struct DocumentReader {
  /// Something that stands in the document: an entity, or a text without an article.
  struct Item {
    /// `article`, `text`, …
    let type: String
    let object: JSONObject
    let place: ImportPlace
  }

  /// Longer lines can't hold anything that fits an archive.
  private static let lineByteLimit = 128 << 20

  let path: String
  let format: DocumentFormat
  let byteCount: Int

  /// What ids that are local to the document are derived from.
  let hash: TextHash

  init(path: String, format: DocumentFormat?) throws {
    self.path = path
    var sha = SHA256()
    var count = 0
    let input = try FileInput(path)
    var head: [UInt8] = []
    while let chunk = try input.next() {
      if head.count < 1 << 16 { head += chunk }
      sha.update(data: chunk)
      count += chunk.count
    }
    byteCount = count
    guard count > 0, let hash = TextHash(bytes: Array(sha.finalize())) else { throw DocumentError(line: 1, message: "the file is empty") }
    self.hash = hash
    self.format = format ?? Self.sniff(head)
  }

  /// JSON Lines begin with a line that is a whole value; nobody has to say so.
  private static func sniff(_ head: [UInt8]) -> DocumentFormat {
    let line = Array(head.prefix { $0 != UInt8(ascii: "\n") })
    guard case .object(let object)? = try? JSONReader.parse(line) else { return .json }
    return object.members.allSatisfy { headKeys.contains($0.key) } ? .jsonl : .json
  }

  /// Calls `item` with each entity, in order.
  ///
  /// - Parameters:
  ///   - newer: called as soon as it is known that the document was written by a newer version.
  ///   - problem: called for a line that isn't JSON; the next one is read all the same, where the format lets one.
  ///   - progress: called now and then with the number of bytes read.
  func read(
    newer: () -> Void, problem: (ImportProblem) -> Void, progress: (Int) -> Void, item: (Item) throws -> Void
  ) throws {
    switch format {
    case .json: try readJSON(newer: newer, problem: problem, progress: progress, item: item)
    case .jsonl: try readLines(newer: newer, problem: problem, progress: progress, item: item)
    }
  }

  private func readJSON(
    newer: () -> Void, problem: (ImportProblem) -> Void, progress: (Int) -> Void, item: (Item) throws -> Void
  ) throws {
    let input = try FileInput(path)
    var head = JSONObject()
    do {
      var reader = JSONReader { try input.next() }
      try reader.beginObject()
      while let key = try reader.nextKey() {
        guard let type = Self.types.first(where: { ($0 + "s").isExactly(key) }) else {
          head.append(key, try reader.value())
          guard Self.headKeys.contains(key) else {
            let known = Self.types.map { $0 + "s" }.joined(separator: ", ")
            throw DocumentError(line: reader.line, message: "a document has no “\(key)”; it has \(known)")
          }
          try check(head, isComplete: false, newer: newer)
          continue
        }
        try reader.beginArray()
        var index = 0
        while try reader.nextElement() {
          let value = try reader.value()
          let place = ImportPlace(line: reader.line, index: index, type: type)
          if case .object(let object) = value {
            try item(Item(type: type, object: object, place: place))
          } else {
            problem(ImportProblem(place: place, found: value, message: "\(key)[\(index)] is not an object"))
          }
          index += 1
          progress(input.byteCount)
        }
      }
      try reader.finish()
      try check(head, isComplete: true, newer: {})
    } catch let error as JSONError {
      throw DocumentError(line: error.line, message: error.message + (error.column > 0 ? " (column \(error.column))" : ""))
    }
  }

  private func readLines(
    newer: () -> Void, problem: (ImportProblem) -> Void, progress: (Int) -> Void, item: (Item) throws -> Void
  ) throws {
    let input = try FileInput(path)
    var rest: [UInt8] = []
    var line = 0
    var indexes: [String: Int] = [:]
    func take(_ bytes: ArraySlice<UInt8>) throws {
      line += 1
      guard !bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) else { return }
      let value: JSON
      do {
        value = try JSONReader.parse(Array(bytes), firstLine: line)
      } catch {
        let message = "\(error.message) (column \(error.column))"
        if line == 1 { throw DocumentError(line: 1, message: message) }
        return problem(ImportProblem(place: ImportPlace(line: line, index: nil, type: nil), message: message))
      }
      guard case .object(let object) = value else {
        return problem(ImportProblem(place: ImportPlace(line: line, index: nil, type: nil), message: "a line is an object"))
      }
      if line == 1 {
        if let key = object.members.map(\.key).first(where: { !Self.headKeys.contains($0) }) {
          throw DocumentError(line: 1, message: "a document has no “\(key)”")
        }
        return try check(object, isComplete: true, newer: newer)
      }
      guard case .string(let type)? = object["type"], Self.types.contains(type) else {
        let message = "a line has a type: \(Self.types.joined(separator: ", "))"
        let place = ImportPlace(line: line, index: nil, type: nil)
        return problem(ImportProblem(place: place, field: "type", found: object["type"], message: message))
      }
      let index = indexes[type, default: 0]
      indexes[type] = index + 1
      try item(Item(type: type, object: object, place: ImportPlace(line: line, index: index, type: type)))
      progress(input.byteCount)
    }
    while let chunk = try input.next() {
      // What came before has no end of a line in it.
      var searched = rest.count
      rest += chunk
      var start = rest.startIndex
      while let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        try take(rest[start..<end])
        start = end + 1
        searched = start
      }
      rest.removeSubrange(..<start)
      guard rest.count <= Self.lineByteLimit else {
        throw DocumentError(line: line + 1, message: "the line is longer than \(Self.lineByteLimit) bytes")
      }
    }
    if !rest.isEmpty { try take(rest[...]) }
  }

  private static let headKeys = ["format", "version", "newer"]
  static let types = ["text"] + EntityType.allCases.map(\.rawValue)

  private func check(_ head: JSONObject, isComplete: Bool, newer: () -> Void) throws {
    if let format = head["format"] ?? (isComplete ? .null : nil), format != .string("dicta.corpus") {
      let message = #"the document doesn't say that it is a corpus: it needs "format":"dicta.corpus","version":1 at its beginning"#
      throw DocumentError(line: 1, message: message)
    }
    if let version = head["version"] ?? (isComplete ? .null : nil) {
      guard case .integer(let number) = version, number >= 1 else {
        throw DocumentError(line: 1, message: "the document's version is a number from 1")
      }
      if number > 1 { newer() }
    }
    if head["newer"] == .bool(true) { newer() }
  }
}

/// Why a document can't be read on.
struct DocumentError: Error {
  let line: Int
  let message: String
}

/// A file, in pieces.
final class FileInput {
  private let handle: FileHandle
  private(set) var byteCount = 0

  init(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw ArchiveError.notFound(path: path) }
    guard !isDirectory.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw ArchiveError.notAnArchive(path: path, reason: isDirectory.boolValue ? "it is a directory" : "it can't be read")
    }
    self.handle = handle
  }

  deinit { try? handle.close() }

  func next() throws -> [UInt8]? {
    guard let data = try handle.read(upToCount: 1 << 18), !data.isEmpty else { return nil }
    byteCount += data.count
    return [UInt8](data)
  }
}
