/// A published piece: who printed what, when and where.
public struct Article: Entity {
  public static let type = EntityType.article

  public let id: Identifier<Article>
  public var title: String?
  public var outlet: String?
  public var bylines: [String] = []
  public var publishedOn: Publication?
  public var dateline: String?

  /// A language tag: `en`, `fr-CA`.
  public var language: String?

  public var url: String?
  public var archivedURL: String?
  public var retrievedOn: PartialDate?
  public var externalIDs: [ExactString: String] = [:]

  /// The current text. A correction is another text on the same article; what was anchored in the old one stays true.
  public var text: ArticleText

  public var note: String?
  public var tags: Set<ExactString> = []
  public var other = Fields()

  /// An article with the id that its URL gives it, or, without one, its outlet and text.
  public init(url: String? = nil, outlet: String? = nil, title: String? = nil, text: ArticleText) {
    self.init(id: .derived(url: url, outlet: outlet, text: text.hash), text: text)
    self.url = url
    self.outlet = outlet
    self.title = title
  }

  public init(id: ID, text: ArticleText) {
    self.id = id
    self.text = text
  }

  /// When it was published, and how that is known.
  public struct Publication: Hashable, Sendable {
    public enum Basis: OpenEnum {
      case printed, inferred, imported, notKnown, unknown(String)

      public static let known: [Self] = [.printed, .inferred, .imported, .notKnown]

      public var rawValue: String {
        switch self {
        case .printed: "printed"
        case .inferred: "inferred"
        case .imported: "imported"
        case .notKnown: "unknown"
        case .unknown(let rawValue): rawValue
        }
      }
    }

    public var date: PartialDate
    public var basis: Basis
    public var other = Record()

    public init(date: PartialDate, basis: Basis) {
      self.date = date
      self.basis = basis
    }
  }
}

extension Article.Publication: RecordConvertible {
  init?(reading reader: inout RecordReader) {
    guard let date = reader.date("date"), let basis: Basis = reader.choice("basis") else { return nil }
    self.init(date: date, basis: basis)
  }

  func write(to record: inout Record) {
    record["basis"] = .string(basis.rawValue)
    record["date"] = .string(date.description)
  }
}

extension Article {
  public init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    var reader = FieldReader(id.reference, fields)
    guard let hash = reader.take("text", { if case .text(let hash) = $0 { hash } else { nil } }), let text = try texts(hash) else {
      throw reader.missing("text")
    }
    self.init(id: id, text: text)
    title = reader.string("title")
    outlet = reader.string("outlet")
    bylines = reader.strings("bylines")
    publishedOn = reader.record("publishedOn")
    dateline = reader.string("dateline")
    language = reader.string("language")
    url = reader.string("url")
    archivedURL = reader.string("archivedURL")
    retrievedOn = reader.date("retrievedOn")
    externalIDs = reader.map("externalIDs") { $0.asString }
    note = reader.string("note")
    tags = reader.stringSet("tags")
    other = reader.rest
  }

  public var fields: Fields {
    // In the order in which they are kept.
    var fields = other
    fields.set("archivedURL", archivedURL)
    fields.set("bylines", list: bylines)
    fields.set("dateline", dateline)
    fields.set("externalIDs", entries: externalIDs)
    fields.set("language", language)
    fields.set("note", note)
    fields.set("outlet", outlet)
    fields.set("publishedOn", publishedOn)
    fields.set("retrievedOn", retrievedOn)
    fields.set("tags", elements: tags)
    fields["text"] = .text(text.hash)
    fields.set("title", title)
    fields.set("url", url)
    return fields
  }

  public var texts: [ArticleText] { [text] }
}

extension Article {
  /// The outlet among an article's fields.
  package static func outlet(of fields: Fields) -> String? {
    fields["outlet"]?.asString
  }

  /// The publication among an article's fields.
  package static func publishedOn(of fields: Fields) -> Publication? {
    fields["publishedOn"].flatMap { Publication($0) }
  }
}

extension Identifier<Article> {
  /// The id of what stands at a URL, or, without one, of what an outlet printed.
  public static func derived(url: String?, outlet: String?, text: TextHash) -> Self {
    if let url, !url.isEmpty { return Self(IDs.derived("article.url", from: [canonicalURL(url)])) }
    return Self(IDs.derived("article.text", from: [Array((outlet ?? "").utf8), text.bytes]))
  }

  /// The URL's bytes with scheme and host in lower case (ASCII only), without the scheme's default port and without the fragment; nothing
  /// else is touched. What has no `://` is taken as it is, but for the fragment.
  static func canonicalURL(_ url: String) -> [UInt8] {
    let whole = Array(url.utf8.prefix { $0 != UInt8(ascii: "#") })
    guard let colon = whole.firstIndex(of: UInt8(ascii: ":")), whole[colon...].starts(with: "://".utf8) else { return whole }
    let scheme = lowerCase(whole[..<colon])
    let rest = whole[(colon + 3)...]
    let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    let hostStart = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.startIndex
    var host = lowerCase(authority[hostStart...])
    let defaultPort: [UInt8] = scheme == Array("http".utf8) ? Array(":80".utf8) : scheme == Array("https".utf8) ? Array(":443".utf8) : []
    if host.suffix(defaultPort.count).elementsEqual(defaultPort) { host.removeLast(defaultPort.count) }
    return scheme + Array("://".utf8) + authority[..<hostStart] + host + rest[authorityEnd...]
  }

  private static func lowerCase(_ part: ArraySlice<UInt8>) -> [UInt8] {
    part.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 32 : $0 }
  }
}
