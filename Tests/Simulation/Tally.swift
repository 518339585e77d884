/// Counts that show what histories were made of.
public struct Tally: Codable, Sendable, CustomStringConvertible {
  public var histories = 0
  public var steps = 0
  public var changes = 0
  public var runs = 0
  public var refusedWrites = 0
  public var sessions = 0
  public var brokenSessions = 0
  public var bundles = 0
  public var crashes = 0
  public var copies = 0
  public var restores = 0
  public var newOrigins = 0
  public var forks = 0
  public var suspicions = 0
  public var conflicts = 0
  public var unproven = 0
  public var dead = 0
  public var compactions = 0
  public var packs = 0
  public var droppedChanges = 0
  public var refusals = 0
  public var needlessRefusals = 0
  public var parted = 0

  public init() {}

  private static let counts: [(name: String, path: WritableKeyPath<Tally, Int> & Sendable)] = [
    ("histories", \.histories), ("steps", \.steps), ("changes", \.changes), ("runs", \.runs), ("refused writes", \.refusedWrites),
    ("sessions", \.sessions), ("broken sessions", \.brokenSessions), ("bundles", \.bundles), ("crashes", \.crashes), ("copies", \.copies),
    ("restores", \.restores), ("new origins", \.newOrigins), ("forks", \.forks), ("suspicions", \.suspicions), ("conflicts", \.conflicts),
    ("archives left unproven", \.unproven), ("dead entities", \.dead),
    ("compactions", \.compactions), ("packs", \.packs), ("changes of which something was dropped", \.droppedChanges),
    ("sessions refused for that", \.refusals), ("of them without need", \.needlessRefusals), ("histories that end apart", \.parted),
  ]

  public static func += (left: inout Self, right: Self) {
    for count in counts { left[keyPath: count.path] += right[keyPath: count.path] }
  }

  /// One line for people.
  public var description: String {
    Self.counts.map { "\(self[keyPath: $0.path]) \($0.name)" }.joined(separator: ", ")
  }
}
