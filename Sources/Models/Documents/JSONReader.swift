/// Reads JSON strictly (RFC 8259), value by value or as a whole.
///
/// ```swift
/// let json = try JSONReader.parse(bytes)
///
/// var reader = JSONReader { try file.read(upToCount: 65_536) }
/// try reader.beginArray()
/// while try reader.nextElement() {
///   let element = try reader.value()  // read on line `reader.line`
/// }
/// try reader.finish()
/// ```
///
/// Refused: anything after the document, a key that stands twice in an object, a number that is not a whole one of 64 bits, half a
/// surrogate pair, bytes that are not UTF-8, and arrays and objects nested more than ``depthLimit`` deep. After an error the reader is
/// of no more use.
///
/// At the top level several values may follow one another, as in JSON lines; ``isAtEnd()`` tells whether there is another.
///
/// From a source it holds one piece and what is unread of the piece before, besides the value being read and, for each object it was
/// led into, the keys met so far.
public struct JSONReader {
  /// How deep arrays and objects may be nested.
  public static let depthLimit = 64

  /// Gives the next bytes, as many as it likes; nil at the end.
  public typealias Source = () throws -> [UInt8]?

  /// An array or object that the caller has begun and not finished.
  private struct Container {
    let isObject: Bool
    let line: Int
    var isEmpty = true
    /// Whether the caller was told of a key or an element and has not read its value.
    var isValueDue = false
    var keys = JSONKeySet()
  }

  private(set) var input: JSONInput
  private var containers: [Container] = []

  /// The line on which what was last read or begun starts: a value, an array, an object, a key.
  public private(set) var line: Int

  /// Reads bytes that are in memory.
  ///
  /// - Parameter firstLine: The line number of the first byte, for messages.
  public init(_ bytes: some Sequence<UInt8>, firstLine: Int = 1) {
    input = JSONInput(Array(bytes), firstLine: firstLine)
    line = firstLine
  }

  /// Reads from a source piece by piece. What the source throws arrives as ``JSONError/underlying``.
  public init(firstLine: Int = 1, source: @escaping Source) {
    input = JSONInput([], firstLine: firstLine, source: source)
    line = firstLine
  }

  /// Reads a document that is in memory.
  ///
  /// - Parameter firstLine: The line number of the first byte, for messages.
  public static func parse(_ bytes: some Sequence<UInt8>, firstLine: Int = 1) throws(JSONError) -> JSON {
    var reader = JSONReader(bytes, firstLine: firstLine)
    let json = try reader.value()
    try reader.finish()
    return json
  }

  // MARK: - Piece by piece

  /// Reads the next value as a whole.
  public mutating func value() throws(JSONError) -> JSON {
    takeDueValue()
    _ = try input.peekPastWhiteSpace()
    let firstLine = input.line
    let json = try scanValue(depth: containers.count)
    line = firstLine
    return json
  }

  /// Enters an object; ``nextKey()`` gives its keys.
  public mutating func beginObject() throws(JSONError) {
    try begin(UInt8(ascii: "{"), "an object", isObject: true)
  }

  /// Enters an array; ``nextElement()`` leads from element to element.
  public mutating func beginArray() throws(JSONError) {
    try begin(UInt8(ascii: "["), "an array", isObject: false)
  }

  /// The next key of the innermost object, whose value must be read next; nil leaves the object.
  public mutating func nextKey() throws(JSONError) -> String? {
    guard try advance(inObject: true) else { return nil }
    let index = containers.count - 1
    _ = try input.peekPastWhiteSpace()
    line = input.line
    // Taken out, because the reader can't lend a part of itself to its own method.
    var keys = JSONKeySet()
    swap(&keys, &containers[index].keys)
    let key = try scanKey(&keys)
    swap(&keys, &containers[index].keys)
    containers[index].isValueDue = true
    return key
  }

  /// Whether the innermost array has another element, which must be read next; false leaves the array.
  public mutating func nextElement() throws(JSONError) -> Bool {
    guard try advance(inObject: false) else { return false }
    containers[containers.count - 1].isValueDue = true
    return true
  }

  /// Whether only white space is left. For use between values of the top level.
  public mutating func isAtEnd() throws(JSONError) -> Bool {
    precondition(containers.isEmpty, "an array or object that was begun isn't finished")
    return try input.peekPastWhiteSpace() == nil
  }

  /// Checks that nothing follows.
  public mutating func finish() throws(JSONError) {
    guard try !isAtEnd() else { return }
    throw input.error(.trailingData, "expected the end of the document, found \(input.excerpt(from: input.position))", at: input.position)
  }

  private mutating func takeDueValue() {
    guard !containers.isEmpty else { return }
    let index = containers.count - 1
    precondition(containers[index].isValueDue, "ask for the next \(containers[index].isObject ? "key" : "element") first")
    containers[index].isValueDue = false
  }

  private mutating func begin(_ bracket: UInt8, _ kind: String, isObject: Bool) throws(JSONError) {
    takeDueValue()
    guard let byte = try input.peekPastWhiteSpace() else { throw input.expected(kind) }
    guard byte == bracket else {
      guard let found = Self.kind(startingWith: byte) else { throw input.expected(kind) }
      throw input.error(.wrongType, "expected \(kind), found \(found)", at: input.position)
    }
    try checkDepth(containers.count)
    line = input.line
    input.position += 1
    containers.append(Container(isObject: isObject, line: line))
  }

  private static func kind(startingWith byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "{"): "an object"
    case UInt8(ascii: "["): "an array"
    case UInt8(ascii: "\""): "a string"
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "a number"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
    case UInt8(ascii: "n"): "null"
    default: nil
    }
  }

  /// Goes to the next member or element of the innermost container, or out of it.
  private mutating func advance(inObject isObject: Bool) throws(JSONError) -> Bool {
    let index = containers.count - 1
    precondition(index >= 0 && containers[index].isObject == isObject, "no \(isObject ? "object" : "array") was begun")
    precondition(!containers[index].isValueDue, "read the value first")
    let isFirst = containers[index].isEmpty
    containers[index].isEmpty = false
    if try scanSeparator(isFirst: isFirst, isObject: isObject) { return true }
    line = containers[index].line
    containers.removeLast()
    return false
  }

  // MARK: - The grammar

  /// Reads the value at the next byte inside `depth` containers.
  private mutating func scanValue(depth: Int) throws(JSONError) -> JSON {
    guard let next = try input.peekPastWhiteSpace() else { throw input.expected("a value") }
    switch next {
    case UInt8(ascii: "\""): return .string(try input.scanString())
    case UInt8(ascii: "{"): return .object(try scanObject(depth: depth))
    case UInt8(ascii: "["): return .array(try scanArray(depth: depth))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .integer(try input.scanInteger())
    case UInt8(ascii: "t"):
      try input.scan(word: "true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try input.scan(word: "false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try input.scan(word: "null")
      return .null
    default: throw input.expected("a value")
    }
  }

  private mutating func scanArray(depth: Int) throws(JSONError) -> [JSON] {
    try checkDepth(depth)
    input.position += 1
    var elements: [JSON] = []
    while try scanSeparator(isFirst: elements.isEmpty, isObject: false) { elements.append(try scanValue(depth: depth + 1)) }
    return elements
  }

  private mutating func scanObject(depth: Int) throws(JSONError) -> JSONObject {
    try checkDepth(depth)
    input.position += 1
    var members: [JSONObject.Member] = []
    var keys = JSONKeySet()
    while try scanSeparator(isFirst: members.isEmpty, isObject: true) {
      let key = try scanKey(&keys)
      members.append(JSONObject.Member(key: key, value: try scanValue(depth: depth + 1)))
    }
    return JSONObject(uniqueMembers: members)
  }

  /// Reads the comma before all but the first, or the closing bracket; false for the bracket.
  private mutating func scanSeparator(isFirst: Bool, isObject: Bool) throws(JSONError) -> Bool {
    let next = try input.peekPastWhiteSpace()
    if next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      input.position += 1
      return false
    }
    if isFirst {
      guard next != nil else { throw input.expected(isObject ? "a key or “}”" : "a value or “]”") }
    } else {
      guard next == UInt8(ascii: ",") else { throw input.expected(isObject ? "“,” or “}”" : "“,” or “]”") }
      input.position += 1
    }
    return true
  }

  /// Reads a key and its colon.
  private mutating func scanKey(_ keys: inout JSONKeySet) throws(JSONError) -> String {
    guard try input.peekPastWhiteSpace() == UInt8(ascii: "\"") else { throw input.expected("a key in quotation marks") }
    let column = input.column
    let key = try input.scanString()
    guard keys.insert(key) else {
      let message = "the key \(JSONError.printable(key.utf8.prefix(60))) stands twice in one object"
      throw JSONError(kind: .duplicateKey, line: input.line, column: column, message: message)
    }
    guard try input.peekPastWhiteSpace() == UInt8(ascii: ":") else { throw input.expected("“:”") }
    input.position += 1
    return key
  }

  private func checkDepth(_ depth: Int) throws(JSONError) {
    guard depth < Self.depthLimit else {
      throw input.error(.tooDeep, "arrays and objects are nested more than \(Self.depthLimit) deep", at: input.position)
    }
  }
}
