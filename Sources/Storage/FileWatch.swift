import DictaModels
// Sources of events may be used anywhere.
@preconcurrency import Dispatch
import Foundation

extension Archive {
  /// Something after this or any other process has written to the archive, or may have. What comes faster than it is taken is left
  /// out.
  ///
  /// It costs nothing while nobody writes: the system wakes it.
  ///
  /// - Throws: ``ArchiveError``, if the system can't watch the file.
  public func writes() throws -> AsyncStream<Void> {
    // Everything is written there first, and the file stays while the archive is open.
    let name = path + "-wal"
    let (touches, touch) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let (writes, write) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let source = try FileWatch.source(of: name) { touch.yield() }
    let task = Task {
      for await _ in touches {
        // SQLite lets others see a commit a moment after it has written it, and keeps its lock until then.
        try? await onWriter { db in try db.inTransaction(.immediate) { .rollback } }
        write.yield()
      }
    }
    write.onTermination = { _ in
      source.cancel()
      task.cancel()
    }
    source.activate()
    return writes
  }
}

/// What the system tells of writes to a file.
private enum FileWatch {
  #if canImport(Darwin)
  static func source(of path: String, _ handler: @escaping @Sendable () -> Void) throws -> any DispatchSourceProtocol {
    let file = open(path, O_EVTONLY | O_CLOEXEC)
    guard file >= 0 else { throw ArchiveError.system(errno, path: path) }
    let source = DispatchSource.makeFileSystemObjectSource(fileDescriptor: file, eventMask: [.write, .extend], queue: .global())
    source.setEventHandler(handler: handler)
    source.setCancelHandler { close(file) }
    return source
  }
  #else
  static func source(of path: String, _ handler: @escaping @Sendable () -> Void) throws -> any DispatchSourceProtocol {
    let file = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard file >= 0 else { throw ArchiveError.system(errno, path: path) }
    guard inotify_add_watch(file, path, UInt32(IN_MODIFY)) >= 0 else {
      let code = errno
      close(file)
      throw ArchiveError.system(code, path: path)
    }
    let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: .global())
    source.setEventHandler {
      // What they say is known: there is one file, and one kind of event.
      var events = [UInt8](repeating: 0, count: 4096)
      while read(file, &events, events.count) > 0 {}
      handler()
    }
    source.setCancelHandler { close(file) }
    return source
  }
  #endif
}
