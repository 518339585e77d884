import Crypto
import DictaModels
import Foundation
import GRDB
import Synchronization

/// Makes a new archive of what is sound in a damaged one, and of what its peers hold.
///
/// ```swift
/// let repair = try await Repair(of: "corpus.dicta", into: "repaired.dicta")
/// for peer in peers { try await repair.archive.sync(with: peer) }
/// let report = try await repair.finish()
/// ```
///
/// Whatever is found is proven before it is taken: changes by their chains and their writers' signatures, texts by their hashes. So nothing
/// is made up, however the file was damaged; and nothing but the two files' own bytes is trusted, so it doesn't matter whether SQLite can
/// still read them. The damaged archive is never written to, not even by opening it.
public final class Repair: Sendable {
  /// The new archive, to be synced with peers before ``finish()``. It has an origin of its own.
  ///
  /// It stands under a name of its own until it is finished. If nothing is left that tells the damaged archive's corpus, it is empty, and
  /// adopts the corpus of the first peer.
  public let archive: Archive

  /// As it was named, and where it is.
  private let damaged: String
  private let path: String
  private let destination: String
  private let findings: Findings
  private let witness: Witness?

  /// Whether the damaged archive tells its corpus.
  private let knowsCorpus: Bool
  private let progress: Mutex<Progress>

  private struct Progress {
    var intake: Intake

    /// Changes that were in the new archive when peers were asked.
    let before: Int
  }

  /// Reads the damaged archive and puts into a new one what is proven.
  ///
  /// - Parameters:
  ///   - damaged: its path. The write-ahead log and the witness beside it are used, if they are there.
  ///   - destination: where the new archive will be, when all is done. Nothing may be there yet.
  /// - Throws: ``ArchiveError``; nothing is left behind.
  /// - Complexity: O(bytes of the file) to read, and what receiving all its changes costs. Memory: some megabytes, eight bytes for each
  ///   change, and some hundred for each branch. Temporary files take as much room on the disk as the damaged archive's log and texts.
  public init(of damaged: String, into destination: String, surroundings: Surroundings = .system) async throws {
    let path = ArchiveFile.resolved(damaged)
    (self.damaged, self.path, self.destination) = (damaged, path, destination)
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw ArchiveError.notFound(path: damaged) }
    guard !isDirectory.boolValue else { throw ArchiveError.notAnArchive(path: damaged, reason: "it is a directory") }
    try ArchiveFile.expectNothing(at: destination)
    guard let database = ByteFile(path) else { throw ArchiveError.readOnly(path: damaged) }
    let log = ByteFile(path + "-wal")
    findings = try ArchiveFile.mapping(destination) { try Findings(database: database, log: log) }
    // What the disk can't read is lost, as everything else that it can't.
    witness = try? Witness.read(beside: path)
    let corpus = try CorpusFinder(findings, witness).corpus(searching: [database, log].compactMap(\.self))
    knowsCorpus = corpus != nil
    let draft = destination + ".repair-\(ProcessInfo.processInfo.processIdentifier)"
    var unusable: Set<ChangeID> = []
    while true {
      ArchiveFile.remove(draft)
      let archive = try Archive(
        creatingAt: draft, corpus: corpus, device: findings.own.first?.device ?? witness?.device, surroundings: surroundings)
      do {
        var intake = Intake(findings, witness, from: damaged, into: archive, without: unusable)
        if corpus != nil { try await intake.run() }
        let bare = try await archive.read { try $0.bareChanges() }
        if bare.isEmpty {
          self.archive = archive
          progress = Mutex(Progress(intake: intake, before: intake.kept))
          return
        }
        // They can't stay, and nor can what rests on them; that may have overwritten others.
        unusable.formUnion(bare.map(\.id))
        try archive.close()
      } catch {
        try? archive.close()
        ArchiveFile.remove(draft)
        throw error
      }
    }
  }

  /// Takes in what fits by now, tells what is lost, and gives the new archive its name.
  ///
  /// Nothing of this object may be used afterwards.
  ///
  /// - Throws: ``ArchiveError/damaged(path:reason:)`` if there was nothing to make an archive of; then, as with any error, nothing is left
  ///   behind.
  public func finish() async throws -> RepairReport {
    do {
      var report = RepairReport()
      report.fetched = try await changeCount() - progress.withLock { $0.before }
      if report.fetched > 0 || !knowsCorpus { try await takeInMore() }
      report.kept = progress.withLock { $0.intake.kept }
      report.losses = try await findLosses()
      if !report.losses.isEmpty {
        do {
          try await rescue(&report.losses)
        } catch let error as ArchiveError {
          // What is whole already isn't thrown away because this failed; what is lost is listed anyway.
          if case .diskFull = error { throw error }
        }
      }
      if findings.own.isEmpty, findings.branches.isEmpty, witness == nil {
        report.losses.append(Loss(.anything, "nothing is left that says what it held, or of which corpus it was"))
      }
      let isOfUse = report.kept + report.fetched > 0 || report.losses.contains { $0.rescued > 0 }
      // One that never held anything is made again as it was.
      guard isOfUse || (findings.own.first != nil && report.losses.isEmpty) else {
        throw ArchiveError.damaged(path: damaged, reason: "nothing of it could be made out")
      }
      _ = try await archive.acknowledge()
      try archive.close()
      try ArchiveFile.place(archive.path, at: destination)
      return report
    } catch {
      abandon()
      throw error
    }
  }

  /// Leaves nothing behind. To be called where ``finish()`` isn't.
  public func abandon() {
    try? archive.close()
    ArchiveFile.remove(archive.path)
  }

  private func changeCount() async throws -> Int {
    try await archive.read { Int($0.currentInfo.position) }
  }

  /// Takes in what waited for what peers brought.
  private func takeInMore() async throws {
    var intake = progress.withLock { $0.intake }
    try await intake.run()
    progress.withLock { [intake] in $0.intake = intake }
  }

  private func findLosses() async throws -> [Loss] {
    let (findings, witness, obstacles) = (findings, witness, progress.withLock { $0.intake.obstacles })
    return try await archive.read { held in
      let losses = try findings.queue.inDatabase { db in
        var finder = LossFinder(findings, db, held: held, obstacles: obstacles, witness: witness)
        try finder.run()
        return finder.losses
      }
      let bare = try held.bareChanges().map { head in
        Loss(
          .changes(origin: head.origin, sequences: head.sequence...head.sequence), "what it wrote was dropped by `compact`, and nothing overwrites it"
        )
      }
      return losses + bare
    }
  }
}

// MARK: - What only lost changes had written

extension Repair {
  /// Writes again what lost changes had written, as far as the damaged archive's rows still show it and can be trusted.
  private func rescue(_ losses: inout [Loss]) async throws {
    // SQLite writes to what it opens.
    let copy = archive.path + ".copy"
    defer { ArchiveFile.remove(copy) }
    guard (try? FileManager.default.copyItem(atPath: path, toPath: copy)) != nil else { return }
    try? FileManager.default.copyItem(atPath: path + "-wal", toPath: copy + "-wal")
    let findings = findings
    let rescues = try await archive.read { held in
      findings.queue.inDatabase { SoundRows.rescues(from: copy, findings, $0, held: held) }
    }
    guard let rescues, !rescues.isEmpty else { return }
    var rescuer = Rescuer(findings, rescues)
    for (change, count) in try await rescuer.run(archive) {
      let index = losses.firstIndex { loss in
        if case .changes(change.origin, let sequences) = loss.subject { sequences.contains(change.sequence) } else { false }
      }
      if let index { losses[index].rescued += count }
    }
  }
}

/// What a repair did.
public struct RepairReport: Hashable, Sendable {
  /// Changes that were taken from the damaged archive.
  public var kept = 0

  /// Changes that peers held and the damaged archive couldn't give any more.
  public var fetched = 0

  /// What is in neither.
  public var losses: [Loss] = []

  init() {}
}
