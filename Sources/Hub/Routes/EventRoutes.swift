// Server-sent events. `Documentation/Hub.md`, section 6.

#if Hub

import DictaModels
import HTTPTypes
import Hummingbird
import ServiceLifecycle

extension Hub {
  func watch(_ visit: Visit) async throws -> Response {
    // Before the heads are asked for, so that none are missed.
    guard let wakings = board.watch(visit.corpus, tokenID: visit.grant.token.id) else { throw HubError.tooMany("streams of events") }
    guard let loan = try await shelf.lend(visit.corpus) else { throw HubError.notFound("such corpus") }
    let heads = board.seed(try await loan.archive.open(for: []).heads, of: visit.corpus)
    withExtendedLifetime(loan) {}
    let body = ResponseBody { writer in
      var told: HeadsHash? = heads
      try await writer.write(Self.event(heads))
      for await _ in wakings.cancelOnGracefulShutdown() {
        do {
          try visit.grant.check()
        } catch {
          break
        }
        let heads = self.board.heads(of: visit.corpus)
        try await writer.write(heads == told ? ByteBuffer(string: ":\n\n") : Self.event(heads))
        told = heads
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .init("X-Accel-Buffering")!: "no"], body: body)
  }

  private static func event(_ heads: HeadsHash?) -> ByteBuffer {
    ByteBuffer(string: heads.map { "event: heads\ndata: \($0)\n\n" } ?? ":\n\n")
  }
}

#endif
