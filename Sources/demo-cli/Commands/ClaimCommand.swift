import ArgumentParser
import DictaModels
import DictaStorage

struct ClaimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claim", abstract: "Add, list and show claims.",
    subcommands: [Add.self, ListCommand<Claim>.self, ShowCommand<Claim>.self])

  struct Add: WritingCommand {
    static let configuration = CommandConfiguration(abstract: "Add a statement that somebody supports or denies.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var remarks: RemarkOptions

    @Argument(help: ArgumentHelp("The statement, as a whole sentence.", valueName: "text"))
    var text: String

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("What one has to know to understand it.", valueName: "text"))
    var context: String?

    @Option(
      name: .long, help: ArgumentHelp("The time it speaks of: FROM..TO, either of which may be left out.", valueName: "from..to"),
      transform: PeriodSpelling.spelled)
    var period: PeriodSpelling?

    @Option(name: .long, help: ArgumentHelp("The claim that this one says is false.", valueName: "id"))
    var negationOf: String?

    @Option(
      name: .customLong("external-id"), help: ArgumentHelp("What it is called elsewhere; may be repeated.", valueName: "key=value"),
      transform: PairSpelling.spelled)
    var externalIDs: [PairSpelling] = []

    func validate() throws {
      if text.allSatisfy(\.isWhitespace) { throw ValidationError("a claim has a text") }
    }

    func run(_ archive: Archive, _ output: Output) async throws {
      let externalIDs = try externalIDs.map(of: "--external-id")
      try await output.print(
        write(archive) { transaction in
          var claim = Claim(id: transaction.newID(), text: text)
          claim.context = context.orNone
          claim.period = period.map { Claim.Period(from: $0.from, to: $0.to) }
          claim.negationOf = try negationOf.map { try transaction.find($0) }
          claim.externalIDs = externalIDs
          remarks.apply(to: &claim)
          try transaction.insert(claim)
          return try transaction.answer(claim, "added", output)
        })
    }
  }
}
