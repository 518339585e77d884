// Conversions between the offsets Dicta keeps (UTF-8 bytes) and those that other tools count in. Each walks the text once; nothing is
// stored, because an anchor is shown in another unit far more rarely than it is kept.

/// What offsets are counted in.
public enum TextUnit: Hashable, Sendable, CustomStringConvertible {
  case utf8
  case unicodeScalars
  case utf16

  /// In the plural, for messages.
  public var description: String {
    switch self {
    case .utf8: "UTF-8 bytes"
    case .unicodeScalars: "Unicode scalars"
    case .utf16: "UTF-16 code units"
    }
  }
}

extension ArticleText {
  /// Whether a scalar starts at this byte, or the text ends there. False outside the text.
  public func isScalarBoundary(_ byteOffset: Int) -> Bool {
    guard 0...utf8Count ~= byteOffset else { return false }
    return withUTF8 { byteOffset == $0.count || !$0[byteOffset].isUTF8Continuation }
  }

  /// How many Unicode scalars stand before a byte offset.
  ///
  /// - Complexity: O(*n*).
  /// - Throws: ``AnchorError/offsetOutOfRange(offset:unit:count:)`` or ``AnchorError/notOnScalarBoundary(offset:)``.
  public func scalarOffset(ofByte byteOffset: Int) throws(AnchorError) -> Int {
    try checkBoundary(byteOffset)
    return withUTF8 { Self.scalarCount(in: $0[..<byteOffset]) }
  }

  /// How many UTF-16 code units the text before a byte offset has, as JavaScript, Java and NSString count.
  ///
  /// - Complexity: O(*n*).
  /// - Throws: ``AnchorError/offsetOutOfRange(offset:unit:count:)`` or ``AnchorError/notOnScalarBoundary(offset:)``.
  public func utf16Offset(ofByte byteOffset: Int) throws(AnchorError) -> Int {
    try checkBoundary(byteOffset)
    return withUTF8 { Self.utf16Count(in: $0[..<byteOffset]) }
  }

  /// The byte offset of a scalar counted from 0; the number of scalars gives the text's end.
  ///
  /// - Complexity: O(*n*).
  /// - Throws: ``AnchorError/offsetOutOfRange(offset:unit:count:)``.
  public func byteOffset(ofScalar scalarOffset: Int) throws(AnchorError) -> Int {
    switch withUTF8({ Self.byteOffset(after: scalarOffset, in: $0, width: { _ in 1 }) }) {
    case .found(let byteOffset): return byteOffset
    case .beyond(let count), .inside(_, let count): throw .offsetOutOfRange(offset: scalarOffset, unit: .unicodeScalars, count: count)
    }
  }

  /// The byte offset of a UTF-16 code unit counted from 0; the number of code units gives the text's end.
  ///
  /// - Complexity: O(*n*).
  /// - Throws: ``AnchorError/offsetOutOfRange(offset:unit:count:)`` or ``AnchorError/insideSurrogatePair(utf16Offset:)``.
  public func byteOffset(ofUTF16 utf16Offset: Int) throws(AnchorError) -> Int {
    switch withUTF8({ Self.byteOffset(after: utf16Offset, in: $0, width: { Self.utf16Width(ofLead: $0) }) }) {
    case .found(let byteOffset): return byteOffset
    case .inside: throw .insideSurrogatePair(utf16Offset: utf16Offset)
    case .beyond(let count): throw .offsetOutOfRange(offset: utf16Offset, unit: .utf16, count: count)
    }
  }

  private func checkBoundary(_ byteOffset: Int) throws(AnchorError) {
    guard 0...utf8Count ~= byteOffset else { throw .offsetOutOfRange(offset: byteOffset, unit: .utf8, count: utf8Count) }
    guard isScalarBoundary(byteOffset) else { throw .notOnScalarBoundary(offset: byteOffset) }
  }

  private static func scalarCount(in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var count = 0
    for byte in bytes where !byte.isUTF8Continuation { count += 1 }
    return count
  }

  private static func utf16Count(in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var count = 0
    for byte in bytes where !byte.isUTF8Continuation { count += utf16Width(ofLead: byte) }
    return count
  }

  /// Scalars of four UTF-8 bytes are those that need a surrogate pair.
  private static func utf16Width(ofLead byte: UInt8) -> Int {
    byte >= 0xF0 ? 2 : 1
  }

  private enum Search {
    case found(byteOffset: Int)
    case inside(byteOffset: Int, count: Int)
    case beyond(count: Int)
  }

  /// Walks over scalars until those passed are `target` wide.
  private static func byteOffset(after target: Int, in bytes: UnsafeBufferPointer<UInt8>, width: (UInt8) -> Int) -> Search {
    var passed = 0
    for offset in bytes.indices where !bytes[offset].isUTF8Continuation {
      if passed == target { return .found(byteOffset: offset) }
      if target >= 0, passed > target { return .inside(byteOffset: offset, count: passed) }
      passed += width(bytes[offset])
    }
    if passed == target { return .found(byteOffset: bytes.count) }
    return target >= 0 && passed > target ? .inside(byteOffset: bytes.count, count: passed) : .beyond(count: passed)
  }
}
