import DictaSync
import Dispatch
import Foundation

/// A line to another process over a socket that belongs to the two of them.
final class SocketLine: ByteStream {
  private let socket: Int32
  private let reading = DispatchQueue(label: "reading")
  private let writing = DispatchQueue(label: "writing")

  init(_ socket: Int32) {
    self.socket = socket
  }

  deinit {
    close(socket)
  }

  /// Both ends.
  static func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    #if os(Linux)
    let kind = Int32(SOCK_STREAM.rawValue)
    #else
    let kind = SOCK_STREAM
    #endif
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw LineError.closed }
    Child.keep(ends)
    return (ends[0], ends[1])
  }

  func read() async throws -> [UInt8]? {
    let socket = socket
    let bytes = try await wait(on: reading) {
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Foundation.read(socket, &bytes, bytes.count)
        if count >= 0 { return Array(bytes.prefix(count)) }
        guard errno == EINTR else { throw LineError.closed }
      }
    }
    return bytes.isEmpty ? nil : bytes
  }

  func write(_ bytes: [UInt8]) async throws {
    let socket = socket
    try await wait(on: writing) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(socket, $0.baseAddress, $0.count) }
        if count < 0 {
          guard errno == EINTR else { throw LineError.closed }
        } else {
          rest = rest.dropFirst(count)
        }
      }
    }
  }

  func finish() async throws {
    shutdown(socket, Int32(SHUT_WR))
  }

  private func wait<Value: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let socket = socket
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Result(catching: work)) }
      }
    } onCancel: {
      // Whoever waits on the socket finds it ended.
      shutdown(socket, Int32(SHUT_RDWR))
    }
  }
}
