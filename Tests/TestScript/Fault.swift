import CDictaFaults
import Foundation

/// What happens at one of a process's calls that change a file.
///
/// Spelled `kill:812`, `tear:812`, `full:812:1` or `io:812:1`: at the call of that number, or at so many from there on. `io:12:1/600` happens at
/// call 12 and at each 600th from there on, once in a step at most. With `@3` behind it, it happens in the process that serves the third
/// session, and the number counts that process's calls; with `@0`, in each of those processes but
/// the first, which makes its archive.
struct Fault: CustomStringConvertible {
  enum Kind: String, CaseIterable {
    /// The process is killed before the call.
    case kill
    /// The process is killed when half of the call's bytes are written.
    case tear
    /// There is no room.
    case full
    /// There is no luck.
    case io

    var isDeadly: Bool { self == .kill || self == .tear }
  }

  let kind: Kind
  let first: Int
  let count: Int

  /// After how many calls it happens again; nil: never.
  let period: Int?

  /// Nil: in the process that runs the script.
  let session: Int?

  init(_ kind: Kind, at first: Int, count: Int = 1, period: Int? = nil, session: Int? = nil) {
    (self.kind, self.first, self.count, self.period, self.session) = (kind, first, count, period, session)
  }

  init?(_ spelling: String) {
    let sides = spelling.split(separator: "@")
    let period = sides.first?.split(separator: "/").dropFirst().first.flatMap { Int($0) }
    let parts = sides.first?.split(separator: "/").first?.split(separator: ":") ?? []
    guard parts.count >= 2, let kind = Kind(rawValue: String(parts[0])), let first = Int(parts[1]) else { return nil }
    self.init(kind, at: first, count: parts.count > 2 ? Int(parts[2]) ?? 1 : 1, period: period, session: sides.count > 1 ? Int(sides[1]) : nil)
  }

  var description: String {
    "\(kind):\(first)\(kind.isDeadly ? "" : ":\(count)")\(period.map { "/\($0)" } ?? "")\(session.map { "@\($0)" } ?? "")"
  }

  /// - Parameter callCount: how many calls were made already. The next one that the fault is for gets it.
  func arm(after callCount: Int = 0) {
    var first = first
    if let period, callCount >= first { first += ((callCount - first) / period + 1) * period }
    let fault: dicta_fault =
      switch kind {
      case .kill: DICTA_FAULT_KILL
      case .tear: DICTA_FAULT_TEAR
      case .full, .io: DICTA_FAULT_FAIL
      }
    dicta_faults_arm(fault, first, count, kind == .full ? ENOSPC : EIO)
  }

  static func disarm() { dicta_faults_disarm() }

  /// Begins to count again where a step began that is repeated.
  static func recount(from callCount: Int) { dicta_faults_recount(callCount) }

  /// How many calls this process has made.
  static var callCount: Int { dicta_faults_call_count() }

  /// The call that failed first: "pwrite corpus.dicta-wal". Nil if none has.
  static var hit: String? {
    let hit = String(cString: dicta_faults_first_hit())
    return hit.isEmpty ? nil : hit
  }
}
