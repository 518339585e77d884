// What libFuzzer does with a property: it stops where one is broken, and keeps the input.

import Dispatch

enum Fuzzer {
  static func check(_ input: UnsafeBufferPointer<UInt8>, _ property: ([UInt8]) throws -> Void) {
    do {
      try property(Array(input))
    } catch {
      fatalError("broken: \(error)")
    }
  }

  /// Waits for a property that takes turns.
  static func check(_ input: UnsafeBufferPointer<UInt8>, _ property: @Sendable @escaping ([UInt8]) async throws -> Void) {
    let bytes = Array(input)
    let done = DispatchSemaphore(value: 0)
    Task {
      do {
        try await property(bytes)
      } catch {
        fatalError("broken: \(error)")
      }
      done.signal()
    }
    done.wait()
  }
}
