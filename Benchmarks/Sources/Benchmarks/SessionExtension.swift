import Foundation

/// SQLite's session extension, which notes what a transaction changed and applies that elsewhere.
///
/// Not every system's SQLite has it, and where it has, headers may leave it out. So its functions are looked up when the program runs.
struct SessionExtension {
  private typealias Create = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, UnsafeMutablePointer<OpaquePointer?>?) -> Int32
  private typealias Attach = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
  private typealias Changeset =
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32
  private typealias Delete = @convention(c) (OpaquePointer?) -> Void
  private typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
  private typealias Filter = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Int32
  private typealias Conflict = @convention(c) (UnsafeMutableRawPointer?, Int32, OpaquePointer?) -> Int32
  private typealias Apply =
    @convention(c) (
      OpaquePointer?, Int32, UnsafeRawPointer?, Filter?, Conflict?, UnsafeMutableRawPointer?
    ) -> Int32

  struct Failure: Error {
    let code: Int32
  }

  private let create: Create
  private let attach: Attach
  private let changeset: Changeset
  private let delete: Delete
  private let free: Free
  private let apply: Apply

  /// nil where SQLite was built without it.
  init?() {
    #if canImport(Darwin)
    let whole = UnsafeMutableRawPointer(bitPattern: -2)
    #else
    let whole: UnsafeMutableRawPointer? = nil
    #endif
    guard let create = dlsym(whole, "sqlite3session_create"), let attach = dlsym(whole, "sqlite3session_attach"),
      let changeset = dlsym(whole, "sqlite3session_changeset"), let delete = dlsym(whole, "sqlite3session_delete"),
      let apply = dlsym(whole, "sqlite3changeset_apply"), let free = dlsym(whole, "sqlite3_free")
    else { return nil }
    self.create = unsafeBitCast(create, to: Create.self)
    self.attach = unsafeBitCast(attach, to: Attach.self)
    self.changeset = unsafeBitCast(changeset, to: Changeset.self)
    self.delete = unsafeBitCast(delete, to: Delete.self)
    self.free = unsafeBitCast(free, to: Free.self)
    self.apply = unsafeBitCast(apply, to: Apply.self)
  }

  /// Runs `body`, and hands over what it changed in these tables.
  func record(
    in database: OpaquePointer?, tables: [String], _ body: () throws -> Void, then keep: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var session: OpaquePointer?
    try expectSuccess(create(database, "main", &session))
    defer { delete(session) }
    for table in tables { try expectSuccess(attach(session, table)) }
    try body()
    var count: Int32 = 0
    var bytes: UnsafeMutableRawPointer?
    try expectSuccess(changeset(session, &count, &bytes))
    defer { free(bytes) }
    try keep(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
  }

  /// Does again what was recorded. What was changed on both sides becomes as it was recorded.
  func apply(_ changeset: UnsafeRawBufferPointer, to database: OpaquePointer?) throws {
    // SQLITE_CHANGESET_DATA and _CONFLICT may be answered with _REPLACE, the others with _OMIT.
    let conflict: Conflict = { _, kind, _ in kind == 1 || kind == 3 ? 1 : 0 }
    try expectSuccess(apply(database, Int32(changeset.count), changeset.baseAddress, nil, conflict, nil))
  }

  private func expectSuccess(_ code: Int32) throws {
    guard code == 0 else { throw Failure(code: code) }
  }
}
