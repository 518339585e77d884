/// Chance that a seed repeats (SplitMix64).
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True in so many of a hundred cases.
  public mutating func happens(percent: UInt64) -> Bool {
    next() % 100 < percent
  }

  public mutating func number(below limit: Int) -> Int {
    Int(next() % UInt64(limit))
  }

  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// One of the elements.
  ///
  /// - Precondition: There is one.
  public mutating func pick<Element>(_ elements: some RandomAccessCollection<Element>) -> Element {
    precondition(!elements.isEmpty, "there is nothing to pick from")
    let offset = Int(next() % UInt64(elements.count))
    return elements[elements.index(elements.startIndex, offsetBy: offset)]
  }
}
