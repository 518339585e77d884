import DictaSync
import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A line to a program that is run here: what is written goes to its standard input, what it prints is read.
struct ProcessLine: ByteStream {
  private let input: StandardInputWriter
  private let output: OutputReader
  private let beginning: Beginning

  /// How it was with the program.
  struct Ending: Sendable {
    /// What it printed first, at most so many bytes as a line of a terminal has.
    let beginning: [UInt8]
    let status: TerminationStatus
  }

  /// Runs a program for as long as `body` speaks to it.
  ///
  /// Ends the program when `body` is done: one that has been told everything leaves by itself, and one that doesn't is made to.
  ///
  /// - Parameter words: takes what the program prints on standard error.
  /// - Returns: what came of `body`, and how the program ended.
  /// - Throws: if the program can't be run.
  static func run<Value: Sendable>(
    _ words: [String], errors: PeerWords, body: @Sendable (ProcessLine) async throws -> Value
  ) async throws -> (Result<Value, any Error>, Ending) {
    let name = words[0]
    var options = PlatformOptions()
    options.teardownSequence = leaving(after: .zero)
    let beginning = Beginning()
    let outcome = try await Subprocess.run(
      name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(Array(words.dropFirst())), platformOptions: options,
      input: .inputWriter, output: .sequence, error: .sequence
    ) { execution in
      async let collecting: Void = collect(execution.standardError, errors)
      let line = ProcessLine(
        input: execution.standardInputWriter, output: OutputReader(execution.standardOutput), beginning: beginning)
      let result: Result<Value, any Error>
      do {
        result = .success(try await body(line))
      } catch {
        result = .failure(error)
      }
      try? await execution.standardInputWriter.finish()
      await execution.teardown(using: leaving(after: patience(result, beginning)))
      await collecting
      return result
    }
    return (outcome.closureResult, Ending(beginning: beginning.bytes, status: outcome.terminationStatus))
  }

  /// How long a program may take to leave by itself, once it isn't spoken to any more.
  private static func patience<Value>(_ result: Result<Value, any Error>, _ beginning: Beginning) -> Duration {
    switch result {
    // It has an archive to close.
    case .success: .seconds(20)
    case .failure(is CancellationError), .failure(LineError.stalled): .zero
    case .failure: beginning.isOfPeer ? .seconds(2) : .milliseconds(200)
    }
  }

  private static func leaving(after patience: Duration) -> [TeardownStep] {
    // To go on harms nobody; it is a way to wait for the program's end.
    let waiting = TeardownStep.send(signal: .resume, allowedDurationToNextStep: patience)
    return (patience == .zero ? [] : [waiting]) + [.gracefulShutDown(allowedDurationToNextStep: .seconds(1))]
  }

  private static func collect(_ output: SubprocessOutputSequence, _ words: PeerWords) async {
    // What can't be read any more isn't missed: it is only shown.
    let reader = OutputReader(output)
    while let bytes = try? await reader.next() { words.take(bytes) }
    words.finish()
  }

  // MARK: ByteStream

  func read() async throws -> [UInt8]? {
    let bytes = try await output.next()
    // The system's end of reading and a cancelled task look the same.
    try Task.checkCancellation()
    if let bytes { beginning.take(bytes) }
    return bytes
  }

  func write(_ bytes: [UInt8]) async throws {
    let count: Int
    do {
      count = try await input.write(bytes)
    } catch let error where error.underlyingError == .brokenPipe {
      throw LineError.closed
    }
    try Task.checkCancellation()
    guard count == bytes.count else { throw LineError.closed }
  }

  func finish() async throws {
    try await input.finish()
  }
}

/// The first bytes that came, to recognise what is no peer.
final class Beginning: Sendable {
  private static let byteLimit = 200
  private let kept = Mutex<[UInt8]>([])

  var bytes: [UInt8] { kept.withLock { $0 } }

  /// Whether it may be a peer, as far as can be told.
  var isOfPeer: Bool { Frame.preface.starts(with: bytes.prefix(Frame.preface.count)) }

  func take(_ bytes: [UInt8]) {
    kept.withLock { kept in
      if kept.count < Self.byteLimit { kept += bytes.prefix(Self.byteLimit - kept.count) }
    }
  }
}

/// Takes turns on a stream of output, which only one task may read.
private actor OutputReader {
  private var iterator: SubprocessOutputSequence.Iterator

  init(_ output: SubprocessOutputSequence) {
    iterator = output.makeAsyncIterator()
  }

  func next() async throws -> [UInt8]? {
    // The iterator keeps nothing but where it reads from.
    var iterator = iterator
    return try await iterator.next(isolation: self)?.withUnsafeBytes(Array.init)
  }
}
