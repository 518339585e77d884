/// A line to a peer: bytes in both directions, in order.
///
/// A pipe, a socket, a file. Reading and writing go on at the same time, each from one task.
public protocol ByteStream: Sendable {
  /// The next bytes, at least one; nil once the peer has ended its side.
  ///
  /// - Throws: `CancellationError` soon after the task was cancelled, whatever the peer does.
  func read() async throws -> [UInt8]?

  /// Hands bytes over; waits while the peer takes none.
  ///
  /// - Throws: if the peer takes no more, or the task was cancelled.
  func write(_ bytes: [UInt8]) async throws

  /// Tells the peer that nothing more will be written.
  func finish() async throws
}
