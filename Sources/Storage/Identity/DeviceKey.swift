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

  /// Nil if the witness holds no key of that origin.
  init?(_ witness: Witness, of origin: Origin) {
    guard let bytes = [witness.identity, witness.former].compactMap(\.self).first(where: { $0.origin == origin })?.privateKey,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    else { return nil }
    self.init(origin: origin, key: key)
  }
}
