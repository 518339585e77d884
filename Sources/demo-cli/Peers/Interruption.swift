import Dispatch
import Foundation
import Synchronization

/// Somebody ended the program while it was at work: Ctrl-C, `kill`, a closed window.
struct Interruption: Error {
  let signal: Int32

  /// Runs something that can be ended in order: the first signal cancels it, a second one ends the program at once.
  ///
  /// Meanwhile a reader that goes away doesn't end the program: writing to it fails. Not to be used twice at a time.
  ///
  /// - Throws: an ``Interruption`` where a signal cancelled it, else what it throws.
  static func watching<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = Task(operation: work)
    let first = FirstSignal()
    let watch = try SignalWatch { signal in
      first.note(signal)
      Foundation.signal(signal, SIG_DFL)
      task.cancel()
    }
    let pipeHandler = Foundation.signal(SIGPIPE, SIG_IGN)
    defer {
      watch.end()
      Foundation.signal(SIGPIPE, pipeHandler)
    }
    do {
      return try await task.value
    } catch {
      guard let signal = first.value else { throw error }
      throw Interruption(signal: signal)
    }
  }

  /// Ends the program as the signal would have done, so that a shell's loop ends too.
  func end() -> Never {
    Foundation.signal(signal, SIG_DFL)
    // The threads that tasks run on leave signals to others.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, signal)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(signal)
    exit(128 + signal)
  }
}

/// Where a handler, which may do next to nothing, writes which signal came.
private let signalPipe = Atomic<Int32>(-1)

/// Tells of signals that would have ended the program.
private struct SignalWatch {
  private var handlers: [(signal: Int32, old: (@convention(c) (Int32) -> Void)?)] = []
  private let source: any DispatchSourceRead

  /// - Parameter note: called with each signal that comes.
  init(_ note: @escaping @Sendable (Int32) -> Void) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandFailure(.other, "no pipe can be made", hint: "see how many files may be open: ulimit -n") }
    let (readingEnd, writingEnd) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    signalPipe.store(writingEnd, ordering: .sequentiallyConsistent)
    source = DispatchSource.makeReadSource(fileDescriptor: readingEnd, queue: .global())
    source.setEventHandler {
      var signal: UInt8 = 0
      if read(readingEnd, &signal, 1) == 1 { note(Int32(signal)) }
    }
    source.setCancelHandler {
      close(readingEnd)
      close(writingEnd)
    }
    source.resume()
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      let old = Foundation.signal(signal, SIG_IGN)
      // What was ignored before, as under `nohup`, stays ignored.
      guard unsafeBitCast(old, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self) else { continue }
      handlers.append((signal, old))
      Foundation.signal(signal) { signal in
        var byte = UInt8(truncatingIfNeeded: signal)
        _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
      }
    }
  }

  func end() {
    for (signal, old) in handlers { Foundation.signal(signal, old) }
    source.cancel()
  }
}

/// Which signal came first.
private final class FirstSignal: Sendable {
  private let first = Mutex<Int32?>(nil)

  var value: Int32? { first.withLock { $0 } }

  func note(_ signal: Int32) {
    first.withLock { if $0 == nil { $0 = signal } }
  }
}
