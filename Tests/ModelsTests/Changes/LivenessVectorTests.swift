import DictaTestSupport
import Testing

@testable import DictaModels

/// Changes in, who lives out. A vector that isn't valid names those who would live by a rule that is almost the right one.
@Suite struct LivenessVectorTests {
  private static let speaker = Reference(type: "speaker", id: .sixteen(1))
  private static let quote = Reference(type: "quote", id: .sixteen(2))
  private static let other = Reference(type: "quote", id: .sixteen(3))
  private static let who = CellAddress.field("speaker")
  private static let next = CellAddress.field("next")
  private static let ring = (10...12).map { Reference(type: "gadget", id: .sixteen($0)) }

  private struct Scene {
    let name: String
    let vector: JSONObject

    /// Whom an almost right rule lets live, and which rule it is.
    var mistaken: (rule: String, living: [Reference])?
  }

  private func scene(
    _ name: String, mistaken: (String, [Reference])? = nil, of reader: Play.Role = \.a, isComplete: Bool = true, _ go: (inout Play) throws -> Void
  ) throws -> Scene {
    var play = Play()
    try go(&play)
    return Scene(name: name, vector: try play.vector(name, of: reader, isComplete: isComplete), mistaken: mistaken)
  }

  /// A quote by a speaker, on all three.
  private func quoteBySpeaker(_ play: inout Play) throws {
    try play.write(\.a, at: 1) { $0.creating(Self.speaker, [.field("name"): .string("Ada")]) }
    try play.write(\.a, at: 2) { $0.creating(Self.quote, [Self.who: .reference(Self.speaker)]) }
    try everybodyMeets(&play)
  }

  private func everybodyMeets(_ play: inout Play) throws {
    try play.meet(\.a, \.b)
    try play.meet(\.a, \.c)
    try play.meet(\.a, \.b)
  }

  /// Gadgets in a ring, on all three.
  private func ring(_ play: inout Play, of count: Int, keeper: Bool = false) throws {
    let ring = Self.ring.prefix(count)
    try play.write(\.a, at: 1) { replica in
      ring.indices.flatMap { replica.creating(ring[$0], [Self.next: .reference(ring[($0 + 1) % count])]) }
    }
    if keeper { try play.write(\.a, at: 2) { $0.creating(Self.quote, [.field("about"): .reference(ring[0])]) } }
    try everybodyMeets(&play)
  }

  private func delete(_ entities: Reference...) -> (MemoryReplica) -> [Deed] { { replica in entities.flatMap { replica.deleting($0) } } }
  private func set(_ entity: Reference, _ address: CellAddress, _ value: Value) -> (MemoryReplica) -> [Deed] {
    { _ in [Deed(entity, .set(address, value))] }
  }

  // MARK: By itself

  private var byItself: [Scene] {
    get throws {
      [
        try scene("nobody deleted it") { try quoteBySpeaker(&$0) },
        try scene("deleted, and nobody refers to it", mistaken: ("deleted entities live while they have values", [Self.speaker, Self.quote])) {
          play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
        },
        try scene("deleted here, edited there", mistaken: ("the later of the two decides", [Self.speaker])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 9, delete(Self.quote))
          try play.write(\.b, at: 3, set(Self.quote, .field("note"), .string("n")))
        },
        try scene("deleted here, a field cleared there", mistaken: ("null is no version", [Self.speaker])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.b, at: 4, set(Self.quote, .field("note"), .null))
        },
        try scene("deleted here, an element removed there") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.b, at: 4, set(Self.quote, .element(.string("x"), of: "tags"), .null))
        },
        try scene("deleted here, the same value written there", mistaken: ("equal values are one version", [Self.speaker])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.b, at: 4, set(Self.quote, Self.who, .reference(Self.speaker)))
        },
        try scene("deleted by one who had seen the edit") { play in
          try quoteBySpeaker(&play)
          try play.write(\.b, at: 3, set(Self.quote, .field("note"), .string("n")))
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 4, delete(Self.quote))
        },
        try scene(
          "deleted twice, of which one had seen the edit", mistaken: ("one tombstone that didn't see it is enough", [Self.speaker, Self.quote])
        ) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.b, at: 3, set(Self.quote, .field("note"), .string("n")))
          try play.meet(\.b, \.c)
          try play.write(\.c, at: 4, delete(Self.quote))
        },
        try scene("restored") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.a, at: 4) { $0.restoring(Self.quote) }
        },
        try scene("restored, and deleted again") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.a, at: 4) { $0.restoring(Self.quote) }
          try play.write(\.a, at: 5, delete(Self.quote))
        },
        try scene("deleted twice, restored by one who knew of one", mistaken: ("any tombstone that survives kills", [Self.speaker])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try play.write(\.b, at: 3, delete(Self.quote))
          try play.write(\.a, at: 4) { $0.restoring(Self.quote) }
        },
        try scene("restored here and there, deleted by one who knew of one restore") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote))
          try everybodyMeets(&play)
          try play.write(\.a, at: 4) { $0.restoring(Self.quote) }
          try play.write(\.b, at: 4) { $0.restoring(Self.quote) }
          try play.meet(\.a, \.c)
          try play.write(\.c, at: 5, delete(Self.quote))
        },
        try scene("a value that was seen, and overwritten by one that wasn't") { play in
          try quoteBySpeaker(&play)
          try play.write(\.b, at: 3, set(Self.quote, Self.who, .null))
          try play.write(\.a, at: 4, delete(Self.quote))
          try play.write(\.b, at: 5, set(Self.quote, Self.who, .reference(Self.speaker)))
        },
        try scene("never created, but edited", mistaken: ("an edit creates", [Self.quote])) { play in
          try play.write(\.a, at: 1, set(Self.quote, .field("note"), .string("n")))
        },
        try scene("never created, deleted and restored") { play in
          try play.write(\.a, at: 1, delete(Self.quote))
          try play.write(\.a, at: 2) { $0.restoring(Self.quote) }
        },
        try scene("created by one who didn't know that it was deleted") { play in
          try play.write(\.a, at: 1) { $0.creating(Self.quote) }
          try play.write(\.a, at: 2, delete(Self.quote))
          try play.write(\.b, at: 3) { $0.creating(Self.quote, [.field("note"): .string("n")]) }
        },
        try scene("created without a field, and deleted by one who didn't know") { play in
          try play.write(\.a, at: 1) { $0.creating(Self.quote) }
          try play.write(\.a, at: 2, delete(Self.quote))
          try play.write(\.b, at: 3) { $0.creating(Self.quote) }
        },
        try scene("deleted in a run that lacks its end", of: \.b, isComplete: false) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, partCount: 2, delete(Self.quote, Self.speaker))
          try play.meet(\.a, \.b, cutAfter: 1)
        },
      ]
    }
  }

  // MARK: By others

  private var byOthers: [Scene] {
    get throws {
      [
        try scene("deleted here, referred to anew there", mistaken: ("references keep nobody alive", [Self.quote, Self.other])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote, Self.speaker))
          try play.write(\.b, at: 4) { $0.creating(Self.other, [Self.who: .reference(Self.speaker)]) }
        },
        try scene("all deleted here, the one that refers to the other edited there") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote, Self.speaker))
          try play.write(\.b, at: 4, set(Self.quote, .field("note"), .string("n")))
        },
        try scene(
          "all deleted here, the one that is referred to edited there", mistaken: ("life is handed on backwards", [Self.quote, Self.speaker])
        ) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.quote, Self.speaker))
          try play.write(\.b, at: 4, set(Self.speaker, .field("note"), .string("n")))
        },
        try scene("referrer of a deleted one deleted later") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.speaker))
          try everybodyMeets(&play)
          try play.write(\.b, at: 4, delete(Self.quote))
        },
        try scene("referrer of a deleted one deleted meanwhile", mistaken: ("what once was alive stays so", [Self.speaker])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, delete(Self.speaker))
          try play.write(\.b, at: 4, delete(Self.quote))
        },
        try scene("chain of three, kept alive from its beginning") { play in
          let (one, two, three) = (Self.ring[0], Self.ring[1], Self.ring[2])
          try play.write(\.a, at: 1) {
            $0.creating(three) + $0.creating(two, [Self.next: .reference(three)]) + $0.creating(one, [Self.next: .reference(two)])
          }
          try everybodyMeets(&play)
          try play.write(\.a, at: 2, delete(one, two, three))
          try play.write(\.b, at: 3, set(one, .field("note"), .string("n")))
        },
        try scene("reference that is hidden by a conflict", mistaken: ("only what is shown refers", [Self.quote, Self.other])) { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3) { $0.creating(Self.other, [Self.who: .null]) }
          try everybodyMeets(&play)
          try play.write(\.a, at: 9, set(Self.other, Self.who, .string("nobody")))
          try play.write(\.b, at: 4, set(Self.other, Self.who, .reference(Self.speaker)))
          try play.write(\.c, at: 5, delete(Self.quote, Self.speaker))
          try play.write(\.b, at: 6, set(Self.quote, .field("note"), .string("n")))
          try play.write(\.b, at: 7, set(Self.quote, Self.who, .null))
        },
        try scene("reference that was overwritten") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, set(Self.quote, Self.who, .null))
          try play.write(\.a, at: 4, delete(Self.speaker))
        },
        try scene("reference overwritten by one who didn't know of it") { play in
          try quoteBySpeaker(&play)
          try play.write(\.a, at: 3, set(Self.quote, Self.who, .null))
          try play.write(\.b, at: 3, set(Self.quote, Self.who, .reference(Self.speaker)))
          try play.meet(\.a, \.c)
          try play.write(\.c, at: 4, delete(Self.speaker))
        },
        try scene("reference to itself", mistaken: ("who refers to itself lives", [Self.ring[0]])) { play in
          try ring(&play, of: 1)
          try play.write(\.a, at: 3, delete(Self.ring[0]))
        },
        try scene("ring of two, deleted", mistaken: ("counting references", Array(Self.ring.prefix(2)))) { play in
          try ring(&play, of: 2)
          try play.write(\.a, at: 3, delete(Self.ring[0], Self.ring[1]))
        },
        try scene("ring of three, deleted one after the other") { play in
          try ring(&play, of: 3)
          for (time, entity) in zip(UInt64(3)..., Self.ring) { try play.write(\.a, at: time, delete(entity)) }
        },
        try scene("ring of three, of which one lives") { play in
          try ring(&play, of: 3)
          try play.write(\.a, at: 3, delete(Self.ring[0], Self.ring[2]))
        },
        try scene("ring of three, of which one was edited meanwhile") { play in
          try ring(&play, of: 3)
          try play.write(\.a, at: 3, delete(Self.ring[0], Self.ring[1], Self.ring[2]))
          try play.write(\.b, at: 4, set(Self.ring[1], .field("note"), .string("n")))
        },
        try scene("ring that another one keeps alive") { play in
          try ring(&play, of: 2, keeper: true)
          try play.write(\.a, at: 3, delete(Self.ring[0], Self.ring[1]))
        },
        try scene("ring that dies with the one that kept it alive", mistaken: ("counting references", Array(Self.ring.prefix(2)))) { play in
          try ring(&play, of: 2, keeper: true)
          try play.write(\.a, at: 3, delete(Self.ring[0], Self.ring[1]))
          try everybodyMeets(&play)
          try play.write(\.b, at: 4, delete(Self.quote))
        },
        try scene(
          "referred to in a run that lacks its end", mistaken: ("incomplete runs have effect", [Self.quote, Self.speaker]), of: \.b, isComplete: false
        ) {
          play in
          try quoteBySpeaker(&play)
          try play.write(\.b, at: 3, delete(Self.quote, Self.speaker))
          try play.write(\.a, at: 4, partCount: 2) { _ in
            [Deed(Self.quote, .set(Self.who, .reference(Self.speaker))), Deed(Self.quote, .set(.field("note"), .string("n")))]
          }
          try play.meet(\.a, \.b, cutAfter: 1)
        },
      ]
    }
  }

  // MARK: Where references are

  /// Somebody deletes the speaker; meanwhile somebody else writes that value into a cell of another entity.
  private func holding(
    _ name: String, at address: CellAddress = .field("links"), _ value: Value, mistaken: (String, [Reference])? = nil,
    isCreated: Bool = true
  ) throws -> Scene {
    let holder = Reference(type: "dossier", id: .sixteen(9))
    return try scene(name, mistaken: mistaken) { play in
      try play.write(\.a, at: 1) { $0.creating(Self.speaker, [.field("name"): .string("Ada")]) }
      try everybodyMeets(&play)
      try play.write(\.a, at: 2, delete(Self.speaker))
      try play.write(\.b, at: 3) { replica in
        isCreated ? replica.creating(holder, [address: value]) : [Deed(holder, .set(address, value))]
      }
    }
  }

  private var places: [Scene] {
    get throws {
      let holder = Reference(type: "dossier", id: .sixteen(9))
      let reference = Value.reference(Self.speaker)
      return [
        try holding("reference from a type that nobody knows", reference, mistaken: ("unknown types refer to nobody", [holder])),
        try holding("reference in a list", .list([.null, reference])), try holding("reference in a record", .record(Record(["who": reference]))),
        try holding(
          "reference at the greatest depth",
          (0..<16).reduce(reference) { value, level in level % 2 == 0 ? .list([value]) : .record(Record(["r": value])) }),
        try holding("reference in a map", at: .key("k", of: "links"), reference),
        try holding("reference in an element", at: .element(reference, of: "links"), .bool(true)),
        try holding(
          "reference in an element that is a record", at: .element(.record(Record(["who": reference])), of: "links"), .bool(true),
          mistaken: ("elements refer to nobody", [holder])),
        try holding(
          "reference in an element that was removed", at: .element(reference, of: "links"), .null,
          mistaken: ("removed elements refer", [holder, Self.speaker])),
        try holding("reference from what nobody created", reference, mistaken: ("what isn't created supports", [Self.speaker]), isCreated: false),
        try holding("id in bytes", .bytes(Self.speaker.id.array)),
        try holding("reference in a string", .string(ExactString(Self.speaker.description))),
        try holding(
          "reference to the same id of another type", .reference(Reference(type: "claim", id: Self.speaker.id)),
          mistaken: ("ids are enough", [holder, Self.speaker])),
        try holding("reference to the same type in capitals", .reference(Reference(type: "Speaker", id: Self.speaker.id))),
        try holding("text with the bytes of a reference", .text(TextHash(of: Self.speaker.id.array))),
        try scene("reference from what is created later") { play in
          try play.write(\.a, at: 1) { $0.creating(Self.speaker, [.field("name"): .string("Ada")]) }
          try everybodyMeets(&play)
          try play.write(\.a, at: 2, delete(Self.speaker))
          try play.write(\.b, at: 3, set(holder, .field("links"), reference))
          try play.meet(\.b, \.c)
          try play.write(\.c, at: 4) { $0.creating(holder) }
        },
        try scene("element that holds a reference, added here and removed there") { play in
          try play.write(\.a, at: 1) { $0.creating(Self.speaker) + $0.creating(holder, [.element(reference, of: "links"): .bool(true)]) }
          try everybodyMeets(&play)
          try play.write(\.a, at: 2, set(holder, .element(reference, of: "links"), .null))
          try play.write(\.a, at: 3, delete(Self.speaker))
          try play.write(\.b, at: 2, set(holder, .element(reference, of: "links"), .bool(true)))
        },
      ]
    }
  }

  @Test func liveness() throws {
    let scenes = try byItself + byOthers + places
    func vector(_ scene: Scene, _ name: String, _ living: [String], valid: Bool) -> JSONObject {
      [
        "name": .string(name), "corpus": scene.vector["corpus"] ?? .null, "changes": scene.vector["changes"] ?? .null,
        "living": .array(living.sorted().map { .string($0) }), "valid": .bool(valid),
      ]
    }
    var generated = scenes.map { scene in
      let living = scene.vector.objects("entities").filter { $0["lives"] == .bool(true) }.map { $0.string("entity") }
      return vector(scene, scene.name, living, valid: true)
    }
    generated += scenes.compactMap { scene in
      scene.mistaken.map { vector(scene, "\(scene.name): \($0.rule)", $0.living.map(\.description), valid: false) }
    }
    try checkVectors("liveness.json", generated) { vector in
      let living = try MemoryReplica(reading: vector).living.map(\.description).sorted()
      guard JSON.array(living.map { .string($0) }) == vector["living"] else { throw Broken("those who live are \(living)") }
    }
  }
}
