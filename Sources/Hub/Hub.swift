#if Hub

import DictaModels
import DictaStorage
import Foundation
import Hummingbird
import ServiceLifecycle
import Synchronization

/// A replica that is always on: many corpora, an archive each, synced over HTTP.
///
/// ```swift
/// let hub = try Hub(directory: "corpora")
/// let router = Router()
/// hub.addRoutes(to: router.group("dicta"))
/// try await Application(router: router, services: [hub]).runService()
/// ```
///
/// `Documentation/Hub.md` says what its addresses do, who may use them, and what is refused.
public final class Hub: Service {
  let folder: HubFolder
  let limits: HubLimits
  let shelf: Shelf
  let sessions: Sessions
  let board: Board
  let metrics = HubMetrics()
  let prometheus: PrometheusMetrics?
  private let lock: HubLock
  private let isClosing = Mutex(false)

  /// - Parameters:
  ///   - directory: where its archives and tokens are. One hub at a time may use it.
  ///   - prometheus: what `/metrics` shows; nil leaves that address out.
  /// - Throws: ``HubLock/Taken``, or what the system says of the folder.
  public init(directory: String, limits: HubLimits = HubLimits(), prometheus: PrometheusMetrics? = nil) throws {
    folder = HubFolder(directory)
    lock = try HubLock(directory)
    self.limits = limits
    self.prometheus = prometheus
    shelf = Shelf(folder, limit: limits.openArchives)
    sessions = Sessions(limits, metrics: metrics)
    board = Board(limits, metrics: metrics)
  }

  /// Begins no sync any more, and waits until those that run are done. To be called before the web server ends, which answers no further turn.
  ///
  /// - Parameter limit: how long it waits at most. A client that isn't heard for two seconds isn't waited for.
  public func finishSessions(within limit: Duration) async {
    isClosing.withLock { $0 = true }
    let end = ContinuousClock.now + limit
    while .now < end, await sessions.isAnyHeardWithin(.seconds(2)) { try? await Task.sleep(for: .milliseconds(20)) }
  }

  /// - Throws: ``HubError/closing`` once the hub finishes.
  func expectOpen() throws {
    if isClosing.withLock({ $0 }) { throw HubError.closing }
  }

  /// Closes what nobody uses, until the program ends.
  public func run() async throws {
    var lastBeat = ContinuousClock.now
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      try? await cancelWhenGracefulShutdown { [limits] in try await Task.sleep(for: .seconds(min(10, limits.heartbeatSeconds))) }
      await sessions.forgetIdle()
      await shelf.closeIdle(for: .seconds(limits.idleSeconds))
      metrics.openArchives.set(await shelf.openCount)
      guard lastBeat.advanced(by: .seconds(limits.heartbeatSeconds)) <= .now else { continue }
      board.wakeAll()
      lastBeat = .now
    }
    await shelf.close()
  }
}

#endif
