import DictaModels

extension ChangeLog {
  /// Makes this log and the one at the other end of a line hold the same changes.
  ///
  /// An empty log adopts the other's corpus. A sync that is cut off at any moment has lost nothing: the next one goes on from what arrived.
  ///
  /// - Parameters:
  ///   - role: the caller speaks first.
  ///   - peer: how people know the other one. Errors name it.
  /// - Throws: ``ProtocolViolation``, `RefusedDelivery`, ``LineError``, or what the log or the line throws.
  /// - Complexity: O(branches + changes that one of them lacks).
  @discardableResult
  public func sync(
    over line: some ByteStream, as role: SyncSession.Role, with peer: String, options: SyncOptions = SyncOptions()
  ) async throws -> SyncReport {
    var chance = SystemRandomNumberGenerator()
    let nonce = Bytes16(high: chance.next(), low: chance.next())
    return try await Conversation(self, line, as: role, with: peer, nonce: nonce, options: options).run()
  }
}
