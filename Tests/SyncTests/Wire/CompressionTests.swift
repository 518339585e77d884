import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@Suite struct CompressionTests {
  private let limit = 1 << 20

  /// Why it is refused; nil if it isn't.
  private func refusal(of bytes: [UInt8], byteLimit: Int = 1 << 20) -> String? {
    do {
      _ = try Compression.inflate(bytes, byteLimit: byteLimit)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>, [1, 6, 9] as [Int32]) func whatIsDeflatedInflates(seed: UInt64, level: Int32) throws {
    var random = SeededRandom(seed: seed)
    let letters = random.bytes(1 + random.number(below: 40))
    let bytes = (0..<random.number(below: 200_000)).map { _ in random.pick(letters) }
    let deflated = Compression.deflate(bytes, level: level)
    #expect(try Compression.inflate(deflated, byteLimit: bytes.count) == bytes)
  }

  @Test func nothingInflatesToNothing() throws {
    #expect(try Compression.inflate(Compression.deflate([]), byteLimit: 0) == [])
  }

  @Test func inflatingStopsAtTheLimit() throws {
    let bytes = [UInt8](repeating: 7, count: 100_000)
    let deflated = Compression.deflate(bytes)
    #expect(try Compression.inflate(deflated, byteLimit: 100_000) == bytes)
    #expect(refusal(of: deflated, byteLimit: 99_999) == "this inflates to more than 99999 bytes")
    #expect(refusal(of: deflated, byteLimit: 0) == "this inflates to more than 0 bytes")
  }

  @Test func aBombIsRefused() {
    let bomb = Compression.deflate([UInt8](repeating: 0, count: Message.byteLimit + 1), level: 9)
    #expect(bomb.count < 30_000)
    #expect(refusal(of: bomb, byteLimit: Message.byteLimit) == "this inflates to more than \(Message.byteLimit) bytes")
  }

  @Test func everyCutIsRefused() {
    let deflated = Compression.deflate(filler(500))
    for count in 0..<deflated.count {
      #expect(refusal(of: Array(deflated.prefix(count))) == "compressed bytes are cut off", "cut after \(count) bytes")
    }
  }

  @Test func nothingStandsBehindAStream() {
    let deflated = Compression.deflate(filler(500))
    #expect(refusal(of: deflated + [0]) == "1 bytes stand behind the compressed ones")
    #expect(refusal(of: deflated + deflated)?.contains("stand behind") == true)
  }

  @Test func onlyZlibStreamsAreRead() throws {
    let stored = WireZlib.stored(filler(30))
    #expect(try Compression.inflate(stored, byteLimit: limit) == filler(30))
    #expect(refusal(of: Array(stored.dropFirst(2).dropLast(4))) != nil, "raw deflate")
    #expect(refusal(of: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]) != nil, "gzip")
    #expect(refusal(of: WireZlib.withDictionary) == "compressed bytes need a dictionary")
    #expect(refusal(of: Array("plain words".utf8)) != nil)
  }

  @Test func aWrongChecksumIsRefused() {
    var altered = WireZlib.stored(filler(30))
    altered[altered.count - 1] ^= 1
    #expect(refusal(of: altered)?.contains("incorrect data check") == true)
  }
}
