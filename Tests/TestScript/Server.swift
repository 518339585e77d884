import DictaModels
import DictaStorage
import DictaSync
import Foundation

/// The other side of a sync, in a process of its own: an archive that writes something too, and answers on its standard input.
struct Server {
  let path: String
  let seed: UInt64
  let step: Int
  let session: Int

  /// Not the first time: an archive that holds something can't adopt a corpus any more.
  let writes: Bool
  let fault: Fault?

  /// - Returns: whether nothing failed.
  func run() async -> Bool {
    let chance = StepChance(seed: seed, name: "far")
    chance.begin(step)
    fault?.arm()
    let line = SocketLine(dup(STDIN_FILENO))
    close(STDIN_FILENO)
    do {
      let isThere = FileManager.default.fileExists(atPath: path)
      let archive =
        try isThere
        ? Archive(at: path, surroundings: chance.surroundings)
        : Archive(creatingAt: path, device: "far", surroundings: chance.surroundings)
      if writes { try await archive.writeOnce("far \(step)") }
      try await archive.sync(over: line, as: .answerer, with: "near")
      let state = try await archive.state()
      try archive.close()
      Report.served(session: session, callCount: Fault.callCount, state: state).send()
      return true
    } catch {
      Report.failed(Failure(error, step: step, session: session)).send()
      return false
    }
  }
}

extension Archive {
  /// Writes a claim, unless it is there from a time when the step began before.
  func writeOnce(_ text: String) async throws {
    try await write { transaction in
      let claim = Claim(id: transaction.newID(), text: text)
      if try transaction.entity(claim.id) == nil { try transaction.insert(claim) }
    }
  }
}
