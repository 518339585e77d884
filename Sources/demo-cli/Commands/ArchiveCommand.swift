import ArgumentParser
import DictaModels
import DictaStorage
import Foundation

/// What every command takes.
struct SharedOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The archive to use.", valueName: "file"))
  var archive: String?

  @Flag(name: .long, help: "Print exactly one JSON value.")
  var json = false

  /// The archive that is meant, whether it is there or not.
  var path: String {
    if let archive { return archive }
    let environment = ProcessInfo.processInfo.environment["DICTA_ARCHIVE"] ?? ""
    return environment.isEmpty ? "corpus.dicta" : environment
  }

  var output: Output { Output(isJSON: json) }
}

/// What every command takes that changes something.
struct WritingOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Who decides this, for the history (else $DICTA_AUTHOR).", valueName: "name"))
  var author: String?

  @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
  var changeNote: String?

  var authorName: String? {
    author ?? ProcessInfo.processInfo.environment["DICTA_AUTHOR"].flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// A command that works on one archive.
protocol ArchiveCommand: AsyncParsableCommand {
  var shared: SharedOptions { get }

  func run(_ archive: Archive, _ output: Output) async throws
}

extension ArchiveCommand {
  func run() async throws {
    let archive = self is any WritingCommand ? try Archive(at: shared.path) : try Archive(readingAt: shared.path)
    do {
      try await run(archive, shared.output)
    } catch {
      try? archive.close()
      throw error
    }
    try archive.close()
  }
}

/// A command that writes one transaction.
protocol WritingCommand: ArchiveCommand {
  var writing: WritingOptions { get }
}

extension WritingCommand {
  /// Runs `body` as one transaction under the author and with the note that were given.
  func write<Result: Sendable>(
    _ archive: Archive, _ body: @Sendable @escaping (WriteTransaction) throws -> Result
  ) async throws -> Result {
    try await archive.write(author: writing.authorName, note: writing.changeNote, body)
  }
}

extension ReadTransaction {
  /// The entity whose id is spelled like this, or ends like this.
  ///
  /// - Parameter type: nil takes any.
  func find(_ spelling: String, _ type: EntityType? = nil) throws -> Reference {
    let what = type?.rawValue ?? "entity"
    let digits = spelling.filter { $0 != "-" }
    guard digits.utf8.count >= 4, digits.allSatisfy(\.isHexDigit), digits.utf8.count <= 32 else {
      throw CommandFailure(.notFound, "“\(spelling)” is not the id of \(what.withArticle)", hint: "give a UUID, or at least its last 4 characters")
    }
    let found = try entities(endingIn: spelling, type: type)
    guard let first = found.first else {
      throw CommandFailure(.notFound, "no \(what) has an id that ends in \(spelling)", hint: "list them with `\(type?.rawValue ?? "quote") list`")
    }
    guard found.count == 1 else {
      throw CommandFailure(
        .ambiguous, "several ids end in \(spelling)", hint: "give more of it",
        problems: found.map { ($0.description, .string($0.description)) })
    }
    return first
  }

  /// The same, for an id of a type that is known.
  func find<Subject: Entity>(_ spelling: String, _: Subject.Type = Subject.self) throws -> Identifier<Subject> {
    Identifier(try find(spelling, Subject.type).id)
  }

  /// A living entity as its JSON.
  func json(_ entity: Reference) throws -> JSONObject {
    guard let type = EntityType(entity.type) else { throw ArchiveError.noSuchEntity(entity) }
    return try EntityJSONWriter(text: text).json(type: type, id: entity.id, fields: fields(of: entity))
  }
}

extension String {
  /// `an article`, `a quote`
  var withArticle: String { ("aeio".contains(prefix(1)) ? "an " : "a ") + self }
}
