import DictaModels
import DictaStorage

/// What an archive has promised: who writes in it, what it holds, and what that comes to.
struct State: Hashable, CustomStringConvertible {
  let digest: String
  let origin: String

  /// By origin: the last change held, as "SEQUENCE/ID".
  let heads: [String: String]

  init(_ status: ArchiveStatus) {
    digest = status.digest.description
    origin = status.origin.description
    heads = Dictionary(status.heads.map { ($0.origin.description, "\($0.sequence)/\($0.id)") }) { first, _ in first }
  }

  init?(_ spelling: Substring) {
    let parts = spelling.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    (digest, origin) = (String(parts[0]), String(parts[1]))
    var heads: [String: String] = [:]
    for head in parts[2].split(separator: ",") {
      let sides = head.split(separator: "/", maxSplits: 1)
      guard sides.count == 2 else { return nil }
      heads[String(sides[0])] = String(sides[1])
    }
    self.heads = heads
  }

  var description: String {
    "\(digest)|\(origin)|\(heads.map { "\($0)/\($1)" }.sorted().joined(separator: ","))"
  }

  /// Whether anything was written under its origin.
  var hasWritten: Bool { heads[origin] != nil }

  func sequence(of origin: String) -> UInt64 {
    heads[origin].flatMap { UInt64($0.prefix { $0 != "/" }) } ?? 0
  }
}

extension Archive {
  func state() async throws -> State {
    State(try await read { try $0.status() })
  }
}
