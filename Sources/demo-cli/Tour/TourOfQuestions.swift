// Steps 10 to 13: what a corpus can be asked.

import DictaModels
import DictaStorage

extension Tour {
  func tabulateStances() async throws -> TourStep {
    let table = try await laptop.read { try StanceTable($0) }
    return TourStep(
      title: "Who stands where, and when", explanation: "Each contested claim by day and speaker; those who changed sides come first.",
      commands: table.claims.prefix(1).map { Shell.command("stance", "list", "--claim", $0.id.short) }, moreCommands: table.claims.count - 1,
      output: [.laidOut(table.lines)])
  }

  func compareWordings() async throws -> TourStep {
    let id = try samples.quotes.named("q21-ilveny-snowmelt")
    let (group, quotes) = try await laptop.read { transaction in
      let group = try transaction.utterance(of: id)
      return (group, try group.members.map { try MarkedQuote($0, in: transaction) })
    }
    let sides = try quotes.map { quote in
      (heading: [Phrase.strong(quote.printed), quote.heard], text: try quote.wordsWithAttribution())
    }
    guard sides.count == 2 else { throw CommandFailure(.other, "the tour expected two wordings, and there are \(sides.count)") }
    return TourStep(
      title: "One utterance, two wordings",
      explanation: "Two quotes that report the same act of speech are joined, and each keeps the words of its paper.",
      commands: group.members.prefix(1).map { Shell.command("quote", "show", $0.short) }, moreCommands: group.members.count - 1,
      output: [.laidOut(SideBySide(left: sides[0], right: sides[1]).lines)])
  }

  func compareOffices() async throws -> TourStep {
    let ids = try ["q21-brask-gates", "p21-brask-gates", "g25-ossandar-afternoon"].map { try samples.quotes.named($0) }
    let roles = try await laptop.read { transaction in
      try ids.compactMap { try OfficeOnTheDay(transaction.require($0), in: transaction) }
    }
    var grid = Grid(elastic: 2, 4, overflow: .wrapped)
    for role in roles {
      grid.add(
        .quiet(role.day.description), .strong(role.speaker.name), Phrase("“\(role.stated)”"),
        role.agrees ? Phrase("=", .agreed) : Phrase("≠", .differing), Phrase(role.held.map(\.office).joined(separator: "; ")))
    }
    let holders = roles.filter { !$0.agrees }.flatMap { role in
      role.holders.map { holder in
        Phrase("\(holder.tenure.office), on \(role.day): ") + .strong(holder.speaker.name) + .quiet(", \(holder.tenure.span)")
      }
    }
    return TourStep(
      title: "The role in the paper, and the office held that day",
      explanation: "Papers err. The role stays as stated; who held the office that day is a query over tenures.",
      commands: roles.suffix(1).map { Shell.command("speaker", "show", $0.speaker.id.short) }, moreCommands: roles.count - 1,
      output: [.grid(grid)] + holders.map { .line($0) })
  }

  func search() async throws -> TourStep {
    let words = "ilveny minister"
    let hits = try await laptop.read { try $0.search(words, limit: 3) }
    var grid = Grid(elastic: 1)
    for hit in hits { grid.add(.quiet(hit.entity.type.string), Phrase(snippet: hit.snippet)) }
    return TourStep(
      title: "Find it again", explanation: "Words whatever their case and accents, “phrases” and prefixes*, in one ranking.",
      commands: [Shell.command("search", words)], output: [.grid(grid)])
  }
}
