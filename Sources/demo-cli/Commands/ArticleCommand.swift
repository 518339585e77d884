import ArgumentParser
import DictaModels
import DictaStorage

struct ArticleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "article", abstract: "Add, revise, list and show articles.",
    subcommands: [Add.self, ArticleRevise.self, ListCommand<Article>.self, ShowCommand<Article>.self])

  struct Add: WritingCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add an article from a file.",
      discussion: """
        The text is kept byte for byte. With a URL that is what tells the article from others, without one its outlet and text do: an article \
        that is here already is left as it is.
        """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var remarks: RemarkOptions

    @Argument(help: ArgumentHelp("A file of UTF-8 text, or - for standard input.", valueName: "file"))
    var file: String

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("The headline.", valueName: "text"))
    var title: String?

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Who published it.", valueName: "name"))
    var outlet: String?

    @Option(name: .customLong("byline"), parsing: .unconditionalSingleValue, help: ArgumentHelp("Who signed it; may be repeated.", valueName: "name"))
    var bylines: [String] = []

    @Option(
      name: .long, help: ArgumentHelp("When: 2013, 2013-09, 2013-09-17 or 2013-09-17T14:05+04:00.", valueName: "date"),
      transform: PartialDate.spelled)
    var published: PartialDate?

    @Option(
      name: .long, help: ArgumentHelp("How that date is known: \(Article.Publication.Basis.spellings) (default: printed).", valueName: "basis"),
      transform: Article.Publication.Basis.spelled)
    var basis: Article.Publication.Basis?

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Where it was filed, as printed.", valueName: "text"))
    var dateline: String?

    @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Its language: en, fr-CA.", valueName: "tag"))
    var language: String?

    @Option(name: .long, help: ArgumentHelp("Where it stands.", valueName: "url"))
    var url: String?

    @Option(name: .customLong("archived-url"), help: ArgumentHelp("Where a copy is kept.", valueName: "url"))
    var archivedURL: String?

    @Option(name: .long, help: ArgumentHelp("When it was read there.", valueName: "date"), transform: PartialDate.spelled)
    var retrievedOn: PartialDate?

    @Option(
      name: .customLong("external-id"), help: ArgumentHelp("What it is called elsewhere; may be repeated.", valueName: "key=value"),
      transform: PairSpelling.spelled)
    var externalIDs: [PairSpelling] = []

    func validate() throws {
      if basis != nil, published == nil { throw ValidationError("--basis says how a date is known: give --published too") }
    }

    func run(_ archive: Archive, _ output: Output) async throws {
      let article = try article(TextFile(file).read())
      try await output.print(
        write(archive) { transaction in
          if let old = try transaction.entity(article.id) { return try Self.answer(old, existed: true, given: article, transaction, output) }
          try transaction.insert(article)
          return try Self.answer(article, existed: false, given: article, transaction, output)
        })
    }

    private func article(_ text: ArticleText) throws -> Article {
      var article = Article(url: url.orNone, outlet: outlet.orNone, title: title.orNone, text: text)
      article.bylines = bylines.filter { !$0.isEmpty }
      article.publishedOn = published.map { Article.Publication(date: $0, basis: basis ?? .printed) }
      article.dateline = dateline.orNone
      article.language = language.orNone
      article.archivedURL = archivedURL.orNone
      article.retrievedOn = retrievedOn
      article.externalIDs = try externalIDs.map(of: "--external-id")
      remarks.apply(to: &article)
      return article
    }

    private static func answer(
      _ article: Article, existed: Bool, given: Article, _ transaction: ReadTransaction, _ output: Output
    ) throws -> Answer {
      guard !output.isJSON else {
        var json = try transaction.json(article.reference)
        json.set("existed", .bool(existed))
        return .json(.object(json))
      }
      let isOtherText = article.text != given.text
      let remark = isOtherText ? "its text here is another one: `article revise \(article.id.short) FILE` gives it a new text" : nil
      return try transaction.answer(article, existed ? "kept" : "added", output, remarks: [remark].compactMap(\.self))
    }
  }
}
