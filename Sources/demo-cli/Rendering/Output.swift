import DictaModels
import Foundation

/// Where results go: for people text, for scripts exactly one JSON value.
struct Output: Sendable {
  let isJSON: Bool

  /// Prints a result in the form that was asked for; only that form is made.
  func print(_ json: @autoclosure () throws -> JSON, text: () throws -> String) throws {
    if isJSON {
      try Terminal.write(json().encodedLine)
    } else {
      let text = try text()
      try Terminal.write(text.hasSuffix("\n") || text.isEmpty ? text : text + "\n")
    }
  }
}

/// Standard output and standard error.
enum Terminal {
  static func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  static func write(_ bytes: [UInt8]) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    } catch {
      throw CommandFailure(
        .tryAgain, "standard output can't be written", hint: "there may be no room left where it goes; what the command did to the archive stays done"
      )
    }
  }

  /// Nobody can be told where even this can't be written.
  static func writeError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// How many columns a line may take: as wide as the window, or 100 where there is none.
  static var width: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return min(max(Int(size.ws_col), 40), 140) }
    let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init) ?? 100
    return min(max(columns, 40), 140)
  }
}

/// Colour and weight, where the reader is a person at a terminal who didn't ask for none.
struct Style: Sendable {
  enum Stream { case standardOutput, standardError }

  private let isOn: Bool

  init(for stream: Stream = .standardOutput) {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(stream == .standardOutput ? STDOUT_FILENO : STDERR_FILENO) == 1
    isOn = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }
  func italic(_ text: String) -> String { wrap(text, "3") }
  func red(_ text: String) -> String { wrap(text, "31") }
  func green(_ text: String) -> String { wrap(text, "32") }
  func yellow(_ text: String) -> String { wrap(text, "33") }
  func blue(_ text: String) -> String { wrap(text, "34") }
  func cyan(_ text: String) -> String { wrap(text, "36") }

  private func wrap(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}

extension JSON {
  var encodedLine: String { String(decoding: encoded(), as: UTF8.self) + "\n" }

  /// For messages: what was found, not more than a line of it.
  var short: String {
    let text = String(decoding: encoded(), as: UTF8.self)
    return text.count > 60 ? text.prefix(57) + "…" : text
  }

  static func integer(_ value: Int) -> JSON { .integer(Int64(value)) }

  static func optional(_ string: String?) -> JSON { string.map { .string($0) } ?? .null }
}

/// Milliseconds since 1970 as ISO 8601 in UTC, to the millisecond.
func isoTime(_ milliseconds: UInt64) -> String {
  // Whole-day arithmetic on the civil calendar; `DateFormatter` would bring tens of megabytes along.
  let seconds = milliseconds / 1000
  let days = Int64(clamping: seconds / 86_400)
  let shifted = days + 719_468
  let era = shifted / 146_097
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let monthIndex = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
  let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let time = Int64(seconds % 86_400)
  let clock = "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2)).\(padded(Int64(milliseconds % 1000), 3))"
  return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock)Z"
}
