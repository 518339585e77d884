import DictaModels
import DictaSync
import DictaTestSupport

@testable import DictaStorage

/// Three replicas of a corpus that all have written, and a claim whose note they write over one another.
struct Newsrooms: Sendable {
  let folder: TemporaryFolder
  let corpus: CorpusID
  let all: [Archive]
  let claim: Claim.ID

  var first: Archive { all[0] }
  var second: Archive { all[1] }
  var third: Archive { all[2] }

  init(in folder: TemporaryFolder) async throws {
    self.folder = folder
    let corpus = CorpusID(random: .system)
    self.corpus = corpus
    all = try ["first", "second", "third"].map { try Self.archive($0, in: folder, corpus: corpus) }
    claim = try await all[0].writeClaim("The bridge opens in spring")
    try await meet()
    for archive in all { try await archive.writeClaim("Written at \(archive.path.suffix(12))") }
    try await meet()
  }

  /// An archive of which a few changes make a pack.
  static func archive(_ name: String, in folder: TemporaryFolder, corpus: CorpusID, takesSnapshots: Bool = true) throws -> Archive {
    var surroundings = Surroundings.system
    (surroundings.packByteGoal, surroundings.takesSnapshots) = (400, takesSnapshots)
    return try Archive(creatingAt: folder.file("\(name).dicta"), corpus: corpus, device: name, surroundings: surroundings)
  }

  /// Syncs all with the first, twice.
  func meet() async throws {
    for _ in 0..<2 {
      for archive in all.dropFirst() { try await archive.sync(with: first) }
    }
  }

  /// Writes notes over one another.
  func writeNotes(_ count: Int, at archive: Archive) async throws {
    for number in 0..<count { try await archive.write { try $0.update(claim) { $0.note = Self.note(number) } } }
  }

  /// Everybody writes something and hears of it: so all is acknowledged that was written before.
  func acknowledge() async throws {
    try await meet()
    for archive in all { try await archive.writeClaim("acknowledged by \(archive.path.suffix(12))") }
    try await meet()
  }

  /// Some words that are worth dropping.
  static func note(_ number: Int) -> String {
    (0..<30).map { "In the \($0)th paragraph of note \(number) somebody says \(($0 &* 7919 &+ number &* 104_729) % 1009)." }.joined(separator: " ")
  }

  func note(at archive: Archive) async throws -> String? {
    try await archive.read { try $0.entity(claim)?.note }
  }
}

extension Archive {
  var origin: Origin {
    get async throws { try await read { $0.currentInfo.identity.origin } }
  }

  func drop() async throws -> CompactionReport { try await compact(droppingSuperseded: true) }

  /// What a check says that isn't harmless.
  var faults: [CheckProblem] {
    get async throws { try await check().filter { !$0.isHarmless } }
  }
}
