import DictaTestSupport

/// Two directions of bytes between two devices, as bad as lines are.
struct SimulatedLine {
  /// What is wrong with it.
  enum Fault: CaseIterable, Sendable {
    case none
    /// It ends after some bytes, in both directions.
    case cut
    /// Bits are flipped on the way.
    case corrupting
    /// A portion comes twice.
    case repeating
    /// Portions overtake each other.
    case reordering
  }

  private(set) var fault: Fault

  /// Whether it has done what is wrong with it.
  private(set) var hasFailed = false
  private var portions: [[[UInt8]]] = [[], []]
  private var isEnded = [false, false]

  /// Bytes that go through before it is cut, or after which it does something else.
  private var fuse: Int

  /// The most bytes that come at a time.
  private let portionLimit: Int
  private var portionCount = 0

  init(_ fault: Fault, _ random: inout SeededRandom) {
    self.fault = fault
    portionLimit = random.pick([7, 300, 5000, .max, .max])
    // The beginning of a session is as likely to be hit as the rest of it.
    fuse = Int(random.next() % random.pick([40, 200, 1000, 5000, 40_000]))
  }

  /// Sends bytes from one of the two sides, 0 or 1.
  mutating func put(_ bytes: [UInt8], from side: Int, _ random: inout SeededRandom) {
    guard !isEnded[side] else { return }
    var bytes = bytes
    if fault != .none, fuse < bytes.count, !hasFailed || fault == .cut {
      hasFailed = true
      switch fault {
      case .none: break
      case .cut:
        append(Array(bytes[..<max(0, fuse)]), side)
        cut()
        return
      case .corrupting: bytes[fuse] ^= 1 << UInt8(random.next() % 8)
      case .repeating:
        append(bytes, side)
        bytes = Array(bytes[fuse...])
      case .reordering:
        append(Array(bytes[fuse...]), side)
        bytes = Array(bytes[..<fuse])
      }
    }
    fuse -= bytes.count
    append(bytes, side)
  }

  private mutating func append(_ bytes: [UInt8], _ side: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // After a hundred small portions nothing new is learned from them.
      let limit = portionCount < 100 ? portionLimit : .max
      portions[side].append(Array(rest.prefix(limit)))
      rest = rest.dropFirst(limit)
      portionCount += 1
    }
  }

  /// Nothing more is sent from a side.
  mutating func end(_ side: Int) {
    isEnded[side] = true
  }

  mutating func cut() {
    isEnded = [true, true]
  }

  /// Whether something can be heard at a side: bytes, or the end.
  func hasNews(for side: Int) -> Bool {
    !portions[1 - side].isEmpty || isEnded[1 - side]
  }

  /// The next bytes for a side; nil at the end.
  mutating func take(for side: Int) -> [UInt8]? {
    portions[1 - side].isEmpty ? nil : portions[1 - side].removeFirst()
  }
}
