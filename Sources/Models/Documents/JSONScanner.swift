// Strings, numbers and words of JSON. Each begins at the next byte and leaves the input after its last.

extension JSONInput {
  /// Reads the letters of `true`, `false` or `null`.
  mutating func scan(word: StaticString) throws(JSONError) {
    keep()
    defer { release() }
    let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    for letter in letters {
      guard try peek() == letter else {
        guard position < buffer.count else { throw expected("the rest of \(word)") }
        position = keptRange.lowerBound
        throw expected("a value")
      }
      position += 1
    }
  }

  // MARK: - Numbers

  mutating func scanInteger() throws(JSONError) -> Int64 {
    keep()
    defer { release() }
    let isNegative = try peek() == UInt8(ascii: "-")
    if isNegative { position += 1 }
    guard let first = try scanDigit() else { throw expected("a digit") }
    // Counted below zero, where there is room for one more than above.
    var value = -first
    var isInRange = true
    while let digit = try scanDigit() {
      guard first != 0 else {
        position -= 1
        throw expected("no digit after a leading 0")
      }
      let (tens, isOverTens) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tens.subtractingReportingOverflow(digit)
      if isOverTens || isOver { isInRange = false }
      value = sum
    }
    if let byte = try peek(), ".eE".utf8.contains(byte) {
      throw error(
        .notAnInteger, "\(excerpt(from: keptRange.lowerBound)) is no whole number: write it without point and exponent, or as a string",
        at: keptRange.lowerBound)
    }
    guard isInRange, isNegative || value != .min else {
      throw error(
        .integerOutOfRange, "\(JSONError.printable(buffer[keptRange].prefix(40))) is beyond 64 bits: write it as a string",
        at: keptRange.lowerBound)
    }
    return isNegative ? value : -value
  }

  private mutating func scanDigit() throws(JSONError) -> Int64? {
    guard let byte = try peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
    position += 1
    return Int64(byte - UInt8(ascii: "0"))
  }

  // MARK: - Strings

  mutating func scanString() throws(JSONError) -> String {
    position += 1
    keep()
    defer { release() }
    // What stands before the last escape, resolved; nil as long as there is none.
    var resolved: [UInt8]?
    // How much of the kept bytes is in `resolved`.
    var resolvedCount = 0
    while true {
      passPlainBytes()
      guard let byte = try peek() else { throw expected("“\"” at the end of a string") }
      switch byte {
      case UInt8(ascii: "\""):
        let range = keptRange
        position += 1
        guard var bytes = resolved else { return try text(of: buffer[range], from: range) }
        bytes.append(contentsOf: buffer[range.lowerBound + resolvedCount..<range.upperBound])
        return try text(of: bytes[...], from: range)
      case UInt8(ascii: "\\"):
        var bytes = resolved ?? []
        resolved = nil
        let range = keptRange
        bytes.append(contentsOf: buffer[range.lowerBound + resolvedCount..<range.upperBound])
        try scanEscape(into: &bytes)
        resolvedCount = keptRange.count
        resolved = bytes
      case ..<0x20:
        throw error(
          .unexpectedByte, "\(JSONError.printable([byte])) can't stand in a string as it is: write it as an escape, like \\n", at: position)
      default: continue
      }
    }
  }

  /// Goes on to the next quotation mark, backslash or control, or to the end of the buffer.
  private mutating func passPlainBytes() {
    position = buffer.withUnsafeBufferPointer { bytes in
      var index = position
      while index < bytes.count, bytes[index] >= 0x20, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") { index += 1 }
      return index
    }
  }

  /// Makes a string of bytes that come from `range` of the buffer, where what is wrong in them is looked for.
  private func text(of bytes: ArraySlice<UInt8>, from range: Range<Int>) throws(JSONError) -> String {
    if let string = String(validating: bytes, as: UTF8.self) { return string }
    let index = range.lowerBound + (UTF8Check.firstInvalidOffset(in: buffer[range]) ?? 0)
    throw error(.invalidUTF8, "\(JSONError.printable(buffer[index...].prefix(1))) is not UTF-8: convert the document to UTF-8", at: index)
  }

  private mutating func scanEscape(into bytes: inout [UInt8]) throws(JSONError) {
    position += 1
    guard let byte = try peek() else { throw expected("the rest of an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"): bytes.append(contentsOf: String(try scanEscapedScalar()).utf8)
    default:
      throw error(.invalidEscape, "\(excerpt(from: position - 2)) is no escape of JSON", at: position - 2)
    }
  }

  /// Reads what follows `\u`, and the other half of a surrogate pair with it.
  private mutating func scanEscapedScalar() throws(JSONError) -> Unicode.Scalar {
    let first = try scanHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Six bytes, all of which are kept: the string is.
    let start = position - 6
    if first < 0xDC00 {
      let keptStart = keptRange.lowerBound
      guard try peek() == UInt8(ascii: "\\") else { throw loneSurrogate(at: start - keptStart) }
      position += 1
      guard try peek() == UInt8(ascii: "u") else { throw loneSurrogate(at: start - keptStart) }
      position += 1
      let second = try scanHexDigits()
      if 0xDC00...0xDFFF ~= second, let scalar = Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00)) { return scalar }
      throw loneSurrogate(at: start - keptStart)
    }
    throw loneSurrogate(at: start - keptRange.lowerBound)
  }

  private func loneSurrogate(at offset: Int) -> JSONError {
    let index = keptRange.lowerBound + offset
    let escape = JSONError.printable(buffer[index..<index + 6])
    return error(.loneSurrogate, "\(escape) is half of a surrogate pair without the other half", at: index)
  }

  private mutating func scanHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = try peek(), let digit = Self.hexValue(byte) else {
        throw position < buffer.count
          ? error(.invalidEscape, "expected four hexadecimal digits after \\u, found \(excerpt(from: position))", at: position)
          : expected("four hexadecimal digits")
      }
      value = value << 4 | digit
      position += 1
    }
    return value
  }

  private static func hexValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
