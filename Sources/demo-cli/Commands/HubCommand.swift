import ArgumentParser
import DictaHub
import DictaModels
import Foundation

struct HubCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub", abstract: "See to a hub: who may sync with it, and what it holds.", subcommands: [HubTokenCommand.self])
}

struct HubTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list and revoke the tokens that a hub's clients show.",
    discussion: "It works beside a hub that is running, and at once.",
    subcommands: [HubTokenCreate.self, HubTokenList.self, HubTokenRevoke.self])
}

/// Which hub, and how to answer.
struct HubOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The hub's folder.", valueName: "folder"))
  var directory: String

  @Flag(help: "Print one JSON value.")
  var json = false

  var output: Output { Output(isJSON: json) }
}

struct HubTokenCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a token, and its corpus where the hub doesn't have it.",
    discussion: "The token is shown this once. Clients pass it in $DICTA_TOKEN or with --token-file.")

  @OptionGroup var options: HubOptions

  @Option(help: ArgumentHelp("The corpus: `demo-cli status` tells its id.", valueName: "id"))
  var corpus: String

  @Option(help: "reader receives; writer also sends; admin also reads metrics.")
  var role: String

  @Option(help: ArgumentHelp("When it ends: 2027-01-31, or 2027-01-31T12:00:00Z. Never, if left out.", valueName: "date"))
  var expires: String?

  func run() async throws {
    guard let corpus = CorpusID(corpus) else {
      throw CommandFailure(.usage, "“\(corpus)” is no corpus id", hint: "give a UUID, as `demo-cli status` tells it")
    }
    guard let role = HubToken.Role(rawValue: role) else {
      throw CommandFailure(
        .usage, "there is no role “\(role)”", hint: "choose one of \(HubToken.Role.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let folder = HubFolder(options.directory)
    let expires = try expires.map(Self.date)
    let (token, record) = try HubOptions.doing(options.directory) {
      try folder.addCorpus(corpus)
      return try folder.tokens.create(corpus: corpus, role: role, expires: expires)
    }
    try options.output.print(record.json(token: token)) {
      """
      \(token)

      It is shown this once: keep it where only you can read it. \(record.words)

      """
    }
  }

  private static func date(_ text: String) throws -> Date {
    let spelling = text.count == 10 ? text + "T00:00:00Z" : text
    guard let date = try? Date(spelling, strategy: .iso8601) else {
      throw CommandFailure(.usage, "“\(text)” is no date", hint: "write 2027-01-31, or 2027-01-31T12:00:00Z")
    }
    guard date > Date() else { throw CommandFailure(.usage, "\(text) is over", hint: "give a date to come") }
    return date
  }
}

struct HubTokenList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tokens, without what proves them.")

  @OptionGroup var options: HubOptions

  func run() async throws {
    let tokens = try HubOptions.doing(options.directory) { try HubFolder(options.directory).tokens.list() }
    try options.output.print(.array(tokens.map { $0.json() })) {
      tokens.isEmpty ? "No tokens.\n" : tokens.map { "\($0.id)  \($0.words)\n" }.joined()
    }
  }
}

struct HubTokenRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "revoke", abstract: "End a token: it counts no more from its next request on.")

  @OptionGroup var options: HubOptions

  @Argument(help: "The token's id: the part between the two lines, 8 characters.")
  var id: String

  func run() async throws {
    let wasThere = try HubOptions.doing(options.directory) { try HubFolder(options.directory).tokens.revoke(id) }
    guard wasThere else { throw CommandFailure(.notFound, "there is no token \(id)", hint: "see `demo-cli hub token list`") }
    try options.output.print(.object(JSONObject([("revoked", .string(id))]))) { "Revoked \(id).\n" }
  }
}

extension HubOptions {
  /// Says which folder it was that the system wouldn't give.
  static func doing<Value>(_ directory: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let damaged as TokenStore.Damaged {
      throw CommandFailure(.badData, damaged.description, hint: "remove that file: whoever has the token needs a new one")
    } catch let error as CocoaError {
      throw CommandFailure(.notAllowed, "\(error.filePath ?? directory) can't be read or written", hint: "check that the folder is yours")
    }
  }
}

extension HubToken {
  fileprivate func json(token: String? = nil) -> JSON {
    .object(
      JSONObject(
        (token.map { [("token", .string($0))] } ?? []) + [
          ("id", .string(id)), ("corpus", .string(corpus.description)), ("role", .string(role.rawValue)),
          ("expires", expires.map { .string($0.ISO8601Format(.init(includingFractionalSeconds: true))) } ?? .null),
        ]))
  }

  fileprivate var words: String {
    "\(role.rawValue) of \(corpus), \(expires.map { "until \($0.ISO8601Format())" } ?? "without end")"
  }
}
