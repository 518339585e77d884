// Every way in which a session comes to nothing, and the words for it.

import DictaModels

/// Why a session came to nothing: what the peer did, and what to tell it.
///
/// None of it loses anything. What was received before is kept, and the next session goes on from there.
@nonexhaustive public enum ProtocolViolation: PassingError, Hashable, Sendable {
  /// A message came that may not come in that state.
  case unexpected(MessageKind, in: SyncSession.State)
  /// The peer sent the nonce that it was sent.
  case echo
  case noCommonVersion(ours: Versions, theirs: Versions)
  /// Both hold changes, and of different corpora.
  case otherCorpus(ours: CorpusID, theirs: CorpusID)
  /// HEADS rests on heads that weren't named to the peer.
  case unknownBase(HeadsHash)
  /// The peer sent RUNGS again, and not of exactly the origins whose RUNGS were still awaited.
  case wrongRungs(of: Set<Origin>, awaited: Set<Origin>)
  /// The peer lacks changes that were dropped here in part: this side's doing, and not the peer's.
  case dropped(changes: Int)
  /// The peer ended the session, in its own words: one line, at most 4096 bytes.
  case refused(Refusal)
  /// The stream ended before both were done.
  case ended(in: SyncSession.State)

  /// From the oldest to the newest version of the protocol that a replica speaks.
  public struct Versions: Hashable, Sendable, CustomStringConvertible {
    public let oldest: UInt64
    public let newest: UInt64

    init(of hello: Hello) {
      oldest = hello.oldestVersion
      newest = hello.newestVersion
    }

    public var description: String { oldest == newest ? "\(oldest)" : "\(oldest) to \(newest)" }
  }

  public var mayPass: Bool {
    switch self {
    case .ended: true
    case .refused(let refusal): refusal.code == .tryAgain
    default: false
    }
  }

  /// What to send before the line is closed. Nil where nobody would hear it.
  public var refusal: Refusal? {
    switch self {
    case .unexpected, .unknownBase, .wrongRungs: Refusal(code: .malformed, message: fault)
    case .noCommonVersion: Refusal(code: .noCommonVersion, message: fault)
    case .otherCorpus: Refusal(code: .otherCorpus, message: fault)
    case .dropped: Refusal(code: .dropped, message: fault)
    case .echo, .refused, .ended: nil
    }
  }

  /// What happened, in words that are true on both sides.
  private var fault: String {
    switch self {
    case .unexpected(let kind, let state): "\(kind) came in state \(state), where it may not"
    case .echo: "HELLO came back as it was sent"
    case .noCommonVersion(let ours, let theirs): "no version of the protocol in common: \(ours) and \(theirs)"
    case .otherCorpus(let ours, let theirs): "replicas of different corpora: \(ours) and \(theirs)"
    case .unknownBase(let base): "HEADS rests on heads \(base), which were not named in the HELLO before"
    case .wrongRungs(let named, let awaited): "RUNGS came again, of \(Self.list(named)), where those of \(Self.list(awaited)) were awaited"
    case .dropped(let count): "what \(count) change\(count == 1 ? "" : "s") said that one side lacks was dropped on the other"
    case .refused(let refusal): "REFUSAL \(refusal.code.rawValue): \(refusal.message)"
    case .ended(let state): "the stream ended in state \(state)"
    }
  }

  private static func list(_ origins: Set<Origin>) -> String {
    if origins.isEmpty { return "no origin" }
    let first = origins.sorted().prefix(3).map(\.description).joined(separator: ", ")
    return origins.count > 3 ? "\(first) and \(origins.count - 3) more" : first
  }
}

extension ProtocolViolation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpected, .unknownBase, .wrongRungs:
      "the peer broke the protocol: \(fault). Nothing was lost: sync again, and if this comes again, report it"
    case .echo:
      "the peer sends back what it is sent: nobody is there. Nothing was lost, and nothing of the archive was sent: check the address"
    case .noCommonVersion(let ours, let theirs):
      "the peer speaks version \(theirs) of the protocol, this side \(ours). Nothing was lost: update the older one"
    case .otherCorpus(let ours, let theirs):
      "the archives belong to different corpora: \(ours) here, \(theirs) there. Nothing was changed: only replicas of one corpus can be synced"
    case .dropped(let count):
      "the peer lacks \(count) change\(count == 1 ? "" : "s") of which something was dropped here by `compact --drop-superseded`, so nothing could be sent. "
        + "Nothing was lost: \(Self.advice(on: .dropped))"
    case .refused(let refusal):
      "the peer ended the sync: \(refusal.message.isEmpty ? "it doesn't say why" : refusal.message) "
        + "(code \(refusal.code.rawValue)). Nothing was lost: \(Self.advice(on: refusal.code))"
    case .ended(let state):
      "the line ended before the sync was done (\(state)). Nothing was lost: sync again, and it goes on from what arrived"
    }
  }

  private static func advice(on code: Refusal.Code) -> String {
    switch code {
    case .noCommonVersion: "update the older one"
    case .otherCorpus: "only replicas of one corpus can be synced"
    case .malformed: "sync again, and if this comes again, report it"
    case .refusedChanges: "run `check` on this side; the peer kept what it had taken before"
    case .tryAgain: "try again later"
    case .notAllowed: "ask whoever runs the peer for access"
    case .dropped:
      "sync the one that lacks them with a replica that still holds them. An empty archive takes a snapshot; but do away with the old one only when "
        + "what was written there is held elsewhere, and that it isn't if each side says this of the other"
    case .unable: "see to the peer, then sync again"
    }
  }
}

extension Refusal {
  /// With a text that fits a message, and a line of a terminal: control characters and line breaks become spaces.
  var inOneLine: Refusal {
    var line = String.UnicodeScalarView()
    var byteCount = 0
    for scalar in message.unicodeScalars {
      let shown: Unicode.Scalar =
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: " "
        default: scalar
        }
      byteCount += UTF8.width(shown)
      guard byteCount <= 4096 else { break }
      line.append(shown)
    }
    return Refusal(code: code, message: String(line))
  }
}
