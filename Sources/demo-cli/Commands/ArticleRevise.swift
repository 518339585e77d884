import ArgumentParser
import DictaModels
import DictaStorage

/// `article revise ID FILE`
struct ArticleRevise: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revise", abstract: "Give an article a new text and find its quotes again in it.",
    discussion: """
      The old text stays, and the quotes stay anchored in it; where their words stand in the new text is kept beside them. What can't be found \
      word for word is called orphaned. What somebody accepted, or found by better means, is left alone.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions

  @Argument(help: ArgumentHelp("The article's id, or how that ends.", valueName: "id"))
  var id: String

  @Argument(help: ArgumentHelp("A file of UTF-8 text, or - for standard input.", valueName: "file"))
  var file: String

  func run(_ archive: Archive, _ output: Output) async throws {
    let text = try TextFile(file).read()
    try await output.print(
      write(archive) { transaction in
        let id: Article.ID = try transaction.find(id)
        let isNew = try transaction.require(id).text != text
        let article = try transaction.update(id) { $0.text = text }
        let placed = try transaction.placeQuotes(of: article)
        return try output.answer(json: Self.json(article, placed, transaction)) {
          try Self.text(article, placed, isNew: isNew, CorpusView(transaction))
        }
      })
  }

  private static func json(_ article: Article, _ placed: [PlacedQuote], _ transaction: ReadTransaction) throws -> JSON {
    let placements = placed.map { placed -> JSON in
      .object([
        "quoteID": .string(placed.quote.id.description), "placement": .string(placed.placing.placement.rawValue),
        "score": .integer(placed.placing.score),
      ])
    }
    return .object(["article": .object(try transaction.json(article.reference)), "placements": .array(placements)])
  }

  private static func text(_ article: Article, _ placed: [PlacedQuote], isNew: Bool, _ view: CorpusView) throws -> String {
    let card = try view.card(article, isNew ? "revised" : "kept", detail: isNew ? nil : "this is its text already")
    guard !placed.isEmpty else { return card }
    var table = Table("QUOTE", "PLACEMENT", "WHO", "WORDS")
    for (quote, placing) in placed.map({ ($0.quote, $0.placing) }) {
      let look: (String) -> String = if placing.segments.isEmpty { view.style.yellow } else { view.style.green }
      table.add([
        Table.Cell(text: quote.id.short, look: view.style.dim),
        Table.Cell(text: placing.placement.rawValue, look: look),
        Table.Cell(text: try view.heard(in: quote)), Table.Cell(text: try view.line(of: quote)),
      ])
    }
    return card + "\n\n" + table.text(width: view.width, style: view.style)
  }
}

/// A quote, and where it stands in its article's current text.
struct PlacedQuote {
  let quote: Quote
  let placing: Quote.Placing
}

extension WriteTransaction {
  /// Finds every quote of an article in its current text and keeps where it stands, where that wasn't known.
  ///
  /// - Returns: all its quotes by id; those that are anchored in the current text are where they are.
  @discardableResult
  func placeQuotes(of article: Article) throws -> [PlacedQuote] {
    var filter = EntityFilter()
    filter.article = article.id
    let text = cachedText()
    let key = ExactString(article.text.hash.description)
    return try list(Quote.self, where: filter).map { quote in
      if let known = quote.placements[key], known.isFinal { return PlacedQuote(quote: quote, placing: known) }
      let placing = try quote.placing(in: article.text, texts: text)
      if !quote.segments.allSatisfy({ $0.anchor.textHash == article.text.hash }) {
        try update(quote.id) { quote in
          // What a newer version says of the placing stays.
          let other = quote.placements[key]?.other
          quote.placements[key] = placing
          if let other { quote.placements[key]?.other = other }
        }
      }
      return PlacedQuote(quote: quote, placing: placing)
    }
  }
}

extension Quote.Placing {
  /// Whether a person agreed, or something found the words that could do more than compare them byte for byte.
  fileprivate var isFinal: Bool {
    if isAccepted { return true }
    switch placement {
    case .typographic, .changed, .unknown: return true
    case .exact, .moved, .ambiguous, .orphaned: return false
    }
  }
}

extension Quote {
  /// Where the segments stand in another text; orphaned, too, where the text they were taken from isn't here or isn't one.
  fileprivate func placing(in new: ArticleText, texts: (TextHash) throws -> ArticleText?) throws -> Placing {
    let anchors = segments.map(\.anchor)
    guard let hash = anchors.first?.textHash, let old = try texts(hash), let placed = try? new.place(anchors, from: old) else {
      return Placing(placement: .orphaned, score: 0, segments: [])
    }
    let segments = zip(placed.anchors, segments).map { Segment($0, isVerbatim: $1.isVerbatim) }
    return Placing(placement: placed.placement, score: placed.score, segments: segments)
  }
}
