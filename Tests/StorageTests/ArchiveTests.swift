import DictaModels
import DictaStorage
import DictaSync
import Foundation
import Testing

@Suite struct ArchiveTests {
  let folder = TemporaryFolder()

  @Test func whatIsInsertedCanBeRead() async throws {
    let archive = try folder.archive()
    let text = try ArticleText("“We have lost time,” the minister said. “There is no leadership.”")
    let ids = try await archive.write { transaction in
      let article = Article(url: "https://example.org/1", outlet: "Gazette", title: "Time", text: text)
      try transaction.insert(article)
      let speaker = Speaker(id: transaction.newID(), name: "Ada Lavoie", kind: .person)
      try transaction.insert(speaker)
      var quote = Quote(
        id: transaction.newID(), articleID: article.id, kind: .direct, segments: [Quote.Segment(try text.anchor(exact: "We have lost time"))])
      quote.sources = [Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "the minister"), mentionKind: .nominal)]
      try transaction.insert(quote)
      let claim = Claim(id: transaction.newID(), text: "Time was lost")
      try transaction.insert(claim)
      try transaction.insert(Stance(holder: .quote(quote.id), claimID: claim.id, position: .supports))
      return (article.id, speaker.id, quote.id, claim.id)
    }
    try await archive.read { transaction throws in
      #expect(try transaction.require(ids.0).text.hash == text.hash)
      #expect(try transaction.require(ids.2).sources.first?.speakerID == ids.1)
      var filter = EntityFilter()
      filter.speaker = ids.1
      #expect(try transaction.list(Quote.self, where: filter).map(\.id) == [ids.2])
      #expect(try transaction.positions(on: ids.3).map(\.speaker?.name) == ["Ada Lavoie"])
      #expect(try transaction.search("lavoie").map(\.entity) == [ids.1.reference])
      #expect(try transaction.search("lost time").count == 3)
      #expect(try transaction.status().counts[.quote] == 1)
    }
    #expect(try await archive.check() == [])
  }

  @Test func twoArchivesBecomeEqualAndKeepAConflict() async throws {
    let first = try folder.archive("first.dicta")
    let second = try folder.archive("second.dicta")
    let id = try await first.write { transaction in
      let claim = Claim(id: transaction.newID(), text: "one")
      try transaction.insert(claim)
      return claim.id
    }
    #expect(try await first.sync(with: second).sent == 1)
    try await first.write { try $0.update(id) { $0.text = "two" } }
    try await second.write { try $0.update(id) { $0.text = "three" } }
    let report = try await first.sync(with: second)
    #expect(report.isEqual && report.sent == 1 && report.received == 1)
    for archive in [first, second] {
      #expect(try await archive.read { try $0.conflicts().map(\.candidates.count) } == [2])
      #expect(try await archive.check() == [])
    }
    let digests = [try await first.read { try $0.status().digest }, try await second.read { try $0.status().digest }]
    #expect(digests[0] == digests[1])
    let texts = [try await first.read { try $0.require(id).text }, try await second.read { try $0.require(id).text }]
    #expect(texts[0] == texts[1])
    try await second.write { try $0.update(id) { $0.text = "four" } }
    try await first.sync(with: second)
    #expect(try await first.read { try $0.conflicts().count } == 0)
    #expect(try await first.read { try $0.require(id).text } == "four")
    #expect(try await first.read { try $0.history(of: id.reference).count } == 5)
  }
}
