// SQLite's write-ahead log, read without trusting any of it. SQLite stops at the first frame that is damaged; here each frame is compared
// with the sums that stand in the one before it, so what lies behind a damaged frame is found as well.

/// Where the pages in a write-ahead log are that were committed once.
struct WriteAheadFrames {
  struct Frame {
    let page: Int

    /// Of the page's bytes, in the log.
    let offset: Int

    /// Whether this is what its transaction made of the page in the end, and its sums are right.
    var isFinal: Bool
  }

  /// In their order. What was written behind the last commit never came to be, and isn't among them.
  private(set) var frames: [Frame] = []

  /// Where the committed pages stand that the database file doesn't hold yet.
  private(set) var latest: [Int: Int] = [:]

  /// Whether a transaction of the log as it is now was committed behind a frame that was damaged. SQLite doesn't read that far.
  private(set) var isBroken = false

  private static let headerByteCount = 32
  private static let frameHeaderByteCount = 24

  /// What a log says of its pages' size; 0 if nothing.
  static func pageSize(of log: ByteFile) -> Int {
    let header = log.bytes(at: 0, count: headerByteCount)
    return isMagic(header) ? Int(header.number(at: 8, byteCount: 4)) : 0
  }

  private static func isMagic(_ header: [UInt8]) -> Bool {
    header.number(at: 0, byteCount: 4) & ~1 == 0x377f_0682
  }

  /// - Complexity: O(bytes of the log); memory for each frame, but not for its page.
  init(_ log: ByteFile?, pageSize: Int) {
    guard let log else { return }
    let size = Self.frameHeaderByteCount + pageSize
    let header = log.bytes(at: 0, count: Self.headerByteCount)
    let isBigEndian = Self.soundCount(log, size, isBigEndian: true) > Self.soundCount(log, size, isBigEndian: false)
    var sums = FrameSums(header.number(at: 24, byteCount: 4), header.number(at: 28, byteCount: 4))
    var generation: UInt64?
    var current: UInt64?
    var open: [Frame] = []
    var hasDamage = false
    var offset = Self.headerByteCount
    while offset + size <= log.byteCount {
      let bytes = log.bytes(at: offset, count: size)
      guard bytes.count == size else {
        // A place on the disk that can't be read is no end.
        offset += size
        continue
      }
      // One generation ends where the log was begun anew over it: what wasn't committed by then never was.
      // A frame whose mark is its own alone was damaged there.
      let next = log.bytes(at: offset + size + 8, count: 8).number(at: 0, byteCount: 8)
      var salt = bytes.number(at: 8, byteCount: 8)
      if let generation, salt != generation, next == generation { salt = generation }
      if generation == nil, next != 0, next == header.number(at: 16, byteCount: 8) { salt = next }
      if salt != generation {
        open = []
        generation = salt
      }
      // The log is written from its beginning each time, so what stands first is what counts.
      if current == nil { current = salt }
      sums.add(bytes[0..<8], isBigEndian: isBigEndian)
      sums.add(bytes[Self.frameHeaderByteCount...], isBigEndian: isBigEndian)
      let stated = FrameSums(bytes.number(at: 16, byteCount: 4), bytes.number(at: 20, byteCount: 4))
      let isSound = sums == stated
      sums = stated
      let page = Int(bytes.number(at: 0, byteCount: 4))
      open.append(Frame(page: page, offset: offset + Self.frameHeaderByteCount, isFinal: isSound))
      hasDamage = hasDamage || (!isSound && salt == current)
      if isSound, bytes.number(at: 4, byteCount: 4) > 0 {
        isBroken = isBroken || (hasDamage && salt == current)
        commit(open, isCurrent: salt == current)
        open = []
      }
      offset += size
    }
  }

  /// How many of the first frames are as the sums in the ones before them say, in that order of bytes. The header isn't asked.
  private static func soundCount(_ log: ByteFile, _ size: Int, isBigEndian: Bool) -> Int {
    var sums: FrameSums?
    var count = 0
    for number in 0..<32 {
      let bytes = log.bytes(at: headerByteCount + number * size, count: size)
      guard bytes.count == size else { break }
      let stated = FrameSums(bytes.number(at: 16, byteCount: 4), bytes.number(at: 20, byteCount: 4))
      if var sum = sums {
        sum.add(bytes[0..<8], isBigEndian: isBigEndian)
        sum.add(bytes[frameHeaderByteCount...], isBigEndian: isBigEndian)
        if sum == stated { count += 1 }
      } else if isMagic(log.bytes(at: 0, count: headerByteCount)) {
        let header = log.bytes(at: 0, count: headerByteCount)
        var sum = FrameSums(header.number(at: 24, byteCount: 4), header.number(at: 28, byteCount: 4))
        sum.add(bytes[0..<8], isBigEndian: isBigEndian)
        sum.add(bytes[frameHeaderByteCount...], isBigEndian: isBigEndian)
        if sum == stated { count += 1 }
      }
      sums = stated
    }
    return count
  }

  private mutating func commit(_ transaction: [Frame], isCurrent: Bool) {
    var later: Set<Int> = []
    var committed = transaction
    for index in committed.indices.reversed() where committed[index].isFinal {
      committed[index].isFinal = later.insert(committed[index].page).inserted
      if isCurrent, committed[index].isFinal { latest[committed[index].page] = committed[index].offset }
    }
    frames += committed
  }
}

/// The running sums by which SQLite tells a frame that was written whole.
private struct FrameSums: Equatable {
  private var first: UInt32
  private var second: UInt32

  init(_ first: UInt64, _ second: UInt64) {
    (self.first, self.second) = (UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
  }

  mutating func add(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
    var (a, b) = (first, second)
    bytes.withUnsafeBytes { buffer in
      for offset in stride(from: 0, to: buffer.count - 7, by: 8) {
        let (x, y) = (
          buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self), buffer.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        )
        a &+= (isBigEndian ? UInt32(bigEndian: x) : UInt32(littleEndian: x)) &+ b
        b &+= (isBigEndian ? UInt32(bigEndian: y) : UInt32(littleEndian: y)) &+ a
      }
    }
    (first, second) = (a, b)
  }
}
