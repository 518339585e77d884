import Foundation

/// A proxy that requests to a hub go through. It is asked for a tunnel (CONNECT), also where the hub speaks plain HTTP.
public struct WebProxy: Hashable, Sendable {
  public let host: String
  public let port: Int

  /// As the proxy's address had it; nil where it asks for none.
  public let user: String?
  public let password: String?

  /// What stands in a variable that should name a proxy.
  public struct Unusable: Error, Hashable, CustomStringConvertible {
    public let variable: String

    public var description: String { "what stands in $\(variable) is no address of a proxy: it should be like http://proxy.example:3128" }
  }

  /// The one that a program's environment names for an address, as most programs read it: `https_proxy`, `http_proxy` and `all_proxy`, but not
  /// for what `no_proxy` lists, and never for this machine itself.
  ///
  /// - Returns: nil if there is none.
  /// - Throws: ``Unusable``
  public static func system(for address: HubAddress, environment: [String: String] = ProcessInfo.processInfo.environment) throws -> WebProxy? {
    guard let url = URL(string: address.base), let host = url.host?.lowercased(), !address.isOnThisMachine else { return nil }
    let isEncrypted = url.scheme?.lowercased() == "https"
    let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    guard !exceptions.split(whereSeparator: { $0 == "," || $0 == " " }).contains(where: { matches($0.lowercased(), host, url.port) }) else {
      return nil
    }
    // HTTP_PROXY in capitals could come from a request to a program that a web server runs.
    for name in (isEncrypted ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]) + ["all_proxy", "ALL_PROXY"] {
      guard let text = environment[name], !text.isEmpty else { continue }
      guard let proxy = WebProxy(text) else { throw Unusable(variable: name) }
      return proxy
    }
    return nil
  }

  /// - Parameter text: `[http://][user:password@]host[:port]`.
  init?(_ text: String) {
    guard let url = URL(string: text.contains("://") ? text : "http://" + text), url.scheme?.lowercased() == "http", let host = url.host,
      !host.isEmpty
    else { return nil }
    (self.host, port, user, password) = (host, url.port ?? 80, url.user, url.password)
  }

  /// Whether an entry of `no_proxy` means a host: itself, and every one below it.
  private static func matches(_ entry: String, _ host: String, _ port: Int?) -> Bool {
    if entry == "*" { return true }
    var name = entry[...]
    if let colon = entry.lastIndex(of: ":"), let only = Int(entry[entry.index(after: colon)...]), entry.filter({ $0 == ":" }).count == 1 {
      guard only == port else { return false }
      name = entry[..<colon]
    }
    name = name.drop { $0 == "." || $0 == "*" }
    return !name.isEmpty && (host == name || host.hasSuffix("." + name))
  }
}
