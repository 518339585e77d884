import DictaModels

/// What went into a bundle.
public struct BundleContents: Hashable, Sendable {
  public var changes = 0
  public var texts = 0
  public var bytes = 0

  public init() {}
}

extension ChangeLog {
  /// Writes what a log with these heads lacks, as a bundle: for somebody who can't be reached.
  ///
  /// Heads that aren't known here leave nothing out that could be missing there.
  ///
  /// - Parameters:
  ///   - heads: what the reader will hold by then; none gives all changes.
  ///   - isCompressed: whether to spend time for a smaller file.
  ///   - sink: takes the bundle's next bytes.
  ///   - progress: called with how many changes of how many are written.
  /// - Throws: ``ProtocolViolation/dropped(changes:)`` if some of it was dropped here; then nothing is written, or, if it was
  ///   dropped meanwhile, a bundle that nobody takes for whole.
  /// - Complexity: O(changes written) of time; one delivery of memory.
  public func writeBundle(
    since heads: [HeadName] = [], isCompressed: Bool = true, to sink: ([UInt8]) async throws -> Void,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> BundleContents {
    let opening = try await open(for: [])
    let own = try await self.heads(sinceAnyOf: [])
    let reader = PeerHeads(names: Set(heads).sorted())
    let suspects = try await compare(with: reader)
    // A reader whose head isn't known here may hold more of that origin, or a longer branch of a forked one, and nobody can be asked. The heads
    // stand for rungs, so nothing is held back.
    var shipment = try await self.shipment(to: reader, peerRungs: reader.names)
    if shipment.droppedChangeCount > 0 {
      // Of an origin that the reader is ahead of, it mostly holds what was dropped here.
      shipment = try await self.shipment(to: reader, peerRungs: reader.names.filter { suspects.contains($0.origin) })
    }
    guard shipment.droppedChangeCount == 0 else { throw ProtocolViolation.dropped(changes: shipment.droppedChangeCount) }

    var contents = BundleContents()
    let total = shipment.changeCount
    let writer = FrameWriter(compresses: isCompressed)
    func write(_ bytes: [UInt8]) async throws {
      try await sink(bytes)
      contents.bytes += bytes.count
    }
    var chance = SystemRandomNumberGenerator()
    let hello = Hello(
      corpus: opening.corpus, mayAdopt: false, heads: opening.heads, nonce: Bytes16(high: chance.next(), low: chance.next()),
      takesCompression: false, remembered: [])
    try await write(Frame.preface + writer.frames(of: .hello(hello)) + writer.frames(of: .heads(PeerHeads(names: own.names))))
    while let delivery = try await nextDelivery(of: &shipment, byteLimit: 1 << 20) {
      try await write(writer.frames(of: .changes(delivery)))
      contents.changes += delivery.changeCount
      contents.texts += delivery.texts.count
      progress(contents.changes, total)
    }
    // Without END nobody takes it for whole.
    guard shipment.droppedChangeCount == 0 else { throw ProtocolViolation.dropped(changes: shipment.droppedChangeCount) }
    try await write(writer.frames(of: .end))
    return contents
  }
}
