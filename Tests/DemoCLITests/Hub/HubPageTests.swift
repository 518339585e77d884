#if Hub && HTTP

import DictaModels
import DictaStorage
import DictaSyncHTTP
import DictaTestSupport
import Foundation
import Testing

@testable import demo_cli

/// The hub's page for people, as a browser gets it.
@Suite(.timeLimit(.minutes(5))) struct HubPageTests {
  private static let corpus = "0198c2f4-0000-7000-8000-00000000000b"

  /// A hub with one corpus that `fill` writes, and somebody who reads its pages.
  private func read(
    _ desk: Desk, fill: @Sendable (Archive) async throws -> Void, _ body: @Sendable @escaping (Reader) async throws -> Void
  ) async throws {
    let token = try await desk.token(Self.corpus, "reader").token
    let archive = try Archive(at: "\(desk.folder)/hub/\(Self.corpus).dicta")
    try await fill(archive)
    try archive.close()
    try await RunningHub.with(desk) { hub in
      let reader = Reader(base: URL(string: "\(hub.url)/\(Self.corpus)")!, token: token, transport: try AsyncHTTPClientTransport())
      do {
        try await body(reader)
      } catch {
        Issue.record(error)
      }
      try await reader.transport.close()
    }
  }

  // MARK: What the pages show

  @Test func everyPageOfTheSamplesCanBeReached() async throws {
    let desk = try Desk()
    try await read(desk) { archive in
      var loader = SampleLoader(archive)
      try await loader.addAll()
    } _: { reader in
      let overview = try await reader.page("").text
      for sample in Samples.articles { #expect(overview.contains(sample.title)) }
      #expect(overview.contains("3 articles") && overview.contains("\(Samples.quotes.count) quotes") && overview.contains("contested"))
      // From page to page, as far as links lead.
      var waiting = [reader.base]
      var seen: Set = [reader.base]
      var kinds: Set<String> = []
      while let url = waiting.popLast() {
        let reply = try await reader.get(url)
        #expect(reply.status == 200, "\(url)")
        kinds.insert(url.pathComponents.dropFirst(2).first ?? "")
        for link in try PageMarkup(reply.body).links where !link.hasPrefix("https:") && !link.hasPrefix("#") {
          let target = try #require(URL(string: String(link.prefix { $0 != "#" }), relativeTo: url)).absoluteURL
          #expect(target.absoluteString.hasPrefix(reader.base.absoluteString), "\(link) on \(url)")
          if seen.insert(target).inserted { waiting.append(target) }
        }
      }
      #expect(kinds == ["", "articles", "speakers", "claims", "conflicts", "quotes"])
      #expect(seen.count > Samples.quotes.count + Samples.claims.count)
    }
  }

  @Test func thePagesOfTheSamplesSayWhoSaysWhat() async throws {
    let desk = try Desk()
    try await read(desk) { archive in
      var loader = SampleLoader(archive)
      try await loader.addAll()
    } _: { reader in
      let lists = ["articles": Samples.gazetteArticle.title, "speakers": "Radu Ilvény", "claims": Samples.claims[0].text]
      var pages: [String: PageMarkup] = [:]
      for (list, name) in lists {
        let markup = try await reader.page("/\(list)")
        pages[list] = try await reader.page(followingLinkCalled: name, on: markup)
      }
      let article = try #require(pages["articles"])
      #expect(article.marked.text == Samples.gazetteArticle.text)
      let quotes = Samples.quotes.filter { $0.article == "gazette-2025" }
      let items = article.tokens.count { if case .open("li", let attributes) = $0 { attributes["id"]?.hasPrefix("q-") == true } else { false } }
      #expect(items == quotes.count && article.marked.words.count == quotes.count)
      for quote in quotes { #expect(article.marked.words.values.contains { $0 == quote.texts.joined() }, "\(quote.key)") }
      #expect(article.text.contains("denies") && article.values(of: "rel", in: "a") == ["noopener noreferrer nofollow"])

      let speaker = try #require(pages["speakers"])
      #expect(speaker.text.contains("Foreign Minister, Belmora") && speaker.text.contains("14 May 2018 to 30 June 2023"))
      let years = speaker.tokens.enumerated().filter { $0.element == .open("h3", [:]) }.map { speaker.tokens[$0.offset + 1] }
      #expect(years == [.text("2020"), .text("2021"), .text("2025")])
      let words = speaker.words(ofClass: "words").count
      #expect(words == Samples.quotes.filter { $0.speaker == "ilveny" }.count)

      let claim = try #require(pages["claims"])
      let stances = Samples.stances.filter { $0.claim == Samples.claims[0].key }
      let held = claim.tokens.count { if case .open("li", [:]) = $0 { true } else { false } }
      #expect(held == stances.count)
      #expect(Set(claim.words(ofClass: "position")) == Set(stances.map(\.position)))
    }
  }

  @Test func whatIsFoundIsMarked() async throws {
    let desk = try Desk()
    try await read(desk) { archive in
      var loader = SampleLoader(archive)
      try await loader.addAll()
    } _: { reader in
      let found = try await reader.page("?q=%22the+sluices%22+shut")
      #expect(!found.words(ofClass: "match").isEmpty)
      #expect(found.words(ofClass: "match").allSatisfy { ["the sluices", "shut"].contains($0.lowercased()) })
      #expect(found.values(of: "value", in: "input") == ["\"the sluices\" shut"])
      let none = try await reader.page("?q=%3Cb%3Exyzzy")
      #expect(none.text.contains("Nothing has all of these words: <b>xyzzy"))
      #expect(try await reader.page("?q=+").text.contains("3 articles"))
    }
  }

  @Test func mergedSpeakersHaveOnePageAndConflictsAreShownWhereTheyAre() async throws {
    let desk = try Desk()
    let text = try ArticleText("One said: yes. Another said: no.")
    let ids = IDsOfThis()
    try await read(desk) { archive in
      try await archive.write { transaction in
        var article = Article(url: "https://example.org/1", outlet: "Gazette", title: "Title", text: text)
        article.publishedOn = Article.Publication(date: PartialDate("2020-02-03")!, basis: .printed)
        try transaction.insert(article)
        try transaction.insert(Speaker(id: ids.first, name: "Anna", kind: .person))
        var other = Speaker(id: ids.second, name: "A. Brandt", kind: .person)
        other.mergedInto = ids.first
        try transaction.insert(other)
        for (words, speaker) in [("yes", ids.first), ("no", ids.second)] {
          var quote = Quote(
            id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: words))])
          quote.sources = [Quote.Source(speakerID: speaker, roleAsStated: "chair")]
          try transaction.insert(quote)
        }
      }
      // Another replica that didn't know of it.
      let other = try Archive(creatingAt: desk.folder + "/other.dicta", corpus: CorpusID(Self.corpus)!, device: "laptop")
      try await other.sync(with: archive)
      try await archive.write(author: "Ina") { try $0.update(ids.first) { $0.name = "Anna <i>B" } }
      try await other.write(author: "Uwe") { try $0.update(ids.first) { $0.name = "Anna C" } }
      try await other.sync(with: archive)
      try other.close()
    } _: { reader in
      for id in [ids.first, ids.second] {
        let page = try await reader.page("/speakers/\(id)")
        #expect(page.words(ofClass: "words") == ["yes", "no"] && page.text.contains("A. Brandt") && page.text.contains("as chair"))
        #expect(page.words(ofClass: "conflict").contains { $0.hasSuffix("in conflict: name") })
      }
      #expect(try await reader.page("").text.contains("1 conflict"))
      #expect(try await reader.page("/speakers").words(ofClass: "conflict").count == 1)
      for path in ["/conflicts", "/conflicts?entity=speaker/\(ids.first)"] {
        let page = try await reader.page(path)
        #expect(Set(page.words(ofClass: "value")) == ["Anna <i>B", "Anna C"])
        #expect(page.text.contains("Ina") && page.text.contains("laptop") && page.words(ofClass: "shown").count == 1)
      }
      #expect(try await reader.page("/conflicts?entity=speaker/\(ids.second)").text.contains("No conflicts."))
    }
  }

  // MARK: Marks

  @Test func marksOverlapNestSplitAndTouchInTextsOfManyBytes() async throws {
    let desk = try Desk()
    let text = try ArticleText("a “bé 𝕏c” d\u{301}e\r\nf — 日本語 <g> & h́ i 👩‍👩‍👧 j ")
    // Long enough that ranges meet in every way.
    let long = try ArticleText(String(repeating: text.string, count: 6))
    let boundaries = (0...long.utf8Count).filter(long.isScalarBoundary)
    let seeds = (0..<12).map { UInt64($0) }
    try await read(desk) { archive in
      for seed in seeds {
        try await archive.write { transaction in
          var random = SeededRandom(seed: seed)
          let article = Article(url: "https://example.org/\(seed)", title: "Seed \(seed)", text: long)
          try transaction.insert(article)
          for _ in 0..<8 {
            let offsets = (0..<Int.random(in: 1...3, using: &random) * 2).map { _ in boundaries.randomElement(using: &random) ?? 0 }.sorted()
            let ranges = stride(from: 0, to: offsets.count, by: 2).map { offsets[$0]..<offsets[$0 + 1] }.filter { !$0.isEmpty }
            guard !ranges.isEmpty else { continue }
            let kind = [Quote.Kind.direct, .indirect, .mixed, .scare, .unknown("new\" kind")].randomElement(using: &random) ?? .direct
            let segments = ranges.map { Quote.Segment(Anchor(textHash: long.hash, start: $0.lowerBound, end: $0.upperBound)) }
            try transaction.insert(Quote(id: transaction.newID(), articleID: article.id, kind: kind, segments: segments))
          }
        }
      }
    } _: { reader in
      let list = try await reader.page("/articles")
      for seed in seeds {
        let page = try await reader.page(followingLinkCalled: "Seed \(seed)", on: list)
        let marked = page.marked
        #expect(ExactString(marked.text) == ExactString(long.string), "seed \(seed)")
        // Words without the ellipsis between segments are what is marked.
        for (number, words) in marked.words {
          let shown = page.words(ofClass: "words")[number - 1].replacingOccurrences(of: " … ", with: "", options: .literal)
          #expect(ExactString(words) == ExactString(shown), "seed \(seed), quote \(number)")
        }
        #expect(marked.words.count == page.words(ofClass: "words").count, "seed \(seed)")
        let ids = page.tokens.compactMap { if case .open(_, let attributes) = $0 { attributes["id"] } else { nil } }
        #expect(Set(ids).count == ids.count, "seed \(seed) has an id twice")
        for link in page.links where link.hasPrefix("#") && link != "#main" { #expect(ids.contains(String(link.dropFirst())), "\(link)") }
      }
    }
  }

  @Test func aTextOfMegabytesIsShownInParts() async throws {
    let desk = try Desk()
    // Without a space to cut at, and of three bytes a character.
    let text = try ArticleText(String(repeating: "語", count: 149_998) + " ende.")
    try await read(desk) { archive in
      try await archive.write { transaction in
        let article = Article(url: "https://example.org/long", title: "Long", text: text)
        try transaction.insert(article)
        let anchors = [0, 393_000, 449_997].map { Anchor(textHash: text.hash, start: $0, end: $0 + 3) }
        for anchor in anchors {
          try transaction.insert(Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(anchor)]))
        }
        let whole = Anchor(textHash: text.hash, start: 0, end: text.utf8Count)
        try transaction.insert(Quote(id: transaction.newID(), articleID: article.id, kind: .indirect, segments: [Quote.Segment(whole)]))
      }
    } _: { reader in
      var page = try await reader.page(followingLinkCalled: "Long", on: reader.page("/articles"))
      var read = page.marked.text
      var parts = 1
      #expect(page.text.contains("bytes 0 to 131,070 of 450,000") && page.text.contains("more in other parts"))
      #expect(page.words(ofClass: "words").allSatisfy { $0.utf8.count < 1100 })
      while let next = page.nextLink {
        page = try await reader.page("/articles/" + next)
        #expect(page.text.utf8.count < 200_000)
        read += page.marked.text
        parts += 1
      }
      #expect(read == text.string && parts == 4)
      // It is found by what it ends in, though no match is looked for so far behind.
      #expect(try await reader.page("?q=ende").words(ofClass: "title") == ["Long"])
      // A quote's link leads to the part it stands in.
      let quotes = try await reader.page("?q=%E8%AA%9E").links.filter { $0.contains("quotes/") }
      #expect(quotes.count == 2)
      for quote in quotes {
        let id = try #require(quote.split(separator: "/").last)
        let place = try await reader.page("/quotes/\(id)")
        #expect(place.tokens.contains { if case .open("li", let attributes) = $0 { attributes["id"] == "q-\(id)" } else { false } })
      }
    }
  }

  @Test func longListsHaveAnEndAndNothingIsLeftOut() async throws {
    let desk = try Desk()
    let speaker = Speaker(id: IDsOfThis().first, name: "Speaker", kind: .person)
    try await read(desk) { archive in
      try await archive.write { transaction in
        try transaction.insert(speaker)
        let text = try ArticleText("Words.")
        let article = Article(url: "https://example.org/1", title: "Article", text: text)
        try transaction.insert(article)
        let claim = Claim(id: transaction.newID(), text: "Everybody speaks to this")
        for number in 0..<120 {
          try transaction.insert(Claim(id: transaction.newID(), text: "Claim \(number)."))
          var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: "Words"))])
          quote.sources = [Quote.Source(speakerID: speaker.id)]
          try transaction.insert(quote)
          if number == 0 { try transaction.insert(claim) }
          try transaction.insert(Stance(holder: .quote(quote.id), claimID: claim.id, position: number < 110 ? .supports : .denies))
        }
      }
    } _: { reader in
      var page = try await reader.page("/claims")
      var titles = page.words(ofClass: "title")
      #expect(titles.first == "Claim 119." && titles.count == 50)
      while let next = page.nextLink {
        page = try await reader.page("/" + next)
        titles += page.words(ofClass: "title")
      }
      #expect(titles.count == 121 && Set(titles).count == 121)

      page = try await reader.page("/speakers/\(speaker.id)")
      #expect(page.words(ofClass: "words").count == 100)
      page = try await reader.page("/speakers/" + (try #require(page.nextLink)))
      #expect(page.words(ofClass: "words").count == 20 && page.nextLink == nil)

      page = try await reader.page(followingLinkCalled: "Everybody speaks to this", on: reader.page("?q=everybody"))
      #expect(page.words(ofClass: "words").count == 25 + 10)
      let all = try #require(page.links.first { $0.contains("position=supports") })
      page = try await reader.page("/claims/" + (try #require(all.split(separator: "/").last)))
      #expect(page.words(ofClass: "words").count == 100)
      // Out of all reason.
      for path in ["/claims?before=\(speaker.id)", "/speakers/\(speaker.id)?page=99999999999999999999", "?q=words&page=-1"] {
        #expect(try await reader.get(path).status == 200, "\(path)")
      }
      #expect(try await reader.get("/claims?before=x").status == 404)
    }
  }

  // MARK: Hostile text

  @Test func hostileTextStaysText() async throws {
    let desk = try Desk()
    let hostile = Hostile.texts
    try await read(desk) { archive in
      for (number, words) in hostile.enumerated() {
        try await archive.write { transaction in try Hostile.insert(words, number, transaction) }
      }
    } _: { reader in
      var urls = [reader.base, reader.base.appendingPathComponent("conflicts")]
      for list in ["articles", "speakers", "claims"] {
        let url = reader.base.appendingPathComponent(list)
        urls.append(url)
        // Whatever is broken: not well-formed, an element or attribute that isn't ours.
        let markup = try PageMarkup(try await reader.get(url).body)
        urls += markup.links.filter { $0.hasPrefix("./\(list)/") }.compactMap { URL(string: $0, relativeTo: url)?.absoluteURL }
      }
      #expect(urls.count == 5 + 3 * hostile.count)
      for words in hostile { urls.append(URL(string: reader.base.absoluteString + "?q=" + Reader.encoded(words))!) }
      urls.append(URL(string: reader.base.absoluteString + "?q=zwirbel")!)
      for url in urls {
        let reply = try await reader.get(url)
        #expect(reply.status == 200, "\(url)")
        let page = try PageMarkup(reply.body)
        for link in page.links { #expect(!link.lowercased().contains("javascript:") && !link.hasPrefix("data:"), "\(link)") }
        #expect(!reply.body.utf8.contains(0))
        for token in page.tokens { #expect(Hostile.endsAsItBegan(token), "\(url): \(token)") }
      }
      // Nothing of it is lost where it can be shown.
      for (number, words) in hostile.enumerated() where words.unicodeScalars.allSatisfy({ Hostile.canBeShown($0) }) {
        let page = try await reader.page(followingLinkCalled: "title \(number) \(words)", on: reader.page("/articles"))
        #expect(ExactString(page.marked.text) == ExactString("“\(words)” zwirbel \(words)"))
      }
    }
  }

  // MARK: Who gets what

  @Test func everyAnswerForbidsScriptsFramesAndCaches() async throws {
    let desk = try Desk()
    try await read(desk) { archive in
      try await archive.write { try $0.insert(Claim(id: IDsOfThis().claim, text: "Claim")) }
    } _: { reader in
      for path in ["", "/", "/articles", "/claims/\(IDsOfThis().claim)", "/conflicts", "?q=x", "/nothing", "/page.css"] {
        let reply = try await reader.get(path)
        #expect(
          reply.header("Content-Security-Policy")
            == "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "\(path)")
        #expect(reply.header("X-Content-Type-Options") == "nosniff" && reply.header("Referrer-Policy") == "no-referrer", "\(path)")
        let isSheet = path == "/page.css"
        #expect(reply.header("Content-Type") == (isSheet ? "text/css; charset=utf-8" : "text/html; charset=utf-8"), "\(path)")
        #expect(reply.header("Cache-Control") == (isSheet ? "max-age=600" : "no-store"), "\(path)")
        #expect(!reply.body.contains("<style") && !reply.body.contains("style=") && !reply.body.contains("@import") && !reply.body.contains("url("))
      }
    }
  }

  @Test func refusalsAreForWhoeverAsks() async throws {
    let desk = try Desk()
    let other = "0198c2f4-0000-7000-8000-00000000000c"
    let stranger = try await desk.token(other, "admin").token
    try await read(desk) { archive in
      try await archive.write { try $0.insert(Claim(id: IDsOfThis().claim, text: "Claim")) }
    } _: { reader in
      let nobody = Reader(base: reader.base, token: nil, transport: reader.transport)
      let wrong = Reader(base: reader.base, token: stranger, transport: reader.transport)
      for path in ["", "/claims/\(IDsOfThis().claim)", "/nothing/at/all"] {
        let asked = try await nobody.get(path)
        #expect(asked.status == 401 && asked.header("WWW-Authenticate") == "Basic realm=\"Dicta \(Self.corpus)\", charset=\"UTF-8\"", "\(path)")
        #expect(try PageMarkup(asked.body).text.contains("the token is the password"))
        let refused = try await wrong.get(path)
        #expect(refused.status == 403 && refused.header("WWW-Authenticate") == nil, "\(path)")
        #expect(try PageMarkup(refused.body).text.contains("another corpus"))
        let script = try await nobody.get(path, accept: "*/*")
        #expect(script.status == 401 && script.header("Content-Type")?.hasPrefix("application/json") == true, "\(path)")
      }
      let missing = [
        "/articles/x", "/articles/\(IDsOfThis().claim)", "/claims/\(IDsOfThis().claim)x", "/claims/\(IDsOfThis().claim.description.uppercased())",
        "/quotes/..%2f..", "/speakers/%00", "/tokens", "/nothing/at/all", "/claims/\(IDsOfThis().claim)/x",
      ]
      for path in missing {
        let reply = try await reader.get(path)
        #expect(reply.status == 404, "\(path)")
        let sheet = try #require(try PageMarkup(reply.body).values(of: "href", in: "link").first)
        let url = try #require(URL(string: reader.base.absoluteString + path).flatMap { URL(string: sheet, relativeTo: $0) })
        #expect(try await nobody.get(url.absoluteURL).status == 200, "\(path) finds no style sheet")
      }
      // With the token as password, as a browser sends it; and no other address became one for browsers.
      let password = Data("any name:\(reader.token ?? "")".utf8).base64EncodedString()
      #expect(try await nobody.get("/claims", authorization: "Basic \(password)").status == 200)
      #expect(try await nobody.get("/events").header("Content-Type")?.hasPrefix("application/json") == true)
    }
  }
}

// MARK: Asking

/// Ids that a test can name on either side of a closure.
private struct IDsOfThis: Sendable {
  let first = Speaker.ID("0198c2f4-0000-7000-8000-000000000101")!
  let second = Speaker.ID("0198c2f4-0000-7000-8000-000000000102")!
  let claim = Claim.ID("0198c2f4-0000-7000-8000-000000000103")!
}

/// Somebody who reads pages.
private struct Reader: Sendable {
  struct Reply {
    let status: Int
    let header: (String) -> String?
    let body: String
  }

  let base: URL
  let token: String?
  let transport: AsyncHTTPClientTransport

  func get(_ url: URL, accept: String = "text/html,application/xhtml+xml", authorization: String? = nil) async throws -> Reply {
    var request = HTTPTransportRequest(method: .get, url: url.absoluteString)
    request.headers = [("Accept", accept)]
    if let authorization = authorization ?? token.map({ "Bearer \($0)" }) { request.headers.append(("Authorization", authorization)) }
    let response = try await transport.send(request)
    var body: [UInt8] = []
    while let bytes = try await response.next() { body += bytes }
    // As a browser does.
    if response.status == 303, let place = response.header("Location").flatMap({ URL(string: $0, relativeTo: url) }) {
      return try await get(place.absoluteURL, accept: accept, authorization: authorization)
    }
    return Reply(status: response.status, header: response.header, body: try #require(String(validating: body, as: UTF8.self)))
  }

  func get(_ path: String, accept: String = "text/html,application/xhtml+xml", authorization: String? = nil) async throws -> Reply {
    try await get(try #require(URL(string: base.absoluteString + path)), accept: accept, authorization: authorization)
  }

  /// A page that is there.
  func page(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> PageMarkup {
    let reply = try await get(path)
    #expect(reply.status == 200, "\(path)", sourceLocation: sourceLocation)
    return try PageMarkup(reply.body)
  }

  /// The page that a list's link leads to.
  func page(followingLinkCalled words: String, on list: PageMarkup) async throws -> PageMarkup {
    let titles = list.words(ofClass: "title")
    let links = list.tokens.compactMap { if case .open("a", let attributes) = $0, attributes["class"] == "title" { attributes["href"] } else { nil } }
    let place = try #require(titles.firstIndex { ExactString($0) == ExactString(words) }, "\(words) isn't listed")
    // Lists stand one step below the corpus, or in its place.
    let path = try #require(links[place].split(separator: "/", maxSplits: links[place].hasPrefix("./\(base.lastPathComponent)/") ? 2 : 1).last)
    return try await page("/" + path)
  }

  static func encoded(_ text: String) -> String {
    text.utf8.map { "%" + Hex.string([$0]) }.joined()
  }
}

extension PageMarkup {
  /// What `rel="next"` leads to, without the way to its folder.
  fileprivate var nextLink: String? {
    tokens.lazy.compactMap { token -> String? in
      guard case .open("a", let attributes) = token, attributes["rel"] == "next" else { return nil }
      return attributes["href"]?.split(separator: "/").last.map(String.init)
    }.first
  }
}

/// Texts that try to become something else.
private enum Hostile {
  static let texts = [
    "<script>alert(1)</script>", "</mark></div></main><script src=//evil.example/x.js></script>", "\" onmouseover=\"alert(1)\" x=\"",
    "' onfocus='alert(1)' autofocus='", "{{frame.root}} {{{corpus}}} {{>top}} {{% CONTENT_TYPE: TEXT }}", "&lt;script&gt; &amp;amp; &#60;b&#62; &",
    "<!-- --><![CDATA[ ]]><?php ?>", "</title><style>*{display:none}</style>", "⟦⟧⟦<b>⟧",
    // Characters of which `<` or `"` is only a part: escaping by characters doesn't see them.
    "\u{600}<script>alert(2)</script>", "\u{110bd}<img src=x onerror=alert(3)>", "\"\u{301} onclick=\"alert(4)\"\u{301}", "<\u{fe0f}b>&\u{301}lt;",
    // Turned around, never turned back, and turned back too often.
    "\u{202e}gnirts desrever", "\u{2066}\u{2067}\u{202b}isolated", "\u{2069}\u{2069}\u{202c}\u{202c}ended", "שלום <b> עולם",
    // What HTML can't say.
    "a\u{0}b\u{1b}[31m\u{7f}\u{85}\u{9b}", "line\r\nline\rline\u{2028}line\u{2029}line", "\u{feff}\u{fffe}\u{ffff}\u{10ffff}",
    String(repeating: "m", count: 5000), String(repeating: "<b>", count: 500),
  ]

  static func canBeShown(_ scalar: Unicode.Scalar) -> Bool {
    let isControl = scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value
    return !isControl && !("\u{202a}"..."\u{202e}" ~= scalar) && !("\u{2066}"..."\u{2069}" ~= scalar)
  }

  /// Whether every change of direction in a text or an attribute ends in it, and none ends that began elsewhere.
  static func endsAsItBegan(_ token: PageMarkup.Token) -> Bool {
    let texts: [String] =
      switch token {
      case .text(let text): [text]
      case .open(_, let attributes): Array(attributes.values)
      case .close: []
      }
    return texts.allSatisfy { text in
      var open: [Unicode.Scalar] = []
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\u{202a}", "\u{202b}", "\u{202d}", "\u{202e}": open.append("\u{202c}")
        case "\u{2066}", "\u{2067}", "\u{2068}": open.append("\u{2069}")
        case "\u{202c}": guard open.popLast() == scalar else { return false }
        case "\u{2069}":
          // It ends the embeddings within as well.
          guard let place = open.lastIndex(of: scalar) else { return false }
          open.removeSubrange(place...)
        case "\n", "\r", "\u{2029}": guard open.isEmpty else { return false }
        default: break
        }
      }
      return open.isEmpty
    }
  }

  /// The words everywhere that words can be.
  static func insert(_ words: String, _ number: Int, _ transaction: WriteTransaction) throws {
    // Keys may have 1024 bytes.
    let tag = ExactString(String(String.UnicodeScalarView(words.unicodeScalars.prefix(200))))
    let text = try ArticleText("“\(words)” zwirbel \(words)")
    let urls = [
      "javascript:alert(\(number))", "https://example.org/\(number)\" onclick=\"alert(1)", "JaVaScRiPt:x\(number)", "data:text/html,\(number)",
    ]
    var article = Article(url: urls[number % urls.count], outlet: words, title: "title \(number) \(words)", text: text)
    article.bylines = [words]
    article.dateline = words
    article.language = words
    article.archivedURL = "https://example.org/<\(words)>"
    article.externalIDs = [tag: words]
    article.note = words
    article.tags = [tag]
    try transaction.insert(article)
    var speaker = Speaker(id: transaction.newID(), name: words, kind: .unknown(words))
    speaker.aliases = [tag]
    speaker.externalIDs = [tag: words]
    speaker.tenures = [Speaker.Tenure(role: words, organization: words)]
    speaker.note = words
    speaker.tags = [tag]
    try transaction.insert(speaker)
    var claim = Claim(id: transaction.newID(), text: words + " zwirbel")
    claim.context = words
    claim.externalIDs = [tag: words]
    claim.note = words
    claim.tags = [tag]
    try transaction.insert(claim)
    let anchor = Anchor(textHash: text.hash, start: 0, end: text.utf8Count)
    var quote = Quote(id: transaction.newID(), articleID: article.id, kind: .unknown(words), segments: [Quote.Segment(anchor)])
    quote.sources = [Quote.Source(speakerID: speaker.id, mention: anchor, roleAsStated: words), Quote.Source(mention: anchor)]
    quote.addressees = quote.sources
    quote.cue = anchor
    quote.assertion = .unknown(words)
    quote.medium = words
    quote.note = words
    quote.tags = [tag]
    try transaction.insert(quote)
    for holder in [Stance.Holder.quote(quote.id), .article(article.id)] {
      var stance = Stance(holder: holder, claimID: claim.id, position: .unknown(words))
      stance.note = words
      try transaction.insert(stance)
    }
  }
}

#endif
