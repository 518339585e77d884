import DictaModels
// Sources of events may be used anywhere.
@preconcurrency import Dispatch
import Foundation

extension Archive {
  /// Something after this or any other process has written to the archive, or may have. What comes faster than it is taken is left
  /// out.
  ///
  /// It costs nothing while nobody writes: the system wakes it. It fails with ``ArchiveError/replaced(path:)`` when the file is no longer the
  /// one at its path: what is written to it then, nobody finds again.
  ///
  /// - Throws: ``ArchiveError``, if the system can't watch the file.
  public func writes() throws -> AsyncThrowingStream<Void, any Error> {
    let (touches, touch) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let (writes, write) = AsyncThrowingStream<Void, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let file = try FileMark(path)
    let sources = try watchers.withLock { count in
      let sources = try FileWatch.sources(database: path) { touch.yield() }
      count += 1
      return sources
    }
    let task = Task {
      for await _ in touches {
        guard (try? FileMark(path)) == file else {
          write.finish(throwing: ArchiveError.replaced(path: path))
          return
        }
        // SQLite lets others see a commit a moment after it has written it, and keeps its lock until then.
        try? await onWriter { db in try db.immediateTransaction { .rollback } }
        write.yield()
      }
    }
    write.onTermination = { [self] _ in
      for source in sources { source.cancel() }
      task.cancel()
      watchers.withLock { $0 -= 1 }
    }
    for source in sources { source.activate() }
    return writes
  }
}

/// Which file it is, whatever it is called.
private struct FileMark: Equatable {
  private let device: UInt64
  private let number: UInt64

  init(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw ArchiveError.system(errno, path: path) }
    (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
  }
}

/// What the system tells of writes to a database, and of what becomes of its file.
private enum FileWatch {
  /// Everything is written there first, and it stays while the database is open.
  private static func log(of path: String) -> String { path + "-wal" }

  #if canImport(Darwin)
  static func sources(database path: String, _ handler: @escaping @Sendable () -> Void) throws -> [any DispatchSourceProtocol] {
    [try source(of: log(of: path), [.write, .extend], handler), try source(of: path, [.delete, .rename, .link], handler)]
  }

  private static func source(
    of path: String, _ events: DispatchSource.FileSystemEvent, _ handler: @escaping @Sendable () -> Void
  ) throws -> any DispatchSourceProtocol {
    let file = open(path, O_EVTONLY | O_CLOEXEC)
    guard file >= 0 else { throw ArchiveError.system(errno, path: path) }
    let source = DispatchSource.makeFileSystemObjectSource(fileDescriptor: file, eventMask: events, queue: .global())
    source.setEventHandler(handler: handler)
    source.setCancelHandler { close(file) }
    return source
  }
  #else
  static func sources(database path: String, _ handler: @escaping @Sendable () -> Void) throws -> [any DispatchSourceProtocol] {
    let file = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard file >= 0 else { throw ArchiveError.system(errno, path: path) }
    // A file that is open still, and has lost its name, changes its attributes.
    let isWatched =
      inotify_add_watch(file, log(of: path), UInt32(IN_MODIFY)) >= 0
      && inotify_add_watch(file, path, UInt32(IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)) >= 0
    guard isWatched else {
      let code = errno
      close(file)
      throw ArchiveError.system(code, path: path)
    }
    let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: .global())
    source.setEventHandler {
      // Whatever they say, it is time to look.
      var events = [UInt8](repeating: 0, count: 4096)
      while read(file, &events, events.count) > 0 {}
      handler()
    }
    source.setCancelHandler { close(file) }
    return [source]
  }
  #endif
}
