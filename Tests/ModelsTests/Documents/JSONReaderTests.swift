import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct JSONReaderTests {
  private func parse(_ text: String) throws(JSONError) -> JSON {
    try JSONReader.parse(text.utf8)
  }

  private func failure(_ text: String) -> JSONError? { failure(Array(text.utf8)) }

  private func failure(_ bytes: [UInt8]) -> JSONError? {
    do {
      _ = try JSONReader.parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  // MARK: - As a whole

  @Test func everyKindOfValueIsRead() throws {
    let json = try parse(#" { "a" : [ null , true , false , -12 , "x" ] , "b" : { } , "" : [ ] } "#)
    #expect(
      json
        == .object(["a": .array([.null, .bool(true), .bool(false), .integer(-12), .string("x")]), "b": .object([:]), "": .array([])]))
  }

  @Test func theWholeRangeOf64BitsIsKept() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9007199254740993") == .integer(9_007_199_254_740_993))
    #expect(try parse("-0") == .integer(0))
    for text in ["9223372036854775808", "-9223372036854775809", "100000000000000000000000000000000"] {
      #expect(failure(text)?.kind == .integerOutOfRange)
    }
  }

  @Test(arguments: ["1.0", "1e3", "0.5", "-1E2", "12.", "0e0", "99999999999999999999.5"])
  func numbersThatAreNotWrittenAsWholeAreRefused(text: String) {
    let error = failure(text)
    #expect(error?.kind == .notAnInteger)
    #expect(error?.message.contains(text) == true)
  }

  @Test func escapesAreResolved() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00 \u0000""#) == .string("\"\\/\u{8}\u{C}\n\r\tAé€😀 \0"))
    #expect(try parse(#""before\nbetween\nafter""#) == .string("before\nbetween\nafter"))
  }

  @Test(
    arguments: [
      ("", .unexpectedEnd), (" \n ", .unexpectedEnd), ("[1,", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("\"abc", .unexpectedEnd),
      ("\"abc\\", .unexpectedEnd), ("tru", .unexpectedEnd), ("[", .unexpectedEnd), ("{", .unexpectedEnd), ("-", .unexpectedEnd),
      ("\"\\u12", .unexpectedEnd), ("{\"a\"", .unexpectedEnd),
      ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("{,}", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{a:1}", .unexpectedByte),
      ("{'a':1}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("[1 2]", .unexpectedByte), ("01", .unexpectedByte), ("-01", .unexpectedByte),
      ("+1", .unexpectedByte), (".5", .unexpectedByte), ("- 1", .unexpectedByte), ("True", .unexpectedByte), ("nul!", .unexpectedByte),
      ("NaN", .unexpectedByte), ("[1}", .unexpectedByte), ("{\"a\":1]", .unexpectedByte), ("\"a\nb\"", .unexpectedByte),
      ("\"\u{0}\"", .unexpectedByte),
      ("// no\n1", .unexpectedByte), ("\u{FEFF}1", .unexpectedByte), ("\u{A0}1", .unexpectedByte), ("]", .unexpectedByte),
      ("1 2", .trailingData), ("{} x", .trailingData), ("truefalse", .trailingData), ("[]]", .trailingData), ("1,", .trailingData),
      (#"{"a":1,"a":1}"#, .duplicateKey), (#"{"a":1,"\u0061":2}"#, .duplicateKey), (#"[{"b":{"a":1,"b":2,"a":3}}]"#, .duplicateKey),
      (#""\uD83D""#, .loneSurrogate), (#""\uDE00""#, .loneSurrogate), (#""\uD83D\u0041""#, .loneSurrogate), (#""\uD83Dx""#, .loneSurrogate),
      (#""\uD83D\n""#, .loneSurrogate), (#""\uDE00\uD83D""#, .loneSurrogate),
      (#""\x""#, .invalidEscape), (#""\u12G4""#, .invalidEscape), (#""\U0041""#, .invalidEscape),
    ] as [(String, JSONError.Kind)])
  func whatIsNotJSONIsRefused(text: String, kind: JSONError.Kind) {
    #expect(failure(text)?.kind == kind, "\(failure(text)?.description ?? "no error")")
  }

  @Test(arguments: [[0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF]] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefusedWhereTheyStand(bytes: [UInt8]) {
    for prefix in ["\"ab", "\"a\\n"] {
      let error = failure(Array(prefix.utf8) + bytes + Array("c\"".utf8))
      #expect(error?.kind == .invalidUTF8)
      #expect(error?.column == prefix.utf8.count + 1)
      #expect(error?.message.contains("\\x" + String(bytes[0], radix: 16)) == true)
    }
    #expect(failure(bytes)?.kind == .unexpectedByte)
  }

  @Test func errorsSayLineAndColumnAndWhatStandsThere() {
    #expect(failure("{\"a\": 1,\r\n \"b\": nope}")?.description == "line 2, column 7: expected a value, found “nope”")
    #expect(failure("[1,\n2\n\u{1}]")?.description == "line 3, column 1: expected “,” or “]”, found “\\x01”")
    #expect(failure("{\"key\":1, \"key\":2}")?.description == "line 1, column 11: the key “key” stands twice in one object")
    #expect(failure("[tru]")?.description == "line 1, column 2: expected a value, found “tru”")
    do {
      _ = try JSONReader.parse("\n\n!".utf8, firstLine: 40)
    } catch {
      #expect(error.line == 42)
    }
  }

  @Test func nestingIsLimited() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    _ = try parse(nested(64))
    #expect(failure(nested(65))?.kind == .tooDeep)
    #expect(failure(String(repeating: "[", count: 1_000_000))?.kind == .tooDeep)
    #expect(failure(String(repeating: "{\"a\":", count: 1_000_000))?.kind == .tooDeep)
  }

  @Test func anObjectWithManyKeysIsReadInLinearTime() throws {
    let text = "{" + (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
    guard case .object(let object) = try parse(text) else {
      Issue.record("not an object")
      return
    }
    #expect(object.members.count == 100_000)
    #expect(failure(text.dropLast() + ",\"k99999\":0}")?.kind == .duplicateKey)
  }

  // MARK: - Reading piece by piece

  @Test func aDocumentIsReadPieceByPiece() throws {
    var reader = JSONReader("{\"head\":1,\n\"items\":[\n{\"n\":1},\n{\"n\":2}\n],\"tail\":null}\n".utf8)
    try reader.beginObject()
    #expect(try reader.nextKey() == "head")
    #expect(try reader.value() == .integer(1))
    #expect(try reader.nextKey() == "items")
    #expect(reader.line == 2)
    try reader.beginArray()
    var lines: [Int] = []
    var items: [JSON] = []
    while try reader.nextElement() {
      items.append(try reader.value())
      lines.append(reader.line)
    }
    #expect(lines == [3, 4])
    #expect(items == [.object(["n": .integer(1)]), .object(["n": .integer(2)])])
    #expect(try reader.nextKey() == "tail")
    #expect(try reader.value() == .null)
    #expect(try reader.nextKey() == nil)
    try reader.finish()
  }

  @Test func whatIsNotOfTheKindAskedForIsNamed() {
    var reader = JSONReader("\n\"text\"".utf8)
    do {
      try reader.beginObject()
      Issue.record("a string was taken for an object")
    } catch {
      #expect(error.kind == .wrongType)
      #expect(error.description == "line 2, column 1: expected an object, found a string")
    }
  }

  @Test func duplicateKeysAreNoticedPieceByPieceToo() throws {
    var reader = JSONReader(#"{"a":1,"a":2}"#.utf8)
    try reader.beginObject()
    #expect(try reader.nextKey() == "a")
    _ = try reader.value()
    #expect(throws: JSONError.self) { try reader.nextKey() }
  }

  @Test func severalValuesMayFollowOneAnother() throws {
    var reader = JSONReader("{\"a\":1}\n[2]\n\n3\n".utf8, firstLine: 10)
    var lines: [Int] = []
    while try !reader.isAtEnd() {
      _ = try reader.value()
      lines.append(reader.line)
    }
    #expect(lines == [10, 11, 13])
  }

  @Test func piecesMayBeCutAnywhere() throws {
    let text = #"{"a":[-12345,{"é\n\uD83D\uDE00€":"x\\y"},true,null],"long":"\#(String(repeating: "wörd ", count: 40))"}  "#
    let whole = try parse(text)
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed)
      var rest = Array(text.utf8)[...]
      let longest = Int.random(in: 1...9, using: &random)
      var reader = JSONReader {
        guard !rest.isEmpty else { return nil }
        let count = min(Int.random(in: 0...longest, using: &random), rest.count)
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
      }
      #expect(try reader.value() == whole, "seed \(seed)")
      try reader.finish()
    }
  }

  @Test func errorsHaveTheSamePlaceHoweverTheDocumentIsCut() {
    for text in [
      "[1,\n {\"key\":\"va\u{7}lue\"}]", "[\"\\u00e9\\uD83D..\"]", "{\"abc\":1,\n\"abc\":2}", "[12345, 12.5]", "[true, trux]",
      "[\n99999999999999999999]",
    ] {
      let whole = failure(text)
      var rest = Array(text.utf8)[...]
      var reader = JSONReader { rest.popFirst().map { [$0] } }
      do {
        _ = try reader.value()
        Issue.record("no error in \(text)")
      } catch {
        #expect((error.kind, error.line, error.column) == (whole?.kind, whole?.line, whole?.column), "\(text): \(error), \(whole as Any)")
      }
    }
  }

  @Test func aLongDocumentIsReadInTheMemoryOfItsLongestValue() throws {
    let element = Array((#"{"text":""# + String(repeating: "x", count: 3000) + #""},"#).utf8)
    // "[", the element a thousand times, "null]", in pieces of 1000 bytes.
    let end = 1000 * element.count
    var offset = -1
    var reader = JSONReader {
      switch offset {
      case -1:
        offset = 0
        return Array("[".utf8)
      case 0..<end:
        let piece = (offset..<min(offset + 1000, end)).map { element[$0 % element.count] }
        offset += piece.count
        return piece
      case end:
        offset += 1
        return Array("null]".utf8)
      default: return nil
      }
    }
    try reader.beginArray()
    var longest = 0
    var count = 0
    while try reader.nextElement() {
      _ = try reader.value()
      count += 1
      longest = max(longest, reader.input.buffer.count)
    }
    try reader.finish()
    #expect(count == 1001)
    #expect(longest < 2 * element.count)
  }

  @Test func aSourceThatFailsIsSaidToHaveFailed() {
    struct Cut: Error {}
    var pieces = [Array("[1,".utf8)]
    var reader = JSONReader {
      guard let piece = pieces.popLast() else { throw Cut() }
      return piece
    }
    do {
      _ = try reader.value()
      Issue.record("no error")
    } catch {
      #expect(error.kind == .unreadable)
      #expect(error.underlying is Cut)
    }
  }
}
