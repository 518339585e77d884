/// One thing that happens in a history.
///
/// What exactly follows from its own chance and from what is there by then: a history from which steps were taken out still is one.
public struct Step: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, CaseIterable, Sendable {
    /// A transaction: something is added, edited, deleted, brought back, decided, merged, revised.
    case write
    /// A transaction that is too large for one change.
    case run
    /// A transaction that has to fail, and leave nothing.
    case refusedWrite
    /// A form is opened, and saved some time later.
    case draft
    case save

    /// A whole session with another device, over a good line or a bad one.
    case sync
    /// A session that is begun, and goes on while other things happen.
    case call
    /// Something of the sessions that go on.
    case tick
    /// A bundle is written at one device and read at another.
    case bundle

    case reopen
    /// The program ends without closing anything.
    case crash
    /// The clock jumps by up to ten years.
    case clock

    /// The files are kept aside, to come back later.
    case snapshot
    case restore
    /// The files go on living as another device.
    case copy
    /// The device is lost for good.
    case leave

    /// The archive is made smaller. Nothing that it says or sends becomes different.
    case compact
    /// So it is, and what was overwritten and acknowledged is dropped.
    case drop
    /// Long notes are written over one another: something to drop.
    case rewrite
    /// Everybody else syncs with it, and writes on top of what it holds.
    case round

    /// Somebody from outside writes into the corpus. No history has this by itself: it shows that what nobody wrote is found.
    case stranger

    /// Those that were put among the steps of histories later than all others.
    public static let ofCompaction: [Kind] = [.compact, .drop, .rewrite, .round]
  }

  public let kind: Kind

  /// Counts on modulo the devices that there are.
  public let device: Int
  public let chance: UInt64

  public init(_ kind: Kind, _ device: Int, _ chance: UInt64) {
    (self.kind, self.device, self.chance) = (kind, device, chance)
  }

  /// As it is written in a test.
  public var description: String {
    ".init(.\(kind.rawValue), \(device), 0x\(String(chance, radix: 16)))"
  }
}
