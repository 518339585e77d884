import DictaModels
import Foundation

/// A file of test vectors in `Tests/Vectors`: an array of objects, each with a name and whether it is valid.
///
/// `DICTA_WRITE_VECTORS=1` writes the files anew instead of comparing with them.
package struct VectorFile {
  package let name: String

  package init(name: String) {
    self.name = name
  }

  private var url: URL {
    URL(filePath: #filePath).appending(path: "../../Vectors/\(name)").standardizedFileURL
  }

  package static var isWriting: Bool { ProcessInfo.processInfo.environment["DICTA_WRITE_VECTORS"] == "1" }

  /// The vectors as they are in the file; where they are to be written, as they were generated.
  package func vectors(generated: [JSONObject]) throws -> [JSONObject] {
    if Self.isWriting {
      let json = JSON.array(generated.map { .object($0) })
      try Data(json.encoded(pretty: true) + [UInt8(ascii: "\n")]).write(to: url)
    }
    guard case .array(let elements) = try JSONReader.parse(Data(contentsOf: url)) else { return [] }
    return elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }
}

extension JSONObject {
  package func string(_ key: String) -> String {
    if case .string(let string)? = self[key] { string } else { "" }
  }

  package func integer(_ key: String) -> UInt64 {
    if case .integer(let integer)? = self[key] { UInt64(integer) } else { 0 }
  }

  package func bytes(_ key: String) -> [UInt8] {
    Hex.bytes(string(key)) ?? []
  }

  package func objects(_ key: String) -> [JSONObject] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  package var isValid: Bool { self["valid"] == .bool(true) }
}
