/// A row as it stands in a leaf of one of SQLite's tables: its number, the types of its columns, and where its bytes are.
struct LeafCell {
  let rowNumber: Int64

  /// SQLite's serial types, of which the first is that of a column that stands for the row's number.
  let types: [UInt64]
  let headerByteCount: Int

  /// Header and columns.
  let payloadByteCount: Int

  /// What of the payload is in the page.
  let local: Range<Int>

  /// The page on which the rest begins.
  let overflowPage: Int?

  /// No row of ours is larger: a text with its hash.
  static let payloadLimit = 17 << 20

  /// What stands at an offset in a page; nil unless it could be a row of a table whose first column stands for the row's number.
  ///
  /// - Parameter usable: how many bytes of the page SQLite uses.
  init?(_ page: [UInt8], at offset: Int, usable: Int) {
    var reader = CellReader(bytes: page, position: offset, end: min(usable, page.count))
    guard let size = reader.varint(), size >= 4, size <= UInt64(Self.payloadLimit), let number = reader.varint() else { return nil }
    let start = reader.position
    guard let headerSize = reader.varint(), headerSize >= 3, headerSize <= 64, headerSize <= size, reader.varint() == 0 else { return nil }
    payloadByteCount = Int(size)
    headerByteCount = Int(headerSize)
    guard start + headerByteCount <= reader.end else { return nil }
    var types: [UInt64] = [0]
    var columnBytes = 0
    while reader.position < start + headerByteCount {
      guard let type = reader.varint(), let byteCount = Self.byteCount(of: type) else { return nil }
      types.append(type)
      columnBytes += byteCount
    }
    guard reader.position == start + headerByteCount, headerByteCount + columnBytes == payloadByteCount else { return nil }
    self.types = types
    rowNumber = Int64(bitPattern: number)
    let inPage = Self.localByteCount(of: payloadByteCount, usable: usable)
    guard inPage >= headerByteCount, start + inPage <= reader.end else { return nil }
    local = start..<start + inPage
    if inPage < payloadByteCount {
      guard local.upperBound + 4 <= reader.end else { return nil }
      overflowPage = Int(page.number(at: local.upperBound, byteCount: 4))
    } else {
      overflowPage = nil
    }
  }

  /// How many bytes a column of that type takes; nil for types that there are none of, or that are too large.
  static func byteCount(of type: UInt64) -> Int? {
    switch type {
    case 0, 8, 9: 0
    case 1...4: Int(type)
    case 5: 6
    case 6, 7: 8
    case 12...UInt64(2 * payloadLimit): Int(type - 12) / 2
    default: nil
    }
  }

  /// SQLite's rule for what of a large row stays in its page.
  private static func localByteCount(of payload: Int, usable: Int) -> Int {
    let most = usable - 35
    guard payload > most else { return payload }
    let least = (usable - 12) * 32 / 255 - 23
    let fitting = least + (payload - least) % (usable - 4)
    return fitting <= most ? fitting : least
  }
}

/// Reads SQLite's big-endian varints.
private struct CellReader {
  let bytes: [UInt8]
  var position: Int
  let end: Int

  mutating func varint() -> UInt64? {
    var result: UInt64 = 0
    for index in 0..<9 {
      guard position < end else { return nil }
      let byte = bytes[position]
      position += 1
      if index == 8 { return result << 8 | UInt64(byte) }
      result = result << 7 | UInt64(byte & 127)
      if byte < 128 { return result }
    }
    return nil
  }
}
