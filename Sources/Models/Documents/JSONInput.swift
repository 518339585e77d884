/// The bytes a `JSONReader` reads, fetched piece by piece where they come from a source, with the line and column of each.
///
/// Only what has not been read yet is held, and the token that is being read: `keep()` begins one and `release()` ends it.
struct JSONInput {
  private(set) var buffer: [UInt8]
  /// The index in `buffer` of the next byte.
  var position = 0

  /// Nil once the source has nothing more.
  private var source: JSONReader.Source?
  /// Where the token begins that must stay in the buffer.
  private var kept: Int?
  /// How many bytes stood before the buffer and are gone.
  private var droppedCount = 0

  private var lineNumber: Int
  /// Where the line begins, counted from the first byte of all.
  private var lineStart = 0

  init(_ buffer: [UInt8], firstLine: Int, source: JSONReader.Source? = nil) {
    self.buffer = buffer
    self.source = source
    lineNumber = firstLine
  }

  /// The line of the next byte.
  var line: Int { lineNumber }

  /// The column of the next byte, counted in bytes from 1.
  var column: Int { droppedCount + position - lineStart + 1 }

  /// The next byte, which stays; nil at the end.
  mutating func peek() throws(JSONError) -> UInt8? {
    if position < buffer.count { return buffer[position] }
    return try fetch() ? buffer[position] : nil
  }

  /// The next byte after white space, which is passed over and counted in lines.
  mutating func peekPastWhiteSpace() throws(JSONError) -> UInt8? {
    while let byte = try peek() {
      switch byte {
      case 0x20, 0x09, 0x0D: position += 1
      case 0x0A:
        position += 1
        lineNumber += 1
        lineStart = droppedCount + position
      default: return byte
      }
    }
    return nil
  }

  /// Keeps what is read from here on.
  mutating func keep() {
    kept = position
  }

  mutating func release() {
    kept = nil
  }

  /// What was read since `keep()`, up to the next byte.
  var keptRange: Range<Int> { (kept ?? position)..<position }

  /// Gets more bytes from the source; false at the end. Indices change, and what is neither kept nor unread goes.
  mutating func fetch() throws(JSONError) -> Bool {
    while let source {
      let chunk: [UInt8]?
      do {
        chunk = try source()
      } catch {
        throw self.error(.unreadable, "the document can't be read on: \(error)", at: position, underlying: error)
      }
      guard let chunk else {
        self.source = nil
        return false
      }
      guard !chunk.isEmpty else { continue }
      let dropped = kept ?? position
      if dropped == buffer.count {
        buffer = chunk
      } else {
        buffer.removeSubrange(..<dropped)
        buffer.append(contentsOf: chunk)
      }
      droppedCount += dropped
      position -= dropped
      if kept != nil { kept = 0 }
      return true
    }
    return false
  }

  /// An error at an index of the buffer, which must be on the line being read.
  func error(_ kind: JSONError.Kind, _ message: String, at index: Int, underlying: (any Error)? = nil) -> JSONError {
    JSONError(kind: kind, line: lineNumber, column: droppedCount + index - lineStart + 1, message: message, underlying: underlying)
  }

  /// An error at the next byte that says what should stand there and what does.
  func expected(_ what: String) -> JSONError {
    guard position < buffer.count else { return error(.unexpectedEnd, "expected \(what), found the end of the document", at: position) }
    if buffer[position...].starts(with: [0xEF, 0xBB, 0xBF]) {
      return error(.unexpectedByte, "expected \(what), found a byte order mark: save the document without one", at: position)
    }
    return error(.unexpectedByte, "expected \(what), found \(excerpt(from: position))", at: position)
  }

  /// What stands at an index, up to the next white space or separator, for a message.
  func excerpt(from index: Int) -> String {
    let end = min(index + 24, buffer.count)
    let rest = buffer[index..<end]
    let first = rest.prefix(1)
    let more = rest.dropFirst().prefix { $0 > 0x20 && !",:[]{}\"".utf8.contains($0) }
    return JSONError.printable(first.first.map { ",:[]{}\"".utf8.contains($0) } == true ? first : first + more)
  }
}
