// What must hold of whatever a peer or a bundle hands to an archive: what is refused leaves no trace, and what is accepted leaves an
// archive that is sound, that can be read, and that hands on what it took.

@testable import DictaModels
@testable import DictaStorage
@testable import DictaSync

/// Two archives that take inputs, one after the other; each input finds them empty.
final class ReceiveProperties: Sendable {
  private let archive: Archive
  private let reader: Archive

  /// - Parameter folder: where nothing is yet.
  init(in folder: String) throws {
    archive = try Archive(creatingAt: folder + "/archive.dicta", corpus: SigningForger.corpus, device: "archive")
    reader = try Archive(creatingAt: folder + "/reader.dicta", corpus: SigningForger.corpus, device: "reader")
  }

  /// An input is a message of these fields, in any order; of what can't be read the rest is left out.
  enum Field {
    /// Repeated: the content of a CHANGES message.
    static let changes = 1
    static let options = 2
    /// Repeated: a message of a bundle: its kind, with bit 6 if it is compressed; then its content.
    static let message = 3
  }

  /// The bits of the options above those of ``SigningForger/Exceptions``.
  enum Option {
    static let isBundle: UInt64 = 8
    /// A bundle ends where its messages do.
    static let hasNoEnd: UInt64 = 16
  }

  /// - Returns: how many changes the archive took.
  @discardableResult func check(_ bytes: [UInt8]) async throws -> Int {
    var options: UInt64 = 0
    var parts: [(kind: UInt8, content: [UInt8])] = []
    var fields = ByteReader(bytes)
    while let (number, isDelimited) = try? fields.next() {
      switch (number, isDelimited) {
      case (Field.changes, true): (try? fields.delimited()).map { parts.append((MessageKind.changes.rawValue, Array($0))) }
      case (Field.options, false): options = (try? fields.varint()) ?? 0
      case (Field.message, true): (try? fields.delimited()).map { parts.append(($0.first ?? 0, Array($0.dropFirst()))) }
      default: break
      }
    }
    try await archive.clear()
    var forger = SigningForger(except: SigningForger.Exceptions(rawValue: options & 7))
    // In the order in which they came: what follows names what comes before.
    let messages = parts.map { kind, content -> (kind: UInt8, content: [UInt8], delivery: Delivery?) in
      guard kind & 15 == MessageKind.changes.rawValue, case .changes(let delivery)? = try? Message(kind: .changes, content: content) else {
        return (kind, content, nil)
      }
      let completed = forger.complete(delivery)
      return (kind, Message.changes(completed).content, completed)
    }
    if options & Option.isBundle != 0 || messages.contains(where: { $0.delivery == nil }) {
      let bundle = bundle(of: messages.map { ($0.kind, $0.content) }, hasEnd: options & Option.hasNoEnd == 0)
      return try await checkBundle(bundle)
    } else {
      return try await checkDeliveries(messages.compactMap(\.delivery))
    }
  }

  // MARK: - Deliveries

  private func checkDeliveries(_ deliveries: [Delivery]) async throws -> Int {
    var accepted: [Delivery] = []
    var count = 0
    for delivery in deliveries {
      let before = try await archive.holdings()
      do {
        let receipt = try await archive.receive(delivery, from: "a fuzzer")
        let after = try await archive.holdings()
        try expect(receipt.received + receipt.known == delivery.changeCount, "\(receipt) of \(delivery.changeCount) changes")
        try expect((receipt.received == 0) == (before.heads == after.heads), "\(receipt) moved the heads \(before.heads) to \(after.heads)")
        accepted.append(delivery)
        count += receipt.received
      } catch is RefusedDelivery {
        try await expectUnchanged(from: before, "a refused delivery")
      }
    }
    guard !accepted.isEmpty else { return 0 }
    try await checkHoldings()
    let before = try await archive.holdings()
    for delivery in accepted {
      let receipt = try await archive.receive(delivery, from: "a fuzzer, again")
      try expect(receipt.received == 0 && receipt.texts == 0, "\(receipt) of what was held")
    }
    try await expectUnchanged(from: before, "a delivery that came twice")
    return count
  }

  private func expectUnchanged(from before: Holdings, _ what: String) async throws {
    let after = try await archive.holdings()
    for (table, rows) in before.tables { try expect(after.tables[table] == rows, "\(what) changed the table \(table)") }
    try expect(after == before, "\(what) changed the archive")
  }

  /// That the archive is sound and can be read, and that another one makes the same of it.
  private func checkHoldings() async throws {
    try await archive.expectSound()
    try await archive.readEverything()
    var bundle: [UInt8] = []
    _ = try await archive.writeBundle { bundle += $0 }
    try await reader.clear()
    let receipt = try await reader.take([bundle])
    try expect(receipt.missing == 0, "an archive's own bundle lacks \(receipt.needs)")
    let (ours, theirs) = (try await archive.holdings(), try await reader.holdings())
    try expect(
      ours.heads == theirs.heads && ours.digest == theirs.digest, "\(ours.heads) with \(ours.digest) become \(theirs.heads) with \(theirs.digest)")
    try await reader.expectSound()
  }

  // MARK: - Bundles

  private func bundle(of messages: [(kind: UInt8, content: [UInt8])], hasEnd: Bool) -> [UInt8] {
    let writer = FrameWriter()
    var bundle = Frame.preface
    if messages.first.map({ $0.kind & 15 }) != MessageKind.hello.rawValue {
      let hello = Hello(
        corpus: SigningForger.corpus, mayAdopt: false, heads: HeadsHash(of: []), nonce: .zero, takesCompression: false, remembered: [])
      bundle += writer.frames(of: .hello(hello)) + writer.frames(of: .heads(PeerHeads(names: [])))
    }
    for (kind, content) in messages {
      let payload = kind & 0x40 == 0 ? content : Compression.deflate(content)
      bundle += FrameProperties.frame(kind, payload[...])
    }
    return hasEnd ? bundle + writer.frames(of: .end) : bundle
  }

  private func checkBundle(_ bundle: [UInt8]) async throws -> Int {
    var count = 0
    do {
      let receipt = try await archive.take([bundle])
      count = receipt.applied
      // What was left out may find what it lacked the second time.
      if receipt.missing == 0 {
        let before = try await archive.holdings()
        let portions = stride(from: 0, to: bundle.count, by: 1021).map { Array(bundle[$0..<min($0 + 1021, bundle.count)]) }
        let again = try await archive.take(portions)
        try expect(
          again.applied == 0 && again.texts == 0 && again.missing == 0 && again.known == receipt.applied + receipt.known,
          "the first time \(receipt), and the second \(again)")
        try await expectUnchanged(from: before, "a bundle that came twice")
      }
    } catch is BundleError {}
    try await archive.expectSound()
    try await archive.readEverything()
    return count
  }
}

/// What an archive holds, row by row, to tell whether anything of it changed.
private struct Holdings: Equatable, Sendable {
  let digest: Digest
  let heads: [Head]
  let tables: [String: [[UInt8]]]
}

extension Archive {
  fileprivate func holdings() async throws -> Holdings {
    try await read { transaction in
      func rows(_ sql: String, _ columns: Int32) throws -> [[UInt8]] {
        try transaction.db.all(sql) { row in (0..<columns).flatMap { Array("\(row.isNull($0))".utf8) + row.blob($0) } }
      }
      return Holdings(
        digest: transaction.currentInfo.digest, heads: transaction.branches.heads,
        tables: [
          "entity": try rows("SELECT number, type, id, life, conflicts, strange, state FROM entity ORDER BY number", 7),
          "reference": try rows("SELECT target, field, source FROM reference", 3),
          "text": try rows("SELECT hash, content, byteCount, position FROM text ORDER BY number", 4),
          "log": try rows("SELECT key, position, id, envelope, body FROM log", 5),
          "branch": try rows("SELECT number, origin, parent, received, receivedID, applied, published, isFrontier FROM branch", 8),
          "name": try rows("SELECT number, name FROM name", 2), "tally": try rows("SELECT type, living FROM tally", 2),
          "archive": try rows("SELECT corpus, origin, branch, position, digest FROM archive", 5),
          "signature": try rows("SELECT key, signature FROM signature", 2),
        ])
    }
  }

  /// Forgets all that came, as if the archive were new; making a new one takes much longer.
  fileprivate func clear() async throws {
    try await withLedger { ledger in
      for table in ["name", "text", "entity", "reference", "tally", "branch", "log", "signature", "meeting"] {
        try ledger.db.run("DELETE FROM \(table)")
      }
      for index in ["search", "searchNote"] { try ledger.db.run("INSERT INTO \(index) (\(index)) VALUES ('delete-all')") }
      let old = ledger.info
      ledger.info = ArchiveInfo(corpus: old.corpus, identity: old.identity)
      ledger.info.revision = old.revision
    }
    keep(.empty)
    // A bundle may have brought another corpus.
    if try await read({ $0.currentInfo.corpus }) != SigningForger.corpus { try await adopt(SigningForger.corpus) }
  }

  fileprivate func take(_ portions: [[UInt8]]) async throws -> BundleReceipt {
    var portions = portions[...]
    return try await readBundle("a fuzzer's bundle") { portions.popFirst() }
  }

  fileprivate func expectSound() async throws {
    let problems = try await check()
    try expect(problems.allSatisfy { $0.isHarmless && $0.code != "skipped" }, "\(problems)")
    let aside = try await read { try $0.status().aside }
    let listed = problems.filter { $0.code == "aside" }.reduce(0) { $0 + $1.count }
    try expect(aside == listed, "\(listed) things are kept aside by the check, and \(aside) by the status")
  }

  /// Whatever is shown to people.
  fileprivate func readEverything() async throws {
    try await read { transaction in
      _ = try transaction.conflicts()
      for format in DocumentFormat.allCases { _ = try transaction.export(format) { _ in } }
      let entities = try transaction.db.all("SELECT type, id FROM entity") { try $0.reference(0, 1, names: transaction.names) }
      for entity in entities { _ = try transaction.history(of: entity) }
      _ = try transaction.search("the dam words")
    }
  }
}
