import DictaModels
import DictaStorage
import DictaSync
import Testing

@Suite struct MergingTests {
  private let folder = TemporaryFolder()

  private func speakers(_ count: Int, in archive: Archive) async throws -> [Speaker.ID] {
    try await archive.write { transaction throws in
      try (0..<count).map { number in
        let speaker = Speaker(id: transaction.newID(), name: "Speaker \(number)", kind: .person)
        try transaction.insert(speaker)
        return speaker.id
      }
    }
  }

  @Test func mergingAMergedSpeakerLosesNobody() async throws {
    let archive = try folder.archive()
    let ids = try await speakers(3, in: archive)
    try await archive.write { transaction throws in
      try transaction.merge(ids[0], into: ids[1])
      #expect(try transaction.merge(ids[0], into: ids[2]).members == ids)
      #expect(try transaction.merge(ids[2], into: ids[0]).members == ids)
    }
    #expect(try await archive.read { try $0.require(ids[0]).mergedInto } == ids[1])
    #expect(try await archive.check() == [])
  }

  @Test func whoIsSplitOffIsAloneAndTheOthersStayOne() async throws {
    let archive = try folder.archive()
    let ids = try await speakers(5, in: archive)
    for leaver in ids {
      try await archive.write { transaction throws in
        // 0 and 1 lead to 2, 2 to 3, 4 to 3.
        for (speaker, other) in [(0, 2), (1, 2), (2, 3), (4, 3)] { try transaction.merge(ids[speaker], into: ids[other]) }
        #expect(try transaction.split(leaver).members == [leaver])
        let others = ids.filter { $0 != leaver }
        for other in others { #expect(try transaction.group(of: other).members == others) }
      }
    }
  }

  @Test func splittingTakesBackConflictingLinksToo() async throws {
    let first = try folder.archive("first.dicta")
    let second = try folder.archive("second.dicta")
    let ids = try await speakers(3, in: first)
    try await first.sync(with: second)
    try await first.write { _ = try $0.merge(ids[0], into: ids[1]) }
    try await second.write { _ = try $0.merge(ids[0], into: ids[2]) }
    try await first.sync(with: second)
    try await first.write { transaction throws in
      #expect(try transaction.group(of: ids[0]).members == ids)
      #expect(try transaction.split(ids[1]).members == [ids[1]])
      #expect(try transaction.group(of: ids[0]).members == [ids[0], ids[2]])
    }
  }

  @Test func aRingOfLinksCanBeJoinedAndLeft() async throws {
    let archive = try folder.archive()
    let ids = try await speakers(4, in: archive)
    try await archive.write { transaction throws in
      for (speaker, other) in [(0, 1), (1, 2), (2, 0)] { try transaction.update(ids[speaker]) { $0.mergedInto = ids[other] } }
      #expect(try transaction.merge(ids[1], into: ids[3]).members == ids)
      #expect(try transaction.split(ids[2]).members == [ids[2]])
      #expect(try transaction.group(of: ids[0]).members == [ids[0], ids[1], ids[3]])
    }
  }
}
