/// What a writer has to know of values before it writes them, from one walk through each.
package struct ValueSurvey {
  /// Every reference in them, as often as it stands there.
  package private(set) var references: [Reference] = []

  /// The texts they name, as often as they do.
  package private(set) var texts: [TextHash] = []

  /// How many bytes their explicit forms take.
  package private(set) var byteCount = 0

  private var isReadable = true

  package init() {}

  /// - Returns: whether readers take it as a field's value.
  package mutating func add(_ value: Value) -> Bool {
    isReadable = true
    let size = walk(value, depth: 0)
    byteCount += size
    return isReadable && size <= Value.byteLimit
  }

  /// - Returns: the size of its explicit form.
  private mutating func walk(_ value: Value, depth: Int) -> Int {
    guard depth <= Value.depthLimit else {
      isReadable = false
      return 0
    }
    switch value {
    case .null, .bool, .integer, .string, .bytes:
      return value.explicitByteCount
    case .reference(let reference):
      references.append(reference)
      note(name: reference.type)
      return value.explicitByteCount
    case .text(let hash):
      texts.append(hash)
      return value.explicitByteCount
    case .list(let values):
      var size = 0
      for value in values { size += ByteWriter.delimitedByteCount(walk(value, depth: depth + 1)) }
      return ByteWriter.delimitedByteCount(size)
    case .record(let record):
      var size = 0
      for member in record.members {
        note(name: member.name)
        let value = ByteWriter.delimitedByteCount(walk(member.value, depth: depth + 1))
        size += ByteWriter.delimitedByteCount(ByteWriter.delimitedByteCount(member.name.string.utf8.count) + value)
      }
      return ByteWriter.delimitedByteCount(size)
    }
  }

  private mutating func note(name: ExactString) {
    if name.string.utf8.count > Body.nameByteLimit { isReadable = false }
  }
}
