/// `ssh://[user@]host[:port]/path`: an archive on a machine that one can log in to.
struct SecureShellAddress: Hashable, Sendable {
  static let scheme = "ssh://"

  let user: String?
  let host: String
  let port: Int?

  /// Where the archive is; relative to the home folder unless it begins with a slash.
  let path: String

  /// - Throws: ``CommandFailure`` of kind usage.
  init(_ spelling: String) throws {
    func failure(_ what: String) -> CommandFailure {
      CommandFailure(.usage, "\(what) in \(spelling)", hint: "write ssh://[user@]host[:port]/path, or ssh://host/~/path from the home folder on")
    }
    let rest = spelling.dropFirst(Self.scheme.count)
    let authority = rest.prefix { $0 != "/" }
    let (user, hostAndPort) = Self.cut(authority)
    guard let (host, port) = Self.hostAndPort(hostAndPort) else { throw failure("there is no host, or no port between 1 and 65535,") }
    // `ssh` passes both on to helpers, and takes what begins with a hyphen for an option.
    guard Self.isHarmless(host) else { throw failure("“\(host)” is not a host") }
    if let user, !Self.isHarmless(user) { throw failure("“\(user)” is not a user") }
    guard let decoded = Self.decoded(rest.dropFirst(authority.count)) else { throw failure("the path is not written as it has to be") }
    let hasControl = decoded.unicodeScalars.contains { $0.properties.generalCategory == .control }
    guard !hasControl else { throw failure("the path has a control character") }
    let path = decoded.hasPrefix("/~/") ? String(decoded.dropFirst(3)) : decoded
    guard !path.isEmpty, path != "/" else { throw failure("no archive is named") }
    self.user = user
    self.host = host
    self.port = port
    self.path = path.hasPrefix("-") ? "./" + path : path
  }

  /// What the system's `ssh` is called with.
  ///
  /// - Parameters:
  ///   - program: what to run there, and its first arguments.
  ///   - mayAsk: whether somebody is there who can answer its questions.
  func arguments(running program: [String], mayAsk: Bool) -> [String] {
    var arguments = ["-T"]
    if let port { arguments += ["-p", "\(port)"] }
    if let user { arguments += ["-l", user] }
    if !mayAsk { arguments += ["-o", "BatchMode=yes"] }
    return arguments + ["--", host, ShellQuoting.line(program + ["serve", "--stdio", "--archive", path])]
  }

  private static func cut(_ authority: Substring) -> (user: String?, rest: Substring) {
    guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
    return (String(authority[..<at]), authority[authority.index(after: at)...])
  }

  private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    guard !host.isEmpty else { return nil }
    guard let port else { return (String(host), nil) }
    guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(port), (1...65_535).contains(number)
    else { return nil }
    return (String(host), number)
  }

  /// Letters and digits, and of the rest only what names are made of: no shell on the way can make anything else of it.
  private static func isHarmless(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-")
      && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-:%+".unicodeScalars.contains($0) }
  }

  /// Nil where a percent sign isn't followed by two hexadecimal digits, or the result isn't UTF-8.
  private static func decoded(_ path: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = path.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
        let decoded = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
