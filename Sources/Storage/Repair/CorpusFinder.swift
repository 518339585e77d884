import DictaModels
import GRDB

/// Finds out which corpus a damaged archive was a replica of. Without it no origin can be proven, for an origin is a hash of it.
struct CorpusFinder {
  private let findings: Findings
  private let witness: Witness?
  private let knownOrigins: Set<Origin>

  /// How far a file is searched: the row that says it was the first ever written.
  private static let searchByteLimit = 4 << 20

  init(_ findings: Findings, _ witness: Witness?) {
    (self.findings, self.witness) = (findings, witness)
    knownOrigins = Set(findings.branches.values.map(\.origin)).union([witness?.identity.origin, witness?.former?.origin].compactMap(\.self))
  }

  /// - Returns: nil if nothing tells.
  /// - Complexity: a second for each few megabytes searched, which are none where the archive's own row is found.
  func corpus(searching files: [ByteFile]) throws -> CorpusID? {
    let firsts = try findings.queue.inDatabase { db in
      try db.all("SELECT id, envelope, body, isReduced FROM change WHERE key & 0xffffffffff = 1 LIMIT 64") { row in
        First(id: row.blob(0), envelope: row.blob(1), held: HeldBody(bytes: row.blob(2), isReduced: row.integer(3) != 0))
      }
    }.compactMap(\.self)
    var stated: [CorpusID] = []
    for corpus in findings.own.map(\.corpus) + [witness?.corpus].compactMap(\.self) where !stated.contains(corpus) { stated.append(corpus) }
    // An archive that adopted a corpus may still say somewhere what it was before.
    if let proven = stated.first(where: { corpus in firsts.contains { $0.fits(corpus, knownOrigins) } }) { return proven }
    return try search(files, firsts) ?? stated.first
  }

  /// A change that begins an origin.
  private struct First {
    let id: [UInt8]
    let envelope: Header.Envelope
    let birth: Header.Birth
    let held: HeldBody

    init?(id: [UInt8], envelope: [UInt8], held: HeldBody) {
      guard let envelope = try? Header.Envelope(bytes: envelope), let birth = envelope.birth else { return nil }
      (self.id, self.envelope, self.birth, self.held) = (id, envelope, birth, held)
    }

    func origin(in corpus: CorpusID) -> Origin {
      Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce)
    }

    func fits(_ corpus: CorpusID, _ knownOrigins: Set<Origin>) -> Bool {
      let origin = origin(in: corpus)
      if knownOrigins.contains(origin) { return true }
      return (try? Change(origin: origin, sequence: 1, previous: nil, envelope: envelope, held: held))?.id.bytes == id
    }
  }

  /// The row that said it may be damaged beside the sixteen bytes that count.
  private func search(_ files: [ByteFile], _ firsts: [First]) throws -> CorpusID? {
    guard !knownOrigins.isEmpty else { return nil }
    // One of them is enough, unless it is somebody else's that only looks like one.
    let firsts = firsts.prefix(1)
    for file in files {
      let bytes = file.bytes(at: 0, count: min(file.byteCount, Self.searchByteLimit))
      for start in bytes.indices.dropLast(15) where bytes[start] != 0 || bytes[start + 1] != 0 {
        guard let corpus = CorpusID(bytes: bytes[start..<start + 16]) else { continue }
        for first in firsts where knownOrigins.contains(first.origin(in: corpus)) { return corpus }
      }
    }
    return nil
  }
}
