#if Hub

import DictaModels
import HummingbirdCore

/// Where a page stands, and what its address asks for.
///
/// Links are relative, so that they lead somewhere behind a proxy that shortens paths.
struct PageAddress: Sendable {
  /// The way from this page to its corpus, without a slash at its end.
  let root: String
  private let query: String

  init(_ uri: URI, depth: Int) {
    let path = uri.path
    let slashes = depth + (path.hasSuffix("/") && path.utf8.count > 1 ? 1 : 0)
    root =
      switch slashes {
      case 0: "./\(path.split(separator: "/").last ?? "")"
      case 1: "."
      default: Array(repeating: "..", count: slashes - 1).joined(separator: "/")
      }
    query = uri.query ?? ""
  }

  /// What a form, or a link of ours, asks for by that name; nil where it is empty.
  subscript(name: String) -> String? {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == name, !parts[1].isEmpty else { continue }
      return Self.decode(parts[1])
    }
    return nil
  }

  /// A number from 1, as in `page=2`; 1 where it is none.
  func number(_ name: String, atMost limit: Int) -> Int {
    guard let number = self[name].flatMap({ Int($0) }), 1...limit ~= number else { return 1 }
    return number
  }

  /// `article/0198…`
  func reference(_ name: String) -> Reference? {
    guard let parts = self[name]?.split(separator: "/"), parts.count == 2, let id = UUIDText.bytes(parts[1]) else { return nil }
    return Reference(type: ExactString(String(parts[0])), id: id)
  }

  private static func decode(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, let decoded = Hex.bytes(String(decoding: digits, as: UTF8.self))?.first {
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// As it may stand in a query.
  static func encode(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + Hex.string([byte])
      }
    }
    return result
  }
}

#endif
