import DictaModels
import DictaSync
import DictaTestSupport
import Testing

@testable import DictaStorage

@Suite struct GroupsTests {
  let folder = TemporaryFolder()

  @Test func anyOrderOfMergesGivesTheSameGroups() async throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      let archive = try folder.archive("order-\(seed).dicta")
      let speakers = try await speakers(6, in: archive)
      // Links of two groups, {0, 1, 2, 3} and {4, 5}, in any order and direction.
      var links = [(0, 1), (1, 2), (3, 0), (2, 0), (4, 5)]
      links.shuffle(using: &random)
      for link in links {
        let (from, to) = random.happens(percent: 50) ? link : (link.1, link.0)
        try await archive.write { _ = try $0.merge(speakers[from], into: speakers[to]) }
      }
      try await archive.read { transaction throws in
        for member in 0..<4 {
          let group = try transaction.group(of: speakers[member])
          #expect(group.members == Array(speakers[0..<4]), "seed \(seed)")
          #expect(group.representative == speakers[0])
        }
        #expect(try transaction.group(of: speakers[5]).members == Array(speakers[4...]))
      }
    }
  }

  @Test func whoeverIsSplitOffTheOthersStayTogether() async throws {
    for lone in 0..<4 {
      let archive = try folder.archive("split-\(lone).dicta")
      let speakers = try await speakers(4, in: archive)
      try await archive.write { transaction in
        for (from, to) in [(1, 0), (2, 1), (3, 1)] { try transaction.merge(speakers[from], into: speakers[to]) }
        try transaction.split(speakers[lone])
      }
      let others = speakers.filter { $0 != speakers[lone] }
      #expect(try await archive.read { try $0.group(of: others[0]).members } == others)
      #expect(try await archive.read { try $0.group(of: speakers[lone]).members } == [speakers[lone]])
    }
  }

  @Test func mergesMadeApartJoinEverythingThatAnyOfThemJoined() async throws {
    let archives = try folder.archives(2)
    let speakers = try await speakers(3, in: archives[0])
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { _ = try $0.merge(speakers[0], into: speakers[1]) }
    try await archives[1].write { _ = try $0.merge(speakers[0], into: speakers[2]) }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      // The field is in conflict; both surviving values count.
      #expect(try await archive.read { try $0.conflicts().map(\.address) } == [.field("mergedInto")])
      for speaker in speakers { #expect(try await archive.read { try $0.group(of: speaker).members } == speakers) }
    }
  }

  @Test func aRingOfMergesMadeApartIsOneGroup() async throws {
    let archives = try folder.archives(2)
    let speakers = try await speakers(2, in: archives[0])
    try await archives[0].sync(with: archives[1])
    try await archives[0].write { _ = try $0.merge(speakers[0], into: speakers[1]) }
    try await archives[1].write { _ = try $0.merge(speakers[1], into: speakers[0]) }
    try await archives[0].sync(with: archives[1])
    let third = try await archives[0].writeSpeaker("third")
    #expect(try await archives[0].write { try $0.merge(speakers[1], into: third).members } == speakers + [third])
    #expect(try await archives[0].write { try $0.split(third).members } == [third])
    #expect(try await archives[0].read { try $0.group(of: speakers[0]).members } == speakers)
  }

  @Test func mergingWithItselfWritesNothing() async throws {
    let archive = try folder.archive()
    let speakers = try await speakers(2, in: archive)
    let before = try await archive.fingerprint()
    #expect(try await archive.write { try $0.merge(speakers[0], into: speakers[0]).members } == [speakers[0]])
    #expect(try await archive.write { try $0.split(speakers[0]).members } == [speakers[0]])
    #expect(try await archive.fingerprint() == before)
  }

  @Test func nobodyIsMergedIntoWhatIsDeleted() async throws {
    let archive = try folder.archive()
    let speakers = try await speakers(2, in: archive)
    try await archive.write { _ = try $0.delete(speakers[1].reference) }
    let isRefused = await refuses({ try await archive.write { try $0.merge(speakers[0], into: speakers[1]) } }) {
      if case ArchiveError.deleted(speakers[1].reference) = $0 { true } else { false }
    }
    #expect(isRefused)
  }

  @Test func quotesOfOneUtteranceAreOneGroup() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    let ids = try await archive.write { transaction in
      try (0..<2).map { _ in
        var quote = Quote(id: transaction.newID(), articleID: corpus.article.id, kind: .indirect, segments: corpus.quote.segments)
        quote.sameUtteranceAs = corpus.quote.id
        try transaction.insert(quote)
        return quote.id
      }
    }
    #expect(try await archive.read { try $0.utterance(of: ids[1]).members } == [corpus.quote.id] + ids)
    #expect(try await archive.read { try $0.utterance(of: ids[1]).representative } == corpus.quote.id)
  }

  private func speakers(_ count: Int, in archive: Archive) async throws -> [Speaker.ID] {
    try await archive.write { transaction in
      try (0..<count).map { number in
        let speaker = Speaker(id: transaction.newID(), name: "S\(number)", kind: .person)
        try transaction.insert(speaker)
        return speaker.id
      }
    }
  }
}
