// A zlib stream of a few kilobytes, made four times as fast as zlib makes one.
//
// Each article that is written or received has its text and its change compressed, so that two or three fit onto a page of the database. zlib took
// an eighth of the CPU of all that: most of it to begin a stream and to make up the codes of one. Here the codes are those that the format
// fixes (RFC 1951, 3.2.6), and each repetition is looked for in one place only. What comes out is a quarter to a half larger than from zlib, and
// anybody's zlib reads it.

import DictaZlib

enum FastDeflate {
  /// In so many bytes every repetition is near enough to be referred to, and every place fits into sixteen bits.
  static let byteLimit = 1 << 15

  /// The bits of each literal and of each length, from the lowest on, and behind eight more how many they are.
  private static let literals = (0..<256).map { literal in
    literal < 144 ? code(0x30 + UInt32(literal), bitCount: 8) : code(0x190 + UInt32(literal) - 144, bitCount: 9)
  }

  private static let lengths = (0...longest).map { length in length < shortest ? 0 : code(ofLength: length) }
  private static let distances = (0..<30).map { code(UInt32($0), bitCount: 5) }

  /// zlib's are from 3 to 258; a repetition of three bytes isn't looked for.
  private static let shortest = 4
  private static let longest = 258

  /// The first byte says that repetitions may be 32 kB away, the second that nobody took pains.
  private static let header: [UInt8] = [0x78, 0x01]

  /// - Complexity: O(*bytes*).
  static func deflate(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    precondition(bytes.count <= byteLimit, "\(bytes.count) bytes are too many to be deflated fast")
    // A literal has nine bits at most, a repetition no more than its bytes would have; a word is always written whole.
    let bound = bytes.count + bytes.count / 8 + 24
    return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      var writer = BitWriter(output)
      for byte in header { writer.write(UInt64(byte), bitCount: 8) }
      // One block, the last one, with the fixed codes.
      writer.write(0b011, bitCount: 3)
      writeBlock(bytes, to: &writer)
      // The code of its end.
      writer.write(0, bitCount: 7)
      count = writer.finish(checksum: UInt32(truncatingIfNeeded: adler32(1, bytes.baseAddress, UInt32(bytes.count))))
    }
  }

  private static func writeBlock(_ bytes: UnsafeBufferPointer<UInt8>, to writer: inout BitWriter) {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
    literals.withUnsafeBufferPointer { literals in
      lengths.withUnsafeBufferPointer { lengths in
        distances.withUnsafeBufferPointer { distances in
          withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 1 << hashBitCount) { places in
            places.initialize(repeating: 0)
            var position = 0
            var missCount = 0
            // Behind it no four bytes can be read.
            let lastStart = bytes.count - shortest
            while position <= lastStart {
              let word = base.loadUnaligned(fromByteOffset: position, as: UInt32.self)
              let slot = hash(word)
              let earlier = Int(places[slot])
              places[slot] = UInt16(position)
              guard earlier < position, base.loadUnaligned(fromByteOffset: earlier, as: UInt32.self) == word else {
                writer.write(code: literals[Int(bytes[position])])
                position += 1
                missCount += 1
                // Where nothing repeats itself, such as among ids, it is looked for less and less often.
                for _ in 0..<min(missCount >> 5, lastStart - position + 1) {
                  writer.write(code: literals[Int(bytes[position])])
                  position += 1
                }
                continue
              }
              missCount = 0
              let limit = min(longest, bytes.count - position)
              var length = shortest
              while length < limit, bytes[earlier + length] == bytes[position + length] { length += 1 }
              writer.write(code: lengths[length])
              writer.write(distance: position - earlier, codes: distances)
              position += length
              guard position <= lastStart else { break }
              // Words often repeat themselves from their second letter on.
              let last = position - 2
              places[hash(base.loadUnaligned(fromByteOffset: last, as: UInt32.self))] = UInt16(last)
            }
            while position < bytes.count {
              writer.write(code: literals[Int(bytes[position])])
              position += 1
            }
          }
        }
      }
    }
  }

  private static let hashBitCount = 12

  private static func hash(_ word: UInt32) -> Int { Int((word &* 0x9E37_79B1) >> UInt32(32 - hashBitCount)) }

  // MARK: Codes

  /// A code of the format stands in the stream from its highest bit on.
  private static func code(_ value: UInt32, bitCount: UInt32) -> UInt32 {
    var reversed: UInt32 = 0
    for bit in 0..<bitCount { reversed |= (value >> bit & 1) << (bitCount - 1 - bit) }
    return packed(reversed, bitCount: bitCount)
  }

  private static func packed(_ bits: UInt32, bitCount: UInt32) -> UInt32 { bits | bitCount << 24 }

  private static func code(ofLength length: Int) -> UInt32 {
    let (symbol, extra, extraCount) = symbol(ofLength: length)
    let plain = symbol < 280 ? code(symbol - 256, bitCount: 7) : code(0xc0 + symbol - 280, bitCount: 8)
    let bitCount = plain >> 24
    return packed(plain & 0xff_ffff | extra << bitCount, bitCount: bitCount + extraCount)
  }

  private static func symbol(ofLength length: Int) -> (symbol: UInt32, extra: UInt32, extraCount: UInt32) {
    if length == longest { return (285, 0, 0) }
    let offset = UInt32(length - 3)
    guard offset >= 8 else { return (257 + offset, 0, 0) }
    let extraCount = 29 - UInt32(offset.leadingZeroBitCount)
    return (257 + 4 * extraCount + offset >> extraCount, offset & (1 << extraCount - 1), extraCount)
  }
}

/// Bits behind each other, the lowest first.
private struct BitWriter {
  private let output: UnsafeMutableRawBufferPointer
  private var byteCount = 0
  private var pending: UInt64 = 0
  private var pendingCount: UInt64 = 0

  init(_ output: UnsafeMutableBufferPointer<UInt8>) { self.output = UnsafeMutableRawBufferPointer(output) }

  /// - Parameter bitCount: at most 32.
  @inline(__always)
  mutating func write(_ bits: UInt64, bitCount: UInt64) {
    pending |= bits &<< pendingCount
    pendingCount &+= bitCount
    guard pendingCount >= 32 else { return }
    output.storeBytes(of: UInt32(truncatingIfNeeded: pending).littleEndian, toByteOffset: byteCount, as: UInt32.self)
    byteCount &+= 4
    pending &>>= 32
    pendingCount &-= 32
  }

  @inline(__always)
  mutating func write(code: UInt32) { write(UInt64(code & 0xff_ffff), bitCount: UInt64(code >> 24)) }

  @inline(__always)
  mutating func write(distance: Int, codes: UnsafeBufferPointer<UInt32>) {
    let offset = UInt32(distance - 1)
    guard offset >= 4 else { return write(code: codes[Int(offset)]) }
    let extraCount = 30 &- UInt32(offset.leadingZeroBitCount)
    write(code: codes[Int(2 &* extraCount &+ offset >> extraCount)])
    write(UInt64(offset & (1 << extraCount &- 1)), bitCount: UInt64(extraCount))
  }

  /// - Returns: how many bytes there are.
  mutating func finish(checksum: UInt32) -> Int {
    write(0, bitCount: (8 - pendingCount % 8) % 8)
    while pendingCount > 0 {
      output[byteCount] = UInt8(truncatingIfNeeded: pending)
      byteCount += 1
      pending >>= 8
      pendingCount -= 8
    }
    output.storeBytes(of: checksum.bigEndian, toByteOffset: byteCount, as: UInt32.self)
    return byteCount + 4
  }
}
