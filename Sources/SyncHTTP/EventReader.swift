/// Reads server-sent events, however they are cut.
struct EventReader {
  struct Event: Hashable {
    var name = ""
    var data = ""
  }

  /// A stream whose line has no end.
  struct TooLong: Error {}

  private static let lineLimit = 65_536

  private var line: [UInt8] = []
  private var event = Event()

  /// The events that are complete with these bytes.
  mutating func read(_ bytes: [UInt8]) throws -> [Event] {
    var events: [Event] = []
    for byte in bytes where byte != UInt8(ascii: "\r") {
      guard byte == UInt8(ascii: "\n") else {
        guard line.count < Self.lineLimit else { throw TooLong() }
        line.append(byte)
        continue
      }
      if line.isEmpty {
        if event != Event() { events.append(event) }
        event = Event()
      } else {
        take(String(decoding: line, as: UTF8.self))
      }
      line = []
    }
    return events
  }

  private mutating func take(_ line: String) {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return }
    let value = parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]
    switch parts[0] {
    case "event": event.name = String(value)
    case "data" where event.data.utf8.count < Self.lineLimit: event.data += event.data.isEmpty ? String(value) : "\n" + value
    default: break
    }
  }
}
