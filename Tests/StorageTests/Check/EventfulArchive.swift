import DictaModels
import DictaTestSupport
import Foundation

@testable import DictaStorage

/// An archive in which everything is that a check looks at: conflicts, who was deleted, restored or lives in spite of a tombstone, a fork,
/// an incomplete run, what this version doesn't know, what nobody created, and signatures that were sent and that weren't.
struct EventfulArchive {
  static let name = "eventful.dicta"

  let folder: TemporaryFolder
  let article: Article.ID
  let conflicting: Claim.ID
  let deleted: Claim.ID
  let saved: Claim.ID

  /// Of the incomplete run.
  let forger: Origin

  /// - Parameter milliseconds: what all clocks show, so that every time is a tie; nil for the system's clock.
  init(in folder: TemporaryFolder, at milliseconds: UInt64? = nil) async throws {
    self.folder = folder
    let corpus = CorpusID(random: .system)
    let surroundings = milliseconds.map { Surroundings.frozen(at: $0, seed: 5) } ?? .system
    let archive = try Archive(creatingAt: folder.file(Self.name), corpus: corpus, device: "here", surroundings: surroundings)
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: corpus, device: "there", surroundings: surroundings)

    let small = try await archive.writeSmallCorpus()
    let (conflicting, deleted) = (small.claim.id, try await archive.writeClaim("soon gone"))
    let (saved, restored) = (try await archive.writeClaim("saved"), try await archive.writeClaim("gone for a while"))
    (article, self.conflicting, self.deleted, self.saved) = (small.article.id, conflicting, deleted, saved)
    try await archive.hand(to: other)
    try await archive.write { transaction in
      try transaction.update(conflicting) {
        $0.text = "as they say here"
        $0.tags = ["here"]
      }
      for id in [deleted, restored, saved] { try transaction.delete(id.reference) }
    }
    try await other.write { transaction in
      try transaction.update(conflicting) {
        $0.text = "as they say there"
        $0.tags = ["there"]
        $0.externalIDs = ["wikidata": "Q1"]
      }
      try transaction.update(saved) { $0.note = "still needed" }
    }
    try await archive.write { try $0.restore(restored.reference) }

    // Two that write as one.
    try other.close()
    let twin = try folder.twin(of: "other.dicta", named: "twin.dicta")
    let again = try Archive(at: folder.file("other.dicta"))
    for (writer, count) in [(again, 2), (twin, 3)] {
      for number in 0..<count { try await writer.writeClaim("number \(number)") }
      try await writer.hand(to: archive)
      try writer.close()
    }

    var strange = Forger(corpus)
    _ = try await archive.receive(
      strange.delivery(
        Group(entity: .of("gadget", 1), action: .create, ops: [Op(.field("made"), .reference(.claim(9)))]),
        Group(
          entity: .claim(8), action: .create,
          ops: [Op(.field("text"), .string("understood")), Op(.field("mood"), .string("blue")), Op(.key("x", of: "tags"), .bool(true))]),
        Group(entity: .claim(7), action: .edit, ops: [Op(.field("text"), .string("of nobody's"))])), from: "forger")
    var gone = Forger(corpus, seed: 8)
    for number in 1...3 as ClosedRange<UInt8> {
      _ = try await archive.receive(
        gone.delivery(
          Group(entity: .claim(100 + number), action: .create, ops: [Op(.field("text"), .string("half"))]), isContinued: true), from: "forger")
    }
    forger = gone.origin

    try await archive.writeClaim("published")
    try await archive.remember(archive.open(for: []).heads)
    try await archive.write { try $0.update(saved) { $0.context = "not published" } }
    try archive.close()
  }

  /// The archive itself.
  func open() throws -> Archive {
    try Archive(at: folder.file(Self.name))
  }

  /// A copy that goes on as if it were the original.
  func twin(_ number: Int) throws -> Archive {
    try folder.twin(of: Self.name, named: "\(number)-\(Self.name)")
  }
}

extension TemporaryFolder {
  /// Copies an archive that is closed, so that the copy doesn't notice that it is one.
  func twin(of name: String, named copy: String) throws -> Archive {
    try self.copy(name, to: copy)
    func mark(_ name: String) throws -> String {
      let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
      return "\(attributes[.systemNumber] ?? 0)/\(attributes[.systemFileNumber] ?? 0)"
    }
    let witness = String(decoding: try bytes(of: name + Witness.suffix), as: UTF8.self)
    _ = try file(copy + Witness.suffix, holding: witness.replacingOccurrences(of: try mark(name), with: try mark(copy)))
    return try Archive(at: file(copy))
  }
}

extension Archive {
  /// Hands over all that another archive lacks, as a session would.
  func hand(to other: Archive, byteLimit: Int = 1 << 20) async throws {
    _ = try await (open(for: []), other.open(for: []))
    let (mine, theirs) = (try await heads(sinceAnyOf: []), try await other.heads(sinceAnyOf: []))
    let suspects = try await compare(with: theirs).union(other.compare(with: mine))
    var shipment = try await shipment(to: theirs, peerRungs: other.rungs(of: suspects))
    while let delivery = try await nextDelivery(of: &shipment, byteLimit: byteLimit) {
      _ = try await other.receive(delivery, from: path)
    }
  }

  /// Changes rows past everything that keeps them together.
  func tamper(_ sql: String) async throws {
    try await pool.writeWithoutTransaction { try $0.execute(sql: sql) }
  }
}
