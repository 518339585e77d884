import Synchronization

/// What a peer prints on its standard error, line by line: shown as it comes, and its end kept for an error.
final class PeerWords: Sendable {
  /// How much of the end is kept.
  static let byteLimit = 16 << 10

  /// Where a line without an end is cut.
  private static let lineByteLimit = 1 << 10

  private struct State {
    var open: [UInt8] = []
    var lines: [String] = []
    var byteCount = 0
  }

  private let state = Mutex(State())
  private let show: @Sendable (String) -> Void

  /// - Parameter show: gets each line without its end, and without what would move a terminal's cursor.
  init(show: @escaping @Sendable (String) -> Void = { _ in }) {
    self.show = show
  }

  /// The last lines, oldest first.
  var lines: [String] { state.withLock { $0.lines } }

  func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      let isEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
      let line = state.withLock { state -> [UInt8]? in
        if !isEnd { state.open.append(byte) }
        guard isEnd || state.open.count >= Self.lineByteLimit else { return nil }
        defer { state.open = [] }
        return state.open
      }
      if let line { add(line) }
    }
  }

  /// To be called when nothing more comes.
  func finish() {
    let rest = state.withLock { state in
      defer { state.open = [] }
      return state.open
    }
    add(rest)
  }

  private func add(_ bytes: [UInt8]) {
    let line = TextLayout.singleLine(String(decoding: bytes, as: UTF8.self))
    guard !line.allSatisfy(\.isWhitespace) else { return }
    state.withLock { state in
      state.lines.append(line)
      state.byteCount += line.utf8.count
      while state.byteCount > Self.byteLimit, state.lines.count > 1 { state.byteCount -= state.lines.removeFirst().utf8.count }
    }
    show(line)
  }
}
