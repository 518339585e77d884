import DictaModels
import DictaStorage
import DictaSync
import Foundation

/// What a process left behind, looked at by another one: is every promise kept?
struct Aftermath {
  /// A promise that was broken.
  struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
      self.description = description
    }
  }

  let folder: String

  /// What the archives had promised last.
  let promised: [String: State]

  /// What the archive `corpus` can have come to, where that is known.
  let possibleDigests: Set<String>?

  /// Looks at everything, goes on as a user would, and closes it all.
  func examine() async throws {
    var archives: [String: Archive] = [:]
    for name in [Script.near, Script.peer, Script.far] {
      let path = Script.path(name, in: folder)
      guard FileManager.default.fileExists(atPath: path) else {
        guard promised[name] == nil else { throw Broken("\(name) is gone") }
        continue
      }
      let archive = try await doing("open \(name)") { try Archive(at: path) }
      archives[name] = archive
      try await check(archive, name)
    }
    try await converge(&archives)
    for (name, archive) in archives { try await doing("close \(name)") { try archive.close() } }
    try lookAround()
  }

  private func doing<Result>(_ what: String, _ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let broken as Broken {
      throw broken
    } catch {
      throw Broken("can't \(what): \(error)")
    }
  }

  private func check(_ archive: Archive, _ name: String) async throws {
    try await checkSoundness(of: archive, name)
    let state = try await archive.state()
    if name == Script.near, let possibleDigests, !possibleDigests.contains(state.digest) {
      throw Broken("\(name) holds half of a step")
    }
    guard let promised = promised[name] else { return }
    // Nobody had to give up an origin that had written.
    if promised.hasWritten, state.origin != promised.origin { throw Broken("\(name) has taken a new origin") }
    for (origin, head) in promised.heads {
      guard state.sequence(of: origin) >= promised.sequence(of: origin) else {
        throw Broken("\(name) has lost \(origin)/\(head): it ends at \(state.sequence(of: origin))")
      }
    }
  }

  private func checkSoundness(of archive: Archive, _ name: String) async throws {
    let problems = try await doing("check \(name)") { try await archive.check() }.filter {
      !$0.isHarmless || $0.code == "unproven" || $0.code == "aside"
    }
    guard problems.isEmpty else { throw Broken("\(name) is damaged: \(problems.map { "\($0.code) \($0.place): \($0.message)" })") }
  }

  /// The next sync brings everybody together, and everything that was promised is with all of them.
  private func converge(_ archives: inout [String: Archive]) async throws {
    let near: Archive
    if let archive = archives[Script.near] {
      near = archive
    } else {
      // What wasn't made whole can be made again.
      near = try await doing("make \(Script.near) again") { try Archive(creatingAt: Script.path(Script.near, in: folder), device: Script.near) }
      archives[Script.near] = near
    }
    if archives[Script.peer] == nil {
      let corpus = try await near.read { try $0.status().corpus }
      archives[Script.peer] = try await doing("make \(Script.peer) again") {
        try Archive(creatingAt: Script.path(Script.peer, in: folder), corpus: corpus, device: Script.peer)
      }
    }
    try await doing("write on") { try await near.writeOnce("afterwards") }
    for _ in 0..<2 {
      for name in [Script.peer, Script.far] {
        guard let other = archives[name] else { continue }
        let report = try await doing("sync with \(name)") { try await near.sync(with: other) }
        guard report.isEqual else { throw Broken("a sync with \(name) doesn't make them equal") }
      }
    }
    var exports: Set<[UInt8]> = []
    var states: Set<[String: String]> = []
    let promises = Set(promised.values.flatMap { $0.heads.map { "\($0)/\($1)" } })
    for (name, archive) in archives {
      let status = try await archive.read { try $0.status() }
      guard status.forks == 0 else { throw Broken("\(name) sees a fork: a number was given twice") }
      guard status.unpublished == 0 else { throw Broken("\(name) keeps \(status.unpublished) changes to itself") }
      if promised[name]?.hasWritten == true, promised[name]?.origin != status.origin.description {
        throw Broken("\(name) has taken a new origin in a sync")
      }
      let missing = promises.subtracting(try await archive.heldHeads())
      guard missing.isEmpty else { throw Broken("\(name) lacks \(missing.sorted())") }
      if name != Script.near { try await checkSoundness(of: archive, name) }
      states.insert(State(status).heads)
      exports.insert(try await archive.document())
    }
    guard states.count == 1, exports.count == 1 else { throw Broken("they don't converge") }
  }

  /// Nothing stays that the archives don't need, but for what a process had no time to take away.
  private func lookAround() throws {
    let expected = Set([Script.near, Script.peer, Script.far].flatMap { ["\($0).dicta", "\($0).dicta-witness"] })
    let strange = try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
      !expected.contains(name) && !name.contains(".new") && !name.hasPrefix("backup.dicta")
    }
    guard strange.isEmpty else { throw Broken("\(strange.sorted()) are left") }
  }
}

extension Archive {
  /// Every change that the archive holds: "ORIGIN/SEQUENCE/ID". Of some not all is left.
  fileprivate func heldHeads() async throws -> Set<String> {
    try await read { transaction in
      Set(try transaction.changes(after: 0).map { "\($0.header.origin)/\($0.header.sequence)/\($0.id)" })
    }
  }

  /// The corpus as its canonical document.
  fileprivate func document() async throws -> [UInt8] {
    try await read { transaction in
      var bytes: [UInt8] = []
      try transaction.export(.jsonl) { bytes += $0 }
      return bytes
    }
  }
}
