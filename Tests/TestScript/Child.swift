import Foundation

/// This program once more, in a process of its own.
final class Child {
  struct CantStart: Error {}

  private let process: pid_t
  private(set) var status: Int32?

  /// - Parameters:
  ///   - input: becomes its standard input.
  ///   - output: becomes its standard output; nil gives it this one's.
  init(_ arguments: [String], input: Int32? = nil, output: Int32? = nil) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
    if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
    guard let path = Bundle.main.executablePath else { throw CantStart() }
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    guard posix_spawn(&process, path, &actions, nil, &words, environ) == 0 else { throw CantStart() }
    self.process = process
  }

  /// Starts one whose standard output can be read.
  ///
  /// - Returns: it, and where to read; to be closed.
  static func speaking(_ arguments: [String]) throws -> (child: Child, output: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CantStart() }
    keep(ends)
    defer { close(ends[1]) }
    do {
      return (try Child(arguments, output: ends[1]), ends[0])
    } catch {
      close(ends[0])
      throw error
    }
  }

  func kill() {
    Foundation.kill(process, SIGKILL)
  }

  /// Waits for its end.
  func wait() {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    self.status = status
  }

  /// Whether it was killed; otherwise what it ended with.
  var wasKilled: Bool { status.map { $0 & 0x7f == SIGKILL } ?? false }
  var endedWell: Bool { status == 0 }

  /// Descriptors that no child gets unless it is given them.
  static func keep(_ descriptors: [Int32]) {
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
  }
}
