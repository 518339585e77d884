/// What is wrong with JSON, and where.
public struct JSONError: Error, Sendable, CustomStringConvertible {
  /// What a program may want to tell apart; people read ``JSONError/message``.
  public enum Kind: Hashable, Sendable {
    /// The bytes end inside a value.
    case unexpectedEnd
    /// A byte that can't stand there.
    case unexpectedByte
    /// Something follows the document.
    case trailingData
    case duplicateKey
    /// A number with a fraction or an exponent.
    case notAnInteger
    /// A whole number beyond 64 bits.
    case integerOutOfRange
    /// Half of a surrogate pair, which no text can hold.
    case loneSurrogate
    case invalidEscape
    case invalidUTF8
    /// Arrays and objects inside one another, more than ``JSONReader/depthLimit`` of them.
    case tooDeep
    /// Good JSON, but not of the kind asked for.
    case wrongType
    /// The source of the bytes failed; see ``JSONError/underlying``.
    case unreadable
  }

  /// What sort of mistake it is.
  public let kind: Kind
  /// Counts from the reader's first line.
  public let line: Int
  /// Counts bytes from 1.
  public let column: Int
  /// What was expected and what was found, without the place.
  public let message: String
  /// What the source threw, for ``Kind/unreadable``.
  public let underlying: (any Error)?

  /// For readers of other formats that contain JSON; ``JSONReader`` makes its own.
  public init(kind: Kind, line: Int, column: Int, message: String, underlying: (any Error)? = nil) {
    self.kind = kind
    self.line = line
    self.column = column
    self.message = message
    self.underlying = underlying
  }

  /// The place and the message, on one line.
  public var description: String {
    "line \(line), column \(column): \(message)"
  }
}

extension JSONError {
  /// Bytes between quotation marks: printable ASCII and well-formed UTF-8 as they are, the rest as `\xNN`.
  static func printable(_ bytes: some Sequence<UInt8>) -> String {
    var bytes = Array(bytes)
    // What ends in the midst of a scalar only because it was cut is shown up to there.
    if let offset = UTF8Check.firstInvalidOffset(in: bytes[...]), offset > 0 { bytes.removeSubrange(offset...) }
    let isText = UTF8Check.firstInvalidOffset(in: bytes[...]) == nil
    var shown = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where isText {
      if scalar.properties.generalCategory == .control || scalar.properties.isDefaultIgnorableCodePoint {
        shown += scalar.value < 0x80 ? hexadecimal(UInt8(scalar.value)) : "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    if !isText { shown = bytes.prefix(1).map(hexadecimal).joined() }
    return "“\(shown)”"
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
  }
}
