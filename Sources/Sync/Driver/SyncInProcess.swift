// Two logs in one process. One that holds nothing takes all of the other one first, if they know a shorter way than messages. Then their sides take
// turns, so that a small sync needs no task but the one that asks for it; where there is much to be taken in, both are at work at the same time.

import DictaModels

extension ChangeLog {
  /// Makes this log and another one in the same process hold the same changes.
  ///
  /// - Parameter options: nobody watches the time here, so ``SyncOptions/stallLimit`` counts for nothing.
  /// - Throws: what ``sync(over:as:with:options:)`` throws, of the side that failed first.
  @discardableResult
  public func sync(with peer: some ChangeLog, options: SyncOptions = SyncOptions()) async throws -> SyncReport {
    var options = options
    options.isCompressed = false
    let taken = try await takeAll(of: peer)
    let given = taken == nil ? try await peer.takeAll(of: self) : nil
    if let progress = options.progress, taken != nil || given != nil {
      options.progress = { progress($0.counting(taken: taken, given: given)) }
      options.progress?(SyncReport())
    }
    var peerOptions = options
    peerOptions.progress = nil
    var here = End(TurnBasedSync(self, as: .caller, with: peer.name, options: options))
    var there = End(TurnBasedSync(peer, as: .answerer, with: name, options: peerOptions))
    await here.take([])
    while here.failure == nil, there.failure == nil, here.isSpeaking || there.isSpeaking {
      try Task.checkCancellation()
      if here.said.count + there.said.count < smallTurnByteCount {
        await there.take(here.handOver())
        if there.said.count < smallTurnByteCount { await here.take(there.handOver()) }
      } else {
        let (fromHere, fromThere) = (here.handOver(), there.handOver())
        let one = here
        async let next = one.taking(fromThere)
        there = await there.taking(fromHere)
        here = await next
      }
    }
    return try await report(of: &here, &there).counting(taken: taken, given: given)
  }
}

/// As much as is taken in sooner than another task is begun.
private let smallTurnByteCount = 1 << 16

/// One side, and what it said that the other one hasn't heard yet.
private struct End<Log: ChangeLog>: Sendable {
  var side: TurnBasedSync<Log>
  private(set) var said: [UInt8] = []
  private(set) var failure: (any Error)?

  init(_ side: TurnBasedSync<Log>) {
    self.side = side
  }

  /// Whether it said something that wasn't heard, or is going to.
  var isSpeaking: Bool { !said.isEmpty || side.hasSomethingToSay }

  /// What is to be heard now.
  mutating func handOver() -> [UInt8] {
    defer { said = [] }
    return said
  }

  /// Hears what the other side said, and says what there is to say.
  mutating func take(_ heard: [UInt8]) async {
    do {
      if !heard.isEmpty { try await side.hear(heard) }
      let more = try await side.speak() ?? []
      if said.isEmpty { said = more } else { said += more }
    } catch {
      failure = error
      // The other side is told why, if it may know.
      said += (try? await side.speak()) ?? []
    }
  }

  func taking(_ heard: [UInt8]) async -> End {
    var end = self
    await end.take(heard)
    return end
  }
}

/// - Throws: why it failed, of the side that knows more of it.
private func report(of here: inout End<some ChangeLog>, _ there: inout End<some ChangeLog>) async throws -> SyncReport {
  if here.failure != nil, there.failure == nil { await there.take(here.handOver()) }
  if there.failure != nil, here.failure == nil { await here.take(there.handOver()) }
  switch (here.failure, there.failure) {
  case (nil, nil): break
  case (let error?, nil), (nil, let error?): throw error
  case (let error?, let other?): throw error.isSecondHand ? other : error
  }
  // Both would have to say something, and neither does: it can't be, unless a log says one thing now and another then.
  if !here.side.isFinished { try await here.side.hearEnd() }
  if !there.side.isFinished { try await there.side.hearEnd() }
  var report = here.side.report
  report.isEqual = report.isEqual && there.side.report.isEqual
  return report
}

extension SyncReport {
  /// With what was copied before the sync.
  fileprivate func counting(taken: WholeCopy?, given: WholeCopy?) -> SyncReport {
    var report = self
    report.received += taken?.changeCount ?? 0
    report.snapshotBytes += taken?.byteCount ?? 0
    report.sent += given?.changeCount ?? 0
    return report
  }
}

extension Error {
  /// Whether it only says that the other side failed.
  fileprivate var isSecondHand: Bool {
    switch self as? ProtocolViolation {
    case .refused, .ended: true
    default: self is LineError
    }
  }
}
