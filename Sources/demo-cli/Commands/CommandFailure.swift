import ArgumentParser
import DictaModels
import DictaStorage
import DictaSync
import DictaSyncHTTP
import Foundation

/// An error as the program reports it: what, where, what to do.
struct CommandFailure: Error {
  /// What scripts tell errors apart by.
  enum Kind: String {
    case usage, badData, notFound, ambiguous, unreachable, tryAgain, notAllowed, other

    var exitCode: Int32 {
      switch self {
      case .other: 1
      case .usage: 64
      case .badData: 65
      case .notFound, .ambiguous: 66
      case .unreachable: 69
      case .tryAgain: 75
      case .notAllowed: 77
      }
    }
  }

  let kind: Kind
  let message: String
  let place: String?
  let hint: String?

  /// Where there are several: for people a line each, for scripts an object each.
  let problems: [(line: String, json: JSON)]

  init(_ kind: Kind, _ message: String, place: String? = nil, hint: String? = nil, problems: [(line: String, json: JSON)] = []) {
    self.kind = kind
    self.message = message
    self.place = place
    self.hint = hint
    self.problems = problems
  }

  var json: JSON {
    var members: [(String, JSON)] = [("code", .string(kind.rawValue)), ("message", .string(message))]
    if let place { members.append(("where", .string(place))) }
    if let hint { members.append(("hint", .string(hint))) }
    if !problems.isEmpty { members.append(("problems", .array(problems.map(\.json)))) }
    return .object(JSONObject([("error", .object(JSONObject(members)))]))
  }

  var text: String {
    let style = Style(for: .standardError)
    // Words of the corpus may stand in a message; they must not move the terminal's cursor.
    var text = style.bold(style.red("error:")) + " " + TextLayout.singleLine(message)
    if let place { text += ", in \(TextLayout.singleLine(place))" }
    if let hint { text += "; \(TextLayout.singleLine(hint))" }
    for problem in problems { text += "\n  " + TextLayout.singleLine(problem.line) }
    return text + "\n"
  }
}

extension CommandFailure {
  /// What one of our errors means to the person at the prompt; nil for those of the argument parser.
  init?(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as ArchiveError: self.init(error)
    case let error as ProtocolViolation: self.init(error)
    case let error as LineError: self.init(.tryAgain, error.description)
    case let error as BundleError: self.init(error, place: nil)
    case let error as HubRefusal: self.init(error)
    case let error as HubUnreachable:
      self.init(
        error.wasCutOff ? .tryAgain : .unreachable, error.description, hint: Self.hint(for: error))
    case let error as MalformedBytes:
      self.init(.badData, "what came from the peer is damaged \(error)", hint: "nothing was lost: sync again, and if this comes again, report it")
    case is Interruption: self.init(.tryAgain, "interrupted", hint: "nothing was lost: run it again")
    case let error as RefusedDelivery:
      self.init(.badData, error.description, place: error.sender, hint: "run `check` on the sender's archive")
    case let error as RefusedSnapshot: self.init(.badData, error.description, place: error.sender, hint: "sync again: the log is sent instead")
    case let error as UnreadableEntity: self.init(.badData, error.description, hint: "set the field with `edit`")
    case let error as AnchorError: self.init(.badData, error.description)
    case let error as TextError: self.init(.badData, "\(error)")
    case let failure as ImportFailure:
      self.init(.badData, failure.description, problems: failure.problems.map { ($0.line, $0.json) })
    case is CleanExit, is ValidationError: return nil
    default:
      // The argument parser's own errors are no public type.
      guard !"\(type(of: error))".contains("CommandError"), !"\(type(of: error))".contains("ParserError") else { return nil }
      self.init(.other, "\(error)")
    }
  }

  private static func hint(for error: HubUnreachable) -> String? {
    if error.wasCutOff { return nil }
    return error.isUntrusted ? "if it is your own, say --trusted-certificates FILE" : "check the address, and that the hub runs"
  }

  private init(_ refusal: HubRefusal) {
    let kind: Kind =
      switch refusal.status {
      case _ where refusal.code.isEmpty: .unreachable
      case 401, 403: .notAllowed
      case 404: .notFound
      case 408, 429, 500...599: .tryAgain
      default: refusal.mayPass ? .tryAgain : .badData
      }
    let isTokenMissing = refusal.code == "tokenMissing"
    self.init(kind, refusal.message, hint: isTokenMissing ? "put it into $DICTA_TOKEN, or into a file and say --token-file" : refusal.hint)
  }

  private init(_ error: ProtocolViolation) {
    let kind: Kind =
      switch error {
      case .unexpected, .unknownBase, .wrongRungs, .otherCorpus, .dropped: .badData
      case .echo, .noCommonVersion: .unreachable
      case .ended: .tryAgain
      case .refused(let refusal):
        switch refusal.code {
        case .otherCorpus, .malformed, .refusedChanges, .dropped: .badData
        case .tryAgain: .tryAgain
        case .notAllowed: .notAllowed
        case .noCommonVersion, .unable: .unreachable
        }
      }
    self.init(kind, error.description)
  }

  /// - Parameter place: the bundle's file.
  init(_ error: BundleError, place: String?) {
    let hint =
      switch error {
      case .notABundle: "name a file that `bundle export` wrote"
      case .noCommonVersion: "update the older demo-cli"
      case .otherCorpus: "import it into a replica of its own corpus"
      case .malformed, .unexpected, .sessionOnly, .cutOff, .goesOn, .refused:
        "what came before was kept, and is sound; have the bundle sent again"
      }
    self.init(.badData, error.description, place: place, hint: hint)
  }

  private init(_ error: ArchiveError) {
    let message = error.description
    switch error {
    case .notFound, .noFolder: self.init(.notFound, message)
    case .alreadyThere: self.init(.usage, message)
    case .notAnArchive, .newerSchema, .damaged, .badAnchor, .missingText, .tooLarge, .otherCorpus, .danglingReference,
      .reservedName:
      self.init(.badData, message)
    case .readOnly, .unproven, .ownOrigin: self.init(.notAllowed, message)
    case .dropped: self.init(.badData, message)
    case .diskFull, .locked, .inputOutput, .replaced: self.init(.tryAgain, message)
    case .noSuchEntity, .deleted, .noConflict, .noSuchVersion, .noSuchOrigin: self.init(.notFound, message)
    case .exists, .inUse: self.init(.badData, message)
    }
  }
}

extension ImportProblem {
  /// `line 3, quotes[0] #q1, segments[0].anchor: …`
  var line: String {
    var place = "line \(place.line)"
    if let type = self.place.type, let index = self.place.index { place += ", \(type)s[\(index)]" }
    if let id { place += " \(id)" }
    if let field { place += ", \(field)" }
    return "\(place): \(message)" + (found.map { ", found \($0.short)" } ?? "")
  }

  var json: JSON {
    .object(
      JSONObject([
        ("line", .integer(Int64(place.line))), ("index", place.index.map { .integer(Int64($0)) } ?? .null),
        ("type", place.type.map { .string($0) } ?? .null), ("id", id.map { .string($0) } ?? .null),
        ("field", field.map { .string($0) } ?? .null), ("found", found ?? .null), ("message", .string(message)),
      ]))
  }
}
