import Foundation
import Synchronization

/// A bar on standard error for what takes longer than a second; nothing where nobody is looking.
final class ProgressBar: Sendable {
  private let label: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private let begun = Date()
  private let last = Mutex(Date.distantPast)

  init(_ label: String) {
    self.label = label
  }

  func update(_ done: Int, of total: Int) {
    let now = Date()
    guard isShown, total > 0, now.timeIntervalSince(begun) > 1 else { return }
    let isDue = last.withLock { last in
      guard now.timeIntervalSince(last) > 0.1 else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let share = min(1, Double(done) / Double(total))
    let filled = Int(share * 30)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    Terminal.writeError("\r\(label) \(bar) \(Int(share * 100)) %")
  }

  func finish() {
    let wasShown = last.withLock { $0 != .distantPast }
    if wasShown { Terminal.writeError("\r\u{1b}[2K") }
  }
}
