import Foundation

/// What an operation took of the machine. Only what runs inside ``measure(_:)`` counts.
struct Meter {
  /// Of all threads of this process, in the program and in the system.
  private(set) var cpuSeconds = 0.0
  private(set) var wallSeconds = 0.0
  /// Handed to the system to be written, to whatever file.
  private(set) var bytesWritten = 0

  mutating func measure<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    // CPU last before and first after: looking at the rest takes some itself, which would tell with many short operations.
    let (written, wall, cpu) = (Self.bytesWritten, ContinuousClock.now, Self.cpuSeconds)
    defer {
      cpuSeconds += Self.cpuSeconds - cpu
      wallSeconds += (ContinuousClock.now - wall).seconds
      bytesWritten += Self.bytesWritten - written
    }
    return try await body()
  }

  static var cpuSeconds: Double {
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    let usage = ownUsage
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  private static var ownUsage: rusage {
    var usage = rusage()
    #if canImport(Glibc)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
    getrusage(RUSAGE_SELF, &usage)
    #endif
    return usage
  }

  /// The most memory this process ever had.
  static var peakMemoryBytes: Int {
    #if canImport(Darwin)
    return ownUsage.ru_maxrss
    #else
    // What getrusage tells begins with the memory of the process that started this one.
    return (number("VmHWM:", in: "/proc/self/status") ?? ownUsage.ru_maxrss) * 1024
    #endif
  }

  /// Linux tells; elsewhere it is 0.
  private static var bytesWritten: Int { number("wchar:", in: "/proc/self/io") ?? 0 }

  /// The number behind a word at the beginning of a line.
  private static func number(_ word: String, in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(word) }) else { return nil }
    return line.dropFirst(word.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
