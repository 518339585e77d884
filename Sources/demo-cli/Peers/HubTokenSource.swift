import Foundation

/// Where a client keeps the token that it shows to a hub: never on a command line, where others on the machine could read it.
struct HubTokenSource {
  /// Nil: `$DICTA_TOKEN`.
  let file: String?

  /// - Returns: nil if there is none; some hubs may ask for none.
  func token() throws -> String? {
    let text: String
    if let file {
      guard let data = FileManager.default.contents(atPath: file) else {
        throw CommandFailure(.notFound, "the token file \(file) can't be read", hint: "check its path and permissions")
      }
      text = String(decoding: data.prefix(4096), as: UTF8.self)
    } else {
      text = ProcessInfo.processInfo.environment["DICTA_TOKEN"] ?? ""
    }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty else { return nil }
    guard token.utf8.allSatisfy({ (33...126).contains($0) }) else {
      throw CommandFailure(.usage, "what stands in \(file ?? "$DICTA_TOKEN") is no token", hint: "put the token there and nothing else")
    }
    return token
  }
}
