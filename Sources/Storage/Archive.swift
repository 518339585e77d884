import DictaModels
import Foundation
import GRDB
import Synchronization

/// A corpus in one SQLite file: read, written, observed and synced here.
///
/// ```swift
/// let archive = try Archive(creatingAt: "corpus.dicta")
/// try await archive.write { transaction in
///   try transaction.insert(Claim(id: transaction.newID(), text: "The dam was finished in 2021"))
/// }
/// ```
///
/// Several processes may use one file at once. Reading never waits, but for the moment in which an archive that held nothing takes a snapshot;
/// writing waits up to thirty seconds for another process.
public final class Archive: Sendable {
  public let path: String

  /// A pool of connections, or a single one where nothing is going to be written.
  let pool: any DatabaseWriter
  let surroundings: Surroundings
  let keys = Mutex<DeviceKey?>(nil)
  private let cache = Mutex(ArchiveCache.empty)
  private let idClock = Mutex(IDClock())
  let pageCache = PageCache()
  let meetings = Mutex(Meetings())
  let witnessFile = Mutex(WitnessFile())
  private let sessionReader = Mutex(SessionReader())
  let signing: Mutex<SigningState>
  let snapshots = Mutex(SnapshotState())

  /// How many watch the write-ahead log for writes. Held while there may be none to be watched.
  let watchers = Mutex(0)

  /// Opens the archive at a path.
  ///
  /// - Throws: ``ArchiveError``, and the file is left as it is.
  public convenience init(at path: String) throws {
    try self.init(at: path, surroundings: .system)
  }

  /// Makes an archive where nothing is yet.
  ///
  /// - Parameters:
  ///   - corpus: the corpus it will be a replica of; nil begins a new one.
  ///   - device: how people will know this replica in the history; nil takes the computer's name.
  /// - Throws: ``ArchiveError/alreadyThere(path:)``, and nothing is overwritten.
  public convenience init(
    creatingAt path: String, corpus: CorpusID? = nil, device: String? = nil, surroundings: Surroundings = .system
  ) throws {
    let device = device ?? ProcessInfo.processInfo.hostName
    // Made beside and put in its place when it is whole: whoever ends this program leaves an archive or none.
    let draft = path + ".new-\(ProcessInfo.processInfo.processIdentifier)"
    try ArchiveFile.expectNothing(at: path)
    ArchiveFile.remove(draft)
    try ArchiveFile.create(at: draft, for: path)
    do {
      let pool = try ArchiveFile.open(draft, for: path)
      try ArchiveFile.mapping(path) {
        try Schema.migrator.migrate(pool)
        try pool.write { db in
          let corpus = corpus ?? CorpusID(random: surroundings)
          let identity = try Witness.begin(at: draft, for: path, corpus: corpus, device: device, surroundings: surroundings)
          try ArchiveInfo(corpus: corpus, identity: identity).write(db)
        }
      }
      // Closing would do it too, and not tell if there was no room: then only half of the archive would be in the file.
      try ArchiveFile.mapping(path) { try ArchiveFile.gather(pool) }
      try ArchiveFile.close(pool, path)
      try ArchiveFile.place(draft, at: path)
    } catch {
      ArchiveFile.remove(draft)
      throw error
    }
    try self.init(at: path, surroundings: surroundings)
  }

  public init(at path: String, surroundings: Surroundings) throws {
    let path = ArchiveFile.resolved(path)
    self.path = path
    self.surroundings = surroundings
    signing = Mutex(SigningState(pause: surroundings.signingPause))
    try ArchiveFile.check(path)
    pool = try ArchiveFile.open(path)
    try ArchiveFile.mapping(path) {
      try ArchiveFile.migrate(pool, path)
      try ensureIdentity()
    }
    SnapshotFile.removeForgotten(beside: path)
  }

  /// Opens the archive at a path for reads by one task at a time, such as a command that prints something.
  ///
  /// Nothing is written and nothing waits for a writer, unless the file is of an earlier schema, or turns out to be a copy that needs an origin of
  /// its own.
  public init(readingAt path: String) throws {
    let path = ArchiveFile.resolved(path)
    self.path = path
    surroundings = .system
    signing = Mutex(SigningState(pause: surroundings.signingPause))
    try ArchiveFile.check(path)
    pool = try ArchiveFile.openForReading(path)
    try ArchiveFile.mapping(path) {
      try ArchiveFile.migrate(pool, path)
      try ensureIdentity()
    }
  }

  /// Releases the file. The last process to close an archive leaves it whole in its one file.
  ///
  /// What was written here and isn't signed yet is signed first, so that the file can be copied without the witness.
  public func close() throws {
    signing.withLock { $0.close() }
    if pool is DatabasePool {
      try? pool.writeWithoutTransaction { db in
        try signAll(db)
        try writeMeetings(db)
      }
    }
    try sessionReader.withLock { try $0.close() }
    try ArchiveFile.close(pool, path)
  }

  /// Removes a closed archive, and whatever belongs to it.
  package static func removeAll(at path: String) { ArchiveFile.remove(path) }

  // MARK: Reading and writing

  /// Runs `body` in one transaction and makes a change of what it writes; if it throws, nothing is kept.
  ///
  /// A transaction that changes nothing leaves no trace. One that is larger than a change may be becomes a run, which other replicas
  /// apply whole or not at all.
  ///
  /// - Parameters:
  ///   - author: who decided it, for the history.
  ///   - note: why, for the history.
  /// - Returns: what `body` returns, once it is committed.
  @discardableResult
  public func write<Result: Sendable>(
    author: String? = nil, note: String? = nil, _ body: @Sendable @escaping (WriteTransaction) throws -> Result
  ) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try await onWriter { [self] db in
        var result: Result?
        var newCache: ArchiveCache?
        var newClock = IDClock()
        var ledger: Ledger?
        defer { pageCache.settle(db, wroteManyRows: ledger?.wroteManyRows ?? false) }
        try db.immediateTransaction {
          let transaction = try WriteTransaction(
            db, cache: cache.withLock { $0 }, idClock: idClock.withLock { $0 }, surroundings: surroundings, author: author?.cut(to: 256),
            note: note?.cut(to: 4096))
          ledger = transaction.ledger
          result = try body(transaction)
          newCache = try transaction.commit(signer: self.keyIfDue)
          newClock = transaction.idClock
          return newCache == nil ? .rollback : .commit
        }
        if let newCache {
          keep(newCache)
          idClock.withLock { $0 = newClock }
          signSoon()
        }
        guard let result else { throw CancellationError() }
        return result
      }
    }
  }

  /// Runs `body` on a consistent view of the archive. It sees no later write and holds none up.
  public func read<Result: Sendable>(_ body: @Sendable @escaping (ReadTransaction) throws -> Result) async throws -> Result {
    try await ArchiveFile.mapping(path) {
      try await onReader { [self] db in try body(ReadTransaction(db, cache: cache.withLock { $0 })) }
    }
  }

  /// What `query` gives now, and again after every change that this process writes or receives.
  ///
  /// Values that come faster than they are taken are left out, but for the last.
  public func observe<Result: Sendable>(
    _ query: @Sendable @escaping (ReadTransaction) throws -> Result
  ) -> AsyncThrowingStream<Result, any Error> {
    let observation = ValueObservation.tracking(region: Table("entity")) { [self] db in
      try query(ReadTransaction(db, cache: cache.withLock { $0 }))
    }
    return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let task = Task {
        do {
          for try await value in observation.values(in: pool) { continuation.yield(value) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: ArchiveFile.translate(error, path))
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Writes a consistent copy to a path where nothing is yet, while others read and write.
  ///
  /// The copy takes an origin of its own when it is opened for the first time.
  public func backup(to destination: String) async throws {
    try ArchiveFile.expectNothing(at: destination)
    try ArchiveFile.create(at: destination)
    do {
      try ArchiveFile.mapping(path) {
        let queue = try DatabaseQueue(path: destination)
        try pool.backup(to: queue)
        // The key stays here, so what the copy holds is signed before it leaves.
        try queue.writeWithoutTransaction(signAll(inCopy:))
        try ArchiveFile.gather(queue)
        try queue.close()
      }
    } catch {
      ArchiveFile.remove(destination)
      throw error
    }
  }

  // MARK: Connections

  /// Runs `body` in a transaction of its own, on a connection that can only read.
  func onReader<Result: Sendable>(_ body: @Sendable @escaping (Database) throws -> Result) async throws -> Result {
    let snapshot: @Sendable (Database) throws -> Result = { db in try db.snapshot(body) }
    return surroundings.worksInPlace ? try inPlace { try pool.unsafeRead(snapshot) } : try await pool.unsafeRead(snapshot)
  }

  /// Runs `body` on the connection that writes, when nobody else in this process does.
  func onWriter<Result: Sendable>(_ body: @Sendable @escaping (Database) throws -> Result) async throws -> Result {
    surroundings.worksInPlace ? try inPlace { try pool.writeWithoutTransaction(body) } : try await pool.writeWithoutTransaction(body)
  }

  /// Runs `body` as ``onReader(_:)`` does, on the thread that asks. It should be short: one at a time is served.
  func readInPlace<Result>(_ body: (Database) throws -> Result) throws -> Result {
    let reader = try sessionReader.withLock { try $0.connection(besides: pool, path) }
    return try reader.unsafeRead { db in try db.snapshot(body) }
  }

  /// Closes what ``readInPlace(_:)`` has opened: while it is open nobody has the file to himself.
  func releaseSessionReader() {
    sessionReader.withLock { $0.release() }
  }

  private func inPlace<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }

  func keep(_ newCache: ArchiveCache) {
    cache.withLock { $0 = newCache }
  }

  var currentCache: ArchiveCache { cache.withLock { $0 } }
}

extension CorpusID {
  init(random surroundings: Surroundings) {
    let milliseconds = surroundings.now()
    self.init(raw: IDs.timeOrdered(milliseconds: milliseconds, random: (UInt16(truncatingIfNeeded: surroundings.random()), surroundings.random())))
  }
}

extension String {
  /// At most so many bytes, whole characters only.
  fileprivate func cut(to byteLimit: Int) -> String {
    var result = self
    while result.utf8.count > byteLimit { result.removeLast() }
    return result
  }
}
