import DictaModels
import DictaSync

/// One side of a session, which does one thing at a time when it is told to, and remembers how it ended.
///
/// The driver is the real one for lines that carry one direction at a time, because what happens first must follow from the seed alone.
struct Endpoint<Log: ChangeLog> {
  private var side: TurnBasedSync<Log>
  private(set) var failure: (any Error)?

  init(_ log: Log, as role: SyncSession.Role, with peer: String, nonce: Bytes16, byteLimit: Int, takesCompression: Bool) {
    var options = SyncOptions()
    options.deliveryByteLimit = byteLimit
    options.isCompressed = takesCompression
    side = TurnBasedSync(log, as: role, with: peer, nonce: nonce, options: options)
  }

  /// Whether it neither says nor hears anything any more.
  var isOver: Bool { side.isOver }

  var hasSomethingToSay: Bool { side.hasSomethingToSay }

  /// Whether both hold the same; nil until it is known.
  var isEqual: Bool? { side.isFinished ? side.report.isEqual : nil }

  /// How many changes it says that its peer lacks and can't get here, as something of them was dropped; nil if it doesn't say so.
  var droppedChangeCount: Int? {
    guard case .dropped(let count) = failure as? ProtocolViolation else { return nil }
    return count
  }

  /// Whether its peer says so.
  var isRefusedWhatWasDropped: Bool {
    guard case .refused(let refusal) = failure as? ProtocolViolation else { return false }
    return refusal.code == .dropped
  }

  var suspects: Set<Origin> { side.suspects }

  mutating func call() async {
    await attempt { try await $0.open() }
  }

  mutating func hear(_ bytes: [UInt8]?) async {
    await attempt { side in
      if let bytes { try await side.hear(bytes) } else { try await side.hearEnd() }
    }
  }

  /// The next bytes to send.
  mutating func speak() async -> [UInt8] {
    var bytes: [UInt8]?
    await attempt { bytes = try await $0.speak() }
    return bytes ?? []
  }

  private mutating func attempt(_ body: (inout TurnBasedSync<Log>) async throws -> Void) async {
    do {
      try await body(&side)
    } catch {
      failure = failure ?? error
    }
  }
}
