import GRDB

/// The connection for what a session asks: a dozen reads, each of which takes less time than it takes to get a connection from the pool.
///
/// It is opened with the first sync.
struct SessionReader {
  private var queue: DatabaseQueue?
  private var isClosed = false

  /// - Parameter pool: where there is one connection only, it is that one, as is what a closed archive answers with.
  mutating func connection(besides pool: any DatabaseWriter, _ path: String) throws -> any DatabaseReader {
    guard pool is DatabasePool, !isClosed else { return pool }
    if let queue { return queue }
    let queue = try ArchiveFile.openForReading(path)
    self.queue = queue
    return queue
  }

  /// Lets go of the file, until somebody reads again. Whoever is reading goes on.
  mutating func release() {
    queue = nil
  }

  mutating func close() throws {
    isClosed = true
    try queue?.close()
    queue = nil
  }
}
