// Finds rows in a file without asking SQLite, which gives up where a header, an inner page or an index is damaged. Every leaf is looked at
// by itself, so a row is found as long as its own bytes are there. What is found isn't known to be true: hashes tell that later.

/// Takes rows out of the pages of a database and its write-ahead log, whatever state they are in.
struct Carver {
  private let database: ByteFile
  private let log: ByteFile?
  private let pageSize: Int
  private let usable: Int
  private let frames: WriteAheadFrames

  /// How much may still be gathered from overflow pages. Each stands for one row, so this is never used up unless many rows claim the same.
  private var overflowBytesLeft: Int

  /// The sizes of pages, and what of a page is used, that are worth trying: what the headers say, and what archives are made with.
  static func layouts(_ database: ByteFile, _ log: ByteFile?) -> [(pageSize: Int, usable: Int)] {
    let header = database.bytes(at: 0, count: 100)
    let stated = Int(header.number(at: 16, byteCount: 2))
    let reserved = header.count == 100 && header[20] <= 32 ? Int(header[20]) : 0
    let sizes = [stated == 1 ? 65_536 : stated, log.map(WriteAheadFrames.pageSize) ?? 0, 4096]
    var layouts: [(pageSize: Int, usable: Int)] = []
    for size in sizes where (512...65_536).contains(size) && size.nonzeroBitCount == 1 {
      for usable in [size - reserved, size] where usable >= 480 && !layouts.contains(where: { $0 == (size, usable) }) {
        layouts.append((size, usable))
      }
    }
    return layouts
  }

  init(_ database: ByteFile, _ log: ByteFile?, pageSize: Int, usable: Int) {
    (self.database, self.log, self.pageSize, self.usable) = (database, log, pageSize, usable)
    frames = WriteAheadFrames(log, pageSize: pageSize)
    // A file may claim any size, with nothing in it.
    overflowBytesLeft = 8 * (min(database.byteCount, 1 << 50) + min(log?.byteCount ?? 0, 1 << 50)) + 64 << 20
  }

  /// Calls `body` with every row that is found, several times with one that stands in several places.
  ///
  /// - Parameter body: is told whether the row stood in a page as a transaction left it. What didn't may have been taken back again before
  ///   it was committed.
  /// - Complexity: O(bytes of both files). Memory for a page and a row, and for each frame of the log.
  mutating func run(_ body: (FoundRow, _ wasCommitted: Bool) throws -> Void) throws {
    for page in 0..<(min(database.byteCount, 1 << 50) + pageSize - 1) / pageSize {
      if page % 1024 == 0 { try Task.checkCancellation() }
      try carve(database.bytes(at: page * pageSize, count: pageSize), isFinal: true, body)
    }
    guard let log else { return }
    for frame in frames.frames {
      try carve(log.bytes(at: frame.offset, count: pageSize), isFinal: frame.isFinal, body)
    }
  }

  private mutating func carve(_ page: [UInt8], isFinal: Bool, _ body: (FoundRow, _ wasCommitted: Bool) throws -> Void) throws {
    guard page.contains(where: { $0 != 0 }) else { return }
    let leaf = LeafPage(page, usable: usable)
    var isWhole = leaf != nil
    for offset in leaf?.cells ?? [] {
      guard let cell = LeafCell(page, at: offset, usable: usable) else {
        // Tables with other columns have other rows; those of ours all are read.
        isWhole = false
        continue
      }
      try find(cell, in: page, wasCommitted: isFinal, body)
    }
    guard !isWhole, !LeafPage.isOfAnotherKind(page, usable: usable) else { return }
    // The page's own list of its rows is damaged, or it is no such page: a row may begin anywhere.
    let known = Set(leaf?.cells ?? [])
    for offset in 0..<min(usable, page.count) where page[offset] != 0 && !known.contains(offset) {
      guard let cell = LeafCell(page, at: offset, usable: usable) else { continue }
      try find(cell, in: page, wasCommitted: false, body)
    }
  }

  private mutating func find(
    _ cell: LeafCell, in page: [UInt8], wasCommitted: Bool, _ body: (FoundRow, _ wasCommitted: Bool) throws -> Void
  ) throws {
    guard FoundRow.isLikely(cell.types) else { return }
    guard cell.overflowPage != nil else {
      if let row = FoundRow(cell, payload: Array(page[cell.local])) { try body(row, wasCommitted) }
      return
    }
    // A page that is damaged in one place may be sound in the other.
    for isLatest in frames.latest.isEmpty ? [true] : [true, false] {
      guard let payload = payload(of: cell, in: page, isLatest: isLatest) else { continue }
      if let row = FoundRow(cell, payload: payload) { try body(row, wasCommitted) }
    }
  }

  /// A row's bytes, those on overflow pages included; nil if one of them isn't there.
  ///
  /// - Parameter isLatest: whether pages are taken from the write-ahead log, where it has them.
  private mutating func payload(of cell: LeafCell, in page: [UInt8], isLatest: Bool) -> [UInt8]? {
    var payload = Array(page[cell.local])
    var next = cell.overflowPage ?? 0
    while payload.count < cell.payloadByteCount {
      guard next > 0, overflowBytesLeft > 0 else { return nil }
      let bytes: [UInt8]
      if isLatest, let offset = frames.latest[next], let log {
        bytes = log.bytes(at: offset, count: usable)
      } else {
        guard next <= database.byteCount / pageSize + 1 else { return nil }
        bytes = database.bytes(at: (next - 1) * pageSize, count: usable)
      }
      overflowBytesLeft -= usable
      let wanted = min(usable - 4, cell.payloadByteCount - payload.count)
      guard bytes.count >= 4 + wanted else { return nil }
      payload += bytes[4..<4 + wanted]
      next = Int(bytes.number(at: 0, byteCount: 4))
    }
    return payload
  }
}

/// The head of a page that lists rows of a table.
private struct LeafPage {
  /// Where its rows begin.
  let cells: [Int]

  private static let headerByteCount = 8

  /// Nil unless it says that it is a leaf of a table.
  init?(_ page: [UInt8], usable: Int) {
    guard page.first == 0x0d else { return nil }
    let count = Int(page.number(at: 3, byteCount: 2))
    guard Self.headerByteCount + 2 * count <= min(usable, page.count) else { return nil }
    cells = (0..<count).map { Int(page.number(at: Self.headerByteCount + 2 * $0, byteCount: 2)) }
  }

  /// Whether it is a page of an index, or an inner one of a table, and looks sound: those hold no rows.
  static func isOfAnotherKind(_ page: [UInt8], usable: Int) -> Bool {
    guard let kind = page.first, [0x02, 0x05, 0x0a].contains(kind) else { return false }
    let (headerByteCount, count, start) = (kind == 0x0a ? 8 : 12, Int(page.number(at: 3, byteCount: 2)), Int(page.number(at: 5, byteCount: 2)))
    guard count > 0, headerByteCount + 2 * count <= (start == 0 ? 65_536 : start), start <= usable else { return false }
    return (0..<count).allSatisfy { (start..<usable).contains(Int(page.number(at: headerByteCount + 2 * $0, byteCount: 2))) }
  }
}
