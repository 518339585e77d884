import DictaModels
@testable import DictaSyncHTTP
import Testing

@Suite struct HubAddressTests {
  private static let corpus = "0198c2f4-0000-7000-8000-000000000001"

  @Test(arguments: [
    ("https://hub.example/\(corpus)", "https://hub.example"), ("HTTP://127.0.0.1:8443/\(corpus)/", "HTTP://127.0.0.1:8443"),
    ("https://hub.example/a/b/\(corpus)", "https://hub.example/a/b"), ("http://[::1]:80/\(corpus)", "http://[::1]:80"),
  ])
  func whatStandsBeforeTheCorpusIsTheHub(text: String, base: String) throws {
    let address = try #require(HubAddress(text))
    #expect(address.base == base && address.corpus.description == Self.corpus)
    #expect(HubAddress(address.description) == address)
  }

  @Test(arguments: [
    "", "https://", "https:///\(corpus)", "https://hub.example", "https://hub.example/", "https://hub.example/x", "ftp://hub.example/\(corpus)",
    "https://hub.example/\(corpus)?x=1", "https://me@hub.example/\(corpus)", "https://hub.example/ \(corpus)", "\(corpus)",
  ])
  func anythingElseIsNone(text: String) {
    #expect(HubAddress(text) == nil)
  }
}

@Suite struct EventReaderTests {
  @Test func eventsAreReadHoweverTheyAreCut() throws {
    let stream = Array("event: heads\ndata: aa\n\n:\n\nevent:heads\r\ndata:bb\r\n\r\ndata: x\ndata: y\n\n".utf8)
    for portion in 1...stream.count {
      var (reader, events) = (EventReader(), [EventReader.Event]())
      for start in stride(from: 0, to: stream.count, by: portion) { events += try reader.read(Array(stream[start...].prefix(portion))) }
      #expect(events == [.init(name: "heads", data: "aa"), .init(name: "heads", data: "bb"), .init(name: "", data: "x\ny")])
    }
  }

  @Test func aLineWithoutEndIsRefused() {
    var reader = EventReader()
    #expect(throws: EventReader.TooLong.self) { for _ in 0..<3 { _ = try reader.read([UInt8](repeating: 65, count: 40_000)) } }
  }
}
