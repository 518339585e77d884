import DictaTestSupport
import Testing

@testable import DictaModels

/// Ids that follow from what they name, and the spelling of URLs that articles are known by.
@Suite struct IdVectorTests {
  private static let text = "The dam holds, the minister said."

  // MARK: Derived ids

  private func id(_ name: String, _ kind: String, _ parts: [[UInt8]], id: Bytes16? = nil) -> JSONObject {
    [
      "name": .string(name), "kind": .string(kind), "parts": .array(parts.map { .hex($0) }),
      "hex": .hex((id ?? IDs.derived(kind, from: parts)).array),
      "valid": .bool(id == nil),
    ]
  }

  private var derived: [JSONObject] {
    let hash = TextHash(of: Array(Self.text.utf8)).bytes
    let (quote, claim) = (Bytes16.sixteen(1), Bytes16.sixteen(2))
    func url(_ url: String) -> [[UInt8]] { [Identifier<Article>.canonicalURL(url)] }
    let stance = [Array("quote".utf8), quote.array, claim.array]
    let sound = IDs.derived("stance", from: stance)
    /// The hash without a version and a variant.
    func unmarked(_ id: Bytes16) -> Bytes16 {
      var bytes = id.array
      bytes[6] ^= 0x80
      return Bytes16(bytes)!
    }
    return [
      id("article with a URL", "article.url", url("https://example.org/dam")),
      id("article with a long URL", "article.url", url("https://example.org/" + String(repeating: "a", count: 300))),
      id("article with a URL that isn't ASCII", "article.url", url("https://hö.de/ü?ß")),
      id("article without a URL", "article.text", [Array("The Post".utf8), hash]),
      id("article without a URL or an outlet", "article.text", [[], hash]),
      id("stance of a quote", "stance", stance), id("stance of an article", "stance", [Array("article".utf8), quote.array, claim.array]),
      id("what a document names", "document", [hash, Array("speaker".utf8), Array("#ada".utf8)]), id("kind without parts", "document", []),
      id("parts that join to the same bytes: ab, c", "document", [Array("ab".utf8), Array("c".utf8)]),
      id("parts that join to the same bytes: a, bc", "document", [Array("a".utf8), Array("bc".utf8)]),
      id(
        "article with its URL as it was given", "article.url", url("https://example.org/dam"),
        id: IDs.derived("article.url", from: [Array("HTTPS://example.org/dam".utf8)])),
      id("stance with its parts in another order", "stance", stance, id: IDs.derived("stance", from: stance.reversed())),
      id("stance with its parts joined", "stance", stance, id: IDs.derived("stance", from: [Array(stance.joined())])),
      id("stance of another kind", "stance", stance, id: IDs.derived("document", from: stance)),
      id("id without a version", "stance", stance, id: unmarked(sound)),
    ]
  }

  // MARK: URLs

  private func url(_ name: String, _ url: String, _ wrong: String? = nil) -> JSONObject {
    [
      "name": .string(name), "url": .string(url),
      "canonical": .string(wrong ?? String(decoding: Identifier<Article>.canonicalURL(url), as: UTF8.self)), "valid": .bool(wrong == nil),
    ]
  }

  private var urls: [JSONObject] {
    [
      url("URL with nothing to do", "https://example.org/a?b"), url("URL in capitals", "HTTPS://Ex%41mple.ORG:443/Path?q=A#top"),
      url("URL with a user", "HTTP://u:P@Hö.DE:8080?Q"), url("URL with two ats", "http://A@B@C.DE/"), url("URL with an empty port", "http://h:/x"),
      url("URL with another scheme's port", "ftp://H:21"), url("URL with the port of http over https", "https://h:80/"),
      url("URL with the port of https over http", "http://h:443/"), url("URL with the port of http", "http://h:80"),
      url("URL with a port that ends like the usual one", "http://h:8080/"), url("URL with an address in brackets", "https://[2001:DB8::1]:443/"),
      url("URL without an authority", "mailto:A@B#c"), url("URL without a scheme", "Example.ORG/Path#x"),
      url("URL with an empty path", "HTTP://EXAMPLE.org"),
      url("URL with a query behind the host", "https://EXAMPLE.org?A=B://C"), url("URL with a fragment in front", "#HTTP://A"),
      url("URL with two fragments", "http://A/#b#c"), url("URL with a colon without slashes", "A:B://C"),
      url("URL whose path has capitals and dots", "https://a.b/C/../%7Ed"), url("URL with capitals that aren't ASCII", "https://Ä.de/"),
      url("URL with its path in lower case", "https://a.b/Path", "https://a.b/path"),
      url("URL with its fragment kept", "https://a.b/#top", "https://a.b/#top"),
      url("URL with its dots resolved", "https://a.b/c/../d", "https://a.b/d"),
      url("URL with its escapes resolved", "https://a.b/%7Ed", "https://a.b/~d"),
      url("URL with a slash added", "https://a.b", "https://a.b/"), url("URL with its user in lower case", "https://U@a.b/", "https://u@a.b/"),
      url("URL with its usual port kept", "https://a.b:443/", "https://a.b:443/"),
      url("URL with capitals lowered that aren't ASCII", "https://Ä.de/", "https://ä.de/"),
    ]
  }

  @Test func ids() throws {
    try checkVectors("ids.json", derived + urls) { vector in
      if vector["url"] != nil {
        let canonical = Identifier<Article>.canonicalURL(vector.string("url"))
        guard canonical == Array(vector.string("canonical").utf8) else { throw Broken("the canonical URL is another") }
        #expect(Identifier<Article>.canonicalURL(String(decoding: canonical, as: UTF8.self)) == canonical, "\(vector.string("name"))")
        return
      }
      guard case .array(let parts)? = vector["parts"] else { throw Broken("there are no parts") }
      let bytes = parts.compactMap { if case .string(let hex) = $0 { Hex.bytes(hex) } else { nil } }
      guard IDs.derived(vector.string("kind"), from: bytes).array == vector.bytes("hex") else { throw Broken("the id is another") }
    }
  }
}
