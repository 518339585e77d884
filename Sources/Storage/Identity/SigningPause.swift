// When a change that was written here is signed: soon, but not each one of a burst, for a signature costs as much as a small transaction.

import DictaModels
import GRDB

/// When the last change was signed, and whether a later one will be without being asked.
struct SigningState {
  /// How long a burst of transactions may go on without one being signed; nil waits until it is asked for.
  var pause: Duration?

  var last: ContinuousClock.Instant?
  var hasUnsigned = false
  var isClosed = false
  var task: Task<Void, Never>?

  mutating func close() {
    task?.cancel()
    isClosed = true
  }

  /// Whether the change that is being written is to be signed with it. If not, one of the next ones is, or ``Archive/signSoon()`` does it.
  mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
    guard let pause, last.map({ now - $0 >= pause }) ?? true else {
      hasUnsigned = true
      return false
    }
    (last, hasUnsigned) = (now, false)
    return true
  }
}

extension Archive {
  /// Tests make a burst as long as they like.
  package func setSigningPause(_ pause: Duration?) {
    signing.withLock { $0.pause = pause }
  }

  /// The key to sign a change with that is being written; nil if it is to wait.
  ///
  /// - Throws: if the key is lost: nothing may be written that could never be sent.
  func keyIfDue(of identity: ReplicaIdentity) throws -> DeviceKey? {
    guard let key = try deviceKey(of: identity) else { throw ArchiveError.readOnly(path: path + Witness.suffix) }
    return signing.withLock { $0.isDue(at: .now) } ? key : nil
  }

  /// Signs the last change of a burst once the burst is over, unless it was signed meanwhile.
  func signSoon() {
    signing.withLock { state in
      guard state.hasUnsigned, !state.isClosed, state.task == nil, let pause = state.pause else { return }
      state.task = Task { [weak self] in
        try? await Task.sleep(for: pause)
        guard let self, self.beginDelayedSigning() else { return }
        // If it fails now, it is done before anything is sent.
        try? await self.pool.writeWithoutTransaction { try self.signAll($0) }
      }
    }
  }

  private func beginDelayedSigning() -> Bool {
    signing.withLock { state in
      state.task = nil
      defer { (state.last, state.hasUnsigned) = (.now, false) }
      return state.hasUnsigned && !state.isClosed
    }
  }

  /// Signs what was written last in this archive.
  func signAll(_ db: Database) throws {
    if let newCache = try signAll(db, currentCache) { keep(newCache) }
  }

  /// Signs what was written last, in a copy of this archive that is being made. What is kept in memory stays the archive's.
  func signAll(inCopy db: Database) throws {
    _ = try signAll(db, currentCache.withoutTargets)
  }

  /// - Returns: what the next transaction can begin with; nil if nothing was to be signed, or nothing can be.
  private func signAll(_ db: Database, _ cache: ArchiveCache) throws -> ArchiveCache? {
    guard try ArchiveInfo.read(db).hasUnsigned(db) else { return nil }
    var newCache: ArchiveCache?
    try db.immediateTransaction {
      guard let key = try deviceKey(of: ArchiveInfo.read(db).identity) else { return .rollback }
      let ledger = try Ledger(db, cache: cache)
      try ledger.sign(with: key)
      try ledger.finish()
      newCache = ledger.handOver()
      return .commit
    }
    return newCache
  }
}
