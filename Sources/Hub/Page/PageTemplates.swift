// What is around the part that each page has of its own, and where their templates come together.

#if Hub

import Mustache

/// What a page is called, and where it stands.
struct PageFrame {
  let title: String
  let root: String

  /// What was searched for.
  var query: String?
}

/// A page that a template makes HTML of.
protocol TemplatedPage {
  static var templateName: String { get }
  var frame: PageFrame { get }
}

extension TemplatedPage {
  var html: String { PageTemplates.library.render(self, withTemplate: Self.templateName) ?? "" }
}

/// The templates, parsed once.
///
/// Two rules hold in them. What stands in a section asks for `.name`, with a dot: without it, a value that is nil there would be looked for
/// further out; but not in `{{^list}}`, where the empty list is what stands in it. And nothing is ever put into a page unescaped.
enum PageTemplates {
  static let library: MustacheLibrary = {
    MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
    var library = MustacheLibrary()
    for (name, source) in sources {
      precondition(!source.contains("{{{") && !source.contains("{{&"), "\(name) puts something into a page unescaped")
      do {
        // In each of them: a template that another one puts in begins with swift-mustache's own escaping.
        try library.register("{{% CONTENT_TYPE: \(PageEscaping.name) }}" + source, named: name)
      } catch {
        preconditionFailure("\(name) is no template: \(error)")
      }
    }
    return library
  }()

  private static let sources = [
    "top": top, "bottom": bottom, "date": date, "who": who, "conflict": conflict, "pages": pages,
    "articleLine": ArticleLine.template, "speakerLine": SpeakerLine.template, "claimLine": ClaimLine.template, "quoteLine": QuoteLine.template,
    "quoteFacts": QuoteLine.facts,
    "piece": MarkedPart.template,
    OverviewPage.templateName: OverviewPage.template, ListPage.templateName: ListPage.template, SearchPage.templateName: SearchPage.template,
    ArticlePage.templateName: ArticlePage.template, "quoteItem": QuoteItem.template, SpeakerPage.templateName: SpeakerPage.template,
    ClaimPage.templateName: ClaimPage.template, ConflictsPage.templateName: ConflictsPage.template, ProblemPage.templateName: ProblemPage.template,
  ]

  private static let top = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{frame.title}} · Dicta</title>
    <link rel="stylesheet" href="{{frame.root}}/page.css">
    </head>
    <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header class="top">
    <a class="home" href="{{frame.root}}">Dicta</a>
    <nav aria-label="Corpus">
    <a href="{{frame.root}}/articles">Articles</a>
    <a href="{{frame.root}}/speakers">Speakers</a>
    <a href="{{frame.root}}/claims">Claims</a>
    <a href="{{frame.root}}/conflicts">Conflicts</a>
    </nav>
    <form role="search" action="{{frame.root}}" method="get">
    <label class="unseen" for="q">Search articles, speakers, quotes and claims</label>
    <input type="search" id="q" name="q" value="{{frame.query}}" placeholder="Search" dir="auto" maxlength="500">
    <button type="submit">Search</button>
    </form>
    </header>
    <main id="main">

    """

  private static let bottom = """
    </main>
    <footer><p>What the archive holds now. This page can only be read.</p></footer>
    </body>
    </html>

    """

  private static let date = #"<time datetime="{{.spelling}}">{{.text}}</time>"#

  private static let who = """
    {{#.href}}<a class="name" href="{{frame.root}}/{{.}}">{{/.href}}<bdi>{{.name}}</bdi>{{#.href}}</a>{{/.href}}\
    {{#.role}}, <span class="role">as <bdi>{{.}}</bdi></span>{{/.role}}
    """

  private static let conflict = """
    <a class="conflict" href="{{frame.root}}/conflicts?entity={{.entity}}"><span aria-hidden="true">⚠</span> in conflict: {{.fields}}</a>
    """

  private static let pages = """
    <nav class="pages" aria-label="Further pages">
    {{#.previous}}<a rel="prev" href="{{.}}">← {{previousLabel}}</a>{{/.previous}}
    <span>{{.here}}</span>
    {{#.next}}<a rel="next" href="{{.}}">{{nextLabel}} →</a>{{/.next}}
    </nav>
    """
}

/// Where a list that is shown in parts goes on.
struct Pages {
  var previous: String?
  var previousLabel = "Before"
  var here: String?
  var next: String?
  var nextLabel = "More"

  /// Nil where all is on one page.
  init?(previous: String? = nil, here: String? = nil, next: String? = nil, labels: (String, String) = ("Before", "More")) {
    guard previous != nil || next != nil else { return nil }
    (self.previous, self.here, self.next, previousLabel, nextLabel) = (previous, here, next, labels.0, labels.1)
  }

  /// - Parameter base: the address of the list, to which the number is added.
  init?(number: Int, of count: Int, base: String) {
    guard count > 1 else { return nil }
    self.init(
      previous: number > 1 ? "\(base)\(number - 1)" : nil, here: "\(number) of \(count)", next: number < count ? "\(base)\(number + 1)" : nil)
  }
}

#endif
