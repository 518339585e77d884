// An archive without a disk, as a peer sees it: what it tells, what it hands over, what it takes. Written from Documentation/Protocol.md,
// sections 10, 11 and 16, and not from DictaStorage, which it can be held against.

import DictaModels

/// A ``MemoryReplica`` with keys, signatures, texts and a memory of whom it met.
///
/// Its chance comes from a seed and its time from whoever writes, so the same history gives the same bytes. It is a value: a copy of it is
/// an archive that was copied with its key, and two copies that write make a fork.
public struct MemoryArchive: Sendable {
  public private(set) var replica: MemoryReplica
  private var random: SeededRandom
  private var keys: [Origin: SigningKey] = [:]
  private var texts: [TextHash: HeldText] = [:]
  private var signatures: [Version: HeadSignature] = [:]
  private var meetings: [Meeting] = []

  private struct HeldText: Sendable {
    let utf8: [UInt8]

    /// In the log, of the first change that names it: it travels with that one.
    let index: Int
  }

  /// A moment at which the heads told here were those of a peer.
  private struct Meeting: Sendable {
    let heads: HeadsHash
    let published: [UInt64]
  }

  public init(name: String, corpus: CorpusID, seed: UInt64) {
    replica = MemoryReplica(name: name, corpus: corpus)
    random = SeededRandom(seed: seed)
  }

  public var name: String { replica.name }
  public var corpus: CorpusID { replica.corpus }

  /// The same archive on another machine, with its key.
  public func copy(named name: String) -> MemoryArchive {
    var copy = self
    copy.replica = replica.copy(named: name)
    return copy
  }

  // MARK: Writing

  /// Writes a transaction, as one change or as a run of several.
  ///
  /// - Parameter new: the texts that the deeds name and that aren't held yet.
  @discardableResult
  public mutating func write(
    _ deeds: [Deed], texts new: [String] = [], partCount: Int = 1, writtenAt: UInt64, author: String? = nil
  ) throws -> [WrittenChange] {
    if replica.identity == nil { takeOrigin() }
    let first = replica.log.count
    let written = try replica.write(deeds, partCount: partCount, writtenAt: writtenAt, author: author, random: &random)
    let given = Dictionary(new.map { (TextHash(of: Array($0.utf8)), Array($0.utf8)) }) { first, _ in first }
    for index in replica.log.indices[first...] { keep(given, namedAt: index) }
    return written
  }

  private mutating func takeOrigin() {
    let key = SigningKey(&random)
    let nonce = Bytes16.sixteen(random.next())
    let origin = Origin(corpus: corpus, publicKey: key.publicKey, nonce: nonce)
    keys[origin] = key
    replica.identity = MemoryReplica.Identity(
      origin: origin, birth: Header.Birth(publicKey: key.publicKey, nonce: nonce, device: name))
  }

  /// Keeps those texts that a change is the first to name.
  ///
  /// - Returns: how many they are.
  @discardableResult private mutating func keep(_ given: [TextHash: [UInt8]], namedAt index: Int) -> Int {
    var count = 0
    for hash in replica.log[index].body.texts where texts[hash] == nil {
      guard let utf8 = given[hash] else { preconditionFailure("text \(hash) is neither held nor given") }
      texts[hash] = HeldText(utf8: utf8, index: index)
      count += 1
    }
    return count
  }

  // MARK: Signing

  /// Signs the last change of each own branch, and those before it where a segment has to end; from now on peers may be told of them.
  private mutating func publish() {
    for number in replica.branches.all.indices {
      if let key = keys[replica.branches[number].origin] { sign(branch: number, with: key) }
      if let end = signatures.keys.filter({ $0.branch == number }).max(by: { $0.sequence < $1.sequence }) { replica.branches.publish(end) }
    }
  }

  private mutating func sign(branch number: Int, with key: SigningKey) {
    let branch = replica.branches[number]
    var (changeCount, byteCount) = (0, 0)
    var lastIndex: Int?
    let signed = signatures.keys.filter { $0.branch == number }.map(\.sequence).max() ?? branch.firstSequence - 1
    guard signed < branch.received else { return }
    for sequence in (signed + 1)...branch.received {
      let version = Version(branch: number, sequence: sequence)
      guard let held = replica.held(version), let index = replica.logIndexes[version] else { preconditionFailure("\(version) is in the log") }
      let envelope = held.change.header.envelope
      let size =
        envelope.bytes.count + held.change.bodyBytes.count + texts.values.reduce(0) { $0 + ($1.index == index ? $1.utf8.count : 0) }
      // What came in between may have brought a text that this change names, and travels behind the segment before.
      let isAdjoining = lastIndex.map { $0 + 1 == index } ?? true
      lastIndex = index
      let mustEnd =
        !envelope.dependencies.isEmpty || !isAdjoining || changeCount == Segment.changeLimit || byteCount + size > Segment.byteLimit
      if changeCount > 0, mustEnd {
        sign(Version(branch: number, sequence: sequence - 1), with: key)
        (changeCount, byteCount) = (0, 0)
      }
      (changeCount, byteCount) = (changeCount + 1, byteCount + size)
    }
    sign(Version(branch: number, sequence: branch.received), with: key)
  }

  private mutating func sign(_ version: Version, with key: SigningKey) {
    signatures[version] = key.signature(of: head(version), in: corpus)
  }

  private func head(_ version: Version) -> Head {
    guard let id = replica.id(of: version) else { preconditionFailure("\(version) is in the log") }
    return Head(origin: replica.branches[version.branch].origin, sequence: version.sequence, id: id)
  }

  // MARK: What a peer is told

  public mutating func open(for peerRemembers: [HeadsHash] = []) -> Opening {
    publish()
    let known = meetings.reversed().map(\.heads)
    let shared = peerRemembers.filter(known.contains)
    return Opening(
      corpus: corpus, mayAdopt: replica.log.isEmpty, heads: publishedHeadsHash,
      remembered: Array((shared + known.filter { !shared.contains($0) }).prefix(16)))
  }

  private func publishedHeads(of numbers: [Int]) -> [Head] {
    numbers.compactMap { number in
      let branch = replica.branches[number]
      return branch.published < branch.firstSequence ? nil : head(Version(branch: number, sequence: branch.published))
    }.sorted()
  }

  /// Whether anything is held that no peer may be told of yet.
  public var hasUntold: Bool { replica.branches.all.contains { $0.published < $0.received } }

  /// Of all heads that may be told.
  public var publishedHeadsHash: HeadsHash { HeadsHash(of: publishedHeads(of: Array(replica.branches.all.indices))) }

  public func heads(sinceAnyOf bases: [HeadsHash]) -> PeerHeads {
    for base in bases {
      guard let meeting = meetings.last(where: { $0.heads == base }) else { continue }
      let moved = replica.branches.all.indices.filter { number in
        replica.branches[number].published > (number < meeting.published.count ? meeting.published[number] : 0)
      }
      return PeerHeads(base: base, names: publishedHeads(of: moved).map(HeadName.init))
    }
    return PeerHeads(names: publishedHeads(of: Array(replica.branches.all.indices)).map(HeadName.init))
  }

  private func find(_ name: HeadName) -> Version? {
    replica.branches.branches(of: name.origin, holding: name.sequence).map { Version(branch: $0, sequence: name.sequence) }
      .first { replica.id(of: $0)?.prefix == name.prefix }
  }

  public mutating func compare(with peer: PeerHeads) -> Set<Origin> {
    let unknown = peer.names.filter { find($0) == nil }
    if unknown.contains(where: { $0.origin == replica.identity?.origin }) { leaveOrigin() }
    let suspects = unknown.filter { name in
      replica.branches.branches(of: name.origin, holding: name.sequence).contains { replica.branches[$0].published >= name.sequence }
    }
    return Set(suspects.map(\.origin))
  }

  private mutating func leaveOrigin() {
    replica.leaveOrigin()
  }

  public func rungs(of origins: Set<Origin>) -> [HeadName] {
    var rungs: Set<HeadName> = []
    for number in origins.flatMap(replica.branches.numbers) {
      let branch = replica.branches[number]
      guard branch.published >= branch.firstSequence else { continue }
      var steps: UInt64 = 1
      var sequences: Set<UInt64> = [1]
      while steps < branch.published {
        sequences.insert(branch.published - steps)
        steps *= 2
      }
      for sequence in sequences { rungs.insert(HeadName(head(replica.branches.version(on: number, at: sequence)))) }
    }
    return rungs.sorted()
  }

  // MARK: What is handed over

  public func shipment(to peer: PeerHeads, peerRungs: [HeadName]) -> Shipment {
    var known = (peer.names + peerRungs).compactMap(find)
    if let meeting = meetings.last(where: { $0.heads == peer.base }) {
      known += meeting.published.enumerated().compactMap { number, sequence in
        sequence < replica.branches[number].firstSequence ? nil : Version(branch: number, sequence: sequence)
      }
    }
    var chains: Set<Version> = []
    for end in known {
      for sequence in stride(from: end.sequence, to: 0, by: -1) {
        guard chains.insert(replica.branches.version(on: end.branch, at: sequence)).inserted else { break }
      }
    }
    let climbed = Set(peerRungs.map(\.origin))
    let withheld = Set(peer.names.filter { find($0) == nil && !climbed.contains($0.origin) }.map(\.origin))
    let places = replica.branches.all.indices.flatMap { number -> [Shipment.Place] in
      withheld.contains(replica.branches[number].origin) ? [] : segments(of: number, beyond: chains)
    }
    return Shipment(places: places.sorted { index(of: $0) > index(of: $1) })
  }

  /// The segments of a branch that hold a change on none of the chains.
  private func segments(of number: Int, beyond chains: Set<Version>) -> [Shipment.Place] {
    let branch = replica.branches[number]
    guard branch.published >= branch.firstSequence else { return [] }
    var places: [Shipment.Place] = []
    var first: UInt64?
    // A branch may begin behind the last signature of its parent; what lies between travels with it.
    let begin = branch.parent == nil ? 1 : replica.branches.published(before: number) + 1
    for sequence in begin...branch.published {
      let version = replica.branches.version(on: number, at: sequence)
      if first == nil, !chains.contains(version) { first = sequence }
      guard let start = first, version.branch == number, signatures[version] != nil else { continue }
      places.append(Shipment.Place(branch: number, sequences: start...sequence))
      first = nil
    }
    return places
  }

  /// Where the first change of a segment stands in the log.
  private func index(of place: Shipment.Place) -> Int {
    replica.logIndexes[replica.branches.version(on: place.branch, at: place.sequences.lowerBound)] ?? 0
  }

  public func nextDelivery(of shipment: inout Shipment, byteLimit: Int) -> Delivery? {
    var delivery: Delivery?
    while let place = shipment.places.last {
      let next = segment(place)
      if let delivery, delivery.byteCount + next.byteCount > byteLimit || delivery.segments.count == Delivery.segmentLimit { break }
      delivery = Delivery(texts: (delivery?.texts ?? []) + next.texts, segments: (delivery?.segments ?? []) + next.segments)
      shipment.places.removeLast()
    }
    return delivery
  }

  private func segment(_ place: Shipment.Place) -> Delivery {
    let versions = place.sequences.map { replica.branches.version(on: place.branch, at: $0) }
    let held = versions.compactMap(replica.held)
    guard let first = held.first, let last = versions.last, let signature = signatures[last] else {
      preconditionFailure("segments end in signatures")
    }
    let indexes = versions.compactMap { replica.logIndexes[$0] }
    let texts = indexes.flatMap { index in
      // In the order in which the body names them.
      replica.log[index].body.texts.compactMap { self.texts[$0] }.filter { $0.index == index }.map(\.utf8)
    }
    let parcels = held.map { Segment.Parcel(envelope: $0.change.header.envelope.bytes, body: $0.change.bodyBytes) }
    let header = first.change.header
    let segment = Segment(
      origin: header.origin, firstSequence: header.sequence, previous: header.previous, parcels: parcels, signature: signature)
    return Delivery(texts: texts, segments: [segment])
  }

  // MARK: What is taken

  /// Verifies a delivery and takes it, all or nothing.
  ///
  /// - Throws: ``RefusedDelivery``.
  public mutating func receive(_ delivery: Delivery, from sender: String) throws(RefusedDelivery) -> Receipt {
    let before = self
    do {
      var given: [TextHash: [UInt8]] = [:]
      for text in delivery.texts { given[TextHash(of: text)] = text }
      var receipt = Receipt()
      for segment in delivery.segments { try receive(segment, given, from: sender, &receipt) }
      return receipt
    } catch {
      self = before
      throw error
    }
  }

  private mutating func receive(
    _ segment: Segment, _ given: [TextHash: [UInt8]], from sender: String, _ receipt: inout Receipt
  ) throws(RefusedDelivery) {
    let changes = try verified(segment, sender)
    for change in changes {
      let header = change.header
      let refusal = { (reason: RefusedDelivery.Reason) in
        RefusedDelivery(sender: sender, origin: header.origin, sequence: header.sequence, reason: reason)
      }
      if replica.holds(change.id) {
        receipt.known += 1
        continue
      }
      try check(change, given, refusal)
      guard try replica.take(change, refusal) else { continue }
      receipt.received += 1
      receipt.texts += keep(given, namedAt: replica.log.count - 1)
      // A change of one's own that one doesn't hold: one was restored, or copied.
      if header.origin == replica.identity?.origin { leaveOrigin() }
    }
    guard let last = changes.last, let end = replica.place(of: last.id) else { return }
    if signatures[end] == nil { signatures[end] = segment.signature }
    replica.branches.publish(end)
  }

  /// The changes of a segment, which its writer signed.
  private func verified(_ segment: Segment, _ sender: String) throws(RefusedDelivery) -> [Change] {
    func refusal(_ sequence: UInt64, _ reason: RefusedDelivery.Reason) -> RefusedDelivery {
      RefusedDelivery(sender: sender, origin: segment.origin, sequence: sequence, reason: reason)
    }
    guard (segment.firstSequence == 1) == (segment.previous == nil) else { throw refusal(segment.firstSequence, .brokenChain) }
    var (changes, previous, sequence) = ([Change](), segment.previous, segment.firstSequence)
    for parcel in segment.parcels {
      do throws(MalformedBytes) {
        let envelope = try Header.Envelope(bytes: parcel.envelope)
        guard changes.isEmpty || envelope.dependencies.isEmpty else {
          throw MalformedBytes(offset: 0, reason: "only the first change of a segment has dependencies")
        }
        changes.append(
          try Change(origin: segment.origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: parcel.body))
      } catch {
        throw refusal(sequence, .malformed(error))
      }
      let birth = changes.last?.header.envelope.birth
      let proven = birth.map { Origin(corpus: corpus, publicKey: $0.publicKey, nonce: $0.nonce) }
      guard proven == (sequence == 1 ? segment.origin : nil) else { throw refusal(sequence, .wrongBirth) }
      (previous, sequence) = (changes.last?.id, sequence + 1)
    }
    guard let first = changes.first, let last = changes.last else {
      throw refusal(sequence, .malformed(MalformedBytes(offset: 0, reason: "a segment holds no change")))
    }
    if let previous = segment.previous {
      let head = Head(origin: segment.origin, sequence: segment.firstSequence - 1, id: previous)
      // What isn't proven here couldn't be handed on with what follows it.
      guard let place = replica.place(of: previous), self.head(place) == head, replica.branches.isProven(place) else {
        throw refusal(segment.firstSequence, .missingCause(head))
      }
    }
    if let place = replica.place(of: last.id), signatures[place] != nil { return changes }
    let root = replica.branches.numbers(of: segment.origin).first.flatMap { replica.held(Version(branch: $0, sequence: 1)) }
    guard let birth = first.header.envelope.birth ?? root?.change.header.envelope.birth else {
      preconditionFailure("who holds the change before holds the first")
    }
    let head = Head(origin: segment.origin, sequence: last.header.sequence, id: last.id)
    guard segment.signature.isValid(for: head, in: corpus, publicKey: birth.publicKey) else { throw refusal(head.sequence, .wrongSignature) }
    return changes
  }

  /// That all is here which the change rests on, and every text it names.
  private func check(
    _ change: Change, _ given: [TextHash: [UInt8]], _ refusal: (RefusedDelivery.Reason) -> RefusedDelivery
  ) throws(RefusedDelivery) {
    let body: Body
    do {
      body = try Body(bytes: change.bodyBytes)
    } catch {
      throw refusal(.malformed(error))
    }
    for head in change.header.envelope.dependencies + body.lines {
      guard let place = replica.place(of: head.id), replica.branches.isApplied(place), self.head(place) == head else {
        throw refusal(.missingCause(head))
      }
    }
    for hash in body.texts where texts[hash] == nil && given[hash] == nil { throw refusal(.missingText(hash)) }
  }

  // MARK: The end of a session

  /// The hash of the heads that may be told now. There is no disk that anything could be synced to.
  public func acknowledge() -> HeadsHash { publishedHeadsHash }

  /// - Precondition: Nothing is held.
  public mutating func adopt(_ corpus: CorpusID) {
    precondition(replica.log.isEmpty, "only an empty archive adopts a corpus")
    replica = MemoryReplica(name: name, corpus: corpus)
  }

  /// Notes that a peer held exactly these heads too, if they are still the heads here.
  public mutating func remember(_ heads: HeadsHash) {
    guard publishedHeadsHash == heads else { return }
    meetings.removeAll { $0.heads == heads }
    meetings.append(Meeting(heads: heads, published: replica.branches.all.map(\.published)))
  }
}
