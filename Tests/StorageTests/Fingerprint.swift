import DictaModels
import DictaTestSupport

@testable import DictaStorage

/// Everything that an archive holds, row by row, to tell whether anything of it changed.
struct Fingerprint: Hashable, Sendable {
  let digest: Digest
  let heads: [Head]
  let tables: [String: [[UInt8]]]
}

extension Archive {
  var digest: Digest {
    get async throws { try await read { try $0.status().digest } }
  }

  func fingerprint() async throws -> Fingerprint {
    try await read { transaction in
      func rows(_ sql: String, _ columns: Int32) throws -> [[UInt8]] {
        try transaction.db.all(sql) { row in (0..<columns).flatMap { Array("\(row.isNull($0))".utf8) + row.blob($0) } }
      }
      return Fingerprint(
        digest: transaction.currentInfo.digest, heads: transaction.branches.heads,
        tables: [
          "entity": try rows("SELECT number, type, id, life, conflicts, strange, state FROM entity ORDER BY number", 7),
          "reference": try rows("SELECT target, field, source FROM reference", 3),
          "text": try rows("SELECT hash, content, byteCount, position FROM text ORDER BY number", 4),
          "log": try rows("SELECT key, position, id, envelope, body FROM log", 5),
          "name": try rows("SELECT number, name FROM name", 2),
          "tally": try rows("SELECT type, living FROM tally", 2),
          "archive": try rows("SELECT corpus, origin, branch, position, digest FROM archive", 5),
          "signature": try rows("SELECT key, isFixed FROM signature", 2),
        ])
    }
  }

  /// The corpus document, whole.
  func document(_ format: DocumentFormat = .json) async throws -> [UInt8] {
    try await read { transaction in
      var bytes: [UInt8] = []
      try transaction.export(format) { bytes += $0 }
      return bytes
    }
  }

  /// The last change held of every branch, published or not.
  func heads() async throws -> [Head] {
    try await read { $0.branches.heads }
  }

  func corpus() async throws -> (id: CorpusID, isEmpty: Bool) {
    try await read { ($0.currentInfo.corpus, $0.currentInfo.position == 0) }
  }

  /// Tells the archive what a peer holds.
  func meet(_ heads: [Head]) async throws {
    _ = try await compare(with: PeerHeads(names: heads.map(HeadName.init)))
  }

  var changeCount: Int {
    get async throws { try await read { try $0.db.first("SELECT count(*) FROM log") { $0.int(0) } ?? 0 } }
  }

  var textCount: Int {
    get async throws { try await read { try $0.db.first("SELECT count(*) FROM text") { $0.int(0) } ?? 0 } }
  }

  /// The bodies in the log, in the order in which they came.
  var bodies: [Body] {
    get async throws { try await read { try $0.changes(after: 0).map { try $0.held.content() } } }
  }

  /// All that this archive holds, as it would hand it to an empty one.
  func deliveries(for heads: [Head] = [], byteLimit: Int = 1 << 20) async throws -> [Delivery] {
    _ = try await open(for: [])
    var shipment = try await shipment(to: PeerHeads(names: heads.map(HeadName.init)), peerRungs: [])
    var deliveries: [Delivery] = []
    while let delivery = try await nextDelivery(of: &shipment, byteLimit: byteLimit) { deliveries.append(delivery) }
    return deliveries
  }

  /// Every change in the log, in the order in which they came, each as a segment that nobody signed.
  var log: [(id: ChangeID, segment: Segment)] {
    get async throws {
      try await read { transaction in
        try transaction.db.all("SELECT key FROM log ORDER BY position") { Version(key: $0.integer(0)) }.map { version in
          let (row, branches) = (try transaction.log.row(version), transaction.branches)
          let previous = version.sequence == 1 ? nil : branches.version(on: version.branch, at: version.sequence - 1)
          let segment = Segment(
            origin: branches[version.branch].origin, firstSequence: version.sequence, previous: try previous.map(transaction.log.id),
            parcels: [Segment.Parcel(envelope: row.envelope, held: row.held)], signature: .missing)
          return (row.id, segment)
        }
      }
    }
  }
}
