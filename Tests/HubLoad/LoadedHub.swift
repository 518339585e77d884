import DictaModels
import DictaTestSupport
import Foundation
import Synchronization

/// A hub that is killed and started again at the same address, and what all its processes took together.
final class LoadedHub: Sendable {
  let url: String
  private let bench: Bench
  private let port: Int
  private let state: Mutex<State>

  private struct State {
    var process: ChildProcess?
    /// Of the processes that have ended.
    var cpu = Duration.zero
    var peakKilobytes = 0
    var killCount = 0
  }

  private init(_ bench: Bench, _ port: Int, _ process: ChildProcess) {
    (self.bench, self.port, url) = (bench, port, "http://127.0.0.1:\(port)")
    state = Mutex(State(process: process))
  }

  /// Starts one at a free port.
  static func start(_ bench: Bench, _ random: inout SeededRandom) async throws -> LoadedHub {
    for _ in 0..<20 {
      // Below those that the system gives to clients: one that calls while the hub is away could be given the hub's own port, and then
      // nothing could listen there.
      let port = 20_000 + Int(random.next() % 10_000)
      if let process = try await launch(bench, port) { return LoadedHub(bench, port, process) }
    }
    throw Bench.Silent(what: "where it listens")
  }

  /// - Returns: nil if it doesn't listen.
  private static func launch(_ bench: Bench, _ port: Int) async throws -> ChildProcess? {
    let process = try ChildProcess(
      bench.program, ["serve", "--port", "\(port)", "--directory", bench.hubFolder, "--json"], errorFile: bench.folder + "/hub.log")
    guard await process.firstLine().contains("url") else {
      _ = await process.end()
      return nil
    }
    return process
  }

  // MARK: Killing

  /// Ends it as `kill -9` does.
  func kill() async { await end(with: SIGKILL) }

  /// Ends it in order.
  ///
  /// - Returns: whether it said that all went well.
  @discardableResult
  func stop() async -> Bool { await end(with: SIGTERM) == 0 }

  @discardableResult
  private func end(with signal: Int32) async -> Int32 {
    guard let process = state.withLock({ $0.process }) else { return 0 }
    let last = ProcessFigures(of: process.id)
    process.signal(signal)
    let end = await process.end()
    state.withLock { state in
      state.process = nil
      state.cpu += end.cpu
      state.peakKilobytes = max(state.peakKilobytes, last.peakResidentKilobytes)
      if signal == SIGKILL { state.killCount += 1 }
    }
    return end.status
  }

  /// Starts it again.
  func restart() async throws {
    guard let process = try await Self.launch(bench, port) else {
      throw BrokenPromise("the hub doesn't start again: \(bench.folder)/hub.log says why")
    }
    state.withLock { $0.process = process }
  }

  // MARK: Figures

  var killCount: Int { state.withLock { $0.killCount } }

  /// Of the process that runs now.
  var figures: ProcessFigures { state.withLock { state in state.process.map { ProcessFigures(of: $0.id) } } ?? ProcessFigures(of: 0) }

  /// User and system time of all its processes.
  var cpu: Duration { state.withLock { state in state.cpu + (state.process.map { ProcessFigures(of: $0.id).cpu } ?? .zero) } }

  /// The most that one of its processes took.
  var peakKilobytes: Int {
    state.withLock { state in max(state.peakKilobytes, state.process.map { ProcessFigures(of: $0.id).peakResidentKilobytes } ?? 0) }
  }
}
