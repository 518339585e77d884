import DictaTestSupport
import Testing

@testable import DictaModels

/// Hashes of sets of heads, and heads that their writers signed.
@Suite struct HeadVectorTests {
  private static let corpus = CorpusID("0198c2f4-0000-7000-8000-000000000001")!
  private static let seed = (0..<32).map { UInt8($0) }
  private static let key = SigningKey(seed: seed)
  private static let head = Head(origin: Origin(raw: .sixteen(4)), sequence: 300, id: ChangeID(of: "a change"))

  private func head(_ origin: UInt64, _ sequence: UInt64, _ id: String) -> Head {
    Head(origin: Origin(raw: .sixteen(origin)), sequence: sequence, id: ChangeID(of: id))
  }

  // MARK: Sets

  private func set(_ name: String, _ heads: [Head], hash: HeadsHash? = nil) -> JSONObject {
    [
      "name": .string(name), "kind": .string("set"), "heads": .array(heads.map(\.meaning)), "hex": .hex((hash ?? HeadsHash(of: heads)).bytes),
      "valid": .bool(hash == nil),
    ]
  }

  private var sets: [JSONObject] {
    let two = [head(1, 1, "a"), head(2, 1, "b")].sorted()
    let fork = [head(1, 7, "a"), head(1, 7, "b"), head(1, 9, "c")].sorted()
    var longer = two
    longer[0] = head(1, 2, "a")
    var other = two
    other[1] = head(2, 1, "c")
    return [
      set("set without a head", []), set("set of one head", [Self.head]), set("set of two origins", two),
      set("set with a fork: two changes of one sequence, and a longer branch", fork),
      set("set with the greatest sequence", [head(1, .max, "a")]),
      set("set with a sequence of more than 32 bits", [head(1, 1 << 33, "a")]),
      set("set hashed in descending order", two, hash: HeadsHash(of: two.reversed())),
      set("set with another sequence", longer, hash: HeadsHash(of: two)), set("set with another id", other, hash: HeadsHash(of: two)),
      set("set that lacks a head", [two[0]], hash: HeadsHash(of: two)),
      set("set with a head twice", [two[0]], hash: HeadsHash(of: [two[0], two[0]])),
      set("set hashed without its domain tag", [], hash: HeadsHash(bytes: TextHash(of: [UInt8]()).bytes)),
    ]
  }

  // MARK: Signatures

  private func signed(
    _ name: String, _ head: Head = head, corpus: CorpusID = corpus, publicKey: Bytes32 = key.publicKey, signature: [UInt8]? = nil
  ) -> JSONObject {
    [
      "name": .string(name), "kind": .string("signature"), "seed": .hex(Self.seed), "publicKey": .hex(publicKey.array),
      "corpus": .string(corpus.description), "head": head.meaning, "statement": .hex(HeadSignature.statement(head, corpus)),
      "hex": .hex(signature ?? Self.key.signature(of: head, in: corpus).bytes), "valid": .bool(signature == nil),
    ]
  }

  private var signatures: [JSONObject] {
    let sound = Self.key.signature(of: Self.head, in: Self.corpus).bytes
    let other = CorpusID(raw: .sixteen(1))
    func altered(_ place: Int) -> [UInt8] {
      var bytes = sound
      bytes[place] ^= 1
      return bytes
    }
    func over(_ head: Head, _ corpus: CorpusID = Self.corpus) -> [UInt8] { Self.key.signature(of: head, in: corpus).bytes }
    let (origin, sequence, id) = (Self.head.origin, Self.head.sequence, Self.head.id)
    return [
      signed("signature of a head"), signed("signature of a first change", head(1, 1, "first")),
      signed("signature of the greatest sequence", head(1, .max, "last")), signed("signature in another corpus", corpus: other),
      signed("signature for another corpus", signature: over(Self.head, other)),
      signed("signature for another origin", signature: over(Head(origin: Origin(raw: .sixteen(5)), sequence: sequence, id: id))),
      signed("signature for the sequence before", signature: over(Head(origin: origin, sequence: 299, id: id))),
      signed("signature for another change", signature: over(Head(origin: origin, sequence: sequence, id: ChangeID(of: "another")))),
      signed("signature by another key", signature: SigningKey(seed: Self.seed.reversed()).signature(of: Self.head, in: Self.corpus).bytes),
      signed("signature for another key", publicKey: SigningKey(seed: Self.seed.reversed()).publicKey, signature: sound),
      signed("signature for a public key that is no point", publicKey: Bytes32([2] + [UInt8](repeating: 0, count: 31))!, signature: sound),
      signed("signature with an altered first byte", signature: altered(0)), signed("signature with an altered last byte", signature: altered(63)),
      signed("signature with its halves swapped", signature: Array(sound[32...] + sound[..<32])),
      signed("signature with the group's order added to its second half", signature: Array(sound[..<32]) + addingOrder(to: sound[32...])),
      signed("signature without its last byte", signature: sound.dropLast()), signed("signature with a byte behind it", signature: sound + [0]),
      signed("signature of zeros", signature: [UInt8](repeating: 0, count: 64)), signed("signature without a byte", signature: []),
    ]
  }

  /// The same number modulo the order of the group: RFC 8032 takes only the least.
  private func addingOrder(to number: ArraySlice<UInt8>) -> [UInt8] {
    let order: [UInt8] =
      [0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14] + [UInt8](repeating: 0, count: 15) + [0x10]
    var carry = 0
    return zip(number, order).map { left, right in
      carry += Int(left) + Int(right)
      defer { carry >>= 8 }
      return UInt8(carry & 255)
    }
  }

  @Test func heads() throws {
    let volatile: Set<String> = SigningKey.areSignaturesRepeatable ? [] : ["hex"]
    try checkVectors("heads.json", sets + signatures, volatile: volatile) { vector in
      if vector.string("kind") == "set" {
        let heads = vector.objects("heads").map(Head.init(meaning:))
        guard heads == heads.sorted(), HeadsHash(of: heads).bytes == vector.bytes("hex") else { throw Broken("the hash is of other heads") }
        return
      }
      guard case .object(let head)? = vector["head"] else { throw Broken("there is no head") }
      let corpus = CorpusID(vector.string("corpus"))!
      #expect(HeadSignature.statement(Head(meaning: head), corpus) == vector.bytes("statement"))
      #expect(vector.bytes("statement").count == 85)
      if vector.isValid { #expect(SigningKey(seed: vector.bytes("seed")).publicKey.array == vector.bytes("publicKey")) }
      guard let signature = HeadSignature(bytes: vector.bytes("hex")) else { throw Broken("a signature has 64 bytes") }
      guard signature.isValid(for: Head(meaning: head), in: corpus, publicKey: Bytes32(vector.bytes("publicKey"))!) else {
        throw Broken("the signature isn't valid")
      }
    }
  }
}

extension Head {
  /// - Precondition: It is a head as ``meaning`` says it.
  init(meaning: JSONObject) {
    let sequence = meaning["sequence"]
    let number: UInt64? = if case .string(let digits)? = sequence { UInt64(digits) } else { meaning.integer("sequence") }
    self.init(
      origin: Origin(bytes: meaning.bytes("origin"))!, sequence: number!, id: ChangeID(bytes: meaning.bytes("id"))!)
  }
}

extension ChangeID {
  /// The name of a change that nobody wrote.
  init(of words: String) {
    self.init(bytes: TextHash(of: Array(words.utf8)).bytes)!
  }
}
