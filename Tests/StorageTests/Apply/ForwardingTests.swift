import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

/// What a newer version writes passes through this one unharmed.
@Suite struct ForwardingTests {
  let folder = TemporaryFolder()

  /// A change as a newer version might write it: a type, fields and choices that this one doesn't know.
  private func newer(_ corpus: CorpusID) throws -> Delivery {
    var forger = Forger(corpus)
    let text = try ArticleText("Words of a transcript")
    let map = Value.record(Record(["at": .integer(-9_007_199_254_740_993), "by": .reference(.of("machine", 9)), "in": .text(text.hash)]))
    return try forger.delivery(
      Group(
        entity: .of("transcript", 1), action: .create,
        ops: [
          Op(.field("content"), .text(text.hash)), Op(.element(.reference(.of("speaker", 2)), of: "heard"), .bool(true)),
          Op(.element(.list([.integer(1), .null]), of: "heard"), .bool(true)), Op(.key("fr", of: "translations"), map),
        ]),
      Group(
        entity: .of("speaker", 2), action: .create,
        ops: [
          Op(.field("kind"), .string("choir")), Op(.field("name"), .string("The choir")),
          Op(.element(.record(Record(["role": .string("lead"), "voice": .string("alto")])), of: "tenures"), .bool(true)),
          Op(.field("voiceprint"), .bytes([0, 255, 128])),
        ]),
      texts: [Array(text.string.utf8)])
  }

  @Test func whatIsNotKnownIsForwardedWithTheSameBytes() async throws {
    let archives = try folder.archives(3)
    let delivery = try newer(try await archives[0].corpus().id)
    _ = try await archives[0].receive(delivery, from: "newer")
    try await archives[0].sync(with: archives[1])
    try await archives[1].sync(with: archives[2])
    #expect(try await archives[2].deliveries() == [delivery])
    #expect(try await archives[2].digest == archives[0].digest)
    for archive in archives {
      for problem in try await archive.check() where !problem.isHarmless { Issue.record("\(problem)") }
    }
  }

  @Test func whatIsNotKnownSurvivesAnEditOfWhatIs() async throws {
    let archive = try folder.archive()
    _ = try await archive.receive(try newer(try await archive.corpus().id), from: "newer")
    let id = Speaker.ID(Reference.of("speaker", 2).id)
    let before = try await archive.read { try $0.fields(of: id.reference) }
    try await archive.write { try $0.update(id) { $0.name = "A choir" } }
    let after = try await archive.read { try $0.fields(of: id.reference) }
    #expect(after.edits(from: before).map(\.address) == [.field("name")])
    #expect(after["voiceprint"] == .bytes([0, 255, 128]) && after["kind"] == .string("choir"))
    #expect(try await archive.read { try $0.require(id).kind } == .unknown("choir"))
    #expect(try await archive.bodies.last?.groups.flatMap(\.ops).count == 1)
  }

  @Test func whatIsNotKnownSurvivesADocument() async throws {
    let archive = try folder.archive()
    _ = try await archive.receive(try newer(try await archive.corpus().id), from: "newer")
    try await archive.write { transaction in
      let corpus = try SmallCorpus(in: transaction)
      // Deep inside a known field, too.
      var quote = corpus.quote
      quote.sources[0].mentionKind = .unknown("gesture")
      quote.sources[0].other["gaze"] = .reference(corpus.speaker.reference)
      quote.other["basedOn"] = .list([.text(corpus.article.text.hash), .bytes([1, 2, 3])])
      try transaction.update(quote.id) { $0 = quote }
    }
    for format in DocumentFormat.allCases {
      let document = try await archive.document(format)
      #expect(String(decoding: document.prefix(80), as: UTF8.self).contains(#""newer":true"#))
      let copy = try folder.archive("copy-\(format).dicta")
      // The machine that the speaker's data refers to is held nowhere, so the type that is not known stays behind.
      _ = try await copy.importDocument(at: try folder.file("\(format)", holding: document))
      #expect(try await copy.document(format) == document)
    }
  }

  @Test func aReferenceFromWhatIsNotKnownKeepsItsTargetAlive() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("in use")
    try await archives[0].sync(with: archives[1])
    var forger = Forger(try await archives[0].corpus().id)
    let links = Value.list([.record(Record(["to": .reference(id.reference)]))])
    let delivery = try forger.delivery(
      Group(entity: .of("dossier", 1), action: .create, ops: [Op(.key("first", of: "links"), links)]),
      dependencies: try await archives[0].heads())
    _ = try await archives[0].receive(delivery, from: "newer")
    #expect(
      await refuses({ try await archives[0].write { try $0.delete(id.reference) } }) {
        if case ArchiveError.inUse(id.reference, [.of("dossier", 1)]) = $0 { true } else { false }
      })
    try await archives[1].write { _ = try $0.delete(id.reference) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      #expect(try await archive.read { try $0.entity(id)?.text } == "in use")
      #expect(try await archive.digest == archives[0].digest)
    }
  }

  @Test func fieldsThatDocumentsCannotHoldStayInTheLog() async throws {
    let archives = try folder.archives(2)
    var forger = Forger(try await archives[0].corpus().id)
    let ops = ["id", "life", "text", "type"].map { Op(.field($0), .string("its \($0)")) }
    _ = try await archives[0].receive(try forger.delivery(Group(entity: .claim(1), action: .create, ops: ops)), from: "newer")
    _ = try await archives[0].document()
    #expect(try await archives[0].read { try $0.history(of: .claim(1)).count } == 5)
    try await archives[0].sync(with: archives[1])
    #expect(try await archives[1].digest == archives[0].digest)
    for archive in archives { #expect(try await archive.check().allSatisfy(\.isHarmless)) }
  }
}
