/// Why words or offsets name no place in a text. Every message says what is wrong, where, and what to do.
public enum AnchorError: Error, Hashable, Sendable {
  /// The words, or the range, are empty.
  case empty
  /// The words don't stand in the text byte for byte; `nearest` is where something like them does.
  case notFound(exact: String, nearest: NearestPlace?)
  /// The words stand there, but not that often. Occurrences count from 1.
  case occurrenceOutOfRange(exact: String, occurrence: Int, found: Int)
  /// A range of bytes that does not lie in the text, or ends before it starts.
  case outOfBounds(start: Int, end: Int, utf8Count: Int)
  /// A byte offset in the midst of a scalar's UTF-8.
  case notOnScalarBoundary(offset: Int)
  /// An offset counted in UTF-16 that falls between the two halves of a surrogate pair.
  case insideSurrogatePair(utf16Offset: Int)
  /// An offset counted in `unit` that is negative or beyond the text's `count` of them.
  case offsetOutOfRange(offset: Int, unit: TextUnit, count: Int)
  /// The anchor belongs to another text.
  case otherText(expected: TextHash, found: TextHash)
}

/// Where the words that weren't found nearly stand.
public struct NearestPlace: Hashable, Sendable {
  /// The UTF-8 byte offset where the place begins.
  public let start: Int
  /// The UTF-8 byte offset after its last byte.
  public let end: Int
  /// What stands there, byte for byte.
  public let exact: String
  /// What kind of difference it is: "quotation marks", "white space", "dashes", "ellipses", "invisible characters", "normalisation",
  /// "case", several of them joined, or else "some words".
  public let difference: String

  /// Names a place by its bytes and says how it differs.
  public init(start: Int, end: Int, exact: String, difference: String) {
    self.start = start
    self.end = end
    self.exact = exact
    self.difference = difference
  }
}

extension AnchorError: CustomStringConvertible {
  /// One line; words are cut where long, and invisible characters spelt out.
  public var description: String {
    switch self {
    case .empty:
      return "an anchor needs at least one character: give the words as they stand in the article"
    case .notFound(let exact, let nearest?):
      return "the article does not contain \(quoted(exact)); nearest at byte \(nearest.start): \(quoted(nearest.exact))"
        + " (differs in \(nearest.difference))"
    case .notFound(let exact, nil):
      return "the article does not contain \(quoted(exact)) nor anything near it: copy the words from the article"
    case .occurrenceOutOfRange(let exact, let occurrence, let found):
      return "the article contains \(quoted(exact)) \(found == 1 ? "once" : "\(found) times"), so there is no occurrence \(occurrence):"
        + " count from 1\(found > 1 ? " to \(found)" : "")"
    case .outOfBounds(let start, let end, let utf8Count):
      return "bytes \(start) to \(end) are no part of a text of \(utf8Count) bytes: offsets count UTF-8 bytes, from 0, and the end comes"
        + " after the start"
    case .notOnScalarBoundary(let offset):
      return "byte \(offset) is in the midst of a character: offsets count UTF-8 bytes and stand before or after a whole character"
    case .insideSurrogatePair(let utf16Offset):
      return "UTF-16 offset \(utf16Offset) is in the midst of a surrogate pair: give the offset before or after it"
    case .offsetOutOfRange(let offset, let unit, let count):
      return "offset \(offset) is outside a text of \(count) \(unit): offsets count from 0"
    case .otherText(let expected, let found):
      return "the anchor names text \(found), and this is text \(expected): find the words again in this text"
    }
  }
}

/// The words between quotation marks, on one line, cut where long, with whatever a reader couldn't see spelt out.
private func quoted(_ words: String) -> String {
  let limit = 120
  var shown = ""
  for scalar in words.unicodeScalars.prefix(limit) {
    switch scalar {
    case "\n": shown += "\\n"
    case "\r": shown += "\\r"
    case "\t": shown += "\\t"
    case " ": shown += " "
    default:
      if scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .control {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
  }
  return "“\(shown)\(words.unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")”"
}
