import Foundation

/// What the system says of a process that is running. Zero where the system doesn't tell (it is Linux that does).
struct ProcessFigures: Sendable {
  /// User and system time, in steps of 10 ms.
  var cpu = Duration.zero
  var residentKilobytes = 0
  var peakResidentKilobytes = 0
  var descriptorCount = 0

  init(of process: pid_t) {
    // The name of the program, in brackets, may hold spaces.
    let fields = Self.read("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    if fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) {
      cpu = .milliseconds((user + system) * 1000 / max(1, sysconf(Int32(_SC_CLK_TCK))))
    }
    for line in Self.read("/proc/\(process)/status").split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count > 1, let number = Int(words[1]) else { continue }
      switch words[0] {
      case "VmRSS:": residentKilobytes = number
      case "VmHWM:": peakResidentKilobytes = number
      default: break
      }
    }
    descriptorCount = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
  }

  /// A file of `/proc` says that it is empty, so it is read to its end.
  private static func read(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
