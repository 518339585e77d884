import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct FieldsTests {
  private var fields: Fields {
    var fields = Fields()
    fields["title"] = .string("One")
    fields["note"] = .string("n")
    fields.insert(.string("b"), into: "tags")
    fields.insert(.string("a"), into: "tags")
    fields[CellAddress(field: "ids", place: .key("x"))] = .string("1")
    return fields
  }

  @Test func aFieldIsReadAsItWasSet() {
    #expect(fields["title"] == .string("One"))
    #expect(fields["nothing"] == nil)
    #expect(fields.elements(of: "tags") == [.string("a"), .string("b")])
    #expect(fields.entries(of: "ids").map(\.key) == ["x"])
    #expect(fields.names == ["ids", "note", "tags", "title"])
  }

  @Test func cellsAreInOrderWhateverOrderTheyCameIn() {
    #expect(fields.cells.map(\.address) == fields.cells.map(\.address).sorted())
  }

  @Test func nullAndNilClearAField() {
    var cleared = fields
    cleared["title"] = .null
    cleared["note"] = nil
    cleared["nothing"] = .null
    #expect(cleared.names == ["ids", "tags"])
  }

  @Test func aFieldIsEmptiedWhateverItsShape() {
    var emptied = fields
    for name in emptied.names { emptied.removeAll(of: name) }
    #expect(emptied.isEmpty)
  }

  @Test func aFieldASetAndAMapOfOneNameAreDifferentCells() {
    var fields = Fields()
    fields["x"] = .integer(1)
    fields.insert(.integer(1), into: "x")
    fields[CellAddress(field: "x", place: .key("x"))] = .integer(1)
    #expect(fields.cells.count == 3)
    #expect(fields.names == ["x"])
    #expect(fields["x"] == .integer(1))
  }

  @Test func namesThatLookAlikeAreDifferentFields() {
    var fields = Fields()
    fields[.field("caf\u{E9}")] = .integer(1)
    fields[.field("cafe\u{301}")] = .integer(2)
    #expect(fields.cells.count == 2)
  }

  @Test func editsAreWhatMakesOneOutOfTheOther() {
    var new = fields
    new["title"] = .string("Two")
    new["note"] = nil
    new.insert(.string("c"), into: "tags")
    let edits = new.edits(from: fields)
    #expect(edits.map(\.address) == [.field("note"), CellAddress(field: "tags", place: .element(Element(.string("c")))), .field("title")])
    #expect(edits.map(\.value) == [.null, .bool(true), .string("Two")])
    #expect(fields.edits(from: fields).isEmpty)
  }

  @Test func anyTwoDifferByTheirEdits() {
    for seed in UInt64(0)..<300 {
      var random = SeededRandom(seed: seed)
      let (old, new) = (randomFields(&random), randomFields(&random))
      var edited = old
      for edit in new.edits(from: old) { edited[edit.address] = edit.value }
      #expect(edited == new, "seed \(seed)")
    }
  }

  private func randomFields(_ random: inout SeededRandom) -> Fields {
    var fields = Fields()
    for _ in 0..<6 {
      let name = random.pick(["a", "b", "c"] as [ExactString])
      let place: CellAddress.Place = random.pick([.field, .key("k"), .key(""), .element(Element(.integer(1))), .element(Element(.integer(2)))])
      fields[CellAddress(field: name, place: place)] = .integer(Int64(random.next() % 3))
    }
    return fields
  }
}
