import DictaModels

/// A row of one of our tables, told by its shape alone. What it says may be wrong in every column.
enum FoundRow {
  case change(Change)
  case pack(Pack)
  case signature(key: Int64, signature: HeadSignature)
  case text([UInt8])
  case branch(Branch)
  case archive(Own)

  /// A row of the log.
  struct Change {
    let key: Int64
    let position: Int64
    let id: ChangeID
    let envelope: [UInt8]

    /// Nil if it is in a pack, or can't be read.
    let body: [UInt8]?
  }

  /// What the table of branches says of one.
  struct Branch: Hashable {
    let number: Int64
    let origin: Origin
    let firstSequence: UInt64
    let received: UInt64
    let receivedID: ChangeID
  }

  /// What the archive said of itself.
  struct Own: Hashable {
    let corpus: CorpusID
    let device: String

    /// How many changes it held.
    let position: Int64
  }

  /// Whether rows of these types could be one of ours: asked before the bytes of a large one are gathered.
  static func isLikely(_ types: [UInt64]) -> Bool {
    switch types.count {
    case 3: types[1] == blob(HeadSignature.byteCount) && isInteger(types[2]) || isInteger(types[1]) && isBlob(types[2])
    case 5:
      isInteger(types[1]) && types[2] == blob(32) && isBlob(types[3]) && (isBlob(types[4]) || isInteger(types[4]))
        || types[1] == blob(32) && types[2] >= 12 && isInteger(types[3]) && isInteger(types[4])
    case 10: types[1] == blob(16) && types[5] == blob(32)
    case 13: types[1] == blob(16) && types[2] == blob(16) && types[3] == blob(32) && types[4] == blob(16) && isText(types[5])
    default: false
    }
  }

  /// - Parameter payload: header and columns, whole.
  init?(_ cell: LeafCell, payload: [UInt8]) {
    let columns = RecordColumns(cell, payload)
    let key = cell.rowNumber
    switch cell.types.count {
    case 3 where Self.isInteger(cell.types[1]):
      guard let first = columns.integer(1), first > 0, let pack = try? Pack(first: Version(key: first), deflated: Array(columns.bytes(2))) else {
        return nil
      }
      self = .pack(pack)
    case 3:
      guard let signature = HeadSignature(bytes: columns.bytes(1)), key > 0 else { return nil }
      self = .signature(key: key, signature: signature)
    case 5 where Self.isText(cell.types[2]):
      self = .text(Array(columns.bytes(2)))
    case 5 where Self.isBlob(cell.types[2]) && cell.types[1] == Self.blob(32):
      guard let words = try? StoredText.inflate(Array(columns.bytes(2))) else { return nil }
      self = .text(words)
    case 5:
      guard let id = ChangeID(bytes: columns.bytes(2)), key > 0, key & 0xff_ffff_ffff > 0 else { return nil }
      self = .change(
        Change(
          key: key, position: columns.integer(1) ?? 0, id: id, envelope: Array(columns.bytes(3)),
          body: Self.isBlob(cell.types[4]) ? try? StoredBody.body(from: Array(columns.bytes(4))) : nil))
    case 10:
      guard let origin = Origin(bytes: columns.bytes(1)), let id = ChangeID(bytes: columns.bytes(5)), key >= 0, key < 1 << 22,
        let first = columns.sequence(3), let received = columns.sequence(4), first <= received
      else { return nil }
      self = .branch(Branch(number: key, origin: origin, firstSequence: first, received: received, receivedID: id))
    case 13:
      guard let corpus = CorpusID(bytes: columns.bytes(1)), let position = columns.integer(9), position >= 0 else { return nil }
      self = .archive(Own(corpus: corpus, device: String(decoding: columns.bytes(5), as: UTF8.self), position: position))
    default: return nil
    }
  }

  private static func blob(_ byteCount: Int) -> UInt64 { UInt64(12 + 2 * byteCount) }
  private static func isBlob(_ type: UInt64) -> Bool { type >= 12 && type.isMultiple(of: 2) }
  private static func isText(_ type: UInt64) -> Bool { type >= 13 && !type.isMultiple(of: 2) }
  private static func isInteger(_ type: UInt64) -> Bool { (1...6).contains(type) || type == 8 || type == 9 }
}

/// The columns of one row.
private struct RecordColumns {
  private let types: [UInt64]
  private let payload: [UInt8]
  private let starts: [Int]

  init(_ cell: LeafCell, _ payload: [UInt8]) {
    (types, self.payload) = (cell.types, payload)
    var end = cell.headerByteCount
    starts =
      [end]
      + cell.types.map { type in
        end += LeafCell.byteCount(of: type) ?? 0
        return end
      }
  }

  func bytes(_ index: Int) -> ArraySlice<UInt8> {
    guard types.indices.contains(index), starts[index + 1] <= payload.count, types[index] >= 12 else { return [] }
    return payload[starts[index]..<starts[index + 1]]
  }

  func integer(_ index: Int) -> Int64? {
    guard types.indices.contains(index), starts[index + 1] <= payload.count else { return nil }
    switch types[index] {
    case 8: return 0
    case 9: return 1
    case 1...6:
      var value: Int64 = payload[starts[index]] & 128 == 0 ? 0 : -1
      for byte in payload[starts[index]..<starts[index + 1]] { value = value << 8 | Int64(byte) }
      return value
    default: return nil
    }
  }

  func sequence(_ index: Int) -> UInt64? {
    guard let value = integer(index), value > 0, value < 1 << 40 else { return nil }
    return UInt64(value)
  }
}

extension ChangeID {
  /// Stands where a change is known from its pack alone: no change has it.
  static let lost = ChangeID(raw: .zero)
}
