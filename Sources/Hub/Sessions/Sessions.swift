#if Hub

import DictaModels
import DictaSync

/// The syncs that are running. Each belongs to the token it was begun with.
actor Sessions {
  /// A sync between two requests, or nil while one is at work with it.
  private struct Session {
    let corpus: CorpusID
    let tokenID: String
    var side: TurnBasedSync<HubLog>?
    /// Ends with the turn that is at work.
    var isDoomed = false
    var turn = 1
    var lastUsed = ContinuousClock.now
  }

  enum Problem: Error {
    case tooMany, tooManyOfToken, unknown, wrongTurn
  }

  private let limits: HubLimits
  private let metrics: HubMetrics
  private var sessions: [String: Session] = [:] {
    didSet { metrics.sessions.set(sessions.count) }
  }

  init(_ limits: HubLimits, metrics: HubMetrics) {
    (self.limits, self.metrics) = (limits, metrics)
  }

  /// A turn that is at work. If its session isn't put back, it ends when nobody holds this any more: whatever becomes of the response.
  final class Work: Sendable {
    let id: String
    private let turn: Int
    private let sessions: Sessions

    fileprivate init(_ id: String, turn: Int, _ sessions: Sessions) {
      (self.id, self.turn, self.sessions) = (id, turn, sessions)
    }

    deinit {
      Task { [sessions, id, turn] in await sessions.endIfAtWork(id, turn: turn) }
    }
  }

  /// - Returns: the first turn of a new session.
  func begin(_ corpus: CorpusID, tokenID: String) throws(Problem) -> Work {
    guard sessions.count < limits.sessions else { throw .tooMany }
    guard sessions.values.count(where: { $0.tokenID == tokenID }) < limits.sessionsOfToken else { throw .tooManyOfToken }
    var chance = SystemRandomNumberGenerator()
    let id = Hex.string(Bytes16(high: chance.next(), low: chance.next()).array)
    sessions[id] = Session(corpus: corpus, tokenID: tokenID)
    return Work(id, turn: 1, self)
  }

  /// Takes a session for its next turn. A turn out of order ends it.
  func take(_ id: String, turn: Int, _ corpus: CorpusID, tokenID: String) throws(Problem) -> (Work, TurnBasedSync<HubLog>) {
    guard var session = sessions[id], session.corpus == corpus, session.tokenID == tokenID else { throw .unknown }
    guard let side = session.side, turn == session.turn + 1 else {
      // While one is at work with it, it keeps its place.
      sessions[id]?.isDoomed = true
      endIfIdle(id)
      throw .wrongTurn
    }
    (session.side, session.turn, session.lastUsed) = (nil, turn, .now)
    sessions[id] = session
    return (Work(id, turn: turn, self), side)
  }

  /// Brings a session back behind its turn.
  func put(_ work: Work, _ side: TurnBasedSync<HubLog>) {
    guard !side.isOver, sessions[work.id]?.isDoomed == false else {
      sessions[work.id] = nil
      return
    }
    sessions[work.id]?.side = side
    sessions[work.id]?.lastUsed = .now
  }

  private func endIfIdle(_ id: String) {
    if sessions[id]?.side != nil { sessions[id] = nil }
  }

  /// Unless the next turn is at work already: it may begin before the last one's response is let go of.
  fileprivate func endIfAtWork(_ id: String, turn: Int) {
    if let session = sessions[id], session.side == nil, session.turn == turn { sessions[id] = nil }
  }

  /// Whether one is at work, or its next turn may be on its way.
  func isAnyHeardWithin(_ time: Duration) -> Bool {
    let oldest = ContinuousClock.now - time
    return sessions.values.contains { $0.side == nil || $0.lastUsed > oldest }
  }

  /// Forgets those whose client wasn't heard for too long.
  func forgetIdle() {
    let oldest = ContinuousClock.now - .seconds(limits.sessionSeconds)
    for (id, session) in sessions where session.side != nil && session.lastUsed < oldest { sessions[id] = nil }
  }
}

#endif
