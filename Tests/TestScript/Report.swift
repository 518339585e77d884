import Foundation

/// What a process says of itself, a line at a time, on standard output.
///
/// Each line is one write, shorter than what a pipe takes at once, so that what was said was said whole, whoever is killed when.
enum Report: CustomStringConvertible {
  /// A step returned. What these archives then hold is promised.
  case done(step: Int, what: String, callCount: Int, states: [String: State])

  /// A process that serves has said all it had to.
  case served(session: Int, callCount: Int, state: State)

  /// A step failed, or what a session's server had to do for it.
  case failed(Failure)

  /// The script is over.
  case finished(callCount: Int)

  func send() {
    let line = Array("\(self)\n".utf8)
    _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }

  var description: String {
    switch self {
    case .done(let step, let what, let callCount, let states):
      (["done", "\(step)", what, "\(callCount)"] + states.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }).joined(separator: "\t")
    case .served(let session, let callCount, let state): "served\t\(session)\t\(callCount)\t\(state)"
    case .failed(let failure): "failed\t\(failure.step)\t\(failure.session ?? 0)\t\(failure.error)\t\(failure.hit)\t\(failure.message)"
    case .finished(let callCount): "finished\t\(callCount)"
    }
  }

  init?(_ line: Substring) {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("done", 4...):
      guard let step = Int(parts[1]), let callCount = Int(parts[3]) else { return nil }
      var states: [String: State] = [:]
      for part in parts.dropFirst(4) {
        let sides = part.split(separator: "=", maxSplits: 1)
        guard sides.count == 2, let state = State(sides[1]) else { return nil }
        states[String(sides[0])] = state
      }
      self = .done(step: step, what: parts[2], callCount: callCount, states: states)
    case ("served", 4):
      guard let session = Int(parts[1]), let count = Int(parts[2]), let state = State(Substring(parts[3])) else { return nil }
      self = .served(session: session, callCount: count, state: state)
    case ("failed", 6):
      guard let step = Int(parts[1]), let session = Int(parts[2]) else { return nil }
      self = .failed(Failure(step: step, session: session > 0 ? session : nil, error: parts[3], hit: parts[4], message: parts[5]))
    case ("finished", 2):
      guard let count = Int(parts[1]) else { return nil }
      self = .finished(callCount: count)
    default: return nil
    }
  }
}

/// An error that a process met.
struct Failure {
  let step: Int

  /// Nil: in the process that runs the script.
  let session: Int?

  /// Its type and case.
  let error: String

  /// The call that a fault made fail in that process; empty if none did.
  let hit: String

  /// What people would read.
  let message: String
}

extension Failure {
  init(_ error: any Error, step: Int, session: Int? = nil) {
    let label = Mirror(reflecting: error).children.first?.label
    self.init(
      step: step, session: session, error: "\(type(of: error))\(label.map { ".\($0)" } ?? "")", hit: Fault.hit ?? "",
      message: "\(error)".replacingOccurrences(of: "\n", with: " "))
  }
}
