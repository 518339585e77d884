import ArgumentParser
import DictaModels
import DictaStorage

/// What a list can be narrowed by. Only what means something for the type is shown in its help and taken.
struct FilterOptions<Subject: Presentable>: ParsableArguments {
  @Option(name: .long, help: Self.help("speaker", "Who is heard; everybody of the same group counts.", "id or name"))
  var speaker: String?

  @Option(name: .long, help: Self.help("article", "Where it stands.", "id"))
  var article: String?

  @Option(name: .long, help: Self.help("claim", "What a position is taken on.", "id"))
  var claim: String?

  @Option(name: .long, help: Self.help("outlet", "Who printed it, spelled like there.", "name"))
  var outlet: String?

  @Option(name: Self.kindNames, help: Self.help("kind", "What it is: \(Self.kinds.joined(separator: ", ")).", "kind"))
  var kind: String?

  @Option(name: .long, help: Self.help("from", "Not before this day, month or year.", "date"), transform: PartialDate.spelled)
  var from: PartialDate?

  @Option(name: .long, help: Self.help("to", "Not after it.", "date"), transform: PartialDate.spelled)
  var to: PartialDate?

  @Option(name: .long, help: Self.help("tag", "With this tag.", "tag"))
  var tag: String?

  @Option(
    name: .long, help: Self.help("placement", "How it stands in a text that came later: \(Placement.spellings).", "placement"),
    transform: Placement.spelled)
  var placement: Placement?

  var isEmpty: Bool { given.isEmpty }

  func validate() throws {
    let applicable = EntityFilter.applicable(to: Subject.type)
    for name in given where !applicable.contains(name) {
      let known = applicable.sorted().map { "--\($0)" }.joined(separator: ", ")
      throw ValidationError("\(Subject.type.plural) can't be narrowed by --\(name): there are \(known)")
    }
    if let kind, !Self.kinds.contains(where: { $0.isExactly(kind) }) {
      throw ValidationError("“\(kind)” is no kind of \(Subject.type): it is one of \(Self.kinds.joined(separator: ", "))")
    }
    if let from, let to, to.lastDay < from.firstDay { throw ValidationError("--to is before --from") }
  }

  /// - Throws: where something it names isn't there, or could be several.
  func filter(in transaction: ReadTransaction) throws -> EntityFilter {
    var filter = EntityFilter()
    filter.speaker = try speaker.map { try transaction.findSpeaker($0) }
    filter.article = try article.map { try transaction.find($0) }
    filter.claim = try claim.map { try transaction.find($0) }
    (filter.outlet, filter.kind, filter.tag) = (outlet, kind, tag)
    (filter.from, filter.to, filter.placement) = (from, to, placement)
    return filter
  }

  /// The filters that are given, by name.
  private var given: [String] {
    let all: [(String, Bool)] = [
      ("speaker", speaker != nil), ("article", article != nil), ("claim", claim != nil), ("outlet", outlet != nil), ("kind", kind != nil),
      ("from", from != nil), ("to", to != nil), ("tag", tag != nil), ("placement", placement != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  private static func help(_ name: String, _ abstract: String, _ valueName: String) -> ArgumentHelp {
    let isApplicable = EntityFilter.applicable(to: Subject.type).contains(name)
    return ArgumentHelp(abstract, valueName: valueName, visibility: isApplicable ? .default : .hidden)
  }

  /// What tells stances apart is their position.
  private static var kindNames: NameSpecification {
    Subject.type == .stance ? [.customLong("kind"), .customLong("position")] : .long
  }

  private static var kinds: [String] {
    switch Subject.type {
    case .speaker: Speaker.Kind.known.map(\.rawValue)
    case .quote: Quote.Kind.known.map(\.rawValue)
    case .stance: Stance.Position.known.map(\.rawValue)
    case .article, .claim: []
    }
  }
}
