import CDictaFaults
import Foundation

/// What happens at one of a process's calls that change a file.
///
/// Spelled `kill:812`, `tear:812`, `full:812:1` or `io:812:1`: at the call of that number, or at so many from there on. With `@3` behind it,
/// it happens in the process that serves the third session, and the number counts that process's calls.
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

  /// Nil: in the process that runs the script.
  let session: Int?

  init(_ kind: Kind, at first: Int, count: Int = 1, session: Int? = nil) {
    (self.kind, self.first, self.count, self.session) = (kind, first, count, session)
  }

  init?(_ spelling: String) {
    let sides = spelling.split(separator: "@")
    let parts = sides.first?.split(separator: ":") ?? []
    guard parts.count >= 2, let kind = Kind(rawValue: String(parts[0])), let first = Int(parts[1]) else { return nil }
    self.init(kind, at: first, count: parts.count > 2 ? Int(parts[2]) ?? 1 : 1, session: sides.count > 1 ? Int(sides[1]) : nil)
  }

  var description: String {
    "\(kind):\(first)\(kind.isDeadly ? "" : ":\(count)")\(session.map { "@\($0)" } ?? "")"
  }

  func arm() {
    let fault: dicta_fault =
      switch kind {
      case .kill: DICTA_FAULT_KILL
      case .tear: DICTA_FAULT_TEAR
      case .full, .io: DICTA_FAULT_FAIL
      }
    dicta_faults_arm(fault, first, count, kind == .full ? ENOSPC : EIO)
  }

  static func disarm() { dicta_faults_disarm() }

  /// How many calls this process has made.
  static var callCount: Int { dicta_faults_call_count() }

  /// The call that failed first: "pwrite corpus.dicta-wal". Nil if none has.
  static var hit: String? {
    let hit = String(cString: dicta_faults_first_hit())
    return hit.isEmpty ? nil : hit
  }
}
