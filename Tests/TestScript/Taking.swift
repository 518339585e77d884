import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Foundation

/// An archive that holds nothing takes a snapshot, while something fails.
struct Taking {
  let source: String
  let target: String

  /// Whether it comes in messages, as from another program; else from file to file.
  let isInMessages: Bool

  /// Counts the calls from where both archives are open.
  let fault: Fault?

  /// - Returns: whether the two are equal in the end, and nothing but the fault went wrong.
  func run() async -> Bool {
    do {
      let (source, target) = (try Archive(at: source, surroundings: .sendingSnapshots), try Archive(at: target))
      Fault.recount(from: 0)
      fault?.arm()
      do {
        let report = isInMessages ? try await Self.syncInMessages(target, source) : try await target.sync(with: source)
        print("calls \(Fault.callCount)\(report.snapshotBytes > 0 ? " by a snapshot" : "")")
      } catch {
        guard Fault.hit != nil else { throw error }
      }
      Fault.disarm()
      try await Self.expectSound(target, source)
      guard try await target.sync(with: source).isEqual else { throw Aftermath.Broken("they aren't equal") }
      try target.close()
      try source.close()
      return true
    } catch {
      print("\(error)\(Fault.hit.map { ", behind a fault at \($0)" } ?? "")")
      return false
    }
  }

  static func syncInMessages(_ target: Archive, _ source: Archive) async throws -> SyncReport {
    var (caller, answerer) = (TurnBasedSync(target, as: .caller, with: "the source"), TurnBasedSync(source, as: .answerer, with: "the target"))
    while !caller.isOver || !answerer.isOver {
      while let bytes = try await caller.speak() { try await answerer.hear(bytes) }
      while let bytes = try await answerer.speak() { try await caller.hear(bytes) }
    }
    return caller.report
  }

  /// - Parameter source: what the archive holds if it doesn't hold nothing.
  static func expectSound(_ target: Archive, _ source: Archive) async throws {
    let problems = try await target.check().filter { !$0.isHarmless }
    guard problems.isEmpty else { throw Aftermath.Broken("it is damaged: \(problems.map(\.message))") }
    let (held, sent) = (try await target.read { try $0.status().heads }, try await source.read { try $0.status().heads })
    guard held.isEmpty || held == sent else { throw Aftermath.Broken("it holds a part") }
  }
}

extension Surroundings {
  /// Whatever its size, an archive is sent as a snapshot.
  static var sendingSnapshots: Surroundings {
    var surroundings = Surroundings.system
    surroundings.snapshotByteThreshold = 1
    return surroundings
  }
}
