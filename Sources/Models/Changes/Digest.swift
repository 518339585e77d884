/// The sum modulo 2²⁵⁶ of the hashes of every entity's merge state: two archives with equal heads have equal digests.
///
/// It is kept up to date with each change at the cost of the entities that the change touches. A check of equality, not a proof.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  private var sum: Bytes32

  /// Of an empty corpus.
  public static let empty = Digest(Bytes32(0, 0, 0, 0))

  init(_ sum: Bytes32) {
    self.sum = sum
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let sum = Bytes32(bytes) else { return nil }
    self.sum = sum
  }

  public var bytes: [UInt8] { sum.array }
  public var description: String { Hex.string(bytes) }

  public static func += (left: inout Digest, right: Digest) {
    let (a, b) = (left.sum, right.sum)
    var carry: UInt64 = 0
    func add(_ x: UInt64, _ y: UInt64) -> UInt64 {
      let (partial, first) = x.addingReportingOverflow(y)
      let (total, second) = partial.addingReportingOverflow(carry)
      carry = first || second ? 1 : 0
      return total
    }
    let fourth = add(a.fourth, b.fourth)
    let third = add(a.third, b.third)
    let second = add(a.second, b.second)
    left.sum = Bytes32(add(a.first, b.first), second, third, fourth)
  }

  public static func -= (left: inout Digest, right: Digest) {
    let (a, b) = (left.sum, right.sum)
    var borrow: UInt64 = 0
    func subtract(_ x: UInt64, _ y: UInt64) -> UInt64 {
      let (partial, first) = x.subtractingReportingOverflow(y)
      let (total, second) = partial.subtractingReportingOverflow(borrow)
      borrow = first || second ? 1 : 0
      return total
    }
    let fourth = subtract(a.fourth, b.fourth)
    let third = subtract(a.third, b.third)
    let second = subtract(a.second, b.second)
    left.sum = Bytes32(subtract(a.first, b.first), second, third, fourth)
  }
}

extension EntityState {
  /// The hash of the state as everybody sees it: versions are named by origin and sequence.
  ///
  /// Of no weight for an entity that has no version at all: one that is only referred to.
  public func digest(of entity: Reference, origin: (Version) throws -> Origin) rethrows -> Digest {
    guard !cells.isEmpty || !tombstones.isEmpty || !restores.isEmpty else { return .empty }
    var writer = ByteWriter(reserving: 768)
    writer.field(1, string: entity.type.string)
    writer.field(2, bytes: entity.id)
    func name(_ version: Version) throws -> StateVersion {
      StateVersion(origin: try origin(version), sequence: version.sequence)
    }
    for cell in cells {
      let first = try name(cell.first.version)
      let others = try cell.others.map { try name($0.version) }
      writer.field(3) { writer in
        cell.address.encodeForDigest(into: &writer)
        // Nearly always there is one.
        guard !others.isEmpty else {
          writer.field(4) { writer in
            first.encode(into: &writer)
            writer.field(3) { cell.first.value.encodeExplicitly(into: &$0) }
          }
          return
        }
        let survivors = zip([first] + others, cell.survivors).map { (version: $0, bytes: $1.value.explicitBytes) }
        for survivor in survivors.sorted(by: {
          $0.version == $1.version ? $0.bytes.lexicographicallyPrecedes($1.bytes) : $0.version < $1.version
        }) {
          writer.field(4) { writer in
            survivor.version.encode(into: &writer)
            writer.field(3, bytes: survivor.bytes)
          }
        }
      }
    }
    guard !tombstones.isEmpty || !restores.isEmpty else { return Digest(writer.withBytes { TaggedHash.of($0, .entity) }) }
    let tombstones = try self.tombstones.map { tombstone in
      var writer = ByteWriter()
      try name(tombstone.version).encode(into: &writer)
      for version in try tombstone.seen.map(name).sorted() { writer.field(3) { version.encode(into: &$0) } }
      return (version: try name(tombstone.version), bytes: writer.bytes)
    }
    for tombstone in tombstones.sorted(by: {
      $0.version == $1.version ? $0.bytes.lexicographicallyPrecedes($1.bytes) : $0.version < $1.version
    }) {
      writer.field(4, bytes: tombstone.bytes)
    }
    for version in try restores.map(name).sorted() { writer.field(5) { version.encode(into: &$0) } }
    return Digest(writer.withBytes { TaggedHash.of($0, .entity) })
  }
}

extension CellAddress {
  fileprivate func encodeForDigest(into writer: inout ByteWriter) {
    writer.field(1, string: field.string)
    switch place {
    case .field: break
    case .element(let element): writer.field(2, bytes: element.bytes)
    case .key(let key): writer.field(3, string: key.string)
    }
  }
}

/// A version as the digest names it.
private struct StateVersion: Hashable, Comparable {
  let origin: Origin
  let sequence: UInt64

  static func < (left: Self, right: Self) -> Bool {
    (left.origin.raw, left.sequence) < (right.origin.raw, right.sequence)
  }

  func encode(into writer: inout ByteWriter) {
    writer.field(1, bytes: origin.raw)
    writer.field(2, varint: sequence)
  }
}
