/// A change as an archive knows it: a branch of its own numbering, and a sequence.
///
/// Branches are never renumbered, so a fork adds a branch and rewrites nothing. Elsewhere the same change is named by its id.
public struct Version: Hashable, Comparable, Sendable {
  public let branch: Int
  public let sequence: UInt64

  public init(branch: Int, sequence: UInt64) {
    self.branch = branch
    self.sequence = sequence
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.branch, left.sequence) < (right.branch, right.sequence)
  }
}

/// Which of several values is shown: the one with the greatest rank.
public struct Rank: Comparable, Sendable {
  public let writtenAt: UInt64
  public let id: ChangeID

  public init(writtenAt: UInt64, id: ChangeID) {
    self.writtenAt = writtenAt
    self.id = id
  }

  /// Equal times fall back to the change id, so every copy shows the same value.
  public static func < (left: Self, right: Self) -> Bool {
    (left.writtenAt, left.id.raw) < (right.writtenAt, right.id.raw)
  }
}
