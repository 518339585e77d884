// Changes what bytes say, not where they end: it takes the input for fields within fields, changes one of them somewhere, and writes the
// lengths anew. libFuzzer alone would nearly always give bytes whose lengths don't fit.

import DictaModels
import LibFuzzer

/// A field, with all that is in it.
final class Field {
  enum Content {
    case number(UInt64)
    case bytes([UInt8])
    case fields([Field])
  }

  var number: UInt8
  var content: Content

  init(_ number: UInt8, _ content: Content) {
    (self.number, self.content) = (number, content)
  }
}

/// Bytes as fields.
struct FieldTree {
  var roots: [Field]

  init(_ bytes: [UInt8]) {
    roots = Self.fields(bytes[...], depth: 0) ?? [Field(1, .bytes(bytes))]
  }

  var bytes: [UInt8] { Self.encode(roots) }

  /// Nil unless every byte belongs to a field.
  private static func fields(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Field]? {
    var rest = bytes
    var fields: [Field] = []
    while let tag = rest.popFirst() {
      guard tag < 128, tag >> 3 > 0, tag & 7 == 0 || tag & 7 == 2, let value = varint(&rest) else { return nil }
      guard tag & 7 == 2 else {
        fields.append(Field(tag >> 3, .number(value)))
        continue
      }
      guard value <= UInt64(rest.count) else { return nil }
      let content = rest.prefix(Int(value))
      rest = rest.dropFirst(Int(value))
      let inner = depth < 40 && !content.isEmpty ? Self.fields(content, depth: depth + 1) : nil
      fields.append(Field(tag >> 3, inner.map { .fields($0) } ?? .bytes(Array(content))))
    }
    return fields
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var (result, shift): (UInt64, UInt64) = (0, 0)
    while shift < 64, let byte = bytes.popFirst() {
      result |= UInt64(byte & 127) << shift
      if byte < 128 { return result }
      shift += 7
    }
    return nil
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes): (UInt64, [UInt8]) = (value, [])
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func encode(_ fields: [Field]) -> [UInt8] {
    fields.flatMap { field -> [UInt8] in
      switch field.content {
      case .number(let value): return [field.number << 3] + varint(value)
      case .bytes(let bytes): return [field.number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
      case .fields(let fields):
        let bytes = encode(fields)
        return [field.number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
      }
    }
  }

  /// All fields, each with the one it stands in.
  private var all: [(field: Field, parent: Field?)] {
    var all: [(Field, Field?)] = roots.map { ($0, nil) }
    var next = 0
    while next < all.count {
      if case .fields(let fields) = all[next].0.content { all += fields.map { [parent = all[next].0] in ($0, parent) } }
      next += 1
    }
    return all
  }

  /// Those beside a field.
  private func siblings(of parent: Field?) -> [Field] {
    guard let parent else { return roots }
    if case .fields(let fields) = parent.content { return fields }
    return []
  }

  private mutating func set(_ fields: [Field], in parent: Field?) {
    if let parent { parent.content = .fields(fields) } else { roots = fields }
  }

  // MARK: - Changes

  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 127, 128, 255, 256, 1 << 14, 1 << 16, 1 << 31, 1 << 32, (1 << 40) - 1, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, .max,
  ]

  mutating func change(_ random: inout SeededRandom) {
    let all = all
    guard !all.isEmpty else { return roots = [Field(UInt8(1 + random.next() % 5), .number(random.next() % 4))] }
    let (field, parent) = random.pick(all)
    var siblings = siblings(of: parent)
    let place = siblings.firstIndex { $0 === field } ?? 0
    switch random.next() % 12 {
    case 0:
      siblings.remove(at: place)
      set(siblings, in: parent)
    case 1:
      siblings.insert(Self.copy(field), at: place)
      set(siblings, in: parent)
    case 2:
      siblings.swapAt(place, Int(random.next() % UInt64(siblings.count)))
      set(siblings, in: parent)
    case 3: field.content = Self.copy(random.pick(all).field).content
    case 4:
      // Something of the same number, as it is likely to fit there.
      field.content = Self.copy(random.pick(all.filter { $0.field.number == field.number }).field).content
    case 5:
      siblings.insert(Self.copy(random.pick(all).field), at: Int(random.next() % UInt64(siblings.count + 1)))
      set(siblings, in: parent)
    case 6: field.number = UInt8(1 + random.next() % 10)
    default: changeContent(of: field, &random)
    }
  }

  private func changeContent(of field: Field, _ random: inout SeededRandom) {
    switch field.content {
    case .number(let value):
      field.content =
        switch random.next() % 4 {
        case 0: .number(value &+ 1)
        case 1: .number(value &- 1)
        case 2: .number(random.next() % 8)
        default: .number(random.pick(Self.numbers))
        }
    case .bytes(let bytes): field.content = .bytes(mutated(bytes, byteLimit: bytes.count + 32))
    case .fields(let fields):
      if random.happens(percent: 20) {
        field.content = .bytes(mutated(Self.encode(fields), byteLimit: Self.encode(fields).count + 32))
      } else {
        let new = Field(UInt8(1 + random.next() % 10), random.happens(percent: 50) ? .number(random.pick(Self.numbers)) : .bytes([]))
        field.content = .fields(fields + [new])
      }
    }
  }

  private static func copy(_ field: Field) -> Field {
    if case .fields(let fields) = field.content { return Field(field.number, .fields(fields.map(copy))) }
    return Field(field.number, field.content)
  }

  /// Puts something of another tree into this one.
  mutating func take(from other: FieldTree, _ random: inout SeededRandom) {
    guard let (given, _) = other.all.isEmpty ? nil : random.pick(other.all) else { return }
    let fitting = all.filter { $0.field.number == given.number }
    if !fitting.isEmpty, random.happens(percent: 60) {
      random.pick(fitting).field.content = Self.copy(given).content
    } else {
      let parent = all.isEmpty ? nil : random.pick(all).parent
      var siblings = siblings(of: parent)
      siblings.insert(Self.copy(given), at: Int(random.next() % UInt64(siblings.count + 1)))
      set(siblings, in: parent)
    }
  }
}

/// The bytes after one of libFuzzer's own changes.
func mutated(_ bytes: [UInt8], byteLimit: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: max(byteLimit, bytes.count, 1)) { buffer, count in
    _ = buffer.initialize(fromContentsOf: bytes)
    guard let start = buffer.baseAddress else { return }
    count = LLVMFuzzerMutate(start, bytes.count, buffer.count)
  }
}
