import DictaTestSupport
import Testing

@testable import DictaModels

/// Changes in, state out: what several writers come to.
@Suite struct MergeVectorTests {
  private static let claim = Reference(type: "claim", id: .sixteen(1))
  private static let text = CellAddress.field("text")

  private func merge(_ name: String, _ play: (inout Play) throws -> Void) throws -> JSONObject {
    var stage = Play()
    try play(&stage)
    return try stage.vector(name)
  }

  /// A and B know the claim; then each does something without the other.
  private func both(
    _ name: String, at times: (UInt64, UInt64) = (2, 3), _ left: (MemoryReplica) -> [Deed], _ right: (MemoryReplica) -> [Deed]
  ) throws -> JSONObject {
    try merge(name) { play in
      try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
      try play.meet(\.a, \.b)
      try play.write(\.a, at: times.0, left)
      try play.write(\.b, at: times.1, right)
    }
  }

  private func setting(_ address: CellAddress, _ value: Value, over: Set<ChangeID>? = nil) -> (MemoryReplica) -> [Deed] {
    { _ in [Deed(Self.claim, .set(address, value, over: over))] }
  }

  private func text(_ string: String) -> (MemoryReplica) -> [Deed] { { $0.setting(Self.claim, [Self.text: .string(string)]) } }
  private func tag(_ value: Value, _ tag: Value = .string("x")) -> (MemoryReplica) -> [Deed] { setting(.element(tag, of: "tags"), value) }
  private func key(_ key: ExactString, _ value: Value) -> (MemoryReplica) -> [Deed] { setting(.key(key, of: "externalIDs"), value) }
  private let delete: (MemoryReplica) -> [Deed] = { $0.deleting(claim, living: $0.living) }
  private let restore: (MemoryReplica) -> [Deed] = { $0.restoring(claim) }

  // MARK: Two writers

  private var ofTwo: [JSONObject] {
    get throws {
      [
        try both("two values", text("a"), text("b")), try both("two values at one time", at: (2, 2), text("a"), text("b")),
        try both("equal values", text("same"), text("same")),
        try both("two fields", text("a")) { $0.setting(Self.claim, [.field("note"): .null, .field("x"): .integer(1)]) },
        try both("add wins over remove", tag(.bool(true)), tag(.null)), try both("delete and edit", delete, text("b")),
        try both("delete twice", delete, delete),
        try both("delete and refer", delete) {
          $0.inserting(Reference(type: "stance", id: .sixteen(2)), [.field("claim"): .reference(Self.claim)])
        },
        try merge("delete, restore and delete again") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          try play.write(\.a, at: 2, delete)
          try play.write(\.a, at: 3) { $0.inserting(Self.claim, [Self.text: .integer(2)]) }
          try play.write(\.a, at: 4, delete)
        },
        try merge("fork of one origin") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          play.b = play.a.copy(named: "B")
          try play.write(\.a, at: 2) { $0.setting(Self.claim, [Self.text: .integer(2)]) }
          try play.write(\.b, at: 2) { $0.setting(Self.claim, [Self.text: .integer(3)]) }
        },
        try merge("run of three changes") { play in
          try play.write(\.a, at: 1, partCount: 3) { $0.inserting(Self.claim, [Self.text: .integer(1), .field("note"): .integer(2)]) }
        },
      ]
    }
  }

  // MARK: Which value is shown

  private var shown: [JSONObject] {
    get throws {
      [
        try both("two values, the first writer's clock ahead", at: (9, 3), text("a"), text("b")),
        try both("two values, both clocks before the first value's", at: (0, 0), text("a"), text("b")),
        try both("two values, clocks as far apart as can be", at: (.max, 0), text("a"), text("b")),
        try both("value and null, the null later", text("a"), setting(Self.text, .null)),
        try both("value and null, the null earlier", at: (3, 2), text("a"), setting(Self.text, .null)),
        try both("value and null at one time", at: (2, 2), text("a"), setting(Self.text, .null)),
        try both("null twice", setting(Self.text, .null), setting(Self.text, .null)),
        try both("values that look alike", text("caf\u{E9}"), text("cafe\u{301}")),
        try both("values of two kinds", text("1"), setting(Self.text, .integer(1))),
        try both("text and the string of its hash", setting(Self.text, .text(TextHash(of: [1]))), text(TextHash(of: [1]).description)),
        try merge("three values, two of them at one time") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
          try play.meet(\.a, \.b)
          try play.meet(\.a, \.c)
          try play.write(\.a, at: 5, text("a"))
          try play.write(\.b, at: 5, text("b"))
          try play.write(\.c, at: 4, text("c"))
        },
        try merge("value over two that were in conflict") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 5, text("a"))
          try play.write(\.b, at: 6, text("b"))
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 2, text("c"))
        },
        try merge("value over one of two, the one shown") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 5, text("a"))
          let shown = try play.write(\.b, at: 6, text("b"))
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 7, setting(Self.text, .string("c"), over: Set(shown)))
        },
        try merge("value over one of two, the one not shown, by an earlier clock") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
          try play.meet(\.a, \.b)
          let hidden = try play.write(\.a, at: 5, text("a"))
          try play.write(\.b, at: 6, text("b"))
          try play.meet(\.a, \.b)
          try play.write(\.b, at: 2, setting(Self.text, .string("c"), over: Set(hidden)))
        },
        try merge("value over nothing beside what its writer knew") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("words")]) }
          try play.write(\.a, at: 2, setting(Self.text, .string("more"), over: []))
        },
      ]
    }
  }

  // MARK: Sets and maps

  private var setsAndMaps: [JSONObject] {
    get throws {
      let other = Value.record(Record(["role": .string("mayor"), "to": .null]))
      return [
        try both("element added twice", tag(.bool(true)), tag(.bool(true))), try both("element removed twice", tag(.null), tag(.null)),
        try both("elements that look alike", tag(.bool(true), .string("caf\u{E9}")), tag(.bool(true), .string("cafe\u{301}"))),
        try both("elements of two kinds", tag(.bool(true), .integer(1)), tag(.bool(true), .string("1"))),
        try both("element that is a record", tag(.bool(true), other), tag(.bool(true), .record(Record(["role": .string("mayor")])))),
        try both("elements null and false", tag(.bool(true), .null), tag(.bool(true), .bool(false))),
        try both("element, key and field of one name", setting(.element(.string("x"), of: "f"), .bool(true))) { _ in
          [Deed(Self.claim, .set(.key("x", of: "f"), .bool(true))), Deed(Self.claim, .set(.field("f"), .string("x")))]
        }, try both("two keys", key("a", .integer(1)), key("b", .integer(2))),
        try both("one key, two values", key("a", .integer(1)), key("a", .integer(2))),
        try both("one key, set and cleared", key("a", .integer(1)), key("a", .null)),
        try both("the empty key", key("", .integer(1)), key("\0", .integer(2))),
        try both("keys that look alike", key("\u{E9}", .integer(1)), key("e\u{301}", .integer(2))),
        try merge("element removed by one who saw only one of two adds") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [:]) }
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 2, tag(.bool(true)))
          try play.write(\.b, at: 3, tag(.bool(true)))
          try play.write(\.a, at: 4, tag(.null))
        },
        try merge("element added, removed and added again") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [.element(.string("x"), of: "tags"): .bool(true)]) }
          try play.meet(\.a, \.b)
          try play.write(\.b, at: 2, tag(.null))
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 3, tag(.bool(true)))
        },
      ]
    }
  }

  // MARK: Life

  private var life: [JSONObject] {
    get throws {
      [
        try both("delete and add to a set", delete, tag(.bool(true))), try both("delete and clear", delete, setting(Self.text, .null)),
        try merge("created twice") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .string("a")]) }
          try play.write(\.b, at: 2) { $0.inserting(Self.claim, [Self.text: .string("b"), .field("note"): .string("n")]) }
        },
        try merge("restore and delete") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          try play.write(\.a, at: 2, delete)
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 3, restore)
          try play.write(\.b, at: 4, restore)
          try play.meet(\.a, \.c)
          try play.write(\.c, at: 5, delete)
        },
        try merge("restore twice") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          try play.write(\.a, at: 2, delete)
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 3, restore)
          try play.write(\.b, at: 3, restore)
        },
        try merge("edited before it is created") { play in
          try play.write(\.a, at: 1, text("early"))
          try play.meet(\.a, \.b)
          try play.write(\.b, at: 2) { $0.inserting(Self.claim, [Self.text: .string("late")]) }
        },
        try merge("edited and never created") { play in try play.write(\.a, at: 1, text("early")) },
        try merge("deleted and never created") { play in try play.write(\.a, at: 1) { $0.deleting(Self.claim) } },
      ]
    }
  }

  // MARK: Runs and forks

  private var runs: [JSONObject] {
    get throws {
      let (note, cells): (CellAddress, [CellAddress: Value]) = (.field("note"), [Self.text: .integer(1), .field("note"): .integer(2)])
      var cut = Play()
      try cut.write(\.a, at: 1, partCount: 3) { $0.inserting(Self.claim, cells) }
      try cut.meet(\.a, \.b, cutAfter: 2)
      return [
        try cut.vector("run that lacks its end", of: \.b, isComplete: false),
        try merge("run over what two wrote") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, cells) }
          try play.meet(\.a, \.b)
          try play.write(\.b, at: 2) { $0.setting(Self.claim, [Self.text: .integer(3), note: .integer(4)]) }
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 3, partCount: 2) { $0.setting(Self.claim, [Self.text: .integer(5), note: .integer(6)]) }
        },
        try merge("run beside an edit") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, cells) }
          try play.meet(\.a, \.b)
          try play.write(\.a, at: 2, partCount: 2) { $0.setting(Self.claim, [Self.text: .integer(5), note: .integer(6)]) }
          try play.write(\.b, at: 3, text("b"))
        },
        try merge("run that forks in its middle") { play in
          try play.write(\.a, at: 1, partCount: 2) { $0.inserting(Self.claim, cells) }
          play.b = play.a.copy(named: "B")
          play.stepBack(\.b, to: 1)
          try play.write(\.b, at: 2, setting(note, .integer(9), over: []))
        },
      ]
    }
  }

  private var forks: [JSONObject] {
    get throws {
      /// A and its copy both know the claim; the copy goes on under the same origin.
      func fork(_ name: String, _ go: (inout Play) throws -> Void) throws -> JSONObject {
        try merge(name) { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          play.b = play.a.copy(named: "B")
          try go(&play)
        }
      }
      return [
        try fork("fork with branches of two lengths") { play in
          try play.write(\.a, at: 2, text("a"))
          for (time, word) in [(UInt64(3), "b"), (4, "c"), (5, "d")] { try play.write(\.b, at: time, text(word)) }
        },
        try fork("fork overwritten by a third") { play in
          try play.write(\.a, at: 2, text("a"))
          try play.write(\.b, at: 3, text("b"))
          try play.meet(\.a, \.b)
          try play.meet(\.a, \.c)
          try play.write(\.c, at: 4, text("c"))
        },
        try fork("fork of which a third overwrites one branch") { play in
          try play.write(\.a, at: 2, text("a"))
          try play.write(\.b, at: 3, text("b"))
          try play.meet(\.a, \.c)
          try play.write(\.c, at: 4, text("c"))
        },
        try fork("fork of three branches") { play in
          play.c = play.a.copy(named: "C")
          try play.write(\.a, at: 2, text("a"))
          try play.write(\.b, at: 2, text("b"))
          try play.write(\.c, at: 2, text("c"))
        },
        try fork("fork of a fork") { play in
          try play.write(\.a, at: 2, text("a"))
          try play.write(\.b, at: 3, text("b"))
          play.c = play.b.copy(named: "C")
          try play.write(\.b, at: 4, text("bb"))
          try play.write(\.c, at: 5, text("cc"))
        },
        try fork("fork with equal values") { play in
          try play.write(\.a, at: 2, text("same"))
          try play.write(\.b, at: 3, text("same"))
        },
        try fork("fork: deleted on one branch, edited on the other") { play in
          try play.write(\.a, at: 2, delete)
          try play.write(\.b, at: 3, text("b"))
        },
        try merge("fork from the first change on") { play in
          try play.write(\.a, at: 1) { $0.inserting(Self.claim, [Self.text: .integer(1)]) }
          try play.write(\.a, at: 2, text("a"))
          play.b = play.a.copy(named: "B")
          play.stepBack(\.b, to: 1)
          try play.write(\.b, at: 3, setting(Self.text, .string("b")))
        },
      ]
    }
  }

  @Test func merges() throws {
    var generated = try ofTwo
    let (invalid, reasons) = try invalid(from: generated[0])
    generated += try shown + setsAndMaps + life + runs + forks + invalid
    try checkVectors("merges.json", generated, reasons: reasons) { vector in
      let replica = try MemoryReplica(reading: vector)
      #expect(Hex.string(replica.digest.bytes) == vector.string("hex"))
      #expect(replica.outcome["heads"] == vector["heads"])
      #expect(replica.outcome["entities"] == vector["entities"])
    }
  }

  // MARK: - Invalid

  private func invalid(from valid: JSONObject) throws -> ([JSONObject], reasons: [String: String]) {
    func vector(_ name: String, _ changes: [JSONObject]) -> JSONObject {
      [
        "name": .string(name), "corpus": .string(Play.corpus.description), "changes": .array(changes.map { .object($0) }), "valid": .bool(false),
      ]
    }
    let changes = valid.objects("changes")
    var altered = changes
    altered[0].set("body", .string(altered[0].string("body").replacing("776f726473", with: "776f726474")))
    var stolen = changes
    stolen[0].set("origin", .hex(Bytes16.sixteen(1).array))
    let birth = Header.Birth(publicKey: .thirtyTwo(1), nonce: .sixteen(2), device: "desk")
    let origin = Origin(corpus: Play.corpus, publicKey: birth.publicKey, nonce: birth.nonce)
    /// A chain of its own, of which only the last change is wrong.
    func chain(_ name: String, _ bodies: [(Body, Header.Envelope)]) throws -> JSONObject {
      var (previous, json) = (ChangeID?.none, [JSONObject]())
      for (index, (body, envelope)) in bodies.enumerated() {
        var envelope = envelope
        if index == 0 { envelope.birth = birth }
        let change = try Change(
          origin: origin, sequence: UInt64(index) + 1, previous: previous, envelope: envelope, bodyBytes: body.bytes)
        previous = change.id
        if case .object(let object) = change.json { json.append(object) }
      }
      return vector(name, json)
    }
    func body(over names: VersionName..., lines: [Head] = []) -> Body {
      Body(groups: [Group(entity: Self.claim, action: .edit, ops: [Op(Self.text, .null, overwrites: names)])], lines: lines)
    }
    let (sound, time) = (body(), Header.Envelope(writtenAt: 1))
    let elsewhere = Head(origin: Origin(raw: .sixteen(1)), sequence: 1, id: ChangeID(of: "elsewhere"))
    let vectors = [
      vector("altered body", altered), vector("wrong origin", stolen), vector("missing change", Array(changes.dropFirst())),
      try chain("version beyond its line", [(body(over: VersionName(line: 0, sequence: 5)), time)]),
      try chain("version beyond the end of its line", [(sound, time), (body(over: VersionName(line: 0, sequence: 2)), time)]),
      try chain("version on a line that the change doesn't have", [(sound, time), (body(over: VersionName(line: 1, sequence: 1)), time)]),
      try chain("missing dependency", [(sound, Header.Envelope(dependencies: [elsewhere], writtenAt: 1))]),
      try chain("missing further line", [(body(over: VersionName(line: 1, sequence: 1), lines: [elsewhere]), time)]),
      try chain(
        "dependencies within a run",
        [(sound, Header.Envelope(writtenAt: 1, isContinued: true)), (sound, Header.Envelope(dependencies: [elsewhere], writtenAt: 1))]),
    ]
    return (
      vectors,
      [
        "altered body": "doesn't fit its chain", "wrong origin": "doesn't prove", "missing change": "doesn't fit its chain",
        "version beyond its line": "which the change doesn't have",
        "version beyond the end of its line": "of a line that ends at 1",
        "version on a line that the change doesn't have": "which the change doesn't have",
        "missing dependency": "rests on change", "missing further line": "is not applied",
        "dependencies within a run": "only the first change of a run",
      ]
    )
  }
}
