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

  /// - Returns: the id of a new session, whose first turn is at work.
  func begin(_ corpus: CorpusID, tokenID: String) throws(Problem) -> String {
    guard sessions.count < limits.sessions else { throw .tooMany }
    guard sessions.values.count(where: { $0.tokenID == tokenID }) < limits.sessionsOfToken else { throw .tooManyOfToken }
    var chance = SystemRandomNumberGenerator()
    let id = [chance.next(), chance.next()].map { String($0, radix: 16) }.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    sessions[id] = Session(corpus: corpus, tokenID: tokenID)
    return id
  }

  /// Takes a session for its next turn. A turn out of order ends it.
  func take(_ id: String, turn: Int, _ corpus: CorpusID, tokenID: String) throws(Problem) -> TurnBasedSync<HubLog> {
    guard var session = sessions[id], session.corpus == corpus, session.tokenID == tokenID else { throw .unknown }
    guard let side = session.side, turn == session.turn + 1 else {
      // Whoever is at work with it finds out when it comes back.
      sessions[id] = nil
      throw .wrongTurn
    }
    (session.side, session.turn, session.lastUsed) = (nil, turn, .now)
    sessions[id] = session
    return side
  }

  /// Brings a session back behind its turn.
  func put(_ id: String, _ side: TurnBasedSync<HubLog>) {
    guard !side.isOver else { return end(id) }
    sessions[id]?.side = side
    sessions[id]?.lastUsed = .now
  }

  func end(_ id: String) {
    sessions[id] = nil
  }

  /// Forgets those whose client wasn't heard for too long.
  func forgetIdle() {
    let oldest = ContinuousClock.now - .seconds(limits.sessionSeconds)
    for (id, session) in sessions where session.side != nil && session.lastUsed < oldest { sessions[id] = nil }
  }
}

#endif
