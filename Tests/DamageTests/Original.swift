import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Foundation
import Synchronization

@testable import DictaStorage

/// An archive that much has happened to, a peer that holds what of it was told, and everything the archive ever said on the way.
///
/// The files are read anew for each trial, and only written to the paths they were made at.
struct Original: Sendable {
  enum Kind: CaseIterable, Sendable {
    /// Closed: everything is in one file.
    case closed
    /// The program ended while a part of the changes was only in the write-ahead log.
    case open
    /// The program ended while it was bringing the write-ahead log into the file.
    case torn
    /// Compacted, and closed.
    case compacted

    fileprivate var isClosed: Bool { self == .closed || self == .compacted }
  }

  private let folder: WorkFolder
  let path: String
  let peerPath: String

  /// Of an archive that holds the first half, closed.
  let halfPath: String
  let files: ArchiveFiles
  let peer: ArchiveFiles

  /// The last is how it was in the end.
  let portraits: [Portrait]

  /// Of the state up to which a peer was told of everything. What came after it is its own.
  let toldIndex: Int

  /// Harmless, and there before any damage.
  let problems: [CheckProblem]

  var last: Portrait { portraits[portraits.count - 1] }

  init(_ kind: Kind, in folder: WorkFolder, seed: UInt64) async throws {
    self.folder = folder
    var builder = try await Builder(folder)
    try await builder.build(isOpen: !kind.isClosed)
    let archive = builder.archive
    if kind == .compacted { try await archive.compact() }
    let (portraits, toldIndex) = (builder.portraits, builder.toldIndex)
    problems = try await archive.check()
    if kind.isClosed { try archive.close() }
    var files = try ArchiveFiles(at: archive.path)
    if !kind.isClosed { try archive.close() }
    try builder.peer.close()
    if kind == .torn {
      var random = SeededRandom(seed: seed)
      files.checkpointPartly(&random)
    }
    (path, peerPath) = (archive.path, builder.peer.path)
    halfPath = folder.file("third.dicta")
    (self.files, peer, self.portraits, self.toldIndex) = (files, try ArchiveFiles(at: builder.peer.path), portraits, toldIndex)
  }
}

/// Makes an archive in which everything is that a check looks at.
private struct Builder {
  let folder: WorkFolder
  let archive: Archive
  let peer: Archive
  private(set) var portraits: [Portrait] = []
  private(set) var toldIndex = 0

  init(_ folder: WorkFolder) async throws {
    self.folder = folder
    let corpus = CorpusID(raw: .sixteen(7))
    archive = try Archive(creatingAt: folder.file("corpus.dicta"), corpus: corpus, device: "here", surroundings: .seeded(1))
    peer = try Archive(creatingAt: folder.file("peer.dicta"), corpus: corpus, device: "there", surroundings: .seeded(2))
  }

  private mutating func write(_ body: @Sendable @escaping (WriteTransaction) throws -> Void) async throws {
    try await archive.write(author: "Ada", note: "why", body)
    portraits.append(try await Portrait(of: archive))
  }

  private mutating func sync(with other: some ChangeLog) async throws {
    try await archive.sync(with: other)
    portraits.append(try await Portrait(of: archive))
  }

  mutating func build(isOpen: Bool) async throws {
    portraits.append(try await Portrait(of: archive))
    let news = try (0..<4).map { try News($0) }
    for article in news { try await write(article.insert) }
    try await sync(with: peer)
    let claims = news.map(\.claim.id)

    // Conflicts, and who was deleted, restored or lives in spite of a tombstone.
    try await write { transaction in
      try transaction.update(claims[0]) { ($0.text, $0.tags) = ("as they say here", ["here"]) }
      try transaction.update(news[1].article.id) { $0.text = try ArticleText(News.text(1) + "\n\nA correction: nobody counted.") }
      try transaction.delete(news[2].article.reference, cascading: true)
      try transaction.delete(claims[3].reference, cascading: true)
    }
    try await peer.write { transaction in
      try transaction.update(claims[0]) { ($0.text, $0.tags, $0.externalIDs) = ("as they say there", ["there"], ["wikidata": "Q1"]) }
      try transaction.update(claims[3]) { $0.note = "still needed" }
      try transaction.update(news[1].speaker.id) { $0.aliases = ["the harbour master’s deputy"] }
    }
    try await sync(with: peer)
    try await write { try $0.restore(claims[3].reference) }
    if isOpen { try await archive.checkpoint() }

    try await forkSomebody()
    try await write { transaction in
      // A run.
      for number in 0..<12 { try transaction.insert(Claim(id: transaction.newID(), text: "\(number) \(String(repeating: "long ", count: 100))")) }
    }
    try await write { transaction in
      for claim in try transaction.list(Claim.self) where claim.text.utf8.count > 400 { try transaction.update(claim.id) { $0.text = "short" } }
    }
    try await writeSomethingStrange()
    try await sync(with: peer)
    try await peer.write { try $0.insert(Claim(id: $0.newID(), text: "claimed elsewhere")) }
    try await sync(with: peer)
    toldIndex = portraits.count - 1
    for number in 0..<4 {
      try await write { transaction in
        try transaction.insert(Claim(id: transaction.newID(), text: "nobody was told of number \(number)"))
        try transaction.update(claims[1]) { $0.context = "revised \(number)" }
      }
    }
  }

  /// Two that write as one.
  private mutating func forkSomebody() async throws {
    let (path, twinPath) = (folder.file("third.dicta"), folder.file("twin.dicta"))
    let third = try Archive(creatingAt: path, corpus: try await archive.open(for: []).corpus, device: "elsewhere", surroundings: .seeded(3))
    try await sync(with: third)
    try await third.write { try $0.insert(Speaker(id: $0.newID(), name: "Élan Vital", kind: .person)) }
    try third.close()
    try ArchiveFiles.twin(of: path, at: twinPath)
    for (number, path) in [path, twinPath].enumerated() {
      let writer = try Archive(at: path, surroundings: .seeded(UInt64(4 + number)))
      for claim in 0...number { try await writer.write { try $0.insert(Claim(id: $0.newID(), text: "forked \(number) \(claim)")) } }
      try await sync(with: writer)
      try writer.close()
    }
  }

  /// A type, fields and a reference that this version doesn't know, and an edit of what nobody created.
  private mutating func writeSomethingStrange() async throws {
    let strange = MemoryLog(name: "strange", corpus: try await archive.open(for: []).corpus, seed: 3)
    func reference(_ type: ExactString, _ number: UInt64) -> Reference { Reference(type: type, id: .sixteen(number)) }
    try strange.write(writtenAt: 1_700_000_000_000) { replica in
      replica.inserting(reference("gadget", 1), [.field("made"): .reference(reference("claim", 9)), .field("size"): .integer(3)])
        + replica.inserting(reference("claim", 8), [.field("text"): .string("understood"), .field("mood"): .string("blue")])
    }
    try strange.write(writtenAt: 1_700_000_000_001) { replica in replica.setting(reference("claim", 7), [.field("text"): .string("nobody’s")]) }
    try await sync(with: strange)
  }
}

/// An article, a speaker heard in it, what they say there, a claim, and the stance that the quote takes on it.
private struct News: Sendable {
  let article: Article
  let speaker: Speaker
  let quote: Quote
  let claim: Claim
  let stance: Stance

  static func text(_ number: Int) -> String {
    let opening = "“The bridge number \(number) will open in spring,” Mara Quist said. “Not a day later,” the harbour master of Élan added."
    let rest = (0..<12).map { "Paragraph \($0): \(["nobody", "everybody", "somebody"][($0 + number) % 3]) had counted the \($0 * number) piers." }
    return ([opening] + rest).joined(separator: "\n\n")
  }

  init(_ number: Int) throws {
    func id(_ offset: UInt64) -> Bytes16 { .sixteen(UInt64(number) * 16 + 1_000 + offset) }
    let text = try ArticleText(Self.text(number))
    article = Article(url: "https://example.org/\(number)", outlet: "The Ferry", title: "Bridge \(number)", text: text)
    speaker = Speaker(id: Identifier(id(1)), name: "Mara Quist \(number)", kind: .person)
    var quote = Quote(
      id: Identifier(id(2)), articleID: article.id, kind: .direct,
      segments: [Quote.Segment(try text.anchor(exact: "The bridge number \(number) will open in spring"))])
    quote.sources = [Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "Mara Quist"), mentionKind: .name)]
    self.quote = quote
    claim = Claim(id: Identifier(id(3)), text: "Bridge \(number) opens in spring")
    stance = Stance(holder: .quote(quote.id), claimID: claim.id, position: .supports)
  }

  func insert(_ transaction: WriteTransaction) throws {
    try transaction.insert(article)
    try transaction.insert(speaker)
    try transaction.insert(quote)
    try transaction.insert(claim)
    try transaction.insert(stance)
  }
}

extension Surroundings {
  /// The same files come of the same seed, but for marks in the witness. A change is small, so that few bytes make a run.
  fileprivate static func seeded(_ seed: UInt64) -> Surroundings {
    let state = Mutex((random: SeededRandom(seed: seed), now: 1_700_000_000_000 + seed))
    var surroundings = Surroundings(
      now: {
        state.withLock {
          $0.now += 10
          return $0.now
        }
      }, random: { state.withLock { $0.random.next() } })
    (surroundings.signingPause, surroundings.changeByteGoal, surroundings.packByteGoal) = (nil, 2_000, 1_500)
    return surroundings
  }
}

extension Archive {
  /// Brings what is in the write-ahead log into the file.
  fileprivate func checkpoint() async throws {
    try await pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
  }
}

extension ArchiveFiles {
  /// Writes the first pages of the write-ahead log into the database, as SQLite does it in their order.
  fileprivate mutating func checkpointPartly(_ random: inout SeededRandom) {
    let log = self[.log]
    func number(_ offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard log.count > 32 else { return }
    let pageSize = number(8)
    var pages: [Int: ArraySlice<UInt8>] = [:]
    for frame in stride(from: 32, through: log.count - 24 - pageSize, by: 24 + pageSize) where log[frame + 8..<frame + 16] == log[16..<24] {
      pages[number(frame)] = log[frame + 24..<frame + 24 + pageSize]
    }
    var database = self[.database]
    let count = 1 + Int(random.next() % UInt64(max(1, pages.count - 1)))
    for (page, bytes) in pages.sorted(by: { $0.key < $1.key }).prefix(count) {
      let end = page * pageSize
      if database.count < end { database += [UInt8](repeating: 0, count: end - database.count) }
      database.replaceSubrange(end - pageSize..<end, with: bytes)
    }
    self[.database] = database
  }
}
