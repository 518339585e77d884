import ArgumentParser
import DictaModels
import DictaStorage

struct SpeakerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speaker", abstract: "Add, merge, split, list and show speakers.",
    subcommands: [Add.self, Merge.self, Split.self, ListCommand<Speaker>.self, ShowCommand<Speaker>.self])

  struct Add: WritingCommand {
    static let configuration = CommandConfiguration(abstract: "Add somebody or something that is heard.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var remarks: RemarkOptions

    @Argument(help: ArgumentHelp("How they are called.", valueName: "name"))
    var name: String

    @Option(
      name: .long, help: ArgumentHelp("What they are: \(Speaker.Kind.spellings) (default: person).", valueName: "kind"),
      transform: Speaker.Kind.spelled)
    var kind = Speaker.Kind.person

    @Option(
      name: .customLong("alias"), parsing: .unconditionalSingleValue,
      help: ArgumentHelp("How else they are called; may be repeated.", valueName: "name"))
    var aliases: [String] = []

    @Option(
      name: .customLong("tenure"),
      help: ArgumentHelp(
        "An office: ROLE@ORGANIZATION:FROM..TO, of which only the role must be there; may be repeated.", valueName: "office"),
      transform: Speaker.Tenure.spelled)
    var tenures: [Speaker.Tenure] = []

    @Option(
      name: .customLong("external-id"), help: ArgumentHelp("What they are called elsewhere: wikidata=Q42; may be repeated.", valueName: "key=value"),
      transform: PairSpelling.spelled)
    var externalIDs: [PairSpelling] = []

    func validate() throws {
      if name.allSatisfy(\.isWhitespace) { throw ValidationError("a speaker has a name") }
    }

    func run(_ archive: Archive, _ output: Output) async throws {
      let externalIDs = try externalIDs.map(of: "--external-id")
      try await output.print(
        write(archive) { transaction in
          var speaker = Speaker(id: transaction.newID(), name: name, kind: kind)
          speaker.aliases = Set(aliases.filter { !$0.isEmpty }.map { ExactString($0) })
          speaker.tenures = Set(tenures)
          speaker.externalIDs = externalIDs
          remarks.apply(to: &speaker)
          let namesakes = output.isJSON ? [] : try namesakes(in: transaction)
          try transaction.insert(speaker)
          return try transaction.answer(speaker, "added", output, remarks: namesakes)
        })
    }

    /// Who is called so already: perhaps the same person.
    private func namesakes(in transaction: ReadTransaction) throws -> [String] {
      var remarks: [String] = []
      try transaction.forEach(where: EntityFilter()) { (other: Speaker) in
        if ([other.name] + other.aliases.map(\.string)).contains(name) {
          remarks.append("\(other.id.short) is called so too (\(other.name), \(other.kind.rawValue)); `speaker merge` makes them one")
        }
        return remarks.count < 3
      }
      return remarks
    }
  }

  struct Merge: WritingCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make one group of two speakers, with all who were merged with either.",
      discussion: """
        Only the field mergedInto is written, of the speaker or, where they were merged already, of the one they were merged into. What refers to \
        either goes on doing so; lists and pages take all of the group together.
        """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions

    @Argument(help: ArgumentHelp("A speaker's id or name.", valueName: "id"))
    var id: String

    @Argument(help: ArgumentHelp("Whom they were found to be.", valueName: "into"))
    var into: String

    func run(_ archive: Archive, _ output: Output) async throws {
      try await output.print(
        write(archive) { transaction in
          let speaker = try transaction.findSpeaker(id)
          let other = try transaction.findSpeaker(into)
          guard speaker != other else {
            throw CommandFailure(.usage, "a speaker can't be merged into itself (\(speaker.short))", hint: "name two different ones")
          }
          return try transaction.answer(transaction.merge(speaker, into: other), output)
        })
    }
  }

  struct Split: WritingCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a speaker out of their group.",
      discussion: "Afterwards they are alone. The others stay one group: links that led over the one who leaves are written anew.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions

    @Argument(help: ArgumentHelp("The speaker's id.", valueName: "id"))
    var id: String

    func run(_ archive: Archive, _ output: Output) async throws {
      try await output.print(
        write(archive) { transaction in
          try transaction.answer(transaction.split(transaction.findSpeaker(id)), output)
        })
    }
  }
}

extension ReadTransaction {
  /// A group as scripts get it, or who is in it.
  fileprivate func answer(_ group: EntityGroup<Speaker>, _ output: Output) throws -> Answer {
    try output.answer(
      json: .object([
        "representative": .string(group.representative.description), "members": .array(group.members.map { .string($0.description) }),
      ])
    ) {
      let view = CorpusView(self)
      let names = try group.members.compactMap { try view.speaker($0) }.map { "\(TextLayout.singleLine($0.name)) \(view.style.dim($0.id.short))" }
      if names.count == 1, let name = names.first { return "\(name) is nobody else" }
      return (["\(names.count) speakers are one; the first stands for all"] + names.map { "  " + $0 }).joined(separator: "\n")
    }
  }
}
