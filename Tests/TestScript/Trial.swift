import Foundation

/// The script in a process of its own, with one fault.
struct Trial {
  let folder: String
  let seed: UInt64
  let fault: Fault?

  /// How many steps are taken after the one that failed; nil takes them all.
  let goOn: Int?

  struct Outcome {
    var reports: [Report] = []
    var wasKilled = false
    var endedWell = false

    /// Nothing was heard for so long that it was ended.
    var hung = false

    /// What it said that can't be read.
    var strange: [String] = []

    var failures: [Failure] {
      reports.compactMap { if case .failed(let failure) = $0 { failure } else { nil } }
    }

    /// The last step that returned, and which.
    var lastStep: (number: Int, what: String)? {
      reports.reversed().lazy.compactMap { if case .done(let step, let what, _, _) = $0 { (step, what) } else { nil } }.first
    }

    /// What was promised last, by archive.
    var promised: [String: State] {
      var promised: [String: State] = [:]
      for report in reports {
        switch report {
        case .done(_, _, _, let states): promised.merge(states) { $1 }
        case .served(_, _, let state): promised[Script.far] = state
        case .failed, .finished: break
        }
      }
      return promised
    }
  }

  static let silenceMilliseconds: Int32 = 25_000

  var arguments: [String] {
    ["run", folder, "\(seed)"] + (fault.map { ["fault=\($0)"] } ?? []) + (goOn.map { ["goOn=\($0)"] } ?? [])
  }

  func run() throws -> Outcome {
    let (child, output) = try Child.speaking(arguments)
    defer { close(output) }
    var outcome = Outcome()
    // It ends when the last process that could say something has ended: then nobody touches the archives any more.
    let bytes = readToEnd(output) {
      outcome.hung = true
      child.kill()
    }
    child.wait()
    (outcome.wasKilled, outcome.endedWell) = (child.wasKilled, child.endedWell)
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if let report = Report(line) { outcome.reports.append(report) } else { outcome.strange.append(String(line)) }
    }
    return outcome
  }

  private func readToEnd(_ file: Int32, whenSilent: () -> Void) -> [UInt8] {
    var (bytes, portion) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, Self.silenceMilliseconds) == 0 { whenSilent() }
      let count = read(file, &portion, portion.count)
      if count > 0 { bytes += portion.prefix(count) } else if count == 0 || errno != EINTR { return bytes }
    }
  }
}
