import Crypto
import DictaModels

/// The key that an origin signs with. It stands in the witness and, while the archive is open, in memory; nowhere else.
struct DeviceKey: Sendable {
  let origin: Origin
  let key: Curve25519.Signing.PrivateKey

  init(origin: Origin, key: Curve25519.Signing.PrivateKey) {
    self.origin = origin
    self.key = key
  }

  /// What the witness says is the key of that origin; nil if it holds none. A flipped bit makes another key of it.
  init?(_ witness: Witness, of origin: Origin) {
    guard let bytes = [witness.identity, witness.former].compactMap(\.self).first(where: { $0.origin == origin })?.privateKey,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    else { return nil }
    self.init(origin: origin, key: key)
  }

  /// Nil if the witness holds no key of that origin.
  ///
  /// Which of its keys that is the public key says: what another one signs nobody could verify.
  init?(_ witness: Witness, of identity: ReplicaIdentity) {
    for known in [witness.identity, witness.former].compactMap(\.self) {
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: known.privateKey) else { continue }
      if Array(key.publicKey.rawRepresentation) == identity.publicKey.array {
        self.init(origin: identity.origin, key: key)
        return
      }
    }
    return nil
  }
}
