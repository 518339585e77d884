// Names of types, fields and record members, by number and back: looked up some thirty times for each row that is written.

/// Names by number and numbers by name, in the order in which they came up.
package struct NameIndex: Sendable {
  package private(set) var list: [ExactString] = []

  /// The first names, by a hash of their bytes: the number and one, or 0. A power of two of them, at most half full.
  private var slots: [UInt16] = []
  private var keys: [ShortName] = []

  /// All others. Whoever sends names chosen to meet in one slot gains nothing: the slots hold few.
  private var others: [ExactString: Int] = [:]

  private static let slotCount = 1024
  private static let keyCount = slotCount / 2

  package init(_ list: [ExactString] = []) {
    for name in list { add(name) }
  }

  package mutating func index(of name: ExactString) -> Int {
    if let index = find(name) { return index }
    add(name)
    return list.count - 1
  }

  package func find(_ name: ExactString) -> Int? {
    if let key = ShortName(name) {
      var slot = key.slot(of: slots.count)
      while !slots.isEmpty, slots[slot] != 0 {
        let index = Int(slots[slot]) - 1
        if keys[index] == key { return index }
        slot = (slot + 1) & (slots.count - 1)
      }
      if list.count <= Self.keyCount { return nil }
    }
    return others.isEmpty ? nil : others[name]
  }

  private mutating func add(_ name: ExactString) {
    list.append(name)
    guard let key = ShortName(name), list.count <= Self.keyCount else {
      others[name] = list.count - 1
      if list.count <= Self.keyCount { keys.append(.none) }
      return
    }
    keys.append(key)
    if keys.count * 2 > slots.count {
      slots = Array(repeating: 0, count: max(32, slots.count * 2))
      for index in keys.indices where keys[index] != .none { place(index) }
    } else {
      place(list.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    var slot = keys[index].slot(of: slots.count)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt16(index + 1)
  }
}

/// A name of at most fifteen bytes, as two words.
private struct ShortName: Hashable {
  private let first: UInt64
  private let second: UInt64

  /// What no name gives.
  static let none = ShortName(first: .max, second: .max)

  private init(first: UInt64, second: UInt64) {
    (self.first, self.second) = (first, second)
  }

  init?(_ name: ExactString) {
    var string = name.string
    guard string.utf8.count <= 15 else { return nil }
    let words: (UInt64, UInt64) = string.withUTF8 { utf8 in
      var words: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &words) { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(utf8))
        bytes[15] = UInt8(utf8.count)
      }
      return words
    }
    self.init(first: words.0, second: words.1)
  }

  /// - Parameter count: a power of two.
  func slot(of count: Int) -> Int {
    let mixed = (first ^ second &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: mixed >> 40) & (count - 1)
  }
}
