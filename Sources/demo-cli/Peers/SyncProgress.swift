import DictaSync
import Foundation
import Synchronization

/// One line on standard error that tells how far a sync is, once it takes longer than a second; nothing where nobody is looking.
///
/// It has no bar: how much there is to come is known only when it has come.
final class SyncProgress: Sendable {
  private let isShown: Bool
  private let begun = ContinuousClock.now
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  /// - Parameter isJSON: standard error is kept free for an error then.
  init(isJSON: Bool) {
    isShown = !isJSON && isatty(STDERR_FILENO) == 1
  }

  func update(_ report: SyncReport) {
    let now = ContinuousClock.now
    guard isShown, now - begun > .seconds(1) else { return }
    last.withLock { last in
      if let last, now - last < .milliseconds(100) { return }
      last = now
      Terminal.writeError("\r\u{1b}[2K" + Self.words(report))
    }
  }

  /// Makes room for something else on standard error.
  func clear() {
    last.withLock { last in
      if last != nil { Terminal.writeError("\r\u{1b}[2K") }
      last = nil
    }
  }

  static func words(_ report: SyncReport) -> String {
    "syncing: \(report.received) change\(report.received == 1 ? "" : "s") received, \(megabytes(report.bytesReceived)) in, \(megabytes(report.bytesSent)) out"
  }

  static func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes + 50_000) / 100_000
    return "\(tenths / 10).\(tenths % 10) MB"
  }
}
