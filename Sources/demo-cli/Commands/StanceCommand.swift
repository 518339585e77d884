import ArgumentParser
import DictaModels
import DictaStorage

struct StanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stance", abstract: "Set, list and show who takes which position on a claim.",
    subcommands: [SetPosition.self, ListCommand<Stance>.self, ShowCommand<Stance>.self])

  struct SetPosition: WritingCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Say how a quote, or an article in its own voice, stands to a claim.",
      discussion: "There is one stance for a holder and a claim. Set again it gets this position, hedged or not; notes and tags are added.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var remarks: RemarkOptions

    @Option(name: .long, help: ArgumentHelp("The quote that takes the position.", valueName: "id"))
    var quote: String?

    @Option(name: .long, help: ArgumentHelp("The article that takes it in its own voice.", valueName: "id"))
    var article: String?

    @Option(name: .long, help: ArgumentHelp("The claim it is taken on.", valueName: "id"))
    var claim: String

    @Option(
      name: .long, help: ArgumentHelp("How it stands to the claim: \(Stance.Position.spellings).", valueName: "position"),
      transform: Stance.Position.spelled)
    var position: Stance.Position

    @Flag(name: .long, help: "It is taken with reservations: seems, probably.")
    var hedged = false

    func validate() throws {
      if (quote == nil) == (article == nil) { throw ValidationError("a stance is that of a --quote or of an --article: give one of them") }
    }

    func run(_ archive: Archive, _ output: Output) async throws {
      try await output.print(
        write(archive) { transaction in
          let claimID: Claim.ID = try transaction.find(claim)
          var stance = Stance(holder: try holder(in: transaction), claimID: claimID, position: position)
          guard let old = try transaction.stance(of: stance.holder, on: claimID) else {
            stance.isHedged = hedged
            remarks.apply(to: &stance)
            try transaction.insert(stance)
            return try transaction.answer(stance, "set", output)
          }
          let new = try transaction.update(old.id) { stance in
            stance.position = position
            stance.isHedged = hedged
            remarks.apply(to: &stance)
          }
          return try transaction.answer(new, new == old ? "kept" : "changed", output)
        })
    }

    private func holder(in transaction: ReadTransaction) throws -> Stance.Holder {
      if let quote {
        let id: Quote.ID = try transaction.find(quote)
        return .quote(try transaction.require(id).id)
      }
      let id: Article.ID = try transaction.find(article ?? "")
      return .article(try transaction.require(id).id)
    }
  }
}

extension ReadTransaction {
  /// The stance that a holder takes on a claim, whatever its id: ids stay when holder or claim are edited.
  fileprivate func stance(of holder: Stance.Holder, on claim: Claim.ID) throws -> Stance? {
    _ = try require(claim)
    var filter = EntityFilter()
    filter.claim = claim
    if let found = try list(Stance.self, where: filter).first(where: { $0.holder == holder }) { return found }
    let derived = Stance.ID.derived(holder: holder, claimID: claim)
    guard let taken = try entity(derived) else { return nil }
    throw CommandFailure(
      .badData, "stance \(derived.short) was edited and is now about another holder or claim (\(taken.claimID.short))",
      hint: "edit it back, or delete it")
  }
}
