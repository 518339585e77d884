// Changes made elsewhere: verified, put into the log, and merged into the rows once their run is complete.

import DictaModels
import GRDB

extension Archive {
  public func receive(_ delivery: Delivery, from sender: String) async throws -> Receipt {
    try await receive(delivery, from: sender, takesReduced: false)
  }

  public func receive(_ delivery: Delivery, from sender: String, isLast: Bool) async throws -> Receipt {
    // What is going to be acknowledged next is synced with the same commit.
    isLast
      ? try await syncingToDisk { try self.take(delivery, from: sender, into: $0) } : try await receive(delivery, from: sender)
  }

  /// - Parameter takesReduced: whether bodies may be what is left of them. Only a repair knows where they come from.
  func receive(_ delivery: Delivery, from sender: String, takesReduced: Bool) async throws -> Receipt {
    try await withLedger { try self.take(delivery, from: sender, takesReduced: takesReduced, into: $0) }
  }

  private func take(_ delivery: Delivery, from sender: String, takesReduced: Bool = false, into ledger: Ledger) throws -> Receipt {
    let own = ledger.info.identity.origin
    var receiver = Receiver(ledger, sender: sender, takesReduced: takesReduced)
    let receipt = try receiver.receive(delivery)
    if receiver.origins.contains(own) { try takeNewOrigin(ledger) }
    return receipt
  }
}

/// One delivery on its way into the log.
private struct Receiver {
  private let ledger: Ledger
  private let sender: String
  private let takesReduced: Bool
  private var texts: [TextHash: ArticleText] = [:]
  private var receipt = Receipt()

  /// Of which something arrived that wasn't held.
  private(set) var origins: Set<Origin> = []

  init(_ ledger: Ledger, sender: String, takesReduced: Bool) {
    (self.ledger, self.sender, self.takesReduced) = (ledger, sender, takesReduced)
  }

  mutating func receive(_ delivery: Delivery) throws -> Receipt {
    for utf8 in delivery.texts {
      do {
        let text = try ArticleText(utf8: utf8)
        texts[text.hash] = text
      } catch {
        throw refusal(delivery.segments.first, 0, .malformed(MalformedBytes(offset: 0, reason: "a text that came along is none: \(error)")))
      }
    }
    for segment in delivery.segments {
      // The log finds a change by forty bits of its sequence, which is more than anybody will write.
      guard segment.firstSequence > 0, segment.firstSequence < 1 << 40 - 1 << 32 else {
        throw refusal(segment, 0, .malformed(MalformedBytes(offset: 0, reason: "there is no such sequence")))
      }
      guard segment.parcels.count <= Segment.changeLimit,
        segment.parcels.count == 1 || segment.parcels.reduce(0, { $0 + $1.byteCount }) <= Segment.byteLimit
      else { throw refusal(segment, 0, .malformed(MalformedBytes(offset: 0, reason: "a segment is larger than it may be"))) }
      try receive(segment)
    }
    return receipt
  }

  private func refusal(_ segment: Segment?, _ index: Int, _ reason: RefusedDelivery.Reason) -> RefusedDelivery {
    RefusedDelivery(
      sender: sender, origin: segment?.origin ?? Origin(raw: .zero), sequence: (segment?.firstSequence ?? 0) &+ UInt64(index), reason: reason)
  }

  private mutating func receive(_ segment: Segment) throws {
    let changes = try verified(segment)
    var previous: Version?
    if let id = segment.previous {
      let head = Head(origin: segment.origin, sequence: segment.firstSequence - 1, id: id)
      // What isn't proven here couldn't be handed on with what follows it.
      guard let version = try ledger.log.find(head, in: ledger.branches), ledger.branches.isProven(version) else {
        throw refusal(segment, 0, .missingCause(head))
      }
      previous = version
    }
    var isInRun = try previous.map { try ledger.log.envelope($0).isContinued } ?? false
    for (index, change) in changes.enumerated() {
      let head = Head(origin: segment.origin, sequence: change.header.sequence, id: change.id)
      if let held = try ledger.log.find(head, in: ledger.branches) {
        previous = held
        receipt.known += 1
      } else {
        do {
          previous = try add(change, after: previous, isInRun: isInRun)
        } catch let error as MalformedBytes {
          throw refusal(segment, index, .malformed(error))
        } catch let error as MissingCause {
          throw refusal(segment, index, .missingCause(error.head))
        } catch let error as MissingText {
          throw refusal(segment, index, .missingText(error.hash))
        }
        receipt.received += 1
        origins.insert(segment.origin)
      }
      isInRun = change.header.envelope.isContinued
    }
    if let end = previous {
      try ledger.keep(segment.signature, of: end)
      try ledger.publish(end)
    }
  }

  private struct MissingCause: Error { let head: Head }
  private struct MissingText: Error { let hash: TextHash }

  /// The changes of a segment, which its writer signed.
  private func verified(_ segment: Segment) throws -> [Change] {
    var changes: [Change] = []
    var previous = segment.previous
    for (index, parcel) in segment.parcels.enumerated() {
      do {
        let envelope = try Header.Envelope(bytes: parcel.envelope)
        guard takesReduced || !parcel.held.isReduced else { throw MalformedBytes(offset: 0, reason: "something of its body was dropped") }
        guard index == 0 || envelope.dependencies.isEmpty else {
          throw MalformedBytes(offset: 0, reason: "only the first change of a segment has dependencies")
        }
        let change = try Change(
          origin: segment.origin, sequence: segment.firstSequence + UInt64(index), previous: previous, envelope: envelope, held: parcel.held)
        previous = change.id
        changes.append(change)
      } catch let error as MalformedBytes {
        throw refusal(segment, index, .malformed(error))
      }
    }
    guard (segment.firstSequence == 1) == (segment.previous == nil) else { throw refusal(segment, 0, .brokenChain) }
    for (index, change) in changes.enumerated() {
      let birth = change.header.envelope.birth
      guard (change.header.sequence == 1) == (birth != nil) else { throw refusal(segment, index, .wrongBirth) }
      if let birth, Origin(corpus: ledger.info.corpus, publicKey: birth.publicKey, nonce: birth.nonce) != segment.origin {
        throw refusal(segment, index, .wrongBirth)
      }
    }
    try verifySignature(of: segment, changes)
    return changes
  }

  /// A signature costs more to verify than a small change to apply. It isn't looked at where one of the same change is held.
  private func verifySignature(of segment: Segment, _ changes: [Change]) throws {
    guard let last = changes.last else {
      throw refusal(segment, 0, .malformed(MalformedBytes(offset: 0, reason: "a segment holds no change")))
    }
    let head = Head(origin: segment.origin, sequence: last.header.sequence, id: last.id)
    if let held = try ledger.log.find(head, in: ledger.branches), try ledger.isSigned(held) { return }
    let birth = try changes[0].header.envelope.birth ?? ledger.birth(of: segment.origin)
    guard let birth else {
      let first = Head(origin: segment.origin, sequence: segment.firstSequence - 1, id: segment.previous ?? head.id)
      throw refusal(segment, 0, .missingCause(first))
    }
    guard segment.signature.isValid(for: head, in: ledger.info.corpus, publicKey: birth.publicKey) else {
      throw refusal(segment, changes.count - 1, .wrongSignature)
    }
  }

  /// Puts a change into the log, and lets it take effect if it ends its run.
  ///
  /// - Parameter isInRun: whether the change before it is continued by this one.
  private mutating func add(_ change: Change, after previous: Version?, isInRun: Bool) throws -> Version {
    let envelope = change.header.envelope
    if isInRun, !envelope.dependencies.isEmpty { throw MalformedBytes(offset: 0, reason: "only the first change of a run has dependencies") }
    let body = try change.held.content()
    let lines = try lines(of: body, envelope, after: previous)
    func check(_ names: [VersionName]) throws { for name in names { _ = try lines.version(name, in: ledger.branches) } }
    for group in body.groups {
      try check(group.overwrites)
      try check(group.seen)
      for op in group.ops { try check(op.overwrites) }
    }
    for hash in body.texts {
      if let text = texts[hash] {
        try ledger.texts.add(text, expectedAt: ledger.info.position + 1)
      } else if try !ledger.texts.holds(hash) {
        throw MissingText(hash: hash)
      }
    }
    let version = ledger.branches.append(origin: change.header.origin, previous: previous, id: change.id)
    ledger.touch(branches: [version.branch])
    ledger.info.position += 1
    try ledger.log.insert(
      LogRow(version: version, position: ledger.info.position, id: change.id, envelope: envelope.bytes, held: change.held))
    receipt.texts += try ledger.texts.place(body.texts, at: ledger.info.position)
    if !envelope.isContinued {
      if isInRun { try applyRun(endingIn: version) } else { try apply(body, version, change.id, envelope, lines) }
    }
    return version
  }

  /// The ends of a change's lines, all of which must have taken effect here.
  private func lines(of body: Body, _ envelope: Header.Envelope, after previous: Version?) throws -> Lines {
    let ends = try (envelope.dependencies + body.lines).map { head in
      guard let version = try ledger.log.find(head, in: ledger.branches), ledger.branches.isApplied(version) else { throw MissingCause(head: head) }
      return version
    }
    return Lines(ends: [previous] + ends, furtherCount: body.lines.count)
  }

  private func applyRun(endingIn last: Version) throws {
    var run = [last]
    while let first = run.last, first.sequence > 1 {
      let before = ledger.branches.version(on: first.branch, at: first.sequence - 1)
      guard try ledger.log.envelope(before).isContinued else { break }
      run.append(before)
    }
    for version in run.reversed() where !ledger.branches.isApplied(version) || version == last {
      let row = try ledger.log.row(version)
      let envelope = try Header.Envelope(bytes: row.envelope)
      let body = try row.held.content()
      let previous = version.sequence == 1 ? nil : ledger.branches.version(on: version.branch, at: version.sequence - 1)
      try apply(body, version, row.id, envelope, lines(of: body, envelope, after: previous))
    }
  }

  private func apply(_ body: Body, _ version: Version, _ id: ChangeID, _ envelope: Header.Envelope, _ lines: Lines) throws {
    for group in body.groups {
      // Nearly always nothing is known of what is created.
      if group.action == .create, try ledger.insert(EntityState(creating: group, as: version), of: group.entity) != nil { continue }
      let row = try ledger.row(group.entity)
      var state = row?.state ?? EntityState()
      try state.apply(group, as: version, naming: { try lines.version($0, in: ledger.branches) }) { other in
        try other == version ? Rank(writtenAt: envelope.writtenAt, id: id) : ledger.log.rank(other)
      }
      try ledger.store(state, of: group.entity, replacing: row)
    }
    ledger.touch(branches: ledger.branches.apply(version, id: id, lines: lines))
  }
}
