// Who is known to hold a change. Nobody is asked: a change rests on everything that its writer had applied, so whoever wrote on top of a
// change holds it.

import DictaModels
import GRDB

/// How far each branch of somebody else's reaches into what others wrote: what lies in the past of its last change that is proven.
struct Acknowledgments {
  private struct Reach {
    let origin: Origin

    /// By number of branch, the last change in that past; 0 if there is none.
    var ends: [UInt64]
  }

  private var reaches: [Reach] = []

  /// - Parameters:
  ///   - own: the origin that this archive writes under, which holds all that is here.
  ///   - retired: those that aren't waited for.
  /// - Complexity: O(origins × changes) at most. Memory: O(branches²).
  init(_ branches: Branches, own: Origin, retired: Set<Origin>, log: LogTable) throws {
    for (number, branch) in branches.all.enumerated() where branch.origin != own && !retired.contains(branch.origin) {
      var reach = Reach(origin: branch.origin, ends: Array(repeating: 0, count: branches.all.count))
      if branch.published >= branch.firstSequence {
        var waiting = [Version(branch: number, sequence: branch.published)]
        while let end = waiting.popLast() {
          let (known, first) = (reach.ends[end.branch], branches[end.branch].firstSequence)
          guard end.sequence > known else { continue }
          reach.ends[end.branch] = end.sequence
          if known == 0, let parent = branches[end.branch].parent { waiting.append(branches.version(on: parent, at: first - 1)) }
          let news = Version(branch: end.branch, sequence: max(known + 1, first))
          waiting += try log.dependencies(from: news, to: end).map { head in
            try log.find(head, in: branches).orDamaged("change \(head.sequence) of origin \(head.origin)")
          }
        }
      }
      reaches.append(reach)
    }
  }

  /// The origins of which some branch isn't known to hold the change.
  func lacking(_ version: Version) -> Set<Origin> {
    var origins: Set<Origin> = []
    for reach in reaches where reach.ends[version.branch] < version.sequence { origins.insert(reach.origin) }
    return origins
  }
}

extension LogTable {
  /// What changes of a branch, from one to another, depend on by their headers.
  fileprivate func dependencies(from first: Version, to last: Version) throws -> [Head] {
    // A header begins with its dependencies, if it has any: few have.
    try db.all(
      "SELECT envelope FROM log WHERE key BETWEEN ? AND ? AND substr(envelope, 1, 1) = x'22'", .integer(first.key), .integer(last.key)
    ) { try Header.Envelope(bytes: $0.blob(0)).dependencies }.flatMap(\.self)
  }
}
