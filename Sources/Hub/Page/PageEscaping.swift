#if Hub

import Mustache

/// How stored words become HTML: every value that a template puts into a page goes through this.
///
/// swift-mustache's own escaping goes by characters. `<` behind an Arabic number sign, or `"` before a combining mark, is part of a character
/// that it doesn't look for, so hostile text gets a tag or the end of an attribute through it. This goes by scalars.
struct PageEscaping: MustacheContentType {
  /// What templates call it.
  static let name = "PAGE"

  func escapeText(_ text: String) -> String {
    guard text.utf8.contains(where: Self.isSuspicious) else { return text }
    var result = ""
    var open = OpenDirections()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\r", "\u{2029}":
        result += open.closeAll()
        result.unicodeScalars.append(scalar)
      case "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}":
        if open.admit(scalar) { result.unicodeScalars.append(scalar) }
      // HTML has no way to say them, and browsers disagree on what they do.
      case "\0"..<" " where scalar != "\t", "\u{7f}"..."\u{9f}": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + open.closeAll()
  }

  /// Whether a byte can belong to something that isn't left as it is; `0xc2` and `0xe2` begin control characters, and much else.
  private static func isSuspicious(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"), 0..<0x20, 0x7f, 0xc2, 0xe2: true
    default: false
    }
  }
}

/// The changes of direction that a text begins and doesn't end. Left open, they would turn around what a page has behind it; and an end without
/// a beginning would end the isolation that the page gives the text.
private struct OpenDirections {
  private var openings: [Unicode.Scalar] = []

  /// - Returns: whether the control character has a counterpart, or gets one from ``closeAll()``.
  mutating func admit(_ control: Unicode.Scalar) -> Bool {
    switch control {
    case "\u{202c}":
      guard let last = openings.last, !Self.isIsolate(last) else { return false }
      openings.removeLast()
    case "\u{2069}":
      guard let place = openings.lastIndex(where: Self.isIsolate) else { return false }
      openings.removeSubrange(place...)
    default:
      // Beyond this depth, nobody need obey.
      guard openings.count < 60 else { return false }
      openings.append(control)
    }
    return true
  }

  mutating func closeAll() -> String {
    defer { openings = [] }
    return String(String.UnicodeScalarView(openings.reversed().map { Self.isIsolate($0) ? "\u{2069}" : "\u{202c}" }))
  }

  private static func isIsolate(_ opening: Unicode.Scalar) -> Bool { opening >= "\u{2066}" }
}

#endif
