/// What a client may do, for as long as it may.
struct Grant: Sendable {
  let token: HubToken
  let tokens: TokenStore

  /// Thrown where a token counts no more.
  struct Expired: Error {}

  /// Thrown where a reader sends changes.
  struct ReaderSent: Error {}

  func check() throws {
    guard try tokens.isValid(token, at: .init()) else { throw Expired() }
  }

  func checkWrites() throws {
    guard token.role >= .writer else { throw ReaderSent() }
  }
}
