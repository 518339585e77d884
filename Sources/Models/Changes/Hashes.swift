// Every hash of the protocol, and what goes into it. A text's hash is the plain SHA-256 of its UTF-8; every other one is SHA-256 over a
// domain tag that ends in a zero byte, then parts of fixed size or with their length before them, so that no two meanings share bytes.

import Crypto

/// The SHA-256 of a text's UTF-8 bytes: how rows, anchors and changes name a text.
public struct TextHash: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let raw: Bytes32

  package init(raw: Bytes32) {
    self.raw = raw
  }

  public init(of utf8: some Sequence<UInt8>) {
    var hash = SHA256()
    if utf8.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
      hash.update(data: Array(utf8))
    }
    raw = hash.bytes32()
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes32(bytes) else { return nil }
    self.raw = raw
  }

  /// Nil unless there are 64 hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.bytes(hex) else { return nil }
    self.init(bytes: bytes)
  }

  public var bytes: [UInt8] { raw.array }
  public var description: String { Hex.string(bytes) }

  public static func < (left: Self, right: Self) -> Bool {
    left.raw < right.raw
  }
}

/// The name of a change, and so of every version it wrote: the hash of its header.
public struct ChangeID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let raw: Bytes32

  package init(raw: Bytes32) {
    self.raw = raw
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes32(bytes) else { return nil }
    self.raw = raw
  }

  public var bytes: [UInt8] { raw.array }
  public var description: String { Hex.string(bytes) }

  public static func < (left: Self, right: Self) -> Bool {
    left.raw < right.raw
  }
}

/// Who writes: the first sixteen bytes of a hash of corpus, public key and nonce, so that nobody can write as another.
public struct Origin: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let raw: Bytes16

  package init(raw: Bytes16) {
    self.raw = raw
  }

  /// Nil unless there are 16 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes16(bytes) else { return nil }
    self.raw = raw
  }

  /// The origin that a device key and a nonce give in a corpus.
  public init(corpus: CorpusID, publicKey: Bytes32, nonce: Bytes16) {
    var hash = TaggedHash(.origin)
    hash.add(corpus.raw)
    hash.add(publicKey)
    hash.add(nonce)
    let full = hash.finish()
    raw = Bytes16(high: full.first, low: full.second)
  }

  public var bytes: [UInt8] { raw.array }
  public var description: String { Hex.string(bytes) }

  public static func < (left: Self, right: Self) -> Bool {
    left.raw < right.raw
  }
}

/// The hash of a change's body: of its table and of each of its groups, so that one group can be withheld and the chain still verifies.
public struct BodyHash: Hashable, Sendable {
  package let raw: Bytes32

  package init(raw: Bytes32) {
    self.raw = raw
  }

  /// - Parameters: the table and the groups in their order, each as encoded.
  package init(table: ArraySlice<UInt8>, groups: [ArraySlice<UInt8>]) {
    self.init(table: TaggedHash.of(table, .table), groups: groups.map { TaggedHash.of($0, .group) })
  }

  /// - Parameters: their hashes.
  init(table: Bytes32, groups: [Bytes32]) {
    var hash = TaggedHash(.body)
    hash.add(table)
    for group in groups { hash.add(group) }
    raw = hash.finish()
  }
}

/// SHA-256 over a domain tag and parts.
struct TaggedHash {
  enum Domain: String {
    case origin = "dicta.origin.1"
    case change = "dicta.change.1"
    case body = "dicta.body.1"
    case table = "dicta.table.1"
    case group = "dicta.group.1"
    case entity = "dicta.entity.1"
    case id = "dicta.id.1"
    case heads = "dicta.heads.1"
    case snapshot = "dicta.snapshot.1"
    case chunk = "dicta.chunk.1"
  }

  private var hash = SHA256()

  init(_ domain: Domain) {
    var tag = domain.rawValue
    tag.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    withUnsafeBytes(of: UInt8(0)) { hash.update(bufferPointer: $0) }
  }

  /// The hash of one part with its length before it.
  static func of(_ part: ArraySlice<UInt8>, _ domain: Domain) -> Bytes32 {
    part.withUnsafeBytes { of($0, domain) }
  }

  static func of(_ part: UnsafeRawBufferPointer, _ domain: Domain) -> Bytes32 {
    var hash = TaggedHash(domain)
    hash.addWithLength(part)
    return hash.finish()
  }

  mutating func add(_ part: Bytes16) {
    withUnsafeBytes(of: (part.high.bigEndian, part.low.bigEndian)) { hash.update(bufferPointer: $0) }
  }

  mutating func add(_ part: UInt64) {
    withUnsafeBytes(of: part.bigEndian) { hash.update(bufferPointer: $0) }
  }

  mutating func add(_ part: Bytes32) {
    withUnsafeBytes(of: (part.first.bigEndian, part.second.bigEndian, part.third.bigEndian, part.fourth.bigEndian)) {
      hash.update(bufferPointer: $0)
    }
  }

  /// A part of any size: its length as four bytes, big-endian, then its bytes.
  mutating func addWithLength(_ part: ArraySlice<UInt8>) {
    part.withUnsafeBytes { addWithLength($0) }
  }

  mutating func addWithLength(_ part: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt32(part.count).bigEndian) { hash.update(bufferPointer: $0) }
    hash.update(bufferPointer: part)
  }

  func finish() -> Bytes32 {
    hash.bytes32()
  }
}

extension SHA256 {
  fileprivate func bytes32() -> Bytes32 {
    finalize().withUnsafeBytes { Bytes32(bigEndian: $0, at: 0) }
  }
}
