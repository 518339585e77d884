import DictaModels
import Foundation

@testable import DictaStorage

/// An archive to be damaged, and everything that was true of it before.
struct Patient: Sendable {
  static let name = "eventful.dicta"

  let folder: TemporaryFolder
  let corpus: CorpusID
  let heads: [Head]
  let digest: Digest
  let document: [UInt8]

  /// Every change that it held, by its id.
  let changes: [ChangeID: LostChange]
  let file: [UInt8]

  /// What `check` says of it that does no harm.
  let asides: [CheckProblem]

  init(in folder: TemporaryFolder) async throws {
    let archive = try await EventfulArchive(in: folder).open()
    try await self.init(of: archive, in: folder)
  }

  /// Takes down what an archive holds, and closes it.
  init(of archive: Archive, in folder: TemporaryFolder) async throws {
    self.folder = folder
    corpus = try await archive.corpus().id
    heads = try await archive.heads()
    digest = try await archive.digest
    document = try await archive.document()
    asides = try await archive.check()
    changes = Dictionary(
      uniqueKeysWithValues: try await archive.log.map {
        ($0.id, LostChange(origin: $0.segment.origin, sequence: $0.segment.firstSequence))
      })
    try archive.close()
    file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: archive.path)))
  }

  var path: String { folder.file(Self.name) }

  /// Repairs the file, asking these peers.
  ///
  /// - Returns: the new archive, opened, and what was said of it.
  func repair(from peers: [Archive] = [], into name: String = "repaired.dicta") async throws -> (archive: Archive, report: RepairReport) {
    try await folder.repair(path, into: name, from: peers)
  }
}

extension TemporaryFolder {
  func repair(_ path: String, into name: String, from peers: [Archive] = []) async throws -> (archive: Archive, report: RepairReport) {
    let before = try files(beside: path)
    let repair = try await Repair(of: path, into: file(name))
    for peer in peers { try await repair.archive.sync(with: peer) }
    let report = try await repair.finish()
    guard try files(beside: path) == before else { throw Touched() }
    return (try Archive(at: file(name)), report)
  }

  /// The damaged archive isn't as it was before.
  struct Touched: Error {}

  private func files(beside path: String) throws -> [Data?] {
    ["", "-wal", "-shm", "-witness"].map { FileManager.default.contents(atPath: path + $0) }
  }
}

extension RepairReport {
  /// Whether one of the losses has such a change among its own.
  func names(_ change: LostChange) -> Bool {
    losses.contains { loss in
      if case .changes(let origin, let sequences) = loss.subject { origin == change.origin && sequences.contains(change.sequence) } else { false }
    }
  }

  var lostTexts: [TextHash] {
    losses.compactMap { loss in if case .text(let hash) = loss.subject { hash } else { nil } }
  }

  var lostChangeCount: Int {
    losses.reduce(0) { count, loss in
      switch loss.subject {
      case .changes(_, let sequences): count + sequences.count
      case .unknownChanges(let unknown): count + unknown
      case .text, .anything: count
      }
    }
  }
}
