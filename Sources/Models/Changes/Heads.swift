// What replicas tell each other of what they hold: the ends of chains, by name, by hash, and signed by who wrote them.

import Crypto

/// A place on a branch, and the change that stands there: the last one held, applied or depended on, as the place of use says.
public struct Head: Hashable, Sendable {
  public let origin: Origin
  public let sequence: UInt64
  public let id: ChangeID

  public init(origin: Origin, sequence: UInt64, id: ChangeID) {
    self.origin = origin
    self.sequence = sequence
    self.id = id
  }
}

extension Head: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    (left.origin.raw, left.sequence, left.id.raw) < (right.origin.raw, right.sequence, right.id.raw)
  }
}

/// How a message names a change: its origin and sequence, and the first half of its id, which is enough to tell it from any other.
public struct HeadName: Hashable, Sendable {
  public let origin: Origin
  public let sequence: UInt64

  /// The first sixteen bytes of the change id.
  public let prefix: Bytes16

  public init(origin: Origin, sequence: UInt64, prefix: Bytes16) {
    self.origin = origin
    self.sequence = sequence
    self.prefix = prefix
  }

  public init(_ head: Head) {
    self.init(origin: head.origin, sequence: head.sequence, prefix: head.id.prefix)
  }
}

extension HeadName: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    (left.origin.raw, left.sequence, left.prefix) < (right.origin.raw, right.sequence, right.prefix)
  }
}

extension ChangeID {
  /// The half of it that messages name it by.
  public var prefix: Bytes16 { Bytes16(high: raw.first, low: raw.second) }
}

/// The hash of a set of heads. Equal hashes: both hold the same changes.
public struct HeadsHash: Hashable, Sendable, CustomStringConvertible {
  package let raw: Bytes32

  package init(raw: Bytes32) {
    self.raw = raw
  }

  /// - Parameter heads: in ascending order, each once.
  public init(of heads: [Head]) {
    var hash = TaggedHash(.heads)
    for head in heads {
      hash.add(head.origin.raw)
      hash.add(head.sequence)
      hash.add(head.id.raw)
    }
    raw = hash.finish()
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes32(bytes) else { return nil }
    self.raw = raw
  }

  public var bytes: [UInt8] { raw.array }
  public var description: String { Hex.string(bytes) }
}

/// An origin's word that a chain is its own: Ed25519 over the change that the chain ends in.
///
/// It stands for every change before it as well. Signatures of one head may differ and be valid all the same, so they are never compared.
public struct HeadSignature: Hashable, Sendable {
  public static let byteCount = 64

  public let bytes: [UInt8]

  /// Nil unless there are 64 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// - Parameter key: the device key that the head's origin is made of.
  /// - Complexity: about 40 microseconds.
  package init(of head: Head, in corpus: CorpusID, by key: Curve25519.Signing.PrivateKey) {
    do {
      bytes = Array(try key.signature(for: Self.statement(head, corpus)))
    } catch {
      preconditionFailure("Ed25519 signs any bytes, and now: \(error)")
    }
  }

  /// Whether the holder of the public key signed the head.
  ///
  /// - Complexity: about 150 microseconds.
  public func isValid(for head: Head, in corpus: CorpusID, publicKey: Bytes32) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey.array) else { return false }
    return key.isValidSignature(bytes, for: Self.statement(head, corpus))
  }

  /// What is signed: a domain tag, then parts of fixed size.
  static func statement(_ head: Head, _ corpus: CorpusID) -> [UInt8] {
    var statement = Array("dicta.head.1".utf8) + [0]
    statement += corpus.bytes + head.origin.bytes
    withUnsafeBytes(of: head.sequence.bigEndian) { statement += $0 }
    return statement + head.id.bytes
  }
}

/// A head, and its origin's word for it.
public struct SignedHead: Hashable, Sendable {
  public let head: Head
  public let signature: HeadSignature

  public init(head: Head, signature: HeadSignature) {
    self.head = head
    self.signature = signature
  }
}
