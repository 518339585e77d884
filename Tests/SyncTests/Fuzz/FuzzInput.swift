// What the fuzzers in Tests/Fuzzing and the tests of their corpus share: an input, and what it may break.

/// The bytes of an input: the first few choose what is done with the others.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  /// The next byte; 0 behind the last one.
  mutating func byte() -> UInt8 {
    rest.popFirst() ?? 0
  }
}

/// A property that an input breaks.
struct BrokenProperty: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
  if !holds { throw BrokenProperty(otherwise()) }
}
