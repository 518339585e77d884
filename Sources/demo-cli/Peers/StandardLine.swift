import DictaSync
import Dispatch
import Foundation
import Synchronization

/// A line to whoever runs this program: standard input and standard output.
///
/// Each direction waits on a thread of its own, so that waiting holds nobody else up.
final class StandardLine: ByteStream {
  private static let portionByteCount = 1 << 16

  private let output: Int32
  private let reading = DispatchQueue(label: "standard input")
  private let writing = DispatchQueue(label: "standard output")

  /// Takes standard output for the line alone: what the program prints from then on goes to standard error.
  init() throws {
    output = dup(STDOUT_FILENO)
    guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
      throw CommandFailure(.usage, "standard output is closed", hint: "run `serve --stdio` as somebody's peer")
    }
  }

  func read() async throws -> [UInt8]? {
    try await wait(on: reading) {
      var bytes = [UInt8](repeating: 0, count: Self.portionByteCount)
      let count = try Self.retrying(STDIN_FILENO, POLLIN) { Foundation.read(STDIN_FILENO, &bytes, bytes.count) }
      return count == 0 ? nil : Array(bytes.prefix(count))
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    let output = output
    try await wait(on: writing) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = try Self.retrying(output, POLLOUT) { rest.withUnsafeBytes { Foundation.write(output, $0.baseAddress, $0.count) } }
        rest = rest.dropFirst(count)
      }
    }
  }

  func finish() async throws {
    let output = output
    try await wait(on: writing) { _ = close(output) }
  }

  /// Repeats a call that a signal interrupted, or that somebody made not wait.
  private static func retrying(_ file: Int32, _ event: Int32, _ call: () -> Int) throws -> Int {
    while true {
      let count = call()
      if count >= 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var request = pollfd(fd: file, events: Int16(event), revents: 0)
        poll(&request, 1, -1)
      default: throw LineError.closed
      }
    }
  }

  private func wait<Value: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let answer = FirstAnswer<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.await(continuation)
        queue.async { answer.give(Result(catching: work)) }
      }
    } onCancel: {
      // The thread goes on waiting; the program ends without it.
      answer.give(.failure(CancellationError()))
    }
  }
}

/// What comes of something that is waited for: the first answer counts.
private final class FirstAnswer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, any Error>)
    case given(Result<Value, any Error>)
  }

  private let state = Mutex(State.open)

  func await(_ continuation: CheckedContinuation<Value, any Error>) {
    let early = state.withLock { state -> Result<Value, any Error>? in
      if case .given(let result) = state { return result }
      state = .awaited(continuation)
      return nil
    }
    if let early { continuation.resume(with: early) }
  }

  func give(_ result: Result<Value, any Error>) {
    let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      switch state {
      case .given: return nil
      case .open:
        state = .given(result)
        return nil
      case .awaited(let continuation):
        state = .given(result)
        return continuation
      }
    }
    waiting?.resume(with: result)
  }
}
