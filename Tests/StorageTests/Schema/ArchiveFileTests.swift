import DictaModels
import Foundation
import Testing

@testable import DictaStorage

/// What is no archive is refused with a clear error and left as it is.
@Suite struct ArchiveFileTests {
  let folder = TemporaryFolder()

  /// Opens what must not open; gives the error.
  private func error(opening name: String) -> ArchiveError? {
    do {
      _ = try Archive(at: folder.file(name))
      return nil
    } catch {
      return error as? ArchiveError
    }
  }

  private func notAnArchive(_ name: String, unchanged bytes: [UInt8]) throws -> String? {
    guard case .notAnArchive(folder.file(name), let reason)? = error(opening: name) else { return nil }
    #expect(try folder.bytes(of: name) == bytes)
    // Nothing is left beside it either.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(name) } == [name])
    return reason
  }

  @Test func aPathWhereNothingIsIsNotFound() throws {
    guard case .notFound? = error(opening: "nothing.dicta") else { throw Missing("a refusal") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func aDirectoryIsNoArchive() throws {
    try FileManager.default.createDirectory(atPath: folder.file("directory"), withIntermediateDirectories: false)
    guard case .notAnArchive(_, "it is a directory")? = error(opening: "directory") else { throw Missing("a refusal") }
  }

  @Test func emptyAndForeignFilesAreNoArchives() throws {
    for (name, bytes) in [
      ("empty", []), ("words", Array("Just some words, quite a lot of them, but no database. ".utf8)), ("header", Array("SQLite format 3\0".utf8)),
      ("noise", (0..<8_192).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) }),
    ] as [(String, [UInt8])] {
      _ = try folder.file(name, holding: bytes)
      #expect(try notAnArchive(name, unchanged: bytes) != nil, "\(name)")
    }
  }

  @Test func aHeaderWithoutADatabaseIsNoArchive() throws {
    let bytes = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 0, count: 4_080)
    _ = try folder.file("header", holding: bytes)
    #expect(try notAnArchive("header", unchanged: bytes) != nil)
  }

  @Test func anotherProgramsDatabaseIsLeftAsItIs() async throws {
    // Its journal is not a write-ahead log, and opening it must not make it one.
    try folder.archive("other").close()
    var bytes = try folder.bytes(of: "other")
    bytes.replaceSubrange(68..<72, with: [0, 0, 0, 7])
    bytes.replaceSubrange(18..<20, with: [1, 1])
    try folder.remove("other")
    try folder.remove("other-witness")
    _ = try folder.file("other", holding: bytes)
    #expect(try notAnArchive("other", unchanged: bytes) == "it is another program's database")
  }

  @Test func aNewerSchemaIsRefused() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    try archive.close()
    var bytes = try folder.bytes(of: "corpus.dicta")
    bytes.replaceSubrange(60..<64, with: [0, 0, 0, 9])
    _ = try folder.file("corpus.dicta", holding: bytes)
    let witness = try folder.bytes(of: "corpus.dicta-witness")
    guard case .newerSchema(_, 9, 5)? = error(opening: "corpus.dicta") else { throw Missing("a refusal") }
    #expect(try folder.bytes(of: "corpus.dicta") == bytes)
    #expect(try folder.bytes(of: "corpus.dicta-witness") == witness)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["corpus.dicta", "corpus.dicta-witness"])
  }

  @Test func anArchiveIsNotMadeOverAnything() throws {
    for (name, content) in [("empty", ""), ("words", "words")] {
      let path = try folder.file(name, holding: content)
      #expect(throws: ArchiveError.self) { try Archive(creatingAt: path) }
      #expect(try folder.bytes(of: name) == Array(content.utf8))
    }
    try folder.archive().close()
    let before = try folder.bytes(of: "corpus.dicta")
    do {
      _ = try folder.archive()
      Issue.record("was made")
    } catch ArchiveError.alreadyThere(folder.file("corpus.dicta")) {}
    #expect(try folder.bytes(of: "corpus.dicta") == before)
    do {
      _ = try Archive(creatingAt: folder.path)
      Issue.record("was made")
    } catch ArchiveError.alreadyThere(folder.path) {}
  }

  @Test func anArchiveIsNotMadeInAFolderThatIsNotThere() throws {
    for path in ["no/corpus.dicta", "no/such/folder/corpus.dicta"] {
      do {
        _ = try Archive(creatingAt: folder.file(path))
        Issue.record("was made")
      } catch ArchiveError.noFolder {}
      guard case .notFound? = error(opening: path) else { throw Missing("a refusal of \(path)") }
    }
    _ = try folder.file("file", holding: "")
    do {
      _ = try Archive(creatingAt: folder.file("file/corpus.dicta"))
      Issue.record("was made")
    } catch ArchiveError.noFolder {}
  }

  @Test func theLastToCloseLeavesOneFile() async throws {
    let first = try folder.archive()
    let second = try Archive(at: folder.file("corpus.dicta"))
    _ = try await first.writeSmallCorpus()
    let document = try await second.document()
    try first.close()
    #expect(try await second.document() == document)
    try second.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["corpus.dicta", "corpus.dicta-witness"])
    #expect(try await Archive(at: folder.file("corpus.dicta")).document() == document)
  }

  @Test func everyErrorSaysWhatAndWhere() {
    let path = "/some/where.dicta"
    let errors: [ArchiveError] = [
      .notFound(path: path), .alreadyThere(path: path), .notAnArchive(path: path, reason: "r"), .newerSchema(path: path, schemaVersion: 2, known: 1),
      .damaged(path: path, reason: "r"), .readOnly(path: path), .diskFull(path: path), .locked(path: path),
    ]
    for error in errors { #expect(error.description.contains(path)) }
    #expect(Set(errors.map(\.description)).count == errors.count)
  }
}

/// Something a test can't go on without.
struct Missing: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) {
    description = "missing: \(what)"
  }
}
