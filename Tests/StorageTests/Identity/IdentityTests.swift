import DictaModels
import DictaSync
import Foundation
import Testing

@testable import DictaStorage

@Suite struct IdentityTests {
  let folder = TemporaryFolder()

  private func origin(_ archive: Archive) async throws -> Origin {
    try await archive.read { try $0.status().origin }
  }

  @Test func theWitnessIsForItsOwnerOnly() async throws {
    try folder.archive().close()
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("corpus.dicta-witness"))
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["corpus.dicta", "corpus.dicta-witness"])
  }

  @Test func anArchiveThatIsOpenedAgainKeepsItsOrigin() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    let before = try await origin(archive)
    try archive.close()
    let again = try Archive(at: folder.file("corpus.dicta"))
    try await again.writeClaim("two")
    #expect(try await origin(again) == before)
    #expect(try await again.heads().map(\.sequence) == [2])
  }

  @Test func anArchiveThatIsRenamedWithItsWitnessKeepsItsOrigin() async throws {
    let archive = try folder.archive("old.dicta")
    try await archive.writeClaim("one")
    let before = try await origin(archive)
    try archive.close()
    for suffix in ["", "-witness"] {
      try FileManager.default.moveItem(atPath: folder.file("old.dicta" + suffix), toPath: folder.file("new.dicta" + suffix))
    }
    #expect(try await origin(Archive(at: folder.file("new.dicta"))) == before)
  }

  @Test func aCopyTakesANewOriginAndBothMerge() async throws {
    for withWitness in [false, true] {
      let folder = TemporaryFolder()
      let original = try folder.archive("original.dicta")
      let id = try await original.writeClaim("one")
      let before = try await origin(original)
      try original.close()
      try folder.copy("original.dicta", to: "copy.dicta")
      if withWitness { try folder.copy("original.dicta-witness", to: "copy.dicta-witness") }
      let archives = try ["original.dicta", "copy.dicta"].map { try Archive(at: folder.file($0)) }
      #expect(try await origin(archives[0]) == before)
      #expect(try await origin(archives[1]) != before)
      for (number, archive) in archives.enumerated() { try await archive.write { try $0.update(id) { $0.text = "text \(number)" } } }
      #expect(try await archives[0].sync(with: archives[1]).isEqual)
      for archive in archives {
        #expect(try await archive.heads().count == 2)
        #expect(try await archive.read { try $0.status().forks } == 0)
        #expect(try await archive.read { try $0.conflicts().first?.candidates.count } == 2)
        #expect(try await archive.check() == [])
        #expect(try await archive.digest == archives[0].digest)
      }
    }
  }

  @Test func aWitnessThatIsGoneOrUnreadableGivesANewOrigin() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    try archive.close()
    var origins: [Origin] = [try await origin(archive0())]
    for content in [nil, "", "{}", "not JSON", #"{"origin":"00","privateKey":"","machine":"","file":""}"#] as [String?] {
      try folder.remove("corpus.dicta-witness")
      if let content { _ = try folder.file("corpus.dicta-witness", holding: content) }
      let archive = try archive0()
      try await archive.writeClaim("another")
      origins.append(try await origin(archive))
      try archive.close()
    }
    #expect(Set(origins).count == 6)
    #expect(try await archive0().check() == [])
  }

  private func archive0() throws -> Archive {
    try Archive(at: folder.file("corpus.dicta"))
  }

  @Test func aRestoredArchiveLearnsFromItsPeersThatItWas() async throws {
    // What was written between the backup and the restoration had been sent; what is written after it must not reuse the numbers.
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try archives[0].close()
    for suffix in ["", "-witness"] { try folder.copy("1.dicta" + suffix, to: "backup" + suffix) }
    var first = try Archive(at: folder.file("1.dicta"))
    let before = try await origin(first)
    try await first.write { try $0.update(id) { $0.text = "two" } }
    try await first.sync(with: archives[1])
    try first.close()
    for suffix in ["", "-witness"] { try folder.copy("backup" + suffix, to: "1.dicta" + suffix, keepingFile: true) }
    first = try Archive(at: folder.file("1.dicta"))
    // The file is the same one to look at, and so is its witness: only peers can tell.
    #expect(try await origin(first) == before)
    #expect(try await first.read { try $0.require(id).text } == "one")
    #expect(try await first.sync(with: archives[1]).isEqual)
    #expect(try await origin(first) != before)
    try await first.write { try $0.update(id) { $0.context = "three" } }
    #expect(try await first.sync(with: archives[1]).isEqual)
    for archive in [first, archives[1]] {
      let claim = try await archive.read { try $0.require(id) }
      #expect(claim.text == "two" && claim.context == "three")
      #expect(try await archive.read { try $0.status().forks } == 0)
      #expect(try await archive.check() == [])
      #expect(try await archive.digest == first.digest)
    }
  }

  @Test func aDatabaseThatIsOlderThanItsWitnessTakesANewOrigin() async throws {
    let archives = try folder.archives(2)
    let id = try await archives[0].writeClaim("one")
    try archives[0].close()
    try folder.copy("1.dicta", to: "backup")
    var first = try Archive(at: folder.file("1.dicta"))
    let before = try await origin(first)
    try await first.write { try $0.update(id) { $0.text = "two" } }
    try await first.sync(with: archives[1])
    try first.close()
    try folder.copy("backup", to: "1.dicta", keepingFile: true)
    // Nobody has to tell it: the witness knows what was sent.
    first = try Archive(at: folder.file("1.dicta"))
    #expect(try await origin(first) != before)
    try await first.write { try $0.update(id) { $0.context = "three" } }
    #expect(try await first.sync(with: archives[1]).isEqual)
    #expect(try await first.read { try $0.status().forks } == 0)
    #expect(try await first.read { try $0.require(id).text } == "two")
  }

  @Test func whatARestoredArchiveWroteBeforeItLearnedOfItStaysAsABranch() async throws {
    let archives = try folder.archives(3)
    let id = try await archives[0].writeClaim("one")
    try archives[0].close()
    for suffix in ["", "-witness"] { try folder.copy("1.dicta" + suffix, to: "backup" + suffix) }
    var first = try Archive(at: folder.file("1.dicta"))
    try await first.write { try $0.update(id) { $0.text = "sent before the restoration" } }
    try await first.sync(with: archives[1])
    try first.close()
    for suffix in ["", "-witness"] { try folder.copy("backup" + suffix, to: "1.dicta" + suffix, keepingFile: true) }
    first = try Archive(at: folder.file("1.dicta"))
    let forked = try await origin(first)
    try await first.write { try $0.update(id) { $0.text = "written after it" } }
    #expect(try await first.sync(with: archives[1]).isEqual)
    #expect(try await origin(first) != forked)
    try await archives[1].sync(with: archives[2])
    for archive in [first, archives[1], archives[2]] {
      let status = try await archive.read { try $0.status() }
      #expect(status.forks == 1)
      #expect(status.heads.filter { $0.origin == forked }.map(\.sequence) == [2, 2])
      let conflict = try #require(try await archive.read { try $0.conflicts().first })
      #expect(Set(conflict.candidates.map(\.value)) == [.string("sent before the restoration"), .string("written after it")])
      #expect(try await archive.digest == first.digest)
      #expect(try await archive.check() == [])
    }
    try await first.write { try $0.update(id) { $0.text = "settled" } }
    try await first.sync(with: archives[1])
    try await archives[1].sync(with: archives[2])
    #expect(try await archives[2].read { try $0.conflicts().count } == 0)
    #expect(try await archives[2].digest == first.digest)
  }

  @Test func hearingOfAnOwnChangeFromAnywhereIsEnough() async throws {
    let archives = try folder.archives(2)
    try await archives[0].writeClaim("one")
    let own = try await archives[0].heads()[0]
    let before = try await origin(archives[0])
    // What is held is no news.
    try await archives[0].meet(try await archives[0].heads())
    #expect(try await origin(archives[0]) == before)
    try await archives[0].meet([Head(origin: own.origin, sequence: 2, id: own.id)])
    #expect(try await origin(archives[0]) != before)
  }

  @Test func aNewOriginIsTakenByEveryoneWhoHasTheArchiveOpen() async throws {
    let first = try folder.archive()
    try await first.writeClaim("one")
    let second = try Archive(at: folder.file("corpus.dicta"))
    let own = try await first.heads()[0]
    try await first.meet([Head(origin: own.origin, sequence: 9, id: own.id)])
    try await second.writeClaim("two")
    try await first.writeClaim("three")
    #expect(try await first.heads().map(\.sequence).sorted() == [1, 2])
    #expect(try await first.check() == [])
  }

  @Test func aWitnessThatCanNotBeReadJustNowIsNoReasonToLeaveTheOrigin() async throws {
    let archive = try folder.archive()
    let origin = try await archive.read { try $0.status().origin }
    try archive.close()
    let path = folder.file("corpus.dicta-witness")
    try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
    // Something that can be opened, and not read.
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(throws: ArchiveError.self) { try Archive(at: folder.file("corpus.dicta")) }
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".aside", toPath: path)
    let again = try Archive(at: folder.file("corpus.dicta"))
    #expect(try await again.read { try $0.status().origin } == origin)
  }
}
