import DictaModels
import DictaStorage
import DictaSync
import Testing

/// What somebody finds who opens a damaged archive, checks it, and goes on with it.
enum Outcome: Hashable, Sendable {
  /// It can't be opened, or `check` names what is wrong.
  case named
  case unchanged
  /// The last changes written here are gone, and nobody had been told of them.
  case unpublishedTailMissing
}

/// Damage that nobody was told of.
struct Silence: Error, CustomStringConvertible {
  let description: String
}

struct Trial {
  let original: Original
  let files: ArchiveFiles

  func run() async throws -> Outcome {
    try files.write(to: original.path)
    try original.peer.write(to: original.peerPath)
    let archive: Archive
    do {
      archive = try Archive(at: original.path)
    } catch {
      try expectClear(error, opening: true)
      return .named
    }
    defer { try? archive.close() }
    let problems: [CheckProblem]
    do {
      problems = try await archive.check()
    } catch {
      try expectClear(error)
      return .named
    }
    guard problems.allSatisfy(\.isHarmless) else { return .named }
    let portrait = try await portrait(of: archive)
    let news = Set(problems.map(\.code)).subtracting(original.problems.map(\.code))
    let outcome: Outcome
    if portrait == original.last {
      outcome = news.isEmpty && Set(problems) == Set(original.problems) ? .unchanged : .named
    } else if let index = original.portraits.lastIndex(of: portrait) {
      if index < original.toldIndex, !news.contains("missing") {
        throw Silence(description: "state \(index) of \(original.portraits.count - 1) came back, and peers were told up to \(original.toldIndex)")
      }
      outcome = news.isEmpty ? .unpublishedTailMissing : .named
    } else {
      throw Silence(description: "it differs in \(portrait.differences(from: original.last)); check says \(problems)")
    }
    try await goOn(with: archive, isUnproven: news.contains("unproven"))
    return outcome
  }

  private func portrait(of archive: Archive) async throws -> Portrait {
    do {
      return try await Portrait(of: archive)
    } catch {
      throw Silence(description: "it is sound, and can't be read: \(error)")
    }
  }

  /// A sync brings everything back, and what is written then gets there.
  private func goOn(with archive: Archive, isUnproven: Bool) async throws {
    let peer = try Archive(at: original.peerPath)
    defer { try? peer.close() }
    let claim = Claim(id: Identifier(.init(high: 5, low: 5)), text: "written afterwards")
    do {
      let report = try await archive.sync(with: peer)
      // Who writes is gone with the key: that was named, and what can't be proven stays here.
      if isUnproven { return }
      guard report.isEqual else { throw Silence(description: "they aren't equal after a sync") }
      try await archive.write { try $0.insert(claim) }
      guard try await archive.sync(with: peer).isEqual else { throw Silence(description: "they aren't equal after a write and a sync") }
    } catch let error as Silence {
      throw error
    } catch {
      throw Silence(description: "it is sound, and can't go on: \(error)")
    }
    let differences = try await Portrait(of: archive).ofAnyReplica.differences(from: Portrait(of: peer).ofAnyReplica)
    guard differences.isEmpty else { throw Silence(description: "after a sync they differ in \(differences)") }
    let problems = try await archive.check().filter { $0.code != "aside" }
    guard problems.isEmpty else { throw Silence(description: "after a sync check says \(problems)") }
  }

  private func expectClear(_ error: any Error, opening: Bool = false) throws {
    switch error {
    case ArchiveError.damaged, ArchiveError.notAnArchive, ArchiveError.newerSchema, ArchiveError.inputOutput: return
    default: throw Silence(description: "\(opening ? "opening" : "checking") it ends in an error that doesn't tell: \(error)")
    }
  }
}
