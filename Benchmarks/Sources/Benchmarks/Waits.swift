import DictaModels
import DictaStorage

/// How long reads took that were made while something else went on.
struct Waits: Codable {
  let count: Int
  let longestSeconds: Double
  /// Of a hundred, one took longer.
  let seconds99: Double

  private static let pause = Duration.milliseconds(3)

  private init(_ seconds: [Double]) {
    let sorted = seconds.sorted()
    (count, longestSeconds) = (sorted.count, sorted.last ?? 0)
    seconds99 = sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
  }

  /// Runs `body`, and reads a speaker every few milliseconds meanwhile, each time in a transaction of its own.
  static func of(reading speaker: Speaker.ID, in archive: Archive, during body: () async throws -> Void) async throws -> Waits {
    let reader = Task {
      var seconds: [Double] = []
      while !Task.isCancelled {
        let begin = ContinuousClock.now
        do {
          _ = try await archive.read { try $0.require(speaker) }
        } catch is CancellationError {
          break
        }
        seconds.append((ContinuousClock.now - begin).seconds)
        try? await Task.sleep(for: pause)
      }
      return seconds
    }
    do {
      try await body()
    } catch {
      reader.cancel()
      throw error
    }
    reader.cancel()
    return Waits(try await reader.value)
  }
}
