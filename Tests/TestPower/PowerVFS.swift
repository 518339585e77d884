// SQLite's own way to the file system, with a look at what passes: every write and sync of a file in a watched folder is told to its disk,
// and fails when that has no power. Registered as the default, so it must be registered before a database is opened.

import Foundation
import GRDBSQLite
import Synchronization

enum PowerVFS {
  /// What stands before the real file's bytes.
  private struct Header {
    var methods: UnsafePointer<sqlite3_io_methods>?
    /// Of the entry in ``open``; 0 for a file that isn't watched.
    var number: Int
  }

  private struct OpenFile: Sendable {
    let disk: Disk
    let path: String
    let start: Int
  }

  private struct State {
    var disks: [Disk] = []
    var open: [Int: OpenFile] = [:]
    var count = 0
  }

  private static let state = Mutex(State())
  private nonisolated(unsafe) static var real = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)

  /// Watches the disk's folder from now on.
  static func watch(_ disk: Disk) {
    state.withLock { $0.disks.append(disk) }
  }

  /// How many files of the disk are open.
  static func openFileCount(on disk: Disk) -> Int {
    state.withLock { state in state.open.values.count { $0.disk === disk } }
  }

  static func forget(_ disk: Disk) {
    state.withLock { state in state.disks.removeAll { $0 === disk } }
  }

  static func register() {
    guard let found = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no file system") }
    real = found
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: found.pointee)
    vfs.pointee.szOsFile = Int32(MemoryLayout<Header>.size) + found.pointee.szOsFile
    vfs.pointee.pNext = nil
    vfs.pointee.zName = UnsafePointer(strdup("power"))
    vfs.pointee.xOpen = { _, name, file, flags, outFlags in PowerVFS.open(name, file, flags, outFlags) }
    vfs.pointee.xDelete = { _, name, syncsFolder in PowerVFS.delete(name, syncsFolder) }
    let status = sqlite3_vfs_register(vfs, 1)
    precondition(status == SQLITE_OK, "SQLite takes no other file system: \(status)")
  }

  // MARK: Files

  private static func open(
    _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    guard let file else { return SQLITE_CANTOPEN }
    let header = UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
    header.pointee = Header(methods: nil, number: 0)
    let watched = name.flatMap { watching(String(cString: $0)) }
    if let watched, !watched.disk.isOn(since: watched.start) { return SQLITE_CANTOPEN }
    // What it is before SQLite makes it.
    watched?.disk.open(watched?.path ?? "")
    let status = real.pointee.xOpen(real, name, inner(file), flags, outFlags)
    guard status == SQLITE_OK else { return status }
    if let watched {
      header.pointee.number = state.withLock { state in
        state.count += 1
        state.open[state.count] = watched
        return state.count
      }
    }
    header.pointee.methods = UnsafePointer(methods)
    return SQLITE_OK
  }

  private static func watching(_ path: String) -> OpenFile? {
    guard let disk = state.withLock({ state in state.disks.first { path.hasPrefix($0.folder + "/") } }) else { return nil }
    return OpenFile(disk: disk, path: path, start: disk.start)
  }

  private static func delete(_ name: UnsafePointer<CChar>?, _ syncsFolder: Int32) -> Int32 {
    if let watched = name.flatMap({ watching(String(cString: $0)) }) {
      guard watched.disk.write(.deletion, to: watched.path, since: watched.start, isSynced: syncsFolder != 0) else { return SQLITE_IOERR }
    }
    return real.pointee.xDelete(real, name, syncsFolder)
  }

  private static func inner(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<sqlite3_file> {
    guard let file else { preconditionFailure("SQLite hands over a file") }
    return (UnsafeMutableRawPointer(file) + MemoryLayout<Header>.size).assumingMemoryBound(to: sqlite3_file.self)
  }

  private static func innerMethods(_ file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods {
    inner(file).pointee.pMethods.pointee
  }

  private static func watched(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
    guard let file else { return nil }
    let number = UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self).pointee.number
    return number == 0 ? nil : state.withLock { $0.open[number] }
  }

  private nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(to: sqlite3_io_methods())
    // Without version 3 SQLite maps no file into memory, so every byte passes here.
    methods.pointee.iVersion = 2
    methods.pointee.xClose = { file in
      let number = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: Header.self).pointee.number
      _ = PowerVFS.state.withLock { $0.open.removeValue(forKey: number) }
      return PowerVFS.innerMethods(file).xClose(PowerVFS.inner(file))
    }
    methods.pointee.xRead = { file, buffer, count, offset in
      if let watched = PowerVFS.watched(file), !watched.disk.isOn(since: watched.start) { return SQLITE_IOERR }
      return PowerVFS.innerMethods(file).xRead(PowerVFS.inner(file), buffer, count, offset)
    }
    methods.pointee.xWrite = { file, buffer, count, offset in
      if let watched = PowerVFS.watched(file) {
        let bytes = [UInt8](UnsafeRawBufferPointer(start: buffer, count: Int(count)))
        guard watched.disk.write(.bytes(offset: Int(offset), bytes), to: watched.path, since: watched.start) else { return SQLITE_IOERR }
      }
      return PowerVFS.innerMethods(file).xWrite(PowerVFS.inner(file), buffer, count, offset)
    }
    methods.pointee.xTruncate = { file, size in
      if let watched = PowerVFS.watched(file) {
        guard watched.disk.write(.truncation(Int(size)), to: watched.path, since: watched.start) else { return SQLITE_IOERR }
      }
      return PowerVFS.innerMethods(file).xTruncate(PowerVFS.inner(file), size)
    }
    methods.pointee.xSync = { file, _ in
      // The real disk needn't be synced: nobody pulls its plug.
      guard let watched = PowerVFS.watched(file) else { return SQLITE_OK }
      return watched.disk.sync(watched.path, since: watched.start) ? SQLITE_OK : SQLITE_IOERR
    }
    methods.pointee.xFileSize = { PowerVFS.innerMethods($0).xFileSize(PowerVFS.inner($0), $1) }
    methods.pointee.xLock = { PowerVFS.innerMethods($0).xLock(PowerVFS.inner($0), $1) }
    methods.pointee.xUnlock = { PowerVFS.innerMethods($0).xUnlock(PowerVFS.inner($0), $1) }
    methods.pointee.xCheckReservedLock = { PowerVFS.innerMethods($0).xCheckReservedLock(PowerVFS.inner($0), $1) }
    methods.pointee.xFileControl = { PowerVFS.innerMethods($0).xFileControl(PowerVFS.inner($0), $1, $2) }
    methods.pointee.xSectorSize = { PowerVFS.innerMethods($0).xSectorSize(PowerVFS.inner($0)) }
    methods.pointee.xDeviceCharacteristics = { PowerVFS.innerMethods($0).xDeviceCharacteristics(PowerVFS.inner($0)) }
    methods.pointee.xShmMap = { PowerVFS.innerMethods($0).xShmMap(PowerVFS.inner($0), $1, $2, $3, $4) }
    methods.pointee.xShmLock = { PowerVFS.innerMethods($0).xShmLock(PowerVFS.inner($0), $1, $2, $3) }
    methods.pointee.xShmBarrier = { PowerVFS.innerMethods($0).xShmBarrier(PowerVFS.inner($0)) }
    methods.pointee.xShmUnmap = { PowerVFS.innerMethods($0).xShmUnmap(PowerVFS.inner($0), $1) }
    return methods
  }()
}
