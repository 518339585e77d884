import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct PlacementTests {
  private func place(_ words: [String], from old: String, in new: String, occurrence: Int = 1) throws -> (PlacedSegments, ArticleText) {
    let oldText = try ArticleText(old)
    let newText = try ArticleText(new)
    let anchors = try words.map { try oldText.anchor(exact: $0, occurrence: occurrence) }
    return (try newText.place(anchors, from: oldText), newText)
  }

  @Test func wordsAtTheSameOffsetsAreExact() throws {
    let (placed, text) = try place(["lost time", "once"], from: "“lost time,” he said, “once.”", in: "“lost time,” HE said, “once.” And more.")
    #expect(placed.placement == .exact)
    #expect(placed.score == 1000)
    #expect(try placed.anchors.map { try text.exact($0) } == ["lost time", "once"])
  }

  @Test func wordsAtTheSameOffsetAreExactThoughTheyStandElsewhereToo() throws {
    let (placed, _) = try place(["no"], from: "He said no twice.", in: "He said no, and no twice.")
    #expect(placed.placement == .exact)
  }

  @Test func wordsAtOtherOffsetsAreMoved() throws {
    let (placed, text) = try place(["lost time", "once"], from: "“lost time,” he said, “once.”", in: "Update. “lost time,” said he, “once.”")
    #expect(placed.placement == .moved)
    #expect(placed.score == 1000)
    #expect(try placed.anchors.map { try text.exact($0) } == ["lost time", "once"])
    #expect(placed.anchors.allSatisfy { $0.textHash == text.hash })
  }

  @Test func segmentsOutOfReadingOrderKeepTheOrderTheyWereGivenIn() throws {
    let (placed, text) = try place(["once", "lost time"], from: "“lost time,” he said, “once.”", in: "Update. “lost time,” said he, “once.”")
    #expect(try placed.anchors.map { try text.exact($0) } == ["once", "lost time"])
  }

  @Test func theSurroundingsDecideBetweenSeveralPlaces() throws {
    let (placed, text) = try place(
      ["no"], from: "Asked about tax he said no again.", in: "Asked about the war he said no. Asked about tax he said no again.")
    #expect(placed.placement == .moved)
    #expect(placed.anchors.map(\.start) == [text.occurrences(of: "no")[1]])
  }

  @Test func theOrderDecidesBetweenSeveralPlaces() throws {
    let (placed, text) = try place(["first", "yes"], from: "first; yes", in: "yes | first | yes")
    #expect(placed.placement == .moved)
    #expect(placed.anchors.map(\.start) == [text.occurrences(of: "first")[0], text.occurrences(of: "yes")[1]])
  }

  @Test func equalSurroundingsAreAmbiguous() throws {
    let (placed, _) = try place(["no"], from: "x no x", in: "Here: x no x and x no x.")
    #expect(placed.placement == .ambiguous)
    #expect(placed.score == 500)
    #expect(placed.anchors.isEmpty)
  }

  @Test func halfAScalarIsNoAgreement() throws {
    // й and к begin with the same byte, ж does not.
    let (placed, _) = try place(["no"], from: "no\u{439}", in: ". no\u{43A} no\u{436}\u{436}")
    #expect(placed.placement == .ambiguous)
  }

  @Test func wordsThatAreGoneLeaveTheQuoteOrphaned() throws {
    for new in ["“lost hope,” he said, “once.”", "", "lost", "“once,” he said, “lost time.”", "lost tim\u{435}, once"] {
      let (placed, _) = try place(["lost time", "once"], from: "“lost time,” he said, “once.”", in: new)
      #expect(placed == PlacedSegments(placement: .orphaned, score: 0, anchors: []), "in “\(new)”")
    }
  }

  @Test func segmentsDoNotBeginToOverlap() throws {
    let (placed, _) = try place(["ana", "ana"], from: "ana", in: "-ana")
    #expect(placed.placement == .moved, "segments that were one place may stay so")
    let old = try ArticleText("ana-ana")
    let anchors = try [old.anchor(exact: "ana"), old.anchor(exact: "ana", occurrence: 2)]
    #expect(try ArticleText("-anana").place(anchors, from: old).placement == .orphaned)
  }

  @Test func anotherNormalisationIsNotTheSameWords() throws {
    let (placed, _) = try place(["caf\u{E9}"], from: "the caf\u{E9}", in: "the cafe\u{301}")
    #expect(placed.placement == .orphaned)
  }

  @Test func anchorsOfAnotherTextAreRefused() throws {
    let text = try ArticleText("one")
    let other = try ArticleText("two")
    #expect(throws: AnchorError.otherText(expected: other.hash, found: text.hash)) {
      try text.place([text.anchor(exact: "one")], from: other)
    }
  }

  @Test func wordsThatStandNearlyEverywhereAreLeftToAPerson() throws {
    let (placed, _) = try place(["a"], from: "ba", in: String(repeating: "a ", count: 100_000))
    #expect(placed == PlacedSegments(placement: .ambiguous, score: 1, anchors: []))
  }

  @Test func whateverIsPutBeforeUniqueWordsMovesThem() throws {
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed)
      let words = (0..<12).map { "w\($0)" + String(repeating: "é", count: Int.random(in: 0...3, using: &random)) + "." }
      let old = try ArticleText(words.joined(separator: " "))
      let chosen = (0..<12).filter { _ in Bool.random(using: &random) } + [11]
      let anchors = try chosen.map { try old.anchor(exact: words[$0]) }
      let insertion = String(repeating: "😀", count: Int.random(in: 1...3, using: &random)) + " "
      let new = try ArticleText(insertion + old.string)
      let placed = try new.place(anchors, from: old)
      #expect(placed.placement == .moved, "seed \(seed)")
      #expect(placed.anchors.map(\.start) == anchors.map { $0.start + insertion.utf8.count }, "seed \(seed)")
    }
  }

  @Test func aPlacementOfANewerVersionIsKept() {
    for placement in Placement.known { #expect(Placement(rawValue: placement.rawValue) == placement) }
    #expect(Placement(rawValue: "guessed").rawValue == "guessed")
    #expect(Placement(rawValue: "guessed") == .unknown("guessed"))
    #expect(Placement.unknown("exact") == .exact)
    #expect(Placement.unknown("caf\u{E9}") != .unknown("cafe\u{301}"))
  }
}
