// Steps 1 to 4: articles, speakers, quotes, claims with stances.

import DictaModels
import DictaStorage

extension Tour {
  mutating func addArticles() async throws -> TourStep {
    try await samples.addArticles()
    let articles = try await newsroom.read { try $0.list(Article.self) }
    var grid = Grid(elastic: 2)
    for article in articles.sorted(by: { $0.printedOn < $1.printedOn }) {
      grid.add(.quiet(article.printedOn), Phrase(article.outlet ?? ""), .strong(article.title ?? ""), .quiet("\(article.text.utf8Count) bytes"))
    }
    let sample = Samples.quillonArticle
    return TourStep(
      title: "Three reports go in",
      explanation: "An article is kept byte for byte. Its address gives it its id, so adding it twice adds nothing.",
      commands: [
        Shell.command("init", "--device", "newsroom"),
        Shell.command(
          "article", "add", "quillon.txt", "--outlet", sample.outlet, "--published", sample.published, "--url", sample.url, "--title", sample.title),
      ],
      moreCommands: articles.count - 1, output: [.grid(grid)])
  }

  mutating func addSpeakers() async throws -> TourStep {
    try await samples.addSpeakers()
    let speakers = try await newsroom.read { try $0.list(Speaker.self) }
    var grid = Grid(elastic: 1)
    let (shown, others) = (speakers.filter { $0.tenures.count > 1 }, speakers.filter { $0.tenures.count < 2 })
    for speaker in shown {
      for (index, tenure) in speaker.tenures.sorted(by: { $0.span < $1.span }).enumerated() {
        grid.add(index == 0 ? .strong(speaker.name) : "", Phrase(tenure.office), .quiet(tenure.span))
      }
    }
    let kinds = Dictionary(grouping: others, by: \.kind.rawValue).sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    let rest = kinds.prefix(4).map { "\($0.value.count) × \($0.key)" }.joined(separator: ", ") + (kinds.count > 4 ? ", …" : "")
    return TourStep(
      title: "Who is heard in them",
      explanation: "A person, a government, a report, somebody unnamed. A tenure says who held which office when.",
      commands: [Shell.speakerAdd(Samples.speakers[0])], moreCommands: speakers.count - 1,
      output: [.grid(grid), .line(.quiet("\(others.count) more: \(rest)"))])
  }

  mutating func addQuotes() async throws -> TourStep {
    try await samples.addQuotes()
    let ids = samples.quotes
    let shown = [
      ("direct", "g25-ossandar-afternoon"), ("mixed", "p21-brask-gates"), ("split", "g25-ilveny-snow"), ("nested", "g25-ilveny-promise"),
    ]
    let grid = try await newsroom.read { transaction in
      var grid = Grid(elastic: 1, overflow: .wrapped)
      for (label, key) in shown {
        let quote = try MarkedQuote(ids.named(key), in: transaction)
        grid.add(.quiet(label), quote.heard + .quiet(" · \(quote.article.outlet ?? "")"))
        grid.add("", try quote.wordsWithAttribution())
        for inner in try transaction.quotes(toldIn: quote.quote) {
          let inner = try MarkedQuote(inner.id, in: transaction)
          let addressees = inner.addressees.map(\.name).joined(separator: " and ")
          let told = Phrase.quiet("└ ") + .strong(inner.speakers.first?.name ?? "") + .quiet(" to \(addressees): ")
          grid.add("", told + (try inner.segments()))
        }
      }
      return grid
    }
    let article = try samples.articles.named("gazette-2025")
    let split = try Samples.quotes.first { $0.key == "g25-ilveny-snow" }.orUnknown("g25-ilveny-snow")
    return TourStep(
      title: "Who said what, in the words of the article",
      explanation: "A quote marks bytes of the text, between ⟦ and ⟧. The role is the one the paper states.",
      commands: [Shell.quoteAdd(split, articleEnding: article.id.short, speaker: "Radu Ilvény")], moreCommands: ids.count - 1,
      output: [.grid(grid)])
  }

  mutating func addClaims() async throws -> TourStep {
    try await samples.addClaimsAndStances()
    let grid = try await newsroom.read { transaction in
      var grid = Grid(elastic: 4)
      grid.add(.quiet("supports"), .quiet("denies"), .quiet("other"), "", .quiet("claim"))
      for claim in try transaction.list(Claim.self) {
        let tally = Tally(try transaction.positions(on: claim.id))
        func count(_ number: Int, _ width: Int) -> Phrase {
          Phrase(String(repeating: " ", count: max(0, width - String(number).count)) + String(number))
        }
        grid.add(
          count(tally[.supports], 8), count(tally[.denies], 6), count(tally.others(than: [.supports, .denies]), 5),
          tally.isContested ? Phrase("contested", .differing) : "", Phrase(claim.text))
      }
      return grid
    }
    let (claim, quote) = (try samples.claims.named("gates-closed"), try samples.quotes.named("g25-report-gates"))
    let sample = try Samples.claims.first { $0.key == "gates-closed" }.orUnknown("gates-closed")
    return TourStep(
      title: "What is in dispute",
      explanation: "Stances say how a quote or a paper stands to a claim. What is contested follows from them.",
      commands: [
        Shell.command("claim", "add", sample.text, "--period", "\(sample.from ?? "")..\(sample.to ?? "")"),
        Shell.command("stance", "set", "--quote", quote.short, "--claim", claim.short, "--position", "supports"),
      ],
      moreCommands: Samples.claims.count + Samples.stances.count - 2, output: [.grid(grid)])
  }
}

extension Article {
  fileprivate var printedOn: String { publishedOn?.date.description ?? "" }
}
