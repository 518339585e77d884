import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct NewestTests {
  let folder = TemporaryFolder()

  @Test func whatCameLastComesFirstAndWhatIsDeletedNotAtAll() async throws {
    let archive = try folder.archive()
    let ids = try await archive.write { transaction in
      try (0..<9).map { number in
        let claim = Claim(id: transaction.newID(), text: "Claim \(number)")
        try transaction.insert(claim)
        try transaction.insert(Speaker(id: transaction.newID(), name: "Speaker \(number)", kind: .person))
        return claim.id
      }
    }
    try await archive.write { transaction in for place in [8, 7, 3] { try transaction.delete(ids[place].reference) } }
    try await archive.read { transaction throws in
      #expect(try transaction.newest(Claim.self, limit: 2) == [ids[6], ids[5]])
      #expect(try transaction.newest(Claim.self, before: ids[5], limit: 3) == [ids[4], ids[2], ids[1]])
      #expect(try transaction.newest(Claim.self, before: ids[8], limit: 100) == [6, 5, 4, 2, 1, 0].map { ids[$0] })
      #expect(try transaction.newest(Claim.self, before: ids[0], limit: 5) == [])
      #expect(try transaction.newest(Article.self, limit: 5) == [])
      #expect(try transaction.newest(Speaker.self, limit: 50).count == 9)
    }
  }

  @Test func wordsAreReadWithoutTheirText() async throws {
    let archive = try folder.archive()
    let text = try ArticleText("é\u{0}日本語 end")
    try await archive.write { try $0.insert(Article(outlet: "Gazette", text: text)) }
    try await archive.read { transaction throws in
      func words(_ start: Int, _ end: Int, _ limit: Int = .max) throws -> String? {
        try transaction.words(at: Anchor(textHash: text.hash, start: start, end: end), byteLimit: limit)
      }
      #expect(try [words(0, 3), words(3, 12), words(12, text.utf8Count), words(2, 2)] == ["é\u{0}", "日本語", " end", ""])
      // Cut behind whole scalars.
      #expect(try [words(3, 12, 7), words(3, 12, 6), words(3, 12, 2), words(3, 12, 9)] == ["日本", "日", "", "日本語"])
      // Anchors that came from outside.
      #expect(try [words(1, 3), words(0, 1), words(0, 99), words(-1, 2), words(5, 4)] == [nil, nil, nil, nil, nil])
      #expect(try transaction.beginning(of: text.hash, byteLimit: 100) == text.string)
      #expect(try transaction.beginning(of: text.hash, byteLimit: 4) == "é\u{0}")
      #expect(try transaction.beginning(of: TextHash(of: []), byteLimit: 4) == nil)
    }
  }

  @Test func conflictsAreReadEntityByEntity() async throws {
    let archives = try folder.archives(2)
    let (one, other) = (archives[0], archives[1])
    let ids = try await one.write { transaction in
      try (0..<5).map { number in
        let claim = Claim(id: transaction.newID(), text: "Claim \(number)")
        try transaction.insert(claim)
        return claim.id
      }
    }
    try await other.sync(with: one)
    for (archive, word) in [(one, "one"), (other, "other")] {
      try await archive.write { transaction in
        for id in ids.dropFirst() {
          try transaction.update(id) {
            $0.text = word
            $0.context = word
          }
        }
      }
    }
    // One that was deleted here and edited there.
    try await one.write { try $0.delete(ids[0].reference) }
    try await other.write { try $0.update(ids[0]) { $0.context = "still there" } }
    try await other.sync(with: one)
    try await one.read { transaction throws in
      let all = try transaction.conflicts()
      #expect(all.count == 9)
      let first = try transaction.conflicts(entityLimit: 2)
      let rest = try transaction.conflicts(after: first.last?.entity, entityLimit: 100)
      #expect(first.map(\.entity) == [ids[0], ids[1], ids[1]].map(\.reference))
      #expect((first + rest).map(\.entity) == all.map(\.entity))
      #expect(try transaction.conflicts(of: ids[1].reference).map { $0.address?.field } == ["context", "text"])
      #expect(try transaction.fieldsInConflict(of: ids[1].reference) == ["context", "text"])
      #expect(try transaction.fieldsInConflict(of: ids[0].reference) == ["life"])
      #expect(try transaction.fieldsInConflict(of: Speaker.ID(ids[0].bytes).reference) == [])
    }
  }
}
