// How what was found gets into the new archive: as from a peer, but that of bodies also what is left of them is taken.

import Crypto
import DictaModels
import GRDB

/// Hands the new archive what was found in the damaged one.
struct Intake: Sendable {
  private let findings: Findings
  private let witness: Witness?
  private let damaged: String
  private let archive: Archive

  /// Changes that aren't taken, for nothing overwrites what of them was dropped.
  private let unusable: Set<ChangeID>

  /// Changes that were taken.
  private(set) var kept = 0
  private(set) var obstacles: [Obstacle] = []
  private var deliveredTexts: Set<TextHash> = []

  /// - Parameter damaged: how people know the damaged archive.
  init(_ findings: Findings, _ witness: Witness?, from damaged: String, into archive: Archive, without unusable: Set<ChangeID>) {
    (self.findings, self.witness, self.damaged, self.archive, self.unusable) = (findings, witness, damaged, archive, unusable)
  }

  /// Hands the new archive every segment that it can take, causes before effects, until nothing more goes in.
  mutating func run() async throws {
    let (findings, witness, unusable) = (findings, witness, unusable)
    let plan = try await archive.read { held in
      try findings.queue.inDatabase { db in
        try db.committing {
          var chains = ChainFinder(findings, db, corpus: held.currentInfo.corpus, held: held)
          let births = try chains.run()
          var finder = SegmentFinder(findings, db, corpus: held.currentInfo.corpus, keys: witness?.keys(provenBy: births) ?? [], without: unusable)
          try finder.run()
          return (segments: finder.segments, obstacles: finder.obstacles)
        }
      }
    }
    var waiting = plan.segments
    var obstacles = plan.obstacles
    while !waiting.isEmpty {
      let refused = try await hand(over: waiting)
      let isDone = refused.count == waiting.count
      waiting = []
      for (segment, reason) in refused {
        switch reason {
        case .missingCause where !isDone, .missingText where !isDone: waiting.append(segment)
        default: obstacles.append(Obstacle(branch: segment.branch, sequences: segment.sequences, reason: .refused(reason)))
        }
      }
    }
    self.obstacles = obstacles
  }

  /// - Returns: the segments that couldn't be taken.
  private mutating func hand(over segments: [FoundSegment]) async throws -> [(segment: FoundSegment, reason: RefusedDelivery.Reason)] {
    var refused: [(segment: FoundSegment, reason: RefusedDelivery.Reason)] = []
    var rest = segments[...]
    while !rest.isEmpty {
      try Task.checkCancellation()
      let batch = rest.prefix(64)
      let (count, reason) = try await receive(batch)
      rest = rest.dropFirst(count)
      guard let reason else { continue }
      guard count > 1 else {
        refused += batch.prefix(count).map { ($0, reason) }
        continue
      }
      // One of them is to blame; the others needn't wait for it.
      for segment in batch.prefix(count) {
        if let reason = try await receive([segment]).refusal { refused.append((segment, reason)) }
      }
    }
    return refused
  }

  /// Hands over the first of these segments, as many as are wise at a time.
  private mutating func receive(_ segments: some Collection<FoundSegment>) async throws -> (count: Int, refusal: RefusedDelivery.Reason?) {
    let (delivery, texts, count) = try findings.delivery(of: segments, without: deliveredTexts, byteLimit: Segment.byteLimit)
    do {
      let receipt = try await archive.receive(delivery, from: damaged, takesReduced: true)
      kept += receipt.received
      deliveredTexts.formUnion(texts)
      return (count, nil)
    } catch let error as RefusedDelivery {
      return (count, error.reason)
    }
  }
}

extension Witness {
  /// The device keys that it holds, if they are those of their origins.
  fileprivate func keys(provenBy births: [Origin: Header.Birth]) -> [DeviceKey] {
    [identity, former].compactMap(\.self).compactMap { identity in
      guard let key = DeviceKey(self, of: identity.origin), births[key.origin]?.publicKey.array == Array(key.key.publicKey.rawRepresentation)
      else { return nil }
      return key
    }
  }
}

extension Database {
  /// Runs `body` in one transaction, and gives what it gives.
  fileprivate func committing<Result>(_ body: () throws -> Result) throws -> Result {
    try execute(sql: "BEGIN")
    defer { try? execute(sql: "COMMIT") }
    return try body()
  }
}
