import ArgumentParser
import DictaModels
import DictaStorage

struct QuoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quote", abstract: "Add, list and show quotes.",
    subcommands: [QuoteAdd.self, ListCommand<Quote>.self, ShowCommand<Quote>.self])
}

/// `quote add`
struct QuoteAdd: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add what somebody is reported to have said, in exactly these words of an article.",
    discussion: """
      Words are given as they stand in the article, byte for byte; if they don't, the error shows the nearest place. Several --text make one \
      quote that its attribution splits. A --mention and a --cue are looked for beside the quoted words, the closest ones first.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var remarks: RemarkOptions

  @Option(name: .long, help: ArgumentHelp("The article it stands in.", valueName: "id"))
  var article: String

  @Option(
    name: .customLong("text"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The words; a further --text stands behind the one before.", valueName: "exact"))
  var texts: [String]

  @Option(name: .long, help: ArgumentHelp("Which place of the first text is meant, from 1 (default: the first).", valueName: "n"))
  var occurrence: Int?

  @Option(
    name: .long, help: ArgumentHelp("How the article gives the words: \(Quote.Kind.spellings) (default: direct).", valueName: "kind"),
    transform: Quote.Kind.spelled)
  var kind = Quote.Kind.direct

  @Flag(name: .long, help: "The words are not the speaker's own.")
  var notVerbatim = false

  @Option(name: .long, help: ArgumentHelp("Who is heard.", valueName: "id or name"))
  var speaker: String?

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("The words by which the article mentions them.", valueName: "exact"))
  var mention: String?

  @Option(
    name: .long, help: ArgumentHelp("How it mentions them: \(Quote.Source.MentionKind.spellings).", valueName: "kind"),
    transform: Quote.Source.MentionKind.spelled)
  var mentionKind: Quote.Source.MentionKind?

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("The role that the article gives them, right or wrong.", valueName: "as stated"))
  var role: String?

  @Option(
    name: .customLong("source"),
    help: ArgumentHelp(#"A further source: {"speakerID":…,"mention":{"exact":"…"},"mentionKind":…,"roleAsStated":…}."#, valueName: "json"))
  var sources: [String] = []

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("The word that reports the speech.", valueName: "exact"))
  var cue: String?

  @Option(
    name: .long,
    help: ArgumentHelp("What the article says of the act of speech: \(Quote.Assertion.spellings) (default: said).", valueName: "assertion"),
    transform: Quote.Assertion.spelled)
  var assertion = Quote.Assertion.said

  @Option(name: .long, help: ArgumentHelp("When it was said.", valueName: "date"), transform: PartialDate.spelled)
  var saidOn: PartialDate?

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Where or how: a briefing, a letter.", valueName: "text"))
  var medium: String?

  @Option(name: .customLong("addressee"), help: ArgumentHelp("To whom; may be repeated.", valueName: "id or name"))
  var addressees: [String] = []

  @Option(name: .long, help: ArgumentHelp("The quote in which this one is reported.", valueName: "id"))
  var parent: String?

  @Option(name: .long, help: ArgumentHelp("The quote of whose content this one speaks.", valueName: "id"))
  var contentOf: String?

  @Option(name: .long, help: ArgumentHelp("A quote that reports the same act of speech.", valueName: "id"))
  var sameUtteranceAs: String?

  func validate() throws {
    if let occurrence, occurrence < 1 { throw ValidationError("--occurrence counts from 1") }
  }

  func run(_ archive: Archive, _ output: Output) async throws {
    try await output.print(
      write(archive) { transaction in
        let quote = try quote(in: transaction)
        let doubts = output.isJSON ? [] : try doubts(about: quote, in: transaction)
        try transaction.insert(quote)
        return try transaction.answer(quote, "added", output, remarks: doubts)
      })
  }

  // MARK: From options to a quote

  private func quote(in transaction: WriteTransaction) throws -> Quote {
    let articleID: Article.ID = try transaction.find(article)
    let text = try transaction.require(articleID).text
    let anchors = try located(in: "--text") { try text.anchors(ofSegments: texts, occurrence: occurrence ?? 1) }
    let segments = anchors.map { Quote.Segment($0, isVerbatim: !notVerbatim) }
    var quote = Quote(id: transaction.newID(), articleID: articleID, kind: kind, segments: segments)
    quote.sources = try sources(in: text, beside: anchors, transaction)
    quote.cue = try cue.orNone.map { cue in try located(in: "--cue") { try text.anchor(of: cue, beside: anchors) } }
    quote.assertion = assertion
    quote.saidOn = saidOn
    quote.medium = medium.orNone
    quote.addressees = try addressees.map { Quote.Source(speakerID: try transaction.findSpeaker($0)) }
    quote.parentID = try parent.map { try transaction.find($0) }
    quote.contentOfID = try contentOf.map { try transaction.find($0) }
    quote.sameUtteranceAs = try sameUtteranceAs.map { try transaction.find($0) }
    remarks.apply(to: &quote)
    return quote
  }

  /// The one that the options describe, and those given as JSON.
  private func sources(in text: ArticleText, beside anchors: [Anchor], _ transaction: WriteTransaction) throws -> [Quote.Source] {
    let described = Quote.Source(
      speakerID: try speaker.map { try transaction.findSpeaker($0) },
      mention: try mention.orNone.map { mention in try located(in: "--mention") { try text.anchor(of: mention, beside: anchors) } },
      mentionKind: mentionKind, roleAsStated: role.orNone)
    let isDescribed = described != Quote.Source()
    guard !sources.isEmpty else { return isDescribed ? [described] : [] }
    let completion = AnchorCompletion(text: text, segments: anchors)
    let json = try sources.enumerated().map { index, source in
      let place = "--source[\(index)]"
      return try completion.complete(FieldReading.json(source, place: place), place: place)
    }
    let reading = FieldReading(transaction, .quote, defaultText: text.hash)
    let (cells, _) = try reading.read(.array(json), as: "sources", place: "--source")
    return (isDescribed ? [described] : []) + Quote.sources(of: cells)
  }

  /// What a person may want to look at twice.
  private func doubts(about quote: Quote, in transaction: ReadTransaction) throws -> [String] {
    let text = try transaction.require(quote.articleID).text
    var doubts: [String] = []
    let places = text.occurrences(of: texts[0]).count
    if occurrence == nil, places > 1 { doubts.append("these words stand there \(places) times; this is the first (--occurrence)") }
    var filter = EntityFilter()
    filter.article = quote.articleID
    let segments = quote.segments.map(\.anchor)
    for other in try transaction.list(Quote.self, where: filter) where other.segments.map(\.anchor) == segments {
      doubts.append("the same words are quoted in \(other.id.short) already")
    }
    return doubts
  }
}
