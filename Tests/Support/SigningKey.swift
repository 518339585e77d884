import Crypto
import DictaModels

/// A device key that a test chooses.
public struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// - Parameter seed: the private key as RFC 8032 has it: thirty-two bytes, any.
  public init(seed: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { preconditionFailure("an Ed25519 key has 32 bytes") }
    self.key = key
  }

  public init(_ random: inout SeededRandom) {
    self.init(seed: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  public var publicKey: Bytes32 {
    guard let bytes = Bytes32(Array(key.publicKey.rawRepresentation)) else { preconditionFailure("an Ed25519 public key has 32 bytes") }
    return bytes
  }

  public func signature(of head: Head, in corpus: CorpusID) -> HeadSignature {
    HeadSignature(of: head, in: corpus, by: key)
  }

  /// Whether a signature made again has the same bytes. So says RFC 8032, but Apple's library adds chance.
  public static let areSignaturesRepeatable: Bool = {
    let (key, head) = (
      SigningKey(seed: [UInt8](repeating: 1, count: 32)), Head(origin: Origin(raw: .sixteen(1)), sequence: 1, id: ChangeID(raw: .thirtyTwo(1)))
    )
    let corpus = CorpusID(raw: .sixteen(1))
    return key.signature(of: head, in: corpus) == key.signature(of: head, in: corpus)
  }()
}
