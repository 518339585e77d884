#if HTTP

import DictaModels
import DictaStorage
import DictaSyncHTTP

/// Looks for all that clients wrote.
struct Aftermath: Sendable {
  let ledgers: [Ledger]
  let corpus: CorpusID

  /// Without any help of a client, the hub holds whatever it acknowledged: a new replica gets it from there.
  func expectAcknowledged(on hub: LoadedHub, token: String, folder: String) async throws {
    let archive = try Archive(creatingAt: folder + "/newcomer.dicta", corpus: corpus, device: "newcomer")
    try await HubWatch(hub, token: token).push(archive, corpus)
    try await archive.read { [ledgers] transaction in
      for ledger in ledgers { try ledger.expect(first: ledger.acknowledgedCount, in: transaction, of: "the hub") }
    }
    try archive.close()
  }

  /// Whether all hold the same.
  ///
  /// - Throws: ``BrokenPromise`` if heads are equal and digests are not.
  func areEqual(_ archives: [Archive]) async throws -> Bool {
    var states: [[Head]: Digest] = [:]
    for archive in archives {
      let status = try await archive.read { try $0.status() }
      if let digest = states[status.heads], digest != status.digest {
        throw BrokenPromise("two clients hold the same changes and don't show the same")
      }
      states[status.heads] = status.digest
    }
    return states.count == 1
  }

  /// Every change that was ever written is in every archive, nothing else is, and each archive is in order.
  ///
  /// - Returns: how each is.
  func expectEverything(in archives: [Archive]) async throws -> ArchiveStatus {
    var status: ArchiveStatus?
    for (number, archive) in archives.enumerated() {
      status = try await archive.read { [ledgers] transaction in
        for ledger in ledgers { try ledger.expect(first: ledger.deeds.count, in: transaction, of: "client \(number + 1)") }
        let status = try transaction.status()
        let quoteCount = ledgers.map(\.quoteCount).reduce(0, +)
        let expected: [EntityType: Int] = [
          .claim: SharedEntities.claimCount + ledgers.map(\.claimCount).reduce(0, +), .quote: quoteCount, .stance: quoteCount, .article: 1,
        ]
        for (type, count) in expected where status.counts[type, default: 0] != count {
          throw BrokenPromise("client \(number + 1) has \(status.counts[type, default: 0]) of type \(type), and \(count) were written")
        }
        guard status.forks == 0, status.aside == 0 else {
          throw BrokenPromise("client \(number + 1) has \(status.forks) forks, and \(status.aside) changes aside")
        }
        return status
      }
      let problems = try await archive.check()
      guard problems.isEmpty else { throw BrokenPromise("`check` of client \(number + 1) finds \(problems.prefix(3))") }
    }
    guard let status else { throw BrokenPromise("there is no client") }
    return status
  }
}

#endif
