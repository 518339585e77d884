import DictaModels
import DictaStorage

/// An entity that people can look at.
protocol Presentable: Entity {
  /// Above the columns that ``cells(_:)`` fills; the id comes before them.
  static var headings: [String] { get }

  func cells(_ view: CorpusView) throws -> [Table.Cell]

  /// What it is, in a line or two: the first names it.
  func summary(_ view: CorpusView) throws -> [String]

  /// Everything there is to see of it.
  func page(_ view: CorpusView) throws -> Page
}

/// A transaction seen by people: who is called what, which words stand where.
final class CorpusView {
  let transaction: ReadTransaction
  let style: Style
  let width: Int

  private let text: (TextHash) throws -> ArticleText?
  private var speakers: [Speaker.ID: Speaker] = [:]
  private var articles: [Article.ID: Article] = [:]

  init(_ transaction: ReadTransaction, style: Style = Style(), width: Int = Terminal.width) {
    self.transaction = transaction
    self.style = style
    self.width = width
    text = transaction.cachedText()
  }

  // MARK: Looking up

  func speaker(_ id: Speaker.ID) throws -> Speaker? {
    if let known = speakers[id] { return known }
    speakers[id] = try transaction.entity(id)
    return speakers[id]
  }

  func article(_ id: Article.ID) throws -> Article? {
    if let known = articles[id] { return known }
    // They hold their texts, and lists can name very many.
    if articles.count >= 64 { articles = [:] }
    articles[id] = try transaction.entity(id)
    return articles[id]
  }

  // MARK: Naming

  /// The words at an anchor, nil where the text isn't here or the anchor doesn't lie in it.
  func words(_ anchor: Anchor) throws -> String? {
    guard let text = try text(anchor.textHash) else { return nil }
    return try? text.exact(anchor)
  }

  /// A quote's words between quotation marks, an ellipsis where something stands between its segments.
  func words(of quote: Quote) throws -> String {
    try quote.segments.map { try words($0.anchor) ?? "[its text isn't here]" }.joined(separator: " … ").inQuotationMarks
  }

  /// The same, no longer than a window is wide: what fits tables into it takes time for every character. What wasn't said, or only asked,
  /// is told apart: out of its article the words alone would claim more than it reports.
  func line(of quote: Quote) throws -> String {
    let assertion =
      switch quote.assertion {
      case .said: ""
      case .notSaid: "not said: "
      case .question: "asked: "
      case .attitude: "attitude: "
      case .hypothetical: "hypothetical: "
      case .unknown(let rawValue): rawValue + ": "
      }
    return TextLayout.cut(assertion + TextLayout.singleLine(try words(of: quote)), to: 140)
  }

  /// Who is heard: the first source that is known by name, or else as the article mentions them.
  func heard(in quote: Quote) throws -> String {
    guard let first = quote.sources.first else { return "–" }
    let others = quote.sources.count > 1 ? " +\(quote.sources.count - 1)" : ""
    for source in quote.sources {
      if let speaker = try source.speakerID.flatMap(speaker) { return speaker.name + others }
    }
    return try (first.mention.flatMap(words)?.inQuotationMarks ?? first.roleAsStated ?? "–") + others
  }

  /// The article's title, or else how it begins.
  func title(of article: Article) -> String {
    if let title = article.title { return title }
    let beginning = article.text.string.drop(while: \.isWhitespace).prefix(400)
    return TextLayout.cut(String(beginning.prefix { !$0.isNewline }), to: 60).inQuotationMarks
  }

  /// `Gazette, 2021-03-04`
  func provenance(of article: Article) -> String {
    [article.outlet, article.publishedOn?.date.description].compactMap(\.self).joined(separator: ", ")
  }

  /// `Title, Gazette, 2021-03-04 (3f9a2c)`
  func reference(to article: Article) -> String {
    [title(of: article), provenance(of: article)].filter { !$0.isEmpty }.joined(separator: ", ") + " (\(article.id.short))"
  }

  /// `Radu Ilvény: “words” (3f9a2c)`
  func reference(to quote: Quote) throws -> String {
    let who = quote.sources.isEmpty ? "" : try heard(in: quote) + ": "
    return try "\(who)\(line(of: quote)) (\(quote.id.short))"
  }

  func count(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }

  // MARK: After writing

  /// `added quote 3f9a2c`, what it is, and remarks.
  ///
  /// - Parameter detail: more of what was done.
  func card<Subject: Presentable>(_ entity: Subject, _ deed: String, detail: String? = nil, remarks: [String] = []) throws -> String {
    let opening = style.green(deed) + " \(Subject.type) " + style.bold(entity.id.short)
    var lines = [opening + (detail.map { style.dim(" (\($0))") } ?? "")]
    let summary = try entity.summary(self)
    for (index, line) in summary.enumerated() {
      for (place, part) in TextLayout.wrap(line, to: width - 4).enumerated() {
        lines.append((place == 0 ? "  " : "    ") + (index == 0 ? part : style.dim(part)))
      }
    }
    for remark in remarks {
      for (place, part) in TextLayout.wrap(remark, to: width - 4).enumerated() { lines.append((place == 0 ? style.yellow("! ") : "  ") + part) }
    }
    return lines.joined(separator: "\n")
  }
}

extension Identifier {
  /// The last six digits.
  var short: String { String(description.suffix(6)) }
}

extension String {
  /// Between curly quotation marks, unless it brings its own.
  var inQuotationMarks: String {
    let isQuoted = (hasPrefix("“") && hasSuffix("”")) || (count > 1 && hasPrefix("\"") && hasSuffix("\""))
    return isQuoted && dropFirst().dropLast().allSatisfy({ !"“”\"".contains($0) }) ? self : "“\(self)”"
  }
}

/// `2012-05 to 2016`, `from 2012-05`, `until 2016`
func periodText(_ from: PartialDate?, _ to: PartialDate?) -> String? {
  switch (from, to) {
  case (let from?, let to?): from == to ? from.description : "\(from) to \(to)"
  case (let from?, nil): "from \(from)"
  case (nil, let to?): "until \(to)"
  case (nil, nil): nil
  }
}
