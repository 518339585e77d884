#if Hub

import DictaModels
import Synchronization

/// Tells those who watch a corpus that its heads moved.
final class Board: Sendable {
  private struct Place {
    var heads: HeadsHash?
    /// Of the reading that they came of.
    var reading = 0
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
  }

  private struct State {
    /// Only of corpora that somebody watches.
    var places: [CorpusID: Place] = [:]
    var watcherCount = 0
    var watcherCounts: [String: Int] = [:]
    var nextNumber = 0
    var lastReading = 0
  }

  private let state = Mutex(State())
  private let limits: HubLimits
  private let metrics: HubMetrics

  init(_ limits: HubLimits, metrics: HubMetrics) {
    (self.limits, self.metrics) = (limits, metrics)
  }

  /// The last heads that were posted.
  func heads(of corpus: CorpusID) -> HeadsHash? {
    state.withLock { $0.places[corpus]?.heads }
  }

  /// What somebody read, unless something was posted meanwhile.
  ///
  /// - Returns: the last heads that are known.
  func seed(_ heads: HeadsHash, of corpus: CorpusID) -> HeadsHash {
    state.withLock { state in
      if let known = state.places[corpus]?.heads { return known }
      state.places[corpus]?.heads = heads
      return heads
    }
  }

  /// Reads the heads of a corpus and posts them.
  ///
  /// - Parameter read: called again if somebody else who began later has posted already: nobody can tell then whose heads are the newer ones.
  /// - Returns: what was read first.
  func post<Value>(of corpus: CorpusID, reading read: () async throws -> (value: Value, heads: HeadsHash)) async throws -> Value {
    var first: Value?
    while true {
      let number = state.withLock { state in
        state.lastReading += 1
        return state.lastReading
      }
      let (value, heads) = try await read()
      if first == nil { first = value }
      if post(heads, of: corpus, reading: number), let first { return first }
    }
  }

  /// - Returns: whether no later reading was posted before.
  private func post(_ heads: HeadsHash, of corpus: CorpusID, reading: Int) -> Bool {
    let watchers = state.withLock { state -> [AsyncStream<Void>.Continuation]? in
      guard let place = state.places[corpus] else { return [] }
      let isNews = place.heads != heads
      guard !isNews || place.reading < reading else { return nil }
      state.places[corpus]?.heads = heads
      state.places[corpus]?.reading = max(place.reading, reading)
      return isNews ? Array(place.watchers.values) : []
    }
    for watcher in watchers ?? [] { watcher.yield() }
    return watchers != nil
  }

  /// Wakes everybody, so that they see whether their line is there still.
  func wakeAll() {
    let all = state.withLock { state in state.places.values.flatMap(\.watchers.values) }
    for watcher in all { watcher.yield() }
  }

  /// Something each time that there may be something to tell. What comes faster than it is read is left out.
  ///
  /// - Returns: nil if so many watch already, with that token or at all.
  func watch(_ corpus: CorpusID, tokenID: String) -> AsyncStream<Void>? {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state -> Int? in
      guard state.watcherCount < limits.watchers, state.watcherCounts[tokenID, default: 0] < limits.watchersOfToken else { return nil }
      state.watcherCount += 1
      state.watcherCounts[tokenID, default: 0] += 1
      state.nextNumber += 1
      state.places[corpus, default: Place()].watchers[state.nextNumber] = continuation
      return state.nextNumber
    }
    guard let number else { return nil }
    metrics.watchers.increment()
    continuation.onTermination = { [weak self] _ in self?.remove(number, of: corpus, tokenID: tokenID) }
    return stream
  }

  private func remove(_ number: Int, of corpus: CorpusID, tokenID: String) {
    state.withLock { state in
      guard state.places[corpus]?.watchers.removeValue(forKey: number) != nil else { return }
      state.watcherCount -= 1
      state.watcherCounts[tokenID, default: 0] -= 1
      if state.watcherCounts[tokenID] == 0 { state.watcherCounts[tokenID] = nil }
      if state.places[corpus]?.watchers.isEmpty == true { state.places[corpus] = nil }
    }
    metrics.watchers.decrement()
  }
}

#endif
