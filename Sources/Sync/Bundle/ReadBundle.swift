import DictaModels

/// What came of a bundle.
public struct BundleReceipt: Hashable, Sendable {
  /// Changes that were not held before.
  public internal(set) var applied = 0
  public internal(set) var texts = 0

  /// Changes that were held already.
  public internal(set) var known = 0

  /// Changes that were left out, because what they rest on isn't held.
  public internal(set) var missing = 0

  /// What to import first: of each origin the last change that one left out rests on, and the bundle doesn't hold.
  public var needs: [Head] { roots.values.sorted() }

  private var roots: [Origin: Head] = [:]
  private var leftOut: [Origin: [ClosedRange<UInt64>]] = [:]

  public init() {}

  mutating func take(_ receipt: Receipt) {
    applied += receipt.received
    texts += receipt.texts
    known += receipt.known
  }

  mutating func leaveOut(_ segment: Segment, for cause: Head?) {
    missing += segment.parcels.count
    if let cause, leftOut[cause.origin]?.contains(where: { $0.contains(cause.sequence) }) != true {
      roots[cause.origin] = max(cause, roots[cause.origin] ?? cause)
    }
    var ranges = leftOut[segment.origin] ?? []
    if let last = ranges.last, last.upperBound &+ 1 == segment.firstSequence {
      ranges[ranges.count - 1] = last.lowerBound...segment.lastSequence
    } else {
      ranges.append(segment.firstSequence...segment.lastSequence)
    }
    leftOut[segment.origin] = ranges
  }
}

extension ChangeLog {
  /// Takes what a bundle holds. What is held already does no harm, and what lacks its causes is left out and counted.
  ///
  /// A log without changes adopts the bundle's corpus.
  ///
  /// - Parameters:
  ///   - name: how people know the bundle: errors name it.
  ///   - source: its next bytes, nil at its end.
  /// - Throws: ``BundleError``, or what the log or the source throws. What was taken before stays.
  /// - Complexity: O(bytes) of time; one message of memory.
  public func readBundle(_ name: String, from source: () async throws -> [UInt8]?) async throws -> BundleReceipt {
    var reader = BundleReader()
    var receipt = BundleReceipt()
    while let bytes = try await source() {
      reader.append(bytes)
      while let part = try reader.next() {
        switch part {
        case .hello(let hello): try await enter(hello.corpus)
        // Its writer may hold a change of this origin that isn't held here any more.
        case .heads(let heads): _ = try await compare(with: PeerHeads(names: heads))
        case .changes(let delivery):
          do {
            try await take(delivery, from: name, &receipt)
          } catch let refusal as RefusedDelivery {
            throw BundleError.refused(refusal, message: reader.messageNumber)
          }
        }
      }
    }
    try reader.finish()
    _ = try await acknowledge()
    return receipt
  }

  private func enter(_ corpus: CorpusID) async throws {
    let opening = try await open(for: [])
    guard opening.corpus != corpus else { return }
    guard opening.mayAdopt else { throw BundleError.otherCorpus(ours: opening.corpus, theirs: corpus) }
    try await adopt(corpus)
  }

  /// Takes a message as a whole, which is fast, or each of its segments by itself where one lacks something.
  private func take(_ delivery: Delivery, from name: String, _ receipt: inout BundleReceipt) async throws {
    do {
      receipt.take(try await receive(delivery, from: name))
      return
    } catch let refusal as RefusedDelivery where refusal.isForWantOfOthers {}
    let texts = Dictionary(delivery.texts.map { (TextHash(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
    for segment in delivery.segments {
      do {
        let part = Delivery(texts: segment.namedTexts.compactMap { texts[$0] }, segments: [segment])
        receipt.take(try await receive(part, from: name))
      } catch let refusal as RefusedDelivery where refusal.isForWantOfOthers {
        receipt.leaveOut(segment, for: refusal.missingCause)
      }
    }
  }
}

extension RefusedDelivery {
  fileprivate var missingCause: Head? {
    if case .missingCause(let head) = reason { head } else { nil }
  }

  /// Whether the delivery is sound as far as it can be told, and something it rests on isn't held. A text that isn't there came with an
  /// earlier change.
  fileprivate var isForWantOfOthers: Bool {
    switch reason {
    case .missingCause, .missingText: true
    case .malformed, .wrongSignature, .brokenChain, .wrongBirth: false
    }
  }
}

extension Segment {
  /// The texts that its changes name. Of a body that can't be read: none; whoever takes the segment refuses it.
  fileprivate var namedTexts: [TextHash] {
    var hashes: Set<TextHash> = []
    for parcel in parcels { hashes.formUnion((try? Body(bytes: parcel.body))?.texts ?? []) }
    return hashes.sorted()
  }
}
