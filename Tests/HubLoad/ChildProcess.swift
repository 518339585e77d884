import Foundation

/// Another program, in a process of its own.
final class ChildProcess: Sendable {
  struct CantStart: Error, CustomStringConvertible {
    let program: String
    var description: String { "\(program) can't be started" }
  }

  /// How it ended, and what it took.
  struct End: Sendable {
    let status: Int32
    let cpu: Duration

    /// A process begins with the memory of the one that starts it, so this is never less than that.
    let peakKilobytes: Int
  }

  let id: pid_t
  private let output: Int32

  /// - Parameters:
  ///   - environment: beside this program's.
  ///   - errorFile: gets its standard error, behind what is in there.
  init(_ program: String, _ arguments: [String], environment: [String: String] = [:], errorFile: String? = nil) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CantStart(program: program) }
    output = ends[0]
    // No other child may hold them open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    if let errorFile { posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600) }
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    let settings = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var variables = settings.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in words + variables { free(word) } }
    var id: pid_t = 0
    guard posix_spawn(&id, program, &actions, nil, &words, &variables) == 0 else {
      close(output)
      throw CantStart(program: program)
    }
    self.id = id
  }

  deinit { close(output) }

  func signal(_ signal: Int32) { kill(id, signal) }

  /// The first line that it prints.
  func firstLine() async -> String {
    await aside { [output] in
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
      return String(decoding: line, as: UTF8.self)
    }
  }

  /// All that it prints, until it closes its standard output.
  func wholeOutput() async -> String {
    await aside { [output] in
      var text: [UInt8] = []
      var portion = [UInt8](repeating: 0, count: 65_536)
      while case let count = read(output, &portion, portion.count), count > 0 { text += portion[..<count] }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Waits for its end. To be called once.
  func end() async -> End {
    await aside { [id] in
      var (status, usage) = (Int32(0), rusage())
      while wait4(id, &status, 0, &usage) < 0, errno == EINTR {}
      return End(status: status, cpu: Duration(usage.ru_utime) + Duration(usage.ru_stime), peakKilobytes: Int(usage.ru_maxrss))
    }
  }

  /// Runs a program to its end.
  ///
  /// - Returns: what it printed.
  static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> (output: String, end: End) {
    let child = try ChildProcess(program, arguments, environment: environment)
    let output = await child.wholeOutput()
    let end = await child.end()
    guard end.status == 0 else { throw Failed(command: ([program] + arguments).joined(separator: " "), status: end.status) }
    return (output, end)
  }

  struct Failed: Error, CustomStringConvertible {
    let command: String
    let status: Int32
    var description: String { "\(command) failed (status \(status))" }
  }
}

/// Waits for another process where that holds up none of the threads that Swift's tasks share.
private func aside<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(returning: body()) }
  }
}

extension Duration {
  fileprivate init(_ time: timeval) { self = .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec)) }
}
