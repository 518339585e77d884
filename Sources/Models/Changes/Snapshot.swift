// A snapshot: a copy of all that a replica holds, for one that holds nothing. This file says what the sender signs, who gives and who takes
// the bytes, and why a snapshot is refused. What the bytes are only the storage knows that made them.

import Crypto

/// What a snapshot is, by its sender's word: everything in it can be verified but for what only a full check of the replica shows.
public struct SnapshotManifest: Hashable, Sendable {
  /// Every chunk but the last has so many bytes.
  public static let chunkByteCount = 256 << 10

  /// So a snapshot has at most 16 GiB.
  public static let chunkLimit = 1 << 16

  public static let headLimit = 1 << 16

  public let corpus: CorpusID

  /// Of the storage that the bytes are made for.
  public let schemaVersion: UInt64

  /// Of all chunks together.
  public let byteCount: Int

  /// How many changes are in it.
  public let changeCount: UInt64
  public let digest: Digest

  /// Of all branches in it, ascending, at least one. All changes in it are proven and applied, or wait for the rest of their run.
  public let heads: [Head]

  /// In order; there are as many as ``byteCount`` needs.
  public let chunkHashes: [Bytes32]

  /// What the sender's origin is made of, and verifies its signature.
  public let publicKey: Bytes32
  public let nonce: Bytes16

  /// Ed25519 over ``id``; 64 bytes.
  public private(set) var signature: [UInt8] = []

  /// Of all the rest: two snapshots with one id are the same, byte for byte.
  public let id: Bytes32

  /// Makes and signs one.
  package init(
    corpus: CorpusID, schemaVersion: UInt64, byteCount: Int, changeCount: UInt64, digest: Digest, heads: [Head], chunkHashes: [Bytes32],
    nonce: Bytes16, key: Curve25519.Signing.PrivateKey
  ) {
    guard let publicKey = Bytes32(Array(key.publicKey.rawRepresentation)) else { preconditionFailure("Ed25519 keys have 32 bytes") }
    self.init(
      corpus: corpus, schemaVersion: schemaVersion, byteCount: byteCount, changeCount: changeCount, digest: digest, heads: heads,
      chunkHashes: chunkHashes, publicKey: publicKey, nonce: nonce)
    do {
      signature = Array(try key.signature(for: statement))
    } catch {
      preconditionFailure("Ed25519 signs any bytes, and now: \(error)")
    }
  }

  private init(
    corpus: CorpusID, schemaVersion: UInt64, byteCount: Int, changeCount: UInt64, digest: Digest, heads: [Head], chunkHashes: [Bytes32],
    publicKey: Bytes32, nonce: Bytes16
  ) {
    self.corpus = corpus
    self.schemaVersion = schemaVersion
    self.byteCount = byteCount
    self.changeCount = changeCount
    self.digest = digest
    self.heads = heads
    self.chunkHashes = chunkHashes
    self.publicKey = publicKey
    self.nonce = nonce
    var writer = ByteWriter()
    writer.field(1, bytes: corpus.bytes)
    writer.field(2, varint: schemaVersion)
    writer.field(3, varint: UInt64(byteCount))
    writer.field(4, varint: changeCount)
    writer.field(5, bytes: digest.bytes)
    for head in heads { writer.field(6) { head.encode(into: &$0) } }
    writer.field(7, bytes: chunkHashes.flatMap(\.array))
    writer.field(8, bytes: publicKey.array)
    writer.field(9, bytes: nonce.array)
    unsigned = writer.bytes
    id = TaggedHash.of(writer.bytes[...], .snapshot)
  }

  /// All but the signature, as bytes.
  private let unsigned: [UInt8]

  /// Who signed it.
  public var origin: Origin { Origin(corpus: corpus, publicKey: publicKey, nonce: nonce) }

  /// Whether the holder of the public key signed it.
  public var isSigned: Bool {
    guard publicKey.canBePublicKey, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey.array) else { return false }
    return key.isValidSignature(signature, for: statement)
  }

  private var statement: [UInt8] { Array("dicta.sender.1".utf8) + [0] + id.array }

  /// Where a chunk lies among the bytes.
  public func range(ofChunk number: Int) -> Range<Int> {
    let start = number * Self.chunkByteCount
    return start..<min(start + Self.chunkByteCount, byteCount)
  }

  /// Whether these bytes are that chunk.
  public func holds(_ bytes: [UInt8], asChunk number: Int) -> Bool {
    chunkHashes.indices.contains(number) && Self.hash(ofChunk: bytes) == chunkHashes[number]
  }

  package static func hash(ofChunk bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash(ofChunk: $0) } }
  package static func hash(ofChunk bytes: UnsafeRawBufferPointer) -> Bytes32 { TaggedHash.of(bytes, .chunk) }
}

extension SnapshotManifest {
  /// As it is sent and stored.
  public var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.raw(unsigned)
    writer.field(10, bytes: signature)
    return writer.bytes
  }

  /// Who signed it is another question: ``isSigned``.
  public init(bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    try reader.expect(1)
    let corpus = CorpusID(raw: try reader.bytes16())
    try reader.expect(2, isDelimited: false)
    let schemaVersion = try reader.varint()
    try reader.expect(3, isDelimited: false)
    let byteCount = try reader.varint()
    guard byteCount > 0, byteCount <= UInt64(Self.chunkLimit * Self.chunkByteCount) else { throw reader.malformed("no snapshot has so many bytes") }
    try reader.expect(4, isDelimited: false)
    let changeCount = try reader.varint()
    guard changeCount > 0, changeCount < 1 << 40 else { throw reader.malformed("no snapshot has so many changes") }
    try reader.expect(5)
    guard let digest = Digest(bytes: try reader.bytes32().array) else { throw reader.malformed("a digest has 32 bytes") }
    var heads: [Head] = []
    var field = try reader.next()
    while let (number, isDelimited) = field, number == 6, isDelimited {
      var inner = try reader.message()
      let head = try Head(from: &inner)
      if let last = heads.last, last >= head { throw inner.malformed("heads are out of order or there twice") }
      guard heads.count < Self.headLimit else { throw inner.malformed("no snapshot has so many heads") }
      heads.append(head)
      field = try reader.next()
    }
    guard !heads.isEmpty else { throw reader.malformed("field 6 is missing") }
    guard let (number, isDelimited) = field, number == 7, isDelimited else { throw reader.malformed("field 7 is missing") }
    let hashes = try reader.delimited()
    let chunkCount = (Int(byteCount) + Self.chunkByteCount - 1) / Self.chunkByteCount
    guard hashes.count == chunkCount * 32 else { throw reader.malformed("\(chunkCount) hashes of 32 bytes each are needed here") }
    let chunkHashes = stride(from: hashes.startIndex, to: hashes.endIndex, by: 32).compactMap { Bytes32(hashes[$0..<$0 + 32]) }
    try reader.expect(8)
    let publicKey = try reader.bytes32()
    try reader.expect(9)
    let nonce = try reader.bytes16()
    try reader.expect(10)
    let signature = try reader.delimited()
    guard signature.count == HeadSignature.byteCount else { throw reader.malformed("a signature has 64 bytes") }
    try reader.finish()
    self.init(
      corpus: corpus, schemaVersion: schemaVersion, byteCount: Int(byteCount), changeCount: changeCount, digest: digest, heads: heads,
      chunkHashes: chunkHashes, publicKey: publicKey, nonce: nonce)
    self.signature = Array(signature)
  }
}

/// A part of a snapshot.
public struct SnapshotChunk: Hashable, Sendable {
  /// Counted from 0.
  public let number: Int
  public let bytes: [UInt8]

  public init(number: Int, bytes: [UInt8]) {
    self.number = number
    self.bytes = bytes
  }
}

/// What a replica that holds nothing says of the snapshot that it would take.
public struct SnapshotWish: Hashable, Sendable {
  /// Of its storage.
  public let schemaVersion: UInt64

  /// What it has of a snapshot that a cut sync left behind.
  public let held: Held?

  public struct Held: Hashable, Sendable {
    /// ``SnapshotManifest/id`` of that snapshot.
    public let id: Bytes32

    /// How many of its first chunks.
    public let chunkCount: Int

    public init(id: Bytes32, chunkCount: Int) {
      self.id = id
      self.chunkCount = chunkCount
    }
  }

  public init(schemaVersion: UInt64, held: Held? = nil) {
    self.schemaVersion = schemaVersion
    self.held = held
  }

  /// The first chunk of a snapshot that is still to be sent.
  public func firstChunk(of manifest: SnapshotManifest) -> Int {
    guard let held, held.id == manifest.id else { return 0 }
    return min(held.chunkCount, manifest.chunkHashes.count)
  }
}

/// Where a snapshot's bytes come from. It stays as it is for as long as somebody holds this.
public protocol SnapshotSource: Sendable {
  var manifest: SnapshotManifest { get }

  func chunk(_ number: Int) throws -> SnapshotChunk
}

/// Where a snapshot's bytes go. What arrived stays for the next sync, whenever this one is cut off.
public protocol SnapshotTarget: Sendable {
  /// Whether all chunks have come.
  var isWhole: Bool { get }

  /// Verifies and keeps the next chunk.
  ///
  /// - Throws: ``RefusedSnapshot``; then nothing of the snapshot is kept.
  func take(_ chunk: SnapshotChunk) async throws

  /// Looks the whole over, and makes it what the replica holds, in one step.
  ///
  /// - Throws: ``RefusedSnapshot``; then nothing of the snapshot is kept.
  func install() async throws -> Receipt
}

/// What one log took of another one without a line in between: everything.
public struct WholeCopy: Hashable, Sendable {
  public let changeCount: Int
  public let byteCount: Int

  public init(changeCount: Int, byteCount: Int) {
    self.changeCount = changeCount
    self.byteCount = byteCount
  }
}

/// Why a snapshot was refused, all of it. The next sync does without.
public struct RefusedSnapshot: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    /// It was sent to a replica that asked for none, holds something, or is told another one.
    case unasked
    case otherCorpus(CorpusID)
    case otherSchema(UInt64)
    /// Its signature isn't that of the key it names.
    case wrongSignature
    /// There is no room for it here.
    case noRoom(byteCount: Int)
    /// The chunk isn't the one that the manifest names, or not the next one.
    case wrongChunk(Int)
    /// What was put together isn't an archive, or not the one that the manifest says.
    case unfit(String)
  }

  public let sender: String

  /// Whose signature it carries, or should.
  public let origin: Origin
  public let reason: Reason

  public init(sender: String, origin: Origin, reason: Reason) {
    self.sender = sender
    self.origin = origin
    self.reason = reason
  }

  public var description: String {
    let why =
      switch reason {
      case .unasked: "wasn't asked for"
      case .otherCorpus(let corpus): "is one of another corpus, \(corpus)"
      case .otherSchema(let version): "is made for schema \(version), which wasn't asked for"
      case .wrongSignature: "doesn't carry the signature of the key that it names"
      case .noRoom(let byteCount): "takes \(byteCount) bytes twice, and there isn't so much room here"
      case .wrongChunk(let number): "was altered, or isn't in order: chunk \(number) isn't the one that was signed for"
      case .unfit(let what): "can't be taken over: \(what)"
      }
    let advice =
      switch reason {
      case .noRoom: "Nothing more of it was taken: sync again, and the log is sent instead, or the snapshot, if you make room for it"
      default: "Nothing of it was kept: sync again, and the log is sent instead"
      }
    return "the snapshot sent by \(sender), signed for origin \(origin), \(why). \(advice)"
  }
}
