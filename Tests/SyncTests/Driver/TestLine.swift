import DictaModels
import DictaStorage
import Foundation
import Synchronization

@testable import DictaSync

/// A line between two archives in one process that can be cut, and that can change bytes.
final class TestLine: ByteStream {
  struct Trouble: Sendable {
    /// After so many bytes in both directions together the line is dead.
    var cutAfter = Int.max
    /// The byte with this number in one direction is changed on its way: 0 is the caller's.
    var corrupted: (side: Int, place: Int)?
    /// How many bytes go at a time.
    var portion = Int.max
  }

  private struct Log {
    var byteCount = 0
    var written: [[UInt8]] = [[], []]
  }

  private final class Shared: Sendable {
    let log = Mutex(Log())
    let trouble: Trouble

    init(_ trouble: Trouble) {
      self.trouble = trouble
    }
  }

  private let line: MemoryLine
  private let shared: Shared
  private let side: Int

  private init(_ line: MemoryLine, _ shared: Shared, side: Int) {
    (self.line, self.shared, self.side) = (line, shared, side)
  }

  static func pair(_ trouble: Trouble = Trouble()) -> (TestLine, TestLine) {
    let shared = Shared(trouble)
    let (here, there) = MemoryLine.pair()
    return (TestLine(here, shared, side: 0), TestLine(there, shared, side: 1))
  }

  /// All that this side wrote.
  var written: [UInt8] { shared.log.withLock { $0.written[side] } }

  /// The messages that this side sent, as far as they came whole.
  var messages: [Message] {
    var reader = FrameReader(allowsCompression: true)
    reader.append(written)
    var messages: [Message] = []
    while let message = try? reader.next() { messages.append(message) }
    return messages
  }

  func read() async throws -> [UInt8]? {
    try await line.read()
  }

  func write(_ bytes: [UInt8]) async throws {
    for start in stride(from: 0, to: bytes.count, by: min(bytes.count, shared.trouble.portion)) {
      let portion = Array(bytes[start..<start + min(bytes.count - start, shared.trouble.portion)])
      let (passing, isCut) = pass(portion)
      if !passing.isEmpty { try await line.write(passing) }
      if isCut {
        line.cut()
        throw LineError.closed
      }
    }
  }

  private func pass(_ bytes: [UInt8]) -> (bytes: [UInt8], isCut: Bool) {
    shared.log.withLock { log in
      var passing = Array(bytes.prefix(max(0, shared.trouble.cutAfter - log.byteCount)))
      if let (side, place) = shared.trouble.corrupted, side == self.side, passing.indices.contains(place - log.written[side].count) {
        passing[place - log.written[side].count] ^= 0x10
      }
      log.byteCount += passing.count
      log.written[side] += passing
      return (passing, passing.count < bytes.count)
    }
  }

  func finish() async throws {
    await line.finish()
  }

  func cut() {
    line.cut()
  }
}

/// What each side of a session came to.
struct SessionOutcome {
  let caller: Result<SyncReport, any Error>
  let answerer: Result<SyncReport, any Error>
  let byteCount: Int
  /// What each side said, as bytes and as messages.
  let written: [[UInt8]]
  let messages: (caller: [Message], answerer: [Message])

  var hasFailed: Bool {
    if case (.success, .success) = (caller, answerer) { false } else { true }
  }
}

/// Runs a session between two logs over a line that may be in trouble.
func converse(
  _ caller: some ChangeLog, _ answerer: some ChangeLog, _ trouble: TestLine.Trouble = TestLine.Trouble(), isCompressed: Bool = true,
  deliveryByteLimit: Int = 1 << 20
) async -> SessionOutcome {
  let (here, there) = TestLine.pair(trouble)
  var options = SyncOptions()
  options.isCompressed = isCompressed
  options.deliveryByteLimit = deliveryByteLimit
  let settings = options
  async let one = outcome(here) { try await caller.sync(over: here, as: .caller, with: answerer.name, options: settings) }
  async let other = outcome(there) { try await answerer.sync(over: there, as: .answerer, with: caller.name, options: settings) }
  let (first, second) = await (one, other)
  return SessionOutcome(
    caller: first, answerer: second, byteCount: here.written.count + there.written.count,
    written: [here.written, there.written], messages: (here.messages, there.messages))
}

private func outcome(_ line: TestLine, _ body: () async throws -> SyncReport) async -> Result<SyncReport, any Error> {
  do {
    return .success(try await body())
  } catch {
    line.cut()
    return .failure(error)
  }
}

/// A folder for one test's archives, removed when the test is done with it.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-sync-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// New archives of one corpus.
  func archives(_ names: String...) throws -> [Archive] {
    let corpus = CorpusID("018bcfe5-6800-7000-8000-000000000001")
    return try names.map { try Archive(creatingAt: "\(path)/\($0).dicta", corpus: corpus, device: $0) }
  }
}

extension Archive {
  @discardableResult
  func writeClaim(_ text: String) async throws -> Claim.ID {
    try await write { transaction in
      let claim = Claim(id: transaction.newID(), text: text)
      try transaction.insert(claim)
      return claim.id
    }
  }

  var status: ArchiveStatus {
    get async throws { try await read { try $0.status() } }
  }

  var document: [UInt8] {
    get async throws {
      try await read { transaction in
        var bytes: [UInt8] = []
        try transaction.export(.json) { bytes += $0 }
        return bytes
      }
    }
  }
}
