import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Foundation

/// Two hundred steps on an archive, in a folder: it is written to, synced, copied, closed and opened again. The same steps for the same seed.
///
/// A step that fails is taken again, once, when the fault is over, as its user would: then it has to succeed.
final class Script {
  /// The archives: the one that matters, its peer in this process, and the one that another process serves.
  static let (near, peer, far) = ("corpus", "peer", "far")

  private let folder: String
  private let seed: UInt64
  private let fault: Fault?
  private let goOn: Int?

  private var archives: [String: Archive] = [:]
  private var deleted: [Reference] = []
  private var sessionCount = 0
  private var hasMetFar = false

  /// Whether the step that is taken failed before.
  private var hasFailed = false
  private let chances: [String: StepChance]
  private let options: SyncOptions

  /// - Parameter goOn: how many steps to take after the first that failed; nil takes them all.
  init(folder: String, seed: UInt64, fault: Fault?, goOn: Int?) {
    (self.folder, self.seed, self.fault, self.goOn) = (folder, seed, fault, goOn)
    chances = [Self.near: StepChance(seed: seed, name: Self.near), Self.peer: StepChance(seed: seed, name: Self.peer)]
    var options = SyncOptions()
    // Several deliveries, each a commit.
    options.deliveryByteLimit = 10_000
    options.stallLimit = .seconds(20)
    self.options = options
  }

  static func path(_ name: String, in folder: String) -> String { "\(folder)/\(name).dicta" }

  /// - Returns: whether every step succeeded, at the second attempt at the latest.
  func run() async -> Bool {
    if fault?.session == nil, fault?.period == nil { fault?.arm() }
    var lastStep = Step.count - 1
    var number = 0
    while number <= lastStep {
      let callCount = Fault.callCount
      if let fault, fault.period != nil, !hasFailed { fault.arm(after: callCount) }
      for chance in chances.values { chance.begin(number) }
      do {
        let step = try await take(number)
        var states: [String: State] = [:]
        for (name, archive) in archives { states[name] = try await archive.state() }
        Report.done(step: number, what: step.rawValue, callCount: Fault.callCount, states: states).send()
        number += 1
        hasFailed = false
      } catch {
        Report.failed(Failure(error, step: number)).send()
        guard !hasFailed else { return false }
        hasFailed = true
        Fault.disarm()
        Fault.recount(from: callCount)
        if let goOn { lastStep = min(lastStep, number + goOn) }
      }
      // A fault that nobody noticed is over too.
      if let goOn, Fault.hit != nil, lastStep == Step.count - 1 { lastStep = min(lastStep, number + goOn) }
    }
    do {
      for archive in archives.values { try archive.close() }
    } catch {
      Report.failed(Failure(error, step: number)).send()
      // Whoever can't close it leaves it as it is.
    }
    Report.finished(callCount: Fault.callCount).send()
    return true
  }

  // MARK: Steps

  private func take(_ number: Int) async throws -> Step {
    var random = SeededRandom(seed: seed &+ UInt64(number) &* 7919)
    let step = Step(number: number, random: &random)
    switch step {
    case .create: try create(Self.near)
    case .createPeer: try create(Self.peer, corpus: await near.state(\.corpus))
    case .reopen: try reopen(Self.near)
    case .backup: try await backup(number)
    case .compact: try await near.compact(droppingSuperseded: hasHeardOfAll())
    case .peerWrites: try await archive(Self.peer).writeOnce("peer \(number)")
    case .sync: try await near.sync(with: archive(Self.peer), options: options)
    case .syncFar: try await syncFar(number)
    case .bundle: try await carryBundle()
    case .claim, .source, .edit, .set, .revise, .delete, .restore, .run, .large:
      let (random, deleted) = (random, deleted)
      // Half of the changes are signed with the transaction, the others when they are sent.
      try near.setSigningPause(number % 2 == 0 ? .zero : nil)
      let gone = try await near.write(author: "script") { transaction in
        var random = random
        return try step.write(number, &random, deleted: deleted, in: transaction)
      }
      if let gone { self.deleted.append(gone) }
      if step == .restore { self.deleted = self.deleted.dropLast() }
    }
    return step
  }

  private var near: Archive { get throws { try archive(Self.near) } }

  private struct NotOpen: Error {
    let name: String
  }

  private func archive(_ name: String) throws -> Archive {
    guard let archive = archives[name] else { throw NotOpen(name: name) }
    return archive
  }

  private func surroundings(_ name: String) -> Surroundings { chances[name]?.surroundings ?? .system }

  private func create(_ name: String, corpus: CorpusID? = nil) throws {
    let path = Self.path(name, in: folder)
    // Whoever was told that it can't be opened yet doesn't make it anew.
    archives[name] =
      try FileManager.default.fileExists(atPath: path)
      ? Archive(at: path, surroundings: surroundings(name))
      : Archive(creatingAt: path, corpus: corpus, device: name, surroundings: surroundings(name))
  }

  private func reopen(_ name: String) throws {
    try archives[name]?.close()
    archives[name] = nil
    archives[name] = try Archive(at: Self.path(name, in: folder), surroundings: surroundings(name))
  }

  private func backup(_ number: Int) async throws {
    let path = Self.path("backup", in: folder)
    // Before, too: the last backup's may have failed.
    for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    try await near.backup(to: path)
    for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
  }

  /// Whether all have written something that has come here. Before, nobody would wait for them.
  private func hasHeardOfAll() async throws -> Bool {
    try await near.state { Set($0.heads.map(\.origin)).count } >= 3
  }

  private func carryBundle() async throws {
    var bytes: [UInt8] = []
    _ = try await near.writeBundle(since: try await archive(Self.peer).heads(sinceAnyOf: []).names, to: { bytes += $0 })
    var portions = stride(from: 0, to: bytes.count, by: 3_000).map { Array(bytes[$0..<min($0 + 3_000, bytes.count)]) }[...]
    _ = try await archive(Self.peer).readBundle("a bundle", from: { portions.popFirst() })
  }

  private func syncFar(_ number: Int) async throws {
    sessionCount += 1
    let (here, there) = try SocketLine.pair()
    var arguments = [
      "serve", Self.path(Self.far, in: folder), "\(seed)", "\(number)", "\(sessionCount)", hasMetFar ? "writes" : "only",
    ]
    if let fault, fault.session == sessionCount || fault.session == 0 && hasMetFar && !hasFailed { arguments.append("fault=\(fault)") }
    let line = SocketLine(here)
    let server: Child
    do {
      defer { close(there) }
      server = try Child(arguments, input: there)
    }
    defer { server.wait() }
    try await near.sync(over: line, as: .caller, with: Self.far, options: options)
    hasMetFar = true
  }
}

extension Archive {
  fileprivate func state<Value: Sendable>(_ part: @Sendable @escaping (ArchiveStatus) -> Value) async throws -> Value {
    part(try await read { try $0.status() })
  }
}
