import DictaModels
import Foundation
import Synchronization
import Testing

@testable import DictaStorage

@Suite struct ImportTests {
  let folder = TemporaryFolder()

  static let head = #""format":"dicta.corpus","version":1"#

  /// Imports these lines after a head.
  private func importLines(
    _ lines: String..., head: String = Self.head, into archive: Archive, skippingInvalid: Bool = false
  ) async throws -> ImportReport {
    let document = (["{\(head)}"] + lines).joined(separator: "\n") + "\n"
    return try await archive.importDocument(at: folder.file("document", holding: document), skippingInvalid: skippingInvalid)
  }

  /// The problems for which nothing was imported.
  private func problems(_ body: () async throws -> some Any) async throws -> [ImportProblem] {
    do {
      _ = try await body()
      Issue.record("it was imported")
      return []
    } catch let error as ImportFailure {
      return error.problems
    }
  }

  // MARK: There and back

  @Test func whatIsExportedImportedAndExportedAgainIsTheSameToTheByte() async throws {
    let archive = try folder.archive()
    try await archive.write { transaction in
      let words = "“Caf\u{E9}” and “cafe\u{301}”,\r\nsaid\u{A0}she.\u{202F}👩‍👩‍👧‍👦 \u{FEFF}\tend\u{2028}\u{0}\u{7F}"
      let text = try ArticleText(words)
      var article = Article(url: "https://example.org/ø?q=“x”", outlet: "L’Écho", title: "\"\\/\u{8}\n", text: text)
      article.bylines = ["A", "B", "A"]
      article.publishedOn = Article.Publication(date: PartialDate("2013-09-17T14:05+04:00")!, basis: .unknown("carved"))
      article.externalIDs = ["caf\u{E9}": "1", "cafe\u{301}": "2", "": "empty"]
      article.tags = ["b", "a", "é", "e\u{301}", "Z"]
      try transaction.insert(article)
      var speaker = Speaker(id: transaction.newID(), name: "Zoë", kind: .office)
      speaker.tenures = [Speaker.Tenure(role: "chair", organization: "Works", from: PartialDate("2013")), Speaker.Tenure(role: "chair")]
      try transaction.insert(speaker)
      var merged = Speaker(id: transaction.newID(), name: "Zoe", kind: .person)
      merged.mergedInto = speaker.id
      try transaction.insert(merged)
      var quote = Quote(
        id: transaction.newID(), articleID: article.id, kind: .mixed,
        segments: [Quote.Segment(try text.anchor(exact: "cafe\u{301}")), Quote.Segment(try text.anchor(exact: "👩‍👩‍👧‍👦"), isVerbatim: false)])
      quote.sources = [
        Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "she"), mentionKind: .pronoun, roleAsStated: "Chair"), Quote.Source(),
      ]
      quote.cue = try text.anchor(exact: "said\u{A0}")
      quote.assertion = .question
      quote.saidOn = PartialDate("2013-09")
      quote.addressees = [Quote.Source(roleAsStated: "the press")]
      try transaction.insert(quote)
      // A correction: the quote stays anchored in the old text, which no article holds any more.
      let corrected = try ArticleText(words + " Corrected.")
      try transaction.update(article.id) { $0.text = corrected }
      try transaction.update(quote.id) { quote in
        let segments = [Quote.Segment(Anchor(textHash: corrected.hash, start: 3, end: 8))]
        quote.placements[ExactString(corrected.hash.description)] = Quote.Placing(
          placement: .exact, score: 1_000, segments: segments, isAccepted: true)
        quote.contentOfID = quote.id
      }
      var claim = Claim(id: transaction.newID(), text: "so")
      claim.period = Claim.Period(from: PartialDate("2013"), to: nil)
      try transaction.insert(claim)
      var negation = Claim(id: transaction.newID(), text: "not so")
      negation.negationOf = claim.id
      negation.other["confidence"] = .integer(.min)
      negation.other[.element(.record(Record(["$ref": .string("not a reference")])), of: "marks")] = .bool(true)
      negation.other[.key("k", of: "links")] = .list([
        .bytes([0, 1]), .reference(claim.reference), .text(text.hash), .bool(false), .record(Record()),
      ])
      try transaction.insert(negation)
      var stance = Stance(holder: .quote(quote.id), claimID: claim.id, position: .declines)
      stance.isHedged = true
      try transaction.insert(stance)
      try transaction.insert(Stance(holder: .article(article.id), claimID: negation.id, position: .unknown("shrugs")))
    }
    for format in DocumentFormat.allCases {
      let document = try await archive.document(format)
      let path = try folder.file("document.\(format)", holding: document)
      let copy = try folder.archive("copy.\(format).dicta")
      let report = try await copy.importDocument(at: path)
      #expect(report.created == [.article: 1, .speaker: 2, .quote: 1, .claim: 2, .stance: 2])
      #expect(report.problems.isEmpty)
      #expect(try await copy.document(format) == document)
      #expect(try await copy.check().allSatisfy { $0.code == "aside" })
      // A second time it says nothing new.
      let before = try await copy.fingerprint()
      let again = try await copy.importDocument(at: path)
      #expect(again.unchanged == report.created && again.updated.isEmpty && again.created.isEmpty)
      #expect(try await copy.fingerprint() == before)
    }
    #expect(String(decoding: try await archive.document().prefix(50), as: UTF8.self) == #"{"format":"dicta.corpus","version":1,"newer":true,"#)
  }

  @Test func anEmptyCorpusIsADocumentToo() async throws {
    let archive = try folder.archive()
    #expect(String(decoding: try await archive.document(), as: UTF8.self) == "{\(Self.head)}\n")
    #expect(try await archive.document(.jsonl) == archive.document(.json))
    let report = try await archive.importDocument(at: folder.file("empty", holding: archive.document()))
    #expect(report.created.isEmpty && report.problems.isEmpty)
    #expect(try await archive.changeCount == 0)
  }

  @Test func aDocumentMayBeLaidOutInAnyWay() async throws {
    let archive = try folder.archive()
    let document = """
      {
        "claims" : [ { "text" : "one" } ,
                     { "id" : "#two", "text" : "tw\\u006f", "tags" : [ ] } ],
        "version" : 1, "stances": [], "format" : "dicta.corpus"
      }
      """
    let report = try await archive.importDocument(at: folder.file("pretty", holding: document))
    #expect(report.created == [.claim: 2])
    #expect(Set(try await archive.read { try $0.list(Claim.self).map(\.text) }) == ["one", "two"])
  }

  // MARK: Updating

  @Test func anAbsentKeyLeavesNullClearsAndWhatIsThereReplaces() async throws {
    let archive = try folder.archive()
    let id = try await archive.write { transaction in
      var claim = Claim(id: transaction.newID(), text: "one")
      (claim.context, claim.note) = ("kept", "cleared")
      claim.tags = ["a", "b"]
      claim.externalIDs = ["k": "1", "l": "2"]
      claim.period = Claim.Period(from: PartialDate("2013"), to: PartialDate("2014"))
      try transaction.insert(claim)
      return claim.id
    }
    let line = #"{"type":"claim","id":"\#(id)","note":null,"tags":["b","c"],"externalIDs":{"l":"3"},"period":{"to":"2015"}}"#
    #expect(try await importLines(line, into: archive).updated == [.claim: 1])
    let claim = try await archive.read { try $0.require(id) }
    #expect(claim.text == "one" && claim.context == "kept" && claim.note == nil && claim.tags == ["b", "c"])
    #expect(claim.externalIDs == ["l": "3"] && claim.period == Claim.Period(to: PartialDate("2015")))
    #expect(try await importLines(#"{"type":"claim","id":"\#(id)","tags":[],"externalIDs":{}}"#, into: archive).updated == [.claim: 1])
    #expect(try await archive.read { try $0.require(id).tags.isEmpty })
    let found = try await problems { try await importLines(#"{"type":"claim","id":"\#(id)","text":null}"#, into: archive) }
    #expect(found.map(\.field) == ["text"])
  }

  @Test func anEntityThatStandsThereTwiceIsUpdatedByItsSecond() async throws {
    let archive = try folder.archive()
    let report = try await importLines(
      ##"{"type":"claim","id":"#c","text":"one","note":"n"}"##, ##"{"type":"claim","id":"#c","text":"two"}"##,
      ##"{"type":"claim","id":"#c","text":"two"}"##,
      into: archive)
    #expect(report.created == [.claim: 1] && report.updated == [.claim: 1] && report.unchanged == [.claim: 1])
    let claims = try await archive.read { try $0.list(Claim.self) }
    #expect(claims.map(\.text) == ["two"] && claims.map(\.note) == ["n"])
    #expect(try await archive.changeCount == 1)
  }

  @Test func whatWasDeletedComesBackByBeingImported() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    let document = try folder.file("document", holding: try await archive.document())
    try await archive.write { _ = try $0.delete(id.reference) }
    #expect(try await archive.importDocument(at: document).created == [.claim: 1])
    #expect(try await archive.read { try $0.require(id).text } == "one")
    #expect(try await archive.check() == [])
  }

  // MARK: Ids of the document's own

  @Test func localIDsMeanTheSameInTheSameDocumentOnly() async throws {
    let archive = try folder.archive()
    let lines = [
      ##"{"type":"quote","id":"#q","articleID":"#a","kind":"direct","segments":[{"anchor":{"start":0,"end":5}}],"sources":[{"speakerID":"#s"}]}"##,
      ##"{"type":"stance","id":"#st","holder":{"quoteID":"#q"},"claimID":"#c","position":"denies"}"##,
      ##"{"type":"claim","id":"#c","text":"claim","negationOf":"#d"}"##, ##"{"type":"speaker","id":"#s","name":"S","kind":"person"}"##,
      ##"{"type":"article","id":"#a","text":"Words of an article"}"##, ##"{"type":"claim","id":"#d","text":"other"}"##,
    ]
    let document = (["{\(Self.head)}"] + lines).joined(separator: "\n")
    let path = try folder.file("document", holding: document)
    #expect(try await archive.importDocument(at: path).created == [.article: 1, .speaker: 1, .quote: 1, .claim: 2, .stance: 1])
    let before = try await archive.fingerprint()
    #expect(try await archive.importDocument(at: path).unchanged == [.article: 1, .speaker: 1, .quote: 1, .claim: 2, .stance: 1])
    #expect(try await archive.fingerprint() == before)
    // On another machine it is the same corpus; in another document the same names mean something else.
    let other = try Archive(creatingAt: folder.file("other.dicta"), corpus: try await archive.corpus().id)
    _ = try await other.importDocument(at: path)
    #expect(try await other.document() == archive.document())
    let third = try folder.file("third", holding: document + "\n")
    #expect(try await archive.importDocument(at: third).created == [.speaker: 1, .quote: 1, .claim: 2, .stance: 1])
    #expect(try await archive.check() == [])
  }

  @Test func articlesAndStancesWithoutAnIDGetTheOneTheyHave() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let report = try await importLines(
      #"{"type":"article","url":"HTTPS://EXAMPLE.org/bridge#top","text":"Corrected words"}"#,
      #"{"type":"stance","holder":{"quoteID":"\#(corpus.quote.id)"},"claimID":"\#(corpus.claim.id)","position":"doubts"}"#, into: archive)
    #expect(report.updated == [.article: 1, .stance: 1])
    #expect(try await archive.read { try $0.require(corpus.stance.id).position } == .doubts)
    #expect(try await archive.read { try $0.require(corpus.article.id).text.string } == "Corrected words")
  }

  @Test func referencesMayPointForwardsAndAQuoteMayStandBeforeItsArticle() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let lines = String(decoding: try await archive.document(.jsonl), as: UTF8.self).split(separator: "\n")
    let turned = ([lines[0]] + lines.dropFirst().reversed()).joined(separator: "\n")
    let copy = try folder.archive("copy.dicta")
    #expect(try await copy.importDocument(at: folder.file("turned", holding: turned)).created.values.reduce(0, +) == 5)
    #expect(try await copy.document() == archive.document())
    #expect(try await copy.read { try $0.require(corpus.quote.id) } == corpus.quote)
  }

  // MARK: Problems

  @Test func everyProblemIsListedWithItsPlaceAndNothingIsImported() async throws {
    let archive = try folder.archive()
    let before = try await archive.fingerprint()
    let found = try await problems {
      try await importLines(
        #"{"type":"claim","text":"good"}"#,  // 2
        #"{"type":"claim"}"#,  // 3
        #"{"type":"speaker","name":"S","kind":"robot"}"#,  // 4
        #"{"type":"claim","text":7,"colour":"red"}"#,  // 5
        #"{"type":"thing"}"#,  // 6
        #"not JSON"#,  // 7
        #"["a list"]"#,  // 8
        #"{"type":"claim","id":"12","text":"t"}"#,  // 9
        "",  // 10
        #"{"type":"claim","text":"t","negationOf":"01234567-89ab-7def-8123-456789abcdef"}"#,  // 11
        ##"{"type":"claim","text":"t","negationOf":"#nobody"}"##,  // 12
        #"{"type":"quote","articleID":"01234567-89ab-7def-8123-456789abcdef","kind":"direct","segments":[{"anchor":{"start":0,"end":3}}]}"#,  // 13
        #"{"type":"claim","text":"t","period":{"from":"2013-13"}}"#,  // 14
        #"{"type":"text","hash":"00","text":"words"}"#,  // 15
        #"{"type":"article","text":"words","publishedOn":{"date":"2013"}}"#,  // 16
        #"{"type":"claim","text":"t","note":1.5}"#,  // 17
        into: archive)
    }
    #expect(Set(found.map(\.place.line)) == [3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17])
    #expect(found.map(\.place.line) == found.map(\.place.line).sorted())
    func at(_ line: Int) -> [ImportProblem] { found.filter { $0.place.line == line } }
    #expect(at(3).map(\.field) == ["text"] && at(3)[0].place.index == 1 && at(3)[0].place.type == "claim")
    #expect(at(4).map(\.field) == ["kind"] && at(4)[0].found == .string("robot") && at(4)[0].message.contains("person"))
    #expect(Set(at(5).map(\.field)) == ["text", "colour"])
    #expect(at(9)[0].field == "id" && at(9)[0].id == "12")
    #expect(at(11)[0].message.contains("01234567-89ab-7def-8123-456789abcdef"))
    #expect(at(12)[0].message.contains("#nobody"))
    #expect(at(14).map(\.field) == ["period.from"])
    #expect(at(16).map(\.field) == ["publishedOn.basis"])
    #expect(try await archive.fingerprint() == before)
  }

  @Test func problemsOfAnchorsSayWhatStandsThere() async throws {
    let archive = try folder.archive()
    func quote(_ anchor: String) -> String { ##"{"type":"quote","articleID":"#a","kind":"direct","segments":[{"anchor":\##(anchor)}]}"## }
    let found = try await problems {
      try await importLines(
        ##"{"type":"article","id":"#a","text":"“Words” of an article"}"##, quote(#"{"start":1,"end":4}"#),
        quote(#"{"start":3,"end":8,"exact":"words"}"#),
        quote(#"{"start":3,"end":900}"#), quote(#"{"start":3}"#), quote(#"{"start":-1,"end":3}"#), quote(#"{"start":5,"end":5}"#),
        quote(#"{"start":3,"end":8,"textHash":"\#(String(repeating: "0", count: 64))"}"#),
        quote(#"{"start":3,"end":8,"exact":"Words","prefix":"“"}"#), into: archive)
    }
    #expect(found.map(\.place.line) == [3, 4, 5, 6, 7, 8, 9])
    #expect(found.allSatisfy { $0.field?.hasPrefix("segments[0].anchor") ?? false })
    #expect(found[1].message.contains("Words"))
  }

  @Test func skippingLeavesOutWhatRefersToSomethingSkipped() async throws {
    let archive = try folder.archive()
    let report = try await importLines(
      ##"{"type":"article","id":"#a","text":"Words","outlet":7}"##,
      ##"{"type":"quote","id":"#q","articleID":"#a","kind":"direct","segments":[{"anchor":{"start":0,"end":5}}]}"##,
      ##"{"type":"stance","holder":{"quoteID":"#q"},"claimID":"#good","position":"denies"}"##, ##"{"type":"claim","id":"#bad","text":7}"##,
      ##"{"type":"claim","id":"#one","text":"one","negationOf":"#bad"}"##, ##"{"type":"claim","id":"#two","text":"two","negationOf":"#one"}"##,
      ##"{"type":"claim","id":"#three","text":"three","negationOf":"#two"}"##, ##"{"type":"claim","id":"#good","text":"good"}"##,
      ##"{"type":"claim","text":"ring","id":"#ring","negationOf":"#ring"}"##, into: archive, skippingInvalid: true)
    #expect(report.created == [.claim: 2])
    #expect(report.skipped == [.article: 1, .quote: 1, .stance: 1, .claim: 4])
    #expect(Set(report.problems.map(\.place.line)) == [2, 3, 4, 5, 6, 7, 8])
    #expect(Set(try await archive.read { try $0.list(Claim.self).map(\.text) }) == ["good", "ring"])
    #expect(try await archive.check() == [])
    #expect(try await archive.textCount == 0)
  }

  @Test func skippingSomethingTooLargeLeavesNothingOfIt() async throws {
    let archive = try folder.archive()
    let long = String(repeating: "x", count: 70_000)
    let report = try await importLines(
      #"{"type":"claim","text":"tag","tags":["a","\#(long)"]}"#, #"{"type":"claim","text":"key","externalIDs":{"a":"1","b":"\#(long)"}}"#,
      #"{"type":"claim","text":"note","note":"\#(long)"}"#, #"{"type":"claim","text":"good"}"#,
      #"{"type":"claim","text":"name","externalIDs":{"\#(long)":"1"}}"#, into: archive, skippingInvalid: true)
    #expect(report.created == [.claim: 1] && report.skipped == [.claim: 4])
    #expect(report.problems.map(\.place.line) == [2, 3, 4, 6])
    #expect(try await archive.bodies.flatMap(\.groups).count == 1)
    #expect(try await archive.check() == [])
    let copy = try folder.archive("copy.dicta")
    try await copy.receiveAll(of: archive)
    #expect(try await copy.digest == archive.digest)
  }

  // MARK: Documents that aren't whole, or newer, or none

  @Test func aDocumentThatIsCutOffAnywhereImportsNothing() async throws {
    let archive = try folder.archive()
    _ = try await archive.writeSmallCorpus()
    let document = try await archive.document()
    let copy = try folder.archive("copy.dicta")
    for count in Array(stride(from: 0, to: document.count - 1, by: 37)) + [document.count - 3, document.count - 2] {
      let path = try folder.file("cut", holding: Array(document.prefix(count)))
      let found = try await problems { try await copy.importDocument(at: path) }
      #expect(found.count == 1 && found[0].place.line >= 1, "cut at \(count)")
    }
    // A document of lines is whole after each of them; cut within one, it isn't.
    let lines = try await archive.document(.jsonl)
    let found = try await problems { try await copy.importDocument(at: folder.file("cut", holding: Array(lines.dropLast(20)))) }
    #expect(found.last?.place.line == 6)
    #expect(try await copy.changeCount == 0)
  }

  @Test func whatIsNoDocumentIsRefused() async throws {
    let archive = try folder.archive()
    for (content, line) in [
      ("", 1), ("\n", 2), ("words", 1), ("[]", 1), ("{}", 1), (#"{"format":"other","version":1}"#, 1), (#"{"format":"dicta.corpus"}"#, 1),
      (#"{"version":1}"#, 1), (#"{"format":"dicta.corpus","version":0}"#, 1), (#"{"format":"dicta.corpus","version":"1"}"#, 1),
      ("{\(Self.head)} x", 1), ("\u{FEFF}{\(Self.head)}", 1), ("{\(Self.head),\n\"claims\":{}}", 2), ("{\(Self.head),\n\"claims\":[7]}", 2),
      ("{\(Self.head),\n\"things\":[]}", 2), ("{\(Self.head),\"claims\":[],\"claims\":[]}", 1), ("{\(Self.head)}\u{0}", 1),
    ] {
      let path = try folder.file("document", holding: content)
      let found = try await problems { try await archive.importDocument(at: path) }
      #expect(found.first?.place.line == line, "\(content)")
    }
    let broken = Array("{\(Self.head),\"claims\":[{\"text\":\"".utf8) + [0xFF] + Array("\"}]}".utf8)
    let found = try await problems { try await archive.importDocument(at: folder.file("document", holding: broken)) }
    #expect(found.first?.message.contains("UTF-8") ?? false)
    for path in [folder.file("nothing"), folder.path] {
      #expect(await refuses({ try await archive.importDocument(at: path) }) { $0 is ArchiveError })
    }
    #expect(try await archive.changeCount == 0)
  }

  @Test func aByteOrderMarkIsNamed() async throws {
    let archive = try folder.archive()
    for content in ["\u{FEFF}{\(Self.head)}\n{\"type\":\"claim\",\"text\":\"t\"}", "\u{FEFF}{\(Self.head),\"claims\":[]}"] {
      let found = try await problems { try await archive.importDocument(at: folder.file("marked", holding: content)) }
      #expect(found.first?.message.contains("byte order mark") ?? false)
    }
  }

  @Test func aNewerDocumentIsTakenWithWhatIsNotKnownOfIt() async throws {
    for head in [#""format":"dicta.corpus","version":2"#, #""format":"dicta.corpus","version":1,"newer":true"#] {
      let archive = try folder.archive("\(head.count).dicta")
      let report = try await importLines(
        #"{"type":"speaker","name":"S","kind":"robot","firmware":{"$bytes":"AAEC"},"parts":["a",{"b":null}]}"#, head: head, into: archive)
      #expect(report.created == [.speaker: 1])
      let speaker = try #require(try await archive.read { try $0.list(Speaker.self).first })
      #expect(speaker.kind == .unknown("robot") && speaker.other["firmware"] == .bytes([0, 1, 2]))
      #expect(speaker.other["parts"] == .list([.string("a"), .record(Record(["b": .null]))]))
    }
    let archive = try folder.archive()
    let found = try await problems {
      try await importLines(#"{"type":"speaker","name":"S","kind":"robot","firmware":1}"#, into: archive)
    }
    #expect(Set(found.map(\.field)) == ["kind", "firmware"])
  }

  @Test func aNewerDocumentThatNamesATextThatIsNotThereIsRefused() async throws {
    let archive = try folder.archive()
    let hash = String(repeating: "0", count: 64)
    let found = try await problems {
      try await importLines(
        #"{"type":"claim","text":"t","basedOn":{"$text":"\#(hash)"}}"#, head: #""format":"dicta.corpus","version":2"#, into: archive)
    }
    #expect(found.first?.place.line == 2 && found.first?.message.contains(hash) ?? false)
  }

  @Test func aHugeLineIsRead() async throws {
    let archive = try folder.archive()
    let words = String(repeating: "Words. ", count: 1 << 17)
    _ = try await importLines(##"{"type":"article","id":"#a","text":"\##(words)"}"##, #"{"type":"claim","text":"after it"}"#, into: archive)
    #expect(try await archive.read { try $0.list(Article.self).first?.text.utf8Count } == words.utf8.count)
    let found = try await problems {
      try await importLines(##"{"type":"article","id":"#a","text":"\##(String(repeating: "x", count: ArticleText.byteLimit + 1))"}"##, into: archive)
    }
    #expect(found.map(\.field) == ["text"])
  }

  @Test func linesMayEndInCRLF() async throws {
    let archive = try folder.archive()
    let document = "{\(Self.head)}\r\n{\"type\":\"claim\",\"text\":\"a\\r\\nb\"}\r\n\r\n"
    #expect(try await archive.importDocument(at: folder.file("crlf", holding: document)).created == [.claim: 1])
    #expect(try await archive.read { try $0.list(Claim.self).first.map { Array($0.text.utf8) } } == Array("a\r\nb".utf8))
  }

  @Test func anImportIsOneTransactionWithItsAuthorAndNote() async throws {
    let archive = try folder.archive()
    let path = try folder.file("document", holding: "{\(Self.head),\"claims\":[{\"text\":\"a\"},{\"text\":\"b\"}]}")
    let progress = Mutex<[(Int, Int)]>([])
    _ = try await archive.importDocument(at: path, author: "Iris", note: "from the archive") { read, all in
      progress.withLock { $0.append((read, all)) }
    }
    #expect(try await archive.changeCount == 1)
    let id = try #require(try await archive.read { try $0.list(Claim.self).first?.id })
    let entry = try #require(try await archive.read { try $0.history(of: id.reference).first })
    #expect(entry.author == "Iris" && entry.note == "from the archive")
    #expect(progress.withLock { $0.allSatisfy { $0.0 <= $0.1 } && !$0.isEmpty })
  }
}

extension Archive {
  fileprivate func receiveAll(of other: Archive) async throws {
    try await adopt(other.corpus().id)
    for delivery in try await other.deliveries() { _ = try await receive(delivery, from: other.name) }
  }
}
