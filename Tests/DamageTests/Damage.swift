import DictaTestSupport

/// What happened to a file, told so that it can be done again.
struct Damage: CustomStringConvertible {
  private(set) var bytes: [UInt8]
  private(set) var description = ""

  /// Mostly one flipped bit; now and then several, a sector of zeros, or an end that is missing.
  init(to bytes: [UInt8], _ random: inout SeededRandom) {
    self.bytes = bytes
    switch random.next() % 20 {
    case 0..<16: flip(&random)
    case 16, 17: for _ in 0...(1 + random.next() % 7) { flip(&random) }
    case 18: zeroSector(&random)
    default: cut(&random)
    }
  }

  private mutating func flip(_ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    var place = Int(random.next() % UInt64(bytes.count))
    // Pages are half empty: what holds something is hit more often than not. And everything depends on the beginning.
    if random.happens(percent: 80) { while bytes[place] == 0 { place = Int(random.next() % UInt64(bytes.count)) } }
    if random.happens(percent: 4) { place = Int(random.next() % UInt64(min(100, bytes.count))) }
    let bit = Int(random.next() % 8)
    bytes[place] ^= 1 << bit
    description += "bit \(bit) of byte \(place) flipped; "
  }

  private mutating func zeroSector(_ random: inout SeededRandom) {
    let size = random.pick([512, 4096])
    let start = Int(random.next() % UInt64(bytes.count / size + 1)) * size
    let end = min(start + size, bytes.count)
    bytes.replaceSubrange(start..<end, with: [UInt8](repeating: 0, count: end - start))
    description += "bytes \(start) to \(end) are zero"
  }

  private mutating func cut(_ random: inout SeededRandom) {
    let count = Int(random.next() % UInt64(bytes.count + 1))
    bytes = Array(bytes.prefix(random.happens(percent: 50) ? count / 512 * 512 : count))
    description += "only \(bytes.count) bytes are left"
  }
}
