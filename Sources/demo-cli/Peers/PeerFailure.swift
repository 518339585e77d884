import DictaModels
import DictaSync
import Subprocess

/// What it means that a sync with a program came to nothing.
///
/// Who ran the program knows more than who spoke over the line: what it printed first, on which side it broke off, how it ended.
struct PeerFailure {
  let program: PeerProgram
  let error: any Error
  let ending: ProcessLine.Ending

  /// What it printed on standard error.
  let words: [String]

  /// - Parameter withWords: whether they go into the error, because nobody has seen them yet.
  func failure(withWords: Bool) -> CommandFailure {
    let failure = failure
    return CommandFailure(
      failure.kind, failure.message, place: failure.place, hint: failure.hint,
      problems: failure.problems + (withWords ? words.map { ("peer: \($0)", .string($0)) } : []))
  }

  private var failure: CommandFailure {
    if case LineError.stalled(let limit) = error {
      let limit = limit.components.seconds
      return CommandFailure(
        .tryAgain, "\(program.address) said nothing for \(limit) second\(limit == 1 ? "" : "s")",
        hint: "nothing was lost: sync again, or allow more with --timeout")
    }
    if case ProtocolViolation.echo = error {
      return CommandFailure(
        .unreachable, "\(program.address) sends back what it is sent: no demo-cli is there", hint: "see that it runs `demo-cli serve --stdio`")
    }
    if let nobody { return nobody }
    guard isBrokenOff else { return CommandFailure(error) ?? CommandFailure(.other, "\(error)") }
    return CommandFailure(
      .tryAgain, "the line to \(program.address) broke off (\(ending.status.words))",
      hint: "nothing was lost: sync again, and it goes on from what arrived")
  }

  /// Whether the other end went away.
  private var isBrokenOff: Bool {
    switch error {
    case ProtocolViolation.ended, LineError.closed: true
    default: error is SubprocessError
    }
  }

  /// Why no peer was there at all; nil if one was.
  private var nobody: CommandFailure? {
    guard ending.beginning.isEmpty else {
      guard !ending.isOfPeer else { return nil }
      return CommandFailure(
        .unreachable, "\(program.address) is no peer: it says “\(ending.firstWords)”",
        hint: "see that it prints nothing but what `demo-cli serve --stdio` does")
    }
    guard isBrokenOff else { return nil }
    switch (program.kind, ending.status) {
    case (.secureShell(let host, _), .exited(255)):
      return CommandFailure(
        .unreachable, "ssh can't reach \(host): \(words.last ?? "it doesn't say why")", hint: "try `ssh \(host)` by itself")
    case (.secureShell(let host, let program), .exited(126)), (.secureShell(let host, let program), .exited(127)):
      return CommandFailure(
        .unreachable, "no \(program) on \(host)", hint: "install demo-cli there, or say with --remote-command where it is")
    case (_, .exited(CommandFailure.Kind.tryAgain.exitCode)):
      return CommandFailure(.tryAgain, "\(program.address) can't answer now: \(words.last ?? "it doesn't say why")", hint: "sync again")
    default:
      return CommandFailure(
        .unreachable, "\(program.address) ended without answering (\(ending.status.words))",
        hint: "see that it runs `demo-cli serve --stdio` and that its archive is there")
    }
  }

}

extension ProcessLine.Ending {
  var isOfPeer: Bool { Frame.preface.starts(with: beginning.prefix(Frame.preface.count)) }

  /// The first line of what came instead.
  fileprivate var firstWords: String {
    let line = beginning.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).first ?? []
    return TextLayout.cut(TextLayout.singleLine(String(decoding: line, as: UTF8.self)), to: 60)
  }
}

extension TerminationStatus {
  var words: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signaled(let signal): "ended by signal \(signal)"
    }
  }
}
