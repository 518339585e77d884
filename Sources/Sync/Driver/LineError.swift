/// What went wrong with a line, whoever is to blame. Nothing is lost by it: the next sync goes on from what arrived.
public enum LineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The peer takes no more bytes.
  case closed
  /// The peer neither sent nor took a byte for so long.
  case stalled(Duration)

  public var description: String {
    switch self {
    case .closed: "the peer closed the line; nothing was lost: sync again"
    case .stalled(let limit):
      "the peer didn't say anything for \(limit.components.seconds) seconds; nothing was lost: sync again, or allow more time"
    }
  }
}
