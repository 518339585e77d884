import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct OffsetsTests {
  /// Scalars of one, two, three and four bytes.
  private let sample = "aé€😀z"

  @Test func bytesScalarsAndUTF16CodeUnitsNameTheSamePlaces() throws {
    let text = try ArticleText(sample)
    for (byte, scalar, utf16) in [(0, 0, 0), (1, 1, 1), (3, 2, 2), (6, 3, 3), (10, 4, 5), (11, 5, 6)] {
      #expect(try text.scalarOffset(ofByte: byte) == scalar)
      #expect(try text.utf16Offset(ofByte: byte) == utf16)
      #expect(try text.byteOffset(ofScalar: scalar) == byte)
      #expect(try text.byteOffset(ofUTF16: utf16) == byte)
      #expect(text.isScalarBoundary(byte))
    }
  }

  @Test(arguments: [2, 4, 5, 7, 8, 9])
  func bytesInsideAScalarAreRefused(byte: Int) throws {
    let text = try ArticleText(sample)
    #expect(!text.isScalarBoundary(byte))
    #expect(throws: AnchorError.notOnScalarBoundary(offset: byte)) { try text.scalarOffset(ofByte: byte) }
    #expect(throws: AnchorError.notOnScalarBoundary(offset: byte)) { try text.utf16Offset(ofByte: byte) }
  }

  @Test(arguments: ["😀", "x😀", "😀x"])
  func halfASurrogatePairIsRefused(string: String) throws {
    let text = try ArticleText(string)
    let half = string.hasPrefix("x") ? 2 : 1
    #expect(throws: AnchorError.insideSurrogatePair(utf16Offset: half)) { try text.byteOffset(ofUTF16: half) }
  }

  @Test(arguments: [-1, 12, Int.min, Int.max])
  func offsetsOutsideTheTextAreRefused(offset: Int) throws {
    let text = try ArticleText(sample)
    #expect(!text.isScalarBoundary(offset))
    #expect(throws: AnchorError.offsetOutOfRange(offset: offset, unit: .utf8, count: 11)) { try text.scalarOffset(ofByte: offset) }
    #expect(throws: AnchorError.offsetOutOfRange(offset: offset, unit: .utf8, count: 11)) { try text.utf16Offset(ofByte: offset) }
    #expect(throws: AnchorError.offsetOutOfRange(offset: offset, unit: .unicodeScalars, count: 5)) { try text.byteOffset(ofScalar: offset) }
    #expect(throws: AnchorError.offsetOutOfRange(offset: offset, unit: .utf16, count: 6)) { try text.byteOffset(ofUTF16: offset) }
  }

  @Test func anEmptyTextHasOnePlace() throws {
    let text = try ArticleText("")
    #expect(text.isScalarBoundary(0))
    #expect(try text.scalarOffset(ofByte: 0) == 0)
    #expect(try text.byteOffset(ofUTF16: 0) == 0)
    #expect(throws: AnchorError.self) { try text.byteOffset(ofScalar: 1) }
  }

  @Test func conversionsAgreeWithSwiftsOwnViews() throws {
    for seed in UInt64(1)...50 {
      var random = SeededRandom(seed: seed)
      let scalars = ["a", "\r\n", "e\u{301}", "\u{A0}", "“", "👩‍👩‍👧", "🇩🇪", "я"]
      let string = (0..<20).map { _ in scalars.randomElement(using: &random) ?? "a" }.joined()
      let text = try ArticleText(string)
      for index in string.unicodeScalars.indices {
        let byte = string.utf8.distance(from: string.startIndex, to: index)
        let scalar = string.unicodeScalars.distance(from: string.startIndex, to: index)
        let utf16 = string.utf16.distance(from: string.startIndex, to: index)
        #expect(try text.scalarOffset(ofByte: byte) == scalar, "seed \(seed)")
        #expect(try text.utf16Offset(ofByte: byte) == utf16, "seed \(seed)")
        #expect(try text.byteOffset(ofScalar: scalar) == byte, "seed \(seed)")
        #expect(try text.byteOffset(ofUTF16: utf16) == byte, "seed \(seed)")
      }
    }
  }
}
