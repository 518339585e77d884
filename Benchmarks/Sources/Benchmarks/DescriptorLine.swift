import DictaSync
import Dispatch
import Foundation

/// A line over two file descriptors, such as pipes. Each direction waits on a thread of its own.
struct DescriptorLine: ByteStream {
  private let source: Int32
  private let target: Int32
  private let reading = DispatchQueue(label: "reading")
  private let writing = DispatchQueue(label: "writing")

  init(reading source: Int32, writing target: Int32) {
    (self.source, self.target) = (source, target)
  }

  func read() async throws -> [UInt8]? {
    let source = source
    while true {
      try Task.checkCancellation()
      let bytes: [UInt8]? = try await wait(on: reading) {
        // Not for long: a task that was cancelled wants to know.
        var request = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 20) > 0 else { return nil }
        return try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
          count = Foundation.read(source, buffer.baseAddress, buffer.count)
          guard count >= 0 else {
            count = 0
            throw LineError.closed
          }
        }
      }
      if let bytes { return bytes.isEmpty ? nil : bytes }
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    let target = target
    try await wait(on: writing) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(target, $0.baseAddress, $0.count) }
        guard count > 0 else { throw LineError.closed }
        rest = rest.dropFirst(count)
      }
    }
  }

  func finish() async throws {
    let target = target
    try await wait(on: writing) { _ = close(target) }
  }

  private func wait<Value: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in queue.async { continuation.resume(with: Result(catching: work)) } }
  }
}
