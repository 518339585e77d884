// The page for people. `Documentation/Hub.md`, section 10.

#if Hub

import DictaModels
import DictaStorage
import HTTPTypes
import Hummingbird

extension Hub {
  func addPageRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
    // It is the same for every corpus and tells of none, so a browser gets it even where it may see nothing else.
    router.get(":corpus/page.css") { request, context in
      await self.answer("page", request, context) {
        Response(status: .ok, headers: Self.headers("text/css", caching: "max-age=600"), body: .init(byteBuffer: .init(string: PageStyle.sheet)))
      }
    }
    addPage(":corpus", depth: 0, to: router) { reader, _ in
      guard let words = reader.address["q"], !words.allSatisfy(\.isWhitespace) else { return .page(try OverviewPage(reader)) }
      return .page(try SearchPage(for: words, reader))
    }
    for type in [EntityType.article, .speaker, .claim] {
      addPage(":corpus/\(type.plural)", depth: 1, to: router) { reader, _ in .page(try ListPage(type, reader)) }
    }
    addPage(":corpus/conflicts", depth: 1, to: router) { reader, _ in .page(try ConflictsPage(reader)) }
    addPage(":corpus/articles/:id", depth: 2, to: router) { reader, id in .page(try ArticlePage(reader.require(id), reader)) }
    addPage(":corpus/claims/:id", depth: 2, to: router) { reader, id in .page(try ClaimPage(reader.require(id), reader)) }
    addPage(":corpus/speakers/:id", depth: 2, to: router) { reader, text in
      let id: Speaker.ID = try reader.require(text)
      guard let speaker = try SpeakerPage.representative(of: id, reader) else { throw HubError.notFound("such speaker") }
      // A group has one page.
      return speaker.id == id ? .page(try SpeakerPage(speaker, reader)) : .otherPlace("\(reader.address.root)/speakers/\(speaker.id)")
    }
    addPage(":corpus/quotes/:id", depth: 2, to: router) { reader, text in
      guard let quote = try reader.entity(reader.require(text) as Quote.ID) else { throw HubError.notFound("such quote") }
      // Only of very long texts is a part shown.
      let start = quote.segments.first?.anchor.start ?? 0
      let query = start > ArticlePage.partBytes - 1024 ? "?at=\(start)" : ""
      return .otherPlace("\(reader.address.root)/articles/\(quote.articleID)\(query)#q-\(quote.id)")
    }
    router.get(":corpus/**") { request, context in
      let depth = context.parameters.getCatchAll().count
      return await self.answerPage(depth, request, context) {
        _ = try self.visit(request, context)
        throw HubError.notFound("such page")
      }
    }
  }

  /// What an address is answered with.
  private enum PageAnswer {
    case page(any TemplatedPage)
    case otherPlace(String)
  }

  /// - Parameters:
  ///   - depth: how many parts the path has behind the corpus.
  ///   - read: gets what the path has for `:id`.
  private func addPage<Context: RequestContext>(
    _ path: String, depth: Int, to router: some RouterMethods<Context>,
    read: @escaping @Sendable (PageReader, _ id: String) throws -> PageAnswer
  ) {
    router.get(RouterPath(path)) { request, context in
      await self.answerPage(depth, request, context) {
        let visit = try self.visit(request, context)
        guard let loan = try await self.shelf.lend(visit.corpus) else { throw HubError.notFound("such corpus") }
        defer { withExtendedLifetime(loan) {} }
        let address = PageAddress(request.uri, depth: depth)
        let id = context.parameters.get("id") ?? ""
        // All of a page is of one moment, and made into bytes in it: what is read is let go of before the next one begins.
        return try await loan.archive.read { transaction in
          switch try read(PageReader(transaction, address), id) {
          case .page(let page): Self.page(page, .ok)
          case .otherPlace(let place): Response(status: .seeOther, headers: Self.headers("text/html").adding(.location, place))
          }
        }
      }
    }
  }

  /// Refuses in HTML if a browser asks, else in JSON, as at the other addresses.
  private func answerPage(
    _ depth: Int, _ request: Request, _ context: some RequestContext, _ body: () async throws -> Response
  ) async -> Response {
    await answer(
      "page", request, context,
      refusedBy: request.headers[.accept]?.contains("text/html") == true
        ? { refusal in
          var response = Self.page(ProblemPage(refusal, PageAddress(request.uri, depth: depth)), refusal.status)
          if let seconds = refusal.retryAfterSeconds { response.headers[.retryAfter] = "\(seconds)" }
          if refusal.status == .unauthorized {
            // Of each corpus its own realm, so that a browser doesn't show one's token to another.
            let corpus = context.parameters.get("corpus").flatMap { CorpusID($0) }.map { " \($0)" } ?? ""
            response.headers[.wwwAuthenticate] = "Basic realm=\"Dicta\(corpus)\", charset=\"UTF-8\""
          }
          return response
        } : nil, body)
  }

  private static func page(_ page: any TemplatedPage, _ status: HTTPResponse.Status) -> Response {
    Response(status: status, headers: headers("text/html"), body: .init(byteBuffer: .init(string: page.html)))
  }

  /// No script, no style but our own sheet, nothing from elsewhere, and nobody shows the page in a frame: even markup that got past the
  /// templates could do nothing.
  private static func headers(_ type: String, caching: String = "no-store") -> HTTPFields {
    [
      .contentType: "\(type); charset=utf-8", .cacheControl: caching,
      .contentSecurityPolicy: "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff", HTTPField.Name("Referrer-Policy")!: "no-referrer",  // A name without spaces is one.
    ]
  }
}

extension HTTPFields {
  fileprivate func adding(_ name: HTTPField.Name, _ value: String) -> HTTPFields {
    var fields = self
    fields[name] = value
    return fields
  }
}

#endif
