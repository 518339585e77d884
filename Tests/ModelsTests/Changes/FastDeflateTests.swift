import DictaTestSupport
import Testing

@testable import DictaModels

/// zlib reads what was compressed without it.
@Suite struct FastDeflateTests {
  private func expectWhole(_ bytes: [UInt8], _ comment: Comment? = nil) {
    let deflated = bytes.withUnsafeBufferPointer(Compression.deflateFast)
    #expect((try? Compression.inflate(deflated, byteLimit: bytes.count)) == bytes, comment)
    #expect(deflated.count <= bytes.count + bytes.count / 8 + 24, comment)
  }

  @Test(arguments: 0..<60 as Range<UInt64>) func whateverIsDeflatedInflates(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<20 {
      let letters = random.bytes(1 + random.number(below: seed.isMultiple(of: 2) ? 6 : 250))
      var bytes: [UInt8] = []
      let count = random.number(below: seed.isMultiple(of: 3) ? 40 : FastDeflate.byteLimit)
      while bytes.count < count {
        if bytes.isEmpty || random.number(below: 3) == 0 {
          bytes += (0..<1 + random.number(below: 90)).map { _ in random.pick(letters) }
        } else {
          let start = random.number(below: bytes.count)
          bytes += bytes[start..<min(bytes.count, start + random.number(below: 700))]
        }
      }
      expectWhole(Array(bytes.prefix(FastDeflate.byteLimit)), "seed \(seed), \(count) bytes")
    }
  }

  @Test func everyLengthOfARepetitionIsRead() {
    for length in 1...600 {
      let word = (0..<length).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 + $0) }
      expectWhole(word + [1, 2, 3] + word + [4], "\(length)")
    }
  }

  @Test func everyDistanceIsRead() {
    var random = SeededRandom(seed: 1)
    let noise = random.bytes(FastDeflate.byteLimit)
    for distance in Array(8...300) + stride(from: 301, to: FastDeflate.byteLimit - 8, by: 97) + [FastDeflate.byteLimit - 8] {
      expectWhole(Array(noise.prefix(distance) + noise.prefix(8)), "\(distance)")
    }
  }

  @Test func allBytesAndNoneAreRead() {
    expectWhole([])
    for byte in UInt8.min...UInt8.max { expectWhole([byte]) }
    expectWhole(Array(repeating: 0, count: FastDeflate.byteLimit))
    expectWhole((0..<FastDeflate.byteLimit).map { UInt8(truncatingIfNeeded: $0) })
  }

  @Test func proseBecomesHalfLargerThanByZlibAtMost() {
    let article = """
      The council of Harrow Bay voted on Tuesday to close the old harbour bridge to lorries, two years after engineers had found cracks in its
      northern pier. “We could not wait for another winter,” said Ines Calder, who chairs the council's committee for roads and harbours. The
      bridge was built in 1961 and has been repaired four times. According to the harbour office, some nine hundred lorries crossed it on an
      ordinary day last year, most of them on their way to the fish market. Their drivers will now have to take the road through Lower Harrow,
      which adds eleven kilometres to the way. “Nobody asked us,” said Tom Adair, who runs a haulage firm with twelve drivers at the market. He
      put the cost of the closure for his firm at four thousand crowns a month. The council said it had written to all firms at the market in
      spring, and that nine of them had answered. Mr Adair said he had not received a letter. The opposition called the closure overdue. “The
      report on the pier has been lying in a drawer since the spring before last,” said its speaker, Lena Marsh. Mrs Calder denied that: the
      report had been on the council's website since the day it was delivered, she said, and anybody could have read it there. How long the
      bridge will be closed to lorries is open. The council wants to hear from engineers in January what a new pier would cost; an earlier
      estimate had put it at six million crowns. Cars, bicycles and people on foot may still cross the bridge, at thirty kilometres an hour.
      """
    let bytes = Array(article.utf8)
    let fast = bytes.withUnsafeBufferPointer(Compression.deflateFast).count
    let small = Compression.deflate(bytes, level: 1).count
    #expect(fast * 2 <= small * 3 && fast * 5 < bytes.count * 4, "\(bytes.count) became \(fast), and \(small) by zlib")
  }
}
