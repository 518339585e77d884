import DictaSync
import Synchronization

/// One end of a line within a process.
///
/// A writer waits while the other end has so much to read already.
final class MemoryLine: ByteStream {
  private let incoming: Channel
  private let outgoing: Channel

  private init(incoming: Channel, outgoing: Channel) {
    self.incoming = incoming
    self.outgoing = outgoing
  }

  static func pair() -> (MemoryLine, MemoryLine) {
    let (there, back) = (Channel(), Channel())
    return (MemoryLine(incoming: back, outgoing: there), MemoryLine(incoming: there, outgoing: back))
  }

  func read() async throws -> [UInt8]? {
    try await incoming.take()
  }

  func write(_ bytes: [UInt8]) async throws {
    try await outgoing.put(bytes)
  }

  func finish() async {
    outgoing.close()
  }

  /// Ends both directions, as when one side dies.
  func cut() {
    incoming.close()
    outgoing.close()
  }
}

/// Bytes on their way from one task to another.
private final class Channel: Sendable {
  private static let byteLimit = 4 << 20

  private struct State {
    var waiting: [[UInt8]] = []
    var byteCount = 0
    var isClosed = false
    var reader: CheckedContinuation<Void, Never>?
    var writer: CheckedContinuation<Void, Never>?

    mutating func wakeAll() -> [CheckedContinuation<Void, Never>] {
      defer { (reader, writer) = (nil, nil) }
      return [reader, writer].compactMap(\.self)
    }
  }

  private let state = Mutex(State())

  func put(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    try await wait(\.writer) { $0.isClosed || $0.byteCount < Self.byteLimit }
    let reader = try state.withLock { state in
      guard !state.isClosed else { throw LineError.closed }
      state.waiting.append(bytes)
      state.byteCount += bytes.count
      return state.wakeAll()
    }
    for continuation in reader { continuation.resume() }
  }

  func take() async throws -> [UInt8]? {
    try await wait(\.reader) { $0.isClosed || !$0.waiting.isEmpty }
    let (bytes, writer) = state.withLock { state -> ([UInt8]?, [CheckedContinuation<Void, Never>]) in
      guard !state.waiting.isEmpty else { return (nil, []) }
      // Joined by the portion: byte by byte it costs more than all else here.
      var bytes = state.waiting[0]
      for portion in state.waiting.dropFirst() { bytes += portion }
      (state.waiting, state.byteCount) = ([], 0)
      return (bytes, state.wakeAll())
    }
    for continuation in writer { continuation.resume() }
    return bytes
  }

  func close() {
    let all = state.withLock { state in
      state.isClosed = true
      return state.wakeAll()
    }
    for continuation in all { continuation.resume() }
  }

  /// Suspends until the condition holds. Only one task waits in each place.
  private func wait(_ place: WritableKeyPath<State, CheckedContinuation<Void, Never>?> & Sendable, until isMet: @Sendable (State) -> Bool)
    async throws
  {
    while true {
      try Task.checkCancellation()
      if state.withLock({ isMet($0) }) { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isReady = state.withLock { state in
            if isMet(state) || Task.isCancelled { return true }
            state[keyPath: place] = continuation
            return false
          }
          if isReady { continuation.resume() }
        }
      } onCancel: {
        let waiting = state.withLock { state in
          defer { state[keyPath: place] = nil }
          return state[keyPath: place]
        }
        waiting?.resume()
      }
    }
  }
}
