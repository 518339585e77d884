/// Folds texts so that words which differ only in how they were typeset become equal.
///
/// What is folded:
/// - white space: every run of it, line ends and no-break spaces included, is one space;
/// - quotation marks and apostrophes: curly, straight, low, angled and primes, single and double, are all one;
/// - dashes: every run of hyphens, dashes and minus signs is one hyphen;
/// - ellipses: every run of full stops and "…" that shows three stops or more is one "…";
/// - normalisation: canonically equivalent scalars, "é" however composed;
/// - case, by Unicode's lower-case mappings, and final sigma is sigma;
/// - soft hyphens, zero-width spaces and joiners of words, and marks of direction are left out.
///
/// Diacritics are **not** folded: "resume" and "résumé" are different words.
///
/// Folded texts can be compared if one `Folding` made them: it numbers the sequences that no single scalar stands for as it meets them.
struct Folding {
  /// What is left of one or several scalars: equal units look alike to a reader who ignores typography.
  struct Unit: Hashable {
    let value: UInt32

    static let space = Unit(value: 0x20)
    static let quotationMark = Unit(value: 0x22)
    static let dash = Unit(value: 0x2D)
    static let ellipsis = Unit(value: 0x2026)

    /// Set in letters, digits and what is composed of them.
    private static let wordBit: UInt32 = 1 << 31

    /// Whether the unit is part of a word.
    var isInWord: Bool { value & Self.wordBit != 0 }

    static func letter(_ value: UInt32) -> Unit {
      Unit(value: value | wordBit)
    }
  }

  /// What becomes of a scalar that nothing composes with.
  private enum Fold {
    case unit(Unit)
    case fullStop
    case threeFullStops
    case nothing
  }

  /// Longer sequences of combining marks are cut, so that text made to be slow isn't; Unicode's stream-safe format has the same limit.
  private static let clusterScalarLimit = 30

  private var folds: [UInt32: Fold] = [:]
  /// Swift's strings are equal when canonically equivalent, which makes this table do the normalisation.
  private var units: [String: Unit] = [:]

  /// - Complexity: O(*n*), with 8 bytes of memory for every unit.
  mutating func fold(_ bytes: UnsafeBufferPointer<UInt8>) -> FoldedText {
    var text = FoldedText()
    text.reserve(bytes.count)
    var offset = 0
    // The full stops in a row that end here, and how many units they have taken so far.
    var stops = (shown: 0, units: 0)
    while offset < bytes.count {
      let start = offset
      let fold = nextFold(in: bytes, &offset)
      switch fold {
      case .unit(let unit):
        stops = (0, 0)
        if unit == .space || unit == .dash, text.units.last == unit { continue }
        text.append(unit, at: start)
      case .fullStop, .threeFullStops:
        let isSingle = if case .fullStop = fold { true } else { false }
        stops.shown += isSingle ? 1 : 3
        if stops.shown < 3 {
          stops.units += 1
          text.append(Unit(value: 0x2E), at: start)
        } else {
          text.replaceLast(stops.units, with: .ellipsis, at: start)
          stops.units = 1
        }
      case .nothing: continue
      }
    }
    text.end(at: bytes.count)
    return text
  }

  mutating func fold(_ string: String) -> FoldedText {
    var string = string
    return string.withUTF8 { fold($0) }
  }

  /// Reads a scalar and what composes with it.
  private mutating func nextFold(in bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) -> Fold {
    let start = offset
    let scalar = Self.scalar(in: bytes, &offset)
    var scalarCount = 1
    while offset < bytes.count, bytes[offset] >= 0x80, scalarCount < Self.clusterScalarLimit {
      var end = offset
      guard Self.composes(Self.scalar(in: bytes, &end)) else { break }
      offset = end
      scalarCount += 1
    }
    if scalarCount > 1 {
      return .unit(unit(of: String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)))
    }
    if scalar.value < 0x80 { return Self.ascii(scalar.value) }
    if let known = folds[scalar.value] { return known }
    let fold = self.fold(scalar)
    folds[scalar.value] = fold
    return fold
  }

  private static func ascii(_ value: UInt32) -> Fold {
    switch value {
    case 0x61...0x7A, 0x30...0x39: .unit(.letter(value))
    case 0x41...0x5A: .unit(.letter(value + 0x20))
    case 0x20, 0x09...0x0D: .unit(.space)
    case 0x22, 0x27, 0x60: .unit(.quotationMark)
    case 0x2D: .unit(.dash)
    case 0x2E: .fullStop
    default: .unit(Unit(value: value))
    }
  }

  private mutating func fold(_ scalar: Unicode.Scalar) -> Fold {
    let properties = scalar.properties
    if properties.isWhitespace { return .unit(.space) }
    switch scalar.value {
    case 0x2026: return .threeFullStops
    case 0xAB, 0xBB, 0xB4, 0x2BC, 0x2018...0x201F, 0x2032, 0x2033, 0x2039, 0x203A, 0x301D...0x301F, 0xFF02, 0xFF07: return .unit(.quotationMark)
    case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D: return .unit(.dash)
    case 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060, 0x2066...0x2069, 0xFEFF: return .nothing
    default: return .unit(unit(of: String(scalar)))
    }
  }

  /// The unit of a scalar or sequence, equal for canonically equivalent ones.
  private mutating func unit(of sequence: String) -> Unit {
    let key = sequence == "ς" ? "σ" : sequence.lowercased()
    if let known = units[key] { return known }
    let scalars = key.unicodeScalars
    guard let first = scalars.first else { return .space }
    let value = scalars.count == 1 ? first.value : 0x11_0000 + UInt32(units.count)
    let unit = first.properties.isAlphabetic || first.properties.numericType != nil ? Unit.letter(value) : Unit(value: value)
    units[key] = unit
    return unit
  }

  /// Whether a scalar may become one with the scalar before it: combining marks, and the vowels and final consonants of Hangul.
  private static func composes(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x300, 0x370..<0x483: false
    case 0x1161...0x1175, 0x11A8...0x11C2: true
    default: scalar.properties.isGraphemeExtend
    }
  }

  /// Decodes well-formed UTF-8.
  private static func scalar(in bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) -> Unicode.Scalar {
    let lead = UInt32(bytes[offset])
    let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var value = length == 1 ? lead : lead & (0xFF >> UInt32(length + 1))
    for index in 1..<max(length, 1) { value = value << 6 | UInt32(bytes[offset + index] & 0x3F) }
    offset += length
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }
}

/// The units of a text, with the way back to its bytes.
struct FoldedText {
  private(set) var units: [Folding.Unit] = []

  /// Where each unit's bytes begin, and at the end where the last one's end. What was left out belongs to the unit before it.
  private var starts: [UInt32] = []

  /// The bytes of the original that a range of units stands for.
  func byteRange(of range: Range<Int>) -> Range<Int> {
    Int(starts[range.lowerBound])..<Int(starts[range.upperBound])
  }

  /// The units without white space at either end.
  var trimmed: Range<Int> {
    // One is enough: a run of white space is one unit.
    let start = units.first == .space ? 1 : 0
    let end = units.last == .space ? units.count - 1 : units.count
    return start..<max(start, end)
  }

  fileprivate mutating func reserve(_ count: Int) {
    units.reserveCapacity(count)
    starts.reserveCapacity(count + 1)
  }

  fileprivate mutating func append(_ unit: Folding.Unit, at start: Int) {
    units.append(unit)
    starts.append(UInt32(start))
  }

  /// Lets one unit stand for the last `count` of them, and for what begins at `start` where there are none.
  fileprivate mutating func replaceLast(_ count: Int, with unit: Folding.Unit, at start: Int) {
    let first = count == 0 ? UInt32(start) : starts[units.count - count]
    units.removeLast(count)
    starts.removeLast(count)
    units.append(unit)
    starts.append(first)
  }

  fileprivate mutating func end(at count: Int) {
    starts.append(UInt32(count))
  }
}
