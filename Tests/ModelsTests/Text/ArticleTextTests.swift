import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct ArticleTextTests {
  private let composed = "caf\u{E9}"
  private let decomposed = "cafe\u{301}"

  // MARK: - The text

  @Test func theHashIsTheSHA256OfTheBytes() throws {
    let text = try ArticleText("abc")
    #expect(text.hash.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(try ArticleText(utf8: Array("abc".utf8)).hash == text.hash)
  }

  @Test func textsInDifferentNormalisationsAreDifferentTexts() throws {
    #expect(composed == decomposed, "Swift takes them for the same")
    #expect(try ArticleText(composed) != ArticleText(decomposed))
  }

  @Test func bytesStayAsTheyAre() throws {
    let bytes = Array("\u{FEFF}one\r\ntwo\u{0}\u{A0}three".utf8)
    #expect(try Array(ArticleText(utf8: bytes).string.utf8) == bytes)
    #expect(try ArticleText(utf8: bytes).utf8Count == bytes.count)
  }

  @Test(
    arguments: [
      ([0x61, 0x80], 1), ([0x61, 0xC3], 1), ([0xC0, 0xAF], 0), ([0xE2, 0x82], 0), ([0x61, 0xED, 0xA0, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 0),
      ([0xE2, 0x82, 0xAC, 0xFF], 3), ([0xE0, 0x80, 0x80], 0), ([0xF0, 0x9F, 0x98, 0x41], 0),
    ] as [([UInt8], Int)])
  func bytesThatAreNotUTF8AreRefusedWithTheirOffset(bytes: [UInt8], offset: Int) {
    #expect(throws: TextError.invalidUTF8(offset: offset)) { try ArticleText(utf8: bytes) }
  }

  @Test func theLongestTextIsTakenAndALongerOneRefused() throws {
    var bytes = [UInt8](repeating: 0x61, count: ArticleText.byteLimit)
    #expect(try ArticleText(utf8: bytes).utf8Count == ArticleText.byteLimit)
    bytes.append(0x61)
    #expect(throws: TextError.tooLong(utf8Count: bytes.count)) { try ArticleText(utf8: bytes) }
    #expect(throws: TextError.tooLong(utf8Count: bytes.count)) { try ArticleText(String(decoding: bytes, as: UTF8.self)) }
  }

  // MARK: - Anchors

  @Test func anAnchorGivesBackItsWordsAndWhatStandsAround() throws {
    let text = try ArticleText("He said: “Well… 😀 fine”, and left.\r\n")
    let anchor = try text.anchor(exact: "Well… 😀 fine")
    #expect(try text.exact(anchor) == "Well… 😀 fine")
    #expect(try text.prefix(of: anchor) == "He said: “")
    #expect(try text.suffix(of: anchor).isExactly("”, and left.\r\n"))
  }

  @Test func prefixAndSuffixAre32ScalarsWhateverTheirBytes() throws {
    let text = try ArticleText(String(repeating: "é", count: 40) + "word" + String(repeating: "😀", count: 40))
    let anchor = try text.anchor(exact: "word")
    #expect(try text.prefix(of: anchor) == String(repeating: "é", count: 32))
    #expect(try text.suffix(of: anchor) == String(repeating: "😀", count: 32))
  }

  @Test func anAnchorMayBeginInsideACharacterButNotInsideAScalar() throws {
    let text = try ArticleText("x\(decomposed)")
    let accent = Anchor(textHash: text.hash, start: 5, end: 7)
    #expect(try text.exact(accent).isExactly("\u{301}"))
    #expect(throws: AnchorError.notOnScalarBoundary(offset: 6)) { try text.check(Anchor(textHash: text.hash, start: 6, end: 7)) }
    #expect(throws: AnchorError.notOnScalarBoundary(offset: 6)) { try text.check(Anchor(textHash: text.hash, start: 4, end: 6)) }
  }

  @Test func anchorsOutsideTheTextAreRefused() throws {
    let text = try ArticleText("twelve bytes")
    for (start, end) in [(-1, 3), (0, 13), (5, 4), (13, 14), (.min, .max), (.max, .min)] {
      #expect(throws: AnchorError.outOfBounds(start: start, end: end, utf8Count: 12)) {
        try text.exact(Anchor(textHash: text.hash, start: start, end: end))
      }
    }
    #expect(throws: AnchorError.empty) { try text.exact(Anchor(textHash: text.hash, start: 3, end: 3)) }
    #expect(throws: AnchorError.empty) { try text.anchor(exact: "") }
    #expect(throws: AnchorError.empty) { try text.anchor(exact: "", nearest: 4) }
    #expect(text.occurrences(of: "").isEmpty)
  }

  @Test func anAnchorInAnotherTextIsRefused() throws {
    let text = try ArticleText("one")
    let other = try ArticleText("two")
    #expect(throws: AnchorError.otherText(expected: other.hash, found: text.hash)) { try other.exact(text.anchor(exact: "one")) }
  }

  @Test func wordsAreComparedByteForByte() throws {
    let text = try ArticleText("\(composed) and \(decomposed)")
    #expect(text.occurrences(of: composed) == [0])
    #expect(text.occurrences(of: decomposed) == [10])
    #expect(text.occurrences(of: "e") == [13])
  }

  @Test func lineEndsArePartOfTheWords() throws {
    let text = try ArticleText("one\r\ntwo\nthree")
    #expect(text.occurrences(of: "\n") == [4, 8])
    #expect(text.occurrences(of: "\r\n") == [3])
    #expect(text.occurrences(of: "one\ntwo").isEmpty)
  }

  @Test func occurrencesCountFromOneAndMayOverlap() throws {
    let text = try ArticleText("ananas and banana")
    #expect(text.occurrences(of: "ana") == [0, 2, 12, 14])
    #expect(try text.anchor(exact: "ana", occurrence: 4) == Anchor(textHash: text.hash, start: 14, end: 17))
    for occurrence in [0, -1, 5, .max] {
      #expect(throws: AnchorError.occurrenceOutOfRange(exact: "ana", occurrence: occurrence, found: 4)) {
        try text.anchor(exact: "ana", occurrence: occurrence)
      }
    }
  }

  @Test func theNearestOccurrenceIsTheOneWithTheFewestBytesBetween() throws {
    let text = try ArticleText("Ray saw it. “No,” said Ray. Ray left.")
    let first = try text.anchor(exact: "Ray")
    let second = try text.anchor(exact: "Ray", occurrence: 2)
    let third = try text.anchor(exact: "Ray", occurrence: 3)
    #expect(try text.anchor(exact: "Ray", nearest: 0) == first)
    #expect(try text.anchor(exact: "Ray", nearest: .min) == first)
    #expect(try text.anchor(exact: "Ray", nearest: text.utf8Count - 1) == third)
    #expect(try text.anchor(exact: "Ray", nearest: .max) == third)
    #expect(try text.anchor(exact: "Ray", nearest: second.start - 5) == second)
    #expect(try text.anchor(exact: "Ray", nearest: second.end + 1) == second, "of two equally close ones the earlier")
  }

  @Test func searchAgreesWithTryingEveryOffset() throws {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      let letters = ["a", "b", "é", "😀"]
      let text = try ArticleText((0..<Int.random(in: 0...60, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }.joined())
      let words = (0..<Int.random(in: 1...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }.joined()
      let bytes = Array(text.string.utf8)
      let pattern = Array(words.utf8)
      let expected = bytes.indices.filter { bytes[$0...].starts(with: pattern) }
      #expect(text.occurrences(of: words) == expected, "seed \(seed)")
    }
  }

  // MARK: - Near misses

  @Test(arguments: [
    ("we have lost  time", "we have lost time", "white space"),
    ("\twe have lost time\n", "we have lost time", "white space"),
    ("lost\u{A0}time", "lost time", "white space"),
    ("\"Not now,\" she", "“Not now,” she", "quotation marks"),
    ("the city's old", "the city’s old", "quotation marks"),
    ("yes - or no", "yes — or no", "dashes"),
    ("yes -- or no", "yes — or no", "dashes"),
    ("a cafe\u{301} there", "a caf\u{E9} there", "normalisation"),
    ("WE HAVE LOST", "we have lost", "case"),
    ("wait... what", "wait… what", "ellipses"),
    ("sum\u{AD}mer", "summer", "invisible characters"),
    ("\"not  now", "“Not now", "quotation marks, white space and case"),
    ("first line\nsecond", "first line\r\nsecond", "white space"),
    ("we have lost patience", "we have lost time", "some words"),
    ("ΟΔΟΣ", "οδος", "case"),
  ])
  func whatComesNearestIsNamedWithItsDifference(exact: String, there: String, difference: String) throws {
    let text = try ArticleText(
      "“Not now,” she said: we have lost time in the city’s old a caf\u{E9} there, yes — or no, wait… what summer. first line\r\nsecond. οδος.")
    let start = try text.anchor(exact: there).start
    let place = NearestPlace(start: start, end: start + there.utf8.count, exact: there, difference: difference)
    #expect(throws: AnchorError.notFound(exact: exact, nearest: place)) { try text.anchor(exact: exact) }
  }

  @Test func nothingNearIsSaidToBeSo() throws {
    let text = try ArticleText("Some words of no importance.")
    for exact in ["résumé", " \n", "entirely different matter", "of course not, he replied at once"] {
      #expect(throws: AnchorError.notFound(exact: exact, nearest: nil)) { try text.anchor(exact: exact) }
    }
  }

  @Test func diacriticsAreNotFolded() throws {
    let text = try ArticleText("a resume")
    #expect(throws: AnchorError.notFound(exact: "résumé", nearest: nil)) { try text.anchor(exact: "résumé") }
  }

  @Test func aNearestPlaceIsAlwaysAPlaceOfTheText() throws {
    let pieces = [
      "a", "B", "b ", " ", "\r\n", "\u{A0}", ".", "…", "..", "-", "—", "“", "'", "\u{AD}", "\u{301}", "e\u{301}", "\u{E9}", "İ", "Σ", "ς", "한",
      "\u{1112}\u{1161}", "🇩", "👩‍👩",
    ]
    for seed in UInt64(1)...2000 {
      var random = SeededRandom(seed: seed)
      func string(_ count: ClosedRange<Int>) -> String {
        (0..<Int.random(in: count, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }.joined()
      }
      let text = try ArticleText(string(0...40))
      let exact = string(1...4)
      do {
        let anchor = try text.anchor(exact: exact)
        #expect(try text.exact(anchor).isExactly(exact), "seed \(seed)")
      } catch AnchorError.notFound(_, let place?) {
        let anchor = Anchor(textHash: text.hash, start: place.start, end: place.end)
        #expect(try text.exact(anchor).isExactly(place.exact), "seed \(seed)")
        #expect(!place.difference.isEmpty && !place.exact.isExactly(exact), "seed \(seed)")
      } catch AnchorError.notFound(_, nil) {
        continue
      }
    }
  }

  @Test func messagesSayWhatWhereAndWhatToDo() throws {
    let text = try ArticleText("Today we have lost time.\r\nTwice.")
    func message(_ body: () throws(AnchorError) -> Anchor) -> String? {
      do {
        _ = try body()
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      message { () throws(AnchorError) in try text.anchor(exact: "we have lost  time") }
        == "the article does not contain “we have lost  time”; nearest at byte 6: “we have lost time” (differs in white space)")
    #expect(
      message { () throws(AnchorError) in try text.anchor(exact: "time.\nTwice") }
        == "the article does not contain “time.\\nTwice”; nearest at byte 19: “time.\\r\\nTwice” (differs in white space)")
    #expect(
      message { () throws(AnchorError) in try text.anchor(exact: "time", occurrence: 3) }
        == "the article contains “time” once, so there is no occurrence 3: count from 1")
    #expect(message { () throws(AnchorError) in try text.anchor(exact: "nowhere") }?.contains("copy the words from the article") == true)
  }

  @Test func hostileTextsTakeLinearTime() throws {
    let size = 1 << 20
    let clock = ContinuousClock()
    let duration = try clock.measure {
      let repeated = try ArticleText(String(repeating: "a", count: size))
      #expect(throws: AnchorError.self) { try repeated.anchor(exact: String(repeating: "a", count: size / 2) + "b") }
      let words = try ArticleText(String(repeating: "a a b ", count: size / 6))
      #expect(throws: AnchorError.self) { try words.anchor(exact: String(repeating: "a ", count: size / 4) + "c") }
      let marks = try ArticleText("e" + String(repeating: "\u{301}\u{323}", count: size / 4))
      #expect(throws: AnchorError.self) { try marks.anchor(exact: "E" + String(repeating: "\u{323}\u{301}", count: size / 8)) }
      let flags = try ArticleText(String(repeating: "🇩", count: size / 4))
      #expect(throws: AnchorError.self) { try flags.anchor(exact: "🇩x") }
    }
    #expect(duration < .seconds(60), "a quadratic search takes hours")
  }
}
