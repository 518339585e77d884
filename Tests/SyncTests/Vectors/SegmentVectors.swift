import DictaModels
import DictaSync
import DictaTestSupport

/// Deliveries of signed segments to a replica that holds something already, and what it says of them.
struct SegmentVectors {
  struct Case {
    let name: String

    /// What it has taken before.
    let before: [Delivery]
    let delivery: Delivery

    /// Which change is to blame, and why; nil for what is taken.
    let refusal: (reason: String, sequence: UInt64)?
  }

  static let corpus = CorpusID("0198c2f4-0000-7000-8000-000000000001")!

  private var cases: [Case] = []

  static func all() throws -> [Case] {
    var vectors = Self()
    try vectors.addChains()
    try vectors.addCauses()
    try vectors.addRunsAndForks()
    try vectors.addTexts()
    try vectors.addIdentities()
    try vectors.addSignatures()
    try vectors.addBytes()
    return vectors.cases.filter { $0.refusal == nil } + vectors.cases.filter { $0.refusal != nil }
  }

  private mutating func take(_ name: String, after before: [Delivery] = [], _ delivery: Delivery) {
    cases.append(Case(name: name, before: before, delivery: delivery, refusal: nil))
  }

  private mutating func refuse(_ name: String, _ reason: String, _ sequence: UInt64, after before: [Delivery] = [], _ delivery: Delivery) {
    cases.append(Case(name: name, before: before, delivery: delivery, refusal: (reason, sequence)))
  }

  // MARK: What changes say

  private func claim(_ number: UInt64) -> Reference { Reference(type: "claim", id: .sixteen(number)) }

  private func creating(_ number: UInt64, _ value: Value = .string("words")) -> Body {
    Body(groups: [Group(entity: claim(number), action: .create, ops: [Op(.field("text"), value)])])
  }

  private func editing(_ number: UInt64, over names: VersionName..., lines: [Head] = []) -> Body {
    let op = Op(.field("text"), .string("other words"), overwrites: names)
    return Body(groups: [Group(entity: claim(number), action: .edit, ops: [op])], lines: lines)
  }

  private func scribe(_ seed: UInt8 = 1) -> Scribe { Scribe(Self.corpus, seed: seed) }

  // MARK: Chains

  private mutating func addChains() throws {
    var scribe = scribe()
    let first = try scribe.segment(.init(creating(1)))
    let second = try scribe.segment(.init(editing(1, over: VersionName(line: 0, sequence: 1))))
    let third = try scribe.segment(.init(creating(3)))
    var again = self.scribe()
    let whole = try again.segment([1, 2, 3].map { .init($0 == 2 ? editing(1, over: VersionName(line: 0, sequence: 1)) : creating($0)) })
    take("first change", Delivery(first))
    take("next change", after: [Delivery(first)], Delivery(second))
    take("two segments that follow each other", Delivery(first, second))
    take("three changes in one segment", Delivery(whole))
    take("segment that is held already", after: [Delivery(first)], Delivery(first))
    take("segment of which the beginning is held already", after: [Delivery(first)], Delivery(whole))
    take("segment twice in one delivery", Delivery(first, first))
    var long = self.scribe(2)
    take("segment of 256 changes", Delivery(try long.segment((1...256).map { .init(creating($0)) })))
    var longer = self.scribe(2)
    refuse("segment of 257 changes", "unreadable", 0, Delivery(try longer.segment((1...257).map { .init(creating($0)) })))
    refuse("gap: the change before is not held", "missingCause", 3, after: [Delivery(first)], Delivery(third))
    refuse("segments in the wrong order", "missingCause", 2, Delivery(second, first))
    refuse(
      "segment behind another change than it says", "missingCause", 2, after: [Delivery(first)],
      Delivery(try scribe.signing(second.saying(previous: scribe.head.id))))
    refuse(
      "segment numbered one too high", "missingCause", 3, after: [Delivery(first)], Delivery(try scribe.signing(second.saying(firstSequence: 3))))
    refuse("sound segment with one behind it that is refused", "missingCause", 3, Delivery(first, third))
  }

  // MARK: Causes

  private mutating func addCauses() throws {
    var (one, two) = (scribe(1), scribe(2))
    let first = try one.segment(.init(creating(1)))
    let resting = try two.segment(.init(editing(1, over: VersionName(line: 1, sequence: 1)), dependencies: [one.head]))
    take("dependency that is held", after: [Delivery(first)], Delivery(resting))
    take("dependency that comes along", Delivery(first, resting))
    refuse("dependency that is missing", "missingCause", 1, Delivery(resting))
    refuse("dependency that comes behind", "missingCause", 1, Delivery(resting, first))

    var line = scribe(3)
    let own = try line.segment(.init(creating(3)))
    let lined = try line.segment(.init(editing(1, over: VersionName(line: 1, sequence: 1), lines: [one.head])))
    take("further line that is held", after: [Delivery(first)], Delivery(own, lined))
    refuse("further line that is missing", "missingCause", 2, Delivery(own, lined))

    func wrong(_ head: Head) throws -> Delivery {
      var scribe = self.scribe(4)
      return Delivery(try scribe.segment(.init(editing(1, over: VersionName(line: 1, sequence: 1)), dependencies: [head])))
    }
    let head = one.head
    refuse(
      "dependency named with another sequence", "missingCause", 1, after: [Delivery(first)],
      try wrong(Head(origin: head.origin, sequence: 2, id: head.id)))
    refuse(
      "dependency named with another origin", "missingCause", 1, after: [Delivery(first), Delivery(own)],
      try wrong(Head(origin: line.origin, sequence: 1, id: head.id)))

    var names = scribe(5)
    let begin = try names.segment(.init(creating(5)))
    func naming(_ name: VersionName) throws -> Delivery {
      var scribe = names
      return Delivery(try scribe.segment(.init(editing(5, over: name))))
    }
    refuse("version on a line that the change doesn't have", "malformed", 2, after: [Delivery(begin)], try naming(VersionName(line: 1, sequence: 1)))
    refuse("version beyond the end of its line", "malformed", 2, after: [Delivery(begin)], try naming(VersionName(line: 0, sequence: 2)))
    var fresh = scribe(6)
    refuse(
      "version on the line before a first change", "malformed", 1,
      Delivery(try fresh.segment(.init(editing(1, over: VersionName(line: 0, sequence: 1))))))

    var later = scribe(7)
    refuse(
      "dependencies in a later change of a segment", "malformed", 2, after: [Delivery(first)],
      Delivery(try later.segment(.init(creating(7)), .init(creating(8), dependencies: [one.head]))))
  }

  // MARK: Runs and forks

  private mutating func addRunsAndForks() throws {
    var (one, two) = (scribe(1), scribe(2))
    let begin = try one.segment(.init(creating(1), isContinued: true))
    var rest = one
    let end = try rest.segment(.init(creating(2)))
    take("run that lacks its end", Delivery(begin))
    take("end of a run", after: [Delivery(begin)], Delivery(end))
    take("run in two segments", Delivery(begin, end))
    refuse(
      "dependency on a run that lacks its end", "missingCause", 1, after: [Delivery(begin)],
      Delivery(try two.segment(.init(creating(3), dependencies: [one.head]))))
    var line = scribe(3)
    refuse(
      "line that ends in a run that lacks its end", "missingCause", 1, after: [Delivery(begin)],
      Delivery(try line.segment(.init(editing(1, over: VersionName(line: 1, sequence: 1), lines: [one.head])))))
    var other = scribe(4)
    let known = try other.segment(.init(creating(4)))
    var resting = one
    refuse(
      "dependencies in the middle of a run", "malformed", 2, after: [Delivery(begin), Delivery(known)],
      Delivery(try resting.segment(.init(creating(5), dependencies: [other.head]))))

    var fork = scribe(5)
    let root = try fork.segment(.init(creating(1)), .init(creating(2)))
    var branch = fork
    branch.stepBack(to: 1)
    let left = try fork.segment(.init(creating(3)))
    let right = try branch.segment(.init(creating(4)))
    take("fork in the middle of a segment that is held", after: [Delivery(root), Delivery(left)], Delivery(right))
    take("fork in one delivery", Delivery(root, right, left))
    var anew = scribe(5)
    take("fork from the first change on", after: [Delivery(root)], Delivery(try anew.segment(.init(creating(9)))))
    var (oneEnd, otherEnd) = (one, one)
    take(
      "fork within a run", after: [Delivery(begin)],
      Delivery(try oneEnd.segment(.init(creating(2))), try otherEnd.segment(.init(creating(3)))))
  }

  // MARK: Texts

  private mutating func addTexts() throws {
    let (words, more) = ("The dam holds.", "The dam held.")
    func naming(_ words: String) -> Value { .text(TextHash(of: Array(words.utf8))) }
    var (one, two) = (scribe(1), scribe(2))
    let first = try one.segment(.init(creating(1, naming(words))))
    let second = try two.segment(.init(creating(2, .list([naming(words), naming(more)]))))
    take("text that comes along", Delivery(first, texts: [words]))
    var none = scribe(4)
    take("text without a byte", Delivery(try none.segment(.init(creating(4, naming("")))), texts: [""]))
    take("text that is held", after: [Delivery(first, texts: [words])], Delivery(second, texts: [more]))
    take("text that is held comes again", after: [Delivery(first, texts: [words])], Delivery(second, texts: [words, more]))
    take("text that two changes of a delivery name", Delivery(first, second, texts: [words, more]))
    take(
      "text that no change names",
      Delivery(
        try {
          var scribe = scribe(3); return try scribe.segment(.init(creating(3)))
        }(), texts: [words]))
    refuse("text that is missing", "missingText", 1, Delivery(first))
    refuse("text with an altered byte", "missingText", 1, Delivery(first, texts: ["The dam holds!"]))
    refuse("one text of two that is missing", "missingText", 1, Delivery(second, texts: [words]))
    refuse(
      "text that came before, with a change that doesn't name it", "missingText", 1,
      after: [
        Delivery(
          try {
            var scribe = scribe(3); return try scribe.segment(.init(creating(3)))
          }(), texts: [words])
      ], Delivery(first))
  }

  // MARK: Identities

  private mutating func addIdentities() throws {
    let scribe = scribe()
    func first(_ birth: Header.Birth?) throws -> Delivery {
      var scribe = scribe
      return Delivery(try scribe.segment(.init(creating(1), birth: .some(birth))))
    }
    let birth = scribe.birth
    refuse("first change without a birth", "wrongBirth", 1, try first(nil))
    refuse(
      "birth with another nonce", "wrongBirth", 1, try first(Header.Birth(publicKey: birth.publicKey, nonce: .sixteen(99), device: birth.device)))
    refuse(
      "birth with another key", "wrongBirth", 1,
      try first(Header.Birth(publicKey: SigningKey(seed: [UInt8](repeating: 99, count: 32)).publicKey, nonce: birth.nonce, device: birth.device)))
    take("birth with another device label", try first(Header.Birth(publicKey: birth.publicKey, nonce: birth.nonce, device: "")))
    /// A first change that is right but for its key, which different libraries would judge differently.
    func keyed(_ name: String, _ key: [UInt8]) throws {
      let birth = Header.Birth(publicKey: Bytes32(key)!, nonce: birth.nonce, device: birth.device)
      let origin = Origin(corpus: Self.corpus, publicKey: birth.publicKey, nonce: birth.nonce)
      var scribe = scribe
      refuse(name, "malformed", 1, Delivery(try scribe.segment(.init(creating(1), birth: .some(birth))).saying(origin: origin)))
    }
    try keyed("public key of the neutral point", [1] + [UInt8](repeating: 0, count: 31))
    try keyed("public key of order 4", [UInt8](repeating: 0, count: 32))
    try keyed("public key of order 8", Hex.bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")!)
    try keyed("public key of order 8, the other sign", Hex.bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")!)
    try keyed("public key that is the prime", [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])
    try keyed("public key above the prime", [0xF0] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])
    var other = Scribe(CorpusID(raw: .sixteen(1)), seed: 1)
    refuse("birth in another corpus", "wrongBirth", 1, Delivery(try other.segment(.init(creating(1)))))
    var again = scribe
    let sound = try again.segment(.init(creating(1)))
    refuse(
      "birth in a second change", "wrongBirth", 2, after: [Delivery(sound)], Delivery(try again.segment(.init(creating(2), birth: .some(birth)))))
    refuse("segment under another origin", "wrongBirth", 1, Delivery(sound.saying(origin: self.scribe(2).origin)))
  }

  // MARK: Signatures

  private mutating func addSignatures() throws {
    var scribe = scribe()
    let first = try scribe.segment(.init(creating(1)))
    let second = try scribe.segment(.init(creating(2)))
    let (corpus, stranger) = (CorpusID(raw: .sixteen(1)), SigningKey(seed: [UInt8](repeating: 99, count: 32)))
    func signed(_ signature: HeadSignature) -> Delivery { Delivery(second.saying(signature: signature)) }
    refuse("signature by another key", "wrongSignature", 2, after: [Delivery(first)], signed(stranger.signature(of: scribe.head, in: Self.corpus)))
    refuse("signature of another corpus", "wrongSignature", 2, after: [Delivery(first)], signed(scribe.key.signature(of: scribe.head, in: corpus)))
    refuse("signature of the change before", "wrongSignature", 2, after: [Delivery(first)], signed(first.signature))
    var altered = second.signature.bytes
    altered[40] ^= 1
    refuse("signature with an altered byte", "wrongSignature", 2, after: [Delivery(first)], signed(HeadSignature(bytes: altered)!))
    let whole = Segment(
      origin: first.origin, firstSequence: 1, previous: nil, parcels: first.parcels + second.parcels, signature: first.signature)
    refuse("signature of the segment's first change", "wrongSignature", 2, Delivery(whole))
    refuse(
      "sound segment with one behind it whose signature is wrong", "wrongSignature", 2, Delivery(first, second.saying(signature: first.signature)))
    refuse(
      "segment that lacks its last change", "wrongSignature", 1,
      Delivery(first.saying(signature: second.signature)))
    refuse(
      "segment of two changes in the wrong order", "wrongBirth", 1,
      Delivery(whole.saying(parcels: whole.parcels.reversed(), signature: second.signature)))
  }

  // MARK: Bytes

  private mutating func addBytes() throws {
    var scribe = scribe()
    let first = try scribe.segment(.init(creating(1)), .init(creating(2)))
    func altered(_ place: Int, _ edit: (Segment.Parcel) -> Segment.Parcel) -> Delivery {
      var parcels = first.parcels
      parcels[place] = edit(parcels[place])
      return Delivery(first.saying(parcels: parcels))
    }
    /// The last byte of the words in the claim's text.
    func otherWords(_ body: [UInt8]) -> [UInt8] { body.dropLast() + [UInt8(ascii: "z")] }
    refuse(
      "altered byte in the last body", "wrongSignature", 2, altered(1) { .init(envelope: $0.envelope, body: otherWords($0.body)) })
    refuse(
      "altered byte in an earlier body", "wrongSignature", 2, altered(0) { .init(envelope: $0.envelope, body: otherWords($0.body)) })
    refuse(
      "altered time", "wrongSignature", 2, altered(1) { .init(envelope: Header.Envelope(writtenAt: 1).bytes, body: $0.body) })
    refuse("envelope that is cut off", "malformed", 2, altered(1) { .init(envelope: $0.envelope.dropLast(), body: $0.body) })
    refuse("envelope without a byte", "malformed", 2, altered(1) { .init(envelope: [], body: $0.body) })
    refuse("body that is cut off", "malformed", 2, altered(1) { .init(envelope: $0.envelope, body: $0.body.dropLast()) })
    refuse("body without a byte", "malformed", 2, altered(1) { .init(envelope: $0.envelope, body: []) })

    /// Signed by its writer, and no change all the same.
    func signed(_ name: String, _ body: [UInt8]) throws {
      var (scribe, draft) = (self.scribe(2), Scribe.Draft(creating(1)))
      draft.body = body
      refuse(name, "malformed", 1, Delivery(try scribe.segment(draft)))
    }
    let id = Bytes16.sixteen(1).array
    let table: [UInt8] = [0x0A, 0x19, 0x0A, 0x14, 0x08, 0x00, 0x12, 0x10] + id + [0x12, 0x01, 0x71]
    try signed("signed body with an unknown action", table + [0x12, 0x04, 0x08, 0x00, 0x10, 0x05])
    try signed("signed body with an edit that sets nothing", table + [0x12, 0x04, 0x08, 0x00, 0x10, 0x02])
    try signed("signed body with two groups of one entity", table + [0x12, 0x04, 0x08, 0x00, 0x10, 0x01, 0x12, 0x04, 0x08, 0x00, 0x10, 0x01])
    try signed("signed body with an entity beyond its table", table + [0x12, 0x04, 0x08, 0x01, 0x10, 0x01])

    var strange = self.scribe(3)
    let unknown = Reference(type: "transcript", id: .sixteen(7))
    take(
      "type, field and value that no version knows",
      Delivery(
        try strange.segment(
          .init(Body(groups: [Group(entity: unknown, action: .create, ops: [Op(.field("heard"), .record(Record(["by": .reference(claim(1))])))])])))))
    var references = self.scribe(4)
    take("reference to what nobody holds", Delivery(try references.segment(.init(creating(1, .reference(claim(404)))))))
    var uncreated = self.scribe(5)
    take("edit of what nobody created", Delivery(try uncreated.segment(.init(editing(1)))))
  }
}
