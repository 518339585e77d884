import DictaTestSupport

/// What a history is made of: everything else follows from it.
public struct Scenario: Hashable, Sendable, CustomStringConvertible {
  /// What may happen beyond writes and undisturbed sessions.
  public struct Traits: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Lines are cut, or they repeat, reorder and corrupt.
    public static let badLines = Traits(rawValue: 1)
    /// Programs end without warning.
    public static let crashes = Traits(rawValue: 2)
    /// Archives are copied, restored and lost.
    public static let copies = Traits(rawValue: 4)
    /// Some devices have a newer version, which writes what the others don't know.
    public static let newerVersions = Traits(rawValue: 8)
    /// Clocks jump.
    public static let jumpingClocks = Traits(rawValue: 16)
    /// Clocks stand still, so that every time is a tie.
    public static let frozenClocks = Traits(rawValue: 32)
    /// What was overwritten is dropped before all devices were heard of, and origins are retired that are still in use.
    public static let hastyDrops = Traits(rawValue: 64)

    private static let names: [(Traits, String)] = [
      (.badLines, "badLines"), (.crashes, "crashes"), (.copies, "copies"), (.newerVersions, "newerVersions"), (.jumpingClocks, "jumpingClocks"),
      (.frozenClocks, "frozenClocks"), (.hastyDrops, "hastyDrops"),
    ]

    public var description: String {
      "[" + Self.names.filter { contains($0.0) }.map { "." + $0.1 }.joined(separator: ", ") + "]"
    }
  }

  public let seed: UInt64
  public var deviceCount: Int
  public var traits: Traits
  public var steps: [Step]

  public init(seed: UInt64, deviceCount: Int, traits: Traits, steps: [Step]) {
    (self.seed, self.deviceCount, self.traits, self.steps) = (seed, deviceCount, traits, steps)
  }

  /// A history of two to eight devices and 50 to 400 steps, and compactions among them.
  public init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var traits: Traits = []
    // One in five is without any fault, and must raise no alarm.
    if seed % 5 != 0 {
      if random.happens(percent: 75) { traits.insert(.badLines) }
      if random.happens(percent: 60) { traits.insert(.crashes) }
      if random.happens(percent: 75) { traits.insert(.copies) }
    }
    if random.happens(percent: 50) { traits.insert(.newerVersions) }
    traits.insert(random.pick([[], .jumpingClocks, .jumpingClocks, .frozenClocks]))
    let weights = Self.weights(traits)
    let total = weights.reduce(0) { $0 + $1.weight }
    let count = 50 + random.next() % random.pick([10, 10, 10, 10, 10, 10, 20, 20, 40, 40, 80, 351])
    let steps = (0..<count).map { _ in
      var ticket = random.next() % total
      let kind = weights.first { entry in
        defer { ticket = ticket < entry.weight ? 0 : ticket - entry.weight }
        return ticket < entry.weight
      }
      return Step(kind?.kind ?? .write, Int(random.next() % 8), random.next())
    }
    self.init(seed: seed, deviceCount: Int(random.pick([2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6, 8])), traits: traits, steps: steps)
    addCompactions()
  }

  /// And what makes something to drop. They come from a chance of their own, so that all else that a seed stands for is as it was before there were any.
  private mutating func addCompactions() {
    var random = SeededRandom(seed: seed &+ 4)
    if seed % 5 != 0, random.happens(percent: 40) { traits.insert(.hastyDrops) }
    steps = steps.flatMap { step in
      guard random.happens(percent: 4) else { return [step] }
      let kind = random.pick(Step.Kind.ofCompaction + [.drop, .drop, .rewrite, .rewrite])
      return [step, Step(kind, Int(random.next() % 8), random.next())]
    }
  }

  private static func weights(_ traits: Traits) -> [(kind: Step.Kind, weight: UInt64)] {
    var weights: [(kind: Step.Kind, weight: UInt64)] = [
      (.write, 44), (.run, 1), (.refusedWrite, 2), (.draft, 3), (.save, 4), (.sync, 17), (.call, 6), (.tick, 14), (.bundle, 2), (.reopen, 2),
    ]
    if traits.contains(.crashes) { weights.append((.crash, 4)) }
    if traits.contains(.jumpingClocks) { weights.append((.clock, 4)) }
    if traits.contains(.copies) { weights += [(.snapshot, 5), (.restore, 5), (.copy, 3), (.leave, 1)] }
    return weights
  }

  /// As it is written in a test.
  public var description: String {
    """
    Scenario(seed: \(seed), deviceCount: \(deviceCount), traits: \(traits), steps: [
      \(steps.map(\.description).joined(separator: ", "))])
    """
  }
}
