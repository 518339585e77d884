import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct HistoryTests {
  let folder = TemporaryFolder()

  @Test func aHistoryTellsWhoDidWhatOverWhat() async throws {
    let archive = try Archive(creatingAt: folder.file("corpus.dicta"), device: "Ferry desk", surroundings: .frozen(at: 1_700_000_000_000, seed: 3))
    let id = try await archive.write(author: "Iris", note: "first reading") { transaction in
      var claim = Claim(id: transaction.newID(), text: "one")
      claim.tags = ["old"]
      claim.externalIDs = ["k": "1"]
      try transaction.insert(claim)
      return claim.id
    }
    try await archive.write(author: "Tom") { transaction in
      try transaction.update(id) { claim in
        claim.text = "two"
        claim.tags = ["new"]
        claim.externalIDs = [:]
      }
    }
    try await archive.write { _ = try $0.delete(id.reference) }
    try await archive.write { try $0.restore(id.reference) }
    let history = try await archive.read { try $0.history(of: id.reference) }
    let told = history.map { entry in
      "\(entry.sequence) \(entry.author ?? "-") \(entry.action) \(entry.address?.description ?? "-") \(entry.old.map(\.words)) \(entry.new.words)"
    }
    #expect(
      told == [
        "1 Iris create - [] null", "1 Iris set externalIDs.k [] 1", #"1 Iris add tags["old"] [] old"#, "1 Iris set text [] one",
        #"2 Tom set externalIDs.k ["1"] null"#, #"2 Tom add tags["new"] [] new"#, #"2 Tom remove tags["old"] ["old"] null"#,
        #"2 Tom set text ["one"] two"#,
        "3 - delete - [] null", "4 - restore - [] null",
      ])
    #expect(history.allSatisfy { $0.device == "Ferry desk" && $0.writtenAt == 1_700_000_000_000 })
    #expect(history[0].note == "first reading" && history[4].note == nil)
    #expect(Set(history.map(\.version)).count == 4)
  }

  @Test func aHistoryHasTheValuesThatEndedAConflict() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try await archives[0].sync(with: archives[1])
    for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
    try await archives[0].sync(with: archives[1])
    try await archives[1].write { try $0.update(id) { $0.text = "settled" } }
    try await archives[0].sync(with: archives[1])
    for archive in archives {
      let history = try await archive.read { try $0.history(of: id.reference) }
      #expect(history.count == 5)
      #expect(Set(history[4].old.map(\.words)) == ["text 0", "text 1"] && history[4].device == "device 2")
      #expect(history[2...3].allSatisfy { $0.old == [.string("one")] })
    }
  }

  @Test func whatWasNeverThereHasNoHistory() async throws {
    let archive = try folder.archive()
    let id = try await archive.writeClaim("one")
    #expect(try await archive.read { try $0.history(of: .claim(1)).isEmpty })
    // Nor has another type with the same id, nor what is merely referred to.
    #expect(try await archive.read { try $0.history(of: Reference(type: "speaker", id: id.bytes)).isEmpty })
    let other = try await archive.write { transaction in
      var claim = Claim(id: transaction.newID(), text: "refers")
      claim.negationOf = id
      try transaction.insert(claim)
      return claim.id
    }
    #expect(try await archive.read { try $0.history(of: id.reference).count } == 2)
    #expect(try await archive.read { try $0.history(of: other.reference).count } == 3)
  }

  @Test func longLabelsAreCutToWholeCharacters() async throws {
    let archive = try folder.archive(device: String(repeating: "é", count: 200))
    let author = String(repeating: "é", count: 300)
    let id = try await archive.write(author: author, note: String(repeating: "n", count: 5_000)) { transaction in
      let claim = Claim(id: transaction.newID(), text: "one")
      try transaction.insert(claim)
      return claim.id
    }
    let entry = try #require(try await archive.read { try $0.history(of: id.reference).first })
    #expect(entry.author == String(repeating: "é", count: 128) && entry.note?.count == 4_096 && entry.device.utf8.count == 256)
    let other = try folder.archive("other.dicta")
    try await archive.sync(with: other)
    #expect(try await other.check() == [])
  }
}

extension Value {
  fileprivate var words: String {
    switch self {
    case .null: "null"
    case .string(let string): string.string
    default: "\(self)"
    }
  }
}
