#if Hub

import HTTPTypes

/// Why there is no page, for a browser.
struct ProblemPage: TemplatedPage {
  static let templateName = "problem"

  let frame: PageFrame
  let status: Int
  let title: String
  let message: String
  let hint: String

  init(_ error: HubError, _ address: PageAddress) {
    status = error.status.code
    title = error.status.reasonPhrase
    frame = PageFrame(title: title, root: address.root)
    message = Self.sentence(error.message)
    hint = Self.sentence(
      error.status == .unauthorized ? "your browser asks for it: any name will do, and the token is the password" : error.hint)
  }

  /// Errors are written to stand in a sentence of a program; here they are one.
  private static func sentence(_ words: String) -> String {
    words.prefix(1).uppercased() + words.dropFirst() + "."
  }

  static let template = """
    {{>top}}
    <h1>{{.title}}</h1>
    <p>{{.message}}</p>
    <p class="hint">{{.hint}}</p>
    <p class="identity">{{.status}}</p>
    {{>bottom}}
    """
}

#endif
