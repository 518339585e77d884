/// Appends JSON to bytes.
///
/// Strings keep every character but those JSON can't hold as they are: `"`, `\` and controls below U+0020. `/` and what isn't ASCII are
/// not escaped. With sorted keys and without pretty printing, equal values give equal bytes: that is Dicta's canonical form.
public struct JSONWriter: Sendable {
  /// What was written and not yet taken.
  public private(set) var bytes: [UInt8] = []

  private let isPretty: Bool

  /// - Parameter pretty: Two spaces of indentation and a line for every member, for people.
  public init(pretty: Bool = false) {
    isPretty = pretty
  }

  /// Writes a value; separators between several values are the caller's.
  ///
  /// - Parameter sortingKeys: Whether keys come in the order of their UTF-8 bytes rather than in that of the object.
  public mutating func write(_ json: JSON, sortingKeys: Bool = false) {
    write(json, sortingKeys, depth: 0)
  }

  /// Writes what is JSON already, or part of it, unchanged.
  public mutating func write(verbatim text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Hands over what was written so far and begins anew, so that a long document needs little memory.
  public mutating func takeBytes() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Writes a string with its quotation marks.
  public mutating func write(string: String) {
    var string = string
    bytes.append(UInt8(ascii: "\""))
    string.withUTF8 { utf8 in
      var plainStart = 0
      for index in utf8.indices {
        let byte = utf8[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: utf8[plainStart..<index])
        write(escaped: byte)
        plainStart = index + 1
      }
      bytes.append(contentsOf: utf8[plainStart...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func write(escaped byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case ..<0x20:
      write(verbatim: byte < 0x10 ? "u000" : "u00")
      write(verbatim: String(byte, radix: 16))
    default: bytes.append(byte)
    }
  }

  private mutating func write(_ json: JSON, _ sortingKeys: Bool, depth: Int) {
    switch json {
    case .null: write(verbatim: "null")
    case .bool(let value): write(verbatim: value ? "true" : "false")
    case .integer(let value): write(verbatim: String(value))
    case .string(let value): write(string: value)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        separate(index, depth: depth + 1)
        write(element, sortingKeys, depth: depth + 1)
      }
      if !elements.isEmpty { breakLine(depth: depth) }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in (sortingKeys ? object.sortedMembers : object.members).enumerated() {
        separate(index, depth: depth + 1)
        write(string: member.key)
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
        write(member.value, sortingKeys, depth: depth + 1)
      }
      if !object.isEmpty { breakLine(depth: depth) }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private mutating func separate(_ index: Int, depth: Int) {
    if index > 0 { bytes.append(UInt8(ascii: ",")) }
    breakLine(depth: depth)
  }

  private mutating func breakLine(depth: Int) {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
  }
}

extension JSON {
  /// The value as bytes.
  public func encoded(sortingKeys: Bool = false, pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.write(self, sortingKeys: sortingKeys)
    return writer.bytes
  }
}
