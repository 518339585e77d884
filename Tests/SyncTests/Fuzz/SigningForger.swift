// Makes what an input says of other replicas' changes whole: it knows the keys of a few origins, computes the ids that follow from what
// stands there, and signs. Without it no input would get behind the first signature.

import Crypto

@testable import DictaModels

struct SigningForger {
  static let corpus = CorpusID(raw: Bytes16(high: 0, low: 9))
  static let writers = (0..<3).map { Writer(seed: $0) }

  /// An origin whose key everybody may know.
  struct Writer {
    let key: Curve25519.Signing.PrivateKey
    let birth: Header.Birth
    let origin: Origin

    init(seed: UInt8) {
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed + 1, count: 32)),
        let publicKey = Bytes32(Array(key.publicKey.rawRepresentation))
      else { preconditionFailure("any 32 bytes are a key") }
      self.key = key
      birth = Header.Birth(publicKey: publicKey, nonce: Bytes16(high: 0, low: UInt64(seed)), device: "")
      origin = Origin(corpus: SigningForger.corpus, publicKey: publicKey, nonce: birth.nonce)
    }
  }

  /// What is left as it stands in the input.
  struct Exceptions: OptionSet {
    let rawValue: UInt64
    static let ids = Self(rawValue: 1)
    static let births = Self(rawValue: 2)
    static let signatures = Self(rawValue: 4)
  }

  let exceptions: Exceptions

  /// Of each writer the changes that came up, by their sequence; several where it forked.
  private var ids: [Origin: [UInt64: [ChangeID]]] = [:]

  init(except exceptions: Exceptions) {
    self.exceptions = exceptions
  }

  mutating func complete(_ delivery: Delivery) -> Delivery {
    Delivery(texts: delivery.texts, segments: delivery.segments.map { complete($0) })
  }

  private mutating func complete(_ segment: Segment) -> Segment {
    guard let writer = Self.writers.first(where: { $0.origin == segment.origin }) else { return segment }
    var previous = segment.previous
    if let stale = previous { previous = id(of: segment.origin, segment.firstSequence - 1, instead: stale.bytes[0]) ?? stale }
    let first = previous
    var parcels: [Segment.Parcel] = []
    for (index, parcel) in segment.parcels.enumerated() {
      let sequence = segment.firstSequence + UInt64(index)
      let completed = complete(parcel, of: writer, isFirst: sequence == 1)
      parcels.append(completed)
      guard let envelope = try? Header.Envelope(bytes: completed.envelope),
        let change = try? Change(origin: writer.origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: completed.body)
      else { break }
      previous = change.id
      let known = ids[writer.origin]?[sequence] ?? []
      if !known.contains(change.id) { ids[writer.origin, default: [:]][sequence] = known + [change.id] }
    }
    // What can't be read is refused before its signature is looked at.
    parcels += segment.parcels.dropFirst(parcels.count)
    var signature = segment.signature
    if !exceptions.contains(.signatures), let last = previous {
      signature = HeadSignature(
        of: Head(origin: writer.origin, sequence: segment.firstSequence + UInt64(segment.parcels.count - 1), id: last), in: Self.corpus,
        by: writer.key)
    }
    return Segment(
      origin: writer.origin, firstSequence: segment.firstSequence, previous: first, parcels: parcels, signature: signature)
  }

  private func complete(_ parcel: Segment.Parcel, of writer: Writer, isFirst: Bool) -> Segment.Parcel {
    var envelopeBytes = parcel.envelope
    if isFirst, !exceptions.contains(.births), var envelope = try? Header.Envelope(bytes: envelopeBytes), let birth = envelope.birth {
      envelope.birth = Header.Birth(publicKey: writer.birth.publicKey, nonce: writer.birth.nonce, device: birth.device)
      envelopeBytes = envelope.bytes
    }
    return Segment.Parcel(envelope: withIDs(envelopeBytes), body: withIDs(parcel.body))
  }

  private func id(of origin: Origin, _ sequence: UInt64, instead choice: UInt8) -> ChangeID? {
    guard !exceptions.contains(.ids), let ids = ids[origin]?[sequence] else { return nil }
    return ids[Int(choice) % ids.count]
  }

  /// The bytes with the right ids in the heads of writers that stand anywhere in them.
  private func withIDs(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 54, !exceptions.contains(.ids) else { return bytes }
    var result = bytes
    for start in 0...(bytes.count - 54) where bytes[start] == 0x0A && bytes[start + 1] == 16 {
      var reader = ByteReader(bytes[start...])
      guard (try? reader.expect(1)) != nil, let raw = try? reader.bytes16(), (try? reader.expect(2, isDelimited: false)) != nil,
        let sequence = try? reader.varint(), (try? reader.expect(3)) != nil, let stale = try? reader.bytes32(),
        let id = id(of: Origin(raw: raw), sequence, instead: stale.array[0])
      else { continue }
      let end = start + reader.position
      result.replaceSubrange(end - 32..<end, with: id.bytes)
    }
    return result
  }
}
