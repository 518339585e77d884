import DictaModels

/// Something that a damaged archive held and that neither its own bytes nor its peers gave back.
public struct Loss: Hashable, Sendable {
  public enum Subject: Hashable, Sendable {
    /// Changes of an origin; nil if nothing tells whose they were.
    case changes(origin: Origin?, sequences: ClosedRange<UInt64>)
    /// Changes of which only the number is known.
    case unknownChanges(count: Int)
    case text(TextHash)
    /// Nobody can tell.
    case anything
  }

  public let subject: Subject

  /// Why, in plain words.
  public let reason: String

  /// How many values that only these changes had written were taken over from the damaged archive's rows.
  public var rescued = 0

  init(_ subject: Subject, _ reason: String) {
    (self.subject, self.reason) = (subject, reason)
  }
}
