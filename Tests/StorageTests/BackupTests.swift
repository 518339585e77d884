import DictaModels
import DictaSync
import Foundation
import Testing

@testable import DictaStorage

@Suite struct BackupTests {
  let folder = TemporaryFolder()

  @Test func aBackupHoldsTheSameAndTakesAnOriginOfItsOwn() async throws {
    let archive = try folder.archive()
    let corpus = try await archive.writeSmallCorpus()
    try await archive.backup(to: folder.file("backup.dicta"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("backup.dicta-witness")))
    let backup = try Archive(at: folder.file("backup.dicta"))
    #expect(try await backup.document() == archive.document())
    #expect(try await backup.digest == archive.digest)
    #expect(try await backup.read { try $0.status().origin } != archive.read { try $0.status().origin })
    for item in [archive, backup] { try await item.write { try $0.update(corpus.claim.id) { $0.note = "from \(item.path)" } } }
    #expect(try await archive.sync(with: backup).isEqual)
    #expect(try await backup.read { try $0.status().forks } == 0)
    #expect(try await backup.check() == [])
  }

  @Test func aBackupMadeWhileOthersWriteIsOfOneMoment() async throws {
    let archive = try folder.archive()
    let text = String(repeating: "words ", count: 500)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<60 {
          try await archive.write { transaction in
            for place in 0..<5 { try transaction.insert(Claim(id: transaction.newID(), text: "\(number).\(place) \(text)")) }
          }
        }
      }
      group.addTask { for number in 0..<4 { try await archive.backup(to: self.folder.file("\(number).dicta")) } }
      try await group.waitForAll()
    }
    for number in 0..<4 {
      let backup = try Archive(at: folder.file("\(number).dicta"))
      #expect(try await backup.check() == [])
      let count = try await backup.read { try $0.list(Claim.self).count }
      #expect(count.isMultiple(of: 5))
      #expect(try await backup.changeCount == count / 5)
    }
  }

  @Test func aBackupOverwritesNothing() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    let path = try folder.file("there", holding: "words")
    #expect(await refuses({ try await archive.backup(to: path) }) { if case ArchiveError.alreadyThere(path) = $0 { true } else { false } })
    #expect(try folder.bytes(of: "there") == Array("words".utf8))
    let itself = archive.path
    #expect(await refuses({ try await archive.backup(to: itself) }) { if case ArchiveError.alreadyThere(itself) = $0 { true } else { false } })
    #expect(
      await refuses({ try await archive.backup(to: self.folder.file("no/such")) }) { if case ArchiveError.noFolder = $0 { true } else { false } })
    #expect(try await archive.check() == [])
  }
}
