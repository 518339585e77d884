// The same shapes as in ByteCoding.swift, written. Every write and every hash goes through here, from other modules too: so its small parts can
// be inlined there, and they write into room that they have made before. An array that is appended to looks with each byte whether it has
// room and a second owner: that took a third longer.

/// Appends fields to bytes.
package struct ByteWriter: Sendable {
  /// What was written, and behind it zeros to be written over.
  @usableFromInline var room: [UInt8]

  /// How much was written.
  @usableFromInline var count = 0

  /// - Parameter byteCount: about how many bytes are going to be written.
  @inlinable package init(reserving byteCount: Int = 0) {
    room = byteCount > 0 ? Array(repeating: 0, count: byteCount) : []
  }

  @inlinable package var bytes: [UInt8] { Array(room[..<count]) }

  @inlinable package var byteCount: Int { count }

  /// What was written, without a copy of it.
  @inlinable package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try room.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// The bytes of a writer that isn't needed any more.
  package consuming func finish() -> [UInt8] {
    room.removeLast(room.count - count)
    return room
  }

  /// Forgets what was written and keeps the room for it.
  @inlinable package mutating func removeAll() {
    count = 0
  }

  // MARK: Fields

  @inlinable package mutating func varint(_ value: UInt64) {
    makeRoom(Self.varintByteLimit)
    count = room.withUnsafeMutableBytes { [count] in Self.put(value, into: $0, at: count) }
  }

  @inlinable package mutating func field(_ number: Int, varint value: UInt64) {
    makeRoom(1 + Self.varintByteLimit)
    count = room.withUnsafeMutableBytes { [count] room in
      room[count] = UInt8(truncatingIfNeeded: number << 3)
      return Self.put(value, into: room, at: count + 1)
    }
  }

  @inlinable package mutating func field(_ number: Int, bytes value: UnsafeRawBufferPointer) {
    makeRoom(1 + Self.varintByteLimit + value.count)
    count = room.withUnsafeMutableBytes { [count] room in
      room[count] = UInt8(truncatingIfNeeded: number << 3 | 2)
      let start = Self.put(UInt64(value.count), into: room, at: count + 1)
      UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: value)
      return start + value.count
    }
  }

  @inlinable package mutating func field(_ number: Int, bytes value: [UInt8]) {
    value.withUnsafeBytes { field(number, bytes: $0) }
  }

  /// What another one wrote.
  package mutating func field(_ number: Int, writtenBy other: ByteWriter) {
    other.withBytes { field(number, bytes: $0) }
  }

  package mutating func field(_ number: Int, bytes value: Bytes16) {
    value.withBytes { field(number, bytes: $0) }
  }

  package mutating func field(_ number: Int, bytes value: Bytes32) {
    value.withBytes { field(number, bytes: $0) }
  }

  package mutating func field(_ number: Int, string value: String) {
    var value = value
    value.withUTF8 { field(number, bytes: UnsafeRawBufferPointer($0)) }
  }

  @inlinable package mutating func raw(_ value: UnsafeRawBufferPointer) {
    makeRoom(value.count)
    room.withUnsafeMutableBytes { [count] in UnsafeMutableRawBufferPointer(rebasing: $0[count...]).copyMemory(from: value) }
    count += value.count
  }

  @inlinable package mutating func raw(_ value: [UInt8]) {
    value.withUnsafeBytes { raw($0) }
  }

  package mutating func raw(writtenBy other: ByteWriter) {
    other.withBytes { raw($0) }
  }

  package mutating func raw(_ value: Bytes16) {
    value.withBytes { raw($0) }
  }

  package mutating func raw(_ value: Bytes32) {
    value.withBytes { raw($0) }
  }

  /// A field whose length is known only once its content is written.
  @inlinable @inline(__always)
  package mutating func field(_ number: Int, message content: (inout ByteWriter) -> Void) {
    let start = begin(number)
    content(&self)
    end(start)
  }

  @usableFromInline mutating func begin(_ number: Int) -> Int {
    makeRoom(2)
    room[count] = UInt8(truncatingIfNeeded: number << 3 | 2)
    count += 2
    return count
  }

  @usableFromInline mutating func end(_ start: Int) {
    let length = count - start
    if length < 128 {
      room[start - 1] = UInt8(truncatingIfNeeded: length)
    } else {
      // Contents longer than 127 bytes are rare enough to be moved for the rest of their length.
      let more = Self.varintByteCount(UInt64(length)) - 1
      makeRoom(more)
      room.withUnsafeMutableBytes { room in
        UnsafeMutableRawBufferPointer(rebasing: room[(start + more)...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: room[start..<start + length]))
        _ = Self.put(UInt64(length), into: room, at: start - 1)
      }
      count += more
    }
  }

  /// Whole numbers one after the other in one field; nothing at all for none.
  package mutating func field(_ number: Int, packed values: [UInt64]) {
    guard !values.isEmpty else { return }
    field(number) { writer in for value in values { writer.varint(value) } }
  }

  // MARK: Sizes

  static func varintByteCount(_ value: UInt64) -> Int {
    max(1, (70 - value.leadingZeroBitCount) / 7)
  }

  /// Of a field with content of that size.
  static func delimitedByteCount(_ count: Int) -> Int {
    1 + varintByteCount(UInt64(count)) + count
  }

  // MARK: Room

  /// The most bytes that a whole number takes.
  @usableFromInline static let varintByteLimit = 10

  @inlinable @inline(__always) mutating func makeRoom(_ byteCount: Int) {
    if room.count - count < byteCount { grow(byteCount) }
  }

  @usableFromInline mutating func grow(_ byteCount: Int) {
    room.append(contentsOf: repeatElement(0, count: max(byteCount, room.count, 64)))
  }

  /// - Returns: the place behind it.
  @inlinable @inline(__always) static func put(_ value: UInt64, into room: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
    var (rest, place) = (value, place)
    while rest > 127 {
      room[place] = UInt8(truncatingIfNeeded: rest) | 128
      rest >>= 7
      place += 1
    }
    room[place] = UInt8(truncatingIfNeeded: rest)
    return place + 1
  }
}
