import DictaTestSupport
import Foundation
import Testing

@testable import DictaModels

@Suite struct JSONTests {
  // MARK: - Writing

  @Test func onlyQuotesBackslashesAndControlsAreEscaped() {
    let string = "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1f}\u{7f}é€😀\u{2028}"
    #expect(JSON.string(string).description == #""\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7f}é€😀\u{2028}\"")
  }

  @Test func keysAreSortedByTheirBytesWhenAsked() {
    let json = JSON.object(["z": .integer(1), "é": .object(["b": .null, "a": .null]), "a": .array([]), "Z": .bool(true), "": .object([:])])
    #expect(json.description == #"{"z":1,"é":{"b":null,"a":null},"a":[],"Z":true,"":{}}"#)
    #expect(String(decoding: json.encoded(sortingKeys: true), as: UTF8.self) == #"{"":{},"Z":true,"a":[],"z":1,"é":{"a":null,"b":null}}"#)
  }

  @Test func prettyPrintingIndentsByTwo() {
    let json = JSON.object(["b": .array([.integer(1), .object(["c": .null])]), "a": .array([]), "o": .object([:])])
    #expect(
      String(decoding: json.encoded(pretty: true), as: UTF8.self) == """
        {
          "b": [
            1,
            {
              "c": null
            }
          ],
          "a": [],
          "o": {}
        }
        """)
  }

  @Test func aLongDocumentIsTakenFromTheWriterInParts() {
    var writer = JSONWriter()
    writer.write(verbatim: "[")
    writer.write(.integer(1))
    #expect(writer.takeBytes() == Array("[1".utf8))
    writer.write(verbatim: "]\n")
    #expect(writer.bytes == Array("]\n".utf8))
  }

  @Test func whateverIsWrittenIsReadBackAsItWas() throws {
    for seed in UInt64(1)...300 {
      var random = SeededRandom(seed: seed)
      let json = randomJSON(depth: 4, &random)
      #expect(try JSONReader.parse(json.encoded()) == json, "seed \(seed)")
      #expect(try JSONReader.parse(json.encoded(pretty: true)) == json, "seed \(seed)")
      let canonical = json.encoded(sortingKeys: true)
      #expect(try JSONReader.parse(canonical).encoded(sortingKeys: true) == canonical, "seed \(seed)")
    }
  }

  @Test func damagedDocumentsNeverTrap() {
    for seed in UInt64(1)...500 {
      var random = SeededRandom(seed: seed)
      var bytes = randomJSON(depth: 4, &random).encoded(pretty: Bool.random(using: &random))
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let index = bytes.indices.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = .random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.removeSubrange(index...)
        }
      }
      do {
        _ = try JSONReader.parse(bytes)
      } catch {
        #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty, "seed \(seed)")
      }
    }
  }

  private func randomJSON(depth: Int, _ random: inout SeededRandom) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(Int64(truncatingIfNeeded: random.next() >> UInt64.random(in: 0..<64, using: &random)))
    case 3: return .string(randomString(&random))
    case 4: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in randomJSON(depth: depth - 1, &random) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<20, using: &random) { object.set(randomString(&random), randomJSON(depth: depth - 2, &random)) }
      return .object(object)
    }
  }

  private func randomString(_ random: inout SeededRandom) -> String {
    let pieces = ["a", "Z", "é", "e\u{301}", "😀", "\"", "\\", "\n", "\u{0}", "/", "“", "\r\n", "\u{A0}"]
    return (0..<Int.random(in: 0..<8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }.joined()
  }

  // MARK: - Objects

  @Test func settingAKeyKeepsItsPlace() {
    var object: JSONObject = ["a": .integer(1), "b": .integer(2)]
    object.set("a", .integer(3))
    object.set("c", .null)
    object.append("d", .bool(true))
    #expect(object.keys == ["a", "b", "c", "d"])
    #expect(object["a"] == .integer(3))
    #expect(object["e"] == nil)
  }

  @Test func theOrderOfMembersTellsObjectsApartUntilTheyAreSorted() {
    let left: JSONObject = ["a": .null, "b": .null]
    let right: JSONObject = ["b": .null, "a": .null]
    #expect(left != right)
    #expect(left.sorted() == right.sorted())
  }

  @Test func stringsAreEqualOnlyIfTheirBytesAre() throws {
    #expect(try JSONReader.parse("\"caf\u{E9}\"".utf8) != JSONReader.parse("\"cafe\u{301}\"".utf8))
    #expect(try JSONReader.parse("{\"caf\u{E9}\":1,\"cafe\u{301}\":2}".utf8) == .object(["caf\u{E9}": .integer(1), "cafe\u{301}": .integer(2)]))
    let object = JSONObject([("caf\u{E9}", .integer(1))])
    #expect(object["cafe\u{301}"] == nil)
    #expect(Set([JSON.string("caf\u{E9}"), .string("cafe\u{301}")]).count == 2)
  }

  // MARK: - In other values

  @Test func otherCodersCarryJSON() throws {
    let json = JSON.object(["a": .array([.null, .bool(true), .integer(.max), .integer(1), .string("é")]), "b": .object([:]), "c": .array([])])
    let data = try JSONEncoder().encode(json)
    #expect(try JSONDecoder().decode(JSON.self, from: data) == json)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(JSON.self, from: Data("[1.5]".utf8)) }
  }

  @Test func otherCodersCarryDates() throws {
    let dates = ["2013-09", "2013-09-17T14:05+04:00"].compactMap { PartialDate($0) }
    #expect(String(decoding: try JSONEncoder().encode(dates), as: UTF8.self) == #"["2013-09","2013-09-17T14:05+04:00"]"#)
    #expect(try JSONDecoder().decode([PartialDate].self, from: JSONEncoder().encode(dates)) == dates)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PartialDate].self, from: Data(#"["2013-02-30"]"#.utf8)) }
  }
}
