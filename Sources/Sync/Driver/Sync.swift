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

  /// Makes this log and another one in the same process hold the same changes.
  ///
  /// - Throws: what ``sync(over:as:with:options:)`` throws, of the side that failed first.
  @discardableResult
  public func sync(with peer: some ChangeLog, options: SyncOptions = SyncOptions()) async throws -> SyncReport {
    let (here, there) = MemoryLine.pair()
    var options = options
    options.isCompressed = false
    var peerOptions = options
    peerOptions.progress = nil
    let (ownOptions, otherOptions) = (options, peerOptions)
    async let own = outcome(here) { try await self.sync(over: $0, as: .caller, with: peer.name, options: ownOptions) }
    async let other = outcome(there) { try await peer.sync(over: $0, as: .answerer, with: self.name, options: otherOptions) }
    switch await (own, other) {
    case (.success(var report), .success(let other)):
      report.isEqual = report.isEqual && other.isEqual
      return report
    // A side that was told of a failure knows less of it than the one that failed.
    case (.failure(let error), .success), (.success, .failure(let error)): throw error
    case (.failure(let error), .failure(let other)): throw error.isSecondHand ? other : error
    }
  }
}

private func outcome(_ line: MemoryLine, _ body: (MemoryLine) async throws -> SyncReport) async -> Result<SyncReport, any Error> {
  do {
    return .success(try await body(line))
  } catch {
    line.cut()
    return .failure(error)
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
