import DictaSyncHTTP
import Foundation

/// How a peer is named on the command line.
enum PeerAddress: Hashable, Sendable {
  /// An archive on this machine.
  case file(String)
  /// A program that is run here and answers on its standard output.
  case program(PeerProgram)
  /// A hub that is reached by HTTP.
  case hub(HubAddress)

  /// As people know it.
  var spelling: String {
    switch self {
    case .file(let path): path
    case .program(let program): program.address
    case .hub(let address): address.description
    }
  }

  /// - Parameter remoteCommand: how the program is called over there; only for a peer that is reached by `ssh`.
  /// - Throws: ``CommandFailure`` of kind usage.
  init(_ spelling: String, remoteCommand: String?, mayAsk: Bool) throws {
    let isSecureShell = spelling.hasPrefix(SecureShellAddress.scheme)
    if remoteCommand != nil, !isSecureShell {
      throw CommandFailure(.usage, "--remote-command is for peers that begin with ssh://", hint: "leave it out")
    }
    if ["http://", "https://"].contains(where: spelling.lowercased().hasPrefix) {
      guard let address = HubAddress(spelling) else {
        throw CommandFailure(
          .usage, "\(spelling) names no corpus on a hub", hint: "write https://host/CORPUS, where CORPUS is the id that `demo-cli status` tells")
      }
      self = .hub(address)
      return
    }
    if isSecureShell {
      let address = try SecureShellAddress(spelling)
      let command = (remoteCommand ?? "demo-cli").split(separator: " ").map(String.init)
      guard let program = command.first else { throw CommandFailure(.usage, "--remote-command names no program", hint: "leave it out for demo-cli") }
      // The shell over there begins in the home folder and doesn't expand what is quoted.
      let words = [program.hasPrefix("~/") ? "." + program.dropFirst() : program] + command.dropFirst()
      self = .program(
        PeerProgram(
          words: ["ssh"] + address.arguments(running: words, mayAsk: mayAsk), address: spelling,
          kind: .secureShell(host: address.host, program: program)))
    } else if spelling.hasPrefix("exec:") {
      let words = spelling.dropFirst("exec:".count).split(separator: " ").map(String.init)
      guard !words.isEmpty else {
        throw CommandFailure(.usage, "exec: names no program", hint: "write 'exec:demo-cli serve --stdio --archive FILE'")
      }
      self = .program(PeerProgram(words: words, address: spelling, kind: .plain))
    } else {
      self = .file(spelling)
    }
  }
}

/// A program that speaks for a peer.
struct PeerProgram: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case plain
    /// `ssh`, and the program it runs over there.
    case secureShell(host: String, program: String)
  }

  /// The program and its arguments, at least the program.
  let words: [String]

  /// As it was spelled.
  let address: String
  let kind: Kind
}
